//! What housekeeping intends to do, before it does: a value that a dry run shows and that the run then
//! carries out.

use std::path::PathBuf;

use butler_library::Library;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::report::Report;
use crate::settings::Settings;
use crate::work::{TaskError, Work};

/// What a task would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What it would do, in that order.
    pub actions: Vec<Action>,
    /// What else is to be known, one sentence each.
    pub remarks: Vec<String>,
}

/// One thing that a task would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What it does to the file.
    pub deed: Deed,
    /// The file.
    pub path: PathBuf,
    /// Bytes that it takes, that become free, or that the file has.
    pub bytes: u64,
    /// Why, one sentence.
    pub reason: String,
}

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is written.
    Write,
    /// It is removed.
    Remove,
    /// It becomes part of the library.
    Add,
    /// The library follows it to where it lies now.
    Move,
    /// What is known of it is made anew.
    Change,
    /// It counts as there again.
    Restore,
    /// It counts as missing.
    Miss,
}

impl Deed {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Remove => "remove",
            Self::Add => "add",
            Self::Move => "move",
            Self::Change => "change",
            Self::Restore => "restore",
            Self::Miss => "miss",
        }
    }
}

/// What a plan is made from. Making one changes nothing.
pub struct Ground<'a> {
    /// The library.
    pub library: &'a Library,
    /// The settings that hold.
    pub settings: &'a Settings,
    /// The moment.
    pub now: Timestamp,
    /// The date on the server's wall at that moment.
    pub today: Date,
    /// Whether to give up.
    pub is_stopping: &'a mut (dyn FnMut() -> bool + Send),
}

/// A plan with all that carrying it out needs.
pub trait Prepared: Send {
    /// The plan.
    fn plan(&self) -> Plan;

    /// Does what the plan says, each thing only if what it rests on is still so.
    ///
    /// # Errors
    /// If it was stopped, or can't go on.
    fn carry_out(self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError>;
}
