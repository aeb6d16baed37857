//! The file that shall stand in place of another: written under no name in the same folder, with the old
//! one's owner, rights and attributes, brought to the disk and read back.
//!
//! It differs from the old one in bytes outside the sound alone, whatever a worker answers, and is whole
//! before anything has its name. Whatever ends the server meanwhile, nothing is left of it. Start with
//! [`OpenTrack::prepare`].

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use butler_product::gain_tags::Edit;
use rustix::fs::{Advice, Gid, Mode, Stat, Timespec, Timestamps, Uid, XattrFlags};
use rustix::fs::{fadvise, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

use super::not_replaced::NotReplaced;
use super::open_track::{OpenTrack, failed, is_same, mtime_ns, size, stopped};
use crate::fingerprint::{self, Prints};

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 20;
/// Bytes that are written before they are brought to the disk: it must not fall silent at the end.
const SYNCED: u64 = 8 << 20;
/// Bytes that stay free beside the new file.
const SPARE: u64 = 16 << 20;
/// Bytes of one extended attribute: the most that Linux takes.
const MAX_ATTRIBUTE: usize = 64 << 10;
/// The attribute that says who may what beyond owner, group and others.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// All bytes of a file, by their number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) size: u64,
    pub(crate) hash: [u8; 32],
}

/// A file that shall stand in place of another, whole and on the disk, without a name.
#[derive(Debug)]
pub struct Draft {
    pub(super) file: File,
    /// The name that it will have for a moment: one that nobody else gives.
    pub(super) name: OsString,
    pub(super) stat: Stat,
    reader: File,
    old: Digest,
    new: Digest,
    prints: Prints,
}

impl Draft {
    /// The new file, for reading only.
    pub const fn reader(&self) -> &File {
        &self.reader
    }

    /// Bytes.
    pub const fn size(&self) -> u64 {
        self.new.size
    }

    /// When it says that it was written last, nanoseconds since 1970.
    pub const fn mtime_ns(&self) -> i64 {
        mtime_ns(&self.stat)
    }

    pub(crate) const fn name(&self) -> &OsString {
        &self.name
    }

    /// The bytes of the old file and of the new one.
    pub(crate) const fn digests(&self) -> (Digest, Digest) {
        (self.old, self.new)
    }

    /// What the sound of both is known by.
    pub(crate) const fn prints(&self) -> &Prints {
        &self.prints
    }
}

impl OpenTrack {
    /// Writes the file that shall stand in place of this one, with these edits and this time of its last
    /// writing. `beat` is asked between steps whether to go on.
    ///
    /// # Errors
    /// If this one is to be left alone.
    pub fn prepare(
        &self,
        edits: &[Edit],
        mtime_ns: i64,
        beat: &mut dyn FnMut() -> bool,
    ) -> Result<Draft, NotReplaced> {
        self.may_be_replaced()?;
        self.is_as_it_was()?;
        let sound = fingerprint::sound(&self.file, self.size(), beat)
            .map_err(|error| stopped(error, NotReplaced::Unreadable))?;
        if edits.iter().any(|edit| sound.iter().any(|range| is_within(edit, range))) {
            return Err(NotReplaced::OtherContent);
        }
        let come: u64 = edits.iter().map(|edit| edit.bytes.len() as u64).sum();
        let needed = self.size() + come + SPARE;
        let disk = rustix::fs::fstatvfs(&*self.folder).map_err(failed)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let no_room = || NotReplaced::NoRoom { free: free / 1_000_000, needed: needed / 1_000_000 };
        if free < needed {
            return Err(no_room());
        }
        let file = self.unnamed_like_this()?;
        let (old, new) = self.copy(&file, edits, beat).map_err(|left| match left {
            NotReplaced::NoRoom { .. } => no_room(),
            left => left,
        })?;
        // What is read back comes from the disk, as far as the system lets it.
        file.sync_data().map_err(NotReplaced::Failed)?;
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        let mut back = Hash::default();
        pieces(&file, 0..new.size, beat, &mut |piece| back.add(piece))?;
        if back.digest() != new {
            return Err(NotReplaced::NotAsWritten);
        }
        let prints =
            fingerprint::take(&file, new.size, beat).map_err(|error| stopped(error, NotReplaced::Failed))?;
        let own = self.prints(beat)?;
        if (own.sampled, own.deep) != (prints.sampled, prints.deep) {
            return Err(NotReplaced::OtherContent);
        }
        self.describe(&file, mtime_ns)?;
        file.sync_all().map_err(NotReplaced::Failed)?;
        let stat = rustix::fs::fstat(&file).map_err(failed)?;
        let kept = |stat: &Stat| (stat.st_mode, stat.st_uid, stat.st_gid);
        if kept(&stat) != kept(&self.stat) || size(&stat) != new.size {
            return Err(NotReplaced::NotAsWritten);
        }
        self.is_as_it_was()?;
        let reader =
            File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(NotReplaced::Failed)?;
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)
            .map_err(|error| NotReplaced::Failed(io::Error::other(error.to_string())))?;
        let name = format!(".butler-tags-{:032x}.tmp", u128::from_le_bytes(bits)).into();
        Ok(Draft { file, name, stat, reader, old, new, prints })
    }

    fn is_as_it_was(&self) -> Result<(), NotReplaced> {
        let now = rustix::fs::fstat(&self.file).map_err(failed)?;
        if is_same(&self.stat, &now) { Ok(()) } else { Err(NotReplaced::Changed) }
    }

    /// Writes what the new file holds: the old one's bytes, but for the edits. The digests of both.
    fn copy(
        &self,
        new: &File,
        edits: &[Edit],
        beat: &mut dyn FnMut() -> bool,
    ) -> Result<(Digest, Digest), NotReplaced> {
        let (mut old, mut written) = (Hash::default(), Written { file: new, hash: Hash::default() });
        let mut at = 0;
        for edit in edits {
            pieces(&self.file, at..edit.from, beat, &mut |piece| {
                old.add(piece)?;
                written.add(piece)
            })?;
            pieces(&self.file, edit.from..edit.until, beat, &mut |piece| old.add(piece))?;
            written.add(&edit.bytes)?;
            at = edit.until;
        }
        pieces(&self.file, at..self.size(), beat, &mut |piece| {
            old.add(piece)?;
            written.add(piece)
        })?;
        Ok((old.digest(), written.hash.digest()))
    }

    /// A new file in the same folder that has no name, with the old one's owner and attributes: what can't be kept
    /// shows before a byte is copied.
    pub(super) fn unnamed_like_this(&self) -> Result<File, NotReplaced> {
        let new = self.unnamed()?;
        let is = rustix::fs::fstat(&new).map_err(failed)?;
        if (is.st_uid, is.st_gid) != (self.stat.st_uid, self.stat.st_gid) {
            let (owner, group) = (Uid::from_raw(self.stat.st_uid), Gid::from_raw(self.stat.st_gid));
            rustix::fs::fchown(&new, Some(owner), Some(group)).map_err(|_| NotReplaced::OtherOwner)?;
        }
        // The folder may give its new files a list of who may what; the old one's own follows, if it has one.
        match fremovexattr(&new, ACCESS_LIST) {
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(_) => return Err(NotReplaced::Attribute(ACCESS_LIST.to_owned())),
        }
        rustix::fs::fchmod(&new, Mode::from_raw_mode(self.stat.st_mode & 0o7777)).map_err(failed)?;
        self.copy_attributes(&new)?;
        Ok(new)
    }

    /// Gives the new file the rights and times of the old one, which writing may have changed.
    fn describe(&self, new: &File, mtime_ns: i64) -> Result<(), NotReplaced> {
        rustix::fs::fchmod(new, Mode::from_raw_mode(self.stat.st_mode & 0o7777)).map_err(failed)?;
        let seconds = |ns: i64| Timespec {
            tv_sec: ns.div_euclid(1_000_000_000),
            tv_nsec: ns.rem_euclid(1_000_000_000),
        };
        let last_access = Timespec { tv_sec: self.stat.st_atime, tv_nsec: self.stat.st_atime_nsec as i64 };
        let times = Timestamps { last_access, last_modification: seconds(mtime_ns) };
        rustix::fs::futimens(new, &times).map_err(failed)
    }

    /// Copies what users, file systems and Samba say of the file, all of which must be kept. What the kernel's
    /// own guards say of it they say anew.
    fn copy_attributes(&self, new: &File) -> Result<(), NotReplaced> {
        let mut names = vec![0; MAX_ATTRIBUTE];
        let length = match flistxattr(&self.file, &mut names[..]) {
            Ok(length) => length,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            Err(_) => return Err(NotReplaced::Attribute("?".to_owned())),
        };
        let mut value = vec![0; MAX_ATTRIBUTE];
        let must_stay = |name: &&[u8]| {
            name.starts_with(b"user.") || name.starts_with(b"system.") || *name == b"security.NTACL"
        };
        for name in names[..length].split(|byte| *byte == 0).filter(must_stay) {
            fgetxattr(&self.file, name, &mut value[..])
                .and_then(|length| fsetxattr(new, name, &value[..length], XattrFlags::empty()))
                .map_err(|_| NotReplaced::Attribute(String::from_utf8_lossy(name).into_owned()))?;
        }
        Ok(())
    }
}

/// Whether an edit touches bytes of a range, or comes between two of them.
fn is_within(edit: &Edit, range: &Range<u64>) -> bool {
    edit.from < range.end && edit.until > range.start
}

/// Reads a range of a file piece by piece, with a sign of life before each.
pub(super) fn pieces(
    file: &File,
    range: Range<u64>,
    beat: &mut dyn FnMut() -> bool,
    each: &mut dyn FnMut(&[u8]) -> Result<(), NotReplaced>,
) -> Result<(), NotReplaced> {
    let mut buffer = vec![0; PIECE.min(range.end - range.start) as usize];
    let mut at = range.start;
    while at < range.end {
        if !beat() {
            return Err(NotReplaced::Stopped);
        }
        let piece = &mut buffer[..PIECE.min(range.end - at) as usize];
        file.read_exact_at(piece, at).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => NotReplaced::Changed,
            _ => NotReplaced::Unreadable(error),
        })?;
        each(piece)?;
        at += piece.len() as u64;
    }
    Ok(())
}

/// Takes the digest of bytes that come one after the other.
#[derive(Debug, Default)]
pub(super) struct Hash {
    hasher: blake3::Hasher,
    size: u64,
}

impl Hash {
    pub(super) fn add(&mut self, piece: &[u8]) -> Result<(), NotReplaced> {
        self.hasher.update(piece);
        self.size += piece.len() as u64;
        Ok(())
    }

    pub(super) fn digest(&self) -> Digest {
        Digest { size: self.size, hash: self.hasher.finalize().into() }
    }
}

/// Writes a file from its front to its end.
struct Written<'a> {
    file: &'a File,
    hash: Hash,
}

impl Written<'_> {
    fn add(&mut self, piece: &[u8]) -> Result<(), NotReplaced> {
        let place = self.hash.size;
        self.file.write_all_at(piece, place).map_err(write_failed)?;
        self.hash.add(piece)?;
        if place / SYNCED < self.hash.size / SYNCED {
            self.file.sync_data().map_err(write_failed)?;
        }
        Ok(())
    }
}

fn write_failed(error: io::Error) -> NotReplaced {
    error
        .raw_os_error()
        .map_or_else(|| NotReplaced::Failed(error), |raw| failed(Errno::from_raw_os_error(raw)))
}
