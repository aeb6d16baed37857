//! `GET /library`: the parts of the library, inside a [`super::Container`].

use serde::{Deserialize, Serialize};

/// The identifier that Plex gives its own library, and by which clients know one.
pub const LIBRARY_IDENTIFIER: &str = "com.plexapp.plugins.library";

/// The body of `GET /library`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LibraryRoot {
    /// How many directories there are.
    pub size: u64,
    /// Always true: to clients it says that the token may do more than look.
    pub allow_sync: bool,
    /// Always [`LIBRARY_IDENTIFIER`].
    pub identifier: String,
    /// Where pictures of codecs and the like would lie.
    pub media_tag_prefix: String,
    /// Their version.
    pub media_tag_version: i64,
    /// `Plex Library`: clients show it.
    pub title1: String,
    /// Always empty.
    pub title2: String,
    /// What can be asked next.
    #[serde(rename = "Directory", default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<LibraryDirectory>,
}

/// One thing below `/library`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LibraryDirectory {
    /// Its path below `/library`.
    pub key: String,
    /// Its name for people.
    pub title: String,
}
