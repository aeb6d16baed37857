//! What the schedule goes by of each task's past, read out of its runs.

use std::collections::BTreeMap;

use butler_api::{Crashes, Past, TaskName};
use jiff::SignedDuration;
use jiff::civil::Date;
use rusqlite::{Connection, Row};

use super::{Word, readable};
use crate::{Library, StoreError};

/// Completed runs that count for a task's interval.
const COUNTING: &str = "state = 'completed' AND section IS NULL AND origin <> 'asap'";

impl Library {
    /// What the schedule must know of each task's past, for every task that ever had a run.
    ///
    /// # Errors
    /// If the database fails.
    pub fn task_pasts(&self) -> Result<BTreeMap<TaskName, Past>, StoreError> {
        self.db().read(|tx| {
            let mut names = tx.prepare_cached("SELECT DISTINCT task FROM runs ORDER BY task")?;
            let names: Vec<Word<TaskName>> = readable(&mut names, [], "task of runs", |row| row.get(0))?;
            names.into_iter().map(|Word(task)| Ok((task.clone(), past_of(tx, &task)?))).collect()
        })
    }
}

fn past_of(tx: &Connection, task: &TaskName) -> Result<Past, StoreError> {
    let last =
        format!("SELECT day, worked_ms FROM runs WHERE task = ?1 AND {COUNTING} ORDER BY id DESC LIMIT 5");
    let times = |row: &Row<'_>| {
        Ok((row.get::<_, Option<Word<Date>>>(0)?.map(|day| day.0), SignedDuration::from_millis(row.get(1)?)))
    };
    let last: Vec<(Option<Date>, SignedDuration)> =
        readable(&mut *tx.prepare_cached(&last)?, [task.as_str()], "past run by its day", times)?;
    let mut crashes = tx.prepare_cached(
        "SELECT crash_day, sum(crash_count) FROM runs WHERE task = ?1 AND crash_day IS NOT NULL \
         GROUP BY crash_day ORDER BY crash_day DESC LIMIT 1",
    )?;
    let crash = |row: &Row<'_>| Ok(Crashes { day: row.get::<_, Word<Date>>(0)?.0, count: row.get(1)? });
    let crashes = readable(&mut crashes, [task.as_str()], "crash by its day", crash)?.pop();
    // By id, for a task's runs end in that order: by their days, one of a clock that was far ahead would stay
    // the last for ever.
    let latest = |column: &str, which: &str| -> Result<Option<Date>, StoreError> {
        let of_task = "task = ?1 AND section IS NULL AND origin <> 'asap'";
        let query =
            format!("SELECT {column} FROM runs WHERE {of_task} AND ({which}) ORDER BY id DESC LIMIT 1");
        let day = |row: &Row<'_>| row.get::<_, Option<Word<Date>>>(0);
        let latest =
            readable(&mut *tx.prepare_cached(&query)?, [task.as_str()], "past run by its day", day)?.pop();
        Ok(latest.flatten().map(|day| day.0))
    };
    let stopped = |reasons: &str| format!("state = 'stopped' AND reason ->> 'code' IN ({reasons})");
    let given_up = latest(
        "ended_day",
        &format!("state = 'failed' OR {}", stopped("'stopped-by-person', 'all-stopped-by-person'")),
    )?;
    let cut = latest("ended_day", &stopped("'window-ended'"))?;
    let missed = latest("day", "state = 'missed'")?;
    Ok(Past {
        last_completed: last.first().and_then(|(day, _)| *day),
        durations: last.into_iter().rev().map(|(_, worked)| worked).collect(),
        given_up,
        cut,
        missed,
        crashes,
    })
}
