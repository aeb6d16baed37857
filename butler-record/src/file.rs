//! The file that a history is kept in: SQLite in WAL mode, so that it can be read while it is written, and a
//! watch that is killed loses at most the observation in hand.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use rusqlite_migration::{M, Migrations};
use serde::Serialize;

use crate::change::{KnownTask, OpenSpan, RecordChange};
use crate::recorder::Known;

/// Never edit one of these once it is released: add another.
const MIGRATIONS: &[M<'_>] = &[M::up(include_str!("../migrations/0001_record.sql"))];
/// How long a write waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// So often, with a pause between, the lock is tried for that somebody who reads may have for a moment.
const READERS_LET_GO: u32 = 5;
const READERS_LET_GO_WITHIN: Duration = Duration::from_millis(20);
/// Things of a span that are stored by name; further ones are counted.
const MAX_THINGS: u32 = 1_000;

/// What can go wrong with a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// SQLite refuses.
    #[error("SQLite refuses")]
    Sqlite(#[from] rusqlite::Error),
    /// The file is no record, or one of a later version.
    #[error("the file is no record, or one of a later version")]
    Version(#[from] rusqlite_migration::Error),
    /// The file is another program's database.
    #[error("the file is no record")]
    Foreign,
    /// The file can't be opened.
    #[error("the file can't be opened")]
    Open(#[source] io::Error),
    /// Another watch writes into it.
    #[error("another watch writes into it")]
    InUse,
    /// It is the history of another server.
    #[error("it is the history of another server")]
    OtherServer,
}

/// An activity in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedSpan {
    /// What it was, for programs: `media.generate.bif`.
    pub kind: String,
    /// What it was, for people.
    pub title: String,
    /// The section that it was about.
    pub section: Option<String>,
    /// When it began, or was found.
    pub began_at: Timestamp,
    /// Whether its begin was seen; else it began before.
    pub saw_begin: bool,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// When it ended, or was found gone; none while it goes on.
    pub ended_at: Option<Timestamp>,
    /// Whether its end was seen; else it ended at some time since it was last seen.
    pub saw_end: bool,
    /// How far it came in whole percent; -1 where nobody knows.
    pub progress: i8,
    /// On how many things it was.
    pub thing_count: u32,
    /// The first thousand of these.
    pub things: Vec<String>,
}

/// A change of what the server's list says of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskChange {
    /// The task.
    pub task: String,
    /// Whether its switch is on from then on.
    pub enabled: bool,
    /// Days between two runs from then on.
    pub interval: u32,
    /// When it was found.
    pub at: Timestamp,
    /// Whether the file's first look found it so, so that it is no change.
    pub is_first: bool,
}

/// A history, or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The activities, in the order of their begins.
    pub spans: Vec<RecordedSpan>,
    /// When nobody watched or the server was away: from and until.
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// What changed of the list of tasks.
    pub tasks: Vec<TaskChange>,
}

/// The file of a history.
#[derive(Debug)]
pub struct RecordFile {
    // Goes before the lock: another descriptor of a file that is closed takes SQLite's own locks with it.
    connection: Connection,
    _lock: Option<File>,
    /// Whether a watch had it when it was opened to be read.
    is_watched: bool,
}

impl RecordFile {
    /// Opens a history to be gone on with, or begins one: of this server, and no other.
    ///
    /// # Errors
    /// If the file can't be opened or made, is no record, is another server's, or another watch has it.
    pub fn open(path: &Path, machine_identifier: &str) -> Result<Self, RecordError> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).read(true).open(path);
        let lock = lock.map_err(RecordError::Open)?;
        lock_for_writing(&lock)?;
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Looked at before anything is written into it, be it a mode.
        let of_others = "SELECT count(*) > 0 AND sum(name = 'server') = 0 FROM sqlite_schema";
        if connection.query_row(of_others, [], |row| row.get(0))? {
            return Err(RecordError::Foreign);
        }
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // A power cut may cost the last observations, and nobody was promised them: no fsync for each.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Migrations::from_slice(MIGRATIONS).to_latest(&mut connection)?;
        let file = Self { connection, _lock: Some(lock), is_watched: true };
        let known: Option<String> = file
            .connection
            .query_row("SELECT machine_identifier FROM server", [], |row| row.get(0))
            .optional()?;
        match known {
            Some(known) if known != machine_identifier => return Err(RecordError::OtherServer),
            Some(_) => {}
            None => {
                let insert = "INSERT INTO server (one, machine_identifier) VALUES (1, ?1)";
                file.connection.execute(insert, [machine_identifier])?;
            }
        }
        Ok(file)
    }

    /// Opens a history that is there, to read it.
    ///
    /// # Errors
    /// If there is none, or it can't be read.
    pub fn read_only(path: &Path) -> Result<Self, RecordError> {
        // SQLite says of a file that is missing only that it can't open it.
        let file = File::open(path).map_err(RecordError::Open)?;
        let is_watched = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        drop(file);
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != MIGRATIONS.len() {
            return Err(rusqlite_migration::Error::MigrationDefinition(
                rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
            )
            .into());
        }
        Ok(Self { connection, _lock: None, is_watched })
    }

    /// Whether a watch goes on with it; else what is open in it stays so.
    pub const fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// What the machine has to know to go on.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn known(&self) -> Result<Known, RecordError> {
        let open = "SELECT uuid, seen_at, progress, things, title, section,
                (SELECT name FROM things WHERE span = spans.id ORDER BY number DESC LIMIT 1)
            FROM spans WHERE ended_at IS NULL ORDER BY id";
        let mut open = self.connection.prepare(open)?;
        let open = open.query_map([], |row| {
            Ok(OpenSpan {
                uuid: row.get(0)?,
                seen_at: instant(row.get(1)?),
                progress: row.get(2)?,
                things: row.get(3)?,
                title: row.get(4)?,
                section: row.get(5)?,
                thing: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
            })
        })?;
        let tasks = "SELECT name, enabled, interval FROM tasks
            WHERE at = (SELECT max(at) FROM tasks AS later WHERE later.name = tasks.name)";
        let mut tasks = self.connection.prepare(tasks)?;
        let tasks = tasks.query_map([], |row| {
            Ok(KnownTask { name: row.get(0)?, enabled: row.get(1)?, interval: row.get(2)? })
        })?;
        Ok(Known {
            open: open.collect::<Result<_, _>>()?,
            tasks: tasks.collect::<Result<_, _>>()?,
            watched_until: self.watched_until()?,
        })
    }

    /// The last instant of which anything is known.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn watched_until(&self) -> Result<Option<Timestamp>, RecordError> {
        let until = "SELECT max(at) FROM (
                SELECT max(seen_at) AS at FROM spans UNION ALL SELECT max(ended_at) FROM spans
                UNION ALL SELECT watched_until FROM server
                UNION ALL SELECT max(until_at) FROM gaps UNION ALL SELECT max(at) FROM tasks)";
        let until: Option<i64> = self.connection.query_row(until, [], |row| row.get(0))?;
        Ok(until.map(instant))
    }

    /// Stores changes, all of these or none.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn store(&mut self, changes: &[RecordChange]) -> Result<(), RecordError> {
        if changes.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        changes.iter().try_for_each(|change| store_one(&transaction, change))?;
        Ok(transaction.commit()?)
    }

    /// What began, was open or was missed between two instants.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn between(&self, from: Timestamp, until: Timestamp) -> Result<Recorded, RecordError> {
        let range = params![from.as_millisecond(), until.as_millisecond()];
        let spans = "SELECT id, kind, title, section, began_at, saw_begin, seen_at, ended_at,
                coalesce(saw_end, 0), progress, things
            FROM spans WHERE began_at < ?2 AND coalesce(ended_at, seen_at) >= ?1 ORDER BY began_at, id";
        let mut spans = self.connection.prepare(spans)?;
        let spans = spans.query_map(range, |row| {
            let span = RecordedSpan {
                kind: row.get(1)?,
                title: row.get(2)?,
                section: row.get(3)?,
                began_at: instant(row.get(4)?),
                saw_begin: row.get(5)?,
                seen_at: instant(row.get(6)?),
                ended_at: row.get::<_, Option<i64>>(7)?.map(instant),
                saw_end: row.get(8)?,
                progress: row.get(9)?,
                thing_count: row.get(10)?,
                things: Vec::new(),
            };
            Ok((row.get(0)?, span))
        })?;
        let mut spans: Vec<(i64, RecordedSpan)> = spans.collect::<Result<_, _>>()?;
        let mut things = self.things_between(from, until)?;
        for (id, span) in &mut spans {
            span.things = things.remove(id).unwrap_or_default();
        }
        let gaps =
            "SELECT from_at, until_at FROM gaps WHERE from_at < ?2 AND until_at >= ?1 ORDER BY from_at";
        let mut gaps = self.connection.prepare(gaps)?;
        let gaps = gaps.query_map(range, |row| Ok((instant(row.get(0)?), instant(row.get(1)?))))?;
        let tasks = "SELECT name, enabled, interval, at,
                at = (SELECT min(at) FROM tasks AS first WHERE first.name = tasks.name)
            FROM tasks WHERE at >= ?1 AND at < ?2 ORDER BY at, name";
        let mut tasks = self.connection.prepare(tasks)?;
        let tasks = tasks.query_map(range, |row| {
            Ok(TaskChange {
                task: row.get(0)?,
                enabled: row.get(1)?,
                interval: row.get(2)?,
                at: instant(row.get(3)?),
                is_first: row.get(4)?,
            })
        })?;
        Ok(Recorded {
            spans: spans.into_iter().map(|(_, span)| span).collect(),
            gaps: gaps.collect::<Result<_, _>>()?,
            tasks: tasks.collect::<Result<_, _>>()?,
        })
    }

    fn things_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<i64, Vec<String>>, RecordError> {
        let sql = "SELECT span, name FROM things JOIN spans ON spans.id = things.span
            WHERE began_at < ?2 AND coalesce(ended_at, seen_at) >= ?1 ORDER BY span, number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![from.as_millisecond(), until.as_millisecond()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let mut things: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for row in rows {
            let (span, name) = row?;
            things.entry(span).or_default().push(name);
        }
        Ok(things)
    }
}

/// Takes the lock of the one that writes; whoever reads has it for a moment only.
fn lock_for_writing(file: &File) -> Result<(), RecordError> {
    for _ in 0..READERS_LET_GO {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(RecordError::Open(error)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(READERS_LET_GO_WITHIN),
        }
    }
    Err(RecordError::InUse)
}

fn store_one(transaction: &Transaction<'_>, change: &RecordChange) -> Result<(), RecordError> {
    let execute = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), RecordError> {
        transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    };
    match change {
        RecordChange::Begin { uuid, kind, title, section, at, saw_begin } => execute(
            "INSERT INTO spans (uuid, kind, title, section, began_at, saw_begin, seen_at, progress)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, -1)",
            &[uuid, kind, title, section, &at.as_millisecond(), saw_begin],
        ),
        RecordChange::Section { uuid, section } => {
            execute("UPDATE spans SET section = ?2 WHERE uuid = ?1 AND ended_at IS NULL", &[uuid, section])
        }
        RecordChange::See { uuid, at, progress } => execute(
            "UPDATE spans SET seen_at = ?2, progress = ?3 WHERE uuid = ?1 AND ended_at IS NULL",
            &[uuid, &at.as_millisecond(), progress],
        ),
        RecordChange::Thing { uuid, number, name, at } => {
            execute(
                "UPDATE spans SET things = ?2 + 1, seen_at = ?3 WHERE uuid = ?1 AND ended_at IS NULL",
                &[uuid, number, &at.as_millisecond()],
            )?;
            if *number >= MAX_THINGS {
                return Ok(());
            }
            execute(
                "INSERT OR REPLACE INTO things (span, number, name, at)
                    SELECT id, ?2, ?3, ?4 FROM spans WHERE uuid = ?1 AND ended_at IS NULL",
                &[uuid, number, name, &at.as_millisecond()],
            )
        }
        RecordChange::End { uuid, at, saw_end, .. } => execute(
            "UPDATE spans SET ended_at = ?2, saw_end = ?3 WHERE uuid = ?1 AND ended_at IS NULL",
            &[uuid, &at.as_millisecond(), saw_end],
        ),
        RecordChange::Watched { at } => {
            execute("UPDATE server SET watched_until = ?1", &[&at.as_millisecond()])
        }
        RecordChange::Gap { from, until } => execute(
            "INSERT OR REPLACE INTO gaps (from_at, until_at) VALUES (?1, ?2)",
            &[&from.as_millisecond(), &until.as_millisecond()],
        ),
        RecordChange::SetBack { at } => {
            let now = &at.as_millisecond();
            let later = [
                "UPDATE spans SET began_at = min(began_at, ?1), seen_at = min(seen_at, ?1), \
                     ended_at = min(ended_at, ?1) WHERE max(began_at, seen_at, coalesce(ended_at, 0)) > ?1",
                "UPDATE things SET at = min(at, ?1) WHERE at > ?1",
                "DELETE FROM gaps WHERE from_at >= ?1",
                "UPDATE gaps SET until_at = ?1 WHERE until_at > ?1",
                // Of two of a task the later one stays: rows come in the order of their instants.
                "UPDATE OR REPLACE tasks SET at = ?1 WHERE at > ?1",
                "UPDATE server SET watched_until = min(watched_until, ?1)",
            ];
            later.into_iter().try_for_each(|sql| execute(sql, &[now]))
        }
        RecordChange::Task { task, at } => execute(
            "INSERT OR REPLACE INTO tasks (name, at, enabled, interval) VALUES (?1, ?2, ?3, ?4)",
            &[&task.name, &at.as_millisecond(), &task.enabled, &task.interval],
        ),
    }
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_millis(ms)).unwrap_or(Timestamp::UNIX_EPOCH)
}
