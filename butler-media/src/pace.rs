//! How long a reader waits so that it reads no more than so many bytes a second. Pure: the time is handed in.

use std::time::{Duration, Instant};

/// So much may be read at once after a time without reading.
const AHEAD: Duration = Duration::from_secs(1);
/// So long a reader waits at most before it looks whether it is still wanted.
const SLICE: Duration = Duration::from_millis(100);

/// A rate that reading keeps.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_per_second: u64,
    /// By when all that was read so far may have been.
    even_at: Instant,
}

impl Pace {
    pub(crate) const fn new(bytes_per_second: u64, now: Instant) -> Self {
        Self { bytes_per_second, even_at: now }
    }

    /// How long to wait after having read so many bytes.
    pub(crate) fn wait_after(&mut self, bytes: usize, now: Instant) -> Duration {
        // What was not read long ago is not read now in its place.
        self.even_at = self.even_at.max(now.checked_sub(AHEAD).unwrap_or(self.even_at));
        let seconds = bytes as f64 / self.bytes_per_second.max(1) as f64;
        self.even_at += Duration::try_from_secs_f64(seconds).unwrap_or(AHEAD);
        self.even_at.saturating_duration_since(now)
    }
}

/// Waits in slices by `sleep`, as long as `is_wanted` says so.
pub(crate) fn wait(mut left: Duration, is_wanted: impl Fn() -> bool, mut sleep: impl FnMut(Duration)) {
    while !left.is_zero() && is_wanted() {
        let slice = left.min(SLICE);
        sleep(slice);
        left -= slice;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// How long a reader takes for so many reads of a tenth of a second's worth each, with such pauses
    /// between.
    fn takes(reads: u32, pause_ms: u64) -> Duration {
        let begun = Instant::now();
        let (mut pace, mut now) = (Pace::new(1_000_000, begun), begun);
        for _ in 0..reads {
            now += pace.wait_after(100_000, now) + Duration::from_millis(pause_ms);
        }
        now - begun
    }

    #[test]
    fn what_is_read_takes_as_long_as_its_bytes_do_at_the_rate() {
        assert_eq!(takes(100, 0), Duration::from_secs(10));
        assert_eq!(
            takes(100, 50),
            Duration::from_secs(10) + Duration::from_millis(50),
            "work counts as waiting"
        );
        assert_eq!(
            takes(10, 300),
            Duration::from_millis(3_100),
            "who reads less waits for its first bytes alone"
        );
    }

    #[test]
    fn a_second_is_made_up_for_and_no_more() {
        let begun = Instant::now();
        let mut pace = Pace::new(1_000_000, begun);
        let now = begun + Duration::from_secs(60);
        assert_eq!(pace.wait_after(1_000_000, now), Duration::ZERO);
        assert_eq!(pace.wait_after(500_000, now), Duration::from_millis(500));
    }

    #[test]
    fn readers_that_share_a_rate_read_no_more_than_it_together() {
        const TOTAL: u64 = 8_000_000;
        let begun = Instant::now();
        let end = begun + Duration::from_secs(60);
        // One with half of the cores, two with a quarter each, and each reads in bites of its own size.
        let shares = [(TOTAL / 2, 64_000), (TOTAL / 4, 1_000_000), (TOTAL / 4, 4_096)];
        let read = shares.map(|(rate, bite)| {
            let (mut pace, mut now, mut read) = (Pace::new(rate, begun), begun, 0);
            while now < end {
                now += pace.wait_after(bite, now);
                read += bite as u64;
            }
            read
        });
        let (read, bites) =
            (read.iter().sum::<u64>(), shares.map(|(_, bite)| bite as u64).iter().sum::<u64>());
        assert!((TOTAL * 60..=TOTAL * 60 + bites).contains(&read), "{read}");
    }

    #[test]
    fn who_is_not_wanted_any_more_waits_for_the_slice_in_hand_and_no_longer() {
        let slept = RefCell::new(Vec::new());
        let sleep = |slice| slept.borrow_mut().push(slice);
        wait(Duration::from_millis(250), || true, sleep);
        assert_eq!(slept.take(), [SLICE, SLICE, SLICE / 2]);
        wait(Duration::from_secs(3_600), || slept.borrow().len() < 2, sleep);
        assert_eq!(slept.take(), [SLICE; 2]);
        wait(Duration::from_secs(3_600), || false, sleep);
        wait(Duration::ZERO, || true, sleep);
        assert_eq!(slept.take(), []);
    }
}
