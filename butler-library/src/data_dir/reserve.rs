//! A file that only takes room. A start on a full disk gives it up, so that the few bytes which every start
//! writes (the lock's holder, the address, the database's index) find some; a start on a disk with room makes
//! it anew. Nothing is ever read from it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::FallocateFlags;

/// Its name in the data folder.
const NAME: &str = "reserve";
/// Its bytes.
const BYTES: u64 = 1 << 20;
/// It is made where there is so many times as much room: else it would itself fill the disk.
const PLENTY: u64 = 4;

/// Gives the reserve up where the disk is full, and makes one where there is none and room enough. That
/// neither can be done is no reason not to start.
pub(super) fn settle(data_dir: &Path) {
    let path = data_dir.join(NAME);
    let Ok(free) = free_bytes(data_dir) else { return };
    if free < BYTES {
        if fs::remove_file(&path).is_ok() {
            tracing::warn!(
                free_bytes = free,
                "the disk that holds the data folder is full: the reserve was given up for this start; free \
                 some space"
            );
        }
    } else if free / PLENTY >= BYTES
        && !path.exists()
        && let Err(error) = make(&path)
    {
        tracing::debug!(%error, "no room could be kept for a start on a full disk");
        let _none = fs::remove_file(&path);
    }
}

fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

fn make(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, BYTES)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_disk_with_room_has_a_reserve_that_takes_it_and_no_more_than_one() {
        let folder = butler_fixtures::tempdir().unwrap();
        settle(folder.path());
        let made = fs::metadata(folder.path().join(NAME)).unwrap();
        // A file system without preallocation would have left none.
        assert!(made.blocks() * 512 >= BYTES);
        settle(folder.path());
        assert_eq!(fs::metadata(folder.path().join(NAME)).unwrap().ino(), made.ino());
    }

    #[test]
    fn a_full_disk_takes_it_back() {
        let Some(disk) = butler_fixtures::SmallDisk::if_possible(8 << 20).unwrap() else { return };
        settle(disk.path());
        assert!(disk.path().join(NAME).exists());
        disk.fill().unwrap();
        settle(disk.path());
        assert!(!disk.path().join(NAME).exists());
        fs::write(disk.path().join("address"), b"http://127.0.0.1:1").unwrap();
    }
}
