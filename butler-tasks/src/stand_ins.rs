//! Stand-ins for kinds of tasks of which the catalogue has none yet: a randomised one. They last for ten
//! minutes of the server's clock and do nothing, so that tests see through every door how such a task is
//! placed, skipped and stopped.
//!
//! A server has them only if it is started with `butler serve --stand-ins`. Each has the name of a task that
//! is still to come: once that is there, its stand-in goes.

use std::time::Duration;

use butler_api::TaskName;
use butler_schedule::Timing;
use jiff::SignedDuration;

use crate::report::Report;
use crate::settings::Setting;
use crate::task::{OwnWork, Phases, Task};
use crate::work::{TaskError, Work};

/// The stand-ins, by their wire names.
pub(crate) static ALL: [&Task; 1] = [&RANDOMIZED];

/// For so long a stand-in lasts.
const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// So often it looks at the clock.
const LOOK_EVERY: Duration = Duration::from_millis(20);

static RANDOMIZED: Task = Task {
    name: TaskName::RefreshPeriodicMetadata,
    title: "Refresh Periodic Metadata (stand-in)",
    description: "Last for ten minutes and do nothing, for tests",
    timing: Timing { every_days: 1, randomized: true, rank: 40, ..Timing::HOUSEKEEPING },
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { work: OwnWork::Direct(last), ..Phases::NONE },
};

/// In no table, so that nothing changes it: a stand-in is always on.
static SWITCH: Setting = Setting::flag("StandIns", "Stand-ins", "Run stand-ins.", true);

fn last(work: &mut Work<'_>) -> Result<Report, TaskError> {
    let begun_at = (work.now)();
    while (work.now)().duration_since(begun_at) < LASTS {
        (work.wait)(LOOK_EVERY);
        if (work.is_stopping)() {
            return Err(TaskError::Stopped);
        }
    }
    Ok(Report::default())
}
