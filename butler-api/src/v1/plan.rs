//! The plan of the nights ahead: which task when, how long by past runs, what will not fit and why, and in
//! how many nights the backlogs are done.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::LocalTime;
use crate::{Origin, TaskName, files_failed};

/// The body of `/api/v1/plan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: LocalTime,
    /// The zone in which it is told: `Europe/Berlin`.
    pub zone: String,
    /// The next nights that have a window; the first is the one that is open now, if one is.
    pub nights: Vec<PlannedNight>,
    /// What begins between these windows.
    pub between: Vec<PlannedRun>,
    /// What the media tasks have to do.
    pub backlogs: Vec<PlannedBacklog>,
    /// The most important of it as English for people.
    pub sentence: String,
}

/// One night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedNight {
    /// The maintenance day, `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub day: Date,
    /// When the window opens.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub from: LocalTime,
    /// When it ends.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: LocalTime,
    /// What begins, in this order, and then what does not.
    pub runs: Vec<PlannedRun>,
}

/// One task in a night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedRun {
    /// The task.
    pub task: TaskName,
    /// Who asks for it.
    pub origin: Origin,
    /// When it begins; absent if it does not.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub start: Option<LocalTime>,
    /// When it ends; absent if it does not begin, or not end in these nights.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub end: Option<LocalTime>,
    /// What becomes of it: `fits`, `overruns`, `cut`, `goes-on`, `missed`, `skipped`, `waits`, `done`,
    /// `not-due`, `given-up` or `switched-off`.
    pub how: String,
    /// Seconds of work that are left for the next night, where it is cut or goes on.
    pub left_seconds: Option<u64>,
    /// Whether how long it takes is a guess: nothing of it was done here yet.
    #[serde(default)]
    pub is_guess: bool,
    /// The day from which it is due, where it is not, `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub due: Option<Date>,
    /// The same as one English sentence; empty where it simply fits and has not begun.
    pub message: String,
}

/// What a media task has to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedBacklog {
    /// The task.
    pub task: TaskName,
    /// Products that are lacking.
    pub lacks: u64,
    /// Bytes of the files that lack one.
    pub bytes: u64,
    /// Seconds of work, one file after the other, by what earlier files took. What several tasks want of one
    /// file is read once and shared out among them.
    pub seconds: u64,
    /// Whether these seconds are a guess, at least in part: no such work was done here yet.
    pub is_guess: bool,
    /// In how many nights it is done, the next one being the first; 0 if there is nothing to do, absent if it
    /// never is.
    pub nights: Option<u32>,
    /// Products that failed and are left alone for now; they are no lacks of the figures above.
    #[serde(default)]
    pub held_back: u64,
    /// How many files these are of, each once; several may hold the same content.
    #[serde(default)]
    pub held_back_files: u64,
    /// Those of the products that are tried again by themselves; the others rest until the file or the maker
    /// changes or a person asks.
    #[serde(default)]
    pub tried_again: u64,
    /// How many files those are of.
    #[serde(default)]
    pub tried_again_files: u64,
    /// When the night begins in which the first of these is tried; absent if none is.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_try: Option<LocalTime>,
}

impl PlannedBacklog {
    /// What failed before, as it is told everywhere: `2 files failed in 5 products`; none if nothing did.
    pub fn failed(&self) -> Option<String> {
        (self.held_back > 0).then(|| files_failed(self.held_back_files, self.held_back))
    }
}
