//! Watches the folders of a root: which media files and folders were made, written, moved or removed, as the
//! kernel tells.
//!
//! All that touches the root is done on a thread of its own, which nobody waits for: a mount that hangs holds
//! up no other. Nothing below the root is opened but its folders. Start with [`RootWatch::start`]; when what
//! is told is worth a scan, and how much of a section that is about, `pending` decides.

mod mounts;
mod pending;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use mounts::Mounts;
pub use pending::Pending;

use super::ignore::{IGNORE, NOMEDIA, PLEXIGNORE, below};
use super::media_names::{is_skipped, medium};
use crate::SectionKind;

/// Bytes for the kernel's events at a time.
const EVENTS: usize = 64 << 10;
/// What the kernel is asked to tell. Not that something was opened: each scan opens every folder.
const TELL: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW)
    .union(WatchFlags::EXCL_UNLINK);

/// What nothing tells of, a folder above the root that was renamed, is looked at so often.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// What the watch of a root tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// From now on it is watched.
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
    let mut is_renewed = false;
    loop {
        let begun = || {
            tell(Watched::Begun);
            // Nobody told what came and went in between.
            if is_renewed {
                tell(Watched::Overflowed);
            }
        };
        match watch_folder(root, kind, ends, &begun, tell)? {
            Ended::Asked => return Ok(()),
            Ended::Replaced => is_renewed = true,
        }
    }
}

/// Watches the folder that has the root's place now.
fn watch_folder(
    root: &Path,
    kind: SectionKind,
    ends: &OwnedFd,
    begun: &dyn Fn(),
    tell: &dyn Fn(Watched),
) -> Result<Ended, WatchError> {
    if is_elsewhere(rustix::fs::statfs(root)?.f_type as i64) {
        return Err(WatchError::OtherMachine);
    }
    let mounts = Mounts::below(root);
    let own = identity(root)?;
    let kernel = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let mut folders = Folders { root, kind, kernel: &kernel, paths: HashMap::new() };
    folders.add(b"")?;
    begun();
    let mut buffer = vec![MaybeUninit::uninit(); EVENTS];
    loop {
        let mut waits = vec![PollFd::new(&kernel, PollFlags::IN), PollFd::new(ends, PollFlags::IN)];
        waits.extend(mounts.table().map(|table| PollFd::new(table, PollFlags::PRI)));
        let is_quiet = match poll(&mut waits, Some(&LOOK_AGAIN)) {
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

/// The folders of a root that are watched.
struct Folders<'a> {
    root: &'a Path,
    kind: SectionKind,
    kernel: &'a OwnedFd,
    /// Their paths below the root, by the kernel's numbers.
    paths: HashMap<i32, Box<[u8]>>,
}

impl Folders<'_> {
    fn path(&self, below: &[u8]) -> PathBuf {
        if below.is_empty() { self.root.to_owned() } else { self.root.join(OsStr::from_bytes(below)) }
    }

    /// Watches a folder and all that it holds. One that is gone by now, or may not be read, is left alone.
    fn add(&mut self, folder: &[u8]) -> Result<(), WatchError> {
        let mut waiting = vec![folder.to_vec()];
        while let Some(folder) = waiting.pop() {
            let path = self.path(&folder);
            // Watched first, read then: what comes in between is told, and perhaps found twice.
            match inotify::add_watch(self.kernel, &path, TELL) {
                Ok(number) => _ = self.paths.insert(number, folder.clone().into()),
                Err(errno @ (Errno::NOSPC | Errno::NOMEM)) => return Err(errno.into()),
                Err(errno) if folder.is_empty() => return Err(errno.into()),
                Err(_) => continue,
            }
            let flags =
                OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
            let Ok(open) = rustix::fs::openat(CWD, &path, flags, Mode::empty()) else { continue };
            // A mount of another machine's below the root is left alone too.
            if !folder.is_empty() && rustix::fs::fstatfs(&open).is_ok_and(|found| is_elsewhere(found.f_type))
            {
                continue;
            }
            let Ok(entries) = Dir::new(open) else { continue };
            for entry in entries.map_while(Result::ok) {
                let name = entry.file_name().to_bytes();
                let may_be_folder = matches!(entry.file_type(), FileType::Directory | FileType::Unknown);
                if may_be_folder && name != b"." && name != b".." && !is_skipped(name) {
                    waiting.push(below(&folder, name));
                }
            }
        }
        Ok(())
    }

    /// Watches a folder, and all that it held, no more: it may be anywhere by now.
    fn forget(&mut self, folder: &[u8]) {
        let kernel = self.kernel;
        self.paths.retain(|number, path| {
            let stays = !super::extent::is_at_or_below(path, folder);
            if !stays {
                // It may be gone already.
                let _gone = inotify::remove_watch(kernel, *number);
            }
            stays
        });
    }

    /// Follows one event of the kernel's, and says what it means to a scan.
    fn heed(&mut self, number: i32, event: ReadFlags, name: &[u8]) -> Result<Option<Watched>, WatchError> {
        if event.contains(ReadFlags::QUEUE_OVERFLOW) {
            // Folders may have come of which nothing was told.
            self.add(b"")?;
            return Ok(Some(Watched::Overflowed));
        }
        if event.intersects(ReadFlags::IGNORED | ReadFlags::UNMOUNT) {
            let gone = self.paths.remove(&number);
            return if gone.is_some_and(|path| path.is_empty()) { Err(WatchError::Gone) } else { Ok(None) };
        }
        let Some(folder) = self.paths.get(&number).cloned() else { return Ok(None) };
        // Of one below the root the folder above it tells.
        if event.contains(ReadFlags::MOVE_SELF) {
            return if folder.is_empty() { Err(WatchError::Gone) } else { Ok(None) };
        }
        let path = below(&folder, name);
        if event.contains(ReadFlags::ISDIR) {
            if is_skipped(name) {
                return Ok(None);
            }
            if event.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
                self.forget(&path);
            } else {
                self.add(&path)?;
            }
            return Ok(Some(Watched::Changed(self.path(&path))));
        }
        let is_rule = [PLEXIGNORE, IGNORE, NOMEDIA].contains(&name);
        let is_media = !is_skipped(name) && medium(self.kind, name).is_some();
        // Of a file in the root's own folder the file is meant, not all that lies beside it; but its rules
        // concern them all.
        Ok(match (is_rule, is_media) {
            (true, _) => Some(Watched::Changed(self.path(&folder))),
            (_, true) if folder.is_empty() => Some(Watched::Changed(self.path(&path))),
            (_, true) => Some(Watched::Changed(self.path(&folder))),
            _ => None,
        })
    }
}

/// Whether a file system's magic number is that of one whose files others change unseen: those on other
/// machines, and FUSE, behind which such a one may be.
fn is_elsewhere(magic: i64) -> bool {
    const NFS: i64 = 0x6969;
    const SMB: i64 = 0x517b;
    const CIFS: i64 = 0xff53_4d42;
    const SMB2: i64 = 0xfe53_4d42;
    const FUSE: i64 = 0x6573_5546;
    const NINE_P: i64 = 0x0102_1997;
    const CEPH: i64 = 0x00c3_6400;
    const AFS: i64 = 0x5346_414f;
    const CODA: i64 = 0x7375_7245;
    const NCP: i64 = 0x564c;
    const GFS2: i64 = 0x0116_1970;
    const OCFS2: i64 = 0x7461_636f;
    const LUSTRE: i64 = 0x0bd0_0bd0;
    // The upper half is only sign where such a number is a signed 32 bits.
    [NFS, SMB, CIFS, SMB2, FUSE, NINE_P, CEPH, AFS, CODA, NCP, GFS2, OCFS2, LUSTRE]
        .contains(&(magic & 0xffff_ffff))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn mounts_of_other_machines_are_told_from_disks() {
        for magic in [0x6969, 0xff53_4d42, -0x00ac_b2be, 0x6573_5546, 0x0102_1997] {
            assert!(is_elsewhere(magic), "{magic:x}");
        }
        // ext4, btrfs, xfs, tmpfs, overlayfs, zfs
        for magic in [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1] {
            assert!(!is_elsewhere(magic), "{magic:x}");
        }
    }

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
        assert_eq!((next(&tells), next(&tells)), (Watched::Begun, Watched::Overflowed));
        std::fs::write(other.join("Heat.mkv"), b"in the folder that was left").unwrap();
        std::fs::write(root.join("Ronin.mkv"), b"in the one that has its place").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Ronin.mkv")));
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
        assert_eq!((next(&tells), next(&tells)), (Watched::Begun, Watched::Overflowed));
        std::fs::write(disk.path().join("Heat.mkv"), b"film").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("new")));
        let _over_all = disk.also_at(&root).unwrap();
        // The file may be told of more than once.
        while next(&tells) != Watched::Begun {}
        assert_eq!(next(&tells), Watched::Overflowed);
        std::fs::write(disk.path().join("Ronin.mkv"), b"film").unwrap();
        assert_eq!(next(&tells), Watched::Changed(root.join("Ronin.mkv")));
    }

    #[test]
    fn events_mean_the_folder_they_are_in_or_what_lies_in_the_root_itself() {
        let root = butler_fixtures::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("Heat")).unwrap();
        let kernel = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        let mut folders =
            Folders { root: root.path(), kind: SectionKind::Movie, kernel: &kernel, paths: HashMap::new() };
        folders.add(b"").unwrap();
        let number = |folders: &Folders<'_>, path: &[u8]| {
            *folders.paths.iter().find(|(_, own)| &***own == path).unwrap().0
        };
        let (top, heat) = (number(&folders, b""), number(&folders, b"Heat"));
        let mut heed = |number, event, name: &str| folders.heed(number, event, name.as_bytes()).unwrap();
        let changed = |path: &str| {
            Some(Watched::Changed(if path.is_empty() { root.path().into() } else { root.path().join(path) }))
        };
        assert_eq!(heed(heat, ReadFlags::CLOSE_WRITE, "Heat.mkv"), changed("Heat"));
        assert_eq!(heed(heat, ReadFlags::DELETE, "Heat.mkv"), changed("Heat"));
        assert_eq!(heed(heat, ReadFlags::CLOSE_WRITE, "Heat.nfo"), None);
        assert_eq!(heed(top, ReadFlags::MOVED_TO, "Ronin.mkv"), changed("Ronin.mkv"));
        assert_eq!(heed(top, ReadFlags::CLOSE_WRITE, ".plexignore"), changed(""));
        assert_eq!(heed(top, ReadFlags::CREATE | ReadFlags::ISDIR, ".trash"), None);
        assert_eq!(heed(top, ReadFlags::MOVED_FROM | ReadFlags::ISDIR, "Heat"), changed("Heat"));
        assert_eq!(heed(heat, ReadFlags::CLOSE_WRITE, "Heat.mkv"), None, "it is watched no more");
        assert_eq!(heed(-1, ReadFlags::QUEUE_OVERFLOW, ""), Some(Watched::Overflowed));
        assert_eq!(folders.paths.len(), 2, "after an overflow all folders are looked for");
        let top = number(&folders, b"");
        assert!(matches!(folders.heed(top, ReadFlags::MOVE_SELF, b""), Err(WatchError::Gone)));
        assert!(matches!(folders.heed(top, ReadFlags::IGNORED, b""), Err(WatchError::Gone)));
    }
}
