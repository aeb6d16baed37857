//! Where in a section a path lies that somebody names: another program's path may lead there through links.

use std::path::{Component, Path, PathBuf};

use crate::allowed_roots::{RootError, resolve};
use crate::{Library, Section};

impl Library {
    /// A path as it is called below the section's folders; none if it lies in none of them. It need not be
    /// there. Links are followed only if it lies in none as it stands, each folder looked at on a thread of
    /// its own.
    pub fn path_in_section(&self, section: &Section, path: &Path) -> Option<PathBuf> {
        if !path.is_absolute() {
            return None;
        }
        let lies_in_it = |path: &Path| section.roots.iter().any(|root| path.starts_with(&root.path));
        let goes_up = path.components().any(|component| component == Component::ParentDir);
        if !goes_up && lies_in_it(path) {
            return Some(path.components().collect());
        }
        for folder in path.ancestors() {
            match resolve(self, folder) {
                Ok(found) => {
                    let place = found.path.join(path.strip_prefix(folder).ok()?);
                    let goes_up = place.components().any(|component| component == Component::ParentDir);
                    // With nothing behind it, `join` would leave a slash at the end.
                    return Some(place.components().collect())
                        .filter(|place: &PathBuf| !goes_up && lies_in_it(place));
                }
                Err(RootError::Away(_)) => return None,
                Err(_) => {}
            }
        }
        None
    }
}
