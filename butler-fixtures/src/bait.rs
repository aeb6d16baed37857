//! A file that nobody is to touch, and the proof that nobody did.
//!
//! Never guesses by times of access, which many file systems don't keep: the kernel tells of each opening.
//! Start with [`Bait::new`].

use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::fs::inotify;
use rustix::io::Errno;

/// A watched file.
#[derive(Debug)]
pub struct Bait {
    watch: OwnedFd,
}

impl Bait {
    /// Puts a copy of `film` at `path`, and watches it from then on.
    pub fn new(path: &Path, film: &Path) -> Result<Self> {
        fs::copy(film, path).with_context(|| format!("could not copy `{}`", film.display()))?;
        let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        inotify::add_watch(&watch, path, inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS)?;
        Ok(Self { watch })
    }

    /// Whether anybody opened or read it since.
    pub fn was_touched(&self) -> Result<bool> {
        let mut space = [MaybeUninit::uninit(); 4_096];
        match inotify::Reader::new(&self.watch, &mut space).next() {
            Ok(_) => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_who_looked_from_who_did_not() {
        let folder = crate::tempdir().unwrap();
        let film = folder.path().join("film");
        fs::write(&film, b"film").unwrap();
        let bait = Bait::new(&folder.path().join("bait"), &film).unwrap();
        fs::metadata(folder.path().join("bait")).unwrap();
        fs::read(&film).unwrap();
        assert!(!bait.was_touched().unwrap());
        fs::read(folder.path().join("bait")).unwrap();
        assert!(bait.was_touched().unwrap());
    }
}
