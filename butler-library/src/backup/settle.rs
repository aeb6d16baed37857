//! Makes a copy that is put back true again: what it holds of the moment at which it was made is not so any
//! more.
//!
//! Runs that worked or waited then are ended, and nothing begins by them: not again either for a night of
//! which this database does not know how it went. Whoever was signed in, or confirmed a plan, has to do so
//! again, and times of grace begin anew. What a person wants to hold stays: settings and pauses. So does what was
//! written into music files since. Start with [`settle`].

use std::path::Path;

use butler_api::{Reason, RunState};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::journal::add_journal;
use crate::StoreError;
use crate::db::{self, DbOpenError};
use crate::store::{At, Json};

/// What was put back and holds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settled {
    /// Runs that worked or waited when the copy was made.
    pub(super) ended_runs: u64,
    /// Whether a pause holds.
    pub(super) is_paused: bool,
}

/// Brings a copy to this build's version and to this moment. Only the file itself is left: a log that can't be
/// brought into it, as on a disk that fills up, is an error, which closing alone would keep to itself. What was
/// written into music files since is known by the database that it replaces.
pub(super) fn settle(path: &Path, replaces: &Path, now: Timestamp) -> Result<Settled, DbOpenError> {
    let mut connection = db::bring_to_this_version(path)?;
    add_journal(&mut connection, replaces)?;
    let settled = bring_to_this_moment(&mut connection, now)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if mode != "delete" {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, Some("its log can't be brought in".into())).into());
    }
    connection.close().map_err(|(_, error)| error)?;
    Ok(settled)
}

fn bring_to_this_moment(connection: &mut Connection, now: Timestamp) -> Result<Settled, StoreError> {
    let tx = connection.transaction()?;
    let ended_runs = tx.execute(
        "UPDATE runs SET state = ?1, reason = ?2, ended_at = ?3, ended_day = day, works_since = NULL \
         WHERE ended_at IS NULL",
        params![RunState::Interrupted.as_str(), Json(Reason::Restored), At(now)],
    )? as u64;
    tx.execute_batch(
        "DELETE FROM attendance; \
         DELETE FROM web_sessions; \
         DELETE FROM waiting_plans; \
         DELETE FROM strays; \
         DELETE FROM orphans;",
    )?;
    let is_paused = tx.query_row("SELECT EXISTS (SELECT 1 FROM pauses)", [], |row| row.get(0))?;
    tx.commit()?;
    Ok(Settled { ended_runs, is_paused })
}
