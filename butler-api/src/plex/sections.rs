//! `GET /library/sections`.

use serde::{Deserialize, Serialize};

/// The sections, inside a [`super::Container`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sections {
    /// How many this page has.
    pub size: u64,
    /// How many there are in all; only where a page was asked for, or where this is not all.
    #[serde(rename = "totalSize", default, skip_serializing_if = "Option::is_none")]
    pub total_size: Option<u64>,
    /// The place of this page's first among all, from 0; where `total_size` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Always true: to clients it says that the token may do more than look.
    pub allow_sync: bool,
    /// The title of the list.
    #[serde(default)]
    pub title1: String,
    /// The sections.
    #[serde(rename = "Directory", default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<Directory>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Directory {
    /// Always true: to clients it says that the token may do more than look.
    pub allow_sync: bool,
    /// Whether its items can be filtered; always true.
    #[serde(default)]
    pub filters: bool,
    /// Whether a scan of it runs.
    #[serde(default)]
    pub refreshing: bool,
    /// Its id, as text.
    pub key: String,
    /// `movie`, `show`, `artist` or `photo`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub title: String,
    /// The metadata agent's name, as its maker gave it.
    pub agent: String,
    /// The scanner's name, as its maker gave it.
    pub scanner: String,
    /// Its language: `en-US`.
    pub language: String,
    /// A name for it that is unique in the world.
    pub uuid: String,
    /// Unix seconds.
    pub updated_at: i64,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last whole scan; 0 before the first.
    #[serde(default)]
    pub scanned_at: i64,
    /// Always true.
    #[serde(default)]
    pub content: bool,
    /// Always true.
    #[serde(default)]
    pub directory: bool,
    /// Grows whenever its content changes.
    #[serde(default)]
    pub content_changed_at: i64,
    /// Always 0: shown everywhere.
    #[serde(default)]
    pub hidden: u8,
    /// Its root folders.
    #[serde(rename = "Location", default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
}

/// One root folder of a section, or a folder of a show or artist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Location {
    /// Its id; a folder of a show or artist has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Its path on the server.
    pub path: String,
    /// Why it is not scanned, where it is under no allowed root any more: one sentence. An extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
