//! The data folder: its sub-folders, the lock that one process holds on it, and the file systems it may lie
//! on. What a start needs to write finds room on a full disk too: `reserve` keeps some.

mod reserve;

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use crate::mount_table;

/// The sub-folders, made when they are not there.
const FOLDERS: [&str; 5] = ["blobs", "staging", "backups", "cache", "logs"];
/// The files that may be there from before, made by whatever wrote them with wider modes. The token's own
/// closes itself.
const FILES: [&str; 5] = ["lock", "address", "butler.db", "butler.db-wal", "butler.db-shm"];

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// A folder or file in it can't be made or opened.
    #[error("`{path}` can't be made or opened")]
    Io {
        /// What.
        path: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// Another process uses it.
    #[error("the data folder `{path}` is in use by another running Butler{}: stop that one, or name another \
             folder", holder.map_or(String::new(), |pid| format!(" (process {pid})")))]
    InUse {
        /// The data folder.
        path: String,
        /// The process that holds it, if that can be told.
        holder: Option<u32>,
    },
    /// SQLite needs locks and shared memory that such file systems don't keep.
    #[error(
        "the data folder `{path}` is on a network file system ({kind}), where a database can't be kept safe: \
         name a folder on a local disk"
    )]
    Network {
        /// The data folder.
        path: String,
        /// The file system.
        kind: String,
    },
}

/// A data folder that is held by this process.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Instant of opening by the folder's own clock, in nanoseconds: what is older was left by an earlier
    /// process.
    opened_ns: i128,
    /// Held as long as the folder is; the system drops the lock with the process, however it ends.
    _lock: File,
}

impl DataDir {
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirError> {
        let fail = |path: &Path, source| DataDirError::Io { path: path.display().to_string(), source };
        make_folder(path).map_err(|error| fail(path, error))?;
        let path = path.canonicalize().map_err(|error| fail(path, error))?;
        if let Some(kind) = network_file_system(&path).map_err(|error| fail(&path, error))? {
            return Err(DataDirError::Network { path: path.display().to_string(), kind });
        }
        let lock_path = path.join("lock");
        let mut lock = lock_file(&lock_path).map_err(|error| fail(&lock_path, error))?;
        if let Err(errno) = take_lock(&lock) {
            if errno != rustix::io::Errno::WOULDBLOCK {
                return Err(fail(&lock_path, errno.into()));
            }
            let mut text = String::new();
            let holder = lock.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(DataDirError::InUse { path: path.display().to_string(), holder });
        }
        reserve::settle(&path);
        let opened_ns = write_holder(&mut lock).map_err(|error| fail(&lock_path, error))?;
        for folder in FOLDERS {
            let folder = path.join(folder);
            make_folder(&folder).map_err(|error| fail(&folder, error))?;
        }
        for held in FOLDERS.iter().chain(&FILES).map(|name| path.join(name)).chain([path.clone()]) {
            make_private(&held).map_err(|error| fail(&held, error))?;
        }
        Ok(Self { path, opened_ns, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn opened_ns(&self) -> i128 {
        self.opened_ns
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Takes from others what they may do with a folder or file. A folder that belongs to somebody else stays as
/// it is: all that is made in it is private by itself.
fn make_private(path: &Path) -> io::Result<()> {
    let narrowed =
        fs::metadata(path).map(|metadata| metadata.permissions().mode()).and_then(|mode| {
            match mode & 0o077 {
                0 => Ok(()),
                _ => fs::set_permissions(path, Permissions::from_mode(mode & !0o077)),
            }
        });
    match narrowed {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            Ok(())
        }
        narrowed => narrowed,
    }
}

fn lock_file(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Takes the lock, and gives one that is just being let go half a second: a holder that ends, or a child that
/// it is starting at this moment and that has a copy of the descriptor until it executes.
fn take_lock(lock: &File) -> Result<(), rustix::io::Errno> {
    for _ in 0..10 {
        match rustix::fs::flock(lock, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(50)),
            taken => return taken,
        }
    }
    rustix::fs::flock(lock, FlockOperation::NonBlockingLockExclusive)
}

fn write_holder(lock: &mut File) -> io::Result<i128> {
    let written = lock.set_len(0).and_then(|()| lock.rewind());
    match written.and_then(|()| writeln!(lock, "{}", std::process::id())) {
        // Who is refused is not told the holder then: nothing hangs on it.
        Err(error) if is_no_room(&error) => {}
        written => written?,
    }
    // A write that failed left the time as it was.
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let unchanged = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    rustix::fs::futimens(&*lock, &Timestamps { last_access: unchanged, last_modification: now })?;
    let metadata = lock.metadata()?;
    Ok(i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()))
}

fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The network file system that a folder lies on, if it does. Numbers: `statfs(2)`.
fn network_file_system(path: &Path) -> io::Result<Option<String>> {
    let known = match rustix::fs::statfs(path)?.f_type as u32 {
        0x6969 => Some("NFS"),
        0xff53_4d42 => Some("CIFS"),
        0xfe53_4d42 | 0x517b => Some("SMB"),
        0x00c3_6400 => Some("Ceph"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x0102_1997 => Some("9P"),
        // FUSE says by name in the mount table what it is.
        0x6573_5546 => return fuse_kind(path).map(|kind| kind.filter(|kind| is_network_fuse(kind))),
        _ => None,
    };
    Ok(known.map(str::to_owned))
}

fn is_network_fuse(kind: &str) -> bool {
    ["fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.davfs", "fuse.curlftpfs"]
        .contains(&kind)
}

/// The type of the mount that holds a folder.
fn fuse_kind(path: &Path) -> io::Result<Option<String>> {
    let dev = fs::metadata(path)?.dev();
    let device = (rustix::fs::major(dev), rustix::fs::minor(dev));
    let mount = mount_table::now()?.into_iter().find(|mount| mount.device == device);
    Ok(mount.map(|mount| mount.file_system))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_folder_and_its_sub_folders_are_made_for_their_owner_only() {
        let parent = butler_fixtures::tempdir().unwrap();
        let dir = DataDir::open(&parent.path().join("data")).unwrap();
        for folder in FOLDERS.map(|name| dir.path().join(name)).iter().chain([&dir.path().to_owned()]) {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
        assert_eq!(mode(&dir.path().join("lock")), 0o600);
    }

    #[test]
    fn what_was_there_before_is_closed_to_others() {
        let folder = butler_fixtures::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::create_dir(data.join("blobs")).unwrap();
        for name in FILES {
            fs::write(data.join(name), b"").unwrap();
            fs::set_permissions(data.join(name), Permissions::from_mode(0o664)).unwrap();
        }
        for folder in [data.join("blobs"), data.clone()] {
            fs::set_permissions(folder, Permissions::from_mode(0o775)).unwrap();
        }
        let _held = DataDir::open(&data).unwrap();
        assert_eq!((mode(&data), mode(&data.join("blobs"))), (0o700, 0o700));
        assert_eq!(FILES.map(|name| mode(&data.join(name))), [0o600; 5]);
    }

    #[test]
    fn a_folder_that_is_held_is_refused_with_the_holder_and_free_again_afterwards() {
        let folder = butler_fixtures::tempdir().unwrap();
        let held = DataDir::open(folder.path()).unwrap();
        let refused = DataDir::open(folder.path()).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains(&format!("in use by another running Butler (process {})", std::process::id())),
            "{refused}"
        );
        drop(held);
        DataDir::open(folder.path()).unwrap();
    }

    #[test]
    fn a_local_disk_is_no_network_file_system() {
        let folder = butler_fixtures::tempdir().unwrap();
        assert_eq!(network_file_system(folder.path()).unwrap(), None);
        assert!(is_network_fuse("fuse.sshfs") && !is_network_fuse("fuse.mergerfs"));
    }

    #[test]
    fn a_path_that_is_a_file_is_a_clear_error() {
        let folder = butler_fixtures::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(matches!(DataDir::open(&file), Err(DataDirError::Io { .. })));
    }
}
