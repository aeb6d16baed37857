//! How fast a run comes on: steps a second over the last minute, and the time left at that rate. Pure:
//! instants are handed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Over how long the rate is taken.
const SPAN: Duration = Duration::from_secs(60);
/// Before this much time has passed a rate says nothing.
const LEAST: Duration = Duration::from_secs(2);

/// The counts of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    counts: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// Notes how many steps are done by now.
    pub(crate) fn note(&mut self, now: Instant, done: u64) {
        // One note a second is enough; the newest always stands at the end.
        if self.counts.len() > 1
            && self
                .counts
                .iter()
                .rev()
                .nth(1)
                .is_some_and(|(at, _)| now.duration_since(*at) < Duration::from_secs(1))
        {
            self.counts.pop_back();
        }
        self.counts.push_back((now, done));
        while self.counts.len() > 2
            && self.counts.get(1).is_some_and(|(at, _)| now.duration_since(*at) > SPAN)
        {
            self.counts.pop_front();
        }
    }

    /// Steps a second; none while too little is known.
    pub(crate) fn per_second(&self, now: Instant) -> Option<f64> {
        let (first_at, first) = self.counts.front()?;
        let (_, last) = self.counts.back()?;
        let elapsed = now.duration_since(*first_at);
        (elapsed >= LEAST && last > first).then(|| (last - first) as f64 / elapsed.as_secs_f64())
    }

    /// Whole seconds until `left` more steps are done at that rate.
    pub(crate) fn eta_seconds(&self, now: Instant, left: u64) -> Option<u64> {
        self.per_second(now).map(|rate| (left as f64 / rate).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_run_has_its_rate_and_its_time_left() {
        let start = Instant::now();
        let mut rate = Rate::default();
        for second in 0..=10 {
            rate.note(start + Duration::from_secs(second), second * 3);
        }
        let now = start + Duration::from_secs(10);
        assert_eq!(rate.per_second(now), Some(3.0));
        assert_eq!(rate.eta_seconds(now, 31), Some(11));
    }

    #[test]
    fn only_the_last_minute_counts() {
        let start = Instant::now();
        let mut rate = Rate::default();
        for second in 0..=200 {
            rate.note(
                start + Duration::from_secs(second),
                if second < 130 { second * 100 } else { 13_000 + second - 130 },
            );
        }
        let per_second = rate.per_second(start + Duration::from_secs(200)).unwrap();
        assert!((0.9..1.1).contains(&per_second), "{per_second}");
    }

    #[test]
    fn nothing_is_said_at_the_start_or_when_nothing_moves() {
        let start = Instant::now();
        let mut rate = Rate::default();
        rate.note(start, 0);
        rate.note(start + Duration::from_millis(100), 50);
        assert_eq!(rate.per_second(start + Duration::from_millis(100)), None);
        let mut still = Rate::default();
        still.note(start, 4);
        assert_eq!(still.per_second(start + Duration::from_secs(30)), None);
    }
}
