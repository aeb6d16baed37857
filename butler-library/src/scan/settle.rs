//! When a file stands still: one that is being written must not be fingerprinted. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::walk::Stat;

/// How long size and mtime must have stood still.
pub(super) const STILL: SignedDuration = SignedDuration::from_secs(10);
/// How long a scan waits for younger files, at most.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// The longest single wait, so that a stop is heard.
const STEP: Duration = Duration::from_millis(500);

/// A file that is watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    stat: Stat,
    still_since: Timestamp,
}

impl Watch {
    pub(super) fn new(stat: Stat, now: Timestamp) -> Self {
        Self { stat, still_since: still_since(&stat, now) }
    }

    /// Looks again; answers whether it changed since the last look. One that did has stood still since now at
    /// best, whatever its mtime says.
    pub(super) fn look(&mut self, stat: Stat, now: Timestamp) -> bool {
        let has_changed = !self.stat.same_content(&stat);
        if has_changed {
            *self = Self { stat, still_since: now };
        }
        has_changed
    }

    pub(super) const fn stat(&self) -> Stat {
        self.stat
    }

    pub(super) fn is_settled(&self, now: Timestamp) -> bool {
        now.duration_since(self.still_since) >= STILL
    }

    /// How long to wait before it is worth looking again.
    pub(super) fn wait(&self, now: Timestamp) -> Duration {
        let left = STILL - now.duration_since(self.still_since);
        Duration::try_from(left).unwrap_or_default().clamp(Duration::from_millis(1), STEP)
    }
}

/// Since its mtime; a clock that is ahead of ours says nothing, so then since it was seen.
fn still_since(stat: &Stat, now: Timestamp) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(stat.mtime_ns)).ok().filter(|mtime| *mtime <= now).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn stat(size: u64, mtime: i64) -> Stat {
        Stat { size, mtime_ns: (1_000_000 + mtime) * 1_000_000_000, inode: 1, dev: 1 }
    }

    #[test]
    fn an_old_file_is_settled_at_once_and_a_young_one_after_ten_seconds() {
        assert!(Watch::new(stat(1, -10), at(0)).is_settled(at(0)));
        let young = Watch::new(stat(1, -3), at(0));
        assert!(!young.is_settled(at(6)));
        assert!(young.is_settled(at(7)));
    }

    #[test]
    fn a_file_that_grows_is_watched_anew() {
        let mut watch = Watch::new(stat(1, 0), at(0));
        assert!(watch.look(stat(2, 0), at(8)));
        assert!(!watch.is_settled(at(17)));
        assert!(!watch.look(stat(2, 0), at(17)));
        assert!(watch.is_settled(at(18)));
    }

    #[test]
    fn a_mtime_in_the_future_counts_from_when_it_was_seen() {
        let watch = Watch::new(stat(1, 5_000), at(0));
        assert!(!watch.is_settled(at(9)));
        assert!(watch.is_settled(at(10)));
    }
}
