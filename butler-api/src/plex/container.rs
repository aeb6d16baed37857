//! The `MediaContainer` that is round nearly all of Plex's bodies.

use serde::{Deserialize, Serialize};

/// A body below `MediaContainer`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Container<T> {
    /// What is in it.
    #[serde(rename = "MediaContainer")]
    pub inner: T,
}

impl<T> Container<T> {
    /// Puts a body into its container.
    pub const fn new(inner: T) -> Self {
        Self { inner }
    }
}
