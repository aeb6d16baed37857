//! What the schedule answers to whoever asked; HTTP and command line translate it and decide nothing.

use std::fmt;

use butler_api::{Outcome, Reason, RunId, TaskName};
use jiff::{Timestamp, civil::Date};

use crate::{Effect, IllegalChange, Pause};

/// The result of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the effects are to be carried out, in their order"]
pub struct Step {
    /// For whoever caused the event.
    pub answer: Answer,
    /// For the engine.
    pub effects: Vec<Effect>,
}

/// The answer to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// There is nothing to say.
    Nothing,
    /// What became of one task's start.
    Start(StartAnswer),
    /// What became of each task at start all, in the rows' order.
    StartAll(Vec<(TaskName, StartAnswer)>),
    /// The runs that a stop reached, by id; empty only for stop all.
    Stopped(Vec<RunId>),
    /// The pauses that hold everything now, after one was asked for or lifted; the strongest first.
    Pauses(Vec<Pause>),
    /// There is no such task.
    UnknownTask,
    /// The task, or the run, is not there: neither running nor queued nor scheduled.
    NotRunning,
    /// The engine told an end that this run can't have; nothing was changed.
    Refused(IllegalChange),
}

/// What became of one task's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAnswer {
    /// A run was made, or a scheduled one was taken. It works, or waits.
    Started {
        /// The run.
        run: RunId,
        /// Why it waits, if it does.
        waits: Option<Reason>,
    },
    /// It stands at a moment inside the window: placed now, or before.
    Scheduled {
        /// The run.
        run: RunId,
        /// The moment.
        at: Timestamp,
    },
    /// A run that does what was asked for was running or queued already.
    Running {
        /// That run.
        run: RunId,
    },
    /// It was not started.
    Skipped {
        /// Why.
        reason: Reason,
        /// The day from which it is due, where its interval is the reason.
        due: Option<Date>,
        /// The `skipped` run that keeps this in the history; none where start all passed over a task that is
        /// off.
        run: Option<RunId>,
    },
}

impl StartAnswer {
    /// The form for header and body.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Started { run, waits } => {
                Outcome::Started { run: *run, waits: waits.as_ref().map(|reason| reason.code().to_owned()) }
            }
            Self::Scheduled { run, at } => Outcome::Scheduled { run: *run, at: *at },
            Self::Running { run } => Outcome::Running { run: *run },
            Self::Skipped { reason, due, run: _ } => {
                Outcome::Skipped { reason: reason.code().to_owned(), due: *due }
            }
        }
    }
}

impl fmt::Display for StartAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { run, waits: None } => write!(f, "Run {run} was started."),
            Self::Started { run, waits: Some(reason) } => write!(f, "Run {run} is queued. {reason}"),
            Self::Scheduled { run, at } => write!(f, "Run {run} is scheduled for {at:.0}."),
            Self::Running { run } => write!(f, "Run {run} of this task is running or queued already."),
            Self::Skipped { reason, .. } => write!(f, "It was skipped. {reason}"),
        }
    }
}
