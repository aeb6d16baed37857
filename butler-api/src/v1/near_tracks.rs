//! `GET /api/v1/items/{id}/nearest` and `/path`: tracks that sound like one, and those that lead from one to
//! another.

use serde::{Deserialize, Serialize};

/// Tracks by what they sound like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NearTracks {
    /// The tracks: of `nearest` by their distance, of `path` in the order in which they are played.
    pub tracks: Vec<NearTrack>,
    /// Why there are none, where it is not known what a track sounds like, and what to do about it: a
    /// sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One track.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NearTrack {
    /// The item's id, as Plex's `ratingKey`.
    pub item: i64,
    /// Its title.
    pub title: String,
    /// Who performs it.
    #[serde(default)]
    pub artist: Option<String>,
    /// Its album.
    #[serde(default)]
    pub album: Option<String>,
    /// How far it is from the track that was asked of, or from the one before it on a path: 0 sounds the
    /// same, 1 nothing alike.
    pub distance: f64,
    /// Milliseconds, where known.
    #[serde(default)]
    pub duration_ms: Option<u64>,
    /// Its file's path on the server.
    #[serde(default)]
    pub file: Option<String>,
}
