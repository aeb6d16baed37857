//! Figures of the whole library for who watches it: sizes, what failed, how the last runs ended, which
//! sections' folders were away. Cheap enough to be asked every few seconds, however large the library is.

use std::collections::BTreeMap;

use butler_api::{Reason, RunState, TaskName};
use butler_product::ProductKind;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::sections::roots_of;
use super::{At, Json, Word, readable};
use crate::{Library, SectionId, StoreError};

/// Figures of a library at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Bytes of the database's pages.
    pub database_bytes: u64,
    /// Bytes of the blobs of each product that has any.
    pub blob_bytes: BTreeMap<ProductKind, u64>,
    /// Failures of each product that stand: those that are tried again, and those that rest.
    pub failures: BTreeMap<ProductKind, (u64, u64)>,
    /// The newest run of each task that ended in each state.
    pub last_runs: Vec<LastRun>,
    /// The newest completed run of each task that counts: not limited to a section and not an `asap` one.
    pub last_successes: Vec<LastRun>,
    /// How many runs of each task work or are paused.
    pub working: BTreeMap<String, u64>,
    /// Of each section whether a folder of it was away when a run last looked.
    pub offline: BTreeMap<SectionId, bool>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    /// Its task.
    pub task: TaskName,
    /// The state in which it ended.
    pub state: RunState,
    /// When.
    pub ended_at: Timestamp,
    /// Seconds from its beginning to its end; none if it never began.
    pub seconds: Option<f64>,
}

impl Library {
    /// Figures of the whole library.
    ///
    /// # Errors
    /// If the database fails.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        self.db().read(|tx| {
            Ok(Figures {
                database_bytes: tx
                    .prepare_cached("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?
                    .query_row([], |row| row.get(0))?,
                blob_bytes: firsts(counts(
                    tx,
                    "SELECT kind, sum(blob_bytes), 0 FROM products INDEXED BY products_blob_bytes WHERE blob IS NOT NULL GROUP BY kind",
                )?),
                failures: counts(
                    tx,
                    "SELECT kind, coalesce(sum(failures) FILTER (WHERE held_until < 9223372036854775807), 0), \
                         coalesce(sum(failures) FILTER (WHERE held_until = 9223372036854775807), 0) \
                     FROM failure_counts WHERE kind <> '' GROUP BY kind",
                )?,
                last_runs: last_runs(tx, "TRUE")?,
                last_successes: last_runs(tx, "state = 'completed' AND section IS NULL AND origin <> 'asap'")?,
                working: tx
                    .prepare_cached(
                        "SELECT task, count(*) FROM runs WHERE ended_at IS NULL AND state IN ('running', 'paused', 'stopping') GROUP BY task",
                    )?
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<_, _>>()?,
                offline: offline(tx)?,
            })
        })
    }
}

/// Of each section whether its last whole scan found a folder of it away, or a run that came after it did.
fn offline(tx: &Connection) -> Result<BTreeMap<SectionId, bool>, StoreError> {
    let mut away = tx.prepare_cached(
        "SELECT reason FROM runs WHERE state = 'completed' AND reason ->> 'code' = ?3 AND id >= (
            SELECT coalesce(max(id), 0) FROM runs
            WHERE task = ?2 AND state = 'completed' AND (section IS NULL OR section = ?1)
                AND paths IS NULL AND sources IS NULL)",
    )?;
    let code = Reason::RootsAway { roots: Vec::new(), failures: 0, files: 0 }.code();
    let mut offline = BTreeMap::new();
    for section in tx.prepare_cached("SELECT id FROM sections")?.query_map([], |row| row.get(0))? {
        let section: SectionId = section?;
        let roots: Vec<String> =
            roots_of(tx, section)?.into_iter().map(|root| root.path.display().to_string()).collect();
        let mut is_away = false;
        for reason in away.query_map(params![section, TaskName::RefreshLibraries.as_str(), code], |row| {
            row.get::<_, Json<Reason>>(0)
        })? {
            if let Json(Reason::RootsAway { roots: gone, .. }) = reason? {
                is_away |= gone.iter().any(|gone| roots.contains(gone));
            }
        }
        offline.insert(section, is_away);
    }
    Ok(offline)
}

/// Two numbers a kind; a kind that this build does not know is left out.
fn counts(tx: &Connection, query: &str) -> Result<BTreeMap<ProductKind, (u64, u64)>, StoreError> {
    let mut statement = tx.prepare_cached(query)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?))))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter_map(|(kind, numbers)| Some((kind.parse().ok()?, numbers))).collect())
}

fn firsts(counts: BTreeMap<ProductKind, (u64, u64)>) -> BTreeMap<ProductKind, u64> {
    counts.into_iter().map(|(kind, (first, _))| (kind, first)).collect()
}

fn last_runs(tx: &Connection, which: &str) -> Result<Vec<LastRun>, StoreError> {
    // SQLite takes the other columns from the row that has the maximum.
    let mut statement = tx.prepare_cached(&format!(
        "SELECT task, state, max(ended_at), started_at FROM runs WHERE ended_at IS NOT NULL AND {which} GROUP BY task, state"
    ))?;
    let run = |row: &Row<'_>| {
        let ended_at = row.get::<_, At>(2)?.0;
        let seconds = row
            .get::<_, Option<At>>(3)?
            .map(|At(started_at)| ended_at.duration_since(started_at).as_secs_f64());
        Ok(LastRun {
            task: row.get::<_, Word<TaskName>>(0)?.0,
            state: row.get::<_, Word<RunState>>(1)?.0,
            ended_at,
            seconds,
        })
    };
    Ok(readable(&mut statement, [], "last run", run)?)
}
