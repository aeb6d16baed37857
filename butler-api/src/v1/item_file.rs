//! `GET /api/v1/items`: files with the item that each belongs to.

use serde::{Deserialize, Serialize};

/// A page of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemFiles {
    /// The files of this page, by their items' titles.
    pub files: Vec<ItemFile>,
    /// How many there are in all; only in an answer that does not begin behind a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A file and its item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemFile {
    /// The item's id, as Plex's `ratingKey`; of a file of several episodes the first one's.
    pub item: i64,
    /// `movie`, `episode`, `track`, `photo` or `extra`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::FileItemType))]
    pub kind: String,
    /// The item with what it belongs to, in one line: `The Long Field, season 1, episode 2: Noon`.
    pub title: String,
    /// The section's id.
    pub section: i64,
    /// The file's id, for `/library/parts/{id}`.
    pub part: i64,
    /// Its path on the server.
    pub file: String,
    /// Bytes.
    pub bytes: u64,
}
