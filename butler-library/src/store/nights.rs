//! What became of the nights: of each run that belonged to one of them the few facts by which it is judged.

use std::collections::BTreeSet;

use butler_api::{Origin, RunId, RunRecord, RunState, TaskName};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Row;

use super::runs::RunProgress;
use super::{At, Word, readable};
use crate::{Library, StoreError};

/// A run that the window began, or that made good for a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightRun {
    /// Its id.
    pub id: RunId,
    /// The night's day.
    pub day: Date,
    /// The task.
    pub task: TaskName,
    /// Its state.
    pub state: RunState,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Failures that it recorded.
    pub failures: u64,
    /// Files that failed in it.
    pub failed_files: u64,
}

/// So many of the newest runs are looked through for those of nights.
const LOOKED_THROUGH: u32 = 20_000;
/// Runs that are read at a time.
const STEP: u32 = 512;

impl NightRun {
    /// The same of a record, if it belongs to a night.
    pub fn of(record: &RunRecord, progress: RunProgress) -> Option<Self> {
        let day = record.day.filter(|_| record.origin.is_nightly())?;
        let RunRecord { id, ref task, state, ended_at, .. } = *record;
        let RunProgress { failures, failed_files, .. } = progress;
        Some(Self { id, day, task: task.clone(), state, ended_at, failures, failed_files })
    }
}

impl Library {
    /// The runs of the newest nights, newest run first. Reads the runs from the newest one back, no further
    /// than these nights reach.
    ///
    /// # Errors
    /// If the database fails.
    pub fn night_runs(&self, nights: usize) -> Result<Vec<NightRun>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, day, task, state, ended_at, failures, failed_files, origin FROM runs \
                 WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let (mut found, mut days) = (Vec::new(), BTreeSet::new());
            let (mut before, mut left) = (i64::MAX, LOOKED_THROUGH);
            while left > 0 && days.len() <= nights {
                let step = STEP.min(left);
                let mut rows = 0;
                let those = readable(&mut statement, [before, step.into()], "run of a night", |row| {
                    (before, rows) = (row.get("id")?, rows + 1);
                    night_run(row)
                })?;
                found.extend(those.into_iter().flatten());
                days.extend(found.iter().map(|run: &NightRun| run.day));
                left = if rows < step { 0 } else { left - step };
            }
            let oldest = days.into_iter().rev().nth(nights.saturating_sub(1));
            found.retain(|row| oldest.is_none_or(|oldest| row.day >= oldest));
            Ok(found)
        })
    }
}

/// The facts of a run, if it belongs to a night.
fn night_run(row: &Row<'_>) -> rusqlite::Result<Option<NightRun>> {
    let day = row.get::<_, Option<Word<Date>>>("day")?;
    let Some(Word(day)) = day.filter(|_| is_nightly(row)) else { return Ok(None) };
    Ok(Some(NightRun {
        id: RunId(row.get("id")?),
        day,
        task: row.get::<_, Word<TaskName>>("task")?.0,
        state: row.get::<_, Word<RunState>>("state")?.0,
        ended_at: row.get::<_, Option<At>>("ended_at")?.map(|at| at.0),
        failures: row.get("failures")?,
        failed_files: row.get("failed_files")?,
    }))
}

fn is_nightly(row: &Row<'_>) -> bool {
    row.get::<_, Word<Origin>>("origin").is_ok_and(|Word(origin)| origin.is_nightly())
}
