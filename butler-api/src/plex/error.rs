//! The `errors` array, as the published SDKs expect it where `Accept` names JSON.

use serde::{Deserialize, Serialize};

/// A body that says what went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Errors {
    /// What went wrong; one entry here.
    pub errors: Vec<ErrorEntry>,
}

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorEntry {
    /// A number for programs: 1000 bad request, 1001 not authenticated, 1002 not found, 1003 anything else.
    pub code: u32,
    /// One English sentence.
    pub message: String,
    /// The HTTP status once more.
    pub status: u16,
}
