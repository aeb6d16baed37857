//! Films: by the file's name, weighed against its folder's.
//!
//! A file that tells title and year stands for itself. One that tells less is its folder's film only if it
//! says so (the same title, a release's folder, a name that means nothing): two films in one item are worse
//! than one film without a year.

#[cfg(test)]
mod cases;
mod film_name;

use std::sync::LazyLock;

use film_name::{FilmName, version};
use regex::Regex;

use super::ids::Tags;
use super::title::{clean, comparable, is_one_title, titled, words};
use super::{Ids, Movie, junk, stack};

/// Names of files that say nothing, letters and digits only.
const GENERIC: &[&str] = &[
    "movie",
    "film",
    "video",
    "main",
    "mainmovie",
    "feature",
    "title",
    "index",
    "disc",
    "output",
    "mainfeature",
    "maintitle",
    "00000",
];

/// `VTS_01_1`: the first piece of a DVD's first title.
static DVD_FILE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^VTS_([0-9]{2})_([0-9])$").ok());

/// The film of a file in its folders.
pub(super) fn name(folders: &[String], stem: &str) -> Movie {
    let place = Place::of(folders, stem);
    let own = place.own.as_deref().map(FilmName::parse);
    let folder = place.folder.map(FilmName::parse);
    let mut movie = match (own, folder) {
        (None, None) => Movie { title: titled(stem), ..Movie::default() },
        (None, Some(folder)) => of_folder(&folder, None, None),
        (Some(own), None) => of_file(own, stem),
        (Some(own), Some(folder)) => weigh(own, &folder, stem),
    };
    movie.version = movie.version.or(place.version);
    movie.stack = movie.stack.or(place.stack);
    movie
}

/// How many of a file's folders make its film's own: those of a disc, a piece or a version lie inside it.
pub(super) fn depth(folders: &[String]) -> usize {
    Place::of(folders, "").depth
}

/// Which names count: not those of a disc's inner folders, of a piece's, or of a version's.
struct Place<'a> {
    /// The file's name, if it can say anything.
    own: Option<String>,
    folder: Option<&'a str>,
    version: Option<String>,
    stack: Option<u32>,
    /// How many of the folders make the film's own.
    depth: usize,
}

impl<'a> Place<'a> {
    fn of(folders: &'a [String], stem: &str) -> Self {
        let mut place =
            Self { own: Some(stem.to_owned()), folder: None, version: None, stack: None, depth: 0 };
        let mut above = folders;
        if let Some(at) = above.iter().position(|folder| {
            matches!(folder.to_ascii_uppercase().as_str(), "VIDEO_TS" | "BDMV" | "HVDVD_TS")
        }) {
            let is_dvd = !above[at].eq_ignore_ascii_case("BDMV");
            above = &above[..at];
            place.own = None;
            place.version = Some(format!("{} {stem}", if is_dvd { "DVD" } else { "Blu-ray" }));
        }
        if let Some(found) = DVD_FILE.as_ref().and_then(|file| file.captures(stem)) {
            place.own = None;
            place.version = Some(format!("DVD title {}", found[1].trim_start_matches('0')));
            place.stack = found[2].parse().ok().filter(|piece| *piece > 0);
        }
        while let Some((last, rest)) = above.split_last() {
            if let Some(piece) = stack::folder(last).filter(|_| !rest.is_empty()) {
                place.stack = place.stack.or(Some(piece));
            } else if junk::is_all(last) && !rest.is_empty() {
                place.version = place.version.or_else(|| Some(clean(last)));
            } else if is_scrambled(last) && rest.last().is_some_and(|film| is_film_folder(film)) {
                // `Heat (1995)/a1b2c3d4e5f6/a1b2c3d4e5f6.mkv`
            } else if let Some(label) = rest.last().and_then(|film| version_folder(last, film)) {
                place.version =
                    Some(place.version.map_or_else(|| label.clone(), |own| format!("{label} {own}")));
            } else {
                place.folder = Some(last);
                break;
            }
            above = rest;
        }
        place.depth = above.len();
        if place.own.is_some() && place.stack.is_none() && place.folder.is_some() {
            // `Heat (1995)/cd1.avi`
            if let Some(piece) = stack::folder(stem) {
                (place.own, place.stack) = (None, Some(piece));
            }
        }
        if place.folder.is_some() && place.own.as_deref().is_some_and(junk::is_all) {
            place.version = place.version.or_else(|| junk::version(stem));
            place.own = None;
        }
        if place.folder.is_some() && place.own.as_deref().is_some_and(is_generic) {
            place.own = None;
        }
        place
    }
}

/// What tells the versions apart that lie each in a folder in their film's: `Heat (1995)/Heat (1995) -
/// 2160p`.
fn version_folder(folder: &str, above: &str) -> Option<String> {
    let start = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).take(3).collect::<String>();
    if folder.len() <= above.len() || start(folder).to_lowercase() != start(above).to_lowercase() {
        return None;
    }
    let (own, film) = (FilmName::parse(folder), FilmName::parse(above));
    let is_same =
        film.year.is_some() && own.year == film.year && comparable(&own.title) == comparable(&film.title);
    own.version.filter(|_| is_same)
}

/// `VIDEO_TS.VOB`, `VTS_01_0.VOB`: menus.
pub(super) fn is_disc_menu(stem: &str) -> bool {
    stem.eq_ignore_ascii_case("VIDEO_TS")
        || DVD_FILE.as_ref().and_then(|file| file.captures(stem)).is_some_and(|found| &found[2] == "0")
}

fn is_generic(stem: &str) -> bool {
    let key = words(stem).concat();
    GENERIC.contains(&key.as_str())
        || (key.len() >= 4 && key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()))
}

fn of_file(own: FilmName, stem: &str) -> Movie {
    let FilmName { title, year, tags: Tags { ids, edition }, version, piece, with_piece, .. } = own;
    let (title, stack) = with_piece.map_or((title, piece), |whole| (whole, None));
    let (title, year) = if title.is_empty() { (titled(stem), None) } else { (title, year) };
    Movie { title, year, edition, ids, version, stack }
}

fn of_folder(folder: &FilmName, own: Option<FilmName>, label: Option<String>) -> Movie {
    let (own_tags, piece) = own.map_or_else(Default::default, |own| (own.tags, own.piece));
    let Tags { ids, edition } = own_tags.or(&folder.tags);
    let title = if folder.title.is_empty() { titled(&folder.text) } else { folder.title.clone() };
    Movie { title, year: folder.year, edition, ids, version: label, stack: piece }
}

/// The film of a file in a folder.
fn weigh(mut own: FilmName, folder: &FilmName, stem: &str) -> Movie {
    let tells_film = folder.year.is_some() || folder.tags.ids != Ids::default();
    let same =
        |title: &str| !folder.title.is_empty() && !title.is_empty() && is_one_title(title, &folder.title);
    // The folder's title holds what looked like a year or a piece: `Wonder Woman 1984 (2020)/Wonder Woman
    // 1984.mkv`.
    if (own.year.is_none() || !own.sure) && folder.year.is_some() && same(&own.with_year) {
        let label = own.version.take();
        return of_folder(folder, Some(own), label);
    }
    if let Some(whole) = own.with_piece.take() {
        if same(&whole) {
            own.piece = None;
            return of_folder(folder, Some(own), None);
        }
        if !same(&own.title) || !tells_film {
            own.with_piece = Some(whole);
        }
    }
    if own.with_piece.is_some() {
        return of_file(own, stem);
    }
    if is_scene_name(stem, &own, folder) || is_counted(&own, folder) {
        let label = own.version.take();
        return of_folder(folder, Some(own), label);
    }
    if own.year.is_some() && !own.title.is_empty() {
        let is_same = same(&own.title) && (folder.year.is_none() || folder.year == own.year);
        if is_same {
            own.tags = std::mem::take(&mut own.tags).or(&folder.tags);
        }
        return of_file(own, stem);
    }
    if own.title.is_empty() {
        let label = own.version.take();
        return of_folder(folder, Some(own), label);
    }
    if same(&own.title) {
        let label = own.version.take();
        let mut movie = of_folder(folder, Some(own.clone()), label);
        if !tells_film {
            movie.title = own.title;
        }
        return movie;
    }
    let own_ids = own.tags.ids != Ids::default();
    if let Some(label) = label_behind(&own.text, &folder.title, tells_film) {
        return of_folder(folder, Some(own), Some(label));
    }
    if tells_film
        && !own_ids
        && (folder.is_release || is_scrambled(stem) || is_part_of(&own.title, &folder.title))
    {
        let label = own.version.take();
        return of_folder(folder, Some(own), label);
    }
    of_file(own, stem)
}

/// `Director's Cut` of `Heat - Director's Cut` in the folder `Heat`; not the `2` or the `Genisys` of another
/// film.
fn label_behind(text: &str, title: &str, tells_film: bool) -> Option<String> {
    let key = Some(comparable(title)).filter(|key| !key.is_empty())?;
    let title_end = junk::words(text)
        .into_iter()
        .map(|word| word.end)
        .find(|end| comparable(&text[..*end]) == key)
        .or_else(|| {
            let end = title.len();
            text.get(..end).filter(|head| head.to_lowercase() == title.to_lowercase()).map(|_| end)
        })?;
    let rest = &text[title_end..];
    let trimmed = rest.trim_start();
    let label = version(rest)?;
    let told: Vec<_> = junk::words(&label).into_iter().map(|word| word.text).collect();
    let known = !told.is_empty() && told.iter().all(|word| junk::is_soft(word) || junk::is_all(word));
    let marked = trimmed.starts_with(['-', '–', '[', '(']);
    let sequel = told.first().is_some_and(|word| is_number(word));
    let starts = rest.starts_with([' ', '.', '_', '-', '[', '(']);
    // In a film's own folder `4KLight` is no title.
    let coined = tells_film && !told.is_empty() && told.iter().all(|word| is_coined(word));
    let coined = coined || (tells_film && is_written_otherwise(&text[..title_end], rest, &told));
    (starts && (known || coined || (marked && tells_film && !sequel && rest.starts_with([' ', '[', '(']))))
        .then_some(label)
}

/// A word as only release groups write them: `HDLight`, `mHD`, `10bit`.
fn is_coined(word: &str) -> bool {
    let (capitals, small) = (
        word.chars().filter(|c| c.is_uppercase()).count(),
        word.chars().filter(|c| c.is_lowercase()).count(),
    );
    let digits = word.chars().filter(char::is_ascii_digit).count();
    (capitals >= 2 && small >= 1) || (digits >= 1 && capitals + small >= 2)
}

/// Whether words behind a title are written as none of its words are: `Heat.FANRES`, `Heat.rip`.
fn is_written_otherwise(title: &str, rest: &str, told: &[&str]) -> bool {
    let is_mixed = title.chars().any(char::is_uppercase) && title.chars().any(char::is_lowercase);
    let is_word = |word: &&str| word.chars().count() >= 2 && word.chars().all(char::is_alphabetic);
    let all = |of: fn(char) -> bool| told.iter().all(|word| word.chars().all(of));
    // `Heat and Dust`, `Heat IV`
    let is_one_word = told.len() == 1 && rest.starts_with(['.', '_']);
    is_mixed
        && told.iter().all(|word| is_word(word) && !is_number(word))
        && (all(char::is_uppercase) || (is_one_word && all(char::is_lowercase)))
}

/// Whether a file is called as scene groups call that of a release's folder: in small letters, the group's
/// mark in front, the title perhaps by its initials.
fn is_scene_name(stem: &str, own: &FilmName, folder: &FilmName) -> bool {
    let Some((mark, rest)) = stem.split_once('-') else { return false };
    let is_small = || {
        (2..=10).contains(&mark.len())
            && mark.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && !rest.chars().any(char::is_uppercase)
    };
    let group = folder.text.rsplit_once('-').map_or("", |(_, group)| group);
    let is_scene =
        folder.is_release && !stem.contains(' ') && (is_small() || group.eq_ignore_ascii_case(mark));
    if !is_scene || (own.year.is_some() && own.year != folder.year) {
        return false;
    }
    let title = words(&FilmName::parse(rest).title);
    let title: Vec<_> = title.iter().filter(|word| !junk::is_soft(word) && !junk::is_all(word)).collect();
    let of_folder = words(&folder.title);
    let short = title.iter().map(|word| word.as_str()).collect::<String>();
    let folder_key = of_folder.concat();
    let mut letters = folder_key.chars();
    title.iter().all(|word| of_folder.contains(word))
        || (title.len() == 1
            && short.len() <= 8
            && short.chars().next() == folder_key.chars().next()
            && short.chars().all(|c| letters.any(|other| other == c)))
}

/// Whether nothing but numbers stands in front of the folder's title: `08.03.09.The.Doors.(1991)`.
fn is_counted(own: &FilmName, folder: &FilmName) -> bool {
    let own_words = words(&own.title);
    let counted = own_words.iter().take_while(|word| word.bytes().all(|byte| byte.is_ascii_digit())).count();
    counted > 0
        && own.year.is_some()
        && own.year == folder.year
        && comparable(&own_words[counted..].join(" ")) == comparable(&folder.title)
}

/// A number of a sequel, in digits or in Roman ones.
fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(
            word.to_ascii_uppercase().as_str(),
            "II" | "III" | "IV" | "V" | "VI" | "VII" | "VIII" | "IX" | "X"
        )
}

/// Whether every word of a file's title is one of its folder's: `The Fellowship` of `The Lord of the Rings:
/// The Fellowship of the Ring`.
fn is_part_of(own: &str, folder: &str) -> bool {
    let (own, folder) = (words(own), words(folder));
    own.iter().map(String::len).sum::<usize>() >= 4 && own.iter().all(|word| folder.contains(word))
}

/// A name that posting programs made up: one word of letters and digits without sense.
fn is_scrambled(stem: &str) -> bool {
    let digits = stem.bytes().filter(u8::is_ascii_digit).count();
    let letters = stem.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_one_word = stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_one_word && digits + letters >= 10 && digits >= 3 && letters >= 2
        || (digits + letters >= 16 && is_one_word && !stem.contains('-') && digits > 0)
}

/// Whether a folder is one film's: its name tells a year or an id.
pub(super) fn is_film_folder(folder: &str) -> bool {
    let named = FilmName::parse(folder);
    !named.title.is_empty() && (named.year.is_some() || named.tags.ids != Ids::default())
}

/// Whether a name tells a film's title and year.
pub(super) fn with_year(stem: &str) -> Option<Movie> {
    let own = FilmName::parse(stem);
    (own.year.is_some() && !own.title.is_empty()).then(|| of_file(own, stem))
}
