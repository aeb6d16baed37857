//! What housekeeping intends to do, before it does: a value that a dry run shows and that the run then
//! carries out.

use std::path::PathBuf;

use butler_library::{Library, SectionId};
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
    /// What it would not do before a person confirms it.
    pub waits: Option<Waiting>,
    /// What else is to be known, one sentence each.
    pub remarks: Vec<String>,
}

/// What waits for a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What tells it from every other such set: the word is for this one, and void once it has changed.
    pub digest: String,
    /// What it is about, and why it waits: one sentence.
    pub sentence: String,
    /// What would be done.
    pub actions: Vec<Action>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// It is written.
    Write,
    /// It is removed.
    Remove,
    /// It is gone, and the library lets go of what it knows of it.
    Forget,
    /// It is lost, and its task is to make it anew.
    Remake,
    /// It gets another name.
    Rename,
    /// It is replaced by a smaller one with the same content.
    Compress,
    /// It gives back room in it that it does not need.
    Compact,
    /// It is counted anew what is in it.
    Analyze,
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
            Self::Forget => "forget",
            Self::Remake => "remake",
            Self::Rename => "rename",
            Self::Compress => "compress",
            Self::Compact => "compact",
            Self::Analyze => "analyze",
            Self::Add => "add",
            Self::Move => "move",
            Self::Change => "change",
            Self::Restore => "restore",
            Self::Miss => "miss",
        }
    }

    /// The word once it is done.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::Write => "written",
            Self::Remove => "removed",
            Self::Forget => "forgotten",
            Self::Remake => "to be made anew",
            Self::Rename => "renamed",
            Self::Compress => "compressed",
            Self::Add => "added",
            Self::Move => "moved",
            Self::Change => "made anew",
            Self::Restore => "there again",
            Self::Miss => "missing",
            Self::Compact => "compacted",
            Self::Analyze => "analyzed",
        }
    }

    /// The word where it could not be: `3 could not be removed`.
    pub(crate) const fn undone(self) -> &'static str {
        match self {
            Self::Remake => "given up",
            Self::Restore | Self::Miss => "noted",
            _ => self.done(),
        }
    }

    /// Whether bytes are taken by it.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write)
    }

    /// Whether bytes become free by it.
    pub const fn frees(self) -> bool {
        matches!(self, Self::Remove | Self::Compact)
    }
}

/// What a plan is made from. Making one changes nothing.
pub struct Ground<'a> {
    /// The library.
    pub library: &'a Library,
    /// The settings that hold.
    pub settings: &'a Settings,
    /// The section it is limited to, if it is: by a person's word.
    pub section: Option<SectionId>,
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
