//! Where media may lie: under the allowed roots, on no pseudo file system, and not in the data folder. What a
//! link or a mount leads to beyond is left alone.
//!
//! It decides from a path without links, or from what is open; of media it lists and follows nothing. The
//! data folder's own files are known by their inodes too, for a hard link or a mount shows one at another
//! place. Start with [`Borders::of_open`].

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType};

/// Sub-folders of the data folder whose files are nobody else's business either: copies of the database, and
/// what was logged. Those with what was made of media hold too many, and nothing private.
const PRIVATE_FOLDERS: [&str; 2] = ["backups", "logs"];

/// The borders that hold now.
#[derive(Debug, Clone, Default)]
pub struct Borders {
    /// As a person named them, and as their links resolve; none means every folder.
    allowed: Vec<PathBuf>,
    data_dir: PathBuf,
    /// File systems and inodes of the data folder, of what stands in it and in its private folders; in order.
    own: Arc<[(u64, u64)]>,
    /// The file system of `/dev`, where it is one of its own.
    devices: Option<u64>,
}

/// Why something is no place for media.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Outside {
    /// It lies under no allowed root.
    #[error("it leads to `{}`, which is under no allowed root", .0.display())]
    NotAllowed(PathBuf),
    /// It lies in the data folder.
    #[error("it leads into Butler's own data folder")]
    DataFolder,
    /// It shows the system's own state.
    #[error("it lies on a file system of the system's own ({0})")]
    Pseudo(&'static str),
}

impl Outside {
    /// For a person.
    pub fn sentence(&self) -> String {
        let text = self.to_string();
        format!("I{}, and is left alone.", text.strip_prefix('i').unwrap_or(&text))
    }
}

impl Borders {
    pub(crate) fn new(data_dir: &Path, allowed: Vec<PathBuf>) -> Self {
        let device = |path: &str| rustix::fs::statat(CWD, path, AtFlags::empty()).ok().map(|raw| raw.st_dev);
        Self {
            allowed,
            data_dir: data_dir.to_owned(),
            own: own(data_dir).into(),
            devices: device("/dev").filter(|dev| device("/") != Some(*dev)),
        }
    }

    pub(crate) fn allows(&self, place: &Path) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|root| place.starts_with(root))
    }

    pub(crate) fn is_in_data_folder(&self, place: &Path) -> bool {
        place.starts_with(&self.data_dir)
    }

    /// Why a place, a path without links, is no place for media by its name.
    pub(crate) fn of_place(&self, place: &Path) -> Option<Outside> {
        if self.is_in_data_folder(place) {
            return Some(Outside::DataFolder);
        }
        (!self.allows(place)).then(|| Outside::NotAllowed(place.to_owned()))
    }

    /// Why a folder or file is no place for media by its file system and inode: the data folder's own, by
    /// whatever name. It asks the system nothing, so that a walk can ask it of each file.
    pub(crate) fn of_identity(&self, identity: (u64, u64)) -> Option<Outside> {
        self.own.binary_search(&identity).is_ok().then_some(Outside::DataFolder)
    }

    /// Why a folder or file that is open is no place for media by its file system.
    pub(crate) fn of_file_system(&self, open: impl AsFd, identity: (u64, u64)) -> Option<Outside> {
        if let Some(own) = self.of_identity(identity) {
            return Some(own);
        }
        if self.devices == Some(identity.0) {
            return Some(Outside::Pseudo("devtmpfs"));
        }
        rustix::fs::fstatfs(open).ok().and_then(|found| pseudo(found.f_type)).map(Outside::Pseudo)
    }

    /// Why a folder or file that is open, by whatever way, is no place for media.
    ///
    /// # Errors
    /// If the system does not say what it is.
    pub fn of_open(&self, open: impl AsFd) -> io::Result<Option<Outside>> {
        let raw = rustix::fs::fstat(&open)?;
        if let Some(outside) = self.of_file_system(&open, (raw.st_dev, raw.st_ino)) {
            return Ok(Some(outside));
        }
        let link = format!("/proc/self/fd/{}", open.as_fd().as_raw_fd());
        Ok(self.of_place(&std::fs::read_link(link)?))
    }
}

/// The data folder, what stands in it and in its private folders. What can't be looked at is not there to be
/// shown elsewhere either.
fn own(data_dir: &Path) -> Vec<(u64, u64)> {
    let mut paths = vec![data_dir.to_owned()];
    let within = PRIVATE_FOLDERS.map(|name| data_dir.join(name));
    for folder in within.iter().map(PathBuf::as_path).chain([data_dir]) {
        let entries = folder.read_dir().into_iter().flatten();
        paths.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    // A file that lies elsewhere and is linked in, such as the token, is as private; a folder is not for
    // that.
    let identity = |path: &PathBuf| {
        let raw = rustix::fs::statat(CWD, path, AtFlags::empty()).ok()?;
        let is_folder = FileType::from_raw_mode(raw.st_mode) == FileType::Directory;
        (!is_folder || !path.is_symlink()).then_some((raw.st_dev, raw.st_ino))
    };
    let mut own: Vec<_> = paths.iter().filter_map(identity).collect();
    own.sort_unstable();
    own
}

/// The name of a file system that holds no files but shows the state of the system. Numbers: `statfs(2)` and
/// the kernel's `magic.h`. tmpfs, overlay and FUSE hold files as any other.
fn pseudo(magic: i64) -> Option<&'static str> {
    Some(match magic & 0xffff_ffff {
        0x9fa0 => "proc",
        0x6265_6572 => "sysfs",
        0x1cd1 => "devpts",
        0x0027_e0eb => "cgroup",
        0x6367_7270 => "cgroup2",
        0x6462_6720 => "debugfs",
        0x7472_6163 => "tracefs",
        0x7363_6673 => "securityfs",
        0xcafe_4a11 => "bpf",
        0x1980_0202 => "mqueue",
        0x6265_6570 => "configfs",
        0x6573_5543 => "fusectl",
        0x6165_676c => "pstore",
        0xde5e_81e4 => "efivarfs",
        0x6e73_6673 => "nsfs",
        0xf97c_ff8c => "selinuxfs",
        0x4249_4e4d => "binfmt_misc",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_shows_the_system_is_told_from_what_holds_files() {
        let borders = Borders::new(Path::new("/nowhere"), Vec::new());
        let of = |path: &Path| borders.of_open(File::open(path).unwrap()).unwrap();
        assert_eq!(of(Path::new("/proc")), Some(Outside::Pseudo("proc")));
        assert_eq!(of(Path::new("/proc/self")), Some(Outside::Pseudo("proc")));
        assert_eq!(of(Path::new("/proc/self/status")), Some(Outside::Pseudo("proc")));
        let folder = butler_fixtures::tempdir().unwrap();
        assert_eq!(of(folder.path()), None);
        // tmpfs, overlay, FUSE, ext4
        for magic in [0x0102_1994, 0x794c_7630, 0x6573_5546, 0xef53] {
            assert_eq!(pseudo(magic), None, "{magic:x}");
        }
        assert_eq!(pseudo(-0x35_01_b5_ef), Some("bpf"), "the sign says nothing");
    }

    #[test]
    fn what_is_open_is_judged_by_where_it_lies_and_not_by_the_way_to_it() {
        let folder = butler_fixtures::tempdir().unwrap();
        let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
        for name in ["films", "music", "data"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        std::fs::write(at("data/token"), b"secret").unwrap();
        std::os::unix::fs::symlink(at("data/token"), at("films/token.mkv")).unwrap();
        std::os::unix::fs::symlink(at("music"), at("films/music")).unwrap();
        let of = |borders: &Borders, name: &str| borders.of_open(File::open(at(name)).unwrap()).unwrap();
        let open = Borders::new(&at("data"), Vec::new());
        assert_eq!(of(&open, "films/token.mkv"), Some(Outside::DataFolder));
        assert_eq!(of(&open, "films/music"), None);
        std::fs::hard_link(at("data/token"), at("films/hard.mkv")).unwrap();
        assert_eq!(of(&open, "films/hard.mkv"), Some(Outside::DataFolder));
        // A folder of media that somebody linked into the data folder stays one.
        std::os::unix::fs::symlink(at("music"), at("data/music")).unwrap();
        assert_eq!(of(&Borders::new(&at("data"), Vec::new()), "music"), None);
        let narrow = Borders::new(&at("data"), vec![at("films")]);
        assert_eq!(of(&narrow, "films/music"), Some(Outside::NotAllowed(at("music"))));
        assert_eq!(of(&narrow, "films"), None);
        assert_eq!(
            of(&narrow, "films/music").unwrap().sentence(),
            format!(
                "It leads to `{}`, which is under no allowed root, and is left alone.",
                at("music").display()
            )
        );
    }
}
