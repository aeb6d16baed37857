//! Whether a copy is a sound database of Butler's, and what it holds. Never writes beside it.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::db::LATEST_VERSION;

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

/// Checks a copy from its first page to its last, and counts what it holds.
///
/// # Errors
/// If it is not sound, can't be read, or `stop` said so.
pub fn check_backup(
    path: &Path,
    stop: &mut (dyn FnMut() -> bool + Send),
) -> Result<BackupContent, BackupFault> {
    let unreadable = |error: &dyn std::fmt::Display| BackupFault::Unreadable(error.to_string());
    let file = crate::open_regular(path).map_err(|error| unreadable(&error))?;
    let bytes = file.metadata().map_err(|error| unreadable(&error))?.len();
    if bytes == 0 {
        // To SQLite an empty file is a sound database without tables.
        return Err(BackupFault::Damaged("the file is empty".into()));
    }
    let connection = open_still(path).map_err(|error| unreadable(&error))?;
    sound(&connection, stop)?;
    let damaged = |error: rusqlite::Error| BackupFault::Damaged(error.to_string());
    let found: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(damaged)?;
    match found {
        1..=LATEST_VERSION => content(&connection).map_err(damaged),
        _ if found > LATEST_VERSION => Err(BackupFault::Newer { found, known: LATEST_VERSION }),
        _ => Err(BackupFault::Damaged(format!("it has version {found}"))),
    }
}

/// Opens a database that nobody writes, so that nothing is made beside it.
fn open_still(path: &Path) -> rusqlite::Result<Connection> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let escaped = percent_path(&path);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// A path as it stands in a URI (sqlite.org/uri.html): all bytes but the harmless ones escaped.
fn percent_path(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            escaped.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
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
            Ok(Some(finding)) => Err(BackupFault::Damaged(finding)),
            Err(_) if is_stopped => Err(BackupFault::Stopped),
            Err(error) => Err(BackupFault::Damaged(error.to_string())),
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
