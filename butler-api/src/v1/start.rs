//! Answers to starts and stops, where `Accept` names JSON (Plex's are empty).

use serde::{Deserialize, Serialize};

use crate::{Outcome, RunId, TaskName};

/// What became of one task's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Started {
    /// The task.
    pub task: TaskName,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The same as one English sentence.
    pub message: String,
}

/// What became of each task at start all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartedAll {
    /// One outcome a task, in the catalogue's order.
    pub outcomes: Vec<Started>,
}

/// The runs that a stop reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stopped {
    /// Their ids.
    pub runs: Vec<RunId>,
}
