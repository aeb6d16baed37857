//! Pauses: everything is held while there is one. They stack by owner (docs/scheduling.md, Pauses).

use jiff::Timestamp;

use crate::{PauseOwner, Reason};

/// One owner's pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Whose it is; another of the same owner takes its place.
    pub owner: PauseOwner,
    /// Why, in the owner's words.
    pub note: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: PauseEnd,
    /// Whether what is in hand comes to its end; else it is frozen where it is.
    pub drains: bool,
}

/// When a pause ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseEnd {
    /// Only when its owner lifts it.
    Lifted,
    /// At this moment.
    At(Timestamp),
    /// When the maintenance window opens next; at once if it is open.
    WindowOpens,
}

impl PauseEnd {
    /// The end as the wire and the database have it: a moment, and whether the window's opening is meant.
    pub const fn parts(self) -> (Option<Timestamp>, bool) {
        match self {
            Self::Lifted => (None, false),
            Self::At(at) => (Some(at), false),
            Self::WindowOpens => (None, true),
        }
    }

    /// The end of these parts.
    pub const fn from_parts(at: Option<Timestamp>, window_opens: bool) -> Self {
        match (at, window_opens) {
            (_, true) => Self::WindowOpens,
            (Some(at), false) => Self::At(at),
            (None, false) => Self::Lifted,
        }
    }
}

impl Pause {
    /// The reason of what it holds.
    pub fn reason(&self) -> Reason {
        Reason::Held { owner: self.owner, note: self.note.clone() }
    }
}
