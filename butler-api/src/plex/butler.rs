//! `GET /butler`. The root is `ButlerTasks`: there is no `MediaContainer` round it.

use serde::{Deserialize, Serialize};

use crate::TaskName;

/// The whole body of `GET /butler`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ButlerTasks {
    /// The list.
    #[serde(rename = "ButlerTasks")]
    pub list: ButlerTaskList,
}

/// The list below the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ButlerTaskList {
    /// The tasks.
    #[serde(rename = "ButlerTask", default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<ButlerTask>,
}

/// One task. Only its name is needed to read one: servers of other times say less of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ButlerTask {
    /// Its name in URLs.
    pub name: TaskName,
    /// Days between two runs: 1 is daily.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub interval: u32,
    /// Whether it starts at a random moment of the maintenance window.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub schedule_randomized: bool,
    /// Whether its switch is on.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub enabled: bool,
    /// Its name for people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub title: String,
    /// What it does.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub description: String,
}
