//! Which folders may become roots or be browsed: those under the allowed roots (all, unless the setting names
//! some), and none that holds the data folder or lies inside it.

use std::io;
use std::path::{Path, PathBuf};

use crate::root_threads::RootAway;
use crate::{Library, StoreError};

/// The setting: a JSON array of absolute paths; absent or empty means every folder.
pub const ALLOWED_ROOTS: &str = "ButlerAllowedRoots";

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
    /// The folders under which roots must lie; none means every folder.
    ///
    /// # Errors
    /// If the database fails.
    pub fn allowed_roots(&self) -> Result<Vec<PathBuf>, StoreError> {
        let text = self.setting(ALLOWED_ROOTS)?;
        // A text that is no list must not open every door: nothing is under a path like this.
        Ok(text
            .map(|text| serde_json::from_str(&text).unwrap_or_else(|_| vec![PathBuf::from("\0")]))
            .unwrap_or_default())
    }

    /// Sets the folders under which roots must lie; none means every folder.
    ///
    /// # Errors
    /// If one can't be used as a root, or is no UTF-8, or the database fails.
    pub fn set_allowed_roots(&self, roots: &[PathBuf]) -> Result<(), RootError> {
        let mut texts = Vec::new();
        for root in roots {
            let root = resolve(self, root)?;
            texts.push(
                root.to_str().ok_or_else(|| RootError::Relative(root.display().to_string()))?.to_owned(),
            );
        }
        let value = (!texts.is_empty()).then(|| serde_json::Value::from(texts).to_string());
        Ok(self.set_settings(vec![(ALLOWED_ROOTS.into(), value)])?)
    }
}

/// The folder without links, if it may become a root.
pub(crate) fn check(library: &Library, path: &Path) -> Result<PathBuf, RootError> {
    let folder = resolve(library, path)?;
    let allowed = library.allowed_roots()?;
    check_allowed(&folder, &allowed)?;
    let data_dir = library.data_dir();
    if folder.starts_with(data_dir) {
        return Err(RootError::InsideDataFolder(folder.display().to_string()));
    }
    if data_dir.starts_with(&folder) {
        return Err(RootError::HoldsDataFolder {
            root: folder.display().to_string(),
            data_dir: data_dir.display().to_string(),
        });
    }
    Ok(folder)
}

impl Library {
    /// The folder, without links, if backups may lie there: it is under an allowed root, and in no section's
    /// folder, where nothing is ever written.
    ///
    /// # Errors
    /// If it can't be used, is not allowed, or lies in the data folder's other parts or in a section.
    pub fn check_backup_folder(&self, path: &Path) -> Result<PathBuf, RootError> {
        let folder = resolve(self, path)?;
        if folder == self.data_dir().join("backups") {
            return Ok(folder);
        }
        check_allowed(&folder, &self.allowed_roots()?)?;
        if folder.starts_with(self.data_dir()) {
            return Err(RootError::InsideDataFolder(folder.display().to_string()));
        }
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

pub(crate) fn check_allowed(folder: &Path, allowed: &[PathBuf]) -> Result<(), RootError> {
    if allowed.is_empty() || allowed.iter().any(|root| folder.starts_with(root)) {
        return Ok(());
    }
    let allowed: Vec<_> = allowed.iter().map(|root| root.display().to_string()).collect();
    Err(RootError::NotAllowed { path: folder.display().to_string(), allowed: allowed.join(", ") })
}

/// The folder without links, on a thread of its own.
pub(crate) fn resolve(library: &Library, path: &Path) -> Result<PathBuf, RootError> {
    let shown = path.display().to_string();
    if !path.is_absolute() {
        return Err(RootError::Relative(shown));
    }
    let asked = path.to_owned();
    let found = library.root_threads().call_once(path, move |_| {
        let folder = asked.canonicalize()?;
        let metadata = folder.metadata()?;
        Ok((folder, metadata.is_dir()))
    })?;
    match found {
        Ok((folder, true)) => Ok(folder),
        Ok((_, false)) => Err(RootError::NotAFolder(shown)),
        Err(source) => Err(RootError::Unreachable { path: shown, source }),
    }
}
