//! A file that is being written, and how it becomes a blob: written under no name, linked once it is whole
//! and on the disk.
//!
//! The order is the safety: bytes, fsync, name, fsync of the folder; only then may a row speak of it.
//! Whatever is killed in between leaves at most a file that no row knows, which GarbageCollectBlobs removes.
//! Start with [`Staged::publish`].

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

use super::{BlobError, Blobs, make_if_gone, open_plain, sync_folder};
use crate::BlobRef;

/// As many names are tried for a blob: its own, and those made of it where another file is in the way.
pub(super) const MOST_NAMES: u32 = 100;
/// Bytes of two files that are compared at a time.
const COMPARED: usize = 256 << 10;

/// A file that is being written and has no name among the blobs. Dropped, it is gone.
#[derive(Debug)]
pub struct Staged {
    file: File,
    /// Set where the file system has no unnamed files.
    path: Option<PathBuf>,
    blobs: Blobs,
}

impl Blobs {
    /// A new file to be written, by a worker through [`Staged::descriptor`] say.
    ///
    /// # Errors
    /// If the file can't be made.
    pub fn staged(&self) -> Result<Staged, BlobError> {
        make_if_gone(&self.folder).map_err(|error| self.fail(&self.folder, error))?;
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::openat(CWD, &self.folder, flags, Mode::from_raw_mode(0o600)) {
            Ok(file) => Ok(Staged { file: file.into(), path: None, blobs: self.clone() }),
            // The words of file systems and kernels that have no unnamed files.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT | Errno::NOSYS) => {
                self.staged_by_name()
            }
            Err(errno) => Err(self.fail(&self.folder, errno.into())),
        }
    }

    fn staged_by_name(&self) -> Result<Staged, BlobError> {
        let mut bits = [0; 8];
        getrandom::fill(&mut bits)
            .map_err(|error| self.fail(&self.staging, io::Error::other(error.to_string())))?;
        make_if_gone(&self.staging).map_err(|error| self.fail(&self.staging, error))?;
        let path = self.staging.join(format!("{:016x}", u64::from_le_bytes(bits)));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| self.fail(&path, error))?;
        Ok(Staged { file, path: Some(path), blobs: self.clone() })
    }

    /// Makes the folders between that of blobs and `folder`, each on the disk before anything is put in it.
    fn make_fan_out(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().ok_or(io::ErrorKind::NotFound)?;
        if parent == self.folder {
            make_if_gone(parent)?;
        } else {
            self.make_fan_out(parent)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_folder(parent),
        }
    }
}

impl Staged {
    /// A descriptor of the file for who writes it.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn descriptor(&self) -> Result<OwnedFd, BlobError> {
        self.file.try_clone().map(OwnedFd::from).map_err(|error| self.blobs.fail(&self.blobs.staging, error))
    }

    /// The file itself, for who writes it in this process.
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// Makes it a blob: on the disk, under its name, replacing nothing. The same bytes under that name are as
    /// good; where anything else is in the way, it gets the next name that is free, which the answer says.
    ///
    /// # Errors
    /// If it has not `bytes` bytes, too many names are taken, or the disk refuses.
    pub fn publish(mut self, name: &str, bytes: u64) -> Result<BlobRef, BlobError> {
        let target = self.blobs.path(name)?;
        let fail = |source| self.blobs.fail(&target, source);
        let found = self.file.metadata().map_err(fail)?.len();
        if found != bytes {
            return Err(BlobError::Length { said: bytes, found });
        }
        self.file.sync_all().map_err(fail)?;
        let folder = target.parent().ok_or_else(|| BlobError::Name(name.to_owned()))?;
        self.blobs.make_fan_out(folder).map_err(|error| self.blobs.fail(folder, error))?;
        for number in 1..=MOST_NAMES {
            let name = numbered(name, number);
            let target = self.blobs.path(&name)?;
            let naming = Arc::clone(&self.blobs.naming);
            let _naming = naming.lock().unwrap_or_else(PoisonError::into_inner);
            match self.give_name(&target) {
                Ok(()) => self.path = None,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if !self.is_copied_by(&target) {
                        continue;
                    }
                }
                Err(error) => return Err(self.blobs.fail(&target, error)),
            }
            // That of another process too: a crash may have come between a name and this.
            sync_folder(folder).map_err(|error| self.blobs.fail(folder, error))?;
            return Ok(BlobRef { name, bytes });
        }
        Err(BlobError::Taken(name.to_owned()))
    }

    /// Whether a file holds the same bytes. Then it is made young, so that no check takes it for one that
    /// nobody knows before its row is there. One that can't be read is none.
    fn is_copied_by(&self, path: &Path) -> bool {
        let is_copy = || -> io::Result<bool> {
            let there = open_plain(path)?;
            let (ours, theirs) = (self.file.metadata()?, there.metadata()?);
            if !theirs.is_file() || theirs.len() != ours.len() || !same_bytes(&self.file, &there, ours.len())?
            {
                return Ok(false);
            }
            let time = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
            rustix::fs::futimens(
                &there,
                &Timestamps { last_access: time(UTIME_OMIT), last_modification: time(UTIME_NOW) },
            )?;
            Ok(true)
        };
        is_copy().unwrap_or(false)
    }

    fn give_name(&self, target: &Path) -> io::Result<()> {
        match &self.path {
            None => {
                let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                Ok(rustix::fs::linkat(CWD, unnamed, CWD, target, AtFlags::SYMLINK_FOLLOW)?)
            }
            Some(path) => match rustix::fs::renameat_with(CWD, path, CWD, target, RenameFlags::NOREPLACE) {
                // File systems that can't rename so can at least link.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    fs::hard_link(path, target).and_then(|()| fs::remove_file(path))
                }
                renamed => Ok(renamed?),
            },
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What can't be removed now is swept at the next start.
            let _left = fs::remove_file(path);
        }
    }
}

/// A blob's name where `number` minus one are taken: `bif/ab/abc.bif`, `bif/ab/abc-2.bif`.
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (_, Some((stem, extension))) if !extension.contains('/') => format!("{stem}-{number}.{extension}"),
        _ => format!("{name}-{number}"),
    }
}

/// Whether two files hold the same bytes, as far as both are said to reach.
fn same_bytes(one: &File, other: &File, length: u64) -> io::Result<bool> {
    let [mut ours, mut theirs] = [vec![0; COMPARED], vec![0; COMPARED]];
    let mut at = 0;
    while at < length {
        let next = usize::try_from(length - at).unwrap_or(COMPARED).min(COMPARED);
        one.read_exact_at(&mut ours[..next], at)?;
        other.read_exact_at(&mut theirs[..next], at)?;
        if ours[..next] != theirs[..next] {
            return Ok(false);
        }
        at += next as u64;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::super::Listed;
    use super::super::tests::{blobs, write};
    use super::*;

    fn read(blobs: &Blobs, blob: &BlobRef) -> String {
        let mut text = String::new();
        blobs.open(blob).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn listed(blobs: &Blobs) -> Vec<Listed> {
        blobs.walk("").unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn files(blobs: &Blobs) -> usize {
        listed(blobs).len() + fs::read_dir(&blobs.staging).unwrap().count()
    }

    #[test]
    fn a_blob_has_no_name_before_it_is_published_and_all_its_bytes_after() {
        let (_folder, blobs) = blobs();
        let mut staged = blobs.staged().unwrap();
        staged.file.write_all(b"pictures").unwrap();
        assert_eq!(files(&blobs), 0);
        let blob = staged.publish("bif/ab/abc.bif", 8).unwrap();
        assert_eq!(blob, BlobRef { name: "bif/ab/abc.bif".to_owned(), bytes: 8 });
        assert_eq!(read(&blobs, &blob), "pictures");
    }

    #[test]
    fn nothing_is_replaced_and_the_same_bytes_are_kept_once() {
        for staged in [Blobs::staged, Blobs::staged_by_name] {
            let (_folder, blobs) = blobs();
            let publish = |bytes| write(staged(&blobs).unwrap(), bytes, "bif/ab/abc.bif").unwrap();
            let [first, again, other, longer] =
                [b"first" as &[u8], b"first", b"other", b"longer one"].map(publish);
            let names = [&first, &again, &other, &longer].map(|blob| blob.name.as_str());
            assert_eq!(names, ["bif/ab/abc.bif", "bif/ab/abc.bif", "bif/ab/abc-2.bif", "bif/ab/abc-3.bif"]);
            assert_eq!(
                [&first, &other, &longer].map(|blob| read(&blobs, blob)),
                ["first", "other", "longer one"]
            );
            assert_eq!(files(&blobs), 3);
        }
    }

    #[test]
    fn whatever_is_in_the_way_of_a_name_is_left_alone() {
        let (_folder, blobs) = blobs();
        let place = blobs.folder.join("bif");
        fs::create_dir_all(place.join("folder.bif/x")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", place.join("link.bif")).unwrap();
        rustix::fs::mknodat(
            CWD,
            place.join("pipe.bif"),
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        for name in ["folder", "link", "pipe"] {
            let blob = write(blobs.staged().unwrap(), b"pictures", &format!("bif/{name}.bif")).unwrap();
            assert_eq!(
                (blob.name.as_str(), read(&blobs, &blob).as_str()),
                (format!("bif/{name}-2.bif").as_str(), "pictures")
            );
            assert!(fs::symlink_metadata(place.join(format!("{name}.bif"))).is_ok());
        }
    }

    #[test]
    fn folders_that_somebody_took_away_are_made_again() {
        for staged in [Blobs::staged, Blobs::staged_by_name] {
            let (_folder, blobs) = blobs();
            fs::remove_dir_all(&blobs.folder).unwrap();
            fs::remove_dir_all(&blobs.staging).unwrap();
            let in_hand = staged(&blobs);
            assert_eq!(listed(&blobs), []);
            fs::remove_dir_all(&blobs.folder).unwrap();
            // What is being written has no name in the folder that goes.
            assert!(write(in_hand.unwrap(), b"pictures", "bif/ab/a.bif").is_ok());
            let blob = write(staged(&blobs).unwrap(), b"pictures", "bif/ab/b.bif").unwrap();
            assert_eq!(read(&blobs, &blob), "pictures");
        }
    }

    #[test]
    fn without_unnamed_files_a_staging_file_does_the_same_and_leaves_nothing_behind() {
        let (_folder, blobs) = blobs();
        drop(blobs.staged_by_name().unwrap());
        assert_eq!(files(&blobs), 0);
        let blob = write(blobs.staged_by_name().unwrap(), b"pictures", "bif/ab/x").unwrap();
        assert_eq!(read(&blobs, &blob), "pictures");
        assert_eq!(files(&blobs), 1);
    }

    #[test]
    fn a_wrong_length_is_not_published() {
        let (_folder, blobs) = blobs();
        let mut staged = blobs.staged().unwrap();
        staged.file.write_all(b"half").unwrap();
        assert!(matches!(staged.publish("bif/a", 8), Err(BlobError::Length { said: 8, found: 4 })));
        assert_eq!(files(&blobs), 0);
    }
}
