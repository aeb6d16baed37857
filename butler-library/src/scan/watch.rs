//! Watches the folders of a root: which media files, pictures beside them and folders were made, written,
//! moved or removed, as the kernel tells. It follows no link.
//!
//! All that touches the root is done on a thread of its own, which nobody waits for: a mount that hangs holds
//! up no other. Nothing below the root is opened but its folders. Start with [`RootWatch::start`]; when what
//! is told is worth a scan, and how much of a section that is about, `pending` decides.

mod folders;
mod mounts;
mod pending;
mod unclosed;

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags};
use rustix::fs::{AtFlags, CWD};
use rustix::io::Errno;

use folders::{Folders, is_elsewhere};
use mounts::Mounts;
pub use pending::Pending;

use crate::SectionKind;

/// Bytes for the kernel's events at a time.
const EVENTS: usize = 64 << 10;
/// What nothing tells of, a folder above the root that was renamed, is looked at so often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What the watch of a root tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// From now on it is watched; what came and went before nobody told.
    Begun,
    /// Something about this file or folder changed, or in this folder: its whole path.
    Changed(PathBuf),
    /// More changed than the kernel could tell: anything of the root.
    Overflowed,
    /// The root is not watched, or not any more.
    Ended(Unwatched),
}

/// Why a root is not watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwatched {
    /// One sentence that says why and what to do.
    pub sentence: String,
    /// The system's limit that was met, if one was: `fs.inotify.max_user_watches`.
    pub limit: Option<&'static str>,
}

/// The watch of one root, until it is dropped.
#[derive(Debug)]
pub struct RootWatch {
    ends: Arc<OwnedFd>,
    has_ended: Arc<AtomicBool>,
}

impl RootWatch {
    /// Watches a root of a section of some kind. `tell` is called on the root's thread; while it
    /// waits, the kernel keeps what happens, and tells of an overflow where that is too much.
    ///
    /// # Errors
    /// If the system gives no thread or descriptor.
    pub fn start(
        root: PathBuf,
        kind: SectionKind,
        tell: impl Fn(Watched) + Send + 'static,
    ) -> io::Result<Self> {
        let ends = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let has_ended = Arc::new(AtomicBool::new(false));
        let watch = Self { ends: Arc::clone(&ends), has_ended: Arc::clone(&has_ended) };
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            if let Err(error) = watch_root(&root, kind, &ends, &tell) {
                tell(Watched::Ended(unwatched(&root, &error)));
            }
            has_ended.store(true, Ordering::Relaxed);
        })?;
        Ok(watch)
    }

    /// Whether it watches no more.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }
}

impl Drop for RootWatch {
    fn drop(&mut self) {
        // A thread that hangs on its mount sees it when that answers.
        let _ended_already = rustix::io::write(&self.ends, &1_u64.to_ne_bytes());
    }
}

/// Why a root is not watched.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("it lies on a network or FUSE mount, which tells nothing of what others change")]
    OtherMachine,
    #[error("its disk was unmounted, or its folder removed or renamed")]
    Gone,
    #[error(transparent)]
    System(#[from] Errno),
}

fn unwatched(root: &Path, error: &WatchError) -> Unwatched {
    let shown = root.display();
    let limit = match error {
        WatchError::System(Errno::NOSPC) => Some(("watches", "fs.inotify.max_user_watches")),
        WatchError::System(Errno::MFILE) => Some(("instances", "fs.inotify.max_user_instances")),
        _ => None,
    };
    let why = match limit {
        Some((what, limit)) => {
            format!(", for the system gives no more inotify {what}; raise {limit} (sysctl)")
        }
        None => format!(": {error}"),
    };
    Unwatched {
        sentence: format!(
            "The folder {shown} is not watched{why}. The nightly scan finds what is new all the same."
        ),
        limit: limit.map(|(_, limit)| limit),
    }
}

/// How a watch came to its end in order.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// It is to end.
    Asked,
    /// Another folder has the root's place, or is mounted on one below it.
    Replaced,
}

fn watch_root(
    root: &Path,
    kind: SectionKind,
    ends: &OwnedFd,
    tell: &dyn Fn(Watched),
) -> Result<(), WatchError> {
    loop {
        match watch_folder(root, kind, ends, tell)? {
            Ended::Asked => return Ok(()),
            Ended::Replaced => {}
        }
    }
}

/// Watches the folder that has the root's place now.
fn watch_folder(
    root: &Path,
    kind: SectionKind,
    ends: &OwnedFd,
    tell: &dyn Fn(Watched),
) -> Result<Ended, WatchError> {
    if is_elsewhere(rustix::fs::statfs(root)?.f_type as i64) {
        return Err(WatchError::OtherMachine);
    }
    let mounts = Mounts::below(root);
    let own = identity(root)?;
    let kernel = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let mut folders = Folders::new(root, kind, &kernel);
    folders.add(b"", &mut |_| {})?;
    tell(Watched::Begun);
    let mut buffer = vec![MaybeUninit::uninit(); EVENTS];
    loop {
        let mut waits = vec![PollFd::new(&kernel, PollFlags::IN), PollFd::new(ends, PollFlags::IN)];
        waits.extend(mounts.table().map(|table| PollFd::new(table, PollFlags::PRI)));
        let wait = if folders.unclosed.is_empty() { LOOK_AGAIN } else { unclosed::LOOK_EVERY };
        let wait = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: 0 };
        let is_quiet = match poll(&mut waits, Some(&wait)) {
            Ok(_) if !waits[1].revents().is_empty() => return Ok(Ended::Asked),
            Ok(ready) => ready == 0,
            Err(Errno::INTR) => false,
            Err(errno) => return Err(errno.into()),
        };
        let is_remounted = waits.get(2).is_some_and(|table| !table.revents().is_empty());
        if (is_quiet || is_remounted) && (stands_in(root, own)? || mounts.have_changed(root)) {
            return Ok(Ended::Replaced);
        }
        let mut events = inotify::Reader::new(kernel.as_fd(), &mut buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    let name = event.file_name().map_or(&[][..], std::ffi::CStr::to_bytes);
                    match folders.heed(event.wd(), event.events(), name) {
                        Ok(watched) => watched.into_iter().for_each(tell),
                        // It went, and another one may have come.
                        Err(WatchError::Gone) if stands_in(root, own)? => return Ok(Ended::Replaced),
                        Err(error) => return Err(error),
                    }
                }
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        folders.look_at_unclosed().into_iter().for_each(tell);
    }
}

/// File system and inode of a folder.
fn identity(folder: &Path) -> Result<(u64, u64), WatchError> {
    match rustix::fs::statat(CWD, folder, AtFlags::empty()) {
        Ok(raw) => Ok((raw.st_dev, raw.st_ino)),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(WatchError::Gone),
        Err(errno) => Err(errno.into()),
    }
}

/// Whether another folder stands in the root's place.
fn stands_in(root: &Path, own: (u64, u64)) -> Result<bool, WatchError> {
    Ok(identity(root)? != own)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_system_without_watches_is_named_with_what_to_do() {
        let Unwatched { sentence, limit } = unwatched(Path::new("/films"), &Errno::NOSPC.into());
        assert!(
            sentence.contains("/films") && sentence.contains("fs.inotify.max_user_watches"),
            "{sentence}"
        );
        assert_eq!(limit, Some("fs.inotify.max_user_watches"));
        assert_eq!(unwatched(Path::new("/films"), &WatchError::Gone).limit, None);
    }

    /// A watch, and what it tells.
    fn watch(root: &Path) -> (RootWatch, mpsc::Receiver<Watched>) {
        let (told, tells) = mpsc::channel();
        let tell = move |watched| _ = told.send(watched);
        let watch = RootWatch::start(root.to_owned(), SectionKind::Movie, tell).unwrap();
        assert_eq!(next(&tells), Watched::Begun);
        (watch, tells)
    }

    fn next(tells: &mpsc::Receiver<Watched>) -> Watched {
        tells.recv_timeout(Duration::from_secs(90)).expect("it is told")
    }

    #[test]
    fn a_folder_that_takes_the_roots_place_is_watched_from_then_on_and_asked_for_what_came_between() {
        let around = butler_fixtures::tempdir().unwrap();
        let (root, other) = (around.path().join("films"), around.path().join("other"));
        std::fs::create_dir(&root).unwrap();
        std::fs::create_dir(&other).unwrap();
        let (_watch, tells) = watch(&root);
        // In one step, so that there is never none.
        let exchange = rustix::fs::RenameFlags::EXCHANGE;
        rustix::fs::renameat_with(CWD, &root, CWD, &other, exchange).unwrap();
        assert_eq!(next(&tells), Watched::Begun);
        std::fs::write(other.join("Heat.mkv"), b"in the folder that was left").unwrap();
        std::fs::write(root.join("Ronin.mkv"), b"in the one that has its place").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Ronin.mkv")));
    }

    #[test]
    fn a_file_that_is_written_still_is_told_of_when_it_is_closed() {
        let around = butler_fixtures::tempdir().unwrap();
        let root = around.path();
        let (_watch, tells) = watch(root);
        let mut slow = std::fs::File::create(root.join("Heat.mkv")).unwrap();
        let (stop, stopped) = mpsc::channel::<()>();
        let writer = std::thread::spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(20)) == Err(mpsc::RecvTimeoutError::Timeout) {
                slow.write_all(b"more").unwrap();
            }
        });
        std::fs::write(root.join("Ronin.mkv"), b"whole").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Ronin.mkv")), "made later, closed before");
        drop(stop);
        writer.join().unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Heat.mkv")));
        std::fs::hard_link(root.join("Ronin.mkv"), root.join("Linked.mkv")).unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Linked.mkv")), "nobody closes it");
    }

    #[test]
    fn what_is_in_a_folder_that_was_made_is_told_of_when_it_is_closed_or_stands_still() {
        let around = butler_fixtures::tempdir().unwrap();
        let root = around.path();
        let (_watch, tells) = watch(root);
        std::fs::create_dir_all(root.join("Lost/Season 01")).unwrap();
        std::fs::write(root.join("Lost/Season 01/Lost - S01E01.mkv"), b"closed perhaps before it is watched")
            .unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Lost/Season 01")));
    }

    #[test]
    fn a_root_that_is_renamed_away_ends_its_watch() {
        let around = butler_fixtures::tempdir().unwrap();
        let root = around.path().join("films");
        std::fs::create_dir(&root).unwrap();
        let (watch, tells) = watch(&root);
        std::fs::rename(&root, around.path().join("elsewhere")).unwrap();
        assert!(matches!(next(&tells), Watched::Ended(Unwatched { limit: None, .. })));
        butler_fixtures::wait_until("it watches no more", || watch.has_ended()).unwrap();
    }

    #[test]
    fn a_disk_that_is_mounted_over_a_watched_folder_is_watched() {
        let around = butler_fixtures::tempdir().unwrap();
        let root = around.path().join("films");
        std::fs::create_dir_all(root.join("new")).unwrap();
        let Some(disk) = butler_fixtures::SmallDisk::if_possible(1 << 20).unwrap() else { return };
        let (_watch, tells) = watch(&root);
        let _mounted = disk.also_at(&root.join("new")).unwrap();
        assert_eq!(next(&tells), Watched::Begun);
        std::fs::write(disk.path().join("Heat.mkv"), b"film").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("new")));
        let _over_all = disk.also_at(&root).unwrap();
        // The file may be told of more than once.
        while next(&tells) != Watched::Begun {}
        std::fs::write(disk.path().join("Ronin.mkv"), b"film").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Ronin.mkv")));
    }
}
