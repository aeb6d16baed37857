//! What lies in the folder of blobs, file by file in the byte order of their names, so that it can be held
//! against rows in the same order. Of the folder no more is in memory than the names in the folders on the
//! way to the file at hand.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use jiff::Timestamp;

use super::{BlobError, Blobs, modified_ns};

/// Something that lies in the folder of blobs and is no folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name below the folder of blobs, byte for byte: it need not be one that Butler gave.
    pub(crate) name: Vec<u8>,
    /// Whether it is a plain file, no link or pipe.
    pub(crate) is_file: bool,
    /// Bytes.
    pub(crate) bytes: u64,
    /// When it was written last.
    pub(crate) modified_at: Timestamp,
    /// Whether a link leads to it: then it lies outside of the data folder.
    pub(crate) is_behind_link: bool,
}

/// A walk through the folder of blobs.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    blobs: &'a Blobs,
    /// What is still to come, the innermost folder last, and of each folder the next last.
    to_come: Vec<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    name: Vec<u8>,
    is_folder: bool,
    is_behind_link: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(blobs: &'a Blobs, part: &str) -> Result<Self, BlobError> {
        let mut walk = Self { blobs, to_come: Vec::new() };
        let folder = blobs.folder.join(part);
        let is_behind_link = !part.is_empty() && folder.is_symlink();
        walk.enter(part.as_bytes(), is_behind_link)?;
        Ok(walk)
    }

    fn enter(&mut self, name: &[u8], is_behind_link: bool) -> Result<(), BlobError> {
        let folder = self.blobs.folder.join(OsStr::from_bytes(name));
        let list = || -> io::Result<Vec<Entry>> {
            let entry = |entry: fs::DirEntry| {
                // A kind's folder, or a folder of it, may lie on another disk, behind a link; no deeper one
                // is Butler's.
                let may_be_link = name.iter().filter(|byte| **byte == b'/').count() == 0;
                let mut whole = name.to_vec();
                if !whole.is_empty() {
                    whole.push(b'/');
                }
                whole.extend(entry.file_name().into_vec());
                let found = entry.file_type()?;
                let is_linked = may_be_link
                    && found.is_symlink()
                    && fs::metadata(entry.path()).is_ok_and(|linked| linked.is_dir());
                Ok(Entry {
                    name: whole,
                    is_folder: found.is_dir() || is_linked,
                    is_behind_link: is_behind_link || is_linked,
                })
            };
            fs::read_dir(&folder)?.map(|found| found.and_then(entry)).collect()
        };
        match list() {
            Ok(mut entries) => {
                entries.sort_unstable_by(|one, other| other.place().cmp(one.place()));
                self.to_come.push(entries);
                Ok(())
            }
            // It went meanwhile, or there never was one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.blobs.fail(&folder, error)),
        }
    }
}

impl Entry {
    /// By what it stands in the order of whole names: a folder's contents come where `folder/` does.
    fn place(&self) -> impl Iterator<Item = u8> {
        self.name.iter().copied().chain(self.is_folder.then_some(b'/'))
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Listed, BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(Entry { name, is_folder, is_behind_link }) = self.to_come.last_mut()?.pop() else {
                self.to_come.pop();
                continue;
            };
            if is_folder {
                match self.enter(&name, is_behind_link) {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            }
            let path = self.blobs.folder.join(OsStr::from_bytes(&name));
            match fs::symlink_metadata(&path) {
                Ok(found) => {
                    let modified_at = Timestamp::from_nanosecond(modified_ns(&found)).unwrap_or_default();
                    let (is_file, bytes) = (found.is_file(), found.len());
                    return Some(Ok(Listed { name, is_file, bytes, modified_at, is_behind_link }));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Some(Err(self.blobs.fail(&path, error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_byte_order_in_which_the_database_sorts_them() {
        let folder = butler_fixtures::tempdir().unwrap();
        let mut names = [
            "bif/ab/1.bif",
            "bif/ab/1-2.bif",
            "bif/abc",
            "bif/ab.x/y",
            "bif/a/z/z",
            "bif/ab-/b",
            "bandwidth/00/x",
            "stray",
        ];
        for name in names {
            let path = folder.path().join("blobs").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let blobs = Blobs::new(folder.path(), 0);
        names.sort_unstable();
        let walked = |part| {
            blobs
                .walk(part)
                .unwrap()
                .map(|listed| String::from_utf8(listed.unwrap().name).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(walked(""), names);
        assert_eq!(walked("bandwidth"), ["bandwidth/00/x"]);
        assert_eq!(walked("nothing"), Vec::<String>::new());
    }
}
