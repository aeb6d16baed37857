//! The folder of blobs: immutable files named by what they are of. How one comes into it is `staged.rs`.
//!
//! A blob is never trusted to be there because a row says so: [`Blobs::open`] and [`Blobs::loss`] look.

mod staged;
mod walk;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use staged::MOST_NAMES;
pub use staged::Staged;
pub(crate) use walk::Listed;
use walk::Walk;

use crate::BlobRef;
use crate::own_files::{self, Removal};

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
    /// The name, and every other one that is made of it, is taken by something else.
    #[error(
        "`{0}` and {MOST_NAMES} names made of it are taken by other files: move them out of the folder of \
         blobs"
    )]
    Taken(String),
    /// It is not what its row says that it is.
    #[error("the blob `{name}` is lost: {loss}")]
    Lost {
        /// The name.
        name: String,
        /// What is wrong with it.
        loss: Loss,
    },
}

/// Why a blob can't be what its row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// There is nothing of its name.
    #[error("its file is gone")]
    Gone,
    /// What has its name is a folder, a link, a pipe or the like.
    #[error("what has its name is no plain file")]
    NotAFile,
    /// It is shorter or longer.
    #[error("its file has {found} bytes instead of {kept}")]
    Length {
        /// Bytes when it was published.
        kept: u64,
        /// Bytes by now.
        found: u64,
    },
    /// It is as long as it was, and who reads it can't make sense of it.
    #[error("its file is damaged")]
    Damaged,
}

/// The folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
    staging: PathBuf,
    opened_ns: i128,
    /// Held while a blob gets its name, and while one that no row knows is taken away.
    naming: Arc<Mutex<()>>,
}

impl Blobs {
    pub(crate) fn new(data_dir: &Path, opened_ns: i128) -> Self {
        Self {
            folder: data_dir.join("blobs"),
            staging: data_dir.join("staging"),
            opened_ns,
            naming: Arc::default(),
        }
    }

    /// A blob for reading, as long as it was when it was published.
    ///
    /// # Errors
    /// [`BlobError::Lost`] if it is not there, is no plain file or of another length; else if it can't be
    /// read.
    pub fn open(&self, blob: &BlobRef) -> Result<File, BlobError> {
        let path = self.path(&blob.name)?;
        let lost = |loss| BlobError::Lost { name: blob.name.clone(), loss };
        let file = match open_plain(&path) {
            Ok(file) => file,
            Err(error) => return Err(no_file(&error).map_or_else(|| self.fail(&path, error), lost)),
        };
        let metadata = file.metadata().map_err(|error| self.fail(&path, error))?;
        loss_of(blob, metadata.is_file(), metadata.len()).map_or(Ok(file), |loss| Err(lost(loss)))
    }

    /// What is wrong with a blob, as far as a look at it tells without reading it.
    ///
    /// # Errors
    /// If the system doesn't let it be looked at: then nobody knows.
    pub fn loss(&self, blob: &BlobRef) -> Result<Option<Loss>, BlobError> {
        let path = self.path(&blob.name)?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) => Ok(loss_of(blob, metadata.is_file(), metadata.len())),
            Err(error) => no_file(&error).map_or_else(|| Err(self.fail(&path, error)), |loss| Ok(Some(loss))),
        }
    }

    /// Bytes that are free for blobs.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub fn free_bytes(&self) -> Result<u64, BlobError> {
        let free =
            rustix::fs::statvfs(&self.folder).map_err(|errno| self.fail(&self.folder, errno.into()))?;
        Ok(free.f_bavail.saturating_mul(free.f_frsize))
    }

    /// Where a blob lies.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, BlobError> {
        let relative = Path::new(name);
        let plain = relative.components().all(|component| matches!(component, Component::Normal(_)));
        if plain && !name.is_empty() {
            Ok(self.folder.join(relative))
        } else {
            Err(BlobError::Name(name.to_owned()))
        }
    }

    fn fail(&self, path: &Path, source: io::Error) -> BlobError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BlobError::Full {
                free_bytes: rustix::fs::statvfs(&self.folder).map_or(0, |free| free.f_bavail * free.f_frsize),
                source,
            },
            _ => BlobError::Io { path: path.display().to_string(), source },
        }
    }

    /// What lies in the folder of blobs below `part` of it (empty: everywhere), in the byte order of the
    /// names. Each folder is listed when its turn comes.
    pub(crate) fn walk(&self, part: &str) -> Result<Walk<'_>, BlobError> {
        make_if_gone(&self.folder).map_err(|error| self.fail(&self.folder, error))?;
        Walk::new(self, part)
    }

    /// Removes what an earlier process was writing. How many files, and their bytes.
    pub(crate) fn sweep_staging(&self) -> Result<(u64, u64), BlobError> {
        make_if_gone(&self.staging).map_err(|error| self.fail(&self.staging, error))?;
        let (mut files, mut bytes) = (0, 0);
        for entry in fs::read_dir(&self.staging).map_err(|error| self.fail(&self.staging, error))? {
            let entry = entry.map_err(|error| self.fail(&self.staging, error))?;
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() || !self.is_old(modified_ns(&metadata)) {
                continue;
            }
            fs::remove_file(entry.path()).map_err(|error| self.fail(&entry.path(), error))?;
            (files, bytes) = (files + 1, bytes + metadata.len());
        }
        Ok((files, bytes))
    }

    /// Removes a file that no row speaks of, as `is_unknown` says once more right before it goes. One that is
    /// younger than this process stays: its row may be on its way. So does one behind a link.
    ///
    /// # Errors
    /// If the system refuses, or what `is_unknown` says.
    pub(crate) fn remove_stray<E: From<BlobError>>(
        &self,
        name: &Path,
        bytes: u64,
        is_unknown: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Removal, E> {
        let path = self.folder.join(name);
        let _naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |stat: &rustix::fs::Stat| {
            let modified_ns = i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec);
            u64::try_from(stat.st_size) == Ok(bytes) && self.is_old(modified_ns)
        };
        if !is_unknown()? {
            return Ok(Removal::Changed);
        }
        own_files::open_folder(&self.folder)
            .and_then(|folder| own_files::remove_if(&folder, name, is_meant))
            .map_err(|error| self.fail(&path, error).into())
    }

    /// The disk on which its folder lies, or that of a kind in it, and whether that is empty; none where
    /// there is no such folder.
    pub(crate) fn disk_of(&self, kind: &str) -> Result<Option<(u64, bool)>, BlobError> {
        let folder = self.folder.join(kind);
        let look = || -> io::Result<(u64, bool)> {
            Ok((fs::metadata(&folder)?.dev(), fs::read_dir(&folder)?.next().is_none()))
        };
        match look() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            looked => looked.map(Some).map_err(|error| self.fail(&folder, error)),
        }
    }

    /// Whether it was last written before this process opened the data folder.
    fn is_old(&self, modified_ns: i128) -> bool {
        modified_ns < self.opened_ns
    }
}

fn modified_ns(metadata: &fs::Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}

/// Opens what is there without following a link, and without waiting for a pipe's other end.
fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?.into())
}

/// What an error says of a file, where it says that there is none.
fn no_file(error: &io::Error) -> Option<Loss> {
    match Errno::from_io_error(error)? {
        Errno::NOENT | Errno::NOTDIR => Some(Loss::Gone),
        // A link, a socket, a device that nobody serves.
        Errno::LOOP | Errno::NXIO => Some(Loss::NotAFile),
        _ => None,
    }
}

const fn loss_of(blob: &BlobRef, is_file: bool, found: u64) -> Option<Loss> {
    match is_file {
        false => Some(Loss::NotAFile),
        true if found != blob.bytes => Some(Loss::Length { kept: blob.bytes, found }),
        true => None,
    }
}

/// Makes a folder of the data folder anew, if somebody took it away while the server runs.
fn make_if_gone(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            tracing::warn!(folder = %folder.display(), "a folder of the data folder was gone and is made \
                                                        anew");
            folder.parent().map_or(Ok(()), sync_folder)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    pub(super) fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = butler_fixtures::tempdir().unwrap();
        fs::create_dir(folder.path().join("blobs")).unwrap();
        fs::create_dir(folder.path().join("staging")).unwrap();
        let blobs = Blobs::new(folder.path(), i128::MAX);
        (folder, blobs)
    }

    pub(super) fn write(staged: Staged, bytes: &[u8], name: &str) -> Result<BlobRef, BlobError> {
        staged.file().write_all(bytes).unwrap();
        staged.publish(name, bytes.len() as u64)
    }

    #[test]
    fn a_blob_that_is_not_what_it_was_is_lost_and_says_why() {
        let (_folder, blobs) = blobs();
        let blob = write(blobs.staged().unwrap(), b"pictures", "bif/ab/a.bif").unwrap();
        let path = blobs.path(&blob.name).unwrap();
        assert_eq!(blobs.loss(&blob).unwrap(), None);
        let check = |loss: Loss| {
            assert_eq!(blobs.loss(&blob).unwrap(), Some(loss));
            assert!(
                matches!(blobs.open(&blob), Err(BlobError::Lost { loss: found, .. }) if found == loss),
                "{loss}"
            );
        };
        fs::write(&path, b"pic").unwrap();
        check(Loss::Length { kept: 8, found: 3 });
        fs::remove_file(&path).unwrap();
        check(Loss::Gone);
        std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
        check(Loss::NotAFile);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        check(Loss::NotAFile);
        fs::remove_dir_all(&blobs.folder).unwrap();
        check(Loss::Gone);
        fs::write(&blobs.folder, b"").unwrap();
        check(Loss::Gone);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let (_folder, blobs) = blobs();
        for name in ["", "../token", "/etc/passwd", "bif/../../token"] {
            let blob = BlobRef { name: name.to_owned(), bytes: 0 };
            assert!(matches!(blobs.open(&blob), Err(BlobError::Name(_))), "{name}");
        }
    }
}
