//! What can go wrong between a store function and the database, sorted by what a person must do about it.

use rusqlite::ErrorCode;

/// Why the database did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room.
    #[error("the disk that holds the data folder is full")]
    Full(#[source] rusqlite::Error),
    /// The folder or its disk can't be written.
    #[error("the database can't be written: the data folder or its disk is read-only")]
    ReadOnly(#[source] rusqlite::Error),
    /// Another program holds it.
    #[error("another program holds the database locked")]
    Locked(#[source] rusqlite::Error),
    /// The file is no sound database.
    #[error("the database is damaged: restore a backup")]
    Damaged(#[source] rusqlite::Error),
    /// The system failed to read or write the file.
    #[error("the database's file could not be read or written")]
    Io(#[source] rusqlite::Error),
    /// Anything else of SQLite's.
    #[error("the database refused a statement")]
    Sqlite(#[source] rusqlite::Error),
    /// There is no such row.
    #[error("there is no {what} {id}")]
    Unknown {
        /// What was asked for: `section`.
        what: &'static str,
        /// Its id.
        id: i64,
    },
    /// A row holds what this build doesn't know.
    #[error("a row of the database holds what this build can't read")]
    Unreadable(#[source] rusqlite::Error),
    /// What wrote was interrupted by a defect of Butler's own.
    #[error("a write ended in a panic and was undone")]
    Panicked,
    /// The library is being closed.
    #[error("the library is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
        if matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..))
        {
            return Self::Unreadable(error);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error),
            // The index of the log can't grow: SQLite has no word of its own for the reason, and it is mostly
            // this one.
            Some(ErrorCode::SystemIoFailure) if extended(&error) == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => {
                Self::Full(error)
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly(error)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            Some(ErrorCode::SystemIoFailure) => Self::Io(error),
            _ => Self::Sqlite(error),
        }
    }
}

fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

impl StoreError {
    /// The same failure of a commit once more, for each write that was in it.
    pub(super) fn again(error: &rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, message) => {
                rusqlite::Error::SqliteFailure(*code, message.clone()).into()
            }
            other => {
                let unknown = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR);
                Self::Sqlite(rusqlite::Error::SqliteFailure(unknown, Some(other.to_string())))
            }
        }
    }
}
