//! What is mounted at and below a root: the kernel's watches stay on the folders that lie under a mount, and
//! tell nothing of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::mount_table::{self, Mount};

/// The mounts at and below a root, at one moment.
#[derive(Debug)]
pub(super) struct Mounts {
    /// Ready (`PRI`) whenever the table changes; none where the system has none.
    table: Option<File>,
    then: Vec<(u32, PathBuf)>,
}

impl Mounts {
    pub(super) fn below(root: &Path) -> Self {
        // Opened first: what changes after that is told.
        let table = File::open(mount_table::TABLE).ok();
        Self { table, then: now(root) }
    }

    pub(super) fn table(&self) -> Option<&File> {
        self.table.as_ref()
    }

    pub(super) fn have_changed(&self, root: &Path) -> bool {
        self.then != now(root)
    }
}

fn now(root: &Path) -> Vec<(u32, PathBuf)> {
    // What can't be read tells nothing.
    at_and_below(root, mount_table::now().unwrap_or_default())
}

/// The number and place of each mount at or below a root, as the table has them.
fn at_and_below(root: &Path, mounts: Vec<Mount>) -> Vec<(u32, PathBuf)> {
    let those = mounts.into_iter().filter(|mount| mount.place.starts_with(root));
    those.map(|mount| (mount.number, mount.place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_mounted_at_or_below_the_root_counts() {
        let table = b"26 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            40 26 8:2 / /films rw,noatime shared:1 - ext4 /dev/sdb rw\n\
            41 40 8:3 / /films/new\\040ones rw - ext4 /dev/sdc rw\n\
            42 26 8:4 / /filmstrips rw - ext4 /dev/sdd rw\n";
        let expect = [(40, PathBuf::from("/films")), (41, PathBuf::from("/films/new ones"))];
        let mounts = mount_table::mounts(table);
        assert_eq!(at_and_below(Path::new("/films"), mounts.clone()), expect);
        assert_eq!(at_and_below(Path::new("/music"), mounts), []);
    }
}
