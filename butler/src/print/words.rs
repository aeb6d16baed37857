//! Numbers, times and names as people read them.

pub(crate) use butler_api::sizes::{bits_per_second as bits, bytes};
use butler_client::Run;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// A day in the local zone: `2026-11-24`.
pub(crate) fn date(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

/// A time of day in the local zone: `2026-11-24 02:31`.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same without the year, for narrow tables: `11-24 02:31`.
pub(crate) fn short_time(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%m-%d %H:%M").to_string()
}

/// The same to the second, with the zone: `2026-11-24 02:31:07 CET`.
pub(crate) fn exact_time(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A time of day in the local zone, without the day: `02:31:07`.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// The same to the minute, for narrow tables: `02:31`.
pub(crate) fn short_time_of_day(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%H:%M").to_string()
}

/// A duration: `120 ms`, `3.2 s`, `2 min 03 s`, `1 h 05 min`.
pub(crate) fn duration(duration: SignedDuration) -> String {
    let ms = duration.as_millis().max(0);
    // Rounded first, so that 59.96 s is a minute and not 60.0 s.
    match (ms, (ms + 50) / 100, (ms + 500) / 1000) {
        (0..1000, ..) => format!("{ms} ms"),
        (_, tenths @ 0..100, _) => format!("{}.{} s", tenths / 10, tenths % 10),
        (.., seconds @ 0..60) => format!("{seconds} s"),
        (.., seconds @ 0..3600) => format!("{} min {:02} s", seconds / 60, seconds % 60),
        (.., seconds) => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A duration in milliseconds, as [`duration`] has it.
pub(crate) fn duration_ms(ms: u64) -> String {
    duration(SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)))
}

/// Seconds until something, roughly: `40 s`, `3 min`, `2 h 10 min`. To the nearest minute, so that what comes
/// a second later is never told as a minute more.
pub(crate) fn about(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3570 => format!("{} min", (seconds + 30) / 60),
        3570..3600 => about(3600),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How long a whole run takes, where no more is known than whole seconds: `< 5 s`, else as [`about`] has it.
pub(crate) fn roughly(seconds: u64) -> String {
    if seconds < 5 { "< 5 s".to_owned() } else { about(seconds) }
}

/// `1 failure`, `3 failures`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// How far a run is: `12 of 40 steps`; `12 steps` while it isn't known of how many. One file may take several
/// steps: it is found, its headers are read, its tags.
pub(crate) fn progress(run: &Run) -> String {
    if run.total == 0 {
        count(run.done, "step")
    } else {
        format!("{} of {}", run.done, count(run.total, "step"))
    }
}

/// How long a run took, once it has ended.
pub(crate) fn took(run: &Run) -> Option<String> {
    Some(duration(run.ended_at?.duration_since(run.started_at?)))
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_to_the_nearest_minute() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min"),
            (90, "2 min"),
            (3_569, "59 min"),
            (3_570, "1 h 00 min"),
            (7_800, "2 h 10 min"),
        ] {
            assert_eq!(about(seconds), words, "{seconds}");
        }
    }

    #[test]
    fn durations_are_readable() {
        for (ms, words) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (3_210, "3.2 s"),
            (9_960, "10 s"),
            (59_960, "1 min 00 s"),
            (123_000, "2 min 03 s"),
            (3_900_000, "1 h 05 min"),
            (-5, "0 ms"),
        ] {
            assert_eq!(duration(SignedDuration::from_millis(ms)), words, "{ms}");
        }
    }
}
