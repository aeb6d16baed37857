//! Which folders may become roots or be browsed: those under the allowed roots (all, unless the setting names
//! some), none that holds the data folder or that of
//! backups, or lies in the data folder, and none of the system's own file systems. What
//! holds for links and mounts below a root is in `borders`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use crate::borders::{Borders, Outside};
use crate::root_threads::RootAway;
use crate::{Library, RootId, Section, StoreError};

/// Why a folder may not become a root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Not absolute.
    #[error("`{0}` is not an absolute path: begin it with a slash")]
    Relative(String),
    /// Not there, or not readable.
    #[error("`{path}` can't be used: {}", words(source))]
    Unreachable {
        /// The folder.
        path: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// A file.
    #[error("`{0}` is not a folder")]
    NotAFolder(String),
    /// It is the data folder, or lies inside it.
    #[error("`{0}` lies inside Butler's own data folder")]
    InsideDataFolder(String),
    /// The data folder lies inside it.
    #[error("`{root}` holds Butler's own data folder `{data_dir}`: choose the folders of media beside it")]
    HoldsDataFolder {
        /// The folder.
        root: String,
        /// The data folder.
        data_dir: String,
    },
    /// The folder of backups lies inside it.
    #[error(
        "`{root}` holds `{backups}`, the folder of backups (setting ButlerDatabaseBackupPath), and Butler \
         writes into no section's folder: have the backups elsewhere, or choose the folders of media beside it"
    )]
    HoldsBackups {
        /// The folder.
        root: String,
        /// The folder of backups.
        backups: String,
    },
    /// It lies in a section's folder.
    #[error(
        "`{path}` lies in `{root}`, the folder of a section, where Butler never writes: choose another one"
    )]
    InsideSection {
        /// The folder.
        path: String,
        /// The section's folder.
        root: String,
    },
    /// Not under an allowed root.
    #[error("`{path}` is not under an allowed root; allowed are: {allowed}")]
    NotAllowed {
        /// The folder.
        path: String,
        /// The allowed roots.
        allowed: String,
    },
    /// It shows the state of the system, and holds no files.
    #[error("`{path}` lies on a file system of the system's own ({kind}): choose a folder of media")]
    Pseudo {
        /// The folder.
        path: String,
        /// The file system.
        kind: &'static str,
    },
    /// It hangs.
    #[error(transparent)]
    Away(#[from] RootAway),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The usual refusals in plain words; the rest as the system says it.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".into(),
        io::ErrorKind::PermissionDenied => "Butler may not read it".into(),
        _ => error.to_string(),
    }
}

impl Library {
    /// From now on roots must lie under these folders; none means every folder. They need not be there.
    pub fn allow_roots(&self, roots: Vec<PathBuf>) {
        *self.allowed().write().unwrap_or_else(PoisonError::into_inner) = Allowed { roots, found: None };
    }

    /// The folders under which roots must lie, without links where they are there; none means every folder.
    pub fn allowed_roots(&self) -> Vec<PathBuf> {
        self.found_roots().0
    }

    /// Where media may lie, with the data folder's own files as they are now. The allowed roots are looked
    /// at, each on a thread of its own, at the first question after they were set.
    pub fn borders(&self) -> Borders {
        let (resolved, roots) = self.found_roots();
        Borders::new(self.data_dir(), roots.into_iter().chain(resolved).collect())
    }

    /// The folders of sections that lie under no allowed root any more, each with what that means, in a
    /// sentence. They were allowed when they were added, and are not looked at.
    pub fn refused_roots(&self, sections: &[Section]) -> BTreeMap<RootId, String> {
        let borders = self.borders();
        let roots = sections.iter().flat_map(|section| &section.roots);
        let refused = roots.filter(|root| !borders.allows(&root.path));
        let sentence = "It is under none of the folders that may be used (setting ButlerAllowedRoots), and is \
                        not scanned. What it held is kept.";
        refused.map(|root| (root.id, sentence.to_owned())).collect()
    }

    /// The allowed roots without links, and as they were set.
    fn found_roots(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let Allowed { roots, found } = self.allowed().read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(resolved) = found {
            return (resolved, roots);
        }
        let resolved: Vec<PathBuf> = roots
            .iter()
            .map(|root| resolve(self, root).map_or_else(|_| root.clone(), |found| found.path))
            .collect();
        let mut allowed = self.allowed().write().unwrap_or_else(PoisonError::into_inner);
        // Others may have been set meanwhile.
        if allowed.roots == roots {
            allowed.found = Some(resolved.clone());
        }
        (resolved, roots)
    }
}

/// The allowed roots, as they were set and as they were found.
#[derive(Debug, Default, Clone)]
pub(crate) struct Allowed {
    roots: Vec<PathBuf>,
    found: Option<Vec<PathBuf>>,
}

/// A folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Without links.
    pub(crate) path: PathBuf,
    /// File system and inode: another path may lead to the same one.
    pub(crate) identity: (u64, u64),
}

/// The folder, if it may become a root.
pub(crate) fn check(library: &Library, path: &Path) -> Result<Found, RootError> {
    let found = resolve(library, path)?;
    let folder = &found.path;
    check_allowed(library, folder)?;
    let data_dir = library.data_dir();
    if data_dir.starts_with(folder) {
        return Err(RootError::HoldsDataFolder {
            root: folder.display().to_string(),
            data_dir: data_dir.display().to_string(),
        });
    }
    let elsewhere = library.backups_elsewhere().read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(backups) = elsewhere {
        // One that is away can't be compared but by its path.
        let backups = resolve(library, &backups).map_or(backups, |found| found.path);
        if backups.starts_with(folder) {
            return Err(RootError::HoldsBackups {
                root: folder.display().to_string(),
                backups: backups.display().to_string(),
            });
        }
    }
    Ok(found)
}

impl Library {
    /// From now on no folder becomes a root that holds this one, in which backups lie; none where they lie in
    /// the data folder.
    pub fn keep_backups_in(&self, folder: Option<PathBuf>) {
        *self.backups_elsewhere().write().unwrap_or_else(PoisonError::into_inner) = folder;
    }

    /// The folder, without links, if backups may lie there: it is under an allowed root, and in no section's
    /// folder, where nothing is ever written.
    ///
    /// # Errors
    /// If it can't be used, is not allowed, or lies in the data folder's other parts or in a section.
    pub fn check_backup_folder(&self, path: &Path) -> Result<PathBuf, RootError> {
        let folder = resolve(self, path)?.path;
        if folder == self.data_dir().join("backups") {
            return Ok(folder);
        }
        check_allowed(self, &folder)?;
        let sections = self.sections()?;
        let root =
            sections.iter().flat_map(|section| &section.roots).find(|root| folder.starts_with(&root.path));
        match root {
            Some(root) => Err(RootError::InsideSection {
                path: folder.display().to_string(),
                root: root.path.display().to_string(),
            }),
            None => Ok(folder),
        }
    }
}

/// Refuses a folder, without links, that lies under no allowed root or in the data folder.
pub(crate) fn check_allowed(library: &Library, folder: &Path) -> Result<(), RootError> {
    match library.borders().of_place(folder) {
        Some(Outside::DataFolder) => Err(RootError::InsideDataFolder(folder.display().to_string())),
        Some(_) => {
            let allowed: Vec<_> =
                library.allowed_roots().iter().map(|root| root.display().to_string()).collect();
            Err(RootError::NotAllowed { path: folder.display().to_string(), allowed: allowed.join(", ") })
        }
        None => Ok(()),
    }
}

/// The folder without links, looked at on a thread of its own; none of the system's own.
pub(crate) fn resolve(library: &Library, path: &Path) -> Result<Found, RootError> {
    let shown = path.display().to_string();
    if !path.is_absolute() {
        return Err(RootError::Relative(shown));
    }
    let asked = path.to_owned();
    let borders = Borders::new(library.data_dir(), Vec::new());
    let found = library.root_threads().call_once(path, move |_| {
        let folder = asked.canonicalize()?;
        let metadata = folder.metadata()?;
        let identity = (metadata.dev(), metadata.ino());
        // What may not be opened may not be listed either, and the attempt to will say so.
        let outside = File::open(&folder).ok().and_then(|open| borders.of_file_system(open, identity));
        Ok((Found { path: folder, identity }, metadata.is_dir(), outside))
    })?;
    match found {
        Ok((found, true, Some(Outside::Pseudo(kind)))) => {
            Err(RootError::Pseudo { path: found.path.display().to_string(), kind })
        }
        Ok((found, true, _)) => Ok(found),
        Ok((_, false, _)) => Err(RootError::NotAFolder(shown)),
        Err(source) => Err(RootError::Unreachable { path: shown, source }),
    }
}
