//! When a failure may be tried again: in which night to come. Pure.

use butler_library::Tries;
use butler_product::{Failure, FailureClass};
use butler_schedule::Window;
use jiff::{SignedDuration, Timestamp};

/// After this many tries a content failure rests until the file or the maker changes, or a person asks.
const TRIES_BEFORE_REST: u32 = 3;

/// When a product that failed may be tried again; none while it rests. `before` is what its tries had come
/// to, `windows` are those from `now` on.
///
/// A try that does not count, for a person forced it, leaves that as it was: neither does it use up one of
/// the nights' tries, nor does it put the next one off.
pub(crate) fn next_try(
    failure: &Failure,
    before: Option<Tries>,
    counts: bool,
    now: Timestamp,
    windows: impl Iterator<Item = Window>,
) -> Option<Timestamp> {
    match before {
        _ if failure.rests => None,
        Some(Tries { next_at, .. }) if !counts && next_at.is_none_or(|at| at > now) => next_at,
        before => next_night(
            failure.class,
            before.map_or(0, |tries| tries.count).saturating_add(counts.into()),
            now,
            windows,
        ),
    }
}

/// When what failed for the `tries`th time may be tried again.
///
/// It counts in nights that begin after the failure, whether it failed by day or in one. Content: the next
/// night, then the third after the second try. Source and worker: the next night, always. Where there is no
/// window, a night is 20 hours and then a multiple of 24.
fn next_night(
    class: FailureClass,
    tries: u32,
    now: Timestamp,
    windows: impl Iterator<Item = Window>,
) -> Option<Timestamp> {
    let nights_left_out = match (class, tries) {
        (FailureClass::Content, tries) if tries >= TRIES_BEFORE_REST => return None,
        (FailureClass::Content, 2) => 2,
        (FailureClass::Content | FailureClass::Source | FailureClass::Worker, _) => 0_u8,
    };
    let night = windows.filter(|window| window.from > now).nth(nights_left_out.into());
    let hours = SignedDuration::from_hours(20 + 24 * i64::from(nights_left_out));
    Some(night.map_or_else(|| now.saturating_add(hours).unwrap_or(Timestamp::MAX), |night| night.from))
}

/// Until when what failed has to be tried again for a run to try it now: a run of a night (`bound_until` is the
/// end of its window) tries all whose night has come, wherever the hours lay when it failed.
pub(crate) fn due_until(bound_until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let last = bound_until.and_then(|end| end.checked_sub(SignedDuration::from_millis(1)).ok());
    last.map_or(now, |last| last.max(now))
}

#[cfg(test)]
mod tests {
    use butler_schedule::windows_ahead;
    use butler_tasks::Settings;
    use butler_tasks::settings::schedule_settings;
    use jiff::tz::TimeZone;

    use super::*;

    /// When it is tried again, with a window from 02:00 to 05:00 UTC.
    fn next(class: FailureClass, tries: u32, now: &str) -> Option<String> {
        let now: Timestamp = now.parse().unwrap();
        let settings = schedule_settings(&Settings::default(), TimeZone::UTC, String::new());
        let next = next_night(class, tries, now, windows_ahead(&settings, now));
        next.map(|at| at.strftime("%d %H:%M").to_string())
    }

    #[test]
    fn a_run_of_the_night_tries_what_was_to_be_tried_at_an_hour_that_its_window_begins_before() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // It failed when the window began at 02:00, which begins at 01:00 by now.
        let (next, now) = (at("2026-11-29T02:00:00Z"), at("2026-11-29T01:00:00Z"));
        assert!(due_until(Some(at("2026-11-29T05:00:00Z")), now) >= next);
        assert!(due_until(Some(next), now) < next, "another night's");
        assert_eq!(due_until(None, now), now, "by day it waits for its night");
    }

    #[test]
    fn what_failed_by_day_is_tried_in_the_coming_night_and_what_failed_at_night_in_the_next() {
        for (now, expected) in [
            ("2026-11-23T14:00:00Z", "24 02:00"),
            ("2026-11-23T01:59:00Z", "23 02:00"),
            ("2026-11-23T02:00:00Z", "24 02:00"),
            ("2026-11-23T04:59:00Z", "24 02:00"),
            ("2026-11-23T05:01:00Z", "24 02:00"),
        ] {
            for class in [FailureClass::Content, FailureClass::Source, FailureClass::Worker] {
                assert_eq!(next(class, 1, now).as_deref(), Some(expected), "{class:?} at {now}");
            }
        }
    }

    #[test]
    fn damaged_content_is_tried_on_later_nights_and_rests_after_three_tries() {
        let tried = |tries| next(FailureClass::Content, tries, "2026-11-23T02:30:00Z");
        assert_eq!(
            [tried(1), tried(2), tried(3), tried(9)].map(|at| at.unwrap_or_default()),
            ["24 02:00", "26 02:00", "", ""]
        );
    }

    #[test]
    fn what_a_person_forces_uses_up_no_nights_try_and_puts_none_off() {
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        let settings = schedule_settings(&Settings::default(), TimeZone::UTC, String::new());
        let forced = |before: Option<Tries>| {
            let damaged = Failure::content("It is damaged.");
            let next = next_try(&damaged, before, false, now, windows_ahead(&settings, now));
            next.map(|at| at.strftime("%d %H:%M").to_string())
        };
        let tried = |count, next: &str| Some(Tries { count, next_at: next.parse().ok() });
        assert_eq!(forced(None).as_deref(), Some("24 02:00"));
        assert_eq!(forced(tried(2, "2026-11-26T02:00:00Z")).as_deref(), Some("26 02:00"));
        assert_eq!(forced(tried(2, "2026-11-23T02:00:00Z")).as_deref(), Some("26 02:00"), "it was due");
        assert_eq!(forced(tried(3, "never")), None, "what rests goes on resting");
        assert_eq!(forced(tried(0, "2026-11-23T14:00:00Z")).as_deref(), Some("24 02:00"));
    }

    #[test]
    fn what_is_not_supported_rests_from_its_first_try_on() {
        let now: Timestamp = "2026-11-23T02:30:00Z".parse().unwrap();
        let settings = schedule_settings(&Settings::default(), TimeZone::UTC, String::new());
        let next = |failure: &Failure| next_try(failure, None, true, now, windows_ahead(&settings, now));
        assert_eq!(next(&Failure::unsupported("No decoder is there for it.")), None);
        assert!(next(&Failure::content("It is damaged.")).is_some());
    }

    #[test]
    fn a_file_that_could_not_be_read_never_rests() {
        assert!(next(FailureClass::Source, 40, "2026-11-23T02:30:00Z").is_some());
    }

    #[test]
    fn without_a_window_a_night_is_a_time_of_day() {
        let now: Timestamp = "2026-11-23T02:30:00Z".parse().unwrap();
        let hours = |tries| {
            next_night(FailureClass::Content, tries, now, std::iter::empty())
                .unwrap()
                .duration_since(now)
                .as_hours()
        };
        assert_eq!([hours(1), hours(2)], [20, 68]);
    }
}
