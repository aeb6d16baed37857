//! What is mounted at and below a root: the kernel's watches stay on the folders that lie under a mount, and
//! tell nothing of it.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The kernel's table, `proc_pid_mountinfo(5)`.
const TABLE: &str = "/proc/self/mountinfo";

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
        let table = File::open(TABLE).ok();
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
    at_and_below(root, &std::fs::read(TABLE).unwrap_or_default())
}

/// The number and place of each mount at or below a root, as the table has them.
fn at_and_below(root: &Path, table: &[u8]) -> Vec<(u32, PathBuf)> {
    let mount = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b' ');
        let number = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        Some((number, unescaped(fields.nth(3)?)))
    };
    let lines = table.split(|byte| *byte == b'\n');
    lines.filter_map(mount).filter(|(_, place)| place.starts_with(root)).collect()
}

/// A path of the table, in which a blank stands as `\040`.
fn unescaped(text: &[u8]) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..3).filter(|_| *first == b'\\');
        let code = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[3..] } else { behind };
    }
    PathBuf::from(OsString::from_vec(bytes))
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
        assert_eq!(at_and_below(Path::new("/films"), table), expect);
        assert_eq!(at_and_below(Path::new("/music"), table), []);
        assert_eq!(at_and_below(Path::new("/films"), b"no table\n\n"), []);
    }
}
