//! What becomes of a failure: recorded with one try more, tried again when a person asks, forgotten once a
//! scan could read it again.

use std::collections::HashSet;
use std::path::PathBuf;

use butler_api::RunId;
use butler_product::{Failure, FailureClass, ProductKind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::derived::InputsDigest;
use super::super::{At, path_bytes, readable};
use crate::{FailureId, ItemId, Library, RootId, SourceId, StoreError};

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
    /// Whether it is one try more; what a person starts by force uses none up.
    pub counts: bool,
}

/// What a product's last tries came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// How often in a row it was tried and failed, those that a person forced left out.
    pub count: u32,
    /// When it may be tried again, as the last of them left it; none while it rests, and before the first.
    pub next_at: Option<Timestamp>,
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

/// A product of an item that could not be derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItemFailure<'a> {
    /// The item.
    pub item: ItemId,
    /// The product.
    pub kind: ProductKind,
    /// The digest of the inputs that it failed with: it rests until that is another or a person asks.
    pub made_from: InputsDigest,
    /// What is at fault.
    pub failure: &'a Failure,
    /// The run in which it failed.
    pub run: RunId,
}

impl Library {
    /// Records that a product could not be made: one try more (if it counts), if it is the version and the
    /// class that failed before.
    ///
    /// # Errors
    /// If there is no such source, or the database fails.
    pub fn record_failure(
        &self,
        source: SourceId,
        failure: NewFailure,
        now: Timestamp,
    ) -> Result<FailureId, StoreError> {
        self.db().write(move |tx| record(tx, source, &failure, now))
    }

    /// How often in a row this version of a product was tried of a source and failed for a fault of this
    /// class, and what that led to: what a back-off goes by. None if it never did.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tries(
        &self,
        source: SourceId,
        kind: ProductKind,
        version: u32,
        class: FailureClass,
    ) -> Result<Option<Tries>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT tries, next_try_at FROM failures \
                 WHERE source = ?1 AND kind = ?2 AND version = ?3 AND class = ?4",
            )?;
            let tries = |row: &Row<'_>| {
                Ok(Tries { count: row.get(0)?, next_at: row.get::<_, Option<At>>(1)?.map(|at| at.0) })
            };
            Ok(statement
                .query_row(params![source, kind.as_str(), version, class.as_str()], tries)
                .optional()?)
        })
    }

    /// Holds a failure's lack back no more: the next run that wants it tries again, as if for the first time.
    ///
    /// # Errors
    /// If there is no such failure, or the database fails.
    pub fn retry_failure(&self, id: FailureId, now: Timestamp) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            let changed = tx.execute(
                "UPDATE failures SET tries = 0, next_try_at = ?2 WHERE id = ?1",
                params![id, At(now)],
            )?;
            if changed == 0 { Err(StoreError::Unknown { what: "failure", id: id.0 }) } else { Ok(()) }
        })
    }
}

/// Records a failure of a source's product.
pub(crate) fn record(
    tx: &Connection,
    source: SourceId,
    failure: &NewFailure,
    now: Timestamp,
) -> Result<FailureId, StoreError> {
    let NewFailure { kind, version, class, sentence, run, next_try_at, counts } = failure;
    let mut statement = tx.prepare_cached(
        "INSERT INTO failures (source, kind, version, class, sentence, tries, next_try_at, failed_at, run) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?9, ?6, ?7, ?8) \
         ON CONFLICT (source, kind) WHERE source IS NOT NULL DO UPDATE SET \
         tries = iif(version = excluded.version AND class = excluded.class, tries, 0) + excluded.tries, \
         version = excluded.version, class = excluded.class, \
         sentence = excluded.sentence, next_try_at = excluded.next_try_at, failed_at = excluded.failed_at, \
         run = excluded.run RETURNING id",
    )?;
    let (next, run) = (next_try_at.map(At), run.map(|run| run.0));
    Ok(statement.query_row(
        params![source, kind.as_str(), version, class.as_str(), sentence, next, At(now), run, counts],
        |row| row.get(0),
    )?)
}

/// Records that a product of an item could not be derived.
pub(in crate::store) fn record_of_item(
    tx: &Connection,
    failure: &NewItemFailure<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let NewItemFailure { item, kind, made_from, failure, run } = failure;
    tx.prepare_cached(
        "INSERT INTO failures (item, kind, version, made_from, class, sentence, tries, failed_at, run) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8) \
         ON CONFLICT (item, kind) WHERE item IS NOT NULL DO UPDATE SET \
         tries = tries + 1, version = excluded.version, made_from = excluded.made_from, \
         class = excluded.class, sentence = excluded.sentence, next_try_at = NULL, \
         failed_at = excluded.failed_at, run = excluded.run",
    )?
    .execute(params![
        item,
        kind.as_str(),
        kind.version(),
        made_from,
        failure.class.as_str(),
        failure.sentence,
        At(now),
        run.0
    ])?;
    Ok(())
}

/// Of a root, what a scan looked at and could read again is listed no more.
pub(crate) fn forget_scan_failures(
    tx: &Connection,
    root: RootId,
    was_looked_at: &dyn Fn(&[u8]) -> bool,
    failures: &[ScanFailure],
) -> Result<(), StoreError> {
    let of_root = failures.iter().filter(|failure| failure.root == root);
    let fail: HashSet<&[u8]> = of_root.map(|failure| path_bytes(&failure.path)).collect();
    let mut rows = tx.prepare_cached("SELECT id, path FROM failures WHERE root = ?1")?;
    let known = |row: &Row<'_>| Ok((row.get::<_, FailureId>(0)?, row.get::<_, Vec<u8>>(1)?));
    let known = readable(&mut rows, [root], "failure", known)?;
    for (id, _) in known.iter().filter(|(_, path)| was_looked_at(path) && !fail.contains(path.as_slice())) {
        tx.prepare_cached("DELETE FROM failures WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Lists what a scan could not read.
pub(crate) fn add_scan_failures(
    tx: &Connection,
    failures: &[ScanFailure],
    run: Option<RunId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let path = |failure: &ScanFailure| path_bytes(&failure.path).to_vec();
    for failure in failures {
        // Each scan tries again by itself: nothing is held back.
        tx.prepare_cached(
            "INSERT INTO failures (root, path, class, sentence, tries, next_try_at, failed_at, run) VALUES \
             (?1, ?2, 'source', ?3, 1, ?4, ?4, ?5) \
             ON CONFLICT (root, path) WHERE root IS NOT NULL DO UPDATE SET tries = tries + 1, sentence = \
             excluded.sentence, \
             next_try_at = excluded.next_try_at, failed_at = excluded.failed_at, run = excluded.run",
        )?
        .execute(params![
            failure.root,
            path(failure),
            failure.sentence,
            At(now),
            run.map(|run| run.0)
        ])?;
    }
    Ok(())
}
