//! The words of the wire: names that every crate shares, and, with the feature `bodies`, the JSON and XML
//! bodies of Plex's Butler API and of Butler's own.
//!
//! It never does I/O and never decides anything. Start with [`TaskName`], [`RunState`] and [`RunRecord`]; the
//! bodies are one file a resource, below [`plex`] and [`v1`].

mod dates;
mod failed;
mod id;
mod nested;
mod outcome;
mod pause;
mod reason;
mod run;
mod run_words;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod sizes;
mod task_name;

#[cfg(feature = "bodies")]
pub mod plex;
#[cfg(feature = "bodies")]
pub mod v1;
#[cfg(feature = "bodies")]
pub mod xml;

pub use dates::date;
pub use failed::{files_failed, with_copies};
pub use id::RunId;
pub use nested::nested;
pub use outcome::{OUTCOME_HEADER, Outcome, OutcomeParseError};
pub use pause::{Pause, PauseEnd};
pub use reason::Reason;
pub use run::{Ask, Attendance, Crashes, Past, RunRecord};
pub use run_words::{Origin, PauseOwner, RunState, UnknownWord};
pub use task_name::TaskName;
