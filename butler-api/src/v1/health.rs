//! Health: whether the server can do its work.

use serde::{Deserialize, Serialize};

use crate::PauseOwner;

/// How much of the worker's sandbox the kernel grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SandboxState {
    /// Every layer holds.
    Full,
    /// A layer is lacking.
    Partial,
    /// No worker has said so yet.
    Unknown,
}

/// The body of `/healthz`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Whether all is well: `ok`, or `degraded`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::HealthStatus))]
    pub status: String,
    /// The server's version.
    pub version: String,
    /// How much of the worker's sandbox the kernel grants.
    pub sandbox: SandboxState,
    /// Whose pauses hold everything: `person`, `playback`, `load`, `window`; empty where nothing is held.
    #[serde(default)]
    pub paused_by: Vec<PauseOwner>,
    /// What is not well, with what to do.
    pub checks: Vec<HealthCheck>,
}

/// One thing that is not well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthCheck {
    /// What it is about: `worker`, `database`, `disk`, `zone`, `sandbox`, `watch`, `pressure`.
    pub name: String,
    /// One English sentence that says what is wrong and what to do.
    pub message: String,
}
