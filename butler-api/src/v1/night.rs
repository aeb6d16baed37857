//! What became of the last night.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::LocalTime;

/// The newest night whose window is over, and whether it was well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastNight {
    /// Its maintenance day, `YYYY-MM-DD`; absent while no night has passed.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub day: Option<Date>,
    /// Whether every task of it completed; files that failed are counted apart.
    pub well: bool,
    /// Tasks of it.
    pub tasks: u64,
    /// Those that completed.
    pub done: u64,
    /// When the last of these did; absent if none did.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub done_by: Option<LocalTime>,
    /// Those that could not go on.
    pub failed: u64,
    /// Those that did not complete, or not yet: a night that was slept through is made good.
    pub unfinished: u64,
    /// Failures that its runs recorded: products that could not be made.
    pub failures: u64,
    /// Files that failed; one that failed in several products or runs counts once.
    #[serde(default)]
    pub failed_files: u64,
    /// The same as English for people: `Last night: 9 of 9 tasks done by 03:41, 2 files failed.`
    pub sentence: String,
}
