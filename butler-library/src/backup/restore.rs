//! Puts a copy in the database's place, and keeps what was there.
//!
//! The order is the safety: the copy is checked, brought to this moment (`settle.rs`) and whole on the disk
//! under a hidden name; the database that is there has a second name, with its log folded into it; only then
//! the copy takes the first name, in one rename.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use rusqlite::Connection;

use super::settle::{Settled, settle};
use super::{BackupContent, BackupFault, check_backup};
use crate::data_dir::DataDir;
use crate::{DataDirError, DbOpenError};

/// Why a copy was not restored; the database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The data folder can't be used, or a server holds it.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The copy is of no use.
    #[error("`{path}` can't be restored: {fault}")]
    Copy {
        /// The copy.
        path: String,
        /// What is wrong with it.
        fault: BackupFault,
    },
    /// What it holds of the moment at which it was made can't be ended.
    #[error(
        "`{path}` can't be brought to this build's version and to this moment; the database is as it was"
    )]
    Settle {
        /// The copy.
        path: String,
        /// Why not.
        #[source]
        source: DbOpenError,
    },
    /// A file can't be read or written.
    #[error("`{path}` can't be read or written; the database is as it was")]
    Io {
        /// Which.
        path: String,
        /// The system's word.
        #[source]
        source: io::Error,
    },
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the copy holds.
    pub content: BackupContent,
    /// Runs that worked or waited when it was made, and have ended by this.
    pub ended_runs: u64,
    /// Whether it holds a pause, which goes on.
    pub is_paused: bool,
    /// Where the database lies that was replaced; none if there was none.
    pub replaced: Option<PathBuf>,
}

/// Restores a copy into a data folder that no server holds. The database that it replaces is kept beside it,
/// named by the local time.
///
/// # Errors
/// If a server holds the folder, the copy is not sound, or a file can't be written; the database is then as
/// it was.
pub fn restore_backup(
    data_dir: &Path,
    copy: &Path,
    now: Timestamp,
    local: DateTime,
) -> Result<Restored, RestoreError> {
    let held = DataDir::open(data_dir)?;
    let content = check_backup(copy, &mut || false)
        .map_err(|fault| RestoreError::Copy { path: copy.display().to_string(), fault })?;
    let draft = held.path().join("staging").join("restored.db");
    // A log that a killed restore left would be taken for this draft's.
    discard(&draft);
    let put = put_in_place(held.path(), copy, &draft, now, &local);
    // A disk that is full shall not stay so for a copy that nobody needs.
    let (replaced, Settled { ended_runs, is_paused }) = put.inspect_err(|_| discard(&draft))?;
    Ok(Restored { content, ended_runs, is_paused, replaced })
}

/// Removes a draft with its log, as far as there is any.
fn discard(draft: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _gone = fs::remove_file(beside(draft, suffix));
    }
}

/// Takes the steps in their order; gives the second name of the database that was there.
fn put_in_place(
    data_dir: &Path,
    copy: &Path,
    draft: &Path,
    now: Timestamp,
    local: &DateTime,
) -> Result<(Option<PathBuf>, Settled), RestoreError> {
    let database = data_dir.join("butler.db");
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |source| RestoreError::Io { path, source }
    };
    copy_whole(copy, draft).map_err(fail(draft))?;
    let settled = settle(draft, &database, now)
        .map_err(|source| RestoreError::Settle { path: copy.display().to_string(), source })?;
    // What is put in place is looked at as it is, not as the copy was.
    check_backup(draft, &mut || false)
        .map_err(|fault| RestoreError::Copy { path: draft.display().to_string(), fault })?;
    File::open(draft).and_then(|draft| draft.sync_all()).map_err(fail(draft))?;
    let replaced = if database.exists() {
        fold_log(&database);
        Some(keep(&database, local).map_err(fail(&database))?)
    } else {
        None
    };
    fs::rename(draft, &database).map_err(fail(&database))?;
    File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(fail(data_dir))?;
    Ok((replaced, settled))
}

/// A copy of a file that is on the disk when this returns.
fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut source = crate::open_regular(from)?;
    let mut target = File::options().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// Folds the log of a killed process into the database, as far as it is sound enough for that. Closing the
/// last connection removes it.
fn fold_log(database: &Path) {
    if let Ok(connection) = Connection::open(database) {
        // A database that is too damaged for it is kept with its log beside it.
        let _folded = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

/// Gives the database that is there a second name, and takes a log that is left out of the way of the one to
/// come.
fn keep(database: &Path, local: &DateTime) -> io::Result<PathBuf> {
    let name = format!("-replaced-{}", local.strftime("%Y-%m-%dT%H%M%S"));
    let (mut kept, mut nth) = (beside(database, &name), 1);
    // Further ones of one second are told apart by a number.
    while let Err(error) = fs::hard_link(database, &kept) {
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(error);
        }
        nth += 1;
        kept = beside(database, &format!("{name}.{nth}"));
    }
    for log in ["-wal", "-shm"] {
        match fs::rename(beside(database, log), beside(&kept, log)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(kept)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_that_are_replaced_within_one_second_are_all_kept() {
        let folder = butler_fixtures::tempdir().unwrap();
        let database = folder.path().join("butler.db");
        let now = jiff::civil::date(2026, 11, 28).at(5, 22, 0, 0);
        let kept = ["one", "two", "three"].map(|content| {
            fs::write(&database, content).unwrap();
            let kept = keep(&database, &now).unwrap();
            fs::remove_file(&database).unwrap();
            kept
        });
        assert_eq!(kept.map(|kept| fs::read_to_string(kept).unwrap()), ["one", "two", "three"]);
    }
}
