//! `GET /services/browse`: folders of the server, inside a [`super::Container`]. Clients ask it before they
//! add a section.

use serde::{Deserialize, Serialize};

/// The folders inside of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Browsed {
    /// How many this page has.
    pub size: u64,
    /// How many there are in all; only where a page was asked for, or where this is not all.
    #[serde(rename = "totalSize", default, skip_serializing_if = "Option::is_none")]
    pub total_size: Option<u64>,
    /// The place of this page's first among all, from 0; where `total_size` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The folders.
    #[serde(rename = "Path", default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<BrowsedPath>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrowsedPath {
    /// Where to ask for what lies in it: `/services/browse/` and the path in base64.
    pub key: String,
    /// Its name.
    pub title: String,
    /// Its whole path, without a slash at the end.
    pub path: String,
    /// Whether it is the server's home folder; always false.
    #[serde(default)]
    pub home: bool,
    /// Whether it lies on another machine; always false, for Butler doesn't ask.
    #[serde(default)]
    pub network: bool,
}
