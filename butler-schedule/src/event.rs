//! What the world tells the schedule: facts in the past tense, none of them a decision.

use std::path::PathBuf;

use butler_api::{Ask, Origin, PauseOwner, Reason, RunId, TaskName};

use crate::{Pause, Settings};

/// A fact from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A moment asked for by [`crate::Effect::WakeAt`] came, or 30 seconds have passed since the last event.
    /// Harmless at any other.
    Woke,
    /// A person asked for one task.
    StartAsked {
        /// The task.
        task: TaskName,
        /// What of it; limited to a section it is taken for forced, whatever `force` says.
        ask: Ask,
    },
    /// A person asked for a scan of a section, or of paths in it; or the file system told that something
    /// changed there.
    RefreshAsked {
        /// The section.
        section: i64,
        /// The files and folders; none for the whole section.
        paths: Vec<PathBuf>,
        /// Who asked.
        origin: Origin,
    },
    /// A person asked for all tasks that are switched on.
    StartAllAsked {
        /// Whatever day and window say. A switch that is off stays respected.
        force: bool,
    },
    /// A person asked that one task stop.
    StopAsked {
        /// The task.
        task: TaskName,
    },
    /// A person asked that one run stop, and no other of its task.
    StopRunAsked {
        /// The run.
        run: RunId,
    },
    /// A person asked that everything stop.
    StopAllAsked,
    /// A run that was begun has ended.
    RunEnded {
        /// The run.
        run: RunId,
        /// How.
        end: RunEnd,
    },
    /// A person changed a setting (docs/scheduling.md, rule 9).
    SettingsChanged(Settings),
    /// A scan found new items in a section that had been scanned before (rule 7).
    ItemsAdded,
    /// Everything is to be held, until this pause ends. Takes the place of its owner's earlier one.
    PauseAsked(Pause),
    /// A pause is lifted; none: all of them are.
    ResumeAsked {
        /// Whose.
        owner: Option<PauseOwner>,
    },
    /// The server is to shut down: runs are stopped and nothing begins any more.
    ShutdownAsked,
}

/// How a run ended, as the engine saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// All it found to do is done or recorded as a failure.
    Completed(Reason),
    /// The task could not go on.
    Failed(Reason),
    /// An [`crate::Effect::Stop`] was carried out.
    Stopped,
}
