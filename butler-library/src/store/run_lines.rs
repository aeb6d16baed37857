//! The log of each run: what happened in it, a line each, for people who look at the run later. Lines are
//! written with what else of a run is stored and go with it; of each run the last ones stay.

use butler_api::{RunId, RunRecord};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{At, readable, runs};
use crate::{Library, StoreError};

/// The last lines of a run are kept, so many.
pub const MOST_RUN_LINES: usize = 100;
/// Bytes of a line; of a longer one the middle is left out, since it begins with a path and ends with the
/// reason.
const MOST_BYTES: usize = 400;
/// What stands for what was left out.
const LEFT_OUT: &str = " … ";

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    at: Timestamp,
    words: String,
    is_bad: bool,
}

impl RunLine {
    /// A line as it is kept: its instant to the millisecond, its words as far as there is room.
    pub fn new(at: Timestamp, words: &str, is_bad: bool) -> Self {
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Self { at, words: shortened(words), is_bad }
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What happened.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Whether something went wrong.
    pub fn is_bad(&self) -> bool {
        self.is_bad
    }
}

fn shortened(words: &str) -> String {
    if words.len() <= MOST_BYTES {
        return words.to_owned();
    }
    let half = (MOST_BYTES - LEFT_OUT.len()) / 2;
    let (begin, end) = (words.floor_char_boundary(half), words.ceil_char_boundary(words.len() - half));
    format!("{}{LEFT_OUT}{}", &words[..begin], &words[end..])
}

impl Library {
    /// Keeps a run's record as [`Library::save_run`] does, and adds lines to its log, in one transaction.
    ///
    /// # Errors
    /// If the database fails; then neither is kept.
    pub fn save_run_and_lines(&self, record: &RunRecord, lines: Vec<RunLine>) -> Result<(), StoreError> {
        let record = record.clone();
        self.db().write(move |tx| {
            runs::save(tx, &record)?;
            add(tx, record.id, &lines)
        })
    }

    /// Adds lines to the logs of runs, in one transaction; those of a run that is gone are left out.
    ///
    /// # Errors
    /// If the database fails; then none is kept.
    pub fn add_run_lines(&self, logs: Vec<(RunId, Vec<RunLine>)>) -> Result<(), StoreError> {
        self.db().write(move |tx| logs.iter().try_for_each(|(run, lines)| add(tx, *run, lines)))
    }

    /// The lines of a run, in the order in which they were stored.
    ///
    /// # Errors
    /// If the database fails.
    pub fn run_lines(&self, run: RunId) -> Result<Vec<RunLine>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT at, words, is_bad FROM run_lines WHERE run = ?1 ORDER BY nth")?;
            let line = |row: &Row<'_>| {
                Ok(RunLine {
                    at: row.get::<_, At>("at")?.0,
                    words: row.get("words")?,
                    is_bad: row.get("is_bad")?,
                })
            };
            Ok(readable(&mut statement, [run.0], "line of a run", line)?)
        })
    }
}

/// Adds lines to a run's log, of which the last ones stay.
pub(super) fn add(tx: &Connection, run: RunId, lines: &[RunLine]) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO run_lines (run, nth, at, words, is_bad) \
         SELECT id, 1 + coalesce((SELECT max(nth) FROM run_lines WHERE run = ?1), 0), ?2, ?3, ?4 \
         FROM runs WHERE id = ?1",
    )?;
    for RunLine { at, words, is_bad } in &lines[lines.len().saturating_sub(MOST_RUN_LINES)..] {
        insert.execute(params![run.0, At(*at), words, is_bad])?;
    }
    tx.prepare_cached(
        "DELETE FROM run_lines WHERE run = ?1 AND nth <= \
         (SELECT max(nth) FROM run_lines WHERE run = ?1) - ?2",
    )?
    .execute(params![run.0, MOST_RUN_LINES as i64])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_beginning_and_its_end() {
        let line = |words: &str| RunLine::new(Timestamp::UNIX_EPOCH, words, false).words().to_owned();
        let short = "ä".repeat(MOST_BYTES / 2);
        assert_eq!(line(&short), short);
        let long = format!("/films/{}: It can't be read.", "ä".repeat(MOST_BYTES));
        let cut = line(&long);
        assert!(cut.len() <= MOST_BYTES, "{}", cut.len());
        assert!(cut.starts_with("/films/ä") && cut.ends_with("ä: It can't be read."), "{cut}");
        assert_eq!(cut.matches('…').count(), 1);
    }
}
