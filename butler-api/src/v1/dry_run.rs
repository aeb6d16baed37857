//! What a task would do if it ran now.

use serde::{Deserialize, Serialize};

use crate::TaskName;

/// A plan of which nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRun {
    /// The task.
    pub task: TaskName,
    /// What it would do, in that order.
    pub actions: Vec<PlannedAction>,
    /// What else is to be known, one English sentence each.
    pub remarks: Vec<String>,
    /// Bytes that it would write in all.
    pub bytes_written: u64,
    /// Bytes that it would remove in all.
    pub bytes_removed: u64,
}

/// One thing that a task would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedAction {
    /// What it would do to the file: `write` or `remove`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::DeedWord))]
    pub deed: String,
    /// The file.
    pub path: String,
    /// Bytes that it would take, or that would become free.
    pub bytes: u64,
    /// Why, one English sentence.
    pub reason: String,
}
