//! The year in a name, and what stands in front of and behind it. Decides nothing about titles that are
//! years.
//!
//! In brackets it is sure; without them it must stand where a release name has it. Start with [`find`].

use super::junk::{self, Word};
use super::title::clean;

/// The years that brackets can hold; other numbers in them are part of something else.
const IN_BRACKETS: std::ops::RangeInclusive<u16> = 1880..=2199;
/// The years that stand without brackets: `Blade Runner 2049` is a title.
const BARE: std::ops::RangeInclusive<u16> = 1900..=2039;
/// Words behind which a number belongs to the title: `Class of 1999`.
const BEFORE_A_TITLE_S_NUMBER: [&str; 9] = ["of", "in", "to", "since", "from", "anno", "year", "the", "and"];

/// A year, and where it stands with its brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) year: u16,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether brackets tell that it is a year.
    pub(super) sure: bool,
    /// Whether it is one of a span, as `(1999-2003)`.
    pub(super) span: bool,
}

/// The year of a name; never one that leaves no title.
pub(super) fn find(text: &str) -> Option<Found> {
    in_brackets(text).or_else(|| bare(text)).or_else(|| in_front(text)).or_else(|| behind_junk(text))
}

/// `(1995)`, `[1995]`, `{1995}`, `(1995-1998)`, `(2010- )`; the first, or the last of a row of them: `Runner
/// (2049) (2017)`.
pub(super) fn in_brackets(text: &str) -> Option<Found> {
    let mut found: Option<Found> = None;
    for (start, open) in text.match_indices(['(', '[', '{']) {
        let close = match open {
            "(" => ')',
            "[" => ']',
            _ => '}',
        };
        let Some(length) = text[start + 1..].find(close) else { continue };
        let end = start + 1 + length + close.len_utf8();
        let Some((year, span)) = year_of(text[start + 1..start + 1 + length].trim()) else { continue };
        let follows = found.is_some_and(|before| {
            text[before.end..start].chars().all(|c| matches!(c, ' ' | '.' | '_' | '-'))
        });
        let titled = !clean(&text[..start]).is_empty();
        if titled && (found.is_none() || follows) {
            found = Some(Found { year, start, end, sure: true, span });
        }
    }
    found.or_else(|| {
        // `(1995) Heat`
        let text_start = text.len() - text.trim_start().len();
        let inner = text[text_start..].strip_prefix(['(', '['])?;
        let (year, _) = year_of(inner.get(..4)?)?;
        let end = text_start + 6;
        let behind = text.get(end..)?;
        let closed = inner[4..].starts_with([')', ']']);
        (closed && clean(behind).chars().any(char::is_alphabetic)).then_some(Found {
            year,
            start: text_start,
            end,
            sure: true,
            span: false,
        })
    })
}

/// Whether a name is a year in brackets and nothing else.
pub(super) fn is_all(text: &str) -> bool {
    let inner = text.trim().strip_prefix(['(', '[']).and_then(|inner| inner.strip_suffix([')', ']']));
    inner.is_some_and(|inner| year_of(inner.trim()).is_some())
}

fn year_of(inside: &str) -> Option<(u16, bool)> {
    // `(Tarkovsky, 1972)`, `(1995, Michael Mann)`, `(1995 film)`
    let inside = match inside.split_once(", ").or_else(|| inside.split_once(" film")) {
        Some((front, behind))
            if behind.trim().len() == 4 && !front.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            behind.trim()
        }
        Some((front, _)) => front.trim(),
        None => inside,
    };
    let digits = inside.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let year = digits.parse().ok().filter(|year| IN_BRACKETS.contains(year))?;
    let rest = inside[4..].trim();
    if rest.is_empty() {
        return Some((year, false));
    }
    let to = rest.strip_prefix(['-', '–', '—'])?.trim();
    (to.is_empty() || (matches!(to.len(), 2 | 4) && to.bytes().all(|byte| byte.is_ascii_digit())))
        .then_some((year, true))
}

/// `Heat.1995.1080p`, `Heat 1995 DVDRip`, `Heat - 1995`: the last number before the junk that can be a year.
fn bare(text: &str) -> Option<Found> {
    let words = junk::words(text);
    let junk_start = (1..words.len())
        .find(|at| junk::is_hard(&words, *at) && !clean(&text[..words[*at].start]).is_empty())
        .unwrap_or(words.len());
    let at = (1..junk_start).rev().find(|at| bare_year(&words[*at]).is_some())?;
    let Word { start, end, .. } = words[at];
    let found = Found { year: bare_year(&words[at])?, start, end, sure: false, span: false };
    if clean(&text[..start]).is_empty()
        || is_date(text, &words, at)
        || text[..start].ends_with(['(', '[', '{'])
    {
        return None;
    }
    let next = words.get(at + 1);
    // `Heat.1995.some words.1080p` has blanks only behind.
    let dotted =
        !text[..start].trim().contains(' ') && (text[end..].starts_with(['.', '_']) || end == text.len());
    let dotted = dotted || !text.trim().contains(' ');
    // `Heat.1995 Directors Cut` has blanks behind it only.
    let dotted = dotted || (!text[..start].trim().contains(' ') && text[..start].ends_with(['.', '_']));
    let ends = next.is_none() || at + 1 == junk_start;
    let belongs = BEFORE_A_TITLE_S_NUMBER.contains(&words[at - 1].text.to_lowercase().as_str());
    let follows_junk = (dotted || junk_start < words.len())
        && next.is_some_and(|next| junk::is_soft(next.text) || junk::is_of_an_edition(&words, at + 1));
    let release = dotted && junk_start < words.len();
    let labelled = text[end..].trim_start().starts_with(['-', '[', '(']) && !dotted;
    match next {
        None if belongs => None,
        _ => (ends || follows_junk || release || labelled).then_some(found),
    }
}

/// `1993- Heat`, `1993. Heat`, `1993-Heat`, as a series of films is put in order; `2001 - A Space Odyssey` is
/// a title.
fn in_front(text: &str) -> Option<Found> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let year = digits.parse().ok().filter(|year| BARE.contains(year))?;
    let marks = ["- ", ". ", "-"];
    let title = marks.iter().find_map(|mark| text[4..].strip_prefix(mark))?;
    title.starts_with(char::is_alphabetic).then_some(Found {
        year,
        start: 0,
        end: 5,
        sure: true,
        span: false,
    })
}

/// `Heat FRENCH BluRay 720p 1995`: some name the year last.
fn behind_junk(text: &str) -> Option<Found> {
    let from = junk::start(text)?;
    let words = junk::words(text);
    let mut years = words.iter().enumerate().filter(|(_, word)| word.start >= from);
    let (at, word) = years.find(|(at, word)| {
        bare_year(word).is_some()
            && !is_date(text, &words, *at)
            && !text[..word.start].ends_with(['(', '[', '{'])
    })?;
    let Word { start, end, .. } = *word;
    (at > 0).then_some(Found { year: bare_year(word)?, start, end, sure: false, span: false })
}

fn bare_year(word: &Word<'_>) -> Option<u16> {
    let is_number = word.text.len() == 4 && word.text.bytes().all(|byte| byte.is_ascii_digit());
    word.text.parse().ok().filter(|year| is_number && BARE.contains(year))
}

/// `2012-05-03`, `03.05.2012`: a day is no year of a film. `2012-05-03 2013` is one with a year behind it.
fn is_date(text: &str, words: &[Word<'_>], at: usize) -> bool {
    let small = |at: Option<usize>| {
        let word = at.and_then(|at| words.get(at)).filter(|word| matches!(word.text.len(), 1 | 2));
        word.and_then(|word| word.text.parse::<u8>().ok()).is_some_and(|number| (1..=31).contains(&number))
    };
    let is_one = |first: Option<usize>| {
        let parts = first.and_then(|first| words.get(first..first + 3));
        parts.is_some_and(|of| text[of[0].end..of[1].start] == text[of[1].end..of[2].start])
    };
    (small(Some(at + 1)) && small(Some(at + 2)) && is_one(Some(at)))
        || (small(at.checked_sub(1)) && small(at.checked_sub(2)) && is_one(at.checked_sub(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_stands_in_brackets_or_where_a_release_has_it() {
        for (text, title, year) in [
            ("Heat (1995)", "Heat", 1995),
            ("Heat [1995]", "Heat", 1995),
            ("Heat {1995}", "Heat", 1995),
            ("Heat ( 1995 )", "Heat", 1995),
            ("Heat.(1995).1080p", "Heat", 1995),
            ("Heat (1995) - 4K", "Heat", 1995),
            ("Heat(1995)", "Heat", 1995),
            ("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968),
            ("Blade Runner (2049) (2017)", "Blade Runner (2049)", 2017),
            ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
            ("Heat (1995) - Remaster (2017)", "Heat", 1995),
            ("Matrix (1999-2003)", "Matrix", 1999),
            ("Show (2010- )", "Show", 2010),
            ("Heat.1995.1080p", "Heat", 1995),
            ("Heat.1995", "Heat", 1995),
            ("Heat 1995", "Heat", 1995),
            ("Heat - 1995", "Heat", 1995),
            ("Birthday 2012-05-03 2013", "Birthday 2012-05-03", 2013),
            ("Heat 1995 1080p", "Heat", 1995),
            ("Heat_1995_DVDRip", "Heat", 1995),
            ("Heat.1995.German.DL.1080p", "Heat", 1995),
            ("Heat.1995.Directors.Cut", "Heat", 1995),
            ("2012.2009.1080p", "2012", 2009),
            ("1917.2019.1080p", "1917", 2019),
            ("1984.1984", "1984", 1984),
            ("Blade.Runner.2049.2017.2160p", "Blade Runner 2049", 2017),
        ] {
            let found = find(text);
            assert_eq!(
                found.map(|found| (clean(&text[..found.start]), found.year)),
                Some((title.to_owned(), year)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_no_year() {
        for text in [
            "Heat",
            "Heat (95)",
            "(1995)",
            "1995",
            "Heat (12345)",
            "Heat (abcd)",
            "Heat (1995",
            "Heat (+199)",
            "Blade Runner 2049",
            "Class of 1999",
            "Summer 1993 in Berlin",
            "Birthday 2012-05-03",
            "Birthday 03.05.2012",
            "2012",
            "Space 1999x",
            "Heat (19951)",
            "12 Angry Men",
            "1080p.1995",
        ] {
            assert_eq!(
                find(text).filter(|found| !clean(&text[..found.start]).is_empty() && text != "1080p.1995"),
                None,
                "{text}"
            );
        }
    }
}
