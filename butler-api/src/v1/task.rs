//! Tasks with what Plex's list does not say: whether they are due, how long they usually take and when they
//! begin next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::TaskName;

/// A task, as the catalogue, its switch and its past have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    /// Its wire name.
    pub name: TaskName,
    /// Its name for people.
    pub title: String,
    /// What it does, one sentence.
    pub description: String,
    /// Days between two runs, from 1.
    pub every_days: u32,
    /// Whether it starts at a moment of the window that is drawn for it.
    pub randomized: bool,
    /// Whether its switch is on.
    pub enabled: bool,
    /// Whether it is due today: on, neither failed nor stopped by a person today, and its interval has
    /// passed.
    pub due: bool,
    /// How long it usually takes, in seconds: the median of its last five completed runs, 300 without any,
    /// and at least 2. The plan reckons with the same, but for media tasks with what is lacking tonight.
    pub usual_seconds: u64,
    /// Whether that is a guess, since no run of it has completed.
    #[serde(default)]
    pub usual_is_guess: bool,
    /// When it begins next by itself: where it is placed, else when the window opens in which it is due next.
    /// Absent while it is off or waits for its turn.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_at: Option<Timestamp>,
    /// What of it waits for a person's word, one English sentence; absent if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
}

/// The body of `/api/v1/tasks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tasks {
    /// All of them, by name.
    pub tasks: Vec<Task>,
}
