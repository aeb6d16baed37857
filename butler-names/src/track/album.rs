//! What an album's folder says: `Artist - Album (Year) [FLAC]`, `1959 - Album`, `Album (Disc 2)`; and folders
//! of discs.

use std::sync::LazyLock;

use regex::Regex;

use super::super::title::{clean, titled};
use super::super::{ids, year};

/// An album's folder taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlbumName {
    /// What stands in front of ` - `.
    pub(super) artist: Option<String>,
    pub(super) title: String,
    pub(super) year: Option<u16>,
    pub(super) disc: Option<u32>,
    /// The title with the artist in front of it.
    pub(super) whole: String,
}

/// Ways to number the discs of an album, the longest first.
static DISC_FOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(cd|disc|disk|disque|disco|digital media|dvd|lp|vol|volume|part|act)[ ._\-#]*(?:([0-9]{1,2})|(one|two|three|four|five|six|seven|eight|nine|ten))(?:[\W_].*)?$").ok()
});
static DISC_BEHIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.+?)[ ._\-,]*[(\[]?\b(?:cd|disc|disk)[ ._\-#]*([0-9]{1,2})(?:[ ]?(?:of|/)[ ]?[0-9]{1,2})?[)\]]?$").ok()
});
/// `[FLAC]`, `(MP3 320)`, `{24-96}`: how it was coded.
static CODING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\s*[\[({][^\])}]*\b(?:flac|mp3|aac|alac|ogg|opus|wav|ape|dsd[0-9]*|v0|v2|320|256|192|128|kbps|lossless|vinyl rip|web|16-44(?:\.1)?|24-(?:44|48|88|96|176|192)(?:\.[0-9])?|24bit|16bit)\b[^\])}]*[\])}]").ok()
});
static YEAR_IN_FRONT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[(\[]((?:19|20)[0-9]{2})[)\]]\s*-?\s*|((?:19|20)[0-9]{2})(?:-[0-9]{2}-[0-9]{2})?\s*(?:-|–|\.)\s+)(.*\S.*)$").ok()
});
/// `Artist - 1959 - Album`.
static YEAR_BETWEEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(.+?)\s+-\s+[(\[]?((?:19|20)[0-9]{2})[)\]]?\s+-\s+(.+)$").ok());
/// `Miles_Davis-Kind_Of_Blue-CD-FLAC-1997-GRP`.
static SCENE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^([^\s\-]+)-([^\s\-]+)(?:-[^\s\-]+)*?-((?:19|20)[0-9]{2})-[A-Za-z0-9]+$").ok()
});

impl AlbumName {
    pub(super) fn unknown() -> Self {
        let title = super::UNKNOWN_ALBUM.to_owned();
        Self { artist: None, whole: title.clone(), title, year: None, disc: None }
    }

    pub(super) fn parse(folder: &str) -> Self {
        let (_, text) = ids::take(folder);
        if let Some(found) = SCENE.as_ref().and_then(|form| form.captures(&text)) {
            let title = titled(&found[2]);
            return Self {
                artist: Some(titled(&found[1])),
                whole: title.clone(),
                title,
                year: found[3].parse().ok(),
                disc: None,
            };
        }
        let coded =
            CODING.as_ref().map_or_else(|| text.clone(), |coding| coding.replace_all(&text, "").into_owned());
        let text = if clean(&coded).is_empty() { text } else { coded };
        let text = text.trim();
        let (text, disc) = match DISC_BEHIND.as_ref().and_then(|form| form.captures(text)) {
            Some(found) if !clean(&found[1]).is_empty() => {
                (found.get(1).map_or(text, |name| name.as_str()), found[2].parse().ok())
            }
            _ => (text, None),
        };
        if let Some(found) = YEAR_BETWEEN.as_ref().and_then(|form| form.captures(text)) {
            let title = titled(&found[3]);
            return Self {
                artist: Some(titled(&found[1])),
                whole: title.clone(),
                title,
                year: found[2].parse().ok(),
                disc,
            };
        }
        let (text, year) = year_of(text);
        let split = text
            .split_once(" - ")
            .filter(|(artist, album)| !clean(artist).is_empty() && !clean(album).is_empty());
        let artist = split.map(|(artist, _)| titled(artist));
        let title = titled(split.map_or(text.as_str(), |(_, album)| album));
        Self { artist, title, year, disc, whole: titled(&text) }
    }

    /// The album under a folder that tells the artist: ` - ` is a part of its title.
    pub(super) fn whole(self) -> Self {
        Self { title: self.whole.clone(), ..self }
    }
}

/// An album's title without the disc behind it, and that disc: `Album (Disc 2)`, `Album [CD 2]`.
pub fn album_and_disc(title: &str) -> (&str, Option<u32>) {
    match DISC_BEHIND.as_ref().and_then(|form| form.captures(title)) {
        Some(found) if !clean(&found[1]).is_empty() => {
            (found.get(1).map_or(title, |name| name.as_str().trim_end()), found[2].parse().ok())
        }
        _ => (title, None),
    }
}

/// The year in front or in brackets behind, and the text without it.
fn year_of(text: &str) -> (String, Option<u16>) {
    if let Some(found) = YEAR_IN_FRONT.as_ref().and_then(|form| form.captures(text)) {
        return (
            found[3].to_owned(),
            found.get(1).or(found.get(2)).and_then(|year| year.as_str().parse().ok()),
        );
    }
    match year::in_brackets(text).filter(|found| found.start > 0) {
        // What stands behind tells editions apart: `Album (1973) [Deluxe]`.
        Some(found) => (
            format!("{} {}", &text[..found.start].trim_end(), &text[found.end..].trim_start()),
            Some(found.year),
        ),
        None => (text.to_owned(), None),
    }
}

/// The disc that a folder is, with so many folders above it. `Vol. 4` is one only where an artist and an
/// album are above.
pub(super) fn disc_of_folder(folder: &str, above: usize) -> Option<u32> {
    let found = DISC_FOLDER.as_ref()?.captures(folder.trim())?;
    let word = found[1].to_ascii_lowercase();
    if matches!(word.as_str(), "vol" | "volume" | "part" | "act" | "lp" | "dvd") && above < 2 {
        return None;
    }
    let number = match (found.get(2), found.get(3)) {
        (Some(digits), _) => digits.as_str().parse().ok(),
        (_, Some(word)) => {
            let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
            words
                .into_iter()
                .zip(1..)
                .find(|(name, _)| word.as_str().eq_ignore_ascii_case(name))
                .map(|(_, number)| number)
        }
        _ => None,
    };
    number.filter(|number| (1..=99).contains(number))
}
