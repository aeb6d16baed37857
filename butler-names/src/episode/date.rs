//! Days in names: `2009-02-10`, `10.02.2009`, `02-10-2009`, `20090210`, `10 Feb 2009`, a release's `090210`.
//! Years from 1930 to 2059.
//!
//! A number over 12 tells which one is the day. Where the year stands last and no number is, dots are read
//! with the day first, as Europe writes them, and anything else with the month first, as Plex and Kodi do.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::super::junk;
use super::numbers::is_inside_a_word;
use super::season::YEARS;

static YEAR_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"((?:19|20)[0-9]{2})([ ._\-/])([0-9]{1,2})([ ._\-/])([0-9]{1,2})").ok());
static YEAR_LAST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([0-9]{1,2})([ ._\-/])([0-9]{1,2})([ ._\-/])((?:19|20)[0-9]{2})").ok());
static EIGHT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})").ok());
static CJK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"((?:19|20)[0-9]{2})[年년]\s*([0-9]{1,2})[月월]\s*([0-9]{1,2})[日일]").ok());
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)(?:([0-9]{{1,2}})(?:st|nd|rd|th)?\.?[ ._\-]({MONTHS})\.?|({MONTHS})\.?[ ._\-]([0-9]{{1,2}})(?:st|nd|rd|th)?,?)[ ._\-]((?:19|20)[0-9]{{2}})|((?:19|20)[0-9]{{2}})[ ._\-]({MONTHS})[ ._\-]([0-9]{{1,2}})"
    ))
    .ok()
});
/// `140722` between a show's name and a release's words.
static SIX: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[._]([0-9]{2})([0-9]{2})([0-9]{2})[._]").ok());
/// In order.
const MONTHS: &str = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|\
                      sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";

/// A day in a name, and where it stands.
pub(super) fn find(stem: &str) -> Option<(Date, usize, usize)> {
    if !may_have_a_day(stem) {
        return None;
    }
    let whole = |form: &Option<Regex>, read: &dyn Fn(&regex::Captures<'_>) -> Option<Date>| {
        form.as_ref()?.captures_iter(stem).find_map(|found| {
            let place = found.get(0)?;
            let is_whole = !is_inside_a_word(stem, place.start())
                && !stem[place.end()..].starts_with(|c: char| c.is_ascii_digit());
            is_whole.then(|| read(&found)).flatten().map(|date| (date, place.start(), place.end()))
        })
    };
    whole(&YEAR_FIRST, &|found| {
        let (year, a, b) = (&found[1], &found[3], &found[5]);
        // `2012.13.02` has its day in front.
        (found[2] == found[4]).then(|| date(year, a, b).or_else(|| date(year, b, a))).flatten()
    })
    .or_else(|| whole(&YEAR_LAST, &|found| (found[2] == found[4]).then(|| year_last(found)).flatten()))
    .or_else(|| whole(&CJK, &|found| date(&found[1], &found[2], &found[3])))
    .or_else(|| whole(&EIGHT, &|found| date(&found[1], &found[2], &found[3])))
    .or_else(|| whole(&NAMED, &named))
    .or_else(|| six(stem))
}

/// Whether a name holds five digits, and among them those of a year or the six of a day: looked at sooner
/// than patterns.
fn may_have_a_day(stem: &str) -> bool {
    let is_year = |four: &[u8]| matches!(four, [b'1', b'9', ..] | [b'2', b'0', ..]) && are_digits(four);
    stem.bytes().filter(u8::is_ascii_digit).count() >= 5
        && (stem.as_bytes().windows(4).any(is_year) || stem.as_bytes().windows(6).any(are_digits))
}

fn are_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// The day that stands apart in what follows an episode's number, and the rest without it: in brackets, in
/// front or at the end. One in words is a title, unless brackets hold it.
pub(super) fn beside(rest: &str) -> (Option<Date>, Cow<'_, str>) {
    let Some((date, start, end)) = find(rest) else { return (None, Cow::Borrowed(rest)) };
    let (front, behind) = (&rest[..start], &rest[end..]);
    if let (Some(front), Some(behind)) = (front.strip_suffix(['(', '[']), behind.strip_prefix([')', ']'])) {
        return (Some(date), Cow::Owned(format!("{front}{behind}")));
    }
    let follows = junk::words(behind);
    let is_apart = !front.contains(char::is_alphanumeric) || follows.is_empty() || junk::is_hard(&follows, 0);
    let is_word = rest[start..end].contains(char::is_alphabetic);
    if is_apart && !is_word {
        (Some(date), Cow::Owned(format!("{front}{behind}")))
    } else {
        (None, Cow::Borrowed(rest))
    }
}

/// The day at the end of what stands in front of an episode's number: `Show 2016 02 25 S20E142`.
pub(super) fn at_end(front: &str) -> Option<Date> {
    let (date, _, end) = find(front)?;
    (!front[end..].contains(char::is_alphanumeric)).then_some(date)
}

/// `5th Mar 2025`, `March 5, 2025`, `2025-Mar-05`.
fn named(found: &regex::Captures<'_>) -> Option<Date> {
    let first = |groups: [usize; 3]| groups.into_iter().find_map(|group| found.get(group));
    let (day, month) = (first([1, 4, 8])?.as_str(), first([2, 3, 7])?.as_str());
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.split('|').zip(1..).find(|(name, _)| name.starts_with(&month))?.1;
    date(found.get(5).or(found.get(6))?.as_str(), &u8::to_string(&month), day)
}

fn six(stem: &str) -> Option<(Date, usize, usize)> {
    let found = SIX.as_ref()?.captures(stem)?;
    let (start, end) = (found.get(1)?.start(), found.get(3)?.end());
    let follows = junk::words(&stem[end..]);
    let date = date(&format!("20{}", &found[1]), &found[2], &found[3])?;
    junk::is_hard(&follows, 0).then_some((date, start, end))
}

fn year_last(found: &regex::Captures<'_>) -> Option<Date> {
    let (a, b, year) = (&found[1], &found[3], &found[5]);
    let day_first = match (a.parse::<u8>().ok()?, b.parse::<u8>().ok()?) {
        (13.., _) => true,
        (_, 13..) => false,
        _ => &found[2] == ".",
    };
    if day_first { date(year, b, a) } else { date(year, a, b) }
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let year: i16 = year.parse().ok()?;
    let date = Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    u32::try_from(year).is_ok_and(|year| YEARS.contains(&year)).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_every_order() {
        for (text, date) in [
            ("2009-02-10", "2009-02-10"),
            ("2009.02.10", "2009-02-10"),
            ("2009 02 10", "2009-02-10"),
            ("2009_02_10", "2009-02-10"),
            ("2009-2-10", "2009-02-10"),
            ("20090210", "2009-02-10"),
            ("13.02.2009", "2009-02-13"),
            ("02-13-2009", "2009-02-13"),
            ("13-02-2009", "2009-02-13"),
            ("02.13.2009", "2009-02-13"),
            ("02-10-2009", "2009-02-10"),
            ("02 10 2009", "2009-02-10"),
            ("10.02.2009", "2009-02-10"),
            ("29.02.2008", "2008-02-29"),
            ("2009年2月10日", "2009-02-10"),
            ("2009년 2월 10일", "2009-02-10"),
            ("31-12-1999", "1999-12-31"),
            ("2012.13.02", "2012-02-13"),
            ("5th Mar 2025", "2025-03-05"),
            ("Mar 5th, 2025", "2025-03-05"),
            ("25.December.2024", "2024-12-25"),
            ("May 01 2020", "2020-05-01"),
            ("2011-Oct-20", "2011-10-20"),
        ] {
            for stem in [text.to_owned(), format!("Show - {text} - Title"), format!("Show.{text}.1080p")] {
                assert_eq!(find(&stem).map(|(date, ..)| date.to_string()).as_deref(), Some(date), "{stem}");
            }
        }
    }

    #[test]
    fn six_digits_are_a_day_only_in_front_of_a_release_s_words() {
        let found = find("A.Late.Show.140722.720p.HDTV.x264-GRP").map(|(date, ..)| date.to_string());
        assert_eq!(found.as_deref(), Some("2014-07-22"));
        assert_eq!(find("A.Late.Show.140722.The.Guest"), None);
    }

    #[test]
    fn a_day_beside_a_number_stands_apart() {
        for (rest, date, left) in [
            (" - Title (14-01-2008) [720p]", Some("2008-01-14"), " - Title  [720p]"),
            (".2010.11.23.720p", Some("2010-11-23"), "..720p"),
            (" - 2010-11-23 - Title", Some("2010-11-23"), " -  - Title"),
            (" Title 2010-11-23", Some("2010-11-23"), " Title "),
            (" (November 22, 1963)", Some("1963-11-22"), " "),
            (" November 22, 1963", None, " November 22, 1963"),
            (" The 11-09-2001 Story", None, " The 11-09-2001 Story"),
            (" Title", None, " Title"),
        ] {
            let (found, without) = beside(rest);
            assert_eq!(
                (found.map(|date| date.to_string()).as_deref(), without.as_ref()),
                (date, left),
                "{rest}"
            );
        }
        assert_eq!(at_end("Show 2016 02 25 ").map(|date| date.to_string()).as_deref(), Some("2016-02-25"));
        assert_eq!(at_end("Show 2016 02 25 Title "), None);
    }

    #[test]
    fn other_numbers_are_no_day() {
        for text in [
            "2009",
            "2009-02",
            "2009-13-13",
            "29.02.2009",
            "Show.140722",
            "Show.141322.720p",
            "Show Maybe 2010",
            "1-23-45",
            "1929-01-01",
            "2060-01-01",
            "2009-02.10",
            "20091310",
            "120090210",
            "2009-02-101",
            "x2009-02-10",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
