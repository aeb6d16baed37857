//! Gives pages back that the database needs no more, and counts anew what its planner goes by: in small steps
//! through the writer's queue, so that whoever writes meanwhile waits for one step and no longer.
//!
//! The database is checked by others first (`backup/copy.rs`), and never here: who calls this knows that it
//! is sound. Start with [`Library::compact`].

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::{Library, StoreError};

/// So long a step shall keep writers waiting, its commit included; the next one has as many more or fewer
/// pages.
const STEP: Duration = Duration::from_millis(25);
/// So long it moves pages before it commits, however many they are: finding room for one can take long in a
/// database with much of it.
const MOVING: Duration = Duration::from_millis(15);
/// Pages of the first step, and bounds of all others.
const FIRST_PAGES: u32 = 32;
const LEAST_PAGES: u32 = 4;
const MOST_PAGES: u32 = 512;
/// After so many pages of steps what they wrote to the log is brought into the file, before the next step.
const PAGES_TO_CHECKPOINT: u64 = 1_000;
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
    /// So long the longest of them kept writers waiting, its commit included.
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

    /// Gives free pages back and counts the indexes anew, step by step. `tell` hears how many of how many
    /// steps are done, and ends it by `true`.
    ///
    /// # Errors
    /// If the database fails; each step before that stays done.
    pub fn compact(&self, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<Compacted, StoreError> {
        let before = self.database_room()?;
        let counted = self.db().read(counted)?;
        let free = if before.can_shrink { before.free_pages } else { 0 };
        let total = free + counted.len() as u64;
        let (mut done, mut pages, mut compacted) = (0, FIRST_PAGES, Compacted::default());
        let mut in_log = 0;
        while done < free {
            if tell(done, total) {
                compacted.is_cut = true;
                break;
            }
            let (moved, held) = self.step(&mut compacted, move |tx| give_back(tx, pages))?;
            if moved == 0 {
                // Others took what was free.
                break;
            }
            done += u64::from(moved);
            in_log += u64::from(moved);
            if in_log >= PAGES_TO_CHECKPOINT {
                self.db().checkpoint();
                in_log = 0;
            }
            pages = next_pages(moved, pages, held);
        }
        for (index, name) in counted.into_iter().enumerate() {
            compacted.is_cut = compacted.is_cut || tell(free + index as u64, total);
            if compacted.is_cut {
                break;
            }
            self.step(&mut compacted, move |tx| analyze(tx, &name))?;
        }
        self.db().renew_readers();
        let after = self.database_room()?;
        compacted.bytes_won = before.pages.saturating_sub(after.pages) * before.page_bytes;
        self.db().checkpoint();
        if !compacted.is_cut {
            tell(total, total);
        }
        Ok(compacted)
    }

    /// Has the writer do a step, and says for how long that kept other writes waiting: from its beginning,
    /// behind whatever waited before it, to the end of its commit.
    fn step<T: Send + 'static>(
        &self,
        compacted: &mut Compacted,
        step: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<(T, Duration), StoreError> {
        let (answer, begun) = self.db().write(move |tx| {
            let begun = Instant::now();
            Ok::<_, StoreError>((step(tx)?, begun))
        })?;
        let held = begun.elapsed();
        compacted.steps += 1;
        compacted.longest = compacted.longest.max(held);
        Ok((answer, held))
    }
}

/// How many pages the next step has, so that it takes as long as a step shall: after one that had so many, of
/// a limit, in that time.
fn next_pages(moved: u32, limit: u32, held: Duration) -> u32 {
    let next = if held > STEP {
        let share = STEP.as_secs_f64() / held.as_secs_f64();
        (f64::from(moved) * share) as u32
    } else if moved < limit {
        // Its time was up, and all was well with that.
        limit
    } else {
        limit.saturating_mul(2)
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

/// What is counted: every index by itself, lest a step grows with their number. Of a table without row ids
/// that would leave what was counted of its key before; it is counted as a whole, as is one without an index.
fn counted(tx: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT coalesce(i.name, t.name) FROM pragma_table_list t \
         LEFT JOIN pragma_index_list(t.name) i ON NOT t.wr \
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, i.name",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Gives pages back until there are so many or the time is up: how many those were. The pragma gives one back
/// at each row that it answers with.
fn give_back(tx: &Connection, pages: u32) -> Result<u32, StoreError> {
    let begun = Instant::now();
    let mut statement = tx.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    let mut moved = 0;
    while rows.next()?.is_some() {
        moved += 1;
        if begun.elapsed() > MOVING {
            break;
        }
    }
    Ok(moved)
}

fn analyze(tx: &Connection, name: &str) -> Result<(), StoreError> {
    tx.query_row(&format!("PRAGMA analysis_limit = {ANALYSIS_LIMIT}"), [], |_| Ok(()))?;
    Ok(tx.execute_batch(&format!("ANALYZE \"{}\"", name.replace('"', "\"\"")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_while_they_are_quick_and_shrink_at_once_when_they_are_not() {
        let ms = Duration::from_millis;
        for (moved, limit, held, next) in [
            (32, 32, ms(1), 64),
            (512, 512, ms(1), 512),
            (100, 256, ms(20), 256),
            (512, 512, ms(50), 256),
            (200, 512, ms(100), 50),
            (4, 4, ms(900), 4),
        ] {
            assert_eq!(next_pages(moved, limit, held), next, "{moved} pages of {limit} in {held:?}");
        }
    }
}
