//! Failures: which product could not be made of which file, why, and when it is tried again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LocalTime;
use crate::TaskName;

/// One failure: it belongs to a source and a product, whichever task wanted it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// Its id.
    pub id: i64,
    /// The product that could not be made: `bif`.
    pub product: String,
    /// The file's path; the first of `files` where several hold the same content.
    pub part: String,
    /// The paths of all files that hold the content, 100 at most.
    #[serde(default)]
    pub files: Vec<String>,
    /// How many files hold the content.
    #[serde(default)]
    pub file_count: u64,
    /// The id of that part, for `/library/parts/{id}`; absent for a folder.
    pub part_id: Option<i64>,
    /// `content` (damaged, unsupported), `source` (gone, unreadable) or `worker` (crashed, hung).
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::FailureClass))]
    pub class: String,
    /// One English sentence.
    pub error: String,
    /// How often it was tried; what a person starts by force does not count, so that it uses up no night.
    pub tries: u32,
    /// The moment before which it is not tried again; absent while it rests until the file or the maker
    /// changes or a person asks.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_try_at: Option<Timestamp>,
    /// When the night begins in which it is tried again, if no person is faster; absent while it rests, and
    /// where no task that makes the product runs by itself.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_try: Option<LocalTime>,
    /// When it failed last.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub failed_at: Timestamp,
    /// The run in which it failed last.
    pub run: Option<u64>,
}

/// All failures that stand, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failures {
    /// The failures of this page.
    pub failures: Vec<Failure>,
    /// How many there are in all; absent on a page that was asked for by a mark, where it would be counted
    /// each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The mark behind the last one of this page, for `before`; absent if there is none behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// All failures that stand, counted by what they have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailureSummary {
    /// How many failures there are.
    pub failures: u64,
    /// How many files they are of; a file that lacks two products counts twice.
    pub files: u64,
    /// The largest groups first, 50 at most.
    pub groups: Vec<FailureGroup>,
    /// How many groups there are.
    pub group_count: u64,
}

/// Failures of one product with one sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailureGroup {
    /// The product that could not be made: `bif`; `scan` for what a scan could not read.
    pub product: String,
    /// The tasks that make it.
    pub tasks: Vec<TaskName>,
    /// `content`, `source` or `worker`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::FailureClass))]
    pub class: String,
    /// The sentence that they share.
    pub error: String,
    /// How many failures.
    pub failures: u64,
    /// How many files.
    pub files: u64,
    /// How many of the failures rest until the file or the maker changes or a person asks.
    pub resting: u64,
    /// When the newest of them failed.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub newest: Timestamp,
}

/// The answer to a request to try a failure again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retried {
    /// The failure that was cleared: its lack is taken up by the next run that wants it.
    pub id: i64,
    /// One English sentence that says what happens next.
    pub message: String,
}
