//! A disk of a few megabytes that a test may fill and empty: a tmpfs, mounted at a place of its own.
//!
//! It goes when it is dropped; however the test ends, its guard unmounts what is left. Start with
//! [`SmallDisk::if_possible`].

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount};
use tempfile::TempDir;

use crate::tempdir;

/// What takes all room that is left.
const FILLER: &str = "filler";
/// Bytes that are written at a time, and at last one by one.
const CHUNK: usize = 64 << 10;

/// A small disk.
#[derive(Debug)]
pub struct SmallDisk {
    /// Holds the mount point; removed after the mount is gone.
    _around: TempDir,
    point: PathBuf,
}

impl SmallDisk {
    /// Mounts a disk of so many bytes; nothing where this user may not mount, and standard error says so.
    ///
    /// # Errors
    /// If it fails for any other reason.
    #[expect(clippy::print_stderr, reason = "a test that is left out says why")]
    pub fn if_possible(bytes: u64) -> Result<Option<Self>> {
        let around = tempdir()?;
        let point = around.path().join("disk");
        std::fs::create_dir(&point)?;
        let options = CString::new(format!("size={bytes},mode=0700"))?;
        match mount("tmpfs", &point, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str()) {
            Ok(()) => Ok(Some(Self { _around: around, point })),
            Err(Errno::PERM | Errno::ACCESS) => {
                eprintln!("left out: it needs the right to mount");
                Ok(None)
            }
            Err(errno) => Err(errno).context("a small disk could not be mounted"),
        }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.point
    }

    /// Shows it at another folder too, until what is given is dropped.
    ///
    /// # Errors
    /// If that can't be mounted.
    pub fn also_at(&self, folder: &Path) -> Result<AlsoAt> {
        mount_bind(&self.point, folder)?;
        Ok(AlsoAt { point: folder.to_owned() })
    }

    /// Takes all room that is left.
    ///
    /// # Errors
    /// If that fails for any other reason than that it is full.
    pub fn fill(&self) -> Result<()> {
        let mut filler = File::options().append(true).create(true).open(self.point.join(FILLER))?;
        let mut piece = vec![0; CHUNK];
        while !piece.is_empty() {
            match filler.write(&piece) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => piece.truncate(piece.len() / 2),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Gives the room back that [`Self::fill`] took.
    ///
    /// # Errors
    /// If it was not filled.
    pub fn make_room(&self) -> Result<()> {
        std::fs::remove_file(self.point.join(FILLER)).context("it was not filled")
    }
}

/// A small disk, shown at another folder.
#[derive(Debug)]
pub struct AlsoAt {
    point: PathBuf,
}

impl Drop for AlsoAt {
    fn drop(&mut self) {
        let _gone = unmount(&self.point, UnmountFlags::DETACH);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still has a file of it open keeps it alive, and nobody's sight of it.
        let _gone = unmount(&self.point, UnmountFlags::DETACH);
    }
}
