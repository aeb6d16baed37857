//! What can happen to the engine. Each comes through the [`crate::engine::inbox`]; the loop handles one at a
//! time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

use butler_api::{Ask, Pause, PauseOwner, RunId, TaskName};
use butler_library::{Failed, FileMark, RunLine, RunRow, SourceId, StoreError};
use butler_product::Spec;
use butler_product::message::Sandbox;
use butler_tasks::{LibraryChange, Report, SettingsFile, TaskError, WorkStep};
use tokio::sync::oneshot;

use crate::door::answer::{
    ChangeError, DiskReaders, EngineHealth, Following, LiveRun, StartReply, StopReply, TaskView,
};
use crate::door::fact::{Came, What};
use crate::door::plan::PlanBasis;
use crate::pressure::Sample;
use crate::tags::TagsTally;
use crate::unit::backlog::UnitId;
use crate::unit::{Settled, UnitOver};

/// One thing that happened, or one question.
pub(crate) enum EngineEvent {
    /// Somebody asked for a task's start.
    StartAsked { task: TaskName, ask: Ask, answer: oneshot::Sender<Option<StartReply>> },
    /// Somebody asked for a scan of a section, or of paths in it.
    RefreshAsked { section: i64, paths: Vec<PathBuf>, answer: oneshot::Sender<Option<StartReply>> },
    /// A section was added, edited or removed.
    SectionsChanged,
    /// Files of a section changed, and stand still now; no paths for all of it.
    FilesChanged { section: i64, paths: Vec<PathBuf> },
    /// Somebody asked for the start of all tasks.
    StartAllAsked { force: bool, answer: oneshot::Sender<Vec<(TaskName, StartReply)>> },
    /// Somebody asked for a task's stop.
    StopAsked { task: TaskName, answer: oneshot::Sender<StopReply> },
    /// Somebody asked for the stop of one run.
    StopRunAsked { run: RunId, answer: oneshot::Sender<StopReply> },
    /// Somebody asked for the stop of everything.
    StopAllAsked { answer: oneshot::Sender<Vec<RunId>> },
    /// Somebody wants to know the tasks.
    TasksAsked { answer: oneshot::Sender<Vec<TaskView>> },
    /// Somebody wants to know which runs could not be stored.
    UnsavedAsked { answer: oneshot::Sender<Vec<RunRow>> },
    /// Somebody wants to know which lines of a run's log are not stored yet.
    RunLinesAsked { run: RunId, answer: oneshot::Sender<Vec<RunLine>> },
    /// Somebody wants to know what runs.
    LiveAsked { answer: oneshot::Sender<Vec<LiveRun>> },
    /// Somebody wants to know what is so now, and then all that happens.
    FollowAsked { answer: oneshot::Sender<Following> },
    /// A person asked for settings to be changed: id and text, no text for what holds without a person's
    /// word.
    SettingsChangeAsked {
        changes: Vec<(String, Option<String>)>,
        answer: oneshot::Sender<Result<Vec<&'static str>, ChangeError>>,
    },
    /// The settings' file was read anew.
    SettingsFileRead { file: SettingsFile, answer: oneshot::Sender<Vec<&'static str>> },
    /// Somebody wants to know how the engine is.
    HealthAsked { answer: oneshot::Sender<EngineHealth> },
    /// Somebody wants to know what is read of which disks.
    DisksAsked { answer: oneshot::Sender<DiskReaders> },
    /// A run's lacks were counted.
    Gathered { run: RunId, lacks: Result<Gathered, String> },
    /// A run's own work came to a step.
    WorkStepped { run: RunId, step: WorkStep },
    /// Something in a run's own work failed, and the work goes on.
    WorkFailed { run: RunId, path: String, sentence: String },
    /// A run's own work changed what the library holds.
    LibraryChanged(LibraryChange),
    /// Limits of the system keep so many folders from being watched; none does if there is none.
    WatchLimitsMet { limits: BTreeMap<&'static str, usize> },
    /// What a run's task derives and is lacking was counted.
    DerivingCounted { run: RunId, total: u64 },
    /// Products of items were derived and stored: what came of each, and how many items went meanwhile.
    Derived { run: RunId, came: Vec<Came>, failed: Vec<FileMark>, gone: u64, facts: Vec<What> },
    /// Gain tags were written into music files, for a run whose task does so.
    TagsWritten { run: RunId, tally: TagsTally },
    /// Nothing is left that a run's task derives.
    DerivingEnded { run: RunId, end: Result<(), String> },
    /// Somebody wants everything held.
    PauseAsked { pause: Pause, answer: oneshot::Sender<Result<Vec<Pause>, StoreError>> },
    /// Somebody lifts a pause, or all of them; those that there were are answered.
    ResumeAsked { owner: Option<PauseOwner>, answer: oneshot::Sender<Result<Vec<Pause>, StoreError>> },
    /// Somebody wants to plan ahead.
    PlanAsked { answer: oneshot::Sender<PlanBasis> },
    /// Somebody wants to know what holds everything.
    PausesAsked { answer: oneshot::Sender<Vec<Pause>> },
    /// A driven clock was set.
    ClockSet,
    /// The kernel said how much is waited for; none where it does not tell.
    PressureSampled { sample: Option<Sample> },
    /// A run's own work ended.
    WorkEnded { run: RunId, end: Result<Report, TaskError> },
    /// The files of units are open, and the work on them begins: each with its file.
    UnitsOpened { units: Vec<(UnitId, String)> },
    /// So many bytes of a unit's file are read.
    UnitProgressed { unit: UnitId, bytes_read: u64 },
    /// All units that a worker was given are over, and its slot is free.
    UnitsOver { slot: usize, units: Vec<(UnitId, UnitOver)> },
    /// A slot's worker introduced itself, or could not be started.
    WorkerKnown { slot: usize, sandbox: Result<Sandbox, String> },
    /// A slot's worker is no more.
    WorkerGone { slot: usize },
    /// A unit's results and failures are stored, or could not be.
    Settled { unit: UnitId, settled: Settled },
    /// The server goes down: everything stops, and who waits at the other end is told when it has.
    ShutdownAsked { done: mpsc::Sender<()> },
}

/// What a run lacks.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// For each product the sources that lack it, newest items first.
    pub(crate) lacks: Vec<(Spec, Vec<SourceId>)>,
    /// What is left alone because of earlier failures.
    pub(crate) held_back: Failed,
    /// Where the run was when it was counted.
    pub(crate) occasion: Occasion,
}

/// On what occasion the lacks of a run are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Occasion {
    /// The run is still to come.
    Ahead,
    /// The run's own work is under way, and has placed files.
    DuringWork,
    /// The run makes what it lacks from here on.
    #[default]
    ForUnits,
}
