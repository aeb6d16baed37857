//! What a person set, as far as it concerns the schedule. Reads no settings itself: the engine hands them in.

use std::collections::BTreeSet;

use butler_api::TaskName;
use jiff::tz::TimeZone;

use crate::WindowSettings;

/// Which tasks catch up on a window that Butler was away for (`ButlerCatchUp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CatchUp {
    /// None.
    Off,
    /// All but media tasks.
    #[default]
    Housekeeping,
    /// All.
    All,
}

/// The settings that decide what runs when.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The zone in which window and days are counted.
    pub zone: TimeZone,
    /// The daily maintenance hours.
    pub window: WindowSettings,
    /// The tasks whose switch is off.
    pub switched_off: BTreeSet<TaskName>,
    /// The tasks whose behaviour is `asap`: new items as soon as a scan finds them.
    pub as_soon_as_possible: BTreeSet<TaskName>,
    /// For which tasks a night that was slept through is made good by day.
    pub catch_up: CatchUp,
    /// What tells this server from others, so that their randomised tasks fall on different moments; never
    /// changes.
    pub server_id: String,
}
