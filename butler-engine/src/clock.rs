//! The one place that asks the time.

use jiff::Timestamp;

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the time")]
    pub fn now(self) -> Timestamp {
        Timestamp::now()
    }
}
