//! Sources that no file holds any more. What was made of them is kept for a time of grace, since a file that
//! comes back, wherever it lies then, has all of it at once; then they go, with their products and failures.
//!
//! Their blobs are files that no row speaks of from then on: `blob_garbage.rs`.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::store::At;
use crate::{Library, SourceId, StoreError};

/// So many are listed at a time; who removes them asks again for what is left.
const MOST: usize = 20_000;
/// So many rows are written in one transaction.
const GROUP: usize = 500;

const HELD: &str = "EXISTS (SELECT 1 FROM parts WHERE source = s.id) \
                    OR EXISTS (SELECT 1 FROM parts WHERE tagged = s.id) \
                    OR EXISTS (SELECT 1 FROM pictures WHERE source = s.id)";

/// A source that no part and no picture beside the media holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The source.
    pub source: SourceId,
    /// Since when that is known.
    pub since: Timestamp,
    /// Where a blob of it lies, if it has any; else the database, which holds all of it.
    pub path: PathBuf,
    /// Products of it.
    pub products: u64,
    /// Bytes of its blobs.
    pub bytes: u64,
}

/// The sources that neither a part nor a picture beside the media holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Those that have been so for longer than the time of grace.
    pub overdue: Vec<Orphan>,
    /// Those that are found to be so for the first time.
    pub new: Vec<SourceId>,
    /// Those that are noted and wait for the end of their time.
    pub waiting: u64,
    /// Whether there is more than was listed.
    pub is_more: bool,
}

impl Library {
    /// Finds the sources that neither a part nor a picture holds; overdue are those that were noted before
    /// `noted_before`.
    ///
    /// # Errors
    /// If the database fails.
    pub fn orphans(&self, noted_before: Timestamp) -> Result<Orphans, StoreError> {
        let database = self.data_dir().join("butler.db");
        let blobs = self.data_dir().join("blobs");
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT s.id, o.since FROM sources s LEFT JOIN orphans o ON o.source = s.id WHERE NOT \
                 ({HELD})"
            ))?;
            let mut of_products = tx.prepare_cached(
                "SELECT count(*), coalesce(sum(blob_bytes), 0), min(blob) FROM products WHERE source = ?1",
            )?;
            let (mut found, mut rows) = (Orphans::default(), statement.query([])?);
            while let Some(row) = rows.next()? {
                let source: SourceId = row.get(0)?;
                match row.get::<_, Option<At>>(1)? {
                    None if found.new.len() < MOST => found.new.push(source),
                    Some(At(since)) if since > noted_before => found.waiting += 1,
                    Some(At(since)) if found.overdue.len() < MOST => {
                        let orphan = of_products.query_row([source], |row| {
                            let blob: Option<String> = row.get(2)?;
                            let path = blob.map_or_else(|| database.clone(), |blob| blobs.join(blob));
                            Ok(Orphan { source, since, path, products: row.get(0)?, bytes: row.get(1)? })
                        })?;
                        found.overdue.push(orphan);
                    }
                    _ => found.is_more = true,
                }
            }
            Ok(found)
        })
    }

    /// Notes sources that no file holds, and forgets what was noted of those that one holds again.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_orphans(&self, new: &[SourceId], now: Timestamp) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            let again = format!(
                "DELETE FROM orphans WHERE source IN (SELECT s.id FROM orphans o JOIN sources s ON s.id = \
                 o.source WHERE {HELD})"
            );
            Ok::<_, StoreError>(tx.execute(&again, []).map(|_| ())?)
        })?;
        for new in new.chunks(GROUP).map(<[_]>::to_vec) {
            self.db().write(move |tx| new.iter().try_for_each(|source| note(tx, *source, now)))?;
        }
        Ok(())
    }

    /// Removes a source with all that was made of it, if no file holds it now and it was noted before
    /// `noted_before`. Whether it was removed.
    ///
    /// # Errors
    /// If the database fails.
    pub fn remove_orphan(&self, source: SourceId, noted_before: Timestamp) -> Result<bool, StoreError> {
        self.db().write(move |tx| {
            let removed = tx
                .prepare_cached(&format!(
                    "DELETE FROM sources AS s WHERE id = ?1 AND NOT ({HELD}) \
                     AND EXISTS (SELECT 1 FROM orphans WHERE source = s.id AND since <= ?2)"
                ))?
                .execute(params![source, At(noted_before)])?;
            Ok(removed > 0)
        })
    }
}

/// Notes that no file holds a source since an instant, if that is so.
pub(crate) fn note(tx: &Connection, source: SourceId, since: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(&format!(
        "INSERT INTO orphans (source, since) SELECT s.id, ?2 FROM sources s WHERE s.id = ?1 AND NOT ({HELD}) \
         ON CONFLICT DO NOTHING"
    ))?
    .execute(params![source, At(since)])?;
    Ok(())
}
