//! In which night a task comes to what may not be begun before some moment: an appointment, where a back-off
//! is only a bound.
//!
//! It reckons with the rows, the past and the settings as they are, and with every due run completing. It
//! changes nothing.

use butler_api::TaskName;
use jiff::Timestamp;

use crate::forecast::windows_ahead;
use crate::{Schedule, Window, due};

impl Schedule {
    /// The window in which a task starts by itself and takes up what may be begun from `not_before` on, for a
    /// run of the night takes up all that may be begun before its window ends. None if the task is switched
    /// off or has no window to come.
    pub fn next_night(&self, task: &TaskName, not_before: Timestamp, now: Timestamp) -> Option<Window> {
        let task = self.tasks().find(|known| known.row.name == *task && known.enabled)?;
        let past = self.past(&task.row.name);
        let (mut last, given_up) =
            (past.and_then(|past| past.last_completed), past.and_then(|past| past.given_up));
        let (waits, works) = match task.live.filter(|run| run.counts()) {
            Some(run) => (run.started_at.is_none(), run.started_at.is_some()),
            None => (false, false),
        };
        for window in windows_ahead(self.settings(), now) {
            // In the window that is open now, a run that is still to begin takes it up; no other one starts
            // by itself.
            let is_open = window.from <= now;
            let starts = if is_open {
                waits
            } else {
                due::due(task.row.timing.every_days, last, given_up, window.day).is_ok()
            };
            if starts && not_before < window.until {
                return Some(window);
            }
            if starts || (is_open && works) {
                last = Some(window.day);
            }
        }
        None
    }
}
