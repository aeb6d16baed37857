//! When Butler was there: what catch-up needs to know of its absences (docs/scheduling.md, rule 8).

use jiff::Timestamp;
use jiff::civil::Date;

/// The last note that Butler was there. The engine keeps it and hands it in at the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// It was there at this moment. Noted at least every 30 seconds of a window, at its end, and at a
    /// shutdown.
    pub seen_at: Timestamp,
    /// The day of a window that it was away for a part of and that has not ended yet.
    pub away_on: Option<Date>,
}
