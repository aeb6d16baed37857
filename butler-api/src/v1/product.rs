//! `GET /api/v1/items/{id}/products`: what was made of an item's files, what could not be made, and what is
//! still to come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Failure;
use crate::TaskName;

/// What was made of an item's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Products {
    /// By part, then by product; then those of its pictures.
    pub products: Vec<Product>,
    /// What could not be made.
    #[serde(default)]
    pub failures: Vec<Failure>,
    /// What is not made yet and was not tried in vain either.
    #[serde(default)]
    pub open: Vec<OpenProduct>,
    /// What was derived for the item itself of what was made of the files below it: for a season or an album.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<ItemProduct>,
    /// Its pictures in files beside the media; what was made of one names the same file, and no part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
}

/// A picture of an item in a file beside the media.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ItemPicture))]
pub struct Picture {
    /// What it is of the item: `poster`, `background`, `banner`, `logo`, `thumb`.
    pub role: String,
    /// Its path.
    pub file: String,
}

/// A product of an item itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemProduct {
    /// What it is: `needed_bandwidth`.
    pub product: String,
    /// The version of its maker.
    pub version: u32,
    /// What is stored of it; its form is the product's own, and may grow with the version.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub value: serde_json::Value,
    /// Whether all that it was made of is still so; else the next run of its task makes it anew.
    pub is_current: bool,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Timestamp,
}

/// A product that a file shall have and has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenProduct {
    /// What it is.
    pub product: String,
    /// The id of the part; none where the file is a picture beside the media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<i64>,
    /// The file's path.
    #[serde(default)]
    pub file: String,
    /// The task that makes it.
    pub task: TaskName,
    /// Whether that task is switched on.
    pub enabled: bool,
    /// When that task begins next by itself, where that is known.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_at: Option<Timestamp>,
}

/// One product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Product {
    /// What it is: `media_info`, `bif`, `bandwidth`.
    pub product: String,
    /// The id of the part whose content it was made of; none where that is a picture beside the media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<i64>,
    /// The file's path.
    pub file: String,
    /// The version of its maker.
    pub version: u32,
    /// Its parameters: `interval_ms=10000 width=320`; empty where it has none.
    pub params: String,
    /// What is stored of it; its form is the product's own, and may grow with the version.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub value: serde_json::Value,
    /// Bytes of its file, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Timestamp,
}
