//! The files that `butler analyse` was named: each by itself, or all media below a folder, in the order of
//! their names. Links to folders are not followed, and what is hidden is left alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use butler_library::traits_of_name;
use butler_product::{ProductKind, Traits};

/// So deep folders are gone into: deeper than any library, and a mount that holds itself comes to an end.
const MOST_LEVELS: usize = 64;

/// A file to be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// The folders between the one that was named and the file: what is made of it lies in the same ones.
    pub(super) below: PathBuf,
    /// What it may have by its name; none where it was named itself, and is taken for what it was asked.
    traits: Option<Traits>,
}

impl Found {
    /// Whether a product can be made of such a file, as far as its name tells.
    pub(super) fn may_have(&self, kind: ProductKind) -> bool {
        let known = kind.needs() - Traits::HEADERS;
        self.traits.is_none_or(|traits| traits.contains(known) || of_photos(kind, traits))
    }

    /// Whether it is music, as far as its name tells.
    pub(super) fn may_be_music(&self) -> bool {
        self.traits.is_none_or(|traits| traits.contains(Traits::AUDIO))
    }
}

/// Pictures are no artwork by their names; what is made of artwork can be made of each.
fn of_photos(kind: ProductKind, traits: Traits) -> bool {
    kind.needs() == Traits::ARTWORK && traits.contains(Traits::PHOTO)
}

/// What could not be listed.
pub(super) type Unlisted = (PathBuf, io::Error);

/// All files that are meant, and the folders that could not be listed.
pub(super) fn find(named: &[PathBuf]) -> (Vec<Found>, Vec<Unlisted>) {
    let (mut found, mut unlisted) = (Vec::new(), Vec::new());
    for path in named {
        if path.is_dir() {
            walk(path, Path::new(""), 0, &mut found, &mut unlisted);
        } else {
            found.push(Found { path: path.clone(), below: PathBuf::new(), traits: None });
        }
    }
    (found, unlisted)
}

fn walk(folder: &Path, below: &Path, level: usize, found: &mut Vec<Found>, unlisted: &mut Vec<Unlisted>) {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = match listed {
        Ok(entries) => entries,
        Err(error) => return unlisted.push((folder.to_owned(), error)),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if level < MOST_LEVELS {
                walk(&path, &below.join(name), level + 1, found, unlisted);
            }
        } else if let Some(traits) = traits_of_name(&path).filter(|_| path.is_file()) {
            found.push(Found { path, below: below.to_owned(), traits: Some(traits) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_the_media_below_it_and_a_file_for_itself() {
        let folder = butler_fixtures::tempdir().unwrap();
        let (root, link) = (folder.path().join("music"), folder.path().join("music/loop"));
        for path in ["b/02.flac", "b/01.FLAC", "b/notes.txt", "a/cover.jpg", ".hidden/03.flac", "film.mkv"] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), b"").unwrap();
        }
        std::os::unix::fs::symlink(&root, link).unwrap();
        let lone = folder.path().join("music/b/notes.txt");
        let (found, unlisted) = find(&[root.clone(), lone.clone()]);
        assert!(unlisted.is_empty());
        let paths: Vec<_> =
            found.iter().map(|file| file.path.strip_prefix(&root).unwrap().to_str().unwrap()).collect();
        assert_eq!(paths, ["a/cover.jpg", "b/01.FLAC", "b/02.flac", "film.mkv", "b/notes.txt"]);
        assert_eq!(found[1].below, Path::new("b"));
        let may_have = |kind: ProductKind| {
            found.iter().filter(|file| file.may_have(kind)).map(|file| file.path.clone()).collect::<Vec<_>>()
        };
        let (cover, first, film) = (root.join("a/cover.jpg"), root.join("b/01.FLAC"), root.join("film.mkv"));
        let second = root.join("b/02.flac");
        assert_eq!(may_have(ProductKind::Loudness), [&first, &second, &film, &lone].map(Clone::clone));
        assert_eq!(may_have(ProductKind::Tags), [&first, &second, &lone].map(Clone::clone));
        assert_eq!(may_have(ProductKind::ChapterThumbs), [&film, &lone].map(Clone::clone));
        assert_eq!(may_have(ProductKind::BlurHash), [&cover, &lone].map(Clone::clone));
        assert_eq!(may_have(ProductKind::MediaInfo).len(), 5);
    }
}
