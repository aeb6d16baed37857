//! Tracks: `Artist/Album (Year)/1-03 Title`, disc folders between album and track. Tags come later and count
//! more.
//!
//! Start with [`name`]; what an album's folder says is in `track/album.rs`.

mod album;
#[cfg(test)]
mod cases;

use std::sync::LazyLock;

use album::{AlbumName, disc_of_folder};
use regex::Regex;

use super::Track;
use super::title::{clean, comparable, titled};

pub use album::album_and_disc;

pub(super) const UNKNOWN_ARTIST: &str = "Unknown Artist";
pub(super) const UNKNOWN_ALBUM: &str = "Unknown Album";
const VARIOUS_ARTISTS: &str = "Various Artists";

/// How collections of several artists are called, letters only.
const VARIOUS: &[&str] = &[
    "va",
    "various",
    "variousartists",
    "variousartist",
    "compilations",
    "compilation",
    "samplers",
    "diverse",
    "diverseinterpreten",
    "verschiedene",
    "verschiedeneinterpreten",
    "divers",
    "artistesdivers",
    "variosartistas",
    "variosinterpretes",
    "artistivari",
    "autorivari",
    "diverseartiesten",
    "blandadeartister",
    "soundtracks",
    "soundtrack",
    "ost",
    "originalsoundtracks",
    "разныеисполнители",
    "сборники",
    "сборник",
];
/// Folders between an artist and the albums.
const BETWEEN: &[&str] = &[
    "album",
    "albums",
    "studioalbums",
    "studioalbum",
    "single",
    "singles",
    "ep",
    "eps",
    "singlesandeps",
    "singleseps",
    "live",
    "livealbums",
    "lives",
    "compilation",
    "compilations",
    "bootleg",
    "bootlegs",
    "demo",
    "demos",
    "remixes",
    "mixtapes",
    "discography",
    "lp",
    "lps",
    "mp3",
    "flac",
    "lossless",
    "lossy",
    "other",
    "soundtracks",
];
/// Folders that hold artists and are none.
const ABOVE: &[&str] = &[
    "music",
    "musik",
    "musique",
    "musica",
    "albums",
    "artists",
    "mp3",
    "flac",
    "lossless",
    "jazz",
    "rock",
    "pop",
    "classical",
    "klassik",
    "blues",
    "metal",
    "electronic",
    "hiphop",
    "rap",
    "folk",
    "country",
    "soul",
    "reggae",
    "punk",
    "world",
    "downloads",
    "new",
    "unsorted",
    "collection",
];

/// `01`, `1-03`, `d2t05`, `CD1-03`, `1.03` in front of a title.
static IN_FRONT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\[(#]?(?:(?:cd|disc|disk|d)[ ._]?([0-9]{1,2})[ ._\-]*(?:track|t)?[ ._]?([0-9]{1,3})|([0-9]{1,2})[\-.x]([0-9]{2,3})|(?:track|titel|piste)?[ ._]?([0-9]{1,4}))[\])]?(\s*[\-–._)]\s*|\s+|$)").ok()
});
/// A side of a record holds fewer tracks than this: `D12 - Title` has an artist in front.
const MORE_THAN_A_SIDE: u32 = 12;
/// `A1 - Title`: the side of a record in front of the number on it.
static SIDE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^[\[(]?([A-H])[ ._]?([0-9]{1,2})[\])]?(?:\s*[\-–._)]\s*|\s+)(.*\w.*)$").ok()
});
/// `Artist - Album - 01 - Title`.
static INSIDE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(.+?)\s+-\s+(?:([0-9]{1,2})-)?([0-9]{1,3})\s*(?:-|\.)\s+(.+)$").ok());

/// The track of a file in its folders.
pub(super) fn name(folders: &[String], stem: &str) -> Track {
    let (folders, disc) = match folders.split_last() {
        Some((last, above)) if !above.is_empty() => match disc_of_folder(last, above.len()) {
            Some(disc) => (above, Some(disc)),
            None => (folders, None),
        },
        _ => (folders, None),
    };
    let (artist, album) = artist_and_album(folders);
    let own = Own::read(stem, disc.or(album.disc));
    let is_various = artist == VARIOUS_ARTISTS;
    let (performer, title) = performer_and_title(&own, &artist, &album.title, is_various);
    let AlbumName { title: album, year: album_year, disc: of_album, .. } = album;
    Track {
        artist,
        album,
        album_year,
        disc: own.side.or(disc).or(of_album).or(own.disc),
        number: own.number,
        title,
        performer,
    }
}

fn artist_and_album(folders: &[String]) -> (String, AlbumName) {
    let (artist, album) = match folders {
        [.., artist, between, album] if BETWEEN.contains(&letters(between).as_str()) => {
            (Some(artist), Some(album))
        }
        [.., artist, album] => (Some(artist), Some(album)),
        [only] => (None, Some(only)),
        [] => (None, None),
    };
    let Some(folder) = album else { return (UNKNOWN_ARTIST.to_owned(), AlbumName::unknown()) };
    let album = AlbumName::parse(folder);
    match artist {
        // `Jazz/Miles Davis - Kind of Blue`: a folder of artists tells no artist.
        Some(above)
            if album.artist.is_some()
                && (ABOVE.contains(&letters(above).as_str()) || above.trim().chars().count() == 1) =>
        {
            (called(album.artist.as_deref().unwrap_or_default()), album)
        }
        Some(above) => {
            let artist = called(above);
            // `Miles Davis/Miles Davis - Kind of Blue`
            let repeats = album.artist.as_deref().is_some_and(|repeated| {
                comparable(repeated) == comparable(&artist) || called(repeated) == artist
            });
            let album = if repeats { album } else { album.whole() };
            (artist, album)
        }
        None => match &album.artist {
            Some(artist) => (called(artist), album),
            None => (called(folder), AlbumName { disc: album.disc, ..AlbumName::unknown() }),
        },
    }
}

/// An artist's name; one for all the words for several artists.
fn called(artist: &str) -> String {
    if VARIOUS.contains(&letters(artist).as_str()) { VARIOUS_ARTISTS.to_owned() } else { titled(artist) }
}

fn letters(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What a file's own name says.
struct Own {
    disc: Option<u32>,
    /// The side of a record, which counts as a disc does: sides follow each other through all records of an
    /// album, and each begins with its first track.
    side: Option<u32>,
    number: Option<u32>,
    /// What stands in front of a number inside of the name.
    front: Option<String>,
    title: String,
}

impl Own {
    fn read(stem: &str, disc: Option<u32>) -> Self {
        let stem = stem.trim();
        if let Some(own) = Self::in_front(stem, disc).or_else(|| Self::on_a_side(stem)) {
            return own;
        }
        if let Some(found) = INSIDE.as_ref().and_then(|form| form.captures(stem)) {
            let parsed = |at: usize| {
                found
                    .get(at)
                    .and_then(|number| number.as_str().parse::<u32>().ok())
                    .filter(|number| *number > 0)
            };
            return Self {
                disc: parsed(2),
                side: None,
                number: parsed(3),
                front: Some(clean(&found[1])),
                title: titled(&found[4]),
            };
        }
        Self { disc: None, side: None, number: None, front: None, title: titled(stem) }
    }

    fn on_a_side(stem: &str) -> Option<Self> {
        let found = SIDE.as_ref()?.captures(stem)?;
        let side = found[1].bytes().next().map(|letter| u32::from(letter - b'A') + 1);
        let number = found[2].parse().ok().filter(|number| (1..MORE_THAN_A_SIDE).contains(number));
        number.map(|number| Self {
            disc: None,
            side,
            number: Some(number),
            front: None,
            title: titled(&found[3]),
        })
    }

    /// `01 - Track`, `01. Track`, `01 Track`, `1-03 Track`; `7 Rings` is a title.
    fn in_front(stem: &str, disc: Option<u32>) -> Option<Self> {
        let found = IN_FRONT.as_ref()?.captures(stem)?;
        let text = |at: usize| found.get(at).map(|text| text.as_str());
        // `d12` is no second track of a first disc: nothing stands between the two.
        let is_one_number = found
            .get(1)
            .zip(found.get(2))
            .is_some_and(|(disc, track)| disc.end() == track.start() && track.len() == 1);
        if is_one_number {
            return None;
        }
        let (of_disc, digits) = match (text(1), text(3), text(5)) {
            (Some(disc), ..) => (disc.parse().ok(), text(2)?),
            (_, Some(disc), _) => (disc.parse().ok(), text(4)?),
            (.., Some(digits)) => (None, digits),
            _ => return None,
        };
        let behind = &stem[found.get(0)?.end()..];
        let title = clean(behind);
        let marked = text(6).is_some_and(|mark| !mark.trim().is_empty())
            || of_disc.is_some()
            || !stem.starts_with(|c: char| c.is_ascii_digit());
        let number: u32 = digits.parse().ok()?;
        let is_bare = title.is_empty();
        let of_its_disc = digits.len() == 3 && disc == Some(number / 100) && !number.is_multiple_of(100);
        // A song may be called `1999` or `7 Rings`; alone, a number is the track's if it is written as one.
        let counts = if is_bare {
            digits.len() == 2 || !stem.starts_with(|c: char| c.is_ascii_digit())
        } else {
            digits.len() <= 3 && (marked || digits.len() == 2 || digits.starts_with('0') || of_its_disc)
        };
        let is_time = marked
            && of_disc.is_some()
            && title.starts_with(|c: char| c.is_ascii_digit())
            && text(6).is_some_and(|mark| mark == ".");
        if !counts || is_time || of_disc == Some(0) {
            return None;
        }
        // `203` on the second disc is its third track.
        let number = if of_its_disc { number % 100 } else { number };
        let title = if is_bare { format!("Track {number}") } else { title };
        Some(Self { disc: of_disc, side: None, number: (number > 0).then_some(number), front: None, title })
    }
}

/// Artist and title of `Artist - Title` where that is sure: on an album of several artists, or behind the
/// album's own artist.
fn performer_and_title(own: &Own, artist: &str, album: &str, is_various: bool) -> (Option<String>, String) {
    let is_known =
        |text: &str| comparable(text) == comparable(artist) || comparable(text) == comparable(album);
    let front = own
        .front
        .as_deref()
        .map(|front| front.split(" - ").filter(|part| !is_known(part)).collect::<Vec<_>>().join(" - "))
        .filter(|front| !front.is_empty());
    let (title, mut performer) = (own.title.clone(), None);
    let split = title
        .split_once(" - ")
        .or_else(|| scene(&title))
        .map(|(a, b)| (clean(a), clean(b)))
        .filter(|(a, b)| !a.is_empty() && !b.is_empty());
    let title = match split {
        Some((first, rest)) if is_known(&first) && comparable(&first) == comparable(artist) => rest,
        Some((first, rest)) if is_various => {
            performer = Some(first);
            rest
        }
        _ => title,
    };
    let performer = performer.or(front.filter(|_| is_various));
    (performer, title)
}

/// `miles_davis-so_what`, already with blanks for its underscores.
fn scene(title: &str) -> Option<(&str, &str)> {
    let (artist, rest) = title.split_once('-')?;
    (!title.contains("- ")
        && !title.contains(" -")
        && title.chars().all(|c| !c.is_uppercase())
        && !rest.contains('-'))
    .then_some((artist, rest))
}
