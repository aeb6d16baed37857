//! Replaces a file by one that differs in some places, so that there is at any moment the old one or the new
//! one, whole.
//!
//! The order is the safety: the new one is written under no name in the same folder, with the old one's
//! owner, rights and attributes, and brought to the disk; its sound is compared; only then does it get a
//! name, and at once that of the old one, if that is still the one that was opened. A link, a file with
//! several names and one that is write-protected are left alone. It blocks: who calls it does so on the
//! root's own thread. Start with [`OpenTrack::open`].

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use butler_product::gain_tags::Edit;
use rustix::fs::{Access, AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid};
use rustix::fs::{XattrFlags, accessat, fgetxattr, flistxattr, fsetxattr};
use rustix::io::Errno;

use super::not_replaced::NotReplaced;
use crate::Borders;
use crate::fingerprint::{self, Prints};

/// Bytes that are copied between two signs of life.
const STEP: u64 = 8 << 20;
/// Bytes that stay free beside the new file.
const SPARE: u64 = 16 << 20;
/// Bytes of one extended attribute: the most that Linux takes.
const MAX_ATTRIBUTE: usize = 64 << 10;

fn failed(errno: Errno) -> NotReplaced {
    match errno {
        Errno::ROFS => NotReplaced::ReadOnlyMount,
        Errno::ACCESS | Errno::PERM => NotReplaced::NoRight,
        Errno::NOSPC | Errno::DQUOT => NotReplaced::NoRoom { free: 0, needed: 0 },
        errno => NotReplaced::Failed(errno.into()),
    }
}

/// A music file that is open, as it stood when it was opened.
#[derive(Debug)]
pub struct OpenTrack {
    file: File,
    folder: Arc<OwnedFd>,
    name: OsString,
    stat: Stat,
}

/// A file that shall stand in place of another, whole and on the disk. Dropped, it is gone.
#[derive(Debug)]
pub struct Draft {
    file: File,
    folder: Arc<OwnedFd>,
    name: OsString,
    /// Whether it has that name: it has none where the file system knows files without one.
    is_named: bool,
    identity: (u64, u64),
    prints: Prints,
}

/// A file that was put in place of another.
#[derive(Debug, Clone, Copy)]
pub struct Replaced {
    pub(crate) size: u64,
    pub(crate) mtime_ns: i64,
    pub(crate) inode: u64,
    pub(crate) dev: u64,
    pub(crate) prints: Prints,
}

impl Replaced {
    /// What stands under an open file's name, put there by whomever.
    ///
    /// # Errors
    /// If it can't be read.
    pub(crate) fn found(track: &OpenTrack, beat: &mut dyn FnMut() -> bool) -> Result<Self, NotReplaced> {
        Ok(Self::of(&track.stat, track.prints(beat)?))
    }

    fn of(stat: &Stat, prints: Prints) -> Self {
        let (size, dev, inode) = (size(stat), stat.st_dev, stat.st_ino);
        Self { size, mtime_ns: mtime_ns(stat), inode, dev, prints }
    }
}

const fn size(stat: &Stat) -> u64 {
    stat.st_size.unsigned_abs()
}

const fn mtime_ns(stat: &Stat) -> i64 {
    stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(stat.st_mtime_nsec as i64)
}

/// Whether a file stands as it stood: nothing was written, and nothing said of it was changed.
fn is_same(one: &Stat, other: &Stat) -> bool {
    let told = |stat: &Stat| {
        (stat.st_dev, stat.st_ino, stat.st_size, mtime_ns(stat), stat.st_ctime, stat.st_ctime_nsec)
    };
    told(one) == told(other)
}

impl OpenTrack {
    /// Opens a file that may be replaced. `borders` say where media may lie.
    ///
    /// # Errors
    /// If it is to be left alone.
    pub fn open(path: &Path, borders: Option<&Borders>) -> Result<Self, NotReplaced> {
        let unreadable = |errno: Errno| NotReplaced::Unreadable(errno.into());
        let name = path.file_name().ok_or(NotReplaced::NoFile)?.to_owned();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(CWD, parent.unwrap_or(Path::new(".")), flags, Mode::empty());
        let folder = folder.map_err(unreadable)?;
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

    /// The file's own name on its disk.
    pub(crate) const fn identity(&self) -> (u64, u64) {
        (self.stat.st_dev, self.stat.st_ino)
    }

    /// The name that a new file has beside this one until it is in its place: always the same, so that a
    /// crash leaves one at most.
    pub(crate) fn draft_name(&self) -> OsString {
        OsString::from(format!(".butler-tags-{:x}.tmp", self.stat.st_ino))
    }

    /// Whether it may be replaced, as far as looking shows.
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
        may(&self.name, Access::WRITE_OK).map_err(failed)
    }

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
        let come: u64 = edits.iter().map(|edit| edit.bytes.len() as u64).sum();
        let needed = self.size() + come + SPARE;
        let disk = rustix::fs::fstatvfs(&*self.folder).map_err(failed)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let no_room = || NotReplaced::NoRoom { free: free / 1_000_000, needed: needed / 1_000_000 };
        if free < needed {
            return Err(no_room());
        }
        let mut draft = self.draft()?;
        let written =
            self.write(&draft.file, edits, beat).and_then(|()| self.describe(&draft.file, mtime_ns));
        written.map_err(|left| if let NotReplaced::NoRoom { .. } = left { no_room() } else { left })?;
        draft.file.sync_all().map_err(NotReplaced::Failed)?;
        let new = rustix::fs::fstat(&draft.file).map_err(failed)?;
        draft.identity = (new.st_dev, new.st_ino);
        let new_size = size(&new);
        draft.prints = fingerprint::take(&draft.file, new_size, beat)
            .map_err(|error| stopped(error, NotReplaced::Failed))?;
        let own = self.prints(beat)?;
        let now = rustix::fs::fstat(&self.file).map_err(failed)?;
        if !is_same(&self.stat, &now) {
            return Err(NotReplaced::Changed);
        }
        if (own.sampled, own.deep) != (draft.prints.sampled, draft.prints.deep) {
            return Err(NotReplaced::OtherContent);
        }
        Ok(draft)
    }

    fn prints(&self, beat: &mut dyn FnMut() -> bool) -> Result<Prints, NotReplaced> {
        fingerprint::take(&self.file, self.size(), beat)
            .map_err(|error| stopped(error, NotReplaced::Unreadable))
    }

    /// A new file in the same folder, without a name where the file system knows such.
    fn draft(&self) -> Result<Draft, NotReplaced> {
        let name = self.draft_name();
        let (folder, mode) = (Arc::clone(&self.folder), Mode::from_raw_mode(0o600));
        let prints = Prints { sampled: [0; 32], deep: [0; 32], tagged: None, size: 0 };
        let draft = |file: OwnedFd, is_named| Draft {
            file: file.into(),
            folder: Arc::clone(&folder),
            name: name.clone(),
            is_named,
            identity: (0, 0),
            prints,
        };
        match rustix::fs::openat(&folder, ".", OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, mode) {
            Ok(file) => return Ok(draft(file, false)),
            // The words of file systems and kernels that have no unnamed files.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT | Errno::NOSYS) => {}
            Err(errno) => return Err(failed(errno)),
        }
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = over_a_leftover(&folder, &name, || rustix::fs::openat(&folder, &name, flags, mode));
        made.map(|file| draft(file, true)).map_err(failed)
    }

    /// Writes what the new file holds.
    fn write(&self, new: &File, edits: &[Edit], beat: &mut dyn FnMut() -> bool) -> Result<(), NotReplaced> {
        let (mut at, mut place) = (0, 0);
        for edit in edits {
            place = self.copy(new, at..edit.from, place, beat)?;
            new.write_all_at(&edit.bytes, place).map_err(write_failed)?;
            place += edit.bytes.len() as u64;
            at = edit.until;
        }
        self.copy(new, at..self.size(), place, beat).map(drop)
    }

    /// Copies a range to a place of the new file, shared on the disk where the file system can; where the
    /// next byte goes.
    fn copy(
        &self,
        new: &File,
        range: std::ops::Range<u64>,
        mut place: u64,
        beat: &mut dyn FnMut() -> bool,
    ) -> Result<u64, NotReplaced> {
        let mut at = range.start;
        let mut buffer = Vec::new();
        while at < range.end {
            if !beat() {
                return Err(NotReplaced::Stopped);
            }
            let (step, before) = ((range.end - at).min(STEP), at);
            if buffer.is_empty() {
                let copied = rustix::fs::copy_file_range(
                    &self.file,
                    Some(&mut at),
                    new,
                    Some(&mut place),
                    step as usize,
                );
                match copied {
                    Ok(0) => return Err(NotReplaced::Changed),
                    Ok(_) | Err(Errno::INTR) => continue,
                    // Not between such files: then by way of memory.
                    Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                        buffer.resize(STEP.min(1 << 20) as usize, 0);
                        at = before;
                    }
                    Err(errno) => return Err(failed(errno)),
                }
            }
            let step = buffer.len().min(step as usize);
            self.file.read_exact_at(&mut buffer[..step], at).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => NotReplaced::Changed,
                _ => NotReplaced::Unreadable(error),
            })?;
            new.write_all_at(&buffer[..step], place).map_err(write_failed)?;
            (at, place) = (at + step as u64, place + step as u64);
        }
        Ok(place)
    }

    /// Gives the new file the owner, rights, attributes and times of the old one.
    fn describe(&self, new: &File, mtime_ns: i64) -> Result<(), NotReplaced> {
        let is = rustix::fs::fstat(new).map_err(failed)?;
        if (is.st_uid, is.st_gid) != (self.stat.st_uid, self.stat.st_gid) {
            let (owner, group) = (Uid::from_raw(self.stat.st_uid), Gid::from_raw(self.stat.st_gid));
            rustix::fs::fchown(new, Some(owner), Some(group)).map_err(|_| NotReplaced::OtherOwner)?;
        }
        rustix::fs::fchmod(new, Mode::from_raw_mode(self.stat.st_mode & 0o7777)).map_err(failed)?;
        self.copy_attributes(new)?;
        let seconds = |ns: i64| Timespec {
            tv_sec: ns.div_euclid(1_000_000_000),
            tv_nsec: ns.rem_euclid(1_000_000_000),
        };
        let last_access = Timespec { tv_sec: self.stat.st_atime, tv_nsec: self.stat.st_atime_nsec as i64 };
        let times = Timestamps { last_access, last_modification: seconds(mtime_ns) };
        rustix::fs::futimens(new, &times).map_err(failed)
    }

    /// Those of users and the lists of who may what must be kept; those of the system's own are given anew by
    /// it.
    fn copy_attributes(&self, new: &File) -> Result<(), NotReplaced> {
        let mut names = vec![0; MAX_ATTRIBUTE];
        let length = match flistxattr(&self.file, &mut names[..]) {
            Ok(length) => length,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            Err(_) => return Err(NotReplaced::Attribute("?".to_owned())),
        };
        let mut value = vec![0; MAX_ATTRIBUTE];
        for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let kept = fgetxattr(&self.file, name, &mut value[..])
                .and_then(|length| fsetxattr(new, name, &value[..length], XattrFlags::empty()));
            let is_needed = name.starts_with(b"user.") || name.starts_with(b"system.posix_acl");
            if kept.is_err() && is_needed {
                return Err(NotReplaced::Attribute(String::from_utf8_lossy(name).into_owned()));
            }
        }
        Ok(())
    }

    /// Puts a file in place of this one, if this one stands as it stood.
    ///
    /// # Errors
    /// If this one is left as it is.
    pub fn replace(&self, mut draft: Draft) -> Result<Replaced, NotReplaced> {
        if !draft.is_named {
            let link = || {
                let from = format!("/proc/self/fd/{}", draft.file.as_raw_fd());
                rustix::fs::linkat(CWD, &*from, &draft.folder, &draft.name, AtFlags::SYMLINK_FOLLOW)
            };
            over_a_leftover(&draft.folder, &draft.name, link).map_err(failed)?;
            draft.is_named = true;
        }
        let there = rustix::fs::statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        if !there.is_ok_and(|there| is_same(&self.stat, &there)) {
            return Err(NotReplaced::Changed);
        }
        rustix::fs::renameat(&draft.folder, &draft.name, &self.folder, &self.name).map_err(failed)?;
        draft.is_named = false;
        // What was renamed is there whether or not this reaches the disk.
        if let Err(errno) = rustix::fs::fsync(&*self.folder) {
            tracing::warn!(
                error = &errno as &dyn std::error::Error,
                "a folder could not be brought to the disk"
            );
        }
        let stat = rustix::fs::fstat(&draft.file).map_err(failed)?;
        Ok(Replaced::of(&stat, draft.prints))
    }
}

impl Draft {
    /// The new file's own name on its disk.
    pub(crate) const fn identity(&self) -> (u64, u64) {
        self.identity
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.is_named {
            // What can't be removed lies hidden, and goes with the next that is written there.
            let _ = rustix::fs::unlinkat(&self.folder, &self.name, AtFlags::empty());
        }
    }
}

fn write_failed(error: io::Error) -> NotReplaced {
    error
        .raw_os_error()
        .map_or_else(|| NotReplaced::Failed(error), |raw| failed(Errno::from_raw_os_error(raw)))
}

fn stopped(error: io::Error, other: impl FnOnce(io::Error) -> NotReplaced) -> NotReplaced {
    if error.kind() == io::ErrorKind::Interrupted { NotReplaced::Stopped } else { other(error) }
}

/// Makes something of a name that nobody but Butler gives: what already has it was left by a crash, and goes.
fn over_a_leftover<T>(
    folder: &OwnedFd,
    name: &OsStr,
    make: impl Fn() -> rustix::io::Result<T>,
) -> rustix::io::Result<T> {
    match make() {
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(folder, name, AtFlags::empty())?;
            make()
        }
        made => made,
    }
}

/// Removes what a crash left beside a file, under a name that nobody but Butler gives.
pub(crate) fn remove_draft(beside: &Path, name: &OsStr) {
    let path = beside.with_file_name(name);
    let there = rustix::fs::statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW);
    if there.is_ok_and(|there| FileType::from_raw_mode(there.st_mode) == FileType::RegularFile) {
        let _ = rustix::fs::unlinkat(CWD, &path, AtFlags::empty());
    }
}

#[cfg(test)]
mod tests;
