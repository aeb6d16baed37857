//! Runs: every execution of a task, kept with its reason, progress and report.

use std::path::PathBuf;

use butler_api::{Ask, Crashes, Origin, Reason, RunId, RunRecord, RunState, TaskName};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::failed_files::{self, FileMark};
use super::run_lines::{self, RunLine};
use super::{At, Json, Page, Word, path_bytes, path_from_bytes, readable};
use crate::{Library, StoreError};

/// One run, as it is stored. Instants are kept to the millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// What decides when it works.
    pub record: RunRecord,
    /// How far it came.
    pub progress: RunProgress,
    /// What was done, in the task's own words.
    pub report: Vec<ReportFact>,
    /// How many files hold the contents that it is limited to; none if it is limited to none. Of a list of
    /// runs the records themselves name none of them.
    pub files: Option<u64>,
}

impl RunRow {
    /// A run as it would be stored.
    pub fn of(record: RunRecord, progress: RunProgress, report: Vec<ReportFact>) -> Self {
        // Each content is one file at least.
        let files = Some(record.ask.sources.len() as u64).filter(|files| *files > 0);
        Self { record, progress, report, files }
    }
}

/// How far a run came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// Steps done.
    pub done: u64,
    /// Steps that there are, as far as is known.
    pub total: u64,
    /// Failures that it recorded.
    pub failures: u64,
    /// Files that failed in it.
    pub failed_files: u64,
    /// Bytes read from media.
    pub bytes_read: u64,
}

/// What a finished unit, or a task's own work, adds to a run's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunGain {
    /// The run.
    pub run: RunId,
    /// Steps done.
    pub done: u64,
    /// Failures.
    pub failures: u64,
    /// The files that they are of.
    pub failed_files: Vec<FileMark>,
    /// Bytes read.
    pub bytes_read: u64,
    /// What is told of it in the run's log.
    pub lines: Vec<RunLine>,
}

/// One fact of a run's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportFact {
    /// What the value is of: `new files`.
    pub label: String,
    /// `count`, `bytes`, `ms` or `text`.
    pub unit: String,
    /// The value, a number or a text as the unit says.
    pub value: serde_json::Value,
}

impl ReportFact {
    /// A number of things.
    pub fn count(label: impl Into<String>, value: u64) -> Self {
        Self { label: label.into(), unit: "count".into(), value: value.into() }
    }

    /// A number of bytes.
    pub fn bytes(label: impl Into<String>, value: u64) -> Self {
        Self { label: label.into(), unit: "bytes".into(), value: value.into() }
    }

    /// A time in milliseconds.
    pub fn ms(label: impl Into<String>, value: u64) -> Self {
        Self { label: label.into(), unit: "ms".into(), value: value.into() }
    }

    /// A text: a path, a sentence.
    pub fn text(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), unit: "text".into(), value: value.into().into() }
    }
}

/// Which runs are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only this task's.
    pub task: Option<TaskName>,
    /// Only those in this state.
    pub state: Option<RunState>,
    /// Only those of this origin.
    pub origin: Option<Origin>,
    /// Only those that count for this day or ended on it.
    pub day: Option<Date>,
    /// Only those of this day's night: the window began them, or they made good for it.
    pub night: Option<Date>,
    /// Only those that were asked for at this instant or later.
    pub since: Option<Timestamp>,
    /// Only those that were asked for before this instant.
    pub until: Option<Timestamp>,
    /// Only those behind this one in the list, the older ones: a mark to go on from, whatever began since.
    pub before: Option<RunId>,
    /// Only those before this one in the list, the newer ones.
    pub after: Option<RunId>,
}

const COLUMNS: &str = "id, task, state, reason, origin, forced, section, asked_at, scheduled_at, started_at, \
                       ended_at, bound_until, day, ended_day, crash_day, crash_count, done, total, failures, \
                       bytes_read, report, paths, worked_ms, works_since, sources, \
                       failed_files";
/// How many files hold the contents that a run is limited to.
const FILES: &str = "iif(sources IS NULL, NULL, (SELECT count(DISTINCT h.file) FROM json_each(sources) s \
    JOIN holders h ON h.source = s.value)) AS files";
/// What a filter lets through; [`matching`] has the values.
const MATCHES: &str = "(?1 IS NULL OR task = ?1) AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR origin = \
                       ?3) \
    AND (?4 IS NULL OR day = ?4 OR ended_day = ?4) AND (?5 IS NULL OR asked_at >= ?5) AND (?6 IS NULL OR \
    asked_at < ?6) AND (?7 IS NULL OR day = ?7 AND origin IN (SELECT value FROM json_each(?8)))";
/// Runs that ended before an instant and that nothing goes by any more. Of each task the last ones of each
/// kind of end stay, however old they are: the schedule goes by them.
const OLD: &str = "SELECT id FROM (SELECT id, ended_at, row_number() OVER (PARTITION BY task, state, reason \
                   ->> 'code', section IS NULL, origin = 'asap', crash_day IS NULL ORDER BY id DESC) AS rank \
                   FROM runs WHERE ended_at IS NOT NULL) WHERE ended_at < ?1 AND rank > 10";
/// So many runs are forgotten in one transaction.
const FORGOTTEN: u64 = 500;

fn matching(filter: &RunFilter) -> [Value; 8] {
    let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let at = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::Integer(at.as_millisecond()));
    let of_nights = Origin::ALL.iter().filter(|origin| origin.is_nightly());
    let nightly: Vec<&str> = of_nights.map(|origin| origin.as_str()).collect();
    [
        text(filter.task.as_ref().map(ToString::to_string)),
        text(filter.state.map(|state| state.as_str().to_owned())),
        text(filter.origin.map(|origin| origin.as_str().to_owned())),
        text(filter.day.map(|day| day.to_string())),
        at(filter.since),
        at(filter.until),
        text(filter.night.map(|night| night.to_string())),
        text(Some(serde_json::json!(nightly).to_string())),
    ]
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<At>>(column)?.map(|at| at.0));
    let date =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Word<Date>>>(column)?.map(|date| date.0));
    let record = RunRecord {
        id: RunId(row.get("id")?),
        task: row.get::<_, Word<TaskName>>("task")?.0,
        origin: row.get::<_, Word<Origin>>("origin")?.0,
        ask: Ask {
            force: row.get("forced")?,
            section: row.get("section")?,
            paths: paths_from_bytes(row.get_ref("paths")?.as_blob_or_null()?),
            sources: row.get::<_, Option<Json<_>>>("sources")?.map_or_else(Vec::new, |sources| sources.0),
        },
        state: row.get::<_, Word<RunState>>("state")?.0,
        reason: row.get::<_, Option<Json<Reason>>>("reason")?.map(|reason| reason.0),
        asked_at: row.get::<_, At>("asked_at")?.0,
        scheduled_at: at("scheduled_at")?,
        started_at: at("started_at")?,
        ended_at: at("ended_at")?,
        worked: SignedDuration::from_millis(row.get("worked_ms")?),
        works_since: at("works_since")?,
        bound_until: at("bound_until")?,
        day: date("day")?,
        ended_day: date("ended_day")?,
        crashes: date("crash_day")?.zip(row.get("crash_count")?).map(|(day, count)| Crashes { day, count }),
    };
    let progress = RunProgress {
        done: row.get("done")?,
        total: row.get("total")?,
        failures: row.get("failures")?,
        failed_files: row.get("failed_files")?,
        bytes_read: row.get("bytes_read")?,
    };
    let report = row.get::<_, Json<Vec<ReportFact>>>("report")?.0;
    Ok(RunRow { record, progress, report, files: row.get("files")? })
}

impl Library {
    /// Keeps a run's record, in place of the one that is there. Progress, report and lines have doors of
    /// their own.
    ///
    /// # Errors
    /// If the database fails.
    pub fn save_run(&self, record: &RunRecord) -> Result<(), StoreError> {
        let record = record.clone();
        self.db().write(move |tx| save(tx, &record))
    }

    /// Sets a run's progress, and adds the files that failed in it.
    ///
    /// # Errors
    /// If there is no such run, or the database fails.
    pub fn set_run_progress(
        &self,
        run: RunId,
        progress: RunProgress,
        failed: Vec<FileMark>,
    ) -> Result<(), StoreError> {
        let RunProgress { done, total, failures, failed_files, bytes_read } = progress;
        self.db().write(move |tx| {
            failed_files::add(tx, run, &failed)?;
            let changed = tx.execute(
                "UPDATE runs SET done = ?2, total = ?3, failures = ?4, failed_files = ?5, bytes_read = ?6 \
                 WHERE id = ?1",
                params![run.0, done, total, failures, failed_files, bytes_read],
            )?;
            known(run, changed)
        })
    }

    /// Adds what a task's own work did to the progress of its run, beside what its units add.
    ///
    /// # Errors
    /// If the database fails.
    pub fn add_to_run(&self, gain: RunGain) -> Result<(), StoreError> {
        self.db().write(move |tx| add_gain(tx, &gain))
    }

    /// Sets how many steps a run has, and leaves what is done as it is.
    ///
    /// # Errors
    /// If there is no such run, or the database fails.
    pub fn set_run_total(&self, run: RunId, total: u64) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            known(run, tx.execute("UPDATE runs SET total = ?2 WHERE id = ?1", params![run.0, total])?)
        })
    }

    /// Sets a run's report.
    ///
    /// # Errors
    /// If there is no such run, or the database fails.
    pub fn set_run_report(&self, run: RunId, report: Vec<ReportFact>) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            known(run, tx.execute("UPDATE runs SET report = ?2 WHERE id = ?1", params![run.0, Json(report)])?)
        })
    }

    /// A run.
    ///
    /// # Errors
    /// If the database fails.
    pub fn run(&self, id: RunId) -> Result<Option<RunRow>, StoreError> {
        self.db().read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {COLUMNS}, {FILES} FROM runs WHERE id = ?1"))?
                .query_row([id.0], run_row)
                .optional()?)
        })
    }

    /// A page of runs, newest first, and how many match in all, wherever in the list the page begins.
    ///
    /// # Errors
    /// If the database fails.
    pub fn runs(&self, filter: &RunFilter, start: u64, size: u64) -> Result<Page<RunRow>, StoreError> {
        Ok(Page { rows: self.runs_between(filter, start, size)?, total: self.count_runs(filter)? })
    }

    /// The runs that match, newest first, of these without the first `start` at most `size`. From mark to
    /// mark the whole list takes no longer than it is long.
    ///
    /// # Errors
    /// If the database fails.
    pub fn runs_between(&self, filter: &RunFilter, start: u64, size: u64) -> Result<Vec<RunRow>, StoreError> {
        let id = |id: Option<RunId>, none: i64| id.map_or(none, |id| i64::try_from(id.0).unwrap_or(i64::MAX));
        let (before, after) = (id(filter.before, i64::MAX), id(filter.after, 0));
        let mut bounds = matching(filter).to_vec();
        let marks = [before, after].map(Value::Integer);
        bounds.extend(marks.into_iter().chain([capped(size), capped(start)].map(Value::Integer)));
        // Without this SQLite would go through the runs of all tasks for those of one.
        let of_task = if filter.task.is_some() { "task = ?1 AND" } else { "" };
        let columns = COLUMNS.replace("sources", "NULL AS sources");
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {columns}, {FILES} FROM runs \
                 WHERE {of_task} {MATCHES} AND id < ?9 AND id > ?10 ORDER BY id DESC \
                 LIMIT ?11 OFFSET ?12"
            ))?;
            Ok(readable(&mut statement, params_from_iter(bounds), "run", run_row)?)
        })
    }

    /// How many runs match, wherever in the list.
    ///
    /// # Errors
    /// If the database fails.
    pub fn count_runs(&self, filter: &RunFilter) -> Result<u64, StoreError> {
        let is_narrowed = RunFilter { before: None, after: None, ..filter.clone() } != RunFilter::default();
        self.db().read(|tx| {
            if !is_narrowed {
                return Ok(tx
                    .prepare_cached("SELECT count(*) FROM runs")?
                    .query_row([], |row| row.get(0))?);
            }
            let of_task = if filter.task.is_some() { "task = ?1 AND" } else { "" };
            let count = format!("SELECT count(*) FROM runs WHERE {of_task} {MATCHES}");
            let mut statement = tx.prepare_cached(&count)?;
            Ok(statement.query_row(params_from_iter(matching(filter)), |row| row.get(0))?)
        })
    }

    /// The runs that have not ended, oldest first: what a start-up finds and must settle. Those that a
    /// shutdown interrupted and that may go on are among them: they have no end yet.
    ///
    /// # Errors
    /// If the database fails.
    pub fn unfinished_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS}, {FILES} FROM runs WHERE ended_at IS NULL ORDER BY id"
            ))?;
            Ok(readable(&mut statement, [], "run", run_row)?)
        })
    }

    /// How many runs ended before an instant and may be forgotten.
    ///
    /// # Errors
    /// If the database fails.
    pub fn count_old_runs(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.db().read(|tx| {
            let count = format!("SELECT count(*) FROM ({OLD})");
            Ok(tx.prepare_cached(&count)?.query_row([At(ended_before)], |row| row.get(0))?)
        })
    }

    /// Forgets the runs that ended before an instant, but for the last ones of each task. How many that were.
    ///
    /// # Errors
    /// If the database fails.
    pub fn forget_old_runs(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let forgotten = self.db().write(move |tx| {
                let forget = format!("DELETE FROM runs WHERE id IN ({OLD} LIMIT {FORGOTTEN})");
                Ok::<_, StoreError>(tx.prepare_cached(&forget)?.execute([At(ended_before)])? as u64)
            })?;
            all += forgotten;
            if forgotten < FORGOTTEN {
                return Ok(all);
            }
        }
    }

    /// The id that the next new run gets: never one that was used before.
    ///
    /// # Errors
    /// If the database fails.
    pub fn next_run_id(&self) -> Result<RunId, StoreError> {
        self.db().read(|tx| {
            let last = tx
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'runs'", [], |row| {
                    row.get::<_, u64>(0)
                })
                .optional()?;
            Ok(RunId(last.unwrap_or(0) + 1))
        })
    }
}

/// A record, and for a run that is new its progress and report, which are none yet.
pub(super) fn save(tx: &Connection, record: &RunRecord) -> Result<(), StoreError> {
    let RunRecord {
        id,
        task,
        origin,
        ask: Ask { force, section, paths, sources },
        state,
        reason,
        asked_at,
        started_at,
        worked,
        works_since,
        ended_at,
        day,
        ended_day,
        scheduled_at,
        bound_until,
        crashes,
    } = record;
    let at = |instant: &Option<Timestamp>| instant.map(At);
    tx.prepare_cached(&format!(
        "INSERT INTO runs ({COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
                 0, 0, 0, 0, '[]', ?17, ?18, ?19, ?20, 0) \
         ON CONFLICT (id) DO UPDATE SET \
             task = excluded.task, state = excluded.state, reason = excluded.reason, \
             origin = excluded.origin, forced = excluded.forced, section = excluded.section, \
             asked_at = excluded.asked_at, scheduled_at = excluded.scheduled_at, \
             started_at = excluded.started_at, ended_at = excluded.ended_at, \
             bound_until = excluded.bound_until, day = excluded.day, ended_day = excluded.ended_day, \
             crash_day = excluded.crash_day, crash_count = excluded.crash_count, \
             paths = excluded.paths, worked_ms = excluded.worked_ms, works_since = excluded.works_since, \
             sources = excluded.sources"
    ))?
    .execute([
        &id.0 as &dyn ToSql,
        &Word(task),
        &state.as_str(),
        &reason.as_ref().map(Json),
        &origin.as_str(),
        force,
        section,
        &At(*asked_at),
        &at(scheduled_at),
        &at(started_at),
        &at(ended_at),
        &at(bound_until),
        &day.map(Word),
        &ended_day.map(Word),
        &crashes.map(|crashes| Word(crashes.day)),
        &crashes.map(|crashes| crashes.count),
        &bytes_of_paths(paths),
        &i64::try_from(worked.as_millis()).unwrap_or(i64::MAX),
        &at(works_since),
        &(!sources.is_empty()).then_some(Json(sources)),
    ])?;
    Ok(())
}

/// Between two paths, for no path holds it.
const BETWEEN_PATHS: u8 = 0;

fn bytes_of_paths(paths: &[PathBuf]) -> Option<Vec<u8>> {
    let bytes: Vec<&[u8]> = paths.iter().map(|path| path_bytes(path)).collect();
    (!bytes.is_empty()).then(|| bytes.join(&BETWEEN_PATHS))
}

fn paths_from_bytes(bytes: Option<&[u8]>) -> Vec<PathBuf> {
    let paths = bytes.into_iter().flat_map(|bytes| bytes.split(|byte| *byte == BETWEEN_PATHS));
    paths.map(path_from_bytes).collect()
}

/// Adds what was done for a run; one that is gone by now is nobody's loss.
pub(crate) fn add_gain(tx: &Connection, gain: &RunGain) -> Result<(), StoreError> {
    let RunGain { run, done, failures, failed_files, bytes_read, lines } = gain;
    run_lines::add(tx, *run, lines)?;
    let more_files = failed_files::add(tx, *run, failed_files)?;
    tx.prepare_cached(
        "UPDATE runs SET done = done + ?2, failures = failures + ?3, failed_files = failed_files + ?4, \
         bytes_read = bytes_read + ?5 WHERE id = ?1",
    )?
    .execute(params![run.0, done, failures, more_files, bytes_read])?;
    Ok(())
}

fn known(run: RunId, changed: usize) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::Unknown { what: "run", id: run.0 as i64 }) } else { Ok(()) }
}

/// A page's bound as SQLite takes it.
pub(super) fn capped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
