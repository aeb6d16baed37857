//! Failures: which product could not be made of which source, or what a scan could not read, and when it is tried again.

use std::path::PathBuf;

use butler_api::RunId;
use butler_product::{FailureClass, ProductKind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::runs::capped;
use super::{At, Page, Word, path_from_bytes};
use crate::{FailureId, Library, PartId, RootId, SourceId, StoreError};

/// A product that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFailure {
    /// The product.
    pub kind: ProductKind,
    /// The version that failed to make it.
    pub version: u32,
    /// What is at fault.
    pub class: FailureClass,
    /// One English sentence.
    pub sentence: String,
    /// The run in which it failed.
    pub run: Option<RunId>,
    /// When it may be tried again; none: it rests until the file or the maker changes or a person asks.
    pub next_try_at: Option<Timestamp>,
}

/// What a scan could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanFailure {
    /// The root.
    pub root: RootId,
    /// The file or folder, below the root.
    pub path: PathBuf,
    /// One English sentence.
    pub sentence: String,
}

/// A failure that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRow {
    /// Its id.
    pub id: FailureId,
    /// The source; none for what a scan could not read.
    pub source: Option<SourceId>,
    /// The product; none for what a scan could not read.
    pub kind: Option<ProductKind>,
    /// The version that failed to make it.
    pub version: Option<u32>,
    /// The whole path of the file or folder; one of them where several files hold the content.
    pub path: PathBuf,
    /// The part of that file; none for what a scan could not read.
    pub part: Option<PartId>,
    /// What is at fault.
    pub class: FailureClass,
    /// One English sentence.
    pub sentence: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it may be tried again; none while it rests.
    pub next_try_at: Option<Timestamp>,
    /// When it failed last.
    pub failed_at: Timestamp,
    /// The run in which it failed last.
    pub run: Option<RunId>,
}

/// Failures with a path to show: of a source the oldest part that is there. One whose content is nowhere any more is not listed.
const STANDING: &str = "FROM failures f LEFT JOIN parts p ON p.id = (SELECT min(q.id) FROM parts q WHERE (q.source = f.source OR q.tagged = f.source) AND q.missing_since IS NULL) \
    JOIN roots r ON r.id = coalesce(f.root, p.root)";
const COLUMNS: &str = "f.id, f.source, f.kind, f.version, r.path AS root_path, coalesce(f.path, p.path) AS path, p.id AS part, f.class, f.sentence, \
    f.tries, f.next_try_at, f.failed_at, f.run";

impl Library {
    /// Records that a product could not be made: one try more, if it is the version and the
    /// class that failed before.
    ///
    /// # Errors
    /// If there is no such source, or the database fails.
    pub fn record_failure(&self, source: SourceId, failure: NewFailure, now: Timestamp) -> Result<FailureId, StoreError> {
        self.db().write(move |tx| record(tx, source, &failure, now))
    }

    /// How often in a row this version of a product was tried of a source and failed for a fault of this class: what a
    /// back-off goes by.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tries(&self, source: SourceId, kind: ProductKind, version: u32, class: FailureClass) -> Result<u32, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT tries FROM failures WHERE source = ?1 AND kind = ?2 AND version = ?3 AND class = ?4")?;
            Ok(statement.query_row(params![source, kind.as_str(), version, class.as_str()], |row| row.get(0)).optional()?.unwrap_or(0))
        })
    }

    /// A page of the failures that stand, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failures(&self, start: u64, size: u64) -> Result<Page<FailureRow>, StoreError> {
        self.db().read(|tx| {
            let total = tx.prepare_cached(&format!("SELECT count(*) {STANDING}"))?.query_row([], |row| row.get(0))?;
            let mut statement =
                tx.prepare_cached(&format!("SELECT {COLUMNS} {STANDING} ORDER BY f.failed_at DESC, f.id DESC LIMIT ?1 OFFSET ?2"))?;
            let rows = statement.query_map([capped(size), capped(start)], failure_row)?.collect::<Result<_, _>>()?;
            Ok(Page { rows, total })
        })
    }

    /// The failures that stand of a source, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failures_of(&self, source: SourceId) -> Result<Vec<FailureRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached(&format!("SELECT {COLUMNS} {STANDING} WHERE f.source = ?1 ORDER BY f.failed_at DESC, f.id DESC"))?;
            Ok(statement.query_map([source], failure_row)?.collect::<Result<_, _>>()?)
        })
    }

    /// A failure that stands.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failure(&self, id: FailureId) -> Result<Option<FailureRow>, StoreError> {
        self.db().read(|tx| {
            Ok(tx.prepare_cached(&format!("SELECT {COLUMNS} {STANDING} WHERE f.id = ?1"))?.query_row([id], failure_row).optional()?)
        })
    }

    /// Holds a failure's lack back no more: the next run that wants it tries again, as if for the first time.
    ///
    /// # Errors
    /// If there is no such failure, or the database fails.
    pub fn retry_failure(&self, id: FailureId, now: Timestamp) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            let changed = tx.execute("UPDATE failures SET tries = 0, next_try_at = ?2 WHERE id = ?1", params![id, At(now)])?;
            if changed == 0 { Err(StoreError::Unknown { what: "failure", id: id.0 }) } else { Ok(()) }
        })
    }
}

/// Records a failure of a source's product.
pub(crate) fn record(tx: &Connection, source: SourceId, failure: &NewFailure, now: Timestamp) -> Result<FailureId, StoreError> {
    let NewFailure { kind, version, class, sentence, run, next_try_at } = failure;
    let mut statement = tx.prepare_cached(
        "INSERT INTO failures (source, kind, version, class, sentence, tries, next_try_at, failed_at, run) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8) \
         ON CONFLICT (source, kind) WHERE source IS NOT NULL DO UPDATE SET \
         tries = CASE WHEN version = excluded.version AND class = excluded.class THEN tries + 1 ELSE 1 END, version = excluded.version, class = excluded.class, \
         sentence = excluded.sentence, next_try_at = excluded.next_try_at, failed_at = excluded.failed_at, run = excluded.run RETURNING id",
    )?;
    let (next, run) = (next_try_at.map(At), run.map(|run| run.0));
    Ok(statement.query_row(params![source, kind.as_str(), version, class.as_str(), sentence, next, At(now), run], |row| row.get(0))?)
}

/// Makes what a scan could not read the whole list of such failures below `roots`: what reads again is listed no more.
pub(crate) fn set_scan_failures(
    tx: &Connection,
    roots: &[RootId],
    failures: &[ScanFailure],
    run: Option<RunId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let path = |failure: &ScanFailure| super::path_bytes(&failure.path).to_vec();
    for root in roots {
        let known: Vec<(FailureId, Vec<u8>)> = tx
            .prepare_cached("SELECT id, path FROM failures WHERE root = ?1")?
            .query_map([root], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, _) in known.iter().filter(|(_, known)| !failures.iter().any(|failure| failure.root == *root && path(failure) == *known)) {
            tx.prepare_cached("DELETE FROM failures WHERE id = ?1")?.execute([id])?;
        }
    }
    for failure in failures {
        // Each scan tries again by itself: nothing is held back.
        tx.prepare_cached(
            "INSERT INTO failures (root, path, class, sentence, tries, next_try_at, failed_at, run) VALUES (?1, ?2, 'source', ?3, 1, ?4, ?4, ?5) \
             ON CONFLICT (root, path) WHERE root IS NOT NULL DO UPDATE SET tries = tries + 1, sentence = excluded.sentence, \
             next_try_at = excluded.next_try_at, failed_at = excluded.failed_at, run = excluded.run",
        )?
        .execute(params![failure.root, path(failure), failure.sentence, At(now), run.map(|run| run.0)])?;
    }
    Ok(())
}

fn failure_row(row: &Row<'_>) -> rusqlite::Result<FailureRow> {
    let class: String = row.get("class")?;
    Ok(FailureRow {
        id: row.get("id")?,
        source: row.get("source")?,
        kind: row.get::<_, Option<Word<ProductKind>>>("kind")?.map(|kind| kind.0),
        version: row.get("version")?,
        path: path_from_bytes(row.get_ref("root_path")?.as_blob()?).join(path_from_bytes(row.get_ref("path")?.as_blob()?)),
        part: row.get("part")?,
        class: FailureClass::from_word(&class).unwrap_or(FailureClass::Worker),
        sentence: row.get("sentence")?,
        tries: row.get("tries")?,
        next_try_at: row.get::<_, Option<At>>("next_try_at")?.map(|at| at.0),
        failed_at: row.get::<_, At>("failed_at")?.0,
        run: row.get::<_, Option<u64>>("run")?.map(RunId),
    })
}
