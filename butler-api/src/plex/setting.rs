//! `GET /:/prefs` and `GET /library/sections/{id}/prefs`: preferences.
//!
//! The keys and their order are Plex's, and there is none beside them: the published crate plex-api refuses a
//! list that holds one it does not know.

use serde::{Deserialize, Serialize};

/// Preferences, inside a [`super::Container`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preferences {
    /// How many this page has.
    pub size: u64,
    /// How many there are in all; only where a page was asked for.
    #[serde(rename = "totalSize", default, skip_serializing_if = "Option::is_none")]
    pub total_size: Option<u64>,
    /// The place of this page's first among all, from 0; where `total_size` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The preferences.
    #[serde(rename = "Setting", default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Preference>,
}

/// One preference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preference {
    /// Its name for programs.
    #[cfg_attr(feature = "openapi", schema(example = "ButlerStartHour"))]
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// What it does.
    pub summary: String,
    /// `bool`, `int` or `text`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value without anybody's word.
    pub default: SettingValue,
    /// The value that holds.
    pub value: SettingValue,
    /// Whether it is left out unless it is asked for.
    pub hidden: bool,
    /// Whether it is for who wants to see more.
    pub advanced: bool,
    /// `general`, `butler` or `library`.
    pub group: String,
    /// The values it takes, where they can be counted out: `never:never|scheduled:as a scheduled task`.
    #[serde(rename = "enumValues", default, skip_serializing_if = "Option::is_none")]
    pub enum_values: Option<String>,
}

/// A preference's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum SettingValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for SettingValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}
