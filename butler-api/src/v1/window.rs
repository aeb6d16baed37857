//! The maintenance window, for tools that must find it: whether it is open, until when, and when the next one
//! opens.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{LocalTime, Pause};

/// The body of `/api/v1/window`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    /// Whether it is open now.
    pub open: bool,
    /// When it opened; absent while it is closed.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub from: Option<LocalTime>,
    /// When it ends; absent while it is closed.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<LocalTime>,
    /// Its maintenance day, `YYYY-MM-DD`; absent while it is closed.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub day: Option<Date>,
    /// Whether it is the whole day, so that its end stops nothing.
    pub whole_day: bool,
    /// The one that opens next; absent if no day of the week has one.
    pub next: Option<NextWindow>,
    /// The zone in which all this is counted: `Europe/Berlin`.
    pub zone: String,
    /// What holds everything.
    pub paused: Vec<Pause>,
    /// How many runs work.
    pub running: u64,
    /// The same as English for people: `Maintenance now, until 05:00.`
    pub sentence: String,
}

/// The window that opens next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextWindow {
    /// Its maintenance day, `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub day: Date,
    /// When it opens.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub from: LocalTime,
    /// When it ends.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: LocalTime,
}
