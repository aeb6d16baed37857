//! What a task's own work may do: read and write the library, touch the sections' folders, tell how it comes
//! on, and see that it shall stop. It never asks the time or starts a thread by itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use butler_api::{Reason, RunId};
use butler_library::{Library, Section, SectionId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::settings::Settings;

/// What a task's own work is handed.
pub struct Work<'a> {
    /// The library.
    pub library: &'a Library,
    /// The section it is limited to, if it is.
    pub section: Option<SectionId>,
    /// The files and folders of that section it is limited to; none for all of it.
    pub paths: &'a [PathBuf],
    /// The run.
    pub run: RunId,
    /// The settings that held when it began.
    pub settings: &'a Settings,
    /// The date on the server's wall when it began.
    pub today: Date,
    /// What time it is.
    pub now: &'a dyn Fn() -> Timestamp,
    /// Waits so long, or until the work shall stop.
    pub wait: &'a dyn Fn(Duration),
    /// Who is told how it comes on.
    pub observer: &'a mut dyn Observer,
}

/// Who is told how the work comes on, and tells when it shall stop.
pub trait Observer: Send + Sync {
    /// So many steps are done of so many that are known; it may wait for something meanwhile, and says for
    /// what.
    fn progress(&mut self, done: u64, total: u64, waits: Option<Reason>);
    /// Something failed, and the work goes on: one sentence.
    fn failed(&mut self, path: &Path, sentence: &str);
    /// The scan of a section came to a step.
    fn section_scan(&mut self, section: &Section, step: ScanStep);
    /// A section that had been scanned before has new items.
    fn items_added(&mut self);
    /// The content of a section changed.
    fn section_changed(&mut self, section: SectionId);
    /// Whether the work shall stop after the step in hand.
    fn is_stopping(&self) -> bool;
}

/// How far the scan of one section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanStep {
    /// It began.
    Begun,
    /// It came further.
    Came {
        /// Files that are done.
        done: u64,
        /// Files that there are, once all folders were walked.
        total: Option<u64>,
    },
    /// It was gone through to its end.
    Ended,
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
