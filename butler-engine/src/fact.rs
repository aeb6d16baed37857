//! Facts flow out once: each with what a reader needs. Notifications, command line bars, metrics and logs are readers of
//! this stream; none computes anything of its own.

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use jiff::Timestamp;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A run entered a state.
    RunChanged {
        /// The run.
        run: RunId,
        /// Its task.
        task: TaskName,
        /// Who asked for it.
        origin: Origin,
        /// The state it entered.
        state: RunState,
        /// Why.
        reason: Option<Reason>,
    },
    /// A run came further.
    RunProgressed {
        /// The run.
        run: RunId,
        /// Its task.
        task: TaskName,
        /// Steps done.
        done: u64,
        /// Steps that there are, as far as is known.
        total: u64,
        /// Failures recorded.
        failures: u64,
        /// The file just done or in hand.
        file: Option<String>,
    },
    /// A product could not be made of a file.
    PartFailed {
        /// The file's path.
        part: String,
        /// The product.
        product: &'static str,
        /// Why: one sentence.
        sentence: String,
    },
    /// The content of a section changed.
    SectionChanged {
        /// The section.
        section: i64,
    },
}
