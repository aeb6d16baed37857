//! Watches the folders of a root: which media files and folders were made, written, moved or removed, as the
//! kernel tells.
//!
//! All that touches the root is done on a thread of its own, which nobody waits for: a mount that hangs holds
//! up no other. Nothing below the root is opened but its folders. Start with [`RootWatch::start`]; when what
//! is told is worth a scan, and how much of a section that is about, `pending` decides.

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

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

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
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW)
    .union(WatchFlags::EXCL_UNLINK);

/// What the watch of a root tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// Something about this file or folder changed, or in this folder: its whole path.
    Changed(PathBuf),
    /// More changed than the kernel could tell: anything of the root.
    Overflowed,
    /// The root is not watched, or not any more: one sentence that says why and what to do.
    Ended(String),
}

/// The watch of one root, until it is dropped.
#[derive(Debug)]
pub struct RootWatch {
    ends: Arc<OwnedFd>,
    has_ended: Arc<AtomicBool>,
}

impl RootWatch {
    /// Watches a root of a section of some kind. `tell` is called on the root's thread, and must not wait.
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
                tell(Watched::Ended(sentence(&root, &error)));
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
    #[error("its disk was unmounted, or its folder removed")]
    Gone,
    #[error(transparent)]
    System(#[from] Errno),
}

fn sentence(root: &Path, error: &WatchError) -> String {
    let root = root.display();
    match error {
        WatchError::System(Errno::NOSPC) => format!(
            "The folder {root} is not watched, for the system gives no more inotify watches; raise \
             fs.inotify.max_user_watches (sysctl). The nightly scan finds what is new all the same."
        ),
        WatchError::System(Errno::MFILE) => format!(
            "The folder {root} is not watched, for the system gives no more inotify instances; raise \
             fs.inotify.max_user_instances (sysctl). The nightly scan finds what is new all the same."
        ),
        error => format!(
            "The folder {root} is not watched: {error}. The nightly scan finds what is new all the same."
        ),
    }
}

fn watch_root(
    root: &Path,
    kind: SectionKind,
    ends: &OwnedFd,
    tell: &dyn Fn(Watched),
) -> Result<(), WatchError> {
    if is_elsewhere(rustix::fs::statfs(root)?.f_type as i64) {
        return Err(WatchError::OtherMachine);
    }
    let kernel = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let mut folders = Folders { root, kind, kernel: &kernel, paths: HashMap::new() };
    folders.add(b"")?;
    let mut buffer = vec![MaybeUninit::uninit(); EVENTS];
    loop {
        let mut waits = [PollFd::new(&kernel, PollFlags::IN), PollFd::new(ends, PollFlags::IN)];
        match poll(&mut waits, None) {
            Ok(_) if !waits[1].revents().is_empty() => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut events = inotify::Reader::new(kernel.as_fd(), &mut buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    let name = event.file_name().map_or(&[][..], std::ffi::CStr::to_bytes);
                    if let Some(watched) = folders.heed(event.wd(), event.events(), name)? {
                        tell(watched);
                    }
                }
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
    }
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
        let said = sentence(Path::new("/films"), &Errno::NOSPC.into());
        assert!(said.contains("/films") && said.contains("fs.inotify.max_user_watches"), "{said}");
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
        assert!(matches!(folders.heed(top, ReadFlags::IGNORED, b""), Err(WatchError::Gone)));
    }
}
