//! Seasons' folders: `Season 01`, `S01`, `Staffel 1`, `2. évad`, `第1季`, `2010`, `Specials`; with a show's
//! name in front or not.

use std::sync::LazyLock;

use regex::Regex;

use super::super::title::clean;
use super::super::{ids, junk};

/// What seasons are called, in the languages in which people name folders.
const WORDS: &str = "season|series|seasons|staffel|saison|temporada|temp|stagione|seizoen|s[äæ]song|sesong|s[æä]son|kausi|tuotantokausi|sezon|sezona|sezonul|sez[oó]na|série|serie|sezóna|évad|evad|сезон|σεζόν|σεζον|κύκλος|κυκλος|сезона|hooaeg|sezonas|musim|mùa|ซีซั่น|시즌|シーズン|عام|الموسم|موسم|עונה|सीज़न|book|tempada|denboraldia|årgang";

/// Folders of specials, in lower case.
const SPECIALS: &[&str] = &[
    "specials",
    "special",
    "specialepisodes",
    "ova",
    "ovas",
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
/// `1. Staffel`, `2nd Season`, `1ª Temporada`.
static NUMBER_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^(.*?)(?:^|[\s._\-(\[])([0-9]{{1,2}})(?:st|nd|rd|th|ª|º|e|è|ème|eme|er|re|-?[йяе])?[\s._\-]*(?:{WORDS})(?:[\W\d_].*)?$"
    ))
    .ok()
});
/// `S01`, `Show.S01.1080p`, `Show S01`.
static LETTER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(.*?)(?:^|[\s._\-(\[])S([0-9]{1,4})(?:[\s._\-)\]].*)?$").ok());
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

/// A season's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeasonFolder {
    pub(super) season: u32,
    /// The show's name in front of the season, if the folder has one.
    pub(super) show: Option<String>,
    /// Whether it is a number and nothing else, which a show can be called too.
    pub(super) bare: bool,
}

/// The season that a folder is.
pub(super) fn of_folder(folder: &str) -> Option<SeasonFolder> {
    let (_, text) = ids::take(folder);
    let text = text.trim();
    let key: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if SPECIALS.contains(&key.as_str()) {
        return Some(SeasonFolder { season: 0, show: None, bare: false });
    }
    if let Some(found) = NUMBER.as_ref().and_then(|number| number.captures(text)) {
        let season = found[1].parse().ok().filter(|season| *season < 100 || YEARS.contains(season))?;
        return Some(SeasonFolder { season, show: None, bare: true });
    }
    let with = |show: &str, season: u32| {
        // As it stands: whether it has dots tells whether a number in it is a year.
        let show = Some(junk::cut(show).trim_end_matches([' ', '.', '_', '-', '(', '[', '–']))
            .filter(|show| !clean(show).is_empty());
        let show = show.map(str::to_owned);
        (season < 200 || YEARS.contains(&season)).then_some(SeasonFolder { season, show, bare: false })
    };
    for form in [&WORD_FIRST, &NUMBER_FIRST, &LETTER] {
        if let Some(found) = form.as_ref().and_then(|form| form.captures(text)) {
            return with(&found[1], found[2].parse().ok()?);
        }
    }
    let found = CJK.as_ref()?.captures(text)?;
    let number = found.get(2).or(found.get(3)).or(found.get(4))?.as_str();
    with(
        &found[1],
        number.parse().ok().or_else(|| {
            "一二三四五六七八九十".chars().zip(1..).find(|(c, _)| number.starts_with(*c)).map(|(_, n)| n)
        })?,
    )
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
            ("特典", 0),
            ("Спецвыпуски", 0),
            ("Season 1 {tvdb-123}", 1),
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
            "Part 1",
            "Seinfeld",
            "S",
            "Station 19",
            "9-1-1",
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
