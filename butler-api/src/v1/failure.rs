//! Failures: which product could not be made of which file, why, and when it is tried again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One failure: it belongs to a source and a product, whichever task wanted it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// Its id.
    pub id: i64,
    /// The product that could not be made: `bif`.
    pub product: String,
    /// The file's path; one of them where several hold the same content.
    pub part: String,
    /// The id of that part, for `/library/parts/{id}`; absent for a folder.
    pub part_id: Option<i64>,
    /// `content` (damaged, unsupported), `source` (gone, unreadable) or `worker` (crashed, hung).
    pub class: String,
    /// One English sentence.
    pub error: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it may be tried again; absent while it rests until the file or the maker changes or a person asks.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_try_at: Option<Timestamp>,
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
    /// How many there are in all.
    pub total: u64,
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
