//! `GET /api/v1/items/{id}/products`: what was made of an item's files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was made of an item's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Products {
    /// By part, then by product.
    pub products: Vec<Product>,
}

/// One product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Product {
    /// What it is: `media_info`, `bif`, `bandwidth`.
    pub product: String,
    /// The id of the part whose content it was made of.
    pub part: i64,
    /// That part's path.
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
