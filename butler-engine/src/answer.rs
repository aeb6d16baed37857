//! What the engine answers to who asks it.

use butler_api::{Outcome, Reason, RunId, TaskName};
use butler_product::message::Sandbox;

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
    /// The task has no run that could be stopped.
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
}
