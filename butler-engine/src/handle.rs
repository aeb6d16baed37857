//! The door to the engine: what the server and the command line may ask of it. Every question is one message to the
//! engine's loop and one answer; nobody shares its state.

use std::sync::Arc;

use butler_api::{RunId, TaskName};
use butler_library::Library;
use tokio::sync::{broadcast, oneshot};

use crate::answer::{EngineHealth, LiveRun, StartReply, StopReply, TaskView};
use crate::event::{EngineEvent, StartRequest};
use crate::fact::Fact;
use crate::inbox::Inbox;

/// The engine's loop has ended: the server is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is shutting down")]
pub struct Gone;

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
