//! Pieces of one film or episode in several files: `-cd1`, `- pt2`, `part1`, `disc a`. Never the `Part 2` of
//! a title.

use std::sync::LazyLock;

use regex::Regex;

static SUFFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(.*?)([ _.\-]+)[(\[]?(cd|dvd|part|pt|disc|disk)([ _.\-]*)(?:([0-9]{1,2})|([a-d]))[)\]]?$",
    )
    .ok()
});
static FOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(cd|dvd|disc|disk|part|pt)[ _.\-]*(?:([0-9]{1,2})|([a-d]))$").ok());

/// The most pieces of one film.
const MOST: u32 = 20;

/// A piece's number, and the name without it.
pub(super) struct Piece<'a> {
    pub(super) name: &'a str,
    pub(super) number: u32,
    /// Whether a title could end so too, as `Dune Part 2`.
    pub(super) could_be_title: bool,
}

/// The piece that a name ends with.
pub(super) fn suffix(stem: &str) -> Option<Piece<'_>> {
    let found = SUFFIX.as_ref()?.captures(stem)?;
    let (name, before, word, between) = (
        found.get(1)?.as_str(),
        found.get(2)?.as_str(),
        found.get(3)?.as_str().to_ascii_lowercase(),
        found.get(4)?.as_str(),
    );
    let number =
        number(found.get(5).map(|digits| digits.as_str()), found.get(6).map(|letter| letter.as_str()))?;
    // Discs of so many gigabytes are no pieces.
    if word == "dvd" && matches!(number, 5 | 9) && found.get(5).is_some() {
        return None;
    }
    let is_part = matches!(word.as_str(), "part" | "pt");
    let could_be_title = is_part && !(between.is_empty() && before.contains('-'))
        || found.get(6).is_some() && !between.is_empty();
    Some(Piece { name, number, could_be_title })
}

/// The piece that a whole folder is: `CD1`, `Disc 2`.
pub(super) fn folder(name: &str) -> Option<u32> {
    let found = FOLDER.as_ref()?.captures(name.trim())?;
    number(found.get(2).map(|digits| digits.as_str()), found.get(3).map(|letter| letter.as_str()))
}

/// `Heat (1995) a`: Kodi's bare letter, right behind a year.
pub(super) fn bare_letter(rest: &str) -> Option<u32> {
    number(
        None,
        Some(rest.trim_matches([' ', '.', '_', '-'])).filter(|letter| letter.len() == 1 && rest.len() > 1),
    )
}

fn number(digits: Option<&str>, letter: Option<&str>) -> Option<u32> {
    match (digits, letter) {
        (Some(digits), _) => digits.parse().ok(),
        (None, Some(letter)) => {
            letter.chars().next().and_then(|c| c.to_ascii_lowercase().to_digit(14)?.checked_sub(9))
        }
        (None, None) => None,
    }
    .filter(|number| (1..=MOST).contains(number))
    .filter(|number| digits.is_some() || *number <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_by_their_suffix() {
        for (stem, name, number, could_be_title) in [
            ("Heat - cd1", "Heat", 1, false),
            ("Heat-cd2", "Heat", 2, false),
            ("Heat.CD1", "Heat", 1, false),
            ("Heat cd 1", "Heat", 1, false),
            ("Heat - disc1", "Heat", 1, false),
            ("Heat - disk2", "Heat", 2, false),
            ("Heat - dvd1", "Heat", 1, false),
            ("Heat - part1", "Heat", 1, false),
            ("Heat - pt2", "Heat", 2, false),
            ("Heat-pt2", "Heat", 2, false),
            ("Heat (cd1)", "Heat", 1, false),
            ("Heat-cda", "Heat", 1, false),
            ("Heat.ptb", "Heat", 2, true),
            ("Dune Part 2", "Dune", 2, true),
            ("Dune - Part 2", "Dune", 2, true),
        ] {
            let piece = suffix(stem).unwrap();
            assert_eq!(
                (piece.name, piece.number, piece.could_be_title),
                (name, number, could_be_title),
                "{stem}"
            );
        }
        for stem in [
            "Heat",
            "Heat cd",
            "Heatcd1",
            "Heat dvd9",
            "Heat part 21",
            "Heat part 0",
            "Part 2",
            "Heat cde",
            "Compart 1x",
        ] {
            assert!(suffix(stem).is_none(), "{stem}");
        }
        assert_eq!(
            (folder("CD1"), folder("Disc 2"), folder("disc_b"), folder("Discovery"), folder("CD")),
            (Some(1), Some(2), Some(2), None, None)
        );
        assert_eq!(
            (bare_letter(" a"), bare_letter("-b"), bare_letter(" e"), bare_letter("")),
            (Some(1), Some(2), None, None)
        );
        assert_eq!((bare_letter(" `"), bare_letter(" !"), bare_letter(" @")), (None, None, None));
    }
}
