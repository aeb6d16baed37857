//! `/library/streams/{id}/levels`: how loud a stream is over time.

use serde::{Deserialize, Serialize};

/// How loud a stream is over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    /// How many are listed.
    pub size: u64,
    /// How many there are, one a tenth of a second: text, as Plex has it.
    pub total_samples: String,
    /// The levels, in their order.
    #[serde(rename = "Level")]
    pub levels: Vec<Level>,
}

/// How loud a stream is for a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Level {
    /// LUFS; -70 stands for silence.
    pub v: f64,
}
