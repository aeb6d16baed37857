//! The maintenance day of an instant (docs/scheduling.md, rule 1): the date of the window that contains it or
//! last started before it, whether or not that date has a window. Counts no intervals; `due.rs` does.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::WindowSettings;
use crate::window::instant;

/// The day of an instant.
pub(crate) fn of(settings: &WindowSettings, zone: &TimeZone, now: Timestamp) -> Date {
    let local = zone.to_datetime(now).date();
    // From tomorrow on, since a fold round midnight takes the clock back to the date before; as far as three
    // days back, since a zone may leave a date out and the start may be late in the evening.
    (-1..=3)
        .filter_map(|back: i64| local.checked_sub(back.days()).ok())
        .find(|&day| start(settings, zone, day).is_some_and(|start| start <= now))
        .unwrap_or(local)
}

/// When a window starts on a date, or would; none for a date that the zone leaves out.
pub(crate) fn start(settings: &WindowSettings, zone: &TimeZone, day: Date) -> Option<Timestamp> {
    let first = zone.to_datetime(instant(zone, day.to_datetime(Time::MIN)));
    (first.date() == day).then(|| instant(zone, day.to_datetime(settings.start)))
}

/// When the next date's window starts, or would.
pub(crate) fn next_start(settings: &WindowSettings, zone: &TimeZone, day: Date) -> Timestamp {
    (1..=2)
        .filter_map(|ahead: i64| day.checked_add(ahead.days()).ok())
        .find_map(|date| start(settings, zone, date))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Window, WindowDays, window};
    use jiff::civil::Weekday;

    fn check(zone: &str, settings: &WindowSettings, now: &str, day: &str) {
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(of(settings, &zone, now.parse().unwrap()).to_string(), day, "{now}");
    }

    #[test]
    fn rule_1_a_day_begins_with_its_windows_start() {
        let window = WindowSettings::default();
        check("Europe/Berlin", &window, "2026-11-23T01:59:59+01:00", "2026-11-22");
        check("Europe/Berlin", &window, "2026-11-23T02:00:00+01:00", "2026-11-23");
        check("Europe/Berlin", &window, "2026-11-23T23:59:59+01:00", "2026-11-23");
    }

    #[test]
    fn rule_1_a_window_across_midnight_belongs_to_its_evening() {
        let window = WindowSettings::from_hours((22, 30), (3, 0), WindowDays::ALL).unwrap();
        check("Europe/Berlin", &window, "2026-11-23T22:29:00+01:00", "2026-11-22");
        check("Europe/Berlin", &window, "2026-11-23T22:30:00+01:00", "2026-11-23");
        check("Europe/Berlin", &window, "2026-11-24T02:00:00+01:00", "2026-11-23");
        check("Europe/Berlin", &window, "2026-11-24T12:00:00+01:00", "2026-11-23");
    }

    #[test]
    fn rule_1_a_date_without_a_window_is_a_day_all_the_same() {
        let sundays =
            WindowSettings { days: [Weekday::Sunday].into_iter().collect(), ..WindowSettings::default() };
        check("Europe/Berlin", &sundays, "2026-11-25T12:00:00+01:00", "2026-11-25");
        let swallowed = WindowSettings::from_hours((2, 10), (2, 50), WindowDays::ALL).unwrap();
        check("Europe/Berlin", &swallowed, "2026-03-29T00:59:59Z", "2026-03-28");
        check("Europe/Berlin", &swallowed, "2026-03-29T01:00:00Z", "2026-03-29");
    }

    #[test]
    fn rule_1_a_fold_keeps_the_day_that_its_first_pass_began() {
        let window = WindowSettings::from_hours((2, 30), (5, 0), WindowDays::ALL).unwrap();
        check("Europe/Berlin", &window, "2026-10-25T02:29:59+02:00", "2026-10-24");
        check("Europe/Berlin", &window, "2026-10-25T02:30:00+02:00", "2026-10-25");
        check("Europe/Berlin", &window, "2026-10-25T02:10:00+01:00", "2026-10-25");
        let midnight = WindowSettings::from_hours((0, 0), (3, 0), WindowDays::ALL).unwrap();
        // St John's went back from 00:01 to 23:01 of the date before.
        check("America/St_Johns", &midnight, "2005-10-30T00:00:30-02:30", "2005-10-30");
        check("America/St_Johns", &midnight, "2005-10-29T23:30:00-03:30", "2005-10-30");
    }

    #[test]
    fn rule_1_a_date_that_the_zone_leaves_out_is_no_day() {
        let window = WindowSettings::default();
        check("Pacific/Apia", &window, "2011-12-30T09:59:59Z", "2011-12-29");
        check("Pacific/Apia", &window, "2011-12-30T11:59:59Z", "2011-12-29");
        check("Pacific/Apia", &window, "2011-12-30T12:00:00Z", "2011-12-31");
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_it_is() {
        let whole_day = WindowSettings::from_hours((4, 0), (4, 0), WindowDays::ALL).unwrap();
        let hours = |day: &str| {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            window::on(&whole_day, &zone, day.parse().unwrap())
                .as_ref()
                .map(Window::length)
                .unwrap()
                .as_hours()
        };
        assert_eq!([hours("2026-03-27"), hours("2026-03-28"), hours("2026-10-24")], [24, 23, 25]);
    }
}
