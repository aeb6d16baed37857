//! The folders of a root that are watched: the kernel's events become what they mean to a scan.
//!
//! Nothing below the root is opened but its folders. Start with [`Folders::add`] and [`Folders::heed`]; which
//! files are waited for until they are written, `unclosed` decides.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::inotify::{self, ReadFlags, WatchFlags};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::super::ignore::{IGNORE, NOMEDIA, PLEXIGNORE, below};
use super::super::media_names::{is_skipped, medium};
use super::super::{artwork, extent};
use super::unclosed::{Seen, Unclosed};
use super::{WatchError, Watched};
use crate::SectionKind;

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

/// The folders of a root that are watched.
pub(super) struct Folders<'a> {
    root: &'a Path,
    kind: SectionKind,
    kernel: &'a OwnedFd,
    /// Their paths below the root, by the kernel's numbers.
    paths: HashMap<i32, Box<[u8]>>,
    /// Files in them that are written still.
    pub(super) unclosed: Unclosed,
}

impl<'a> Folders<'a> {
    pub(super) fn new(root: &'a Path, kind: SectionKind, kernel: &'a OwnedFd) -> Self {
        Self { root, kind, kernel, paths: HashMap::new(), unclosed: Unclosed::default() }
    }

    fn path(&self, below: &[u8]) -> PathBuf {
        if below.is_empty() { self.root.to_owned() } else { self.root.join(OsStr::from_bytes(below)) }
    }

    /// Watches a folder and all that it holds. One that is gone by now, or may not be read, is left alone.
    /// `found` is told of each file that is there already and concerns a scan.
    pub(super) fn add(&mut self, folder: &[u8], found: &mut dyn FnMut(Vec<u8>)) -> Result<(), WatchError> {
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
                } else if self.concerns_scans(name) {
                    found(below(&folder, name));
                }
            }
        }
        Ok(())
    }

    /// Whether a file of this name is media, or a picture of what lies beside it.
    fn concerns_scans(&self, name: &[u8]) -> bool {
        !is_skipped(name) && (medium(self.kind, name).is_some() || artwork::read(self.kind, name).is_some())
    }

    /// Watches a folder, and all that it held, no more: it may be anywhere by now.
    fn forget(&mut self, folder: &[u8]) {
        self.unclosed.forget(folder);
        let kernel = self.kernel;
        self.paths.retain(|number, path| {
            let stays = !extent::is_at_or_below(path, folder);
            if !stays {
                // It may be gone already.
                let _gone = inotify::remove_watch(kernel, *number);
            }
            stays
        });
    }

    /// Follows one event of the kernel's, and says what it means to a scan.
    pub(super) fn heed(
        &mut self,
        number: i32,
        event: ReadFlags,
        name: &[u8],
    ) -> Result<Option<Watched>, WatchError> {
        if event.contains(ReadFlags::QUEUE_OVERFLOW) {
            // Folders may have come of which nothing was told.
            self.add(b"", &mut |_| {})?;
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
            return self.heed_folder(event, &path);
        }
        // The rules of the root's own folder concern all that lies beside them.
        if [PLEXIGNORE, IGNORE, NOMEDIA].contains(&name) {
            return Ok(Some(Watched::Changed(self.path(&folder))));
        }
        if !self.concerns_scans(name) {
            return Ok(None);
        }
        if event.contains(ReadFlags::CREATE) && self.unclosed.made(path.clone(), Instant::now()) {
            return Ok(None);
        }
        self.unclosed.forget(&path);
        Ok(Some(self.changed(&path)))
    }

    fn heed_folder(&mut self, event: ReadFlags, folder: &[u8]) -> Result<Option<Watched>, WatchError> {
        if event.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
            self.forget(folder);
            return Ok(Some(Watched::Changed(self.path(folder))));
        }
        let mut found = Vec::new();
        self.add(folder, &mut |file| found.push(file))?;
        // What was moved here is whole; what is in a folder that was made just now is written still.
        let now = Instant::now();
        let is_waited_for =
            event.contains(ReadFlags::CREATE) && found.into_iter().all(|file| self.unclosed.made(file, now));
        Ok((!is_waited_for).then(|| Watched::Changed(self.path(folder))))
    }

    /// A file of this path changed. In the root's own folder the file is meant, not all that lies beside it.
    fn changed(&self, file: &[u8]) -> Watched {
        let folder = file.iter().rposition(|byte| *byte == b'/').map(|slash| &file[..slash]);
        Watched::Changed(self.path(folder.unwrap_or(file)))
    }

    /// Looks at the files that are written still, and says which of them need not be waited for.
    pub(super) fn look_at_unclosed(&mut self) -> Vec<Watched> {
        if self.unclosed.is_empty() {
            return Vec::new();
        }
        let root = self.root;
        let see = |file: &[u8]| match rustix::fs::statat(
            CWD,
            root.join(OsStr::from_bytes(file)),
            AtFlags::SYMLINK_NOFOLLOW,
        ) {
            Ok(raw) if FileType::from_raw_mode(raw.st_mode).is_symlink() || raw.st_nlink > 1 => Seen::Linked,
            Ok(raw) => Seen::Written(raw.st_size, (raw.st_mtime, raw.st_mtime_nsec as i64)),
            Err(_) => Seen::Nothing,
        };
        let done = self.unclosed.look(Instant::now(), see);
        done.iter().map(|file| self.changed(file)).collect()
    }
}

/// Whether a file system's magic number is that of one whose files others change unseen: those on other
/// machines, and FUSE, behind which such a one may be.
pub(super) fn is_elsewhere(magic: i64) -> bool {
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
    use rustix::fs::inotify::CreateFlags;

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
    fn events_mean_the_folder_they_are_in_or_what_lies_in_the_root_itself() {
        let root = butler_fixtures::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("Heat")).unwrap();
        let kernel = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        let mut folders = Folders::new(root.path(), SectionKind::Movie, &kernel);
        folders.add(b"", &mut |_| {}).unwrap();
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
        assert_eq!(heed(heat, ReadFlags::CLOSE_WRITE, "poster.jpg"), changed("Heat"));
        assert_eq!(heed(heat, ReadFlags::CLOSE_WRITE, "holiday.jpg"), None);
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
