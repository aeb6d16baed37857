//! Which files failed in a run, by a mark of each: several products of one file are one file that failed, in
//! one run and in all runs of one night. What failed and why is in `failures.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use butler_api::RunId;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{Word, path_bytes, readable};
use crate::{ItemId, Library, StoreError};

/// What tells a file that failed from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileMark(i64);

impl FileMark {
    /// That of a file or folder.
    pub fn of_path(path: &Path) -> Self {
        Self::of(path_bytes(path))
    }

    /// That of an item of which a product of its own failed.
    pub fn of_item(item: ItemId) -> Self {
        Self::of(format!("item {item}").as_bytes())
    }

    fn of(bytes: &[u8]) -> Self {
        let hash = blake3::hash(bytes);
        let (first, _) = hash.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
        Self(i64::from_le_bytes(*first))
    }
}

impl Library {
    /// The files that failed in a run.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failed_files(&self, run: RunId) -> Result<Vec<FileMark>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT file FROM failed_files WHERE run = ?1")?;
            let marks = statement.query_map([run.0], |row| Ok(FileMark(row.get(0)?)))?;
            Ok(marks.collect::<Result<_, _>>()?)
        })
    }

    /// How many files failed in these runs, by the runs' days; each counts once a day.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failed_files_by_day(&self, runs: &[RunId]) -> Result<BTreeMap<Date, u64>, StoreError> {
        let runs: Vec<String> = runs.iter().map(|run| run.0.to_string()).collect();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT r.day, count(DISTINCT f.file) FROM json_each(?1) j \
                 JOIN runs r ON r.id = j.value JOIN failed_files f ON f.run = r.id \
                 WHERE r.day IS NOT NULL GROUP BY r.day",
            )?;
            let day = |row: &Row<'_>| Ok((row.get::<_, Word<Date>>(0)?.0, row.get(1)?));
            let days = readable(&mut statement, [format!("[{}]", runs.join(","))], "night's files", day)?;
            Ok(days.into_iter().collect())
        })
    }
}

/// Adds files that failed in a run. How many of them had not yet; none where the run is gone.
pub(super) fn add(tx: &Connection, run: RunId, files: &[FileMark]) -> rusqlite::Result<u64> {
    let mut statement = tx.prepare_cached(
        "INSERT OR IGNORE INTO failed_files (run, file) SELECT id, ?2 FROM runs WHERE id = ?1",
    )?;
    files.iter().try_fold(0, |added, file| Ok(added + statement.execute(params![run.0, file.0])? as u64))
}
