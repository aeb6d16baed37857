//! Episodes: their numbers by the file's name, their show by its folders, or else by what stands in front of
//! the numbers.
//!
//! A folder of many shows must not make one of them: where a file names another show than its folder, the
//! file is believed, unless the folder is sure (a season below it, a year, an id). A file without numbers is
//! listed by its name.

mod absolute;
#[cfg(test)]
mod cases;
mod date;
mod numbers;
mod season;
mod show;

use season::{SeasonFolder, of_folder};

use super::title::{clean, comparable};
use super::{Episode, Numbers, ids, junk, stack};

/// The episode of a file in its folders.
pub(super) fn name(folders: &[String], stem: &str) -> Episode {
    let place = Place::of(folders);
    let (_, text) = ids::take(stem);
    let text = without_group(&text);
    let (text, piece) = match stack::suffix(text).filter(|piece| !piece.could_be_title) {
        Some(found) if Read::of(found.name, &place).numbers != Numbers::None => {
            (found.name, Some(found.number))
        }
        _ => (text, None),
    };
    let read = Read::of(text, &place);
    // A name without numbers tells no show where a folder does.
    let prefix = if read.numbers == Numbers::None && place.show.is_some() { "" } else { &text[..read.start] };
    let place = place.unless_the_show_is_a_number(prefix);
    let rest = &text[read.end..];
    let title = if read.numbers == Numbers::None { Some(clean(junk::cut(text))) } else { title_of(rest) };
    let year = match read.numbers {
        Numbers::Date(date) => u32::try_from(date.year()).ok(),
        _ => None,
    };
    Episode {
        show: show::of(place.show, place.season.as_ref(), prefix, stem),
        season: read.season.or(place.season.map(|season| season.season)).or(year),
        numbers: read.numbers,
        title: title.filter(|title| !title.is_empty()),
        version: resolution(rest),
        stack: piece.or(read.piece).or(place.piece),
    }
}

/// Whether a name tells season and episode itself.
pub(super) fn is_numbered(stem: &str) -> bool {
    numbers::find(stem).is_some()
}

/// What the folders say.
struct Place<'a> {
    show: Option<&'a str>,
    season: Option<SeasonFolder>,
    /// The season's folder as it stands.
    season_folder: Option<&'a str>,
    piece: Option<u32>,
}

impl<'a> Place<'a> {
    fn of(folders: &'a [String]) -> Self {
        let mut place = Self { show: None, season: None, season_folder: None, piece: None };
        let mut above = folders;
        while let Some((last, rest)) = above.split_last() {
            let found = of_folder(last).filter(|found| !(found.bare && rest.is_empty()));
            match found {
                Some(found) if place.season.is_none() => {
                    (place.season, place.season_folder) = (Some(found), Some(last.as_str()))
                }
                // `Season 1/Season 1`, `Season 1/1080p`, `Season 1/Disc 1`
                _ if place.season.is_none() && !rest.is_empty() && (junk::is_all(last) || is_inner(last)) => {
                }
                _ if place.season.is_none()
                    && !rest.is_empty()
                    && stack::folder(last).is_some()
                    && !is_part(last) => {}
                _ => {
                    place.show = Some(last);
                    break;
                }
            }
            above = rest;
        }
        place
    }

    /// `24/24 S01E01.mkv` lies in no 24th season.
    fn unless_the_show_is_a_number(mut self, prefix: &str) -> Self {
        let is_the_show = self.season.as_ref().is_some_and(|season| season.bare)
            && self.season_folder.is_some_and(|folder| comparable(&clean(prefix)) == comparable(folder));
        if is_the_show {
            self.show = self.season_folder;
            self.season = None;
        }
        self
    }
}

fn is_inner(folder: &str) -> bool {
    matches!(folder.to_ascii_uppercase().as_str(), "VIDEO_TS" | "BDMV" | "STREAM")
}

/// `Part 1` of a show is more than a disc of it.
fn is_part(folder: &str) -> bool {
    folder.trim_start().get(..1).is_some_and(|first| first.eq_ignore_ascii_case("p"))
}

/// What the file's name says, and where that stands.
struct Read {
    season: Option<u32>,
    numbers: Numbers,
    piece: Option<u32>,
    start: usize,
    end: usize,
}

impl Read {
    fn of(text: &str, place: &Place<'_>) -> Self {
        if let Some(numbers::Found { season, first, last, piece, start, end }) = numbers::find(text) {
            return Self { season: Some(season), numbers: Numbers::Range { first, last }, piece, start, end };
        }
        if let Some((date, start, end)) = date::find(text) {
            return Self { season: None, numbers: Numbers::Date(date), piece: None, start, end };
        }
        if absolute::is_creditless(text) {
            return Self {
                season: Some(0),
                numbers: Numbers::None,
                piece: None,
                start: text.len(),
                end: text.len(),
            };
        }
        let season = place.season.as_ref().map(|season| season.season);
        if let Some(found) = absolute::find(text, season, place.show) {
            let absolute::Found { season: own, first, last, start, end } = found;
            let numbers = if own.or(season).is_some() {
                Numbers::Range { first, last }
            } else {
                Numbers::Absolute { first, last }
            };
            return Self { season: own, numbers, piece: None, start, end };
        }
        // Kodi's `name.special.avi`
        let special = text.to_ascii_lowercase().ends_with(".special").then_some(0);
        Self { season: special, numbers: Numbers::None, piece: None, start: text.len(), end: text.len() }
    }
}

/// What stands behind the numbers, without junk.
fn title_of(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches([' ', '.', '_', '-', '–', '—', ':', ')', ']', ',']);
    let words = junk::words(rest);
    if junk::is_hard(&words, 0) {
        return None;
    }
    let kept = junk::cut(rest).trim_end();
    // `[0A1B2C3D]` is a sum of the file.
    let kept = match kept.strip_suffix(']').and_then(|kept| kept.rsplit_once('[')) {
        Some((title, sum)) if sum.len() == 8 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()) => title,
        _ => kept,
    };
    Some(clean(kept)).filter(|title| title.chars().any(char::is_alphanumeric))
}

fn resolution(rest: &str) -> Option<String> {
    let word = junk::words(rest)
        .into_iter()
        .map(|word| word.text)
        .find(|word| junk::is_resolution(&word.to_lowercase()) || matches!(*word, "4K" | "4k" | "UHD"));
    word.map(str::to_owned)
}

/// A name without the group in front: `[Group] Show - 04`.
fn without_group(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((group, rest)) if rest.chars().any(char::is_alphabetic) && !is_numbered(group) => {
            rest.trim_start_matches([' ', '_', '.', '-'])
        }
        _ => text,
    }
}
