//! The words of the FUSE protocol, version 7.31, as far as a read-only mount hears and says them. Layouts:
//! `linux/fuse.h`.
//!
//! Never touches a file: bytes in, bytes out. Start with [`Call::parse`].

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;

const MAJOR: u32 = 7;
const MINOR: u32 = 31;
/// Bytes before each call's own words.
const HEAD: usize = 40;
/// Calls that the kernel may have under way on its own account, such as reading ahead.
const BACKGROUND: u16 = 64;
/// Reading ahead goes on while one waits, and many look up names of one folder at once.
const AT_ONCE: u32 = 1 | 1 << 18;
/// Seconds for which the kernel believes a name or a file's attributes, as libfuse lets it.
const BELIEVED: u64 = 1;

/// A call of the kernel's.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) unique: u64,
    pub(super) node: u64,
    /// The number of the thread that waits for it.
    pub(super) thread: u32,
    pub(super) operation: Operation,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Operation {
    Init,
    Forget,
    Interrupt { of: u64 },
    Lookup { name: OsString },
    Attributes,
    ReadLink,
    Open,
    Read { handle: u64, offset: u64, size: u32 },
    Release { handle: u64 },
    OpenFolder,
    ReadFolder { handle: u64, offset: u64, size: u32 },
    Statistics,
    Flush,
    Unknown,
}

impl Call {
    /// Reads a call; none if it is too short to be one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (opcode, unique, node) = (number32(bytes, 4)?, number64(bytes, 8)?, number64(bytes, 16)?);
        let body = bytes.get(HEAD..)?;
        let pages = || Some((number64(body, 0)?, number64(body, 8)?, number32(body, 16)?));
        let operation = match opcode {
            1 => {
                Operation::Lookup { name: OsString::from_vec(body.split(|&byte| byte == 0).next()?.to_vec()) }
            }
            2 | 42 => Operation::Forget,
            3 => Operation::Attributes,
            5 => Operation::ReadLink,
            14 => Operation::Open,
            15 => pages().map(|(handle, offset, size)| Operation::Read { handle, offset, size })?,
            17 => Operation::Statistics,
            18 | 29 => Operation::Release { handle: number64(body, 0)? },
            25 => Operation::Flush,
            26 => Operation::Init,
            27 => Operation::OpenFolder,
            28 => pages().map(|(handle, offset, size)| Operation::ReadFolder { handle, offset, size })?,
            36 => Operation::Interrupt { of: number64(body, 0)? },
            _ => Operation::Unknown,
        };
        Some(Self { unique, node, thread: number32(bytes, 32)?, operation })
    }
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn number64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// An answer that grows.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    /// Begins a good answer.
    pub(super) fn to(unique: u64) -> Self {
        Self(Vec::new()).numbers32(&[0, 0]).numbers64(&[unique])
    }

    fn numbers32(mut self, numbers: &[u32]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_ne_bytes()));
        self
    }

    pub(super) fn numbers64(mut self, numbers: &[u64]) -> Self {
        self.0.extend(numbers.iter().flat_map(|number| number.to_ne_bytes()));
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// A file or folder by its own number, as a name leads to it.
    pub(super) fn entry(self, of: &std::fs::Metadata) -> Self {
        self.numbers64(&[of.ino(), 0, BELIEVED, BELIEVED]).numbers32(&[0, 0]).attributes(of)
    }

    /// What a file or folder is.
    pub(super) fn believed_attributes(self, of: &std::fs::Metadata) -> Self {
        self.numbers64(&[BELIEVED]).numbers32(&[0, 0]).attributes(of)
    }

    fn attributes(self, of: &std::fs::Metadata) -> Self {
        let times = [of.atime(), of.mtime(), of.ctime()].map(|time| time as u64);
        let nanos = [of.atime_nsec(), of.mtime_nsec(), of.ctime_nsec()].map(|nanos| nanos as u32);
        let rest = [of.mode(), of.nlink() as u32, of.uid(), of.gid(), 0, of.blksize() as u32, 0];
        self.numbers64(&[of.ino(), of.size(), of.blocks()])
            .numbers64(&times)
            .numbers32(&nanos)
            .numbers32(&rest)
    }

    /// An open file or folder.
    pub(super) fn handle(self, handle: u64, is_direct: bool) -> Self {
        self.numbers64(&[handle]).numbers32(&[u32::from(is_direct), 0])
    }

    /// One name of a folder; `next` is where the reading goes on behind it. False if it would make more than
    /// `most` bytes.
    pub(super) fn name(&mut self, node: u64, next: u64, kind: u32, name: &[u8], most: usize) -> bool {
        let padded = name.len().next_multiple_of(8);
        if self.0.len() - 16 + 24 + padded > most {
            return false;
        }
        let before = std::mem::replace(self, Self(Vec::new()));
        *self = before
            .numbers64(&[node, next])
            .numbers32(&[name.len() as u32, kind])
            .bytes(name)
            .bytes(&[0; 8][..padded - name.len()]);
        true
    }

    /// A file system of no particular size.
    pub(super) fn statistics(self) -> Self {
        self.numbers64(&[1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19])
            .numbers32(&[4096, 255, 4096, 0, 0, 0, 0, 0, 0, 0])
    }

    /// The whole of it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0
    }
}

/// The first answer, which settles how the two speak.
pub(super) fn init(unique: u64) -> Vec<u8> {
    let background = u32::from(BACKGROUND) | u32::from(BACKGROUND) << 16;
    let answer = Answer::to(unique).numbers32(&[MAJOR, MINOR, 128 << 10, AT_ONCE, background, 4096, 1, 0]);
    answer.numbers32(&[0; 8]).finish()
}

/// An answer that says yes and nothing more.
pub(super) fn agreement(unique: u64) -> Vec<u8> {
    Answer::to(unique).finish()
}

/// An answer that says no.
pub(super) fn refusal(unique: u64, error: &io::Error) -> Vec<u8> {
    let interrupted = error.kind() == io::ErrorKind::Interrupted;
    let number = error.raw_os_error().unwrap_or(if interrupted { 4 } else { 5 });
    Answer(Vec::new()).numbers32(&[0, (-number) as u32]).numbers64(&[unique]).finish()
}
