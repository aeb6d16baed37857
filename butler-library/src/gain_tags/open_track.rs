//! A music file that is open, as it stood when it was opened; and whether it may be replaced at all.
//!
//! A link, a file with several names and one that is write-protected are left alone. It blocks: who calls it
//! does so on the root's own thread. Start with [`OpenTrack::open`].

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, Stat, accessat};
use rustix::io::Errno;

use super::not_replaced::NotReplaced;
use super::writers::has_writers;
use crate::Borders;
use crate::fingerprint::{self, Prints};

/// A music file that is open, as it stood when it was opened.
#[derive(Debug)]
pub struct OpenTrack {
    pub(super) file: File,
    pub(super) folder: Arc<OwnedFd>,
    pub(super) name: OsString,
    pub(super) stat: Stat,
}

impl OpenTrack {
    /// Opens a file that may be replaced. `borders` say where media may lie.
    ///
    /// # Errors
    /// If it is to be left alone.
    pub fn open(path: &Path, borders: Option<&Borders>) -> Result<Self, NotReplaced> {
        let unreadable = |errno: Errno| NotReplaced::Unreadable(errno.into());
        let name = path.file_name().ok_or(NotReplaced::NoFile)?.to_owned();
        let folder = open_folder(path).map_err(unreadable)?;
        let seen = rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW).map_err(unreadable)?;
        match FileType::from_raw_mode(seen.st_mode) {
            FileType::RegularFile => {}
            FileType::Symlink => return Err(NotReplaced::Link),
            _ => return Err(NotReplaced::NoFile),
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&folder, &name, flags, Mode::empty()).map_err(unreadable)?);
        let stat = rustix::fs::fstat(&file).map_err(unreadable)?;
        if !is_same(&seen, &stat) {
            return Err(NotReplaced::Changed);
        }
        let outside = borders.map(|borders| borders.of_open(&file)).transpose();
        if let Some(outside) = outside.map_err(NotReplaced::Unreadable)?.flatten() {
            return Err(NotReplaced::Outside(outside));
        }
        Ok(Self { file, folder: Arc::new(folder), name, stat })
    }

    /// The file, for reading.
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// Bytes.
    pub const fn size(&self) -> u64 {
        size(&self.stat)
    }

    /// When it was written last, nanoseconds since 1970.
    pub const fn mtime_ns(&self) -> i64 {
        mtime_ns(&self.stat)
    }

    /// The file system that it lies on.
    pub const fn file_system(&self) -> u64 {
        self.stat.st_dev
    }

    /// Whether it may be replaced, as far as can be seen without copying it.
    ///
    /// # Errors
    /// If it is to be left alone.
    pub fn may_be_replaced(&self) -> Result<(), NotReplaced> {
        if self.stat.st_nlink > 1 {
            return Err(NotReplaced::HardLinked(self.stat.st_nlink));
        }
        // The administrator could write it for all that: it is meant.
        if self.stat.st_mode & 0o222 == 0 {
            return Err(NotReplaced::WriteProtected);
        }
        let may = |name: &OsStr, access| accessat(&self.folder, name, access, AtFlags::empty());
        may(OsStr::new("."), Access::WRITE_OK | Access::EXEC_OK).map_err(failed)?;
        may(&self.name, Access::WRITE_OK).map_err(failed)?;
        if has_writers(&self.file) {
            return Err(NotReplaced::InUse);
        }
        self.unnamed_like_this().map(drop)
    }

    /// A new file in the same folder that has no name: whatever ends the server, it is gone.
    pub(super) fn unnamed(&self) -> Result<File, NotReplaced> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.folder, ".", flags, Mode::from_raw_mode(0o600)) {
            Ok(file) => Ok(file.into()),
            // The words of file systems and kernels that have no unnamed files.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT | Errno::NOSYS) => {
                Err(NotReplaced::NoSwap)
            }
            Err(errno) => Err(failed(errno)),
        }
    }

    /// What its content is known by.
    ///
    /// # Errors
    /// If it can't be read.
    pub(crate) fn prints(&self, beat: &mut dyn FnMut() -> bool) -> Result<Prints, NotReplaced> {
        fingerprint::take(&self.file, self.size(), beat)
            .map_err(|error| stopped(error, NotReplaced::Unreadable))
    }

    /// What its content is known by in the journal of written tags, whatever its tags are.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn content(&self, beat: &mut dyn FnMut() -> bool) -> Result<[u8; 32], NotReplaced> {
        Ok(self.prints(beat)?.told_apart().0)
    }
}

/// The folder that a path's last name stands in.
pub(super) fn open_folder(path: &Path) -> rustix::io::Result<OwnedFd> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, parent.unwrap_or(Path::new(".")), flags, Mode::empty())
}

pub(super) const fn size(stat: &Stat) -> u64 {
    stat.st_size.unsigned_abs()
}

pub(super) const fn mtime_ns(stat: &Stat) -> i64 {
    stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(stat.st_mtime_nsec as i64)
}

/// Whether a file is the one that it was, with the same bytes, names, owner and rights, as far as its stat
/// tells; a name of another folder or another word for it may be what changed.
pub(super) fn is_unwritten(one: &Stat, other: &Stat) -> bool {
    let shown = |stat: &Stat| {
        let file = (stat.st_dev, stat.st_ino, stat.st_size, mtime_ns(stat));
        (file, stat.st_nlink, stat.st_mode, stat.st_uid, stat.st_gid)
    };
    shown(one) == shown(other)
}

/// Whether a file stands as it stood: nothing of it changed at all.
pub(super) fn is_same(one: &Stat, other: &Stat) -> bool {
    let changed = |stat: &Stat| (stat.st_ctime, stat.st_ctime_nsec);
    is_unwritten(one, other) && changed(one) == changed(other)
}

pub(super) fn failed(errno: Errno) -> NotReplaced {
    match errno {
        Errno::ROFS => NotReplaced::ReadOnlyMount,
        Errno::ACCESS | Errno::PERM => NotReplaced::NoRight,
        Errno::NOSPC | Errno::DQUOT => NotReplaced::NoRoom { free: 0, needed: 0 },
        errno => NotReplaced::Failed(errno.into()),
    }
}

pub(super) fn stopped(error: io::Error, other: impl FnOnce(io::Error) -> NotReplaced) -> NotReplaced {
    if error.kind() == io::ErrorKind::Interrupted { NotReplaced::Stopped } else { other(error) }
}
