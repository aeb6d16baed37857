//! Reads a date as cameras, editors and scanners spell it: `2012:12:22 10:37:28`,
//! `2012-12-22T10:37:28+01:00`, `2012/12/22 10:37 PM`, `20121222 103728`, `Sat, 22 Dec 2012 10:37:28 GMT`.
//! Pure.
//!
//! EXIF's own form is the first; the others are those that exiftool understands too. Start with [`read`].

use butler_product::photo::Taken;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The instant that a text tells; its time is midnight where it tells only a day. `offset` is a text of its
/// own that tells how far the clock is ahead of UTC, which counts where the text does not tell it itself.
pub(super) fn read(text: &str, offset: Option<&str>) -> Option<Taken> {
    let mut rest = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let date = date(&mut rest)?;
    let time = time(&mut rest);
    let own = time.and_then(|_| minutes_ahead(rest));
    Taken::of(date, time.unwrap_or_default(), own.or_else(|| minutes_ahead(offset?)))
}

/// Takes the year, month and day from a text's front.
fn date(rest: &mut &str) -> Option<(u16, u8, u8)> {
    let first = digits(rest);
    if first.len() >= 8 {
        let (year, month, day) =
            (first[..4].parse().ok()?, first[4..6].parse().ok()?, first[6..8].parse().ok()?);
        // Its time may be glued: what is left stays in front.
        *rest = &rest[8..];
        return Some((year, month, day));
    }
    if first.len() == 4 {
        let year = first.parse().ok()?;
        *rest = &rest[4..];
        let month = number(rest, &[':', '-', '/', '.', ' ', '_'])?;
        return Some((year, month, number(rest, &[':', '-', '/', '.', ' ', '_'])?));
    }
    in_words(rest)
}

/// `Sat, 22 Dec 2012`, `Sat Dec 22 10:37:28 2012`.
fn in_words(rest: &mut &str) -> Option<(u16, u8, u8)> {
    let words: Vec<&str> = rest.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_month = |word: &&str| {
        word.get(..3).and_then(|short| {
            let short = short.to_ascii_lowercase();
            MONTHS.iter().position(|month| *month == short)
        })
    };
    let at = words.iter().position(|word| is_month(word).is_some())?;
    let month = u8::try_from(is_month(&words[at])?).ok()? + 1;
    let of = |word: &&str| word.parse::<u16>().ok();
    let near = [at.checked_sub(1).and_then(|before| words.get(before)), words.get(at + 1)];
    let day = near.into_iter().flatten().filter_map(of).find(|day| (1..=31).contains(day))?;
    let year = words.iter().filter_map(of).find(|year| (1_800..=9_999).contains(year))?;
    let time = words.iter().find(|word| word.contains(':'));
    *rest = time.map_or("", |time| &rest[rest.find(time).unwrap_or(rest.len())..]);
    Some((year, month, u8::try_from(day).ok()?))
}

/// Takes the hour, minute and second that follow a date.
fn time(rest: &mut &str) -> Option<(u8, u8, u8)> {
    let begin = rest.trim_start_matches([' ', 'T', 't', '_', ',', '-', ':', '.']);
    let glued = digits(begin);
    if glued.len() >= 6 {
        let two = |from: usize| glued.get(from..from + 2)?.parse::<u8>().ok();
        *rest = fraction(&begin[6..]);
        return Some((two(0)?, two(2)?, two(4)?));
    }
    let mut after = begin;
    let marks = &[':', '-', '.', ' ', 'h'];
    let hour = number(&mut after, &[])?;
    let minute = number(&mut after, marks)?;
    let second = number(&mut after, marks).unwrap_or(0);
    after = fraction(after);
    let half = after.trim_start().get(..2).map(str::to_ascii_lowercase);
    let hour = match half.as_deref() {
        Some("pm") if hour < 12 => hour + 12,
        Some("am") if hour == 12 => 0,
        _ => hour,
    };
    *rest = after;
    (hour < 24 && minute < 60).then_some((hour, minute, second))
}

/// What follows the fraction of a second.
fn fraction(rest: &str) -> &str {
    match rest.strip_prefix(['.', ',']) {
        Some(after) => after.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    }
}

/// The digits in front.
fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// Takes a number of one or two digits, behind one of these marks; a blank may fill it up.
fn number(rest: &mut &str, marks: &[char]) -> Option<u8> {
    let begin = if marks.is_empty() { *rest } else { rest.strip_prefix(marks)? };
    let begin = begin.strip_prefix(' ').unwrap_or(begin);
    let found = digits(begin);
    let number = Some(found).filter(|found| (1..=2).contains(&found.len()))?.parse().ok()?;
    *rest = &begin[found.len()..];
    Some(number)
}

/// `+01:00`, `-0730`, `+1`, `Z`, `GMT`: minutes ahead of UTC.
fn minutes_ahead(text: &str) -> Option<i16> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if ["z", "gmt", "utc"].contains(&&*text.to_ascii_lowercase()) {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let hours = digits(rest);
    let (hours, minutes) = match hours.len() {
        1 | 2 => (hours, rest[hours.len()..].strip_prefix(':').map_or("0", |rest| digits(rest))),
        4 => hours.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_cameras_editors_and_scanners_spell_them() {
        for text in [
            "2012:12:22 10:37:28",
            "2012-12-22 10:37:28",
            "2012/12/22 10:37:28",
            "2012.12.22 10.37.28",
            "2012-12-22T10:37:28",
            "2012:12:22T10:37:28.123",
            "2012:12:22:10:37:28",
            "2012:12:22  10:37:28\0",
            "2012_12_22 10-37-28",
            "20121222 103728",
            "20121222T103728",
            "20121222103728",
            "2012:12:22 10:37:28 AM",
            "Sat Dec 22 10:37:28 2012",
            "22 December 2012 10:37:28",
        ] {
            let taken = read(text, None).map(|taken| (taken.local, taken.offset_minutes));
            assert_eq!(taken, Some(("2012-12-22T10:37:28".into(), None)), "{text}");
        }
        let local = |text: &str| read(text, None).map(|taken| taken.local);
        assert_eq!(local("2012:12:22 10:37 PM").as_deref(), Some("2012-12-22T22:37:00"));
        assert_eq!(local("2012: 1: 2  3: 4: 5").as_deref(), Some("2012-01-02T03:04:05"));
        assert_eq!(local("2012:12:22").as_deref(), Some("2012-12-22T00:00:00"));
        assert_eq!(local("2012:12:22 24:00:00").as_deref(), Some("2012-12-22T00:00:00"));
    }

    #[test]
    fn the_offset_is_its_own_or_another_field_s() {
        let offset = |text: &str, other| read(text, other).unwrap().offset_minutes;
        for (text, expect) in [
            ("2012:12:22 10:37:28+01:00", Some(60)),
            ("2012-12-22T10:37:28.5-0730", Some(-450)),
            ("2012-12-22T10:37:28Z", Some(0)),
            ("Sat, 22 Dec 2012 10:37:28 GMT", Some(0)),
            ("Sat, 22 Dec 2012 10:37:28 +0100", Some(60)),
            ("2012-12-22T10:37:28 noon", None),
            ("2012-12-22T10:37:28+99:00", None),
        ] {
            assert_eq!(offset(text, None), expect, "{text}");
        }
        assert_eq!(offset("2012:12:22 10:37:28", Some("-07:30")), Some(-450));
        assert_eq!(offset("2012:12:22 10:37:28Z", Some("-07:30")), Some(0));
        assert_eq!(offset("2012:12:22 10:37:28", Some("noon!")), None);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "    :  :     :  :  ",
            "0000:00:00 00:00:00",
            "2012",
            "2012:12",
            "2012:13:01 00:00:00",
            "é",
            "12",
            "Dec",
        ] {
            assert_eq!(read(text, None), None, "{text}");
        }
    }
}
