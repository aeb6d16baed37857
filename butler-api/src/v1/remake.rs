//! Products that are made anew on purpose.

use serde::{Deserialize, Serialize};

use super::{LocalTime, Started};
use crate::TaskName;

/// The answer to `POST /api/v1/remake`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Remade {
    /// Different contents that are meant; files that hold the same count once.
    pub files: u64,
    /// Products that are made anew; until then the old ones serve, unless they were lost.
    pub products: u64,
    /// Failures that are tried again.
    pub failures: u64,
    /// Which task makes what, and when.
    pub tasks: Vec<RemadeBy>,
    /// What became of the tasks' starts, where `now` asked for them; a run each, or several where the files
    /// lie in several sections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<Started>,
    /// The same as one English sentence.
    pub message: String,
}

/// What one task makes anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemadeBy {
    /// The task.
    pub task: TaskName,
    /// The kinds of product: `bif`.
    pub kinds: Vec<String>,
    /// How many products, failures that are tried again among them.
    pub count: u64,
    /// When the night begins in which it does so by itself; absent if it does not.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next: Option<LocalTime>,
}
