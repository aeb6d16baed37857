//! The folder of a show or artist, which nothing stores: told by where its files lie. Pure.

use std::path::{Path, PathBuf};

/// The folders in which the files of a show or artist lie, one a root. Each file is a root and a path below
/// it, those of one root in a row.
///
/// It is the folder that all of them share, or the one on the way there that begins with its title: of a show
/// with one season the shared folder is the season's.
pub(crate) fn folders(title: &str, files: &[(PathBuf, PathBuf)]) -> Vec<PathBuf> {
    let by_root = files.chunk_by(|(root, _), (other, _)| root == other);
    by_root.filter_map(|files| Some(files.first()?.0.join(named(title, &shared(files))))).collect()
}

/// The folder below the root that all files lie in.
fn shared(files: &[(PathBuf, PathBuf)]) -> PathBuf {
    let mut folders = files.iter().filter_map(|(_, path)| path.parent());
    let first = folders.next().unwrap_or(Path::new("")).to_owned();
    folders.fold(first, |shared, folder| {
        let both = shared.components().zip(folder.components());
        both.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    })
}

fn named(title: &str, shared: &Path) -> PathBuf {
    let title = title.to_lowercase();
    let mut way: Vec<&Path> = shared.ancestors().collect();
    way.reverse();
    let begins_so = |folder: &&&Path| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().starts_with(&title))
    };
    way.iter().find(begins_so).map_or_else(|| shared.to_owned(), |folder| (*folder).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, files: &[(&str, &str)], expect: &[&str]) {
        let files: Vec<_> =
            files.iter().map(|(root, path)| (PathBuf::from(root), PathBuf::from(path))).collect();
        assert_eq!(folders(title, &files), expect.iter().map(PathBuf::from).collect::<Vec<_>>(), "{title}");
    }

    #[test]
    fn a_show_lies_where_its_seasons_do() {
        check(
            "Dark",
            &[("/tv", "Dark (2017)/Season 01/a.mkv"), ("/tv", "Dark (2017)/Season 02/b.mkv")],
            &["/tv/Dark (2017)"],
        );
        check("Dark", &[("/tv", "German/Dark/Season 01/a.mkv")], &["/tv/German/Dark"]);
        check("Dark", &[("/tv", "a.mkv")], &["/tv"]);
        check("Dark", &[("/tv", "DE/Staffel 1/a.mkv"), ("/tv", "DE/Staffel 2/a.mkv")], &["/tv/DE"]);
        check("Dark", &[("/tv", "Darkness/a.mkv"), ("/tv", "Dark/a.mkv")], &["/tv"]);
        check("Dark", &[], &[]);
    }

    #[test]
    fn each_root_has_a_folder_of_it() {
        check(
            "Dark",
            &[("/a", "Dark/S1/a.mkv"), ("/a", "Dark/S1/b.mkv"), ("/b", "dark/S2/c.mkv")],
            &["/a/Dark", "/b/dark"],
        );
    }
}
