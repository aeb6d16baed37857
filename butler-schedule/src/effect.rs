//! What the schedule orders. The engine carries effects out in their order; a [`Effect::Save`] is on disk
//! before the effect behind it is begun, so that a crash between two of them loses no run and begins none
//! twice.

use std::fmt;

use butler_api::{Reason, RunId, TaskName};
use jiff::Timestamp;

use crate::{Attendance, Pause, RunRecord};

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most of an event's few effects are saves, and none is kept")]
pub enum Effect {
    /// Store this run in place of what is stored under its id.
    Save(RunRecord),
    /// Let this run work; it was saved as `running` before. For a run that goes on after a restart too.
    Begin {
        /// The run.
        run: RunId,
    },
    /// Let this media run, which works, look once more for what is lacking: it was asked for again (rule 11),
    /// or was about new items only and takes all lacks from here on (rule 7).
    Widen {
        /// The run.
        run: RunId,
    },
    /// Make this run end its step and tell [`crate::Event::RunEnded`]. If the reason is the window's end, no
    /// new unit begins and those in hand have 60 seconds.
    Stop {
        /// The run.
        run: RunId,
        /// Why.
        why: Reason,
    },
    /// Keep these pauses in place of all others, and act on them: none works on while one freezes, and no
    /// unit begins while there is one at all.
    KeepPauses(Vec<Pause>),
    /// Keep this note that Butler was there.
    Attend(Attendance),
    /// Tell [`crate::Event::Woke`] at this moment, or at once if it has passed. Replaces any earlier one.
    WakeAt {
        /// The moment.
        at: Timestamp,
        /// What happens then.
        why: WakeReason,
    },
    /// Log this as an error: the schedule was about to contradict itself.
    LogError(SecondRun),
}

/// A task was to get a second run by itself at one event: two rules contradict each other. It got none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{task} was to get a second run by itself at one event; it gets none before the next one. Please report \
     this"
)]
pub struct SecondRun {
    /// The task.
    pub task: TaskName,
}

/// What happens at the moment the schedule wants to be woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WakeReason {
    /// A run was placed there.
    Placed {
        /// The run.
        run: RunId,
        /// Its task.
        task: TaskName,
    },
    /// The maintenance window opens.
    WindowOpens,
    /// The maintenance window ends.
    WindowEnds,
    /// A pause ends.
    PauseEnds,
}

impl fmt::Display for WakeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placed { run, task } => write!(f, "{task}, run {run}, was placed at this moment."),
            Self::WindowOpens => f.write_str("The maintenance window opens."),
            Self::WindowEnds => f.write_str("The maintenance window ends."),
            Self::PauseEnds => f.write_str("A pause ends."),
        }
    }
}
