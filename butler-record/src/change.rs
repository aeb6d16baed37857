//! What is to be stored, as values: the machine makes them, the file carries them out.

use jiff::Timestamp;

/// A change of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// An activity has begun, or was found.
    Begin {
        /// The activity's id.
        uuid: String,
        /// What it is, for programs: `media.generate.bif`.
        kind: String,
        /// What it is, for people.
        title: String,
        /// The section that it is about.
        section: Option<String>,
        /// When it began, or was found.
        at: Timestamp,
        /// Whether its begin was seen; else it began before `at`.
        saw_begin: bool,
    },
    /// An open activity says which section it is about, and did not before.
    Section {
        /// The activity's id.
        uuid: String,
        /// The section's id.
        section: String,
    },
    /// An open activity was seen.
    See {
        /// The activity's id.
        uuid: String,
        /// When.
        at: Timestamp,
        /// Whole percent; -1 while nobody knows.
        progress: i8,
    },
    /// An open activity is on a thing that it was not on before.
    Thing {
        /// The activity's id.
        uuid: String,
        /// Which, counted from 0.
        number: u32,
        /// What: `Show E S01 E05`.
        name: String,
        /// Since when.
        at: Timestamp,
    },
    /// An open activity is over.
    End {
        /// The activity's id.
        uuid: String,
        /// What it was, for people.
        title: String,
        /// When, or by when.
        at: Timestamp,
        /// Whether its end was seen; else it ended at some time since it was last seen.
        saw_end: bool,
    },
    /// The server was watched until then, and nothing else happened.
    Watched {
        /// Until when.
        at: Timestamp,
    },
    /// Nobody watched, or the server was away.
    Gap {
        /// Since when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// The clock that made the history had run ahead, and was set back: nothing was seen after this instant,
    /// and what says so is taken to have been seen at it.
    SetBack {
        /// When it is.
        at: Timestamp,
    },
    /// The server's list says this of a task, and said something else before.
    Task {
        /// The task.
        task: KnownTask,
        /// Since when.
        at: Timestamp,
    },
}

/// An activity that has not ended, as the machine and the file know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSpan {
    /// The activity's id.
    pub uuid: String,
    /// What it is, for people.
    pub title: String,
    /// The section that it is about, once it has said so.
    pub section: Option<String>,
    /// When it was last stored as seen.
    pub seen_at: Timestamp,
    /// Whole percent; -1 while nobody knows.
    pub progress: i8,
    /// What it is on; empty while nothing was told.
    pub thing: String,
    /// How many things it has been on.
    pub things: u32,
}

/// What the server's list says of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTask {
    /// Its name.
    pub name: String,
    /// Whether its switch is on.
    pub enabled: bool,
    /// Days between two runs.
    pub interval: u32,
}
