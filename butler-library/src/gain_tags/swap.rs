//! Puts a draft in place of a file, so that there is at any moment the old one or the new one, whole, and
//! nothing of anybody else's is ever lost.
//!
//! Both change names in one step. What comes out of the old place is looked at: if it is not the file that
//! was copied, or was written meanwhile, the two change back. Only the old file itself, unchanged, is
//! removed, and only the draft itself. Start with [`OpenTrack::replace`].

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, RenameFlags, Stat};
use rustix::io::Errno;

use super::draft::Draft;
use super::not_replaced::NotReplaced;
use super::open_track::{OpenTrack, failed, is_same, is_unwritten, mtime_ns, size};
use super::writers::has_writers;
use crate::fingerprint::Prints;

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
    pub(super) fn of(stat: &Stat, prints: Prints) -> Self {
        let (size, dev, inode) = (size(stat), stat.st_dev, stat.st_ino);
        Self { size, mtime_ns: mtime_ns(stat), inode, dev, prints }
    }
}

impl OpenTrack {
    /// Puts a file in place of this one, if this one stands as it stood. `beat` is asked between steps whether
    /// to go on.
    ///
    /// # Errors
    /// Most often this one is left as it is. What stands there after an error of the disk shows by looking.
    pub fn replace(&self, draft: Draft, beat: &mut dyn FnMut() -> bool) -> Result<Replaced, NotReplaced> {
        let names = Names { folder: &self.folder, track: self, draft: &draft };
        if !beat() {
            return Err(NotReplaced::Stopped);
        }
        names.link()?;
        // A file without a name may be on the disk in part (Btrfs keeps none of its bytes for a power cut).
        let synced = draft.file.sync_all().map_err(NotReplaced::Failed);
        let outcome = synced.and_then(|()| names.swap(beat));
        // After a swap the name is the old file's; whose it is else nobody knows.
        if outcome.is_err() && names.shows_draft(&draft.name) {
            let _ = rustix::fs::unlinkat(&*self.folder, &draft.name, AtFlags::empty());
            let _ = rustix::fs::fsync(&*self.folder);
        }
        outcome
    }
}

/// The two names, and the files that had them.
struct Names<'a> {
    folder: &'a OwnedFd,
    track: &'a OpenTrack,
    draft: &'a Draft,
}

impl Names<'_> {
    /// Gives the draft its name.
    fn link(&self) -> Result<(), NotReplaced> {
        let from = format!("/proc/self/fd/{}", self.draft.file.as_raw_fd());
        rustix::fs::linkat(CWD, &*from, self.folder, &self.draft.name, AtFlags::SYMLINK_FOLLOW)
            .map_err(failed)
    }

    fn swap(&self, beat: &mut dyn FnMut() -> bool) -> Result<Replaced, NotReplaced> {
        let Self { folder, track, draft } = self;
        let is_as_it_was = self.stat(&track.name).is_some_and(|there| is_same(&track.stat, &there));
        if !is_as_it_was || !self.shows_draft(&draft.name) {
            return Err(NotReplaced::Changed);
        }
        if !beat() {
            return Err(NotReplaced::Stopped);
        }
        self.exchange().map_err(|errno| match errno {
            Errno::NOENT => NotReplaced::Changed,
            Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP => NotReplaced::NoSwap,
            errno => failed(errno),
        })?;
        // The moment before, others may have put a file of theirs there, or written this one.
        self.came_out()?;
        // From here on it is done, whoever still waits for it: these are signs of life.
        beat();
        // Both files stay until it is on the disk which is which.
        rustix::fs::fsync(folder).map_err(failed)?;
        beat();
        self.came_out()?;
        rustix::fs::unlinkat(folder, &draft.name, AtFlags::empty()).map_err(failed)?;
        // When nothing more is known of the draft's name, it is gone for good.
        rustix::fs::fsync(folder).map_err(failed)?;
        Ok(Replaced::of(&draft.stat, *draft.prints()))
    }

    /// Sees to it that the old file came out, as it was, that nobody is about to write it, and the draft is in
    /// its place; else the two change back.
    fn came_out(&self) -> Result<(), NotReplaced> {
        let Self { track, draft, .. } = self;
        let Some(there) = self.stat(&draft.name) else {
            // Somebody settled the intent meanwhile.
            return Err(NotReplaced::Changed);
        };
        let why = match is_unwritten(&track.stat, &there) {
            true if !has_writers(&track.file) => None,
            true => Some(NotReplaced::InUse),
            false => Some(NotReplaced::Changed),
        };
        match why {
            None if self.shows_draft(&track.name) => Ok(()),
            Some(why) if self.shows_draft(&track.name) && self.exchange().is_ok() => {
                let _ = rustix::fs::fsync(self.folder);
                Err(why)
            }
            // What stands in the file's place was put there by others: what came out is the only one of its kind.
            _ => Err(NotReplaced::Aside(draft.name.to_string_lossy().into_owned())),
        }
    }

    fn exchange(&self) -> rustix::io::Result<()> {
        let Self { folder, track, draft } = self;
        rustix::fs::renameat_with(folder, &draft.name, folder, &track.name, RenameFlags::EXCHANGE)
    }

    fn shows_draft(&self, name: &std::ffi::OsStr) -> bool {
        let file = |stat: &Stat| (stat.st_dev, stat.st_ino);
        self.stat(name).is_some_and(|there| file(&there) == file(&self.draft.stat))
    }

    fn stat(&self, name: &std::ffi::OsStr) -> Option<Stat> {
        rustix::fs::statat(self.folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()
    }
}
