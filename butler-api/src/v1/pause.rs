//! Pauses: what holds everything, one an owner at most.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PauseOwner;

/// The body of `/api/v1/pauses`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pauses {
    /// The pauses; while there is one, nothing begins.
    pub pauses: Vec<Pause>,
}

/// One owner's pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    /// Whose it is: `person`, `playback`, `load` or `window`.
    pub owner: PauseOwner,
    /// Why, in the owner's words.
    pub note: Option<String>,
    /// Since when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
    /// The moment at which it ends by itself, if it does.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
    /// Whether it ends when the maintenance window opens.
    pub until_window: bool,
    /// Whether what is in hand comes to its end; else it is frozen where it is.
    pub drains: bool,
    /// The same as one English sentence.
    pub message: String,
}

impl From<crate::Pause> for Pause {
    fn from(pause: crate::Pause) -> Self {
        let message = pause.reason().to_string();
        let (until, until_window) = pause.until.parts();
        let crate::Pause { owner, note, since, until: _, drains } = pause;
        Self { owner, note, since, until, until_window, drains, message }
    }
}
