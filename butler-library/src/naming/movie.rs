//! Films: `Title (Year)`, by the file's name, else by its folder's.

use super::Named;
use super::title::{clean, title_and_year};

pub(super) fn name(folders: &[String], stem: &str) -> Named {
    let named = title_and_year(stem).or_else(|| folders.last().and_then(|folder| title_and_year(folder)));
    match named {
        Some((title, year)) => Named::Movie { title, year: Some(year) },
        None => Named::Movie { title: clean(stem), year: None },
    }
}

#[cfg(test)]
mod tests {
    use super::super::{components, name};
    use super::*;
    use crate::SectionKind;

    #[test]
    fn films_are_named_by_file_or_folder() {
        let check = |path: &str, title: &str, year: Option<u16>| {
            assert_eq!(name(SectionKind::Movie, &components(path)), Named::Movie { title: title.into(), year }, "{path}");
        };
        check("Heat (1995).mkv", "Heat", Some(1995));
        check("Heat (1995)/Heat (1995).mkv", "Heat", Some(1995));
        check("Heat (1995)/movie.mkv", "Heat", Some(1995));
        check("Action/Heat (1995)/Heat (1995) - 1080p.mkv", "Heat", Some(1995));
        check("Heat (1995)/Ronin (1998).mkv", "Ronin", Some(1998));
        check("Wild.Strawberries.mkv", "Wild Strawberries", None);
        check("Mr. Nobody.mkv", "Mr. Nobody", None);
        check("Films/noname", "noname", None);
    }
}
