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

use std::borrow::Cow;
use std::sync::LazyLock;

use absolute::Around;
use regex::Regex;
use season::{SeasonFolder, of_folder};

use super::title::{clean, comparable};
use super::{Episode, Numbers, ids, junk, stack};
use crate::title::without_site_in_front;

/// The number that a fansub's special has beside its own, or the day of an episode: `Show - 05.5 - S00E01`,
/// `Show 2016 02 25 S20E142`.
static BESIDE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:[ _.][\-–][ _.][0-9]{1,4}(?:\.[0-9])?|[ ._\-]+(?:19|20)[0-9]{2}[ ._\-][0-9]{2}[ ._\-][0-9]{2})[ _.\-–(\[]*$",
    )
    .ok()
});
/// The day on which somebody recorded a broadcast: `221208 Show ep11`.
static RECORDED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ _]\s*").ok());

/// The episode of a file in its folders.
pub(super) fn name(folders: &[String], stem: &str) -> Episode {
    by_folder(folders, stem).unwrap_or_else(|| {
        let own = by_file(folders, stem);
        let is_in_one = folders.split_last().is_some_and(|(last, above)| is_of_one(last, above));
        let tells_no_season = own.season.is_none_or(|season| season > 0 && is_in_one);
        let tells_nothing = own.numbers == Numbers::None && tells_no_season;
        match tells_nothing.then(|| by_folder_of_one(folders)).flatten() {
            Some(of_folder) => Episode { stack: own.stack.or(of_folder.stack), ..of_folder },
            None => own,
        }
    })
}

/// The one episode that a folder is called by, for a file that says nothing of its own: further down, as in
/// `Show/S01E07/WEB-DL/abc.mkv`, or as fans name it, as in `[Group] Show - 312 [720p]/abc.mkv`.
fn by_folder_of_one(folders: &[String]) -> Option<Episode> {
    folders.iter().enumerate().rev().find_map(|(at, folder)| {
        let is_it = numbers::find(folder).is_some_and(|found| !found.is_between)
            || is_fansub(folder)
            || is_of_one(folder, &folders[..at]);
        let found = is_it.then(|| by_file(&folders[..at], folder))?;
        let (Numbers::Range { first, last } | Numbers::Absolute { first, last }) = found.numbers else {
            return None;
        };
        (first == last).then_some(found)
    })
}

/// The episode whose folder is called like it: `Show.S01E02.1080p-GRP/abc123.mkv`. The file's own numbers
/// count more, but not what it calls the show.
fn by_folder(folders: &[String], stem: &str) -> Option<Episode> {
    let inner = folders.iter().rev().take_while(|folder| is_inner(folder)).count();
    let (folder, above) = folders[..folders.len() - inner].split_last()?;
    let found = numbers::find(folder).filter(|found| !found.is_between)?;
    let of_folder = by_file(above, folder);
    let own = by_file(folders, stem);
    let range = found.first..=found.last;
    let is_within =
        |first: u32, last: u32| found.first < found.last && range.contains(&first) && range.contains(&last);
    let season = match own.numbers {
        _ if is_numbered(stem) => own.season,
        Numbers::Range { first, last } | Numbers::Absolute { first, last } if is_within(first, last) => {
            of_folder.season
        }
        _ => {
            let version = of_folder.version.clone().or(own.version);
            return Some(Episode { version, stack: own.stack.or(of_folder.stack), ..of_folder });
        }
    };
    let numbers = match own.numbers {
        Numbers::Absolute { first, last } => Numbers::Range { first, last },
        numbers => numbers,
    };
    Some(Episode { show: of_folder.show, season, numbers, version: own.version.or(of_folder.version), ..own })
}

fn by_file(folders: &[String], stem: &str) -> Episode {
    let mut place = Place::of(folders);
    let (_, text) = ids::take(stem);
    let text = without_group(&text);
    let is_fansub = is_fansub(stem);
    let (text, piece) = match stack::suffix(text).filter(|piece| !piece.could_be_title) {
        Some(found) if Read::of(found.name, &place, is_fansub).numbers != Numbers::None => {
            (found.name, Some(found.number))
        }
        _ => (text, None),
    };
    let mut read = Read::of(text, &place, is_fansub);
    if place.is_the_show(show_prefix(&read, &place, text)) {
        place.take_for_the_show();
        read = Read::of(text, &place, is_fansub);
    }
    if let Some(show) = show::further_up(folders, place.show, show_prefix(&read, &place, text)) {
        place.show = Some(show);
        read = Read::of(text, &place, is_fansub);
    }
    let prefix = show_prefix(&read, &place, text);
    let (mut aired, rest) = match read.numbers {
        Numbers::Range { .. } | Numbers::Absolute { .. } => date::beside(&text[read.end..]),
        Numbers::Date(_) | Numbers::None => (None, Cow::Borrowed(&text[read.end..])),
    };
    aired = aired.or_else(|| date::at_end(prefix).filter(|_| read.numbers != Numbers::None));
    let prefix = show_of(prefix);
    let title = if read.numbers == Numbers::None { Some(clean(junk::cut(text))) } else { title_of(&rest) };
    let year = match read.numbers {
        Numbers::Date(date) => u32::try_from(date.year()).ok(),
        _ => None,
    };
    let episode = Episode {
        show: show::of(place.show, place.season.as_ref(), prefix, stem),
        season: read.season.or(place.season.as_ref().map(|season| season.season)).or(year),
        numbers: read.numbers,
        aired,
        title: title.filter(|title| !title.is_empty()),
        version: resolution(&rest),
        stack: piece.or(read.piece).or(place.piece),
    };
    if place.season.is_some_and(|season| season.is_between) && read.season.is_none() {
        // `Season 0.5/01.mkv` is not the first special.
        let title = clean(&format!("{} - {text}", place.season_folder.unwrap_or_default()));
        return Episode { numbers: Numbers::None, title: Some(title), ..episode };
    }
    episode
}

/// What stands in front of the numbers; nothing of a name without numbers where a folder tells the show.
fn show_prefix<'a>(read: &Read, place: &Place<'_>, text: &'a str) -> &'a str {
    if read.numbers == Numbers::None && place.show.is_some() { "" } else { &text[..read.start] }
}

/// What stands in front of the numbers, without the season or the other number that stands there too.
fn show_of(prefix: &str) -> &str {
    if prefix.is_ascii() && !prefix.bytes().any(|byte| byte.is_ascii_digit()) {
        return prefix;
    }
    let has_show = |start: usize| !clean(&prefix[..start]).is_empty();
    let season = season::in_name(prefix).map(|season| season.start).filter(|start| has_show(*start));
    let beside =
        || BESIDE.as_ref()?.find(prefix).map(|beside| beside.start()).filter(|start| has_show(*start));
    let prefix = season.or_else(beside).map_or(prefix, |start| &prefix[..start]);
    let recorded = RECORDED.as_ref().and_then(|form| form.find(prefix));
    let show = recorded.map_or(prefix, |recorded| &prefix[recorded.end()..]);
    if clean(show).is_empty() { prefix } else { show }
}

/// Whether fans named it: `[Group] Show 679`, `Show 484 VOSTFR`, `Show 12 [0A1B2C3D]`.
fn is_fansub(stem: &str) -> bool {
    let stem = stem.trim();
    let group = stem.strip_prefix('[').and_then(|inner| inner.split_once(']'));
    group.is_some_and(|(group, _)| !group.contains('.') && group.chars().any(char::is_alphabetic))
        || stem.strip_suffix(']').and_then(|stem| stem.rsplit_once('[')).is_some_and(|(_, end)| is_sum(end))
        || stem.as_bytes().windows(6).any(|word| word.eq_ignore_ascii_case(b"vostfr"))
}

/// Whether it is a sum of the file, `0A1B2C3D`.
fn is_sum(end: &str) -> bool {
    end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a name tells season and episode itself.
pub(super) fn is_numbered(stem: &str) -> bool {
    numbers::find(stem).is_some()
}

/// Whether a name tells that it is a special with a number.
pub(super) fn is_special(stem: &str) -> bool {
    numbers::find(stem).is_some_and(|found| found.season == 0)
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
                _ if place.season.is_none() && is_of_one(last, rest) => {}
                _ => {
                    place.show = Some(last);
                    break;
                }
            }
            above = rest;
        }
        place
    }

    /// Whether what was taken for a season's folder is called like the show itself: `24/24 S01E01.mkv` lies
    /// in no 24th season, nor `13 Series/13 Series S01E01.mkv` in a 13th one.
    fn is_the_show(&self, prefix: &str) -> bool {
        self.season.as_ref().is_some_and(|season| season.show.is_none())
            && self.season_folder.is_some_and(|folder| comparable(&clean(prefix)) == comparable(folder))
    }

    fn take_for_the_show(&mut self) {
        self.show = self.season_folder;
        self.season = None;
    }
}

/// Whether a folder in a season's is one episode's: `Season 1/Episode 07`, `Season 1/E08 - Title`.
fn is_of_one(folder: &str, above: &[String]) -> bool {
    let is_in_season =
        above.last().and_then(|above| of_folder(above)).is_some_and(|season| !season.bare || above.len() > 1);
    is_in_season
        && absolute::marked(folder).is_some_and(|found| found.start == 0 && found.first == found.last)
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
    fn of(text: &str, place: &Place<'_>, is_fansub: bool) -> Self {
        if let Some(found) = numbers::find(text) {
            let numbers::Found { season, first, last, piece, is_between, start, end } = found;
            if is_between {
                return Self::unnumbered(Some(0), start, text);
            }
            return Self { season: Some(season), numbers: Numbers::Range { first, last }, piece, start, end };
        }
        if let Some((date, start, end)) = date::find(text) {
            let season = place.season.as_ref().map(|season| season.season);
            let around = Around { season, show: place.show, is_fansub };
            if let Some(found) = absolute::before_a_day(&text[..start], around) {
                return Self::counted(found, None, text);
            }
            let marked = absolute::marked(text).filter(|found| found.end <= start);
            // `60. Bölüm (31.01.2023)` tells its day beside its number,
            // as does a release's `E56.190121`.
            let is_beside = text[..start].ends_with(['(', '[']) || end - start == 6;
            if marked.is_none() || !is_beside {
                let start = marked.map_or(start, |marked| marked.start);
                return Self { season: None, numbers: Numbers::Date(date), piece: None, start, end };
            }
        }
        if absolute::is_creditless(text) {
            return Self::unnumbered(Some(0), text.len(), text);
        }
        if absolute::is_between(text) {
            return Self::unnumbered(Some(0), text.len(), text);
        }
        if let Some(read) = Self::of_season(text, place, is_fansub) {
            return read;
        }
        let season = place.season.as_ref().map(|season| season.season);
        if let Some(found) = absolute::find(text, Around { season, show: place.show, is_fansub }) {
            return Self::counted(found, season, text);
        }
        // Kodi's `name.special.avi`
        let special = text.to_ascii_lowercase().ends_with(".special").then_some(0);
        Self::unnumbered(special, text.len(), text)
    }

    /// A name that tells its season apart from its number, or its season alone.
    fn of_season(text: &str, place: &Place<'_>, is_fansub: bool) -> Option<Self> {
        let own = season::in_name(text)?;
        let around = Around { season: Some(own.season), show: None, is_fansub };
        if let Some(found) = absolute::find(&text[own.end..], around) {
            let found = absolute::Found {
                season: found.season.or(Some(own.season)),
                start: own.start,
                end: own.end + found.end,
                ..found
            };
            return Some(Self::counted(found, None, text));
        }
        let is_before = |found: &absolute::Found| found.end <= own.start;
        // `Episode 14 (saison 2)`
        if let Some(found) = absolute::marked(text).filter(is_before) {
            let found = absolute::Found { season: found.season.or(Some(own.season)), ..found };
            return Some(Self::counted(found, None, text));
        }
        let season = place.season.as_ref().map(|season| season.season);
        let found = absolute::find(text, Around { season, show: place.show, is_fansub });
        (!found.as_ref().is_some_and(is_before)).then(|| Self::unnumbered(Some(own.season), own.start, text))
    }

    fn counted(found: absolute::Found, season: Option<u32>, text: &str) -> Self {
        let absolute::Found { season: own, first, last, start, end } = found;
        // `Show - 07.5` stands between two episodes.
        let behind = text[end..].strip_prefix(".5");
        if behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric())) {
            return Self::unnumbered(Some(0), start, text);
        }
        let numbers = if own.or(season).is_some() {
            Numbers::Range { first, last }
        } else {
            Numbers::Absolute { first, last }
        };
        Self { season: own, numbers, piece: None, start, end }
    }

    fn unnumbered(season: Option<u32>, start: usize, text: &str) -> Self {
        Self { season, numbers: Numbers::None, piece: None, start, end: text.len() }
    }
}

/// What stands behind the `of 24` of `S05E06 of 24`.
fn behind_of(rest: &str) -> &str {
    let trimmed = rest.trim_start_matches([' ', '.', '_']);
    let behind = trimmed.get(..2).filter(|word| word.eq_ignore_ascii_case("of")).map(|_| &trimmed[2..]);
    let number = behind.map(|behind| behind.trim_start_matches([' ', '.', '_'])).unwrap_or_default();
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !number[digits..].starts_with(|c: char| c.is_alphanumeric());
    if (1..=3).contains(&digits) && ends { &number[digits..] } else { rest }
}

/// What stands behind the numbers, without junk: no day, no tag in brackets.
fn title_of(rest: &str) -> Option<String> {
    let rest = behind_of(rest);
    let rest = rest.trim_start_matches([' ', '.', '_', '-', '–', '—', ':', ')', ']', ',']);
    let words = junk::words(rest);
    if junk::is_hard(&words, 0) {
        return None;
    }
    let kept = junk::cut(rest).trim_end();
    // `[0A1B2C3D]` is a sum of the file.
    let last = kept.strip_suffix(']').and_then(|kept| kept.rsplit_once('['));
    let last = last.or_else(|| kept.strip_suffix(')').and_then(|kept| kept.rsplit_once('(')));
    let kept = last.filter(|(_, sum)| is_sum(sum)).map_or(kept, |(title, _)| title);
    let kept = kept.trim_end_matches([' ', '.', '_', '-']);
    if kept.starts_with('[') && kept.find(']') == Some(kept.len() - 1) {
        return None;
    }
    let inner = kept.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let kept = inner.filter(|inner| !inner.contains(['(', ')'])).unwrap_or(kept);
    let is_day = kept.len() == 6 && kept.bytes().all(|byte| byte.is_ascii_digit());
    Some(clean(kept)).filter(|title| !is_day && title.chars().any(char::is_alphanumeric))
}

fn resolution(rest: &str) -> Option<String> {
    let word = junk::words(rest)
        .into_iter()
        .map(|word| word.text)
        .find(|word| junk::is_resolution(&word.to_lowercase()) || matches!(*word, "4K" | "4k" | "UHD"));
    word.map(str::to_owned)
}

/// A name without the groups in front: `[Group] Show - 04`, `[Group]_[Others]_Show_04`.
fn without_group(text: &str) -> &str {
    let mut text = without_site_in_front(text.trim());
    loop {
        // `37 [Group]_Show_-_37` counts its files in front.
        let counted = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let inner = text.strip_prefix('[').or_else(|| counted.strip_prefix('['));
        let Some((group, rest)) = inner.and_then(|inner| inner.split_once(']')) else { return text };
        let behind = rest.trim_start_matches([' ', '_', '.', '-']);
        let is_number = !group.chars().any(char::is_alphabetic);
        if !rest.chars().any(char::is_alphabetic) || is_number || is_numbered(group) {
            return text;
        }
        text = behind;
        // Of `[Group][Title][04]` the second is the title.
        if !text.starts_with('[') || !has_title_outside(text) {
            return text;
        }
    }
}

/// Whether a title follows the brackets in front, none of which holds a number: `[Others][Rip]_Show_04`.
fn has_title_outside(text: &str) -> bool {
    let mut rest = text;
    while let Some((inner, behind)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        if inner.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        rest = behind.trim_start_matches(['_', ' ', '.']);
    }
    rest.starts_with(char::is_alphabetic) && !junk::is_hard(&junk::words(rest), 0)
}
