//! The maintenance window of a date in a zone: a half-open pair of instants, right across midnight and the
//! changes of daylight-saving time (docs/scheduling.md, rule 10). Which day an instant belongs to is
//! `day.rs`.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::day;

/// The daily maintenance hours as a person set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSettings {
    /// `ButlerStartHour` and `ButlerStartMinute`, local time.
    pub start: Time,
    /// `ButlerEndHour` and `ButlerEndMinute`, local time. Not after `start`: on the next date. Equal: the
    /// whole day.
    pub end: Time,
    /// The days on which a window starts.
    pub days: WindowDays,
}

impl Default for WindowSettings {
    /// 02:00 to 05:00, all week.
    fn default() -> Self {
        Self { start: Time::constant(2, 0, 0, 0), end: Time::constant(5, 0, 0, 0), days: WindowDays::ALL }
    }
}

impl WindowSettings {
    /// The window from hours (0 to 23) and minutes (0 to 59); none if one of them is out of range.
    pub fn from_hours(start: (i8, i8), end: (i8, i8), days: WindowDays) -> Option<Self> {
        Some(Self {
            start: Time::new(start.0, start.1, 0, 0).ok()?,
            end: Time::new(end.0, end.1, 0, 0).ok()?,
            days,
        })
    }

    /// Whether start = end: the window is the whole day, and its end stops nothing.
    pub(crate) fn is_whole_day(&self) -> bool {
        self.start == self.end
    }
}

/// The days of the week on which a window starts (`ButlerWindowDays`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowDays(u8);

impl WindowDays {
    /// All week.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether a window starts on this day of the week.
    pub fn contains(self, weekday: Weekday) -> bool {
        self.0 & Self::bit(weekday) != 0
    }

    fn bit(weekday: Weekday) -> u8 {
        1 << weekday.to_monday_zero_offset()
    }
}

impl FromIterator<Weekday> for WindowDays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(weekdays: I) -> Self {
        Self(weekdays.into_iter().fold(0, |days, weekday| days | Self::bit(weekday)))
    }
}

/// One night's window: from `from`, until just before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The local date on which it starts.
    pub day: Date,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// Whether it is the whole day, so that its end stops nothing.
    pub whole_day: bool,
}

impl Window {
    /// Whether an instant lies in it.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    /// How long it is: on a night of a clock change an hour more or less than its settings say.
    pub(crate) fn length(&self) -> SignedDuration {
        self.from.duration_until(self.until)
    }
}

/// The window that starts on a date: none on a day of the week without one, and none if a spring gap swallows
/// it.
pub(crate) fn on(settings: &WindowSettings, zone: &TimeZone, day: Date) -> Option<Window> {
    if !settings.days.contains(day.weekday()) {
        return None;
    }
    let from = day::start(settings, zone, day)?;
    let whole_day = settings.is_whole_day();
    let until = if whole_day {
        day::next_start(settings, zone, day)
    } else {
        let last_date = if settings.end > settings.start { day } else { day.tomorrow().unwrap_or(Date::MAX) };
        instant(zone, last_date.to_datetime(settings.end))
    };
    (from < until).then_some(Window { day, from, until, whole_day })
}

/// The window that contains an instant.
pub(crate) fn at(settings: &WindowSettings, zone: &TimeZone, now: Timestamp) -> Option<Window> {
    // Windows never overlap, so only the one that started last can contain it.
    on(settings, zone, day::of(settings, zone, now)).filter(|window| window.contains(now))
}

/// How many dates are looked through for the nearest window: one a week, and a spring gap may swallow it.
const FAR_ENOUGH: i64 = 15;

/// The window that opens next after an instant; none if no day of the week has one.
pub(crate) fn next(settings: &WindowSettings, zone: &TimeZone, now: Timestamp) -> Option<Window> {
    let today = day::of(settings, zone, now);
    (1..=FAR_ENOUGH)
        .filter_map(|ahead| on(settings, zone, today.checked_add(ahead.days()).ok()?))
        .find(|window| window.from > now)
}

/// The last window any part of which lies between two instants.
pub(crate) fn last_between(
    settings: &WindowSettings,
    zone: &TimeZone,
    after: Timestamp,
    before: Timestamp,
) -> Option<Window> {
    let today = day::of(settings, zone, before);
    let mut back_from_today =
        (0..=FAR_ENOUGH).filter_map(|back| on(settings, zone, today.checked_sub(back.days()).ok()?));
    back_from_today.find(|window| window.from < before).filter(|window| window.until > after)
}

/// Whether a window opened after one instant and up to another.
pub(crate) fn opened_between(
    settings: &WindowSettings,
    zone: &TimeZone,
    after: Timestamp,
    up_to: Timestamp,
) -> bool {
    let today = day::of(settings, zone, up_to);
    let mut back_from_today =
        (0..=FAR_ENOUGH).filter_map(|back| on(settings, zone, today.checked_sub(back.days()).ok()?));
    back_from_today.next().is_some_and(|window| window.from > after)
}

/// The instant of a local time. One in a spring gap is the gap's end, one in an autumn fold the first pass.
/// Grows with the local time, so that windows can't overlap.
pub(crate) fn instant(zone: &TimeZone, local: DateTime) -> Timestamp {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let is_gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let edge = if local.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    if !is_gap {
        return ambiguous.earlier().unwrap_or(edge);
    }
    // `compatible` is as far behind the gap's end as the local time is behind its start; the transition is
    // the last one up to there. (`following` from the date's midnight finds another one where the gap begins
    // at midnight.)
    let behind = ambiguous.compatible().unwrap_or(edge);
    let just_after = behind.checked_add(SignedDuration::from_nanos(1)).unwrap_or(edge);
    zone.preceding(just_after).next().map_or(behind, |transition| transition.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn hours(text: &str) -> WindowSettings {
        let (start, end) = text.split_once('-').unwrap();
        WindowSettings { start: start.parse().unwrap(), end: end.parse().unwrap(), days: WindowDays::ALL }
    }

    /// `expected` is `from/until` in UTC, or empty for no window.
    fn check(zone_name: &str, window: &str, day: &str, expected: &str) {
        let found = on(&hours(window), &zone(zone_name), day.parse().unwrap());
        let found = found.map(|window| format!("{:.0}/{:.0}", window.from, window.until)).unwrap_or_default();
        assert_eq!(found, expected, "{zone_name}, {window} on {day}");
    }

    #[test]
    fn rule_10_a_window_on_a_plain_day_and_across_midnight() {
        check("Europe/Berlin", "02:00-05:00", "2026-11-23", "2026-11-23T01:00:00Z/2026-11-23T04:00:00Z");
        check("Europe/Berlin", "22:30-03:15", "2026-11-23", "2026-11-23T21:30:00Z/2026-11-24T02:15:00Z");
        check("Europe/Berlin", "22:00-00:00", "2026-11-23", "2026-11-23T21:00:00Z/2026-11-23T23:00:00Z");
        check("UTC", "02:00-02:00", "2026-11-23", "2026-11-23T02:00:00Z/2026-11-24T02:00:00Z");
    }

    #[test]
    fn rule_10_a_start_or_end_in_a_spring_gap_is_the_gaps_end() {
        check("Europe/Berlin", "02:00-05:00", "2026-03-29", "2026-03-29T01:00:00Z/2026-03-29T03:00:00Z");
        check("Europe/Berlin", "02:30-05:00", "2026-03-29", "2026-03-29T01:00:00Z/2026-03-29T03:00:00Z");
        check("Europe/Berlin", "01:30-02:30", "2026-03-29", "2026-03-29T00:30:00Z/2026-03-29T01:00:00Z");
        check("Europe/Berlin", "22:00-02:59", "2026-03-28", "2026-03-28T21:00:00Z/2026-03-29T01:00:00Z");
        check(
            "Australia/Lord_Howe",
            "02:15-05:00",
            "2026-10-04",
            "2026-10-03T15:30:00Z/2026-10-03T18:00:00Z",
        );
        check("America/Santiago", "00:00-03:00", "2026-09-06", "2026-09-06T04:00:00Z/2026-09-06T06:00:00Z");
        check("America/Santiago", "00:30-05:00", "2026-09-06", "2026-09-06T04:00:00Z/2026-09-06T08:00:00Z");
        check("America/Santiago", "23:00-00:30", "2026-09-05", "2026-09-06T03:00:00Z/2026-09-06T04:00:00Z");
        check("Africa/Cairo", "00:00-02:00", "2026-04-24", "2026-04-23T22:00:00Z/2026-04-23T23:00:00Z");
        check("Africa/Cairo", "23:00-00:59", "2026-04-23", "2026-04-23T21:00:00Z/2026-04-23T22:00:00Z");
    }

    #[test]
    fn rule_10_a_window_that_a_gap_swallows_is_none_that_day() {
        check("Europe/Berlin", "02:10-02:50", "2026-03-29", "");
        check("Europe/Berlin", "02:30-03:00", "2026-03-29", "");
        check("Australia/Lord_Howe", "02:00-02:30", "2026-10-04", "");
        check("America/Santiago", "00:00-01:00", "2026-09-06", "");
        check("Africa/Cairo", "00:15-00:45", "2026-04-24", "");
        check("Pacific/Apia", "02:00-05:00", "2011-12-30", "");
    }

    #[test]
    fn rule_10_a_start_or_end_in_an_autumn_fold_is_the_first_pass() {
        check("Europe/Berlin", "02:00-05:00", "2026-10-25", "2026-10-25T00:00:00Z/2026-10-25T04:00:00Z");
        check("Europe/Berlin", "01:00-02:30", "2026-10-25", "2026-10-24T23:00:00Z/2026-10-25T00:30:00Z");
        check("Europe/Berlin", "02:30-02:30", "2026-10-25", "2026-10-25T00:30:00Z/2026-10-26T01:30:00Z");
        check(
            "Australia/Lord_Howe",
            "01:45-03:00",
            "2026-04-05",
            "2026-04-04T14:45:00Z/2026-04-04T16:30:00Z",
        );
        check("America/Santiago", "23:00-01:00", "2026-04-04", "2026-04-05T02:00:00Z/2026-04-05T05:00:00Z");
        check("Africa/Cairo", "23:30-00:30", "2026-10-29", "2026-10-29T20:30:00Z/2026-10-29T22:30:00Z");
    }

    #[test]
    fn rule_10_a_date_that_the_zone_leaves_out_has_no_window_and_its_neighbours_do() {
        check("Pacific/Apia", "02:00-05:00", "2011-12-29", "2011-12-29T12:00:00Z/2011-12-29T15:00:00Z");
        check("Pacific/Apia", "22:00-03:00", "2011-12-29", "2011-12-30T08:00:00Z/2011-12-30T10:00:00Z");
        check("Pacific/Apia", "02:00-02:00", "2011-12-29", "2011-12-29T12:00:00Z/2011-12-30T12:00:00Z");
        check("Pacific/Apia", "02:00-05:00", "2011-12-31", "2011-12-30T12:00:00Z/2011-12-30T15:00:00Z");
    }

    #[test]
    fn a_window_starts_only_on_the_days_that_were_chosen() {
        let settings = WindowSettings {
            days: [Weekday::Sunday, Weekday::Wednesday].into_iter().collect(),
            ..hours("23:00-02:00")
        };
        let utc = TimeZone::UTC;
        let days: Vec<_> =
            (23..30).filter(|day| on(&settings, &utc, date(2026, 11, *day)).is_some()).collect();
        assert_eq!(days, [25, 29], "2026-11-25 is a Wednesday, 2026-11-29 a Sunday");
        let after_midnight = date(2026, 11, 26).at(1, 0, 0, 0);
        assert!(
            at(&settings, &utc, instant(&utc, after_midnight)).is_some(),
            "Wednesday's window reaches into Thursday"
        );
    }

    #[test]
    fn hours_and_minutes_out_of_range_are_no_window() {
        assert_eq!(
            WindowSettings::from_hours((2, 0), (5, 0), WindowDays::ALL),
            Some(WindowSettings::default())
        );
        assert_eq!(WindowSettings::from_hours((24, 0), (5, 0), WindowDays::ALL), None);
        assert_eq!(WindowSettings::from_hours((2, 0), (5, 60), WindowDays::ALL), None);
        assert_eq!(WindowSettings::from_hours((-1, 0), (5, 0), WindowDays::ALL), None);
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        for now in [Timestamp::MIN, Timestamp::MAX] {
            for zone_name in ["UTC", "Europe/Berlin", "Pacific/Apia"] {
                for window in ["02:00-05:00", "23:00-22:00", "00:00-00:00"] {
                    let _ = at(&hours(window), &zone(zone_name), now);
                }
            }
        }
    }

    const ZONES: [&str; 8] = [
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Cairo",
        "Pacific/Apia",
        "America/St_Johns",
        "Africa/Casablanca",
        "Asia/Kathmandu",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        /// Against all windows of the days around, near a clock change more often than not.
        #[test]
        fn windows_never_overlap_and_an_instant_lies_in_the_one_of_its_day(
            zone_name in prop::sample::select(&ZONES[..]),
            start in (0..24i8, 0..60i8),
            end in (0..24i8, 0..60i8),
            seconds in 600_000_000..2_000_000_000i64,
            near_change in prop::option::of(-200_000..200_000i64),
        ) {
            let zone = zone(zone_name);
            let settings = WindowSettings::from_hours(start, end, WindowDays::ALL).unwrap();
            let somewhen = Timestamp::from_second(seconds).unwrap();
            let change = zone.following(somewhen).next().map_or(somewhen, |change| change.timestamp());
            let by_seconds = |by| change.checked_add(SignedDuration::from_secs(by)).unwrap();
            let now = near_change.map_or(somewhen, by_seconds);

            let mut date = zone.to_datetime(now).date().checked_sub(ToSpan::days(5)).unwrap();
            let mut windows = Vec::new();
            for _ in 0..10 {
                windows.extend(on(&settings, &zone, date));
                date = date.tomorrow().unwrap();
            }
            for pair in windows.windows(2) {
                prop_assert!(pair[0].until <= pair[1].from, "{pair:?}");
            }
            let containing = windows.iter().find(|window| window.contains(now)).copied();
            prop_assert_eq!(at(&settings, &zone, now), containing);
            if let Some(last) = windows.iter().rev().find(|window| window.from <= now) {
                let day = day::of(&settings, &zone, now);
                prop_assert!(last.day <= day, "a window that a gap swallows leaves its day");
                prop_assert!(last.day == day || on(&settings, &zone, day).is_none());
            }
        }
    }
}
