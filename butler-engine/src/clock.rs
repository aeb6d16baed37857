//! The one place that asks the time: the wall clock, or one that a test drives so that a night passes in
//! seconds.
//!
//! It never sleeps and tells nobody that it was set: [`crate::Handle::drive_clock`] does. Start with
//! [`Clock::now`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// How fast a driven clock may go, in seconds of its own a real second.
pub const FASTEST_RATE: u32 = 100_000;

/// Tells the time; clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<Mutex<Drive>>>);

/// A driven clock: so it stood at that real instant, and so fast it goes, until it comes to a moment from
/// which on it goes as fast as the machine's.
#[derive(Debug)]
struct Drive {
    at: Timestamp,
    since: Instant,
    rate: u32,
    until: Option<Timestamp>,
    jumps: u64,
}

impl Drive {
    fn now(&self) -> Timestamp {
        self.after(self.since.elapsed())
    }

    /// What it shows when so much real time is gone.
    fn after(&self, gone: Duration) -> Timestamp {
        let later = |at: Timestamp, time: Duration| {
            at.saturating_add(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX))
                .unwrap_or(Timestamp::MAX)
        };
        let at = later(self.at, gone.saturating_mul(self.rate));
        match self.until.filter(|until| at > *until) {
            Some(until) => {
                later(until, gone.saturating_sub(own(until.duration_since(self.at)) / self.rate.max(1)))
            }
            None => at,
        }
    }

    fn rate_at(&self, moment: Timestamp) -> u32 {
        if self.until.is_some_and(|until| moment >= until) { 1 } else { self.rate }
    }

    /// The real time in which it comes from one moment to a later one; none if it stands.
    fn real(&self, from: Timestamp, to: Timestamp) -> Option<Duration> {
        let fast_end = self.until.map_or(to, |until| until.clamp(from, to));
        let (fast, then) = (own(fast_end.duration_since(from)), own(to.duration_since(fast_end)));
        if self.rate == 0 && fast > Duration::ZERO { None } else { Some(fast / self.rate.max(1) + then) }
    }
}

fn own(time: SignedDuration) -> Duration {
    Duration::try_from(time).unwrap_or(Duration::ZERO)
}

impl Clock {
    /// The machine's clock.
    pub const fn wall() -> Self {
        Self(None)
    }

    /// A clock that stands at this moment and goes on from it, as fast as the machine's until it is told
    /// otherwise.
    pub fn driven(at: Timestamp) -> Self {
        Self(Some(Arc::new(Mutex::new(Drive { at, since: Instant::now(), rate: 1, until: None, jumps: 0 }))))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.with(|drive| drive.now()).unwrap_or_else(wall)
    }

    /// Whether a test drives it.
    pub const fn is_driven(&self) -> bool {
        self.0.is_some()
    }

    /// Sets a driven clock to a moment, or to a rate from 0 (it stands) to [`FASTEST_RATE`], or to both. The
    /// present moment; none where this is the wall clock.
    pub fn drive(&self, at: Option<Timestamp>, rate: Option<u32>) -> Option<Timestamp> {
        self.with(|drive| {
            let now = drive.now();
            drive.rate = rate.unwrap_or_else(|| drive.rate_at(now)).min(FASTEST_RATE);
            (drive.at, drive.since, drive.until) = (at.unwrap_or(now), Instant::now(), None);
            drive.jumps += u64::from(at.is_some());
            drive.at
        })
    }

    /// Has a driven clock go at a rate until it comes to a moment, and from there as fast as the machine's,
    /// however late somebody looks. The present moment; none where this is the wall clock.
    pub fn hurry(&self, until: Timestamp, rate: u32) -> Option<Timestamp> {
        self.with(|drive| {
            (drive.at, drive.since) = (drive.now(), Instant::now());
            (drive.rate, drive.until) = (rate.min(FASTEST_RATE), Some(until.max(drive.at)));
            drive.at
        })
    }

    /// How often a driven clock was set to another moment. Between two jumps every moment of it passed,
    /// however late somebody looked; none for the wall clock, which may have slept.
    pub(crate) fn jumps(&self) -> Option<u64> {
        self.with(|drive| drive.jumps)
    }

    /// How long that lasts in real time; at most `longest`.
    pub(crate) fn real(&self, time: SignedDuration, longest: Duration) -> Duration {
        let real = self.with(|drive| {
            let now = drive.now();
            drive.real(now, now.saturating_add(time.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX))
        });
        real.unwrap_or_else(|| Some(own(time))).map_or(longest, |real| real.min(longest))
    }

    /// How much of its own time passes in so many real seconds.
    pub(crate) fn own_seconds(&self, real_seconds: f64) -> f64 {
        let rate = self.with(|drive| drive.rate_at(drive.now()));
        real_seconds * f64::from(rate.unwrap_or(1))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Drive) -> T) -> Option<T> {
        self.0.as_ref().map(|drive| look(&mut drive.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the time")]
fn wall() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evening() -> Timestamp {
        "2027-03-27T20:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_driven_clock_stands_goes_and_jumps_as_it_is_told_and_its_clones_with_it() {
        let clock = Clock::driven(evening());
        assert_eq!(clock.drive(Some(evening()), Some(0)), Some(evening()));
        assert_eq!((clock.now(), clock.clone().now()), (evening(), evening()));
        let night: Timestamp = "2027-03-28T01:00:00Z".parse().unwrap();
        assert_eq!(clock.clone().drive(Some(night), None), Some(night));
        assert_eq!(clock.now(), night);
        clock.drive(None, Some(FASTEST_RATE));
        assert!(clock.now() > night);
        assert_eq!(clock.jumps(), Some(2), "another rate is no jump");
    }

    #[test]
    fn a_driven_clock_that_hurries_to_a_moment_goes_on_from_it_as_fast_as_the_machines_however_late_somebody_looks()
     {
        let night = evening() + SignedDuration::from_hours(1);
        let drive = Drive { at: evening(), since: Instant::now(), rate: 3_600, until: Some(night), jumps: 0 };
        let after = |ms| drive.after(Duration::from_millis(ms));
        assert_eq!(after(500), evening() + SignedDuration::from_mins(30));
        assert_eq!((after(1_000), after(8_000)), (night, night + SignedDuration::from_secs(7)));
        let real = |from, minutes| drive.real(from, from + SignedDuration::from_mins(minutes));
        assert_eq!(real(evening(), 30), Some(Duration::from_millis(500)));
        assert_eq!(real(evening(), 61), Some(Duration::from_secs(61)));
        assert_eq!(real(night, 1), Some(Duration::from_secs(60)));
        let clock = Clock::driven(evening());
        clock.hurry(evening(), FASTEST_RATE);
        assert_eq!(clock.own_seconds(1.0), 1.0, "it is there already");
        clock.drive(Some(night), None);
        assert_eq!(clock.own_seconds(1.0), 1.0, "and has left its hurry behind");
    }

    #[test]
    fn the_wall_clock_can_not_be_driven() {
        let clock = Clock::wall();
        assert_eq!((clock.drive(Some(evening()), Some(600)), clock.jumps()), (None, None));
        assert!(clock.now() != evening());
    }

    #[test]
    fn thirty_seconds_at_rate_600_are_fifty_milliseconds() {
        let (clock, longest) = (Clock::driven(evening()), Duration::from_secs(30));
        let half_a_minute = SignedDuration::from_secs(30);
        assert_eq!(clock.real(half_a_minute, longest), longest);
        clock.drive(None, Some(600));
        assert_eq!(clock.real(half_a_minute, longest), Duration::from_millis(50));
        assert_eq!(clock.real(SignedDuration::from_secs(-3), longest), Duration::ZERO);
        clock.drive(None, Some(0));
        assert_eq!(clock.real(half_a_minute, longest), longest);
        assert_eq!(Clock::wall().real(SignedDuration::from_hours(3), longest), longest);
    }
}
