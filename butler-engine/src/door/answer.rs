//! What the engine answers to who asks it.

use std::collections::BTreeMap;
use std::sync::Arc;

use butler_api::{Outcome, Reason, RunId, TaskName};
use butler_library::{Disk, Disks, RootError, StoreError};
use butler_product::message::Sandbox;
use butler_tasks::SettingError;
use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::door::fact::{Fact, What};

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartReply {
    /// For programs and the header.
    pub outcome: Outcome,
    /// The same as one English sentence.
    pub sentence: String,
}

/// What became of a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReply {
    /// The runs that it reached.
    Stopped(Vec<RunId>),
    /// The task has no run that could be stopped; of a run: it has ended, or never was.
    NotRunning,
    /// There is no such task.
    Unknown,
}

/// A task as the catalogue and its switch have it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskView {
    /// Its wire name.
    pub name: TaskName,
    /// Its name for people.
    pub title: &'static str,
    /// What it does, one sentence.
    pub description: &'static str,
    /// Days between two runs.
    pub every_days: u32,
    /// Whether it starts at a random moment of the window.
    pub randomized: bool,
    /// Whether its switch is on.
    pub enabled: bool,
    /// Whether it is due today.
    pub due: bool,
    /// How long it usually takes, in seconds: the median of its last five completed runs, five minutes
    /// without any.
    pub usual_seconds: u64,
    /// Whether that is a guess, since no run of it has completed.
    pub usual_is_guess: bool,
    /// When it begins next by itself, as far as that is known: where it is placed, else when the next window
    /// opens if it is daily. None while it is off, works or waits.
    pub next_at: Option<Timestamp>,
}

/// What a run is doing right now; its stored row says the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveRun {
    /// The run.
    pub run: RunId,
    /// Steps done.
    pub done: u64,
    /// Steps that there are, as far as is known.
    pub total: u64,
    /// Failures recorded.
    pub failures: u64,
    /// Files that failed.
    pub failed_files: u64,
    /// Bytes read from media, those of units in hand included.
    pub bytes_read: u64,
    /// Files in hand, one a worker.
    pub files: Vec<String>,
    /// What it waits for, while it does.
    pub waits: Option<Reason>,
    /// Steps a second over the last minute.
    pub rate: Option<f64>,
    /// Seconds until the end at that rate.
    pub eta_seconds: Option<u64>,
}

/// How the engine and its workers are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineHealth {
    /// The sandbox of the worker that introduced itself last; none before the first.
    pub sandbox: Option<Sandbox>,
    /// Why no worker can be started, if none can: one sentence with what to do.
    pub worker_trouble: Option<String>,
    /// How many workers there may be, by what they are doing.
    pub workers: Workers,
    /// Limits of the system that keep folders from being watched, and how many folders each.
    pub watch_limits: BTreeMap<&'static str, usize>,
    /// Runs of which something could not be stored yet.
    pub unsaved: usize,
    /// Whether a limit of the machine's pressure is set, and the kernel does not tell it.
    pub is_pressure_unknown: bool,
}

/// The disks, and the units that read of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskReaders {
    /// What lies on which disks.
    pub disks: Disks,
    /// How many units that are not brief read of a disk; none of one that is not here.
    pub reading: BTreeMap<Disk, usize>,
    /// So many may read of a disk that is shared badly.
    pub most: usize,
}

/// How many workers are in each state; together as many as the server may have at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Workers {
    /// Workers that have a unit in hand.
    pub working: u64,
    /// Workers that have one in hand and are held where they are.
    pub paused: u64,
    /// Workers that wait for a unit.
    pub idle: u64,
    /// Workers that are started once there is a unit for them.
    pub absent: u64,
}

/// What is so now, and what comes after.
#[derive(Debug)]
pub struct Following {
    /// The state of every run that is not at its end, and how far it is, in the words of facts.
    pub now: Vec<What>,
    /// Every fact from then on: none is missed between the two, and none comes twice.
    pub then: broadcast::Receiver<Arc<Fact>>,
}

/// Why settings could not be changed; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The settings can't be so.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A folder that one names can't be used.
    #[error(transparent)]
    Folder(#[from] RootError),
    /// The settings can't be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}
