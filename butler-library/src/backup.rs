//! Copies of the database: made while it is in use, checked, counted, restored.
//!
//! A copy has its final name only once it is whole, checked and on the disk. Blobs are not part of it. Start
//! with [`Library::back_up`]; `rotation.rs` says which copies go, `restore.rs` puts one back, and `settle.rs`
//! says what of it is not so any more then.

mod check;
mod copy;
mod folder;
mod journal;
mod restore;
mod rotation;
mod settle;

use std::io;

pub use check::{BackupContent, BackupFault, check_backup};
pub use folder::{BackupFile, NewestUsable, backups, newest_usable};
pub use restore::{RestoreError, Restored, restore_backup};
pub use rotation::{BackupRemoval, JudgedBackup, KEPT_BACKUPS, backups_to_remove, pinned_backups};

use crate::StoreError;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// No room, known before anything was written.
    #[error("`{folder}` has {} MB free and the copy needs {} MB: make room, or name another folder", free / 1_000_000, needed.div_ceil(1_000_000))]
    NoRoom {
        /// The folder of backups.
        folder: String,
        /// Bytes that the copy needs.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// A file or folder can't be read or written.
    #[error("`{path}` can't be read or written")]
    Io {
        /// Which.
        path: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database itself is damaged: the first finding.
    #[error("the database is damaged ({0})")]
    Damaged(String),
    /// The copy is not sound; it was removed.
    #[error("the new copy is not sound and was removed")]
    BadCopy(#[source] BackupFault),
    /// The copy holds another content than the database had; it was removed.
    #[error("the new copy does not hold what the database held, and was removed")]
    Differs,
    /// Who wanted it gave up.
    #[error("it was stopped")]
    Stopped,
}

impl BackupError {
    fn io(path: &std::path::Path, source: impl Into<io::Error>) -> Self {
        Self::Io { path: path.display().to_string(), source: source.into() }
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
