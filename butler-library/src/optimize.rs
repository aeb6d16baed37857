//! Gives pages back that the database needs no more, and counts anew what its planner goes by: in small steps
//! through the writer's queue, so that whoever writes meanwhile waits for one step and no longer.
//!
//! The database is checked by others first (`backup/copy.rs`), and never here: who calls this knows that it
//! is sound. Start with [`Library::compact`].

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::{Library, StoreError};

/// So long a step shall take; the next one has as many more or fewer pages.
const STEP: Duration = Duration::from_millis(25);
/// Pages of the first step, and bounds of all others.
const FIRST_PAGES: u32 = 32;
const LEAST_PAGES: u32 = 4;
const MOST_PAGES: u32 = 2_048;
/// So many rows of an index are looked at when it is counted (`PRAGMA analysis_limit`).
const ANALYSIS_LIMIT: u32 = 400;
/// `PRAGMA auto_vacuum` of a database whose pages can be given back.
const INCREMENTAL: u32 = 2;

/// How much room a database takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseRoom {
    /// Bytes of a page.
    pub page_bytes: u64,
    /// Pages in all.
    pub pages: u64,
    /// Pages that hold nothing.
    pub free_pages: u64,
    /// Whether free pages can be given back.
    pub can_shrink: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes that the database needs no more.
    pub bytes_won: u64,
    /// Steps in which that was done.
    pub steps: u64,
    /// The longest of them, its wait in the writer's queue included.
    pub longest: Duration,
    /// Whether it was ended early.
    pub is_cut: bool,
}

impl Library {
    /// How much room the database takes.
    ///
    /// # Errors
    /// If the database fails.
    pub fn database_room(&self) -> Result<DatabaseRoom, StoreError> {
        self.db().read(room)
    }

    /// Gives free pages back and counts the tables anew, step by step. `tell` hears how many of how many
    /// steps are done, and ends it by `true`.
    ///
    /// # Errors
    /// If the database fails; each step before that stays done.
    pub fn compact(&self, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<Compacted, StoreError> {
        let before = self.database_room()?;
        let tables = self.db().read(tables)?;
        let free = if before.can_shrink { before.free_pages } else { 0 };
        let total = free + tables.len() as u64;
        let (mut done, mut pages, mut compacted) = (0, FIRST_PAGES, Compacted::default());
        while done < free {
            if tell(done, total) {
                compacted.is_cut = true;
                break;
            }
            let took = timed(&mut compacted, || self.db().write(move |tx| give_back(tx, pages)))?;
            done += u64::from(pages);
            pages = next_pages(pages, took);
        }
        for (index, table) in tables.into_iter().enumerate() {
            compacted.is_cut |= tell(free + index as u64, total);
            if compacted.is_cut {
                break;
            }
            timed(&mut compacted, || self.db().write(move |tx| analyze(tx, &table)))?;
        }
        let after = self.database_room()?;
        compacted.bytes_won = before.pages.saturating_sub(after.pages) * before.page_bytes;
        self.fold_log()?;
        tell(total, total);
        Ok(compacted)
    }

    /// Brings what the log holds into the database's file, as far as no reader needs it, on a connection of
    /// its own: writers go on meanwhile.
    fn fold_log(&self) -> Result<(), StoreError> {
        let connection = Connection::open(self.data_dir().join("butler.db"))?;
        Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }
}

fn timed(
    compacted: &mut Compacted,
    step: impl FnOnce() -> Result<(), StoreError>,
) -> Result<Duration, StoreError> {
    let begun = Instant::now();
    step()?;
    let took = begun.elapsed();
    compacted.steps += 1;
    compacted.longest = compacted.longest.max(took);
    Ok(took)
}

/// How many pages the next step has, so that it takes as long as a step shall.
fn next_pages(pages: u32, took: Duration) -> u32 {
    let next = if took > STEP * 2 {
        pages / 4
    } else if took > STEP {
        pages / 2
    } else {
        pages.saturating_mul(2)
    };
    next.clamp(LEAST_PAGES, MOST_PAGES)
}

fn room(tx: &Connection) -> Result<DatabaseRoom, StoreError> {
    let pragma = |name: &str| tx.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(DatabaseRoom {
        page_bytes: pragma("page_size")?,
        pages: pragma("page_count")?,
        free_pages: pragma("freelist_count")?,
        can_shrink: pragma("auto_vacuum")? == u64::from(INCREMENTAL),
    })
}

fn tables(tx: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// A page is given back at each row that the pragma answers with: so all of them are asked for.
fn give_back(tx: &Connection, pages: u32) -> Result<(), StoreError> {
    let mut statement = tx.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn analyze(tx: &Connection, table: &str) -> Result<(), StoreError> {
    tx.query_row(&format!("PRAGMA analysis_limit = {ANALYSIS_LIMIT}"), [], |_| Ok(()))?;
    Ok(tx.execute_batch(&format!("ANALYZE \"{}\"", table.replace('"', "\"\"")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_while_they_are_quick_and_shrink_at_once_when_they_are_not() {
        let ms = Duration::from_millis;
        for (pages, took, next) in
            [(32, ms(1), 64), (2_048, ms(1), 2_048), (512, ms(30), 256), (512, ms(60), 128), (4, ms(900), 4)]
        {
            assert_eq!(next_pages(pages, took), next, "{pages} pages in {took:?}");
        }
    }
}
