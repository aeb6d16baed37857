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
    /// What it would not do before a person confirms it; absent if nothing waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitingActions>,
    /// What else is to be known, one English sentence each.
    pub remarks: Vec<String>,
    /// Bytes that it would write in all.
    pub bytes_written: u64,
    /// Bytes that it would remove in all.
    pub bytes_removed: u64,
}

/// What waits for a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingActions {
    /// What tells this set from every other: the word is for it, and void once it has changed.
    pub digest: String,
    /// What it is about and why it waits, one English sentence.
    pub sentence: String,
    /// What would be done.
    pub actions: Vec<PlannedAction>,
}

/// One thing that a task would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedAction {
    /// What it would do to the file: `write`, `remove`, `rename`, `compress`; `forget` what is gone already,
    /// `remake` what is lost; `compact` or `analyze` the database; of a scan `add`, `move`, `change`,
    /// `restore` or `miss`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::DeedWord))]
    pub deed: String,
    /// The file.
    pub path: String,
    /// Bytes that it would take, that would become free, or that the file has.
    pub bytes: u64,
    /// Why, one English sentence.
    pub reason: String,
}
