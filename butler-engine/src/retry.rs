//! When a failure may be tried again. Pure.

use butler_product::FailureClass;
use jiff::{SignedDuration, Timestamp};

/// After this many tries a content failure rests until the file or the maker changes, or a person asks.
const TRIES_BEFORE_REST: u32 = 3;

/// When a product that failed for the `tries`th time (from 1) may be tried again; none while it rests.
///
/// Content: on later nights, 20 hours on after the first try and 68 hours after the second, so that the window of the next
/// day, and the third day after it, find it due whenever in the window it failed. Source and worker: the next night.
pub(crate) fn next_try(class: FailureClass, tries: u32, now: Timestamp) -> Option<Timestamp> {
    let hours = match (class, tries) {
        (FailureClass::Content, tries) if tries >= TRIES_BEFORE_REST => return None,
        (FailureClass::Content, 2) => 68,
        (FailureClass::Content | FailureClass::Source | FailureClass::Worker, _) => 20,
    };
    Some(now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_content_is_tried_on_later_nights_and_rests_after_three_tries() {
        let now: Timestamp = "2026-11-23T02:30:00Z".parse().unwrap();
        let hours = |tries| next_try(FailureClass::Content, tries, now).map(|at| at.duration_since(now).as_hours());
        assert_eq!([hours(1), hours(2), hours(3), hours(9)], [Some(20), Some(68), None, None]);
    }

    #[test]
    fn a_file_that_could_not_be_read_never_rests() {
        let now: Timestamp = "2026-11-23T02:30:00Z".parse().unwrap();
        assert!(next_try(FailureClass::Source, 40, now).is_some());
    }
}
