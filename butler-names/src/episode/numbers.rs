//! Season and episode in a file's name: `S01E02`, `1x02`, `Season 1 Episode 2`, and how they go on to a
//! range.
//!
//! A range's end must be marked (`E03`, `x03`) or glued (`-03`): ` - 1080p` and ` 1-23-45` are no ends.

use std::sync::LazyLock;

use regex::Regex;

/// The most episodes that an unmarked end spans: `S01E02-1080` is none.
const MOST_UNMARKED: u32 = 30;
/// The most episodes that one file holds.
const MOST: u32 = 400;

/// What a name's numbers say, and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) season: u32,
    pub(super) first: u32,
    pub(super) last: u32,
    /// Which piece of a split episode: `1x02a`, `1x02.1`.
    pub(super) piece: Option<u32>,
    /// Whether it stands between two episodes, as the recap `S01E10.5` does.
    pub(super) is_between: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Daily shows count past 9,999.
static LETTERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)S([0-9]{1,4})[ ._\-\[\](),:x]{0,3}(?:EP?[ ._]?|Ep(?:isode)?[ ._]*)([0-9]{1,5})").ok()
});
static CROSS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)S?([0-9]{1,2}|(?:19|20)[0-9]{2})[x×]([0-9]{1,3})").ok());
/// A fansub's `S2 - 04`; `S03-x01`, `S06.01`.
static LETTER_DASH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)S([0-9]{1,2})(?:[ _.][\-–][ _.]|[._\-]|[ ._]?-[x×])([0-9]{2,3})").ok());
/// `[Cap.408]`, as Spanish releases write season and episode in one number.
static CHAPTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[\[(]Cap[. ]?([0-9]{1,2})([0-9]{2})(?:[_\-][0-9]{0,2}([0-9]{2}))?(?:[ ._]final)?[\])]")
        .ok()
});
static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:season|series|staffel|saison|temporada|stagione|seizoen|säsong|sesong|sæson|sezon|évad|kausi|сезон|シーズン|第|se)[ ._\-]*([0-9]{1,4})(?:季|期)?[ ._\-,]*(?:episode|episodio|épisode|ep|folge|afl|capítulo|capitulo|episódio|aflevering|avsnitt|bölüm|odcinek|rész|jakso|серия|эпизод|第)[ ._\-#]*([0-9]{1,4})(?:話|话|集)?",
    )
    .ok()
});
/// A marked end: `E03`, `-E03`, `x03`, `-1x03`, ` - x03`, ` - S01E03`.
static MARKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:[ ._]?(?:[\-+&,~]|and|und|to|bis|à)?[ ._]?(?:(?:S([0-9]{1,4})[ ._]?)?EP?[ ._]?([0-9]{1,5})|([0-9]{1,2}|(?:19|20)[0-9]{2})[x×]([0-9]{1,3}))|(?:-| - )?[x×]([0-9]{1,3}))",
    )
    .ok()
});
/// A glued end: `-03`, `+03`; ` & 03` only where it counts on.
static GLUED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:[\-+~&]|( [+&] ))([0-9]{1,4})").ok());

/// `T01E02`, as Spanish and Portuguese have it.
static TEMPORADA: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)T([0-9]{1,2})[ ._\-]?EP?([0-9]{1,3})").ok());
/// Glued to a word, `grps01e02`: both in two digits and no word behind, or it is a part of the word.
static GLUED_IN_FRONT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)S([0-9]{2})E([0-9]{2})").ok());

/// A way to write both numbers.
struct Form {
    pattern: &'static LazyLock<Option<Regex>>,
    /// Whether a word may stand right in front.
    is_glued: bool,
    /// Whether nothing may follow but a mark.
    is_last: bool,
    /// Whether a name can have it: two bytes that follow each other. Most names have one form only, and this
    /// is looked at sooner than a pattern.
    may_be: fn(u8, u8) -> bool,
}

/// The surest first.
static FORMS: [Form; 7] = [
    Form { pattern: &LETTERS, is_glued: false, is_last: false, may_be: is_letter },
    Form { pattern: &CROSS, is_glued: false, is_last: false, may_be: is_cross },
    Form { pattern: &LETTER_DASH, is_glued: false, is_last: true, may_be: is_letter },
    Form { pattern: &WORDS, is_glued: false, is_last: false, may_be: |_, _| true },
    Form {
        pattern: &CHAPTER,
        is_glued: true,
        is_last: false,
        may_be: |first, second| matches!(first, b'[' | b'(') && second.eq_ignore_ascii_case(&b'c'),
    },
    Form {
        pattern: &TEMPORADA,
        is_glued: false,
        is_last: false,
        may_be: |first, second| first.eq_ignore_ascii_case(&b't') && second.is_ascii_digit(),
    },
    Form { pattern: &GLUED_IN_FRONT, is_glued: true, is_last: true, may_be: is_letter },
];

fn is_letter(first: u8, second: u8) -> bool {
    first.eq_ignore_ascii_case(&b's') && second.is_ascii_digit()
}

/// Of `×` the first byte.
fn is_cross(first: u8, second: u8) -> bool {
    first.is_ascii_digit() && matches!(second, b'x' | b'X' | 0xc3)
}

/// The first numbers of a name that tell both season and episode.
pub(super) fn find(stem: &str) -> Option<Found> {
    if !stem.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    FORMS.iter().find_map(|Form { pattern, is_glued, is_last, may_be }| {
        if !stem.as_bytes().windows(2).any(|pair| may_be(pair[0], pair[1])) {
            return None;
        }
        let form = pattern.as_ref()?;
        let mut from = 0;
        while let Some(found) = form.captures_at(stem, from) {
            let whole = found.get(0)?;
            from = whole.start() + stem[whole.start()..].chars().next().map_or(1, char::len_utf8);
            let behind = &stem[whole.end()..];
            if (is_inside_a_word(stem, whole.start()) && !is_glued)
                || behind.starts_with(|c: char| c.is_ascii_digit())
                || (*is_last && !is_whole(behind) && !is_revision(behind))
            {
                continue;
            }
            let (Ok(season), Ok(first)) = (found[1].parse(), found[2].parse()) else { continue };
            let last = found.get(3).and_then(|last| last.as_str().parse().ok()).filter(|last| *last > first);
            let mut numbers = Found {
                season,
                first,
                last: last.unwrap_or(first),
                piece: None,
                is_between: false,
                start: whole.start(),
                end: whole.end(),
            };
            go_on(stem, &mut numbers, found[2].len());
            return Some(numbers);
        }
        None
    })
}

/// Not in the middle of a word or number: `1920x1080`, `Class1x02`. Scripts without blanks glue numbers to
/// words.
pub(super) fn is_inside_a_word(text: &str, at: usize) -> bool {
    text[..at]
        .chars()
        .next_back()
        .is_some_and(|c| c.is_ascii_digit() || (c.is_alphabetic() && c < '\u{0530}'))
}

/// `v2`: a better one of the same, not another.
pub(super) fn is_revision(rest: &str) -> bool {
    rest.starts_with(['v', 'V'])
        && rest[1..].starts_with(|c: char| c.is_ascii_digit())
        && rest[2..].chars().next().is_none_or(|c| !c.is_alphanumeric())
}

/// `digits`: how many of them the first number is written with.
fn go_on(stem: &str, numbers: &mut Found, digits: usize) {
    loop {
        let rest = &stem[numbers.end..];
        let marked = MARKED.as_ref().and_then(|form| form.captures(rest)).and_then(|found| {
            let season = found
                .get(1)
                .or(found.get(3))
                .map_or(Some(numbers.season), |season| season.as_str().parse().ok());
            let last: u32 = found.get(2).or(found.get(4)).or(found.get(5))?.as_str().parse().ok()?;
            let end = found.get(0)?.end();
            let most = if found.get(5).is_some() { MOST_UNMARKED } else { MOST };
            (season == Some(numbers.season) && last.saturating_sub(numbers.first) <= most)
                .then_some((last, end))
        });
        let glued = || {
            let found = GLUED.as_ref()?.captures(rest)?;
            let last: u32 = found[2].parse().ok()?;
            let behind = &rest[found[0].len()..];
            // `-23-45` is a date or a time, unless it counts on.
            let counts_on = found.get(1).is_some()
                || behind.starts_with('-') && behind[1..].starts_with(|c: char| c.is_ascii_digit());
            let fits =
                if counts_on { last == numbers.last + 1 } else { last <= numbers.first + MOST_UNMARKED };
            (fits && found[2].len() >= digits.min(2)).then_some((last, found[0].len()))
        };
        let Some((last, length)) = marked.or_else(glued) else { break };
        if last <= numbers.last || !is_whole(&rest[length..]) {
            break;
        }
        (numbers.last, numbers.end) = (last, numbers.end + length);
    }
    if numbers.last > numbers.first {
        return;
    }
    let rest = &stem[numbers.end..];
    let mut chars = rest.chars();
    let (next, after) = (chars.next(), chars.next());
    match next {
        Some(letter @ ('a'..='d' | 'A'..='D')) if after.is_none_or(|c| !c.is_alphanumeric()) => {
            numbers.piece = Some(u32::from(letter.to_ascii_lowercase()) - u32::from('a') + 1);
            numbers.end += 1;
        }
        Some('.') if rest.len() == 2 && after != Some('5') => {
            numbers.piece = after.and_then(|digit| digit.to_digit(10)).filter(|piece| *piece > 0);
            numbers.end += numbers.piece.map_or(0, |_| 2);
        }
        Some('.') if after == Some('5') && !rest[2..].starts_with(|c: char| c.is_alphanumeric()) => {
            numbers.is_between = true;
            numbers.end += 2;
        }
        Some(_) if is_revision(rest) => numbers.end += 2,
        _ => {}
    }
}

/// Whether a number ends where this begins; the next one's mark may follow at once, as in `E02E03`, but
/// `-31st` is none.
fn is_whole(behind: &str) -> bool {
    let Some(first) = behind.chars().next() else { return true };
    let marked = behind.trim_start_matches(|c: char| "eEpPxXsS×".contains(c));
    !first.is_ascii_digit()
        && (!first.is_alphabetic()
            || first >= '\u{0530}'
            || (marked.len() < behind.len() && marked.starts_with(|c: char| c.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_form() {
        for (stem, season, first, last) in [
            ("S01E02", 1, 2, 2),
            ("s1e2", 1, 2, 2),
            ("s01.e02", 1, 2, 2),
            ("s01_e02", 1, 2, 2),
            ("S01 - E02", 1, 2, 2),
            ("S01:E02", 1, 2, 2),
            ("S01 E02", 1, 2, 2),
            ("S01EP02", 1, 2, 2),
            ("S01 Ep. 02", 1, 2, 2),
            ("S01xE02", 1, 2, 2),
            ("S01-E02", 1, 2, 2),
            ("[S01][E02]", 1, 2, 2),
            ("S01 Episode 02", 1, 2, 2),
            ("S2010E05", 2010, 5, 5),
            ("S01E1000", 1, 1000, 1000),
            ("S00E01", 0, 1, 1),
            ("1x02", 1, 2, 2),
            ("01x02", 1, 2, 2),
            ("10x200", 10, 200, 200),
            ("2010x05", 2010, 5, 5),
            ("1×02", 1, 2, 2),
            ("[1x02]", 1, 2, 2),
            ("(1x02)", 1, 2, 2),
            ("Season 1 Episode 2", 1, 2, 2),
            ("Season 01, Episode 02", 1, 2, 2),
            ("season.1.episode.2", 1, 2, 2),
            ("Season 1 - Ep 2", 1, 2, 2),
            ("Staffel 1 Folge 2", 1, 2, 2),
            ("Saison 1 Épisode 2", 1, 2, 2),
            ("Temporada 1 Capítulo 2", 1, 2, 2),
            ("Stagione 1 Episodio 2", 1, 2, 2),
            ("Сезон 1 Серия 2", 1, 2, 2),
            ("第1季第2集", 1, 2, 2),
            ("第2期 第05話", 2, 5, 5),
            ("S2 - 04", 2, 4, 4),
            ("番組S01E02", 1, 2, 2),
            ("S01E02-E03", 1, 2, 3),
            ("S01E02E03", 1, 2, 3),
            ("S01E02+03", 1, 2, 3),
            ("S01E02-03", 1, 2, 3),
            ("S01E02 E03", 1, 2, 3),
            ("S01E02 - E03", 1, 2, 3),
            ("S01E02-E03-E04", 1, 2, 4),
            ("S01E02E03E04", 1, 2, 4),
            ("S01E02-03-04", 1, 2, 4),
            ("S01E02-S01E03", 1, 2, 3),
            ("S01E02S01E03", 1, 2, 3),
            ("S01E02 - S01E04", 1, 2, 4),
            ("S01E02.S01E03", 1, 2, 3),
            ("S01E02&E03", 1, 2, 3),
            ("S01E02,E03", 1, 2, 3),
            ("S01E02_E03", 1, 2, 3),
            ("s01e02-ep03", 1, 2, 3),
            ("1x02-1x03", 1, 2, 3),
            ("1x02x03", 1, 2, 3),
            ("1x02-03", 1, 2, 3),
            ("1x02-x03", 1, 2, 3),
            ("1x02 - 1x03", 1, 2, 3),
            ("1x02+1x03", 1, 2, 3),
            ("1x02x03x04", 1, 2, 4),
            ("01x01-26", 1, 1, 26),
            ("S01E09-E10", 1, 9, 10),
            ("S01E99-E100", 1, 99, 100),
            ("S01E02 to E04", 1, 2, 4),
            ("S01E02 à S01E04", 1, 2, 4),
            ("S01E02 & 03", 1, 2, 3),
            ("T01E02", 1, 2, 2),
            ("grps01e02", 1, 2, 2),
            ("grps01e02e03", 1, 2, 3),
        ] {
            for text in [stem.to_owned(), format!("Show - {stem} - Title"), format!("Show {stem}.1080p")] {
                let found = find(&text).map(|found| (found.season, found.first, found.last));
                assert_eq!(found, Some((season, first, last)), "{text}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_range_is_none() {
        for text in [
            "S01E02 1-23-45",
            "S01E02 - 1080p",
            "S01E02-1080p",
            "S01E02-720p",
            "S01E02 - 24",
            "S01E02 03",
            "S01E02 & 24 Hours",
            "S01E02-2010",
            "S01E02-01",
            "S01E02-E01",
            "S01E02-S02E03",
            "S01E02-10-24-2009",
            "1x02 - 3 Men",
            "S01E02-3D",
            "S01E02.03",
            "S01E02-4K",
            "S01E02-10bit",
            "S01E02 E",
            "S01E02-E",
            "S01E02-",
            "1x02-2x03",
            "S01E02v2",
            "S01E02 x264",
            "S01E02.x265",
            "S01E02 - 1x",
        ] {
            let found = find(text).map(|found| (found.season, found.first, found.last));
            assert_eq!(found, Some((1, 2, 2)), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_episode() {
        for text in [
            "1920x1080 making of",
            "720x576",
            "Class1x02",
            "S1",
            "E02",
            "S01",
            "Season 1",
            "x264",
            "US1E02",
            "Cut1E02",
            "T-1000 E02",
            "US01E02nd",
            "12345x1",
            "S12345E1",
            "1x2345",
            "S01E123456",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_split_episode_tells_its_piece() {
        for (text, piece) in [
            ("1x02a", Some(1)),
            ("S01E02b", Some(2)),
            ("S01E02B - Title", Some(2)),
            ("1x02.1", Some(1)),
            ("1x02.2", Some(2)),
            ("S01E02 a", None),
            ("S01E02about", None),
            ("S01E02.1080p", None),
            ("S01E02", None),
        ] {
            assert_eq!(find(text).and_then(|found| found.piece), piece, "{text}");
        }
    }
}
