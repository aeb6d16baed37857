//! Files in a folder of the data folder, for what keeps house there: listed and removed by descriptors, so
//! that no link leads out of the data folder, whoever puts one where and when.
//!
//! A link is never followed and never removed; a folder on another disk is left alone. Start with
//! [`OwnFolder::open`].

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::Library;

/// Folders below one another that are gone into.
const MOST_DEEP: usize = 32;
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder of the data folder, held open.
#[derive(Debug)]
pub struct OwnFolder {
    path: PathBuf,
    folder: OwnedFd,
    dev: u64,
}

/// A file in it, as it was when it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFile {
    /// Its path below the folder.
    pub name: PathBuf,
    /// Bytes.
    pub bytes: u64,
    /// When it was written last.
    pub modified_at: Timestamp,
    /// When it was written or read last, as far as the file system notes reads.
    pub used_at: Timestamp,
    dev: u64,
    ino: u64,
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub struct OwnFiles {
    /// The plain files, by name.
    pub files: Vec<OwnFile>,
    /// What was left alone, each with why: one sentence.
    pub left_alone: Vec<(PathBuf, &'static str)>,
}

/// What became of a file that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// It was gone already.
    Gone,
    /// It is another by now, or was used since it was listed: it stays.
    Changed,
}

impl Library {
    /// A folder of the data folder by its name, as in `cache`.
    ///
    /// # Errors
    /// If it is a link or no folder, or can't be opened.
    pub fn own_folder(&self, name: &str) -> io::Result<OwnFolder> {
        OwnFolder::open(self.data_dir(), name)
    }
}

impl OwnFolder {
    /// Opens a folder right below the data folder.
    ///
    /// # Errors
    /// If it is a link or no folder, or can't be opened.
    pub fn open(data_dir: &Path, name: &str) -> io::Result<Self> {
        let path = data_dir.join(name);
        let data_dir = rustix::fs::openat(CWD, data_dir, FOLDER, Mode::empty())?;
        let folder =
            rustix::fs::openat(&data_dir, name, FOLDER, Mode::empty()).map_err(|errno| match errno {
                Errno::LOOP | Errno::NOTDIR => {
                    io::Error::other("it is a link or no folder, and nothing behind a link is removed")
                }
                errno => errno.into(),
            })?;
        let dev = rustix::fs::fstat(&folder)?.st_dev;
        Ok(Self { path, folder, dev })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists all files in it and below, until `is_stopping` says so.
    ///
    /// # Errors
    /// If the folder itself can't be listed; one below it that can't is left alone.
    pub fn list(&self, is_stopping: &mut dyn FnMut() -> bool) -> io::Result<OwnFiles> {
        let mut found = OwnFiles::default();
        self.list_below(Dir::read_from(&self.folder)?, Path::new(""), 0, &mut found, is_stopping)?;
        found.files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn list_below(
        &self,
        mut dir: Dir,
        at: &Path,
        depth: usize,
        found: &mut OwnFiles,
        is_stopping: &mut dyn FnMut() -> bool,
    ) -> io::Result<()> {
        while let Some(entry) = dir.read() {
            let entry = entry?;
            let base = entry.file_name().to_bytes();
            if base == b"." || base == b".." {
                continue;
            }
            if is_stopping() {
                return Ok(());
            }
            let name = at.join(OsStr::from_bytes(base));
            let stat = match rustix::fs::statat(dir.fd()?, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(errno.into()),
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => found.files.push(OwnFile::new(name, &stat)),
                FileType::Directory if stat.st_dev != self.dev => {
                    found.left_alone.push((name, "it lies on another disk"));
                }
                FileType::Directory if depth >= MOST_DEEP => {
                    found.left_alone.push((name, "it lies too deep"));
                }
                FileType::Directory => {
                    let below = rustix::fs::openat(dir.fd()?, entry.file_name(), FOLDER, Mode::empty());
                    match below.and_then(Dir::new) {
                        Ok(below) => self.list_below(below, &name, depth + 1, found, is_stopping)?,
                        Err(_) => found.left_alone.push((name, "it can't be listed")),
                    }
                }
                _ => found.left_alone.push((name, "it is a link or no plain file")),
            }
        }
        Ok(())
    }

    /// Removes a file, if it still is what it was when it was listed.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn remove(&self, file: &OwnFile) -> io::Result<Removal> {
        remove_if(&self.folder, &file.name, |stat| *file == OwnFile::new(file.name.clone(), stat))
    }

    /// Removes a file, if nobody wrote it since it was listed; that it was read is no reason to keep it.
    pub(crate) fn remove_read(&self, file: &OwnFile) -> io::Result<Removal> {
        remove_if(&self.folder, &file.name, |stat| file.is_unwritten(stat))
    }

    /// Has what was done in the folder on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.folder)?)
    }

    /// Opens a file for reading, if it still is what it was when it was listed.
    ///
    /// # Errors
    /// If it is another by now, or can't be opened.
    pub fn open_file(&self, file: &OwnFile) -> io::Result<std::fs::File> {
        let (folder, base) = enter(&self.folder, &file.name)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&folder, base, flags, Mode::empty())?;
        if file.is_unwritten(&rustix::fs::fstat(&opened)?) {
            Ok(opened.into())
        } else {
            Err(io::Error::other("it was written meanwhile"))
        }
    }

    /// Makes a new file right in the folder, for its owner only.
    ///
    /// # Errors
    /// If there is one of its name, or it can't be made.
    pub fn create(&self, name: &OsStr) -> io::Result<std::fs::File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.folder, name, flags, Mode::from_raw_mode(0o600))?.into())
    }

    /// Gives a file right in the folder another name, if that is free.
    ///
    /// # Errors
    /// If it is taken, or the system refuses.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        use rustix::fs::RenameFlags;
        match rustix::fs::renameat_with(&self.folder, from, &self.folder, to, RenameFlags::NOREPLACE) {
            // File systems that can't rename so can at least link.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(&self.folder, from, &self.folder, to, AtFlags::empty())?;
                Ok(rustix::fs::unlinkat(&self.folder, from, AtFlags::empty())?)
            }
            renamed => Ok(renamed?),
        }
    }

    /// Removes a file right in the folder if it was written last at this instant.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn discard_of(&self, name: &OsStr, modified_at: Timestamp) -> io::Result<()> {
        let is_of = |stat: &Stat| OwnFile::new(PathBuf::from(name), stat).modified_at == modified_at;
        remove_if(&self.folder, Path::new(name), is_of).map(|_| ())
    }

    /// Removes a file right in the folder that nobody else knows, such as a draft.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn discard(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, name, AtFlags::empty())?)
    }
}

impl OwnFile {
    /// Whether a file is this one, and was at most read since.
    fn is_unwritten(&self, stat: &Stat) -> bool {
        Self { used_at: self.used_at, ..Self::new(self.name.clone(), stat) } == *self
    }

    fn new(name: PathBuf, stat: &Stat) -> Self {
        let instant = |seconds: i64, nanos: i64| {
            let nanos = i32::try_from(nanos).unwrap_or(0);
            Timestamp::new(seconds, nanos).unwrap_or(Timestamp::UNIX_EPOCH)
        };
        let modified_at = instant(stat.st_mtime, stat.st_mtime_nsec as i64);
        let read_at = instant(stat.st_atime, stat.st_atime_nsec as i64);
        Self {
            name,
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            modified_at,
            used_at: modified_at.max(read_at),
            dev: stat.st_dev,
            ino: stat.st_ino,
        }
    }
}

/// Opens the folder that holds a file below `start`, following no link, and gives the file's own name.
pub(crate) fn enter<'a>(start: &OwnedFd, file: &'a Path) -> io::Result<(OwnedFd, &'a OsStr)> {
    let base = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut folder = start.try_clone()?;
    for component in file.parent().into_iter().flat_map(Path::components) {
        let Component::Normal(name) = component else { return Err(io::ErrorKind::InvalidInput.into()) };
        folder = rustix::fs::openat(&folder, name, FOLDER, Mode::empty())?;
    }
    Ok((folder, base))
}

/// Removes a plain file below `start`, following no link, if `is_meant` says so of what is there.
pub(crate) fn remove_if(
    start: &OwnedFd,
    file: &Path,
    is_meant: impl FnOnce(&Stat) -> bool,
) -> io::Result<Removal> {
    let (folder, base) = match enter(start, file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Removal::Gone),
        entered => entered?,
    };
    let stat = match rustix::fs::statat(folder.as_fd(), base, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(Removal::Gone),
        stat => stat?,
    };
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || !is_meant(&stat) {
        return Ok(Removal::Changed);
    }
    rustix::fs::unlinkat(folder.as_fd(), base, AtFlags::empty())?;
    Ok(Removal::Removed)
}

/// Opens a folder itself, following no link at its end.
pub(crate) fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(CWD, path, FOLDER, Mode::empty())?)
}

/// A name with more behind it: `butler.log-2026-11-24` with `.gz`.
pub fn with_suffix(name: &OsStr, suffix: &str) -> OsString {
    let mut bytes = name.as_bytes().to_vec();
    bytes.extend_from_slice(suffix.as_bytes());
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(files: &OwnFiles) -> Vec<&str> {
        files.files.iter().map(|file| file.name.to_str().unwrap()).collect()
    }

    /// A data folder with a cache of two files, and a folder outside with one.
    fn data() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = butler_fixtures::tempdir().unwrap();
        let (data, outside) = (folder.path().join("data"), folder.path().join("outside"));
        fs::create_dir_all(data.join("cache/sub")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), b"kept").unwrap();
        fs::write(data.join("cache/a"), b"12345").unwrap();
        fs::write(data.join("cache/sub/b"), b"123").unwrap();
        (folder, data, outside)
    }

    #[test]
    fn a_folder_that_is_a_link_is_refused_and_links_in_it_are_left_alone() {
        let (_folder, data, outside) = data();
        symlink(&outside, data.join("logs")).unwrap();
        let refused = OwnFolder::open(&data, "logs").unwrap_err();
        assert!(refused.to_string().contains("nothing behind a link is removed"), "{refused}");
        symlink(&outside, data.join("cache/away")).unwrap();
        symlink(outside.join("kept"), data.join("cache/file")).unwrap();
        let found = OwnFolder::open(&data, "cache").unwrap().list(&mut || false).unwrap();
        assert_eq!(names(&found), ["a", "sub/b"]);
        assert_eq!(found.left_alone.len(), 2, "{found:?}");
    }

    #[test]
    fn a_folder_that_becomes_a_link_between_the_look_and_the_removal_leads_nowhere() {
        let (_folder, data, outside) = data();
        let cache = OwnFolder::open(&data, "cache").unwrap();
        let found = cache.list(&mut || false).unwrap();
        // The very file, by another way.
        fs::rename(data.join("cache/sub/b"), outside.join("b")).unwrap();
        fs::remove_dir(data.join("cache/sub")).unwrap();
        symlink(&outside, data.join("cache/sub")).unwrap();
        assert!(cache.remove(&found.files[1]).is_err());
        assert!(outside.join("b").exists());
    }

    #[test]
    fn a_file_goes_only_if_it_is_what_it_was() {
        let (_folder, data, _) = data();
        let cache = OwnFolder::open(&data, "cache").unwrap();
        let files = cache.list(&mut || false).unwrap().files;
        fs::write(data.join("cache/a"), b"more than before").unwrap();
        assert_eq!(cache.remove(&files[0]).unwrap(), Removal::Changed);
        assert_eq!(cache.remove(&files[1]).unwrap(), Removal::Removed);
        assert_eq!(cache.remove(&files[1]).unwrap(), Removal::Gone);
        assert!(data.join("cache/a").exists() && !data.join("cache/sub/b").exists());
    }

    #[test]
    fn what_is_asked_for_above_the_folder_is_refused() {
        let (_folder, data, _) = data();
        let start = open_folder(&data.join("cache")).unwrap();
        for name in ["../token", "/etc/passwd", ".."] {
            assert!(remove_if(&start, Path::new(name), |_| true).is_err(), "{name}");
        }
    }
}
