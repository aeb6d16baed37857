//! Tells work that leads nowhere: CPU time that goes by without a byte read or a picture made, and reads
//! without end.
//!
//! Damaged tables can keep a demuxer busy for minutes over a file of a few kilobytes, and libav asks nobody
//! meanwhile whether it shall go on. Pure, but for [`spent`], which asks the system. Start with [`Watchdog`].

use std::time::Duration;

use butler_product::Failure;
use rustix::time::{ClockId, clock_gettime};

/// Reads that any file may cost, however small it is.
const FREE_READS: u64 = 200_000;
/// Bytes of a file that allow one read more: a reader that goes from block to block reads a little at each.
const BYTES_PER_READ: u64 = 256;

/// Watches the CPU time of one unit.
#[derive(Debug)]
pub(crate) struct Watchdog {
    limit: Duration,
    steps: u64,
    spent_at_step: Duration,
}

impl Watchdog {
    /// Begins; `spent` is what the process has used so far. Each thread that works on the unit may use the
    /// limit up.
    pub(crate) fn new(limit_ms: u64, threads: u16, spent: Duration) -> Self {
        Self {
            limit: Duration::from_millis(limit_ms) * u32::from(threads.max(1)),
            steps: 0,
            spent_at_step: spent,
        }
    }

    /// Whether too much was spent since the last step.
    pub(crate) fn is_fruitless(&mut self, steps: u64, spent: Duration) -> bool {
        if steps != self.steps {
            (self.steps, self.spent_at_step) = (steps, spent);
        }
        spent.saturating_sub(self.spent_at_step) > self.limit
    }
}

/// CPU time of all threads of this process.
pub(crate) fn spent() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// How many reads a file of so many bytes may cost.
pub(crate) const fn reads_allowed(size_bytes: u64) -> u64 {
    FREE_READS + size_bytes / BYTES_PER_READ
}

/// The failure of a file that is damaged so.
pub(crate) fn failure() -> Failure {
    Failure::content("The file is damaged in a way that would keep its reader busy without end.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_without_a_step_is_fruitless_once_each_thread_has_used_the_limit_up() {
        let at = Duration::from_millis;
        let mut watch = Watchdog::new(100, 2, at(1_000));
        assert!(!watch.is_fruitless(0, at(1_200)));
        assert!(watch.is_fruitless(0, at(1_201)));
        assert!(!watch.is_fruitless(1, at(1_500)));
        assert!(!watch.is_fruitless(1, at(1_700)));
        assert!(watch.is_fruitless(1, at(1_701)));
    }

    #[test]
    fn time_that_was_spent_is_told() {
        let before = spent();
        while spent() == before {
            std::hint::black_box(0);
        }
    }
}
