//! What a task's own work may do: read and write the library, touch the sections' folders, tell how it comes
//! on, and see that it shall stop. It never asks the time or starts a thread by itself.
//!
//! Start with [`Work`], the bag of all that it is handed, and [`News`], what it tells.

use std::path::Path;
use std::time::Duration;

use butler_api::{Ask, Reason, RunId};
use butler_library::{Library, SectionId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::settings::Settings;

/// What a task's own work is handed, and all that it may touch.
pub struct Work<'a> {
    /// The library.
    pub library: &'a Library,
    /// What was asked of the run: the section and the paths it is limited to.
    pub ask: &'a Ask,
    /// The run.
    pub run: RunId,
    /// Whether the system asked for it: then whatever changes next will be asked for as well.
    pub is_of_watch: bool,
    /// The settings that held when it began.
    pub settings: &'a Settings,
    /// The date on the server's wall when it began.
    pub today: Date,
    /// What time it is.
    pub now: &'a dyn Fn() -> Timestamp,
    /// Waits so long, or until the work shall stop.
    pub wait: &'a dyn Fn(Duration),
    /// Whether the work shall stop after the step in hand; waits here while it is held.
    pub is_stopping: &'a (dyn Fn() -> bool + Sync),
    /// Who is told how it comes on.
    pub news: &'a dyn News,
}

/// Who is told how a task's own work comes on.
pub trait News: Send + Sync {
    /// The work came to a step.
    fn step(&self, step: WorkStep);
    /// Something failed, and the work goes on: one sentence.
    fn failed(&self, path: &Path, sentence: &str);
    /// What the library holds changed.
    fn changed(&self, change: LibraryChange);

    /// The work is so far, and goes through no sections.
    fn progress(&self, done: u64, total: u64, waits: Option<Reason>) {
        self.step(WorkStep { done, total, waits, section: None, new_contents: 0 });
    }
}

/// How far a task's own work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkStep {
    /// Steps that are done.
    pub done: u64,
    /// Steps that are known.
    pub total: u64,
    /// What it waits for meanwhile.
    pub waits: Option<Reason>,
    /// The section that it goes through, where it goes through them one by one.
    pub section: Option<SectionStep>,
    /// Files with new contents that it came to: what is wanted of these may be lacking by now.
    pub new_contents: u64,
}

/// How far the work is in one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionStep {
    /// The section.
    pub id: SectionId,
    /// Its name.
    pub title: String,
    /// How far the work is in it.
    pub stage: Stage,
}

/// How far one section is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was begun.
    Begun,
    /// The work is in the middle of it.
    Under {
        /// Files that are done.
        done: u64,
        /// Files that there are, once all folders were walked.
        total: Option<u64>,
    },
    /// It was gone through to its end.
    Ended,
}

/// What a task's own work changed in the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryChange {
    /// A section that had been scanned before has new items.
    ItemsAdded,
    /// The content of a section is another.
    Section(SectionId),
}

/// Why a task's own work ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// It was told to stop.
    #[error("it was stopped")]
    Stopped,
    /// It can't go on: one sentence that says why and what to do.
    #[error("{0}")]
    Failed(String),
}
