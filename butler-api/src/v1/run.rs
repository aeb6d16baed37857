//! Runs: what ran, when, how far it came and why it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Origin, RunId, RunState, TaskName, files_failed};

/// One execution of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The task.
    pub task: TaskName,
    /// Where it is in its life.
    pub state: RunState,
    /// One English sentence that says why it is in that state; absent while it simply runs.
    pub reason: Option<String>,
    /// The same for programs, in kebab case: `not-its-day`.
    pub reason_code: Option<String>,
    /// Who asked for it.
    pub origin: Origin,
    /// Whether it was started whatever day, switch, window and back-off say.
    pub forced: bool,
    /// The section it is limited to, if it is.
    pub section: Option<i64>,
    /// The files and folders of that section it is limited to; absent for all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// How many files it is limited to, with all that hold the same content; absent for all
    /// of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// The first of these files, by their paths; only where one run is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_files: Vec<String>,
    /// When it was asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub asked_at: Timestamp,
    /// When it began to work.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub ended_at: Option<Timestamp>,
    /// The maintenance day it counts for, `YYYY-MM-DD`; stored when it starts.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub day: Option<jiff::civil::Date>,
    /// The maintenance day on which it ended, `YYYY-MM-DD`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub ended_day: Option<jiff::civil::Date>,
    /// Steps done, products made and failures recorded among them.
    pub done: u64,
    /// Steps that there are, as far as is known.
    pub total: u64,
    /// Failures that this run recorded: products that could not be made.
    pub failures: u64,
    /// Files that failed in it; one of which several products could not be made counts once.
    #[serde(default)]
    pub failed_files: u64,
    /// Bytes read from media for this run's units.
    pub bytes_read: u64,
    /// What was done, in the task's own words.
    pub report: Vec<Fact>,
    /// What happened in it, oldest first, the last 100 lines; only where one run is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
    /// What it is doing right now; absent unless it runs.
    pub live: Option<LiveWork>,
}

impl Run {
    /// What failed in it, as it is told everywhere: `2 files failed in 5 products`; none if nothing did.
    pub fn failed(&self) -> Option<String> {
        (self.failures > 0).then(|| files_failed(self.failed_files, self.failures))
    }
}

/// One fact of a run's report: `removed: 1204331 bytes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// What the value is of: `new files`.
    pub label: String,
    /// The value: a count, bytes, milliseconds, or text, as `unit` says.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::FactValue))]
    pub value: serde_json::Value,
    /// `count`, `bytes`, `ms` or `text`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::FactUnit))]
    pub unit: String,
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What happened: `running`, `/films/Heat.mkv: It is damaged.`
    pub text: String,
    /// Whether something went wrong.
    pub is_bad: bool,
}

/// What a run is doing right now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveWork {
    /// The files in hand, one a worker.
    pub files: Vec<String>,
    /// Steps a second over the last minute; absent while too little is known.
    pub rate: Option<f64>,
    /// Seconds until the end at that rate.
    pub eta_seconds: Option<u64>,
}

/// A page of runs, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Runs {
    /// The runs of this page.
    pub runs: Vec<Run>,
    /// How many there are in all that match; absent on a page that was asked for by a mark, where it would be
    /// counted each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The mark behind the last one of this page, for `before`; absent if there is none behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<RunId>,
}
