//! Answers the calls of a slow mount out of the folder below it.
//!
//! Never waits and never writes. Start with [`Below::answer`].

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::words::{Answer, Call, Operation, refusal};

/// The mounted folder's own number.
const ROOT: u64 = 1;
/// The number of a system call that is not there.
const NO_SUCH_CALL: i32 = 38;
/// The number of a name that is not there.
const NOT_THERE: i32 = 2;

/// The folder below, and what is open of it.
pub(super) struct Below {
    paths: HashMap<u64, PathBuf>,
    open: HashMap<u64, Open>,
    last_handle: u64,
}

enum Open {
    File(File),
    Folder(Vec<Name>),
}

struct Name {
    name: OsString,
    node: u64,
    kind: u32,
}

impl Below {
    pub(super) fn new(folder: &Path) -> Self {
        Self { paths: HashMap::from([(ROOT, folder.to_owned())]), open: HashMap::new(), last_handle: 0 }
    }

    /// The bytes that answer a call. A file that is opened `is_direct` is not read through the kernel's
    /// cache, whose waiters can always be killed.
    pub(super) fn answer(&mut self, call: &Call, is_direct: bool) -> Vec<u8> {
        self.good_answer(call, is_direct).map_or_else(|error| refusal(call.unique, &error), Answer::finish)
    }

    fn good_answer(&mut self, call: &Call, is_direct: bool) -> io::Result<Answer> {
        let answer = Answer::to(call.unique);
        Ok(match &call.operation {
            Operation::Lookup { name } => {
                let path = self.path(call.node)?.join(name);
                let metadata = fs::symlink_metadata(&path)?;
                self.paths.insert(metadata.ino(), path);
                answer.entry(&metadata)
            }
            Operation::Attributes => {
                answer.believed_attributes(&fs::symlink_metadata(self.path(call.node)?)?)
            }
            Operation::ReadLink => answer.bytes(fs::read_link(self.path(call.node)?)?.as_os_str().as_bytes()),
            Operation::Open => {
                let file = File::open(self.path(call.node)?)?;
                answer.handle(self.keep(Open::File(file)), is_direct)
            }
            Operation::Read { handle, offset, size } => match self.open.get(handle) {
                Some(Open::File(file)) => {
                    let mut bytes = vec![0; *size as usize];
                    let read = file.read_at(&mut bytes, *offset)?;
                    answer.bytes(&bytes[..read])
                }
                _ => return Err(io::Error::from_raw_os_error(NOT_THERE)),
            },
            Operation::OpenFolder => {
                let names = names(self.path(call.node)?)?;
                answer.handle(self.keep(Open::Folder(names)), false)
            }
            Operation::ReadFolder { handle, offset, size } => {
                self.names_from(answer, *handle, *offset, *size as usize)
            }
            Operation::Release { handle } => {
                self.open.remove(handle);
                answer
            }
            Operation::Statistics => answer.statistics(),
            Operation::Init
            | Operation::Forget
            | Operation::Flush
            | Operation::Interrupt { .. }
            | Operation::Unknown => {
                return Err(io::Error::from_raw_os_error(NO_SUCH_CALL));
            }
        })
    }

    fn path(&self, node: u64) -> io::Result<&Path> {
        self.paths.get(&node).map(PathBuf::as_path).ok_or_else(|| io::Error::from_raw_os_error(NOT_THERE))
    }

    fn keep(&mut self, open: Open) -> u64 {
        self.last_handle += 1;
        self.open.insert(self.last_handle, open);
        self.last_handle
    }

    fn names_from(&self, mut answer: Answer, handle: u64, offset: u64, most: usize) -> Answer {
        if let Some(Open::Folder(names)) = self.open.get(&handle) {
            for (place, Name { name, node, kind }) in
                names.iter().enumerate().skip(usize::try_from(offset).unwrap_or(usize::MAX))
            {
                if !answer.name(*node, place as u64 + 1, *kind, name.as_bytes(), most) {
                    break;
                }
            }
        }
        answer
    }
}

fn names(folder: &Path) -> io::Result<Vec<Name>> {
    let itself = [".", ".."].map(|name| Name { name: name.into(), node: ROOT, kind: 4 });
    let entries = fs::read_dir(folder)?.map(|entry| {
        let entry = entry?;
        Ok(Name { name: entry.file_name(), node: entry.ino(), kind: kind(entry.file_type()?) })
    });
    itself.into_iter().map(Ok).chain(entries).collect()
}

/// A file type's number in a folder's list.
fn kind(of: fs::FileType) -> u32 {
    match of {
        of if of.is_dir() => 4,
        of if of.is_file() => 8,
        of if of.is_symlink() => 10,
        of if of.is_fifo() => 1,
        of if of.is_char_device() => 2,
        of if of.is_block_device() => 6,
        _ => 12,
    }
}
