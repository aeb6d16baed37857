//! Blobs: immutable files named by what they are of. Written under no name, linked once they are whole and on
//! the disk.
//!
//! The order is the safety: bytes, fsync, name, fsync of the folder; only then may a row speak of it.
//! Whatever is killed in between leaves at most a file that no row knows, which GarbageCollectBlobs
//! removes. A blob is never trusted to be there because a row says so: [`Blobs::open`] and [`Blobs::loss`]
//! look.

mod walk;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

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

/// As many names are tried for a blob: its own, and those made of it where another file is in the way.
const MOST_NAMES: u32 = 100;
/// Bytes of two files that are compared at a time.
const COMPARED: usize = 256 << 10;

/// The folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
    staging: PathBuf,
    opened_ns: i128,
    /// Held while a blob gets its name, and while one that no row knows is taken away.
    naming: Arc<Mutex<()>>,
}

/// A file that is being written and has no name among the blobs. Dropped, it is gone.
#[derive(Debug)]
pub struct Staged {
    file: File,
    /// Set where the file system has no unnamed files.
    path: Option<PathBuf>,
    blobs: Blobs,
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

impl Blobs {
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

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let (_folder, blobs) = blobs();
        for name in ["", "../token", "/etc/passwd", "bif/../../token"] {
            let blob = BlobRef { name: name.to_owned(), bytes: 0 };
            assert!(matches!(blobs.open(&blob), Err(BlobError::Name(_))), "{name}");
        }
    }
}
