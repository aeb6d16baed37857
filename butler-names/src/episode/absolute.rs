//! Episodes without a season in the name: `ep234`, `第01話`, `01 of 08`, `[Group] Show - 04 [1080p]`, `01 -
//! Foo`, and `102` as the last resort.
//!
//! The forms are tried from the surest on; where two numbers could be meant and nothing decides, none is
//! taken.

use std::sync::LazyLock;

use regex::Regex;

use super::super::junk;
use super::numbers::is_inside_a_word;
use super::season::YEARS;

/// What a name's one number says, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// 0 for `SP01`, 1 for `102`; none where the folder must tell.
    pub(super) season: Option<u32>,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// One way to write a number, and what it says of the season.
struct Form {
    pattern: &'static str,
    season: Option<u32>,
}

const FORMS: &[Form] = &[
    Form {
        pattern: r"(?i)(?:SP|OVA|OAD|specials?|спэшл|特別編)[ ._\-#]{0,3}([0-9]{1,3})", season: Some(0)
    },
    Form {
        pattern: r"第\s*([0-9]{1,4})(?:\s*[\-~〜]\s*第?([0-9]{1,4}))?\s*[話话回集期夜章]", season: None
    },
    Form { pattern: r"([0-9]{1,4})\s*(?:話|话|集|화|회|편)", season: None },
    Form {
        pattern: r"(?i)(?:episode|episodio|episódio|épisode|epizod|epizoda|folge|capítulo|capitulo|cap|aflevering|avsnitt|afsnit|odcinek|bölüm|jakso|rész|díl|серия|эпизод|серія|επεισόδιο|الحلقة|حلقة|פרק|ตอนที่|tập|eps?|e)[ ._\-#]{0,3}([0-9]{1,4})(?:\s?[\-+&~]\s?(?:e|ep)?([0-9]{1,4}))?",
        season: None,
    },
    Form {
        pattern: r"(?i)([0-9]{1,4})\.?\s?(?:серия|серія|bölüm|rész|díl|αναπληρωτ)", season: None
    },
    Form { pattern: r"#([0-9]{1,4})(?:\s?-\s?#?([0-9]{1,4}))?", season: None },
];

const PARTS: &str = "part|teil|pt|chapter|kapitel|del|deel|parte|часть|partie";

static COMPILED: LazyLock<Vec<(Regex, Option<u32>)>> = LazyLock::new(|| {
    FORMS.iter().filter_map(|form| Some((Regex::new(form.pattern).ok()?, form.season))).collect()
});
static OF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)(?:(?:{PARTS})[ ._\-]{{0,2}})?[(\[]?([0-9]{{1,3}})[ ._]?(?:of|von|из|/)[ ._]?([0-9]{{1,3}})[)\]]?")).ok()
});
static LEADING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^([0-9]{1,4})(?:\s?[\-+~]\s?([0-9]{1,4}))?(?:v[0-9])?(\s*[\-.)_–]\s*|\s+|$)").ok()
});
static DASHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\s[\-–]\s([0-9]{1,4})(?:\s?[\-~]\s?([0-9]{1,4}))?(?:v[0-9])?(?:[\s._\-\[(]|$)").ok()
});
static BRACKETED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[([0-9]{1,3})(?:[\-~]([0-9]{1,3}))?(?:v[0-9])?\]").ok());
/// `NCOP`, `NCED 02`, `Creditless Opening`: discs number these apart, so their numbers are nobody's among the
/// specials.
static CREDITLESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\bNC|\b(?:creditless|textless|clean)[ ._\-])[ ._\-]?(?:OP|ED|openings?|endings?)[ ._\-]?[0-9]{0,2}[a-z]?(?:v[0-9])?(?:[\W_]|$)").ok()
});
static PART: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"(?i)(?:{PARTS})[ ._\-]{{0,2}}([0-9]{{1,3}})")).ok());

/// The number of a name. `season` is what the folder tells; `show`: the folder that tells the show, if one
/// does.
pub(super) fn find(text: &str, season: Option<u32>, show: Option<&str>) -> Option<Found> {
    let in_folder = show.is_some() || season.is_some();
    COMPILED
        .iter()
        .find_map(|(form, season)| whole(form, text).map(|found| Found { season: *season, ..found }))
        .or_else(|| of(text))
        .or_else(|| if in_folder { leading(text, season) } else { None })
        .or_else(|| {
            whole(DASHED.as_ref()?, text)
                .map(|found| Found { end: found.end - trailing(text, found.end), ..found })
        })
        .or_else(|| whole(BRACKETED.as_ref()?, text))
        .or_else(|| whole(PART.as_ref()?, text))
        .or_else(|| if in_folder { lone(text, season, show.unwrap_or_default()) } else { None })
}

/// Whether a name is that of an opening or ending without credits.
pub(super) fn is_creditless(text: &str) -> bool {
    CREDITLESS.as_ref().is_some_and(|form| form.is_match(text))
}

/// A form's first whole match: not inside of a word, and no year or resolution.
fn whole(form: &Regex, text: &str) -> Option<Found> {
    form.captures_iter(text).find_map(|found| {
        let place = found.get(0)?;
        let (first, number) = (found.get(1)?, found[1].parse::<u32>().ok()?);
        let last = found
            .get(2)
            .and_then(|last| last.as_str().parse().ok())
            .filter(|last| *last > number && last - number <= 100);
        let end =
            if last.is_none() { found.get(2).map_or(place.end(), |_| first.end()) } else { place.end() };
        let behind = text[end..].chars().next();
        let inside = is_inside_a_word(text, place.start()) && !text[place.start()..].starts_with([' ', '[']);
        let goes_on = behind.is_some_and(|c| {
            c.is_ascii_digit() || (c.is_alphabetic() && c < '\u{0530}' && !is_version(&text[end..]))
        });
        (!inside && !goes_on && !is_other(first.as_str())).then_some(Found {
            season: None,
            first: number,
            last: last.unwrap_or(number),
            start: place.start(),
            end,
        })
    })
}

/// How much of a match is what follows it.
fn trailing(text: &str, end: usize) -> usize {
    text[..end].chars().next_back().filter(|c| !c.is_ascii_digit()).map_or(0, char::len_utf8)
}

fn is_version(rest: &str) -> bool {
    rest.starts_with(['v', 'V']) && rest[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// A number that is a year or a height of a picture rather than an episode.
fn is_other(digits: &str) -> bool {
    let Ok(number) = digits.parse::<u32>() else { return true };
    digits.len() >= 3 && (YEARS.contains(&number) || matches!(number, 480 | 576 | 720 | 1080 | 2160))
}

/// `01 of 08`.
fn of(text: &str) -> Option<Found> {
    OF.as_ref()?.captures_iter(text).find_map(|found| {
        let place = found.get(0)?;
        let (number, all): (u32, u32) = (found[1].parse().ok()?, found[2].parse().ok()?);
        let is_whole = !is_inside_a_word(text, place.start())
            && !text[place.end()..].starts_with(|c: char| c.is_alphanumeric());
        (is_whole && (1..=all).contains(&number)).then_some(Found {
            season: None,
            first: number,
            last: number,
            start: place.start(),
            end: place.end(),
        })
    })
}

/// `01 - Foo`, `01. Foo`, `01`; `7 Days` is a title.
fn leading(text: &str, season: Option<u32>) -> Option<Found> {
    let found = LEADING.as_ref()?.captures(text)?;
    let (digits, behind) = (&found[1], &found[3]);
    let marked = behind.trim() != "" || found.get(0)?.end() == text.len();
    let sure =
        marked || (digits.starts_with('0') && digits.len() > 1) || (season.is_some() && digits.len() == 2);
    let first: u32 = digits.parse().ok()?;
    let last = found
        .get(2)
        .and_then(|last| last.as_str().parse().ok())
        .filter(|last| *last > first && last - first <= 100);
    let last = last.filter(|_| found.get(2).is_some_and(|last| last.len() >= digits.len().max(2)));
    let end = if last.is_none() && found.get(2).is_some() { digits.len() } else { found.get(0)?.end() };
    if !sure || is_other(digits) {
        return None;
    }
    match season.and_then(|season| split(digits, first, Some(season))) {
        // `102 - Foo` in `Season 1`.
        Some(season) => {
            Some(Found { season: Some(season), first: first % 100, last: first % 100, start: 0, end })
        }
        None => Some(Found { season: None, first, last: last.unwrap_or(first), start: 0, end }),
    }
}

/// The one number of a name: `Show 04`, `Show.102.HDTV`.
fn lone(text: &str, season: Option<u32>, show: &str) -> Option<Found> {
    let words = junk::words(text);
    let end = (0..words.len()).find(|at| junk::is_hard(&words, *at)).unwrap_or(words.len());
    // `Room 104 - Pilot` is no fourth episode.
    let of_show: Vec<_> = junk::words(show).into_iter().map(|word| word.text).collect();
    let mut numbers = words[..end]
        .iter()
        .filter(|word| {
            word.text.len() <= 4
                && word.text.bytes().all(|byte| byte.is_ascii_digit())
                && !is_other(word.text)
        })
        .filter(|word| !of_show.contains(&word.text));
    let (word, other) = (numbers.next()?, numbers.next());
    if other.is_some() || (word.start == 0 && word.end != text.len()) {
        return None;
    }
    let number: u32 = word.text.parse().ok()?;
    let found = Found { season: None, first: number, last: number, start: word.start, end: word.end };
    if let Some(of_season) = split(word.text, number, season) {
        return Some(Found { season: Some(of_season), first: number % 100, last: number % 100, ..found });
    }
    // A number of one digit is as likely a part of the title, unless it ends the name or is set apart.
    (word.text.len() >= 2 || text[word.end..].starts_with(" - ") || word.end == text.trim_end().len())
        .then_some(found)
}

/// The season of `102`, if its folder says the same or nothing.
fn split(digits: &str, number: u32, season: Option<u32>) -> Option<u32> {
    let of_season = number / 100;
    let fits = matches!(digits.len(), 3 | 4) && !digits.starts_with('0') && !number.is_multiple_of(100);
    (fits && season.is_none_or(|season| season == of_season)).then_some(of_season)
}
