//! One run as schedule, library and engine share it: what was asked for, and what decides when it works. How
//! far it came, and what it reports, the library keeps beside it.
//!
//! Start with [`RunRecord`]. What may happen to a run is `butler-schedule`'s; a new option of a run is a
//! field of [`Ask`] and a column.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{Origin, Reason, RunId, RunState, TaskName};

/// What is asked of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Whether it starts whatever day, switch, window and back-off say.
    pub force: bool,
    /// The section it is limited to. Such a run is always forced, and never counts as the task's completion.
    pub section: Option<i64>,
    /// The files and folders of that section it is limited to, none inside another; empty for all of it.
    pub paths: Vec<PathBuf>,
    /// The contents of that section's files it is limited to, by their ids in the library, in order; empty
    /// for all of it. Such a run only makes what these lack: a task's own work is about folders.
    pub sources: Vec<i64>,
}

impl Ask {
    /// A start that is forced, or not, of everything that the task is about.
    pub const fn all(force: bool) -> Self {
        Self { force, section: None, paths: Vec::new(), sources: Vec::new() }
    }

    /// A forced start that is limited to a section, and in it to these paths, if there are any.
    pub const fn of_section(section: i64, paths: Vec<PathBuf>) -> Self {
        Self { force: true, section: Some(section), paths, sources: Vec::new() }
    }

    /// A forced start of what these contents of a section lack; of all of it, if none are named.
    pub fn of_sources(section: i64, mut sources: Vec<i64>) -> Self {
        sources.sort_unstable();
        sources.dedup();
        Self { sources, ..Self::of_section(section, Vec::new()) }
    }
}

/// One run, as the schedule decides about it and the library stores it. The library keeps instants and
/// durations to the millisecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// The task.
    pub task: TaskName,
    /// Who asked for it.
    pub origin: Origin,
    /// What was asked for.
    pub ask: Ask,
    /// Where it is in its life.
    pub state: RunState,
    /// Why it is in that state; none while it simply runs.
    pub reason: Option<Reason>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it first began to work.
    pub started_at: Option<Timestamp>,
    /// How long it worked: without pauses, without absences, and after a crash up to the last note of
    /// attendance.
    pub worked: SignedDuration,
    /// Since when it works; what `worked` does not hold yet begins there. None while it does not work.
    pub works_since: Option<Timestamp>,
    /// When it ended for good. An `interrupted` run without it may go on at the next start.
    pub ended_at: Option<Timestamp>,
    /// The maintenance day it counts for, stored when it starts; of a catch-up run when it is made, of a
    /// missed one its window's.
    pub day: Option<Date>,
    /// The day of the instant at which it ended.
    pub ended_day: Option<Date>,
    /// The moment at which it was placed; kept when it has begun.
    pub scheduled_at: Option<Timestamp>,
    /// The window's end that stops it, for a bound run; none for a free one.
    pub bound_until: Option<Timestamp>,
    /// The crashes that it saw on the last day on which it saw any.
    pub crashes: Option<Crashes>,
}

/// How often the server went away without a word on one maintenance day while a task ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crashes {
    /// The day.
    pub day: Date,
    /// How often, 1 or more.
    pub count: u32,
}

impl RunRecord {
    /// A run that was just asked for: it waits.
    pub const fn new(id: RunId, task: TaskName, origin: Origin, ask: Ask, at: Timestamp) -> Self {
        Self {
            id,
            task,
            origin,
            ask,
            state: RunState::Queued,
            reason: None,
            asked_at: at,
            started_at: None,
            worked: SignedDuration::ZERO,
            works_since: None,
            ended_at: None,
            day: None,
            ended_day: None,
            scheduled_at: None,
            bound_until: None,
            crashes: None,
        }
    }

    /// Whether its completion is the task's: not if it was limited to a section or to new items
    /// (docs/scheduling.md, rule 7).
    pub fn counts(&self) -> bool {
        self.ask.section.is_none() && self.origin != Origin::Asap
    }
}

/// What is remembered of a task's runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// The day of its last run that completed and counts (no section, origin not `asap`): the one with the
    /// highest id, for a task's runs work one after the other, and a clock that was far ahead must not stay
    /// the last for ever.
    pub last_completed: Option<Date>,
    /// The [`RunRecord::worked`] of its last five such runs, oldest first.
    pub durations: Vec<SignedDuration>,
    /// The [`RunRecord::ended_day`] of the last of its runs that failed or that a person stopped (no section,
    /// origin not `asap`).
    pub given_up: Option<Date>,
    /// The [`RunRecord::ended_day`] of the last of its runs that the window's end stopped.
    pub cut: Option<Date>,
    /// The [`RunRecord::day`] of the last of its runs that were missed.
    pub missed: Option<Date>,
    /// Of its runs' [`RunRecord::crashes`], those of the latest day, added up; the unfinished ones' among
    /// them.
    pub crashes: Option<Crashes>,
}

/// The last note that Butler was there. The engine keeps it and hands it in at the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// It was there at this moment. Noted at least every 30 seconds of a window, at its end, and at a
    /// shutdown.
    pub seen_at: Timestamp,
    /// The day of a window that it was away for a part of and that has not ended yet.
    pub away_on: Option<Date>,
}
