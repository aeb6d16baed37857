//! The date in a photo's name, as cameras, phones and messengers write it: `IMG_20240131_123456`, `2024-01-31
//! 12.34.56`, `Screenshot_2024-01-31-12-34-56`, `PXL_20240131_123456789`, `IMG-20240131-WA0001`. Pure.

use butler_product::photo::Taken;

/// Years in which somebody may have taken a picture and named it by a clock.
const YEARS: std::ops::RangeInclusive<u16> = 1970..=2099;

/// The date, with the time where the name tells that too: else it is midnight.
pub(super) fn of_name(name: &str) -> Option<Taken> {
    let runs = runs(name);
    (0..runs.len()).find_map(|at| {
        let (date, next) = date(&runs[at..])?;
        let time = time(&runs[at..], next).unwrap_or((0, 0, 0));
        Taken::of(date, time, None)
    })
}

/// Digits, and what stands between them and the digits before.
#[derive(Debug, Clone, Copy)]
struct Run<'a> {
    between: &'a str,
    digits: &'a str,
}

/// Year, month and day.
type Day = (u16, u8, u8);

/// A run, and a digit in it.
type Place = (usize, usize);

fn runs(name: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = name;
    while let Some(start) = rest.find(|each: char| each.is_ascii_digit()) {
        let (between, from) = rest.split_at(start);
        let end = from.find(|each: char| !each.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        runs.push(Run { between, digits });
        rest = after;
    }
    runs
}

/// The date with which these runs begin, and where the time would: the run, and the digit in it.
fn date(runs: &[Run<'_>]) -> Option<(Day, Place)> {
    let (digits, next) = match runs {
        [only, ..] if matches!(only.digits.len(), 8 | 14 | 17) => {
            (only.digits[..8].to_owned(), if only.digits.len() == 8 { (1, 0) } else { (0, 8) })
        }
        [year, month, day, ..]
            if year.digits.len() == 4 && is_pair(month) && is_pair(day) && month.between == day.between =>
        {
            ([year.digits, month.digits, day.digits].concat(), (3, 0))
        }
        _ => return None,
    };
    let year = digits[..4].parse().ok().filter(|year| YEARS.contains(year))?;
    let date = (year, digits[4..6].parse().ok()?, digits[6..8].parse().ok()?);
    Taken::of(date, (0, 0, 0), None).map(|_| (date, next))
}

/// The time that stands at a place of these runs.
fn time(runs: &[Run<'_>], (run, digit): Place) -> Option<(u8, u8, u8)> {
    let digits = match &runs[run.min(runs.len())..] {
        [only, ..] if digit > 0 => only.digits[digit..].to_owned(),
        // With milliseconds, or without.
        [only, ..] if matches!(only.digits.len(), 6 | 9) && joins(only.between) => only.digits.to_owned(),
        [hour, minute, second, ..]
            if hour.digits.len() == 2 && joins(hour.between) && is_pair(minute) && is_pair(second) =>
        {
            [hour.digits, minute.digits, second.digits].concat()
        }
        _ => return None,
    };
    let two = |range| digits.get::<std::ops::Range<usize>>(range)?.parse::<u8>().ok();
    let time = (two(0..2)?, two(2..4)?, two(4..6)?);
    (time.0 < 24 && time.1 < 60 && time.2 < 60).then_some(time)
}

/// Two digits behind one mark.
fn is_pair(run: &Run<'_>) -> bool {
    run.digits.len() == 2 && matches!(run.between, "-" | "_" | "." | ":" | " " | "")
}

/// Whether what follows a date is its time.
fn joins(between: &str) -> bool {
    matches!(between, "_" | "-" | " " | "." | "T" | " at " | ", " | " - ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_cameras_and_phones_give_tell_their_date() {
        for (name, expect) in [
            ("IMG_20240131_123456", "2024-01-31T12:34:56"),
            ("PXL_20240131_123456789", "2024-01-31T12:34:56"),
            ("20240131_123456", "2024-01-31T12:34:56"),
            ("20240131123456", "2024-01-31T12:34:56"),
            ("2024-01-31 12.34.56", "2024-01-31T12:34:56"),
            ("2024-01-31 12.34.56-1", "2024-01-31T12:34:56"),
            ("Screenshot_2024-01-31-12-34-56", "2024-01-31T12:34:56"),
            ("Screenshot 2024-01-31 at 12.34.56", "2024-01-31T12:34:56"),
            ("VID_20240131_123456", "2024-01-31T12:34:56"),
            ("IMG-20240131-WA0001", "2024-01-31T00:00:00"),
            ("2024-01-31", "2024-01-31T00:00:00"),
            ("Harz 2024_01_31 Brocken", "2024-01-31T00:00:00"),
            ("IMG_0042 2024-02-29", "2024-02-29T00:00:00"),
        ] {
            assert_eq!(of_name(name).map(|taken| taken.local).as_deref(), Some(expect), "{name}");
        }
    }

    #[test]
    fn other_digits_are_no_date() {
        for name in [
            "IMG_0042",
            "DSC00042",
            "12345678",
            "20241331",
            "2023-02-29",
            "1080x1920-30-20",
            "99991231",
            "Été",
            "",
        ] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }
}
