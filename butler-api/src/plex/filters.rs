//! How a list can be filtered and sorted: what `includeMeta=1` adds to a list, and the lists
//! `/library/sections/{id}/filters`, `/library/sections/{id}/sorts` and, of the values that a filter finds,
//! `/library/sections/{id}/{filter}`.

use serde::{Deserialize, Serialize};

/// How a list can be filtered and sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meta {
    /// The kinds of item that it can list.
    #[serde(rename = "Type", default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<MetaType>,
    /// The kinds of value that a filter compares.
    #[serde(rename = "FieldType", default, skip_serializing_if = "Vec::is_empty")]
    pub field_types: Vec<FieldType>,
}

/// A kind of item that a list can hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetaType {
    /// Where to list them.
    pub key: String,
    /// `movie`, `show` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is the kind of this list.
    pub active: bool,
    /// The filters that a client offers at once: a few values, or yes and no.
    #[serde(rename = "Filter", default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<MetaFilter>,
    /// What it can be ordered by.
    #[serde(rename = "Sort", default, skip_serializing_if = "Vec::is_empty")]
    pub sorts: Vec<MetaSort>,
    /// Everything that it can be filtered by.
    #[serde(rename = "Field", default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<MetaField>,
}

/// A filter that a client offers at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetaFilter {
    /// The word of the query.
    pub filter: String,
    /// `string`, `integer` or `boolean`.
    pub filter_type: String,
    /// Where its values are listed; a `boolean` has no list.
    pub key: String,
    /// Its name for people.
    pub title: String,
    /// Always `filter`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Something that a list can be ordered by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetaSort {
    /// `asc` at the one that a list has by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// `asc` or `desc`: which way clients order by it unless told otherwise.
    pub default_direction: String,
    /// What to put into `sort` for the other way round.
    pub desc_key: String,
    /// What to put into `sort`.
    pub key: String,
    /// Its name for people.
    pub title: String,
}

/// Something that a list can be filtered by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetaField {
    /// The word of the query: `year`, `show.title`.
    pub key: String,
    /// Its name for people.
    pub title: String,
    /// The name of its [`FieldType`].
    #[serde(rename = "type")]
    pub kind: String,
}

/// A kind of value that a filter compares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldType {
    /// Its name: `integer`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it can be compared.
    #[serde(rename = "Operator", default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Operator>,
}

/// A comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Operator {
    /// What stands between a field and its value in the query: `!=`.
    pub key: String,
    /// Its name for people.
    pub title: String,
}

/// A value that a filter finds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FilterChoice {
    /// Where the items that have it are listed.
    pub fast_key: String,
    /// The value, as it stands in a query.
    pub key: String,
    /// Its name for people.
    pub title: String,
}

/// A list of things that Plex calls directories, inside a [`super::Container`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Directories<T> {
    /// How many this page has.
    pub size: u64,
    /// How many there are in all; only where a page was asked for, or where this is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_size: Option<u64>,
    /// The place of this page's first among all, from 0; where `total_size` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The title of the list: the section's name.
    #[serde(default)]
    pub title1: String,
    /// The things.
    #[serde(rename = "Directory", default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<T>,
}
