//! What becomes of each run that a shutdown or a crash left (docs/scheduling.md, rule 11). Decides run by
//! run; whose turn it is then, the schedule settles as after any other event. Reads no database: see
//! [`Remembered`].

use std::collections::BTreeMap;

use butler_api::{Reason, RunId, RunState, TaskName};
use jiff::{Timestamp, civil::Date};

use crate::run_rules::RunRules;
use crate::run_state::IllegalChange;
use crate::{Attendance, Change, Crashes, Past, Pause, RunRecord};

/// With this many crashes on one day a task's run is a failure.
const TOO_MANY_CRASHES: u32 = 3;

/// What the engine hands in from the library at start-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Every run stored without `ended_at`, just as it was last saved. That is every run whose state is not
    /// terminal, and those that a shutdown left `interrupted` and that may go on. (Others are ignored.)
    pub unfinished: Vec<RunRecord>,
    /// What is remembered of each task; one that never ran may be left out.
    pub past: BTreeMap<TaskName, Past>,
    /// The id of the next run: greater than any stored one.
    pub next_run: RunId,
    /// The last [`crate::Effect::Attend`]; none at a data folder's first start, which owes nothing.
    pub attendance: Option<Attendance>,
    /// The pauses that outlive a restart: those of a person and those until the window opens.
    pub pauses: Vec<Pause>,
}

/// Moves one run to where it belongs after a restart.
///
/// `known` says whether its task has a row, `crashes` is what is remembered of the task's, `day` is `now`'s.
///
/// # Errors
/// If it is terminal: nothing of it is left to recover.
pub(crate) fn recover(
    run: &mut RunRecord,
    known: bool,
    crashes: &mut Option<Crashes>,
    day: Date,
    now: Timestamp,
) -> Result<(), IllegalChange> {
    match (run.state, &run.reason) {
        (RunState::Queued | RunState::Scheduled, _) if known => return Ok(()),
        (RunState::Queued | RunState::Scheduled, _) => {}
        // A shutdown that ended in order, or was cut short: no crash.
        (RunState::Interrupted, _) => {}
        (RunState::Stopping, Some(Reason::ServerStopped)) => {
            run.undergo(Change::Interrupt, Some(Reason::ServerStopped), now)?
        }
        // Whoever stopped it meant it: it is not begun again.
        (RunState::Stopping, reason) => return run.undergo(Change::ConfirmStop, reason.clone(), now),
        _ => {
            run.undergo(Change::Interrupt, Some(Reason::ServerCrashed), now)?;
            run.crashes = Some(one_more(run.crashes, day));
            let of_task = *crashes.insert(one_more(*crashes, day));
            if of_task.count >= TOO_MANY_CRASHES {
                return run.undergo(Change::GiveUp, Some(Reason::CrashedThreeTimes), now);
            }
        }
    }
    if !known {
        let sentence = format!(
            "This version of Butler has no task {}; start it again with a version that has.",
            run.task
        );
        return run.undergo(Change::GiveUp, Some(Reason::TaskFailed { sentence }), now);
    }
    if run.goes_on(now) {
        return run.undergo(Change::Resume, None, now);
    }
    Ok(())
}

fn one_more(crashes: Option<Crashes>, day: Date) -> Crashes {
    let before = crashes.filter(|crashes| crashes.day == day).map_or(0, |crashes| crashes.count);
    Crashes { day, count: before + 1 }
}
