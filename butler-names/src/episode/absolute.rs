//! Episodes without a season in the name: `ep234`, `第01話`, `01 of 08`, `[Group] Show - 04 [1080p]`, `01 -
//! Foo`, and `102` as the last resort.
//!
//! The forms are tried from the surest on; where two numbers could be meant and nothing decides, none is
//! taken.

use std::sync::LazyLock;

use regex::Regex;

use super::super::junk::{self, Word};
use super::super::title::{clean, comparable, words};
use super::numbers::{is_inside_a_word, is_revision};
use super::season::{NUMERALS, YEARS};

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
        pattern: r"(?i)(?:episode|episodio|episódio|épisode|epizod|epizoda|folge|capítulo|capitulo|cap|aflevering|avsnitt|afsnit|odcinek|b[öo]l[üu]m|jakso|rész|díl|серия|эпизод|серія|επεισόδιο|الحلقة|حلقة|פרק|ตอนที่|tập|eps?|e)[ ._\-#]{0,3}([0-9]{1,4})(?:(?:[\-+&~]|\s?[\-+&~]\s?ep?)([0-9]{1,4}))?",
        season: None,
    },
    Form {
        pattern: r"(?i)([0-9]{1,4})\.?\s?(?:серия|серія|b[öo]l[üu]m|blm|rész|díl|αναπληρωτ)",
        season: None,
    },
    // A bonus, as guessit numbers it.
    Form { pattern: r"-x([0-9]{2})", season: Some(0) },
    Form { pattern: r"#([0-9]{1,4})(?:\s?-\s?#?([0-9]{1,4}))?", season: None },
];

const PARTS: &str = "part|teil|pt|chapter|kapitel|del|deel|parte|часть|partie|vol|volume";

static COMPILED: LazyLock<Vec<(Regex, Option<u32>)>> = LazyLock::new(|| {
    FORMS.iter().filter_map(|form| Some((Regex::new(form.pattern).ok()?, form.season))).collect()
});
static OF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)(?:(?:{PARTS})[ ._\-]{{0,2}})?[(\[]?([0-9]{{1,3}})[ ._]?(?:of|von|из|/)[ ._]?([0-9]{{1,3}})[)\]]?")).ok()
});
static LEADING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^([0-9]{1,4})(?:(?:[\-+~&]|\s[&+]\s)([0-9]{1,4}))?(?:v[0-9])?(\s*[\-.)_–]\s*|\s+|$)").ok()
});
static DASHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)[\s_.][\-–][\s_.]\(?([0-9]{1,4})(?:v[0-9])?(?:(?:[\-~+&]|\s[&+]\s)([0-9]{1,4}))?\)?(?:v[0-9]|END)?(?:[\s._\-\[(]|$)",
    )
    .ok()
});
static BRACKETED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\[([0-9]{1,4})(?:[\-~]([0-9]{1,4}))?(?:v[0-9])?(?:[ _]?(?:end|fin|完))?\]").ok()
});
static BETWEEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\s_.][\-–][\s_.][0-9]{1,4}\.5(?:[\s._\-\[(]|$)").ok());
/// `Show 13-16`, `Show 13 & 14`.
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[\s_.]\(?([0-9]{2,4})(?:[\-~+&]|\s[&+]\s)([0-9]{2,4})\)?(?:[\s._\[(]|$)").ok()
});
/// `NCOP`, `NCED 02`, `Creditless Opening`: discs number these apart, so their numbers are nobody's among the
/// specials.
static CREDITLESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\bNC|\b(?:creditless|textless|clean)[ ._\-])[ ._\-]?(?:OP|ED|openings?|endings?)[ ._\-]?[0-9]{0,2}[a-z]?(?:v[0-9])?(?:[\W_]|$)").ok()
});
static PART: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"(?i)(?:{PARTS})[ ._\-]{{0,2}}([0-9]{{1,3}})")).ok());
/// `Part Two`, `Episode One`, `Part II`.
static PART_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let (numerals, roman) = (NUMERALS.join("|"), ROMAN.join("|"));
    Regex::new(&format!(
        r"(?i)\b(?:(?:part|episode|chapter)[ ._\-]({numerals})|(?:part|pt)[ ._\-]({roman}))(?:[\W_]|$)"
    ))
    .ok()
});
const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
/// `1-02` and `1.02`, season and episode.
static POINT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s_.])([1-9][0-9]?)[.\-]([0-9]{2})(?:[\s_.]|-[^0-9]|$)").ok());

/// `Show - 101 (01) - ` in front of a day.
static BEFORE_A_DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[ _.]-[ _.]([1-9][0-9]{2})(?: ?\([0-9]{1,4}\))?[ _.\-]*[(\[]?$").ok());

/// What is known of a name from around its number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// What the folder tells.
    pub(super) season: Option<u32>,
    /// The folder that tells the show, if one does.
    pub(super) show: Option<&'a str>,
    /// Whether a group of fans named it: they count through all seasons.
    pub(super) is_fansub: bool,
}

/// The number of a name.
pub(super) fn find(text: &str, around: Around<'_>) -> Option<Found> {
    let Around { season, show, .. } = around;
    let in_folder = show.is_some() || season.is_some();
    let of_season = |found| of_season(text, found, season);
    marked(text)
        .or_else(|| behind_point(text, around).filter(|found| found.start == 0 || season.is_none()))
        .or_else(|| if in_folder { leading(text, around) } else { None })
        .or_else(|| {
            whole(DASHED.as_ref()?, text)
                .map(|found| Found { end: found.end - trailing(text, found.end), ..found })
                .map(of_season)
        })
        .or_else(|| whole(BRACKETED.as_ref()?, text).map(of_season))
        .or_else(|| behind_point(text, around))
        .or_else(|| if in_folder { behind_show(text, around) } else { None })
        .or_else(|| whole(PART.as_ref()?, text))
        .or_else(|| part_word(text))
        .or_else(|| {
            let found = whole(SPAN.as_ref()?, text).filter(|found| in_folder && found.last > found.first)?;
            Some(Found { end: found.end - trailing(text, found.end), ..found })
        })
        .or_else(|| pair(text, around))
        .or_else(|| lone(text, around))
        .or_else(|| glued(text, around))
        .or_else(|| at_end(text, season))
}

/// The season and number in front of a day: `Show - 101 - 2010-11-23`, `Show.101.Event.2010.11.23`. What has
/// a day is not counted through all seasons; `100` is the pilot of the first one.
pub(super) fn before_a_day(front: &str, around: Around<'_>) -> Option<Found> {
    let dashed = || {
        let found = BEFORE_A_DAY.as_ref()?.captures(front)?;
        let (place, number) = (found.get(0)?, found[1].parse::<u32>().ok()?);
        Some(Found { season: None, first: number, last: number, start: place.start(), end: place.end() })
    };
    let is_of_three = |found: &Found| found.season.is_some() || (100..1000).contains(&found.first);
    let found = behind_show(front, around).filter(is_of_three).or_else(dashed)?;
    let of_season = found.first / 100;
    match found.season {
        None if around.is_fansub || around.season.is_some_and(|season| season != of_season) => None,
        None => {
            let number = found.first % 100;
            Some(Found { season: Some(of_season), first: number, last: number, ..found })
        }
        Some(_) => Some(found),
    }
}

/// A number with a word of its own: `ep234`, `第01話`, `01 of 08`.
pub(super) fn marked(text: &str) -> Option<Found> {
    COMPILED
        .iter()
        .find_map(|(form, season)| whole(form, text).map(|found| Found { season: *season, ..found }))
        .or_else(|| of(text))
}

/// `401` in the folder of the fourth season.
fn of_season(text: &str, found: Found, season: Option<u32>) -> Found {
    let digits = text[found.start..found.end].bytes().filter(u8::is_ascii_digit).count();
    let of_season =
        season.filter(|season| (3..=4).contains(&digits) && *season > 0 && found.first / 100 == *season);
    match of_season.filter(|_| found.first == found.last && !found.first.is_multiple_of(100)) {
        Some(season) => {
            let number = found.first % 100;
            Found { season: Some(season), first: number, last: number, ..found }
        }
        None => found,
    }
}

/// Whether a name is that of an opening or ending without credits.
pub(super) fn is_creditless(text: &str) -> bool {
    CREDITLESS.as_ref().is_some_and(|form| form.is_match(text))
}

/// Whether a name is numbered between two episodes: `Show - 07.5`.
pub(super) fn is_between(text: &str) -> bool {
    text.contains(".5") && BETWEEN.as_ref().is_some_and(|form| form.is_match(text))
}

/// A form's first whole match: not inside of a word, and no year.
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
        // `全24集` is how many there are.
        let inside = text[..place.start()].ends_with(['全', '共'])
            || is_inside_a_word(text, place.start())
                && !text[place.start()..].starts_with([' ', '[', '_', '.', '-']);
        // Behind a blank or bracket another number begins: `Show - 360 1080p`.
        let goes_on = behind.is_some_and(|c| {
            (c.is_ascii_digit() && text[..end].ends_with(char::is_alphanumeric))
                || (c.is_alphabetic() && c < '\u{0530}' && !is_revision(&text[end..]))
        });
        (!inside && !goes_on && !is_year(first.as_str())).then_some(Found {
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
    text[..end].chars().next_back().filter(|c| !c.is_alphanumeric()).map_or(0, char::len_utf8)
}

fn is_year(digits: &str) -> bool {
    digits.parse::<u32>().map_or(true, |number| digits.len() >= 3 && YEARS.contains(&number))
}

/// A number that is a year or a height of a picture rather than an episode.
fn is_other(digits: &str) -> bool {
    is_year(digits) || matches!(digits, "480" | "576" | "720" | "1080" | "2160")
}

/// `Part Two`, as short series are cut in pieces.
fn part_word(text: &str) -> Option<Found> {
    let found = PART_WORD.as_ref()?.captures(text)?;
    let word = found.get(1).or(found.get(2))?;
    let is_it = |(other, _): &(&str, u32)| word.as_str().eq_ignore_ascii_case(other);
    let (_, number) = NUMERALS.into_iter().zip(1..).chain(ROMAN.into_iter().zip(1..)).find(is_it)?;
    let start = found.get(0)?.start();
    Some(Found { season: None, first: number, last: number, start, end: word.end() })
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
fn leading(text: &str, around: Around<'_>) -> Option<Found> {
    let Around { season, show, .. } = around;
    let found = LEADING.as_ref()?.captures(text)?;
    let (digits, behind) = (&found[1], &found[3]);
    let end = found.get(0)?.end();
    let is_show = show.is_some_and(|show| clean(show) == digits);
    if is_show && text[end..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // `11.22.63.106`, `10 Things 03`
    if show.is_some_and(|show| words(show).len() > 1 && behind_title(text, show).is_some()) {
        return None;
    }
    let marked = behind.trim() != "" || end == text.len();
    let sure =
        marked || (digits.starts_with('0') && digits.len() > 1) || (season.is_some() && digits.len() == 2);
    let sure = sure || (season.is_some() && around.show.is_some() && is_title(&text[end..]));
    let first: u32 = digits.parse().ok()?;
    let last = found
        .get(2)
        .and_then(|last| last.as_str().parse().ok())
        .filter(|last| *last > first && last - first <= 100);
    let last = last.filter(|_| found.get(2).is_some_and(|last| last.len() >= digits.len().max(2)));
    let end = if last.is_none() && found.get(2).is_some() { digits.len() } else { end };
    if !sure || is_other(digits) {
        return None;
    }
    let of_season = season
        .and_then(|season| split(digits, first, Some(season)).or_else(|| padded(digits, text, Some(season))));
    match of_season {
        // `102 - Foo`, `0102 - Foo` in `Season 1`.
        Some(season) => {
            Some(Found { season: Some(season), first: first % 100, last: first % 100, start: 0, end })
        }
        None => Some(Found { season: None, first, last: last.unwrap_or(first), start: 0, end }),
    }
}

/// The `02` of `1.02 Go West` and `Show 1-02`, if the number in front is the season of the folder; where that
/// tells none, the `1.02` behind the show's name alone.
fn behind_point(text: &str, around: Around<'_>) -> Option<Found> {
    let Around { season, show, .. } = around;
    let found = POINT.as_ref()?.captures(text)?;
    let (of_season, number) = (found.get(1)?, found.get(2)?);
    let first: u32 = number.as_str().parse().ok()?;
    // `9-10` in the folder of the ninth season are two episodes.
    let is_range = text[of_season.end()..].starts_with('-')
        && (of_season.len() > 1 || season.is_some_and(|season| first == season + 1 && first > 9));
    let told: u32 = of_season.as_str().parse().ok()?;
    let is_it = match season {
        Some(season) => season == told && !is_range,
        None => {
            let front = clean(&text[..of_season.start()]);
            let is_point = text[of_season.end()..].starts_with('.');
            is_point && show.is_some_and(|show| front.is_empty() || comparable(&front) == comparable(show))
        }
    };
    is_it.then_some(Found {
        season: Some(told),
        first,
        last: first,
        start: of_season.start(),
        end: number.end(),
    })
}

/// Whether what follows a number can be an episode's title, rather than the rest of `7 Days`: a release's
/// words follow it.
fn is_title(rest: &str) -> bool {
    junk::start(rest).is_some()
}

/// `Show 14 Title`: the number right behind the show's own name.
fn behind_show(text: &str, around: Around<'_>) -> Option<Found> {
    let mut own = behind_title(text, around.show?)?;
    let (number, next) = (own.next()?, own.next()?);
    let is_number =
        matches!(number.text.len(), 2 | 3) && number.text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || next.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'&') {
        return None;
    }
    one(number, text, around)
}

/// The words behind a show's title at the beginning of a name.
fn behind_title<'a>(text: &'a str, show: &str) -> Option<impl Iterator<Item = Word<'a>> + use<'a>> {
    let show = words(show);
    let mut own = junk::words(text).into_iter();
    for word in &show {
        // An article in front counts on neither side.
        let mut next = own.next()?;
        if words(next.text).is_empty() {
            next = own.next()?;
        }
        if words(next.text).concat() != *word {
            return None;
        }
    }
    (!show.is_empty()).then_some(own)
}

/// Two episodes that follow each other, as scenes write them in front of a release's words: `show.101.102.hdtv`,
/// `show.10102.hdtv`.
fn pair(text: &str, around: Around<'_>) -> Option<Found> {
    let words = junk::words(text);
    let released = (1..words.len()).find(|at| junk::is_hard(&words, *at))?;
    let last = words[released - 1];
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|_| !is_other(digits));
    let found = |season: u32, number: u32, start: usize| Found {
        season: Some(season),
        first: number,
        last: number + 1,
        start,
        end: last.end,
    };
    if last.text.len() == 5 {
        let (first, second) = last.text.split_at_checked(3)?;
        let (number, second) = (number(first)?, number(second)?);
        let season = split(first, number, around.season)?;
        return (number % 100 + 1 == second).then(|| found(season, number % 100, last.start));
    }
    let before = words[..released - 1].last()?;
    let (first, second) = (number(before.text)?, number(last.text)?);
    let season = split(before.text, first, around.season)?;
    let follows = first + 1 == second && split(last.text, second, around.season) == Some(season);
    follows.then(|| found(season, first % 100, before.start))
}

/// The one number of a name: `Show 04`, `Show.102.HDTV`.
fn lone(text: &str, around: Around<'_>) -> Option<Found> {
    let words = junk::words(text);
    let end = (0..words.len()).find(|at| junk::is_hard(&words, *at)).unwrap_or(words.len());
    // `Room 104 - Pilot` is no fourth episode.
    let of_show: Vec<_> =
        junk::words(around.show.unwrap_or_default()).into_iter().map(|word| word.text).collect();
    let mut numbers = words[..end]
        .iter()
        .filter(|word| {
            let digits = digits_of(word);
            (1..=4).contains(&digits.len()) && !is_other(digits)
        })
        .filter(|word| !of_show.contains(&word.text));
    let (word, other) = (*numbers.next()?, numbers.next());
    if other.is_some() || (word.start == 0 && word.end != text.len()) {
        return None;
    }
    let is_released = word.start > 0 && end < words.len() && words[end - 1].start == word.start;
    // At the top of a library a number may be a title's end, unless a release's words follow.
    if around.show.is_none() && around.season.is_none() && !(is_released && digits_of(&word).len() >= 2) {
        return None;
    }
    let found = one(word, text, around)?;
    // A number of one digit is as likely a part of the title, unless it ends the name or is set apart.
    (found.season.is_some()
        || digits_of(&word).len() >= 2
        || text[word.end..].starts_with(" - ")
        || word.end == text.trim_end().len()
        || is_released)
        .then_some(found)
}

/// `Show01` in the folder `Show`.
fn glued(text: &str, around: Around<'_>) -> Option<Found> {
    let show = words(around.show?).concat();
    let all = junk::words(text);
    all.iter().enumerate().find_map(|(at, word)| {
        let digits = word.text.bytes().rev().take_while(u8::is_ascii_digit).count();
        let start = word.end - digits;
        // One digit is glued to titles too, unless nothing follows but a release's words.
        let is_apart = at + 1 == all.len() || junk::is_hard(&all, at + 1);
        let is_it = (2..=4).contains(&digits) || (digits == 1 && is_apart);
        // `TheShow01`, `grp-show01`
        let own = || words(&text[word.start..start]).concat();
        let is_show =
            |title: &str| title == show || title.strip_prefix("the").is_some_and(|rest| rest == show);
        let is_it = is_it
            && digits < word.text.len()
            && !is_other(&text[start..word.end])
            && (is_show(&words(&text[..start]).concat())
                || (at == 1 && all[0].start == 0 && is_show(&own())));
        is_it.then(|| one(Word { text: &text[start..word.end], start, end: word.end }, text, around))?
    })
}

/// `grp-show-720p-x264-101` in the folder of the first season: some scene groups put the number last.
fn at_end(text: &str, season: Option<u32>) -> Option<Found> {
    let word = junk::words(text).last().copied().filter(|word| word.end == text.len() && word.start > 0)?;
    let number: u32 = word.text.parse().ok()?;
    let season = split(word.text, number, season).filter(|of_season| Some(*of_season) == season)?;
    let number = number % 100;
    Some(Found { season: Some(season), first: number, last: number, start: word.start, end: word.end })
}

/// The digits of `04` and `04v2`; nothing of any other word.
fn digits_of<'a>(word: &Word<'a>) -> &'a str {
    let digits = word.text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &word.text[digits..];
    if rest.is_empty() || is_revision(rest) { &word.text[..digits] } else { "" }
}

/// A number without any mark: `102` is season and episode, unless fans counted.
fn one(word: Word<'_>, text: &str, around: Around<'_>) -> Option<Found> {
    let digits = digits_of(&word);
    let number: u32 = digits.parse().ok()?;
    let found = Found { season: None, first: number, last: number, start: word.start, end: word.end };
    let season = if around.is_fansub && around.season.is_none() {
        None
    } else {
        split(digits, number, around.season).or_else(|| padded(digits, text, around.season))
    };
    Some(match season {
        Some(_) => Found { season, first: number % 100, last: number % 100, ..found },
        None => found,
    })
}

/// The season of `102`, if its folder says the same or nothing.
fn split(digits: &str, number: u32, season: Option<u32>) -> Option<u32> {
    let of_season = number / 100;
    let fits = matches!(digits.len(), 3 | 4) && !digits.starts_with('0') && !number.is_multiple_of(100);
    (fits && season.is_none_or(|season| season == of_season)).then_some(of_season)
}

/// The season of a scene's `show.0106.720p`.
fn padded(digits: &str, text: &str, season: Option<u32>) -> Option<u32> {
    let of_season = digits.get(..2)?.parse().ok()?;
    let is_scene = digits.len() == 4 && digits.starts_with('0') && (!text.contains(' ') || season.is_some());
    (is_scene && of_season > 0 && season.is_none_or(|season| season == of_season)).then_some(of_season)
}
