//! Facts flow out once: each with what a reader needs. Notifications, command line bars, metrics and logs are
//! readers of this stream; none computes anything of its own.

use butler_api::{Origin, Pause, Reason, RunId, RunState, TaskName};
use butler_product::ProductKind;
use butler_tasks::Stage;
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
        /// The task's name for people.
        title: &'static str,
        /// The section it is limited to, if it is.
        section: Option<i64>,
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
        /// Whether `total` is all there is: everything is counted.
        is_counted: bool,
        /// Failures recorded.
        failures: u64,
        /// A file in hand.
        file: Option<String>,
        /// What it waits for, while it does.
        waits: Option<Reason>,
    },
    /// A product could not be made of a file.
    PartFailed {
        /// The path of the first file that holds the content.
        part: String,
        /// How many files hold it.
        files: u64,
        /// The product.
        product: ProductKind,
        /// Why: one sentence.
        sentence: String,
    },
    /// A product of an item itself could not be derived.
    ItemFailed {
        /// The item's id.
        item: i64,
        /// The product.
        product: ProductKind,
        /// Why: one sentence.
        sentence: String,
    },
    /// Something failed in a task's own work, which goes on.
    WorkFailed {
        /// The task.
        task: TaskName,
        /// The file or folder.
        path: String,
        /// Why: one sentence.
        sentence: String,
    },
    /// A unit is over and its results are stored.
    UnitFinished {
        /// The products it was about.
        kinds: Vec<ProductKind>,
        /// Seconds of work by the wall clock.
        seconds: f64,
        /// Bytes read from the file.
        bytes_read: u64,
        /// How long the film or track lasts, where that is known.
        media_seconds: Option<f64>,
    },
    /// It is settled what came of one product of one source.
    ProductMade {
        /// The product.
        kind: ProductKind,
        /// What came of it.
        result: Came,
    },
    /// A run that goes through sections one by one came to a step in one.
    SectionStep {
        /// The run.
        run: RunId,
        /// The section.
        section: i64,
        /// The section's name.
        title: String,
        /// How far it is.
        stage: Stage,
    },
    /// Settings have other values.
    SettingsChanged {
        /// Their ids.
        ids: Vec<&'static str>,
    },
    /// What holds everything is another now; nothing does if there is none.
    PausesChanged {
        /// All of them.
        pauses: Vec<Pause>,
    },
    /// The content of a section changed.
    SectionChanged {
        /// The section.
        section: i64,
    },
}

/// What came of a product that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Came {
    /// It is there.
    Made,
    /// There is nothing there to make it of.
    Nothing,
    /// It could not be made.
    Failed,
}

impl Came {
    /// A word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Nothing => "nothing",
            Self::Failed => "failed",
        }
    }
}
