//! Seasons' folders: `Season 01`, `S01`, `Staffel 1`, `2. évad`, `第1季`, `2010`, `Specials`; with a show's
//! name in front or not.

use std::sync::LazyLock;

use regex::Regex;

use super::super::title::clean;
use super::super::{ids, junk};

/// What seasons are called, in the languages in which people name folders.
const WORDS: &str = "season|series|seasons|seasong|staffel|saison|temporada|temp|tem|stagione|seizoen|s[äæ]song|sesong|s[æä]son|kausi|tuotantokausi|sezon|sezona|sezonul|sez[oó]na|série|serie|sezóna|évad|evad|сезон|σεζόν|σεζον|κύκλος|κυκλος|сезона|hooaeg|sezonas|musim|mùa|ซีซั่น|시즌|シーズン|عام|الموسم|موسم|עונה|सीज़न|book|tempada|denboraldia|årgang";

/// Folders of specials, in lower case.
const SPECIALS: &[&str] = &[
    "specials",
    "special",
    "specialepisodes",
    "specialsovas",
    "ovasspecials",
    "specialsova",
    "ovaspecials",
    "sp",
    "sps",
    "ova",
    "ovas",
    "oav",
    "oavs",
    "oad",
    "oads",
    "especiales",
    "especial",
    "especiais",
    "spécial",
    "spéciaux",
    "speciali",
    "speciale",
    "speciaal",
    "spezial",
    "sonderfolgen",
    "specialer",
    "erikoisjaksot",
    "odcinkispecjalne",
    "speciály",
    "különkiadások",
    "спецвыпуски",
    "спешлы",
    "спецвипуски",
    "特典",
    "特别篇",
    "特別篇",
    "番外篇",
    "스페셜",
    "özelbölümler",
];

/// Years that a season can be called by.
pub(super) const YEARS: std::ops::RangeInclusive<u32> = 1930..=2059;

/// `Season 1` at a name's beginning or behind a show's name.
static WORD_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^(.*?)(?:^|[\s._\-(\[,]|\b)(?:{WORDS})[\s._\-#:]*([0-9]{{1,4}})(?:[^0-9x].*)?$"
    ))
    .ok()
});
/// `Season One`.
static WORDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let numerals = NUMERALS.join("|");
    Regex::new(&format!(
        r"(?i)^(.*?)(?:^|[\s._\-(\[,])(?:season|series)[\s._\-]+({numerals})(?:[\s._)\],].*)?$"
    ))
    .ok()
});
/// Numbers in words, from 1 on.
pub(super) const NUMERALS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
/// `1. Staffel`, `2nd Season`, `1ª Temporada`.
static NUMBER_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^(.*?)(?:^|[\s._\-(\[])([0-9]{{1,2}})(st|nd|rd|th|ª|º|e|è|ème|eme|er|re|-?[йяе])?[\s._\-]*(?:{WORDS})(?:[^\w\-].*|[\d_].*|-[^\pL].*)?$"
    ))
    .ok()
});
/// `S01`, `Show.S01.1080p`, `Show S01`.
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.*?)(?:^|[\s._\-(\[])S([0-9]{1,4})(?:(?:[\s._\-)\],]|D[0-9]|Extras?\b).*)?$").ok()
});
/// `1xAll`: a whole season in one file.
static CROSS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(.*?)(?:^|[\s._\-(\[])([0-9]{1,2})xAll\b").ok());
/// What follows the first of several seasons.
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:\s*(?:-|&|to|~)\s*(?:S|seasons?\s)|\s&\s|[\-&~])[0-9]{1,2}\b").ok()
});
/// `第1季`, `第二期`, `1기`.
static CJK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(.*?)(?:第\s*([0-9]{1,3}|[一二三四五六七八九十])\s*[季期部シ]|([0-9]{1,2})\s*기|([0-9]{1,2})期)",
    )
    .ok()
});
/// `Part`s and `Volume`s inside of a season are no seasons; the number alone is one.
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^([0-9]{1,2}|(?:19|20)[0-9]{2})$").ok());

/// `Show Specials`.
static SPECIALS_BEHIND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(.*\w)[\s._\-(\[]+(?:specials|ovas?|oads?|sps)[)\]]?$").ok());

/// A season's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeasonFolder {
    pub(super) season: u32,
    /// The show's name in front of the season, if the folder has one.
    pub(super) show: Option<String>,
    /// Whether a show can be called so too: a number and nothing else, `Show OVA`.
    pub(super) bare: bool,
    /// Whether it stands between two seasons, as `Season 0.5`: nobody numbers its episodes.
    pub(super) is_between: bool,
}

/// A season's word and number within a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) season: u32,
    /// Where what stands in front ends.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The season that a folder is.
pub(super) fn of_folder(folder: &str) -> Option<SeasonFolder> {
    let (_, text) = ids::take(folder);
    let text = text.trim();
    let of = |season, show| SeasonFolder { season, show, bare: false, is_between: false };
    let key: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if SPECIALS.contains(&key.as_str()) {
        return Some(of(0, None));
    }
    if let Some(found) = NUMBER.as_ref().and_then(|number| number.captures(text)) {
        let season = found[1].parse().ok().filter(|season| *season < 100 || YEARS.contains(season))?;
        return Some(SeasonFolder { bare: true, ..of(season, None) });
    }
    if let Some(found) = SPECIALS_BEHIND.as_ref().and_then(|form| form.captures(text)) {
        return Some(SeasonFolder { bare: true, ..of(0, Some(found[1].to_owned())) });
    }
    let Found { season, start, end } = find(text)?;
    // `Show S02 Season 2 Complete` names its season twice.
    let mut show = &text[..start];
    while let Some(again) = find(show).filter(|again| !clean(&show[..again.start]).is_empty()) {
        show = &show[..again.start];
    }
    // As it stands: whether it has dots tells whether a number in it is a year.
    let show = Some(junk::cut(show).trim_end_matches([' ', '.', '_', '-', '(', '[', '–']))
        .filter(|show| !clean(show).is_empty())
        .map(str::to_owned);
    let fraction = text[end..].strip_prefix('.').is_some_and(|rest| rest.len() == 1 && is_number(rest));
    let season = if fraction { 0 } else { season };
    Some(SeasonFolder { is_between: fraction, ..of(season, show) })
}

/// The season in a file's name that tells no episode with it: `Show.S01.1080p`, `Show 第2期 02話`.
pub(super) fn in_name(text: &str) -> Option<Found> {
    // `S01-S10`, `Seasons 1-3` are many.
    find(text)
        .filter(|found| found.season < 100)
        .filter(|found| !SPAN.as_ref().is_some_and(|span| span.is_match(&text[found.end..])))
}

fn find(text: &str) -> Option<Found> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    if let Some(found) = worded(text) {
        return Some(found);
    }
    if text.is_ascii() && !text.as_bytes().iter().any(is_digit) {
        return None;
    }
    let whole = |found: &regex::Captures<'_>, season: u32, at: usize| {
        let (start, end) = (found.get(1)?.end(), found.get(at)?.end());
        (season < 200 || YEARS.contains(&season)).then_some(Found { season, start, end })
    };
    // `2nd Season - 04` is no fourth season, nor `24-7 Series` a seventh one.
    let ordinal = NUMBER_FIRST.as_ref().and_then(|form| form.captures(text)).filter(|found| {
        let front = found.get(2).map_or("", |number| &text[..number.start()]);
        !front.strip_suffix('-').is_some_and(|front| front.ends_with(|c: char| c.is_ascii_digit()))
    });
    if let Some(found) = ordinal.as_ref().filter(|found| found.get(3).is_some()) {
        return whole(found, found[2].parse().ok()?, 2);
    }
    if let Some(found) = WORD_FIRST.as_ref().and_then(|form| form.captures(text)).or(ordinal) {
        return whole(&found, found[2].parse().ok()?, 2);
    }
    let follow = |first: u8, second: fn(&u8) -> bool| {
        text.as_bytes().windows(2).any(|pair| pair[0].eq_ignore_ascii_case(&first) && second(&pair[1]))
    };
    let may_be = [
        (&LETTER, follow(b's', u8::is_ascii_digit)),
        (&CROSS, follow(b'x', |c| c.eq_ignore_ascii_case(&b'a'))),
    ];
    for (form, _) in may_be.into_iter().filter(|(_, may_be)| *may_be) {
        if let Some(found) = form.as_ref().and_then(|form| form.captures(text)) {
            return whole(&found, found[2].parse().ok()?, 2);
        }
    }
    if text.is_ascii() {
        return None;
    }
    let found = CJK.as_ref()?.captures(text)?;
    let number = found.get(2).or(found.get(3)).or(found.get(4))?.as_str();
    let season = number.parse().ok().or_else(|| {
        "一二三四五六七八九十".chars().zip(1..).find(|(c, _)| number.starts_with(*c)).map(|(_, n)| n)
    })?;
    whole(&found, season, 0)
}

/// A season whose number is a word.
fn worded(text: &str) -> Option<Found> {
    let may_be = text
        .as_bytes()
        .windows(3)
        .any(|start| start.eq_ignore_ascii_case(b"sea") || start.eq_ignore_ascii_case(b"ser"));
    let found = WORDED.as_ref().filter(|_| may_be)?.captures(text)?;
    let (_, season) =
        NUMERALS.into_iter().zip(1..).find(|(numeral, _)| found[2].eq_ignore_ascii_case(numeral))?;
    Some(Found { season, start: found.get(1)?.end(), end: found.get(2)?.end() })
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_are_told_in_many_languages() {
        for (folder, season) in [
            ("Season 1", 1),
            ("Season 01", 1),
            ("season_2", 2),
            ("Season.03", 3),
            ("SEASON 10", 10),
            ("Season 00", 0),
            ("Season 0", 0),
            ("Season 1 (2010)", 1),
            ("Season 01 - The Beginning", 1),
            ("Season 1 [1080p]", 1),
            ("Season 2010", 2010),
            ("Series 3", 3),
            ("S01", 1),
            ("s1", 1),
            ("S2010", 2010),
            ("S01.1080p.BluRay", 1),
            ("1", 1),
            ("02", 2),
            ("2010", 2010),
            ("Staffel 1", 1),
            ("1. Staffel", 1),
            ("Saison 2", 2),
            ("2ème Saison", 2),
            ("Temporada 3", 3),
            ("1ª Temporada", 1),
            ("Stagione 4", 4),
            ("Seizoen 5", 5),
            ("Säsong 1", 1),
            ("Sesong 1", 1),
            ("Seasong 1", 1),
            ("Sæson 2", 2),
            ("Kausi 3", 3),
            ("Sezon 1", 1),
            ("1. Sezon", 1),
            ("Sezonul 2", 2),
            ("Série 1", 1),
            ("3. évad", 3),
            ("Сезон 1", 1),
            ("1 сезон", 1),
            ("Σεζόν 2", 2),
            ("시즌 2", 2),
            ("シーズン1", 1),
            ("第1季", 1),
            ("第二季", 2),
            ("第2期", 2),
            ("2기", 2),
            ("الموسم 1", 1),
            ("עונה 3", 3),
            ("2nd Season", 2),
            ("Specials", 0),
            ("specials", 0),
            ("OVAs", 0),
            ("Sonderfolgen", 0),
            ("SPs", 0),
            ("Season 0.5", 0),
            ("特典", 0),
            ("Спецвыпуски", 0),
            ("Season 1 {tvdb-123}", 1),
            ("Season One", 1),
            ("Season Two - The Return", 2),
            ("Series.Four", 4),
        ] {
            assert_eq!(
                of_folder(folder).map(|found| (found.season, found.show)),
                Some((season, None)),
                "{folder}"
            );
        }
    }

    #[test]
    fn a_show_may_stand_in_front_of_the_season() {
        for (folder, show, season) in [
            ("Show Season 2", "Show", 2),
            ("Show - Season 02", "Show", 2),
            ("Show S03", "Show", 3),
            ("Show.S01.1080p.BluRay.x264-GRP", "Show", 1),
            ("My Show (S02)", "My Show", 2),
            ("Show 2nd Season", "Show", 2),
            ("番組 第2期", "番組", 2),
            ("Show - Staffel 4", "Show", 4),
            ("Show S02 Season 2 Complete", "Show", 2),
            ("Show.Season.Three.1080p", "Show", 3),
            ("Show.S02.Complete.720p.[Season.2.Full]", "Show", 2),
            ("Show.S07D1.DVDR", "Show", 7),
            ("Show Specials", "Show", 0),
        ] {
            assert_eq!(
                of_folder(folder).map(|found| (found.show.unwrap_or_default(), found.season)),
                Some((show.to_owned(), season)),
                "{folder}"
            );
        }
    }

    #[test]
    fn other_folders_are_no_seasons() {
        for folder in [
            "Show",
            "Show (2010)",
            "The 100",
            "Seasons of Love",
            "Series Onerous",
            "Open Season Once",
            "Series Six-0",
            "Part 1",
            "Seinfeld",
            "S",
            "Station 19",
            "9-1-1",
            "24-7 Series-Title",
            "1080p",
            "12345",
            "Sherlock",
            "SS-GB",
            "Notebook 2x",
        ] {
            assert_eq!(of_folder(folder), None, "{folder}");
        }
    }
}
