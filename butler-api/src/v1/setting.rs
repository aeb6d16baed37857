//! `/api/v1/settings`: the settings with all that is known of them.

use serde::{Deserialize, Serialize};

use crate::plex::SettingValue;

/// Every setting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    /// The settings, in the table's order.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setting {
    /// Its name for programs.
    #[cfg_attr(feature = "openapi", schema(example = "ButlerStartHour"))]
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// What it does.
    pub summary: String,
    /// `general`, `butler` or `library`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::SettingGroup))]
    pub group: String,
    /// `bool`, `int` or `text`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::SettingType))]
    pub kind: String,
    /// The value that holds.
    pub value: SettingValue,
    /// The value without anybody's word.
    pub default: SettingValue,
    /// Who gave the value: `default`, `file` or `person`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::SettingSource))]
    pub source: String,
    /// The settings' file, where that gave the value: it is changed there only.
    pub file: Option<String>,
    /// What it takes, for people.
    pub allowed: String,
    /// The values it takes, where they can be counted out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<LabelledValue>,
    /// Whether it is left out of short lists.
    pub hidden: bool,
    /// Whether it is for who wants to see more.
    pub advanced: bool,
}

/// One of the values that a setting takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelledValue {
    /// The value, as text.
    pub value: String,
    /// Its name for people.
    pub label: String,
}
