//! Blobs: immutable files named by what they are of. Written under no name, linked once they are whole and on the disk.
//!
//! The order is the safety: bytes, fsync, name, fsync of the folder; only then may a row speak of it. Whatever is
//! killed in between leaves at most a file that no row knows, which [`Blobs::sweep`] removes at the next start.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::BlobRef;

/// Why a blob could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No room.
    #[error("the disk that holds the data folder is full ({} MB free)", free_bytes / 1_000_000)]
    Full {
        /// Bytes that are free.
        free_bytes: u64,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// Anything else of the system's.
    #[error("`{path}` can't be read or written")]
    Io {
        /// The file or folder.
        path: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// A name that leads elsewhere.
    #[error("`{0}` is no name of a blob")]
    Name(String),
    /// What was written is not as long as was said.
    #[error("a blob of {said} bytes was announced and {found} were written")]
    Length {
        /// Bytes announced.
        said: u64,
        /// Bytes found.
        found: u64,
    },
    /// Another content of the same name is there: names are never used twice.
    #[error("a blob named `{name}` is there with {there} bytes, and the new one has {new}")]
    Differs {
        /// The name.
        name: String,
        /// Bytes of the one that is there.
        there: u64,
        /// Bytes of the new one.
        new: u64,
    },
}

/// The folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
    staging: PathBuf,
    opened_ns: i128,
}

/// A file that is being written and has no name among the blobs. Dropped, it is gone.
#[derive(Debug)]
pub struct Staged {
    file: File,
    /// Set where the file system has no unnamed files.
    path: Option<PathBuf>,
    blobs: Blobs,
}

/// What a sweep would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweepable {
    /// Staging files of processes that are gone.
    pub staging_files: Vec<PathBuf>,
    /// Blobs that no row speaks of.
    pub blobs: Vec<PathBuf>,
    /// Bytes of both.
    pub bytes: u64,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Staging files of processes that are gone.
    pub staging_files: u64,
    /// Blobs that no row speaks of.
    pub blobs: u64,
    /// Bytes of both.
    pub bytes: u64,
}

impl Blobs {
    pub(crate) fn new(data_dir: &Path, opened_ns: i128) -> Self {
        Self { folder: data_dir.join("blobs"), staging: data_dir.join("staging"), opened_ns }
    }

    /// A new file to be written, by a worker through [`Staged::descriptor`] say.
    ///
    /// # Errors
    /// If the file can't be made.
    pub fn staged(&self) -> Result<Staged, BlobError> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::openat(CWD, &self.folder, flags, Mode::from_raw_mode(0o600)) {
            Ok(file) => Ok(Staged { file: file.into(), path: None, blobs: self.clone() }),
            // The words of file systems and kernels that have no unnamed files.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT | Errno::NOSYS) => self.staged_by_name(),
            Err(errno) => Err(self.fail(&self.folder, errno.into())),
        }
    }

    fn staged_by_name(&self) -> Result<Staged, BlobError> {
        let mut bits = [0; 8];
        getrandom::fill(&mut bits).map_err(|error| self.fail(&self.staging, io::Error::other(error.to_string())))?;
        let path = self.staging.join(format!("{:016x}", u64::from_le_bytes(bits)));
        let file = File::options().read(true).write(true).create_new(true).open(&path).map_err(|error| self.fail(&path, error))?;
        Ok(Staged { file, path: Some(path), blobs: self.clone() })
    }

    /// A blob for reading.
    ///
    /// # Errors
    /// If it is not there or can't be read.
    pub fn open(&self, name: &str) -> Result<File, BlobError> {
        let path = self.path(name)?;
        File::open(&path).map_err(|error| self.fail(&path, error))
    }

    /// Bytes that are free for blobs.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub fn free_bytes(&self) -> Result<u64, BlobError> {
        let free = rustix::fs::statvfs(&self.folder).map_err(|errno| self.fail(&self.folder, errno.into()))?;
        Ok(free.f_bavail.saturating_mul(free.f_frsize))
    }

    /// Where a blob lies.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, BlobError> {
        let relative = Path::new(name);
        let plain = relative.components().all(|component| matches!(component, Component::Normal(_)));
        if plain && !name.is_empty() { Ok(self.folder.join(relative)) } else { Err(BlobError::Name(name.to_owned())) }
    }

    fn fail(&self, path: &Path, source: io::Error) -> BlobError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                BlobError::Full { free_bytes: rustix::fs::statvfs(&self.folder).map_or(0, |free| free.f_bavail * free.f_frsize), source }
            }
            _ => BlobError::Io { path: path.display().to_string(), source },
        }
    }

    /// Lists staging files, and blobs whose name is not in `known`, that are older than this process.
    pub(crate) fn sweepable(&self, known: &HashSet<String>) -> Result<Sweepable, BlobError> {
        let mut sweepable = Sweepable::default();
        let is_old =
            |metadata: &fs::Metadata| i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()) < self.opened_ns;
        for (path, metadata) in self.files_below(&self.staging)?.into_iter().filter(|(_, metadata)| is_old(metadata)) {
            sweepable.bytes += metadata.len();
            sweepable.staging_files.push(path);
        }
        for (path, metadata) in self.files_below(&self.folder)?.into_iter().filter(|(_, metadata)| is_old(metadata)) {
            let name = path.strip_prefix(&self.folder).ok().and_then(Path::to_str);
            if !name.is_some_and(|name| known.contains(name)) {
                sweepable.bytes += metadata.len();
                sweepable.blobs.push(path);
            }
        }
        Ok(sweepable)
    }

    /// Removes what was listed.
    pub(crate) fn sweep(&self, sweepable: Sweepable) -> Result<Swept, BlobError> {
        let Sweepable { staging_files, blobs, bytes } = sweepable;
        for path in staging_files.iter().chain(&blobs) {
            fs::remove_file(path).map_err(|error| self.fail(path, error))?;
        }
        Ok(Swept { staging_files: staging_files.len() as u64, blobs: blobs.len() as u64, bytes })
    }

    pub(crate) fn files_below(&self, folder: &Path) -> Result<Vec<(PathBuf, fs::Metadata)>, BlobError> {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let list = |folder: &Path| -> io::Result<Vec<_>> {
                fs::read_dir(folder)?.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))).collect()
            };
            for (path, metadata) in list(&folder).map_err(|error| self.fail(&folder, error))? {
                if metadata.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path, metadata));
                }
            }
        }
        Ok(files)
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

    /// Makes it a blob: on the disk, under its name, replacing nothing. One of that name and length that is there already is as good.
    ///
    /// # Errors
    /// If it has not `bytes` bytes, another content has the name, or the disk refuses.
    pub fn publish(mut self, name: &str, bytes: u64) -> Result<BlobRef, BlobError> {
        let target = self.blobs.path(name)?;
        let fail = |source| self.blobs.fail(&target, source);
        let found = self.file.metadata().map_err(fail)?.len();
        if found != bytes {
            return Err(BlobError::Length { said: bytes, found });
        }
        self.file.sync_all().map_err(fail)?;
        let folder = target.parent().ok_or_else(|| BlobError::Name(name.to_owned()))?;
        self.blobs.make_fan_out(folder).map_err(fail)?;
        match self.give_name(&target) {
            Ok(()) => {
                self.path = None;
                sync_folder(folder).map_err(|error| self.blobs.fail(folder, error))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let there = fs::metadata(&target).map_err(|error| self.blobs.fail(&target, error))?.len();
                if there != bytes {
                    return Err(BlobError::Differs { name: name.to_owned(), there, new: bytes });
                }
                // A crash may have come between its name and the folder's fsync.
                sync_folder(folder).map_err(|error| self.blobs.fail(folder, error))?;
            }
            Err(error) => return Err(self.blobs.fail(&target, error)),
        }
        Ok(BlobRef { name: name.to_owned(), bytes })
    }

    fn give_name(&self, target: &Path) -> io::Result<()> {
        match &self.path {
            None => {
                let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                Ok(rustix::fs::linkat(CWD, unnamed, CWD, target, AtFlags::SYMLINK_FOLLOW)?)
            }
            Some(path) => match rustix::fs::renameat_with(CWD, path, CWD, target, RenameFlags::NOREPLACE) {
                // File systems that can't rename so can at least link.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => fs::hard_link(path, target).and_then(|()| fs::remove_file(path)),
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

impl Blobs {
    /// Makes the folders between that of blobs and `folder`, each on the disk before anything is put in it.
    fn make_fan_out(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().ok_or(io::ErrorKind::NotFound)?;
        if parent != self.folder {
            self.make_fan_out(parent)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_folder(parent),
        }
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = butler_fixtures::tempdir().unwrap();
        fs::create_dir(folder.path().join("blobs")).unwrap();
        fs::create_dir(folder.path().join("staging")).unwrap();
        let blobs = Blobs::new(folder.path(), i128::MAX);
        (folder, blobs)
    }

    fn write(mut staged: Staged, bytes: &[u8], name: &str) -> Result<BlobRef, BlobError> {
        staged.file.write_all(bytes).unwrap();
        staged.publish(name, bytes.len() as u64)
    }

    fn read(blobs: &Blobs, name: &str) -> String {
        let mut text = String::new();
        blobs.open(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn files(blobs: &Blobs) -> usize {
        blobs.files_below(&blobs.folder).unwrap().len() + blobs.files_below(&blobs.staging).unwrap().len()
    }

    #[test]
    fn a_blob_has_no_name_before_it_is_published_and_all_its_bytes_after() {
        let (_folder, blobs) = blobs();
        let mut staged = blobs.staged().unwrap();
        staged.file.write_all(b"pictures").unwrap();
        assert_eq!(files(&blobs), 0);
        staged.publish("bif/ab/abc.bif", 8).unwrap();
        assert_eq!(read(&blobs, "bif/ab/abc.bif"), "pictures");
    }

    #[test]
    fn nothing_is_replaced() {
        let (_folder, blobs) = blobs();
        for staged in [Blobs::staged, Blobs::staged_by_name] {
            write(staged(&blobs).unwrap(), b"first", "bif/a").unwrap();
            write(staged(&blobs).unwrap(), b"other", "bif/a").unwrap();
            assert_eq!(read(&blobs, "bif/a"), "first");
            assert!(matches!(write(staged(&blobs).unwrap(), b"longer one", "bif/a"), Err(BlobError::Differs { there: 5, new: 10, .. })));
            assert_eq!(files(&blobs), 1);
        }
    }

    #[test]
    fn without_unnamed_files_a_staging_file_does_the_same_and_leaves_nothing_behind() {
        let (_folder, blobs) = blobs();
        drop(blobs.staged_by_name().unwrap());
        assert_eq!(files(&blobs), 0);
        write(blobs.staged_by_name().unwrap(), b"pictures", "bif/ab/x").unwrap();
        assert_eq!(read(&blobs, "bif/ab/x"), "pictures");
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

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let (_folder, blobs) = blobs();
        for name in ["", "../token", "/etc/passwd", "bif/../../token"] {
            assert!(matches!(blobs.open(name), Err(BlobError::Name(_))), "{name}");
        }
    }

    #[test]
    fn a_sweep_takes_what_no_row_knows_and_leaves_what_is_younger_than_the_process() {
        let (folder, blobs) = blobs();
        for name in ["bif/known", "bif/unknown"] {
            write(blobs.staged().unwrap(), b"12345", name).unwrap();
        }
        fs::write(blobs.staging.join("dead"), b"123").unwrap();
        let known = HashSet::from(["bif/known".to_owned()]);
        assert_eq!(Blobs::new(folder.path(), 0).sweepable(&known).unwrap(), Sweepable::default());
        assert_eq!(blobs.sweep(blobs.sweepable(&known).unwrap()).unwrap(), Swept { staging_files: 1, blobs: 1, bytes: 8 });
        assert_eq!(files(&blobs), 1);
    }
}
