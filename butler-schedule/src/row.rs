//! A task as the schedule sees it: how often, in which lane, behind which switch.
//! It knows nothing of what a task does. The rows themselves are the catalogue's.

use butler_api::TaskName;

/// One task's scheduling facts, a row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its wire name.
    pub name: TaskName,
    /// When it runs, and beside what.
    pub timing: Timing,
    /// Id of the setting that switches it on and off.
    pub switch: &'static str,
}

/// When a task runs, and beside what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Days between two completed runs, 1 or more.
    pub every_days: u32,
    /// Whether it is placed at a moment of its own inside the window (`scheduleRandomized`): tasks that ask
    /// online services.
    pub randomized: bool,
    /// The queue it stands in.
    pub lane: Lane,
    /// Its turn among what waits in its lane: the lowest goes first.
    pub rank: u8,
    /// What the window's end does to it.
    pub at_window_end: AtWindowEnd,
    /// Whether it goes first when it would not fit otherwise: the backup, which must never starve.
    pub never_starves: bool,
}

impl Timing {
    /// A task that has products made: every day, beside its like.
    pub const MEDIA: Self = Self {
        every_days: 1,
        randomized: false,
        lane: Lane::Media,
        rank: 0,
        at_window_end: AtWindowEnd::Stop,
        never_starves: false,
    };

    /// A task that keeps house: every week, in the middle of its lane.
    pub const HOUSEKEEPING: Self = Self { every_days: 7, lane: Lane::Housekeeping, rank: 50, ..Self::MEDIA };
}

/// What the window's end does to a bound run of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtWindowEnd {
    /// It is stopped, and missed if it still waits.
    Stop,
    /// It finishes, and is never missed: optimise and backup.
    Finish,
}

/// The queue in which a task's runs wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The scan: begins at once, and what is started while it is there waits for its end.
    Scan,
    /// Tasks that demand or derive products: all of them side by side, for they share units.
    Media,
    /// The rest: one at a time, by rank and then in the order of asking.
    Housekeeping,
}
