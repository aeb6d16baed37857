//! Where in the window a randomised task is placed (docs/scheduling.md, rule 2): a moment drawn from the
//! server's id, the task and the day, so that many servers don't ask the same online service at the same
//! second and a restart draws the same. Starts nothing.

use butler_api::TaskName;
use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::Window;

/// What a run is taken to last while none of its task has completed, and the least room that counts as room.
pub(crate) const FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);

/// How many of a task's last completed runs say how long it usually takes.
pub(crate) const USUAL_OF: usize = 5;

/// How long a task usually takes: the median of its last completed runs in whole seconds, given
/// oldest first.
pub(crate) fn usual(durations: &[SignedDuration]) -> SignedDuration {
    let mut last = durations[durations.len().saturating_sub(USUAL_OF)..].to_vec();
    last.sort_unstable();
    let median = match (last.len(), last.len() / 2) {
        (0, _) => FIVE_MINUTES,
        (length, middle) if length % 2 == 1 => last[middle],
        (_, middle) => last[middle - 1].saturating_add(last[middle].saturating_sub(last[middle - 1]) / 2),
    };
    SignedDuration::from_secs(median.as_secs())
}

/// A run that finds nothing to do takes so long.
pub(crate) const GLANCE: SignedDuration = SignedDuration::from_secs(2);

/// Whether at least min(usual, 5 min) is left of a window that ends at `end`.
pub(crate) fn has_room(end: Timestamp, usual: SignedDuration, now: Timestamp) -> bool {
    now.duration_until(end) >= usual.min(FIVE_MINUTES)
}

/// The moment for a task in what is left of a window at `now`; `now` itself if no choice is left.
pub(crate) fn place(window: &Window, usual: SignedDuration, draw: Draw, now: Timestamp) -> Timestamp {
    let from = window.from.max(now);
    let kept_free = usual.max(FIVE_MINUTES).min(window.length() / 2);
    let latest = window.until.checked_sub(kept_free).unwrap_or(from).max(from);
    let seconds = u128::from(from.duration_until(latest).as_secs().unsigned_abs());
    let ahead = (u128::from(draw.0) * seconds) >> u64::BITS;
    from.checked_add(SignedDuration::from_secs(i64::try_from(ahead).unwrap_or(0))).unwrap_or(latest)
}

/// `u`: a fraction of 2^64, the same for the same server, task and day on every machine and build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(server_id: &str, task: &TaskName, day: Date) -> Self {
        let text = format!("{server_id}\0{task}\0{day}");
        // FNV-1a, and then splitmix64's finaliser: FNV alone leaves the high bits of near texts alike.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn minutes(all: &[i64]) -> Vec<SignedDuration> {
        all.iter().copied().map(SignedDuration::from_mins).collect()
    }

    fn window(length: SignedDuration) -> Window {
        let from: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        Window { day: date(2026, 11, 23), from, until: from.checked_add(length).unwrap(), whole_day: false }
    }

    /// The first and the last moment that a draw can give, in minutes from the window's start.
    fn check(length: i64, usual: i64, now: i64, expected: (i64, i64)) {
        let window = window(SignedDuration::from_mins(length));
        let now = window.from.checked_add(SignedDuration::from_mins(now)).unwrap();
        let at = |draw| {
            window.from.duration_until(place(&window, SignedDuration::from_mins(usual), Draw(draw), now))
        };
        let last = at(u64::MAX).saturating_add(SignedDuration::from_secs(1)).as_mins();
        assert_eq!((at(0).as_mins(), last), expected, "window {length}, usual {usual}, now {now}");
    }

    #[test]
    fn rule_2_a_placed_run_leaves_itself_room_but_never_gives_away_more_than_half_the_window() {
        check(180, 5, 0, (0, 175));
        check(180, 30, 0, (0, 150));
        check(180, 1, 0, (0, 175));
        check(180, 600, 0, (0, 90));
        check(8, 5, 0, (0, 4));
    }

    #[test]
    fn rule_2_what_is_placed_later_is_placed_in_what_is_left() {
        check(180, 5, -60, (0, 175));
        check(180, 5, 60, (60, 175));
        check(180, 5, 174, (174, 175));
        check(180, 5, 177, (177, 177));
        check(180, 600, 120, (120, 120));
    }

    #[test]
    fn rule_2_usual_is_the_median_of_the_last_five() {
        assert_eq!(usual(&[]), 5 * MINUTE);
        assert_eq!(usual(&minutes(&[9])), 9 * MINUTE);
        assert_eq!(usual(&minutes(&[1, 9])), 5 * MINUTE);
        assert_eq!(usual(&minutes(&[100, 3, 7])), 7 * MINUTE);
        assert_eq!(usual(&minutes(&[1000, 1000, 1000, 4, 1, 3, 2, 90])), 3 * MINUTE);
    }

    #[test]
    fn rule_6_there_is_room_while_the_lesser_of_usual_and_five_minutes_is_left() {
        let window = window(SignedDuration::from_mins(180));
        let before_end = |left: i64| window.until.checked_sub(SignedDuration::from_mins(left)).unwrap();
        assert!(has_room(window.until, 60 * MINUTE, before_end(5)));
        assert!(!has_room(window.until, 60 * MINUTE, before_end(4)));
        assert!(has_room(window.until, 2 * MINUTE, before_end(2)));
        assert!(!has_room(window.until, 2 * MINUTE, before_end(1)));
    }

    #[test]
    fn rule_2_the_draw_is_the_same_on_every_machine_and_build() {
        let draw = |task, day| Draw::of("3f1c", &task, day);
        let known = draw(TaskName::CheckForUpdates, date(2026, 11, 23));
        assert_eq!(known, Draw(9_455_294_725_339_073_542));
        assert_ne!(known, draw(TaskName::AutomaticUpdates, date(2026, 11, 23)));
        assert_ne!(known, draw(TaskName::CheckForUpdates, date(2026, 11, 24)));
    }

    #[test]
    fn rule_2_many_servers_are_spread_over_the_whole_window() {
        let mut tenths = [0; 10];
        for server in 0..1000 {
            let Draw(draw) =
                Draw::of(&format!("server-{server}"), &TaskName::CheckForUpdates, date(2026, 11, 23));
            tenths[usize::try_from((u128::from(draw) * 10) >> u64::BITS).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (60..=140).contains(count)), "{tenths:?}");
    }

    proptest! {
        #[test]
        fn rule_2_nothing_is_placed_before_now_or_outside_its_window(
            length in 1..1500i64, usual in 0..2000i64, now in 0..1500i64, draw: u64
        ) {
            let window = window(SignedDuration::from_mins(length));
            let now = window.from.checked_add(SignedDuration::from_mins(now.min(length - 1))).unwrap();
            let at = place(&window, SignedDuration::from_mins(usual), Draw(draw), now);
            prop_assert!(at >= now && window.contains(at));
        }
    }
}
