//! What a person set, as far as it concerns the schedule. Reads no settings itself: the engine hands them in.

use std::collections::BTreeSet;

use butler_api::TaskName;
use jiff::tz::TimeZone;

use crate::WindowSettings;

/// The settings that decide what runs when.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The zone in which window and days are counted.
    pub zone: TimeZone,
    /// The daily maintenance hours.
    pub window: WindowSettings,
    /// The tasks whose switch is off.
    pub switched_off: BTreeSet<TaskName>,
    /// What tells this server from others, so that their randomised tasks fall on different moments; never changes.
    pub server_id: String,
}
