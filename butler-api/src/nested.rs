//! Folders of two sections of which one lies in the other: what that means for the files in both. Pure.

use std::path::Path;

/// Says of a section's folder, in one English sentence, that one of another section lies in it or around it;
/// none where that is not so. Both paths are without links.
///
/// A file in both is an item of both, as with Plex: that is allowed, for some want it (films in 4K as a
/// section of their own), and said, for most don't.
pub fn nested(folder: &Path, section: &str, other: &Path) -> Option<String> {
    let (inner, outer, which) = match (folder.strip_prefix(other), other.strip_prefix(folder)) {
        (Ok(inner), Err(_)) => (inner, other, "that section"),
        (Err(_), Ok(inner)) => (inner, folder, "this one"),
        // The same folder is refused, and others share nothing.
        _ => return None,
    };
    let (folder, other, inner, outer) = (folder.display(), other.display(), inner.display(), outer.display());
    let lies = match which {
        "this one" => format!("In `{folder}` lies `{other}`, a folder of the section `{section}`"),
        _ => format!("`{folder}` lies in `{other}`, a folder of the section `{section}`"),
    };
    Some(format!(
        "{lies}: the files there are listed in both. They are analysed once, and what is made of them \
         serves both. A line `{inner}/*` in a file `.plexignore` in `{outer}` leaves them out of {which}."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_or_around_another_sections_is_told_with_the_way_out() {
        let of = |folder: &str, other: &str| nested(Path::new(folder), "Films", Path::new(other));
        assert_eq!(
            of("/media/films/4K", "/media/films").unwrap(),
            "`/media/films/4K` lies in `/media/films`, a folder of the section `Films`: the files there are \
             listed in both. They are analysed once, and what is made of them serves both. A line `4K/*` in \
             a file `.plexignore` in `/media/films` leaves them out of that section."
        );
        let around = of("/media", "/media/films").unwrap();
        assert!(
            around.starts_with("In `/media` lies `/media/films`, a folder of the section `Films`: ")
                && around.ends_with(
                    "A line `films/*` in a file `.plexignore` in `/media` leaves them out of this one."
                ),
            "{around}"
        );
        for (folder, other) in
            [("/media/films 2", "/media/films"), ("/media/films", "/media/films"), ("/a", "/b")]
        {
            assert_eq!(of(folder, other), None, "{folder} and {other}");
        }
    }
}
