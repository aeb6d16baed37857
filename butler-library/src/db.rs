//! The database file: opened, migrated, written by one thread and read by a small pool of connections.
//!
//! It knows no table. Start with [`Db::open`]; [`writer`] has the group commit, [`checkpoints`] what brings
//! the log into the file.
//!
//! `synchronous` is FULL: a commit is on the disk when `write` returns. In WAL mode NORMAL would keep the
//! file sound too, but could forget the last commits at a power loss, among them what a caller was already
//! told (a run that was asked for, a unit acknowledged to another machine). Group commit keeps the price at
//! one fsync for many writes.

mod aside;
mod checkpoints;
mod error;
mod functions;
mod readers;
mod writer;

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

pub(crate) use aside::{open_aside, open_still};
use checkpoints::Checkpoints;
pub use error::StoreError;
use readers::Readers;
pub(crate) use writer::Pending;
use writer::Writer;

use crate::vital_threads::VitalThreads;

/// Never edit one of these once it is released: add another.
const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("../migrations/0001_library.sql")),
    M::up(include_str!("../migrations/0002_names.sql")).foreign_key_check(),
    M::up(include_str!("../migrations/0003_tags_and_photos.sql")),
    M::up(include_str!("../migrations/0004_lacks.sql")),
    M::up(include_str!("../migrations/0005_night.sql")),
    M::up(include_str!("../migrations/0006_settings.sql")),
    M::up(include_str!("../migrations/0007_costs.sql")),
    M::up(include_str!("../migrations/0008_kept_lacks.sql")),
    M::up(include_str!("../migrations/0009_figures.sql")),
    M::up(include_str!("../migrations/0010_lacks_in_steps.sql")),
    M::up(include_str!("../migrations/0011_run_paths.sql")),
    M::up(include_str!("../migrations/0012_lists.sql")),
    M::up(include_str!("../migrations/0013_worked_time.sql")),
    M::up(include_str!("../migrations/0014_traits.sql")).foreign_key_check(),
    M::up(include_str!("../migrations/0015_derived.sql")).foreign_key_check(),
    M::up(include_str!("../migrations/0016_housekeeping.sql")),
    M::up(include_str!("../migrations/0017_web_sessions.sql")),
    M::up(include_str!("../migrations/0018_pictures.sql")),
    M::up(include_str!("../migrations/0019_underived.sql")),
    M::up(include_str!("../migrations/0020_cost_index.sql")),
    M::up(include_str!("../migrations/0021_gone_parts.sql")),
    M::up(include_str!("../migrations/0022_sonic.sql")),
    M::up(include_str!("../migrations/0023_product_versions.sql")),
    M::up(include_str!("../migrations/0024_failed_files.sql")),
    M::up(include_str!("../migrations/0025_run_sources.sql")),
    M::up(include_str!("../migrations/0026_photo_albums.sql")),
    M::up(include_str!("../migrations/0027_gain_tags.sql")),
    M::up(include_str!("../migrations/0028_kept_failures.sql")).foreign_key_check(),
    M::up(include_str!("../migrations/0030_run_lines.sql")),
];

/// The database's version in this build.
pub(crate) const LATEST_VERSION: i64 = MIGRATIONS.len() as i64;

/// How long a statement waits for another program's lock on the file: nobody else should have it open at all.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Kilobytes of the writer's cache, into which a batch of a scan fits.
const WRITER_CACHE_KB: i64 = 8192;
/// SQLite's number of it: <https://sqlite.org/pragma.html#pragma_auto_vacuum>.
const INCREMENTAL: i64 = 2;
/// SQLite's way to files that keeps the log's index in this process's memory, where a file of its own finds
/// no room on a full disk. All connections of this process share it; other programs find the file locked.
const INDEX_IN_MEMORY: &str = "unix-excl";

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DbOpenError {
    /// A newer Butler wrote it.
    #[error(
        "the database has version {found} and this build knows versions up to {known}: start the newer Butler \
         again, or restore a backup that this one made"
    )]
    Newer {
        /// Its version.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// A step to this build's version failed; nothing was changed.
    #[error("the database could not be brought to this build's version")]
    Migration(#[source] Box<rusqlite_migration::Error>),
    /// SQLite's word.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for DbOpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The open database.
pub(crate) struct Db {
    readers: Readers,
    writer: Writer,
    /// Dropped behind the writer, which has a share: its connection is the last one, and closing that brings
    /// in the whole log.
    checkpoints: Arc<Checkpoints>,
}

impl Db {
    /// Opens the file, makes it if it is not there, and brings it to this build's version.
    pub(crate) fn open(path: &Path, threads: &VitalThreads) -> Result<Self, DbOpenError> {
        // Made here, for its owner only: SQLite gives its other files the same mode. Why it can't be made
        // SQLite says as well.
        let _ = File::options().write(true).create(true).truncate(false).mode(0o600).open(path);
        let connection = match connect(Connection::open(path)?) {
            Err(DbOpenError::Store(StoreError::Full(_) | StoreError::ReadOnly(_))) => {
                connect(Connection::open_with_flags_and_vfs(path, OpenFlags::default(), INDEX_IN_MEMORY)?)
            }
            connected => connected,
        }?;
        let checkpoints = Arc::new(Checkpoints::start(path, threads)?);
        let writer = Writer::start(connection, Arc::clone(&checkpoints), threads)?;
        Ok(Self { readers: Readers::new(path), writer, checkpoints })
    }

    /// Reads, in one transaction, so that all statements see the same state.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.readers.read(work)
    }

    /// Writes, on the writer's thread, and returns once it is committed. An error of `work` undoes all that
    /// it wrote.
    pub(crate) fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.write(work)
    }

    /// As [`Self::write`], and returns at once: writes are made in the order in which they are handed over.
    pub(crate) fn begin_write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.begin_write(work)
    }

    /// Brings what the log holds into the file, as far as no reader needs it, and returns once that is done;
    /// others write meanwhile.
    pub(crate) fn checkpoint(&self) {
        self.checkpoints.make();
    }

    /// Has all who read from now on plan by what was counted last.
    pub(crate) fn renew_readers(&self) {
        self.readers.renew();
    }

    /// Writes several things that have nothing to do with one another, and returns once all are committed,
    /// together as far as may be: an error of one undoes that one alone.
    pub(crate) fn write_each<T, E, W>(&self, works: impl IntoIterator<Item = W>) -> Vec<Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.write_each(works)
    }
}

/// Opens a file that nobody else has open, and brings it to this build's version.
pub(crate) fn bring_to_this_version(path: &Path) -> Result<Connection, DbOpenError> {
    connect(Connection::open(path)?)
}

/// The writer's connection, brought to this build's version.
fn connect(mut connection: Connection) -> Result<Connection, DbOpenError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Counts only before the first page is written: so before everything else. Of a file that has it already
    // SQLite would write it once more, and a start on a full disk must not write.
    let vacuum: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if vacuum != INCREMENTAL {
        connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A table that is built anew is dropped in between: what refers to it must not go with it.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(128);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > LATEST_VERSION {
        return Err(DbOpenError::Newer { found, known: LATEST_VERSION });
    }
    Migrations::from_slice(MIGRATIONS)
        .to_latest(&mut connection)
        .map_err(|error| DbOpenError::Migration(Box::new(error)))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What a statement would have to take back is kept in memory: in a file it was six of seven writes of a
    // first scan. Only now, for a migration may sort tables of any size.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KB)?;
    keep_plans(&connection)?;
    Ok(connection)
}

/// A prepared statement keeps its plan, whatever values it is given. Else SQLite makes it anew for each value
/// that a partial index or the figures of ANALYZE might have a say about: a look for an item took five times
/// as long. <https://sqlite.org/queryplanner-ng.html#qpstab>
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_keeps_its_plan_whatever_it_is_asked() {
        let folder = butler_fixtures::tempdir().unwrap();
        let db = Db::open(&folder.path().join("butler.db"), &VitalThreads::default()).unwrap();
        // `items_by_taken` is an index of photos alone, so that what `kind` is might matter to the plan.
        let made_anew = |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("SELECT id FROM items WHERE section = ?1 AND kind = ?2")?;
            for kind in ["movie", "photo", "show"] {
                assert!(!statement.exists((1, kind))?);
            }
            Ok::<_, StoreError>(statement.get_status(StatementStatus::RePrepare))
        };
        assert_eq!(db.read(made_anew).unwrap(), 0, "of a reader");
        assert_eq!(db.write(made_anew).unwrap(), 0, "of the writer");
    }
}
