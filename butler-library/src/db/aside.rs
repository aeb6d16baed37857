//! Databases that this process does not hold: copies, and that of a data folder which a server may be
//! writing. Reads only, and leaves nothing beside them.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::BUSY_TIMEOUT;

/// Opens a database that somebody else may be writing.
pub(crate) fn open_aside(path: &Path) -> rusqlite::Result<Connection> {
    let log = path.with_extension("db-wal");
    if !log.exists() {
        // Nobody writes it, and SQLite would make a log where there is none.
        return open_still(path);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Opens a database that nobody writes, so that nothing is made beside it.
pub(crate) fn open_still(path: &Path) -> rusqlite::Result<Connection> {
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
