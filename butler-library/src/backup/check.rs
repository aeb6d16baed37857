//! Whether a copy is a sound database of Butler's, and what it holds. Never writes beside it.

use std::fmt::Display;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rusqlite::Connection;

use crate::db::{LATEST_VERSION, open_still};

/// How often who waits for a check is asked whether to give up.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// What a sound copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupContent {
    /// The database's version (`PRAGMA user_version`).
    pub version: i64,
    /// Sections.
    pub sections: u64,
    /// Items.
    pub items: u64,
    /// Parts.
    pub parts: u64,
    /// Products.
    pub products: u64,
    /// Runs.
    pub runs: u64,
    /// Products whose blob is a file that the copy does not hold.
    pub blobs_wanted: u64,
}

/// Why a copy is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupFault {
    /// It is damaged: the first finding.
    #[error("it is damaged ({0})")]
    Damaged(String),
    /// A newer Butler made it.
    #[error("it has version {found} and this build knows versions up to {known}: a newer Butler made it")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// It can't be read.
    #[error("it can't be read ({0})")]
    Unreadable(String),
    /// Who wanted to know gave up.
    #[error("the check was stopped")]
    Stopped,
}

impl BackupFault {
    /// What SQLite found, on one line. It has a heading of its own, and names of tables may hold anything.
    fn damaged(finding: &dyn Display) -> Self {
        let finding = finding.to_string();
        let lines: Vec<String> = finding
            .lines()
            .filter(|line| !line.starts_with("***"))
            .map(|line| line.replace(char::is_control, "\u{fffd}"))
            .collect();
        Self::Damaged(lines.join(", "))
    }
}

/// Checks a copy from its first page to its last, and counts what it holds.
///
/// # Errors
/// If it is not sound, can't be read, or `stop` said so.
pub fn check_backup(
    path: &Path,
    stop: &mut (dyn FnMut() -> bool + Send),
) -> Result<BackupContent, BackupFault> {
    let unreadable = |error: &dyn Display| BackupFault::Unreadable(error.to_string());
    let file = crate::open_regular(path).map_err(|error| unreadable(&error))?;
    let bytes = file.metadata().map_err(|error| unreadable(&error))?.len();
    if bytes == 0 {
        // To SQLite an empty file is a sound database without tables.
        return Err(BackupFault::Damaged("the file is empty".into()));
    }
    let connection = open_still(path).map_err(|error| unreadable(&error))?;
    sound(&connection, stop)?;
    let damaged = |error: rusqlite::Error| BackupFault::damaged(&error);
    let found: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(damaged)?;
    match found {
        1..=LATEST_VERSION => content(&connection).map_err(damaged),
        _ if found > LATEST_VERSION => Err(BackupFault::Newer { found, known: LATEST_VERSION }),
        _ => Err(BackupFault::Damaged(format!("it has version {found}"))),
    }
}

/// Checks every page and every index (`PRAGMA integrity_check`), and what refers to what.
pub(super) fn sound(
    connection: &Connection,
    stop: &mut (dyn FnMut() -> bool + Send),
) -> Result<(), BackupFault> {
    let interrupt = connection.get_interrupt_handle();
    let (ended, is_ended) = channel::<()>();
    std::thread::scope(|scope| {
        let watch = scope.spawn(move || {
            while is_ended.recv_timeout(ASK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if stop() {
                    interrupt.interrupt();
                    return true;
                }
            }
            false
        });
        let found = first_finding(connection);
        drop(ended);
        let is_stopped = watch.join().unwrap_or(false);
        match found {
            Ok(None) => Ok(()),
            Ok(Some(finding)) => Err(BackupFault::damaged(&finding)),
            Err(_) if is_stopped => Err(BackupFault::Stopped),
            Err(error) => Err(BackupFault::damaged(&error)),
        }
    })
}

fn first_finding(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let finding: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if finding != "ok" {
        return Ok(Some(finding));
    }
    let mut dangling = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = dangling.query([])?;
    Ok(match rows.next()? {
        Some(row) => Some(format!("a row of `{}` refers to one that is not there", row.get::<_, String>(0)?)),
        None => None,
    })
}

/// Counts what a database holds.
pub(super) fn content(connection: &Connection) -> rusqlite::Result<BackupContent> {
    // Without this row it is none of Butler's.
    connection.query_row("SELECT id FROM server", [], |row| row.get::<_, String>(0))?;
    let count = |of: &str| {
        connection.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get::<_, u64>(0))
    };
    Ok(BackupContent {
        version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
        sections: count("sections")?,
        items: count("items")?,
        parts: count("parts")?,
        products: count("products")?,
        runs: count("runs")?,
        blobs_wanted: count("products WHERE blob IS NOT NULL")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_without_orders_to_a_terminal() {
        let check = |finding: &str, expect: &str| {
            assert_eq!(BackupFault::damaged(&finding), BackupFault::Damaged(expect.to_owned()));
        };
        check("*** in database main ***\nTree 4 page 140: error code 11", "Tree 4 page 140: error code 11");
        check("row 1 missing\nrow 2 missing", "row 1 missing, row 2 missing");
        check("malformed database schema (a\u{1b}[2Jb)", "malformed database schema (a\u{fffd}[2Jb)");
    }
}
