//! Lists folders for who adds a section: names and paths only, inside the allowed roots only.

use std::path::{Path, PathBuf};

use crate::Library;
use crate::allowed_roots::{self, RootError};

/// At most this many folders are listed of one.
const MOST: usize = 10_000;

/// A folder to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its last component, or the whole path of an allowed root.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
}

impl Library {
    /// The folders inside a folder, by name; without one the allowed roots, or `/` where all is allowed.
    /// Hidden ones are left out.
    ///
    /// # Errors
    /// If the folder can't be read, is not under an allowed root, or the database fails.
    pub fn browse(&self, folder: Option<&Path>) -> Result<Vec<Folder>, RootError> {
        let allowed = self.allowed_roots();
        let Some(folder) = folder else {
            let tops = if allowed.is_empty() { vec![PathBuf::from("/")] } else { allowed };
            return Ok(tops
                .into_iter()
                .map(|path| Folder { name: path.display().to_string(), path })
                .collect());
        };
        let resolved = allowed_roots::resolve(self, folder)?.path;
        allowed_roots::check_allowed(self, &resolved)?;
        let asked = resolved.clone();
        let list = self.root_threads().call_once(&resolved, move |beat| {
            let mut folders = Vec::new();
            for entry in asked.read_dir()? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                // A link that leads out of the allowed roots is refused when it is opened.
                if beat.tap() && !name.starts_with('.') && entry.path().is_dir() {
                    folders.push(Folder { name, path: entry.path() });
                }
                if folders.len() == MOST {
                    break;
                }
            }
            folders.sort_by_key(|folder: &Folder| folder.name.to_lowercase());
            Ok(folders)
        })?;
        list.map_err(|source| RootError::Unreachable { path: resolved.display().to_string(), source })
    }
}
