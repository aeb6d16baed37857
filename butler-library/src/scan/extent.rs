//! What of a root a scan is about: all of it, or some files and folders in it. Pure.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What of a root a scan is about. Its paths are below the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// These files and folders, with all that lies in them.
    Paths(Vec<Vec<u8>>),
}

impl Extent {
    /// What of a root's folder some whole paths are; none if they all lie elsewhere.
    pub(super) fn of(root: &Path, paths: &[PathBuf]) -> Option<Self> {
        let below = paths.iter().filter_map(|path| path.strip_prefix(root).ok());
        let below: Vec<Vec<u8>> = below.map(|path| path.as_os_str().as_bytes().to_vec()).collect();
        match below.as_slice() {
            [] => None,
            paths if paths.iter().any(Vec::is_empty) => Some(Self::Whole),
            _ => Some(Self::Paths(below)),
        }
    }

    /// Whether a path is one of these, or lies in one.
    pub(super) fn holds(&self, path: &[u8]) -> bool {
        match self {
            Self::Whole => true,
            Self::Paths(paths) => paths.iter().any(|own| is_at_or_below(path, own)),
        }
    }

    /// Whether what happens at a path says something of these: it lies in one, or on the way to one.
    pub(super) fn concerns(&self, path: &[u8]) -> bool {
        self.holds(path) || self.leads_through(path)
    }

    /// Whether a folder is none of these, but on the way to one: of what is in it, only that way counts.
    pub(super) fn leads_through(&self, folder: &[u8]) -> bool {
        match self {
            Self::Whole => false,
            Self::Paths(paths) => !self.holds(folder) && paths.iter().any(|own| is_at_or_below(own, folder)),
        }
    }
}

pub(super) fn is_at_or_below(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> Option<Extent> {
        Extent::of(Path::new("/tv"), &paths.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_folder_holds_what_lies_in_it_and_is_reached_through_those_above() {
        let season = of(&["/tv/Lost/Season 1", "/films/Heat"]).unwrap();
        for (path, holds, leads_through) in [
            ("", false, true),
            ("Lost", false, true),
            ("Lost/Season 1", true, false),
            ("Lost/Season 1/a.mkv", true, false),
            ("Lost/Season 10", false, false),
            ("Lost/Season 10/a.mkv", false, false),
            ("Los", false, false),
        ] {
            assert_eq!(
                (season.holds(path.as_bytes()), season.leads_through(path.as_bytes())),
                (holds, leads_through),
                "{path}"
            );
        }
    }

    #[test]
    fn the_roots_own_folder_is_all_of_it_and_what_lies_elsewhere_none() {
        assert_eq!(of(&["/tv/Lost", "/tv"]), Some(Extent::Whole));
        assert_eq!(of(&["/tv 2/Lost", "/"]), None);
        assert!(Extent::Whole.holds(b"a") && !Extent::Whole.leads_through(b""));
    }
}
