//! Days in names: `2009-02-10`, `10.02.2009`, `02-10-2009`, `20090210`. Years from 1930 to 2059.
//!
//! Where the year stands last, a number over 12 tells which one is the day. Where none is, dots are read with
//! the day first, as Europe writes them, and anything else with the month first, as Plex and Kodi do.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

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

/// A day in a name, and where it stands.
pub(super) fn find(stem: &str) -> Option<(Date, usize, usize)> {
    let whole = |form: &Option<Regex>, read: &dyn Fn(&regex::Captures<'_>) -> Option<Date>| {
        form.as_ref()?.captures_iter(stem).find_map(|found| {
            let place = found.get(0)?;
            let is_whole = !is_inside_a_word(stem, place.start())
                && !stem[place.end()..].starts_with(|c: char| c.is_ascii_digit());
            is_whole.then(|| read(&found)).flatten().map(|date| (date, place.start(), place.end()))
        })
    };
    whole(&YEAR_FIRST, &|found| {
        (found[2] == found[4]).then(|| date(&found[1], &found[3], &found[5])).flatten()
    })
    .or_else(|| whole(&YEAR_LAST, &|found| (found[2] == found[4]).then(|| year_last(found)).flatten()))
    .or_else(|| whole(&CJK, &|found| date(&found[1], &found[2], &found[3])))
    .or_else(|| whole(&EIGHT, &|found| date(&found[1], &found[2], &found[3])))
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
        ] {
            for stem in [text.to_owned(), format!("Show - {text} - Title"), format!("Show.{text}.1080p")] {
                assert_eq!(find(&stem).map(|(date, ..)| date.to_string()).as_deref(), Some(date), "{stem}");
            }
        }
    }

    #[test]
    fn other_numbers_are_no_day() {
        for text in [
            "2009",
            "2009-02",
            "2009-13-13",
            "29.02.2009",
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
