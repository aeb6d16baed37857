//! The door to the engine: what the server and the command line may ask of it. Every question is one message to the
//! engine's loop and one answer; nobody shares its state.

use std::sync::Arc;

use butler_api::{Outcome, Reason, RunId, TaskName};
use butler_library::Library;
use butler_product::message::Sandbox;
use tokio::sync::{broadcast, oneshot};

use crate::event::EngineEvent;
use crate::fact::Fact;
use crate::inbox::Inbox;

/// The engine's loop has ended: the server is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is shutting down")]
pub struct Gone;

/// A request to start one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRequest {
    /// The task.
    pub task: TaskName,
    /// Whether to start now, whatever day, switch, window and back-off say.
    pub force: bool,
    /// The section it is limited to; such a run never counts as completion.
    pub section: Option<i64>,
}

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

/// The door to a running engine; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inbox: Inbox,
    pub(crate) library: Library,
    pub(crate) facts: broadcast::Sender<Arc<Fact>>,
}

impl Handle {
    /// The library, for everything that is only read.
    pub const fn library(&self) -> &Library {
        &self.library
    }

    /// The stream of facts from now on.
    pub fn facts(&self) -> broadcast::Receiver<Arc<Fact>> {
        self.facts.subscribe()
    }

    /// Asks for one task's start; none if there is no such task.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn start(&self, request: StartRequest) -> Result<Option<StartReply>, Gone> {
        self.ask(|answer| EngineEvent::StartAsked { request, answer }).await
    }

    /// Asks for the start of every task that is switched on; one reply a task.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn start_all(&self, force: bool) -> Result<Vec<(TaskName, StartReply)>, Gone> {
        self.ask(|answer| EngineEvent::StartAllAsked { force, answer }).await
    }

    /// Asks for the stop of one task's runs.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn stop(&self, task: TaskName) -> Result<StopReply, Gone> {
        self.ask(|answer| EngineEvent::StopAsked { task, answer }).await
    }

    /// Asks for the stop of everything; the runs it reached.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn stop_all(&self) -> Result<Vec<RunId>, Gone> {
        self.ask(|answer| EngineEvent::StopAllAsked { answer }).await
    }

    /// The tasks, in the catalogue's order.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn tasks(&self) -> Result<Vec<TaskView>, Gone> {
        self.ask(|answer| EngineEvent::TasksAsked { answer }).await
    }

    /// What every run that is not at its end is doing right now.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn live(&self) -> Result<Vec<LiveRun>, Gone> {
        self.ask(|answer| EngineEvent::LiveAsked { answer }).await
    }

    /// How the engine and its workers are.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn health(&self) -> Result<EngineHealth, Gone> {
        self.ask(|answer| EngineEvent::HealthAsked { answer }).await
    }

    async fn ask<T>(&self, event: impl FnOnce(oneshot::Sender<T>) -> EngineEvent) -> Result<T, Gone> {
        let (sender, receiver) = oneshot::channel();
        self.inbox.tell(event(sender));
        receiver.await.map_err(|_| Gone)
    }
}
