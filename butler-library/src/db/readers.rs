//! A small pool of connections that only read. Who finds all in use waits for one.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::{BUSY_TIMEOUT, StoreError, functions};

/// At most this many at once: reads are short, and more would only take memory.
const MOST: usize = 8;
/// Of those that are idle so many are kept: each has a cache of its own.
const KEPT: usize = 3;
/// Kilobytes of that cache; the system's serves them all.
const CACHE_KB: i64 = 1024;

pub(super) struct Readers {
    path: PathBuf,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    lent: usize,
    /// How often all were renewed: who was lent before the last time is not kept.
    renewals: u64,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), pool: Mutex::default(), returned: Condvar::new() }
    }

    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let (connection, renewals) = self.lend()?;
        let lent = Lent { connection: Some(connection), renewals, readers: self };
        let Some(connection) = &lent.connection else { return Err(StoreError::Closed.into()) };
        let transaction = connection.unchecked_transaction().map_err(StoreError::from)?;
        work(&transaction)
    }

    /// Has each connection closed as soon as nobody reads by it. A connection plans its queries by the counts
    /// of `ANALYZE` that were there when it was opened.
    pub(super) fn renew(&self) {
        let mut pool = self.pool();
        pool.renewals += 1;
        let closed = std::mem::take(&mut pool.idle);
        drop(pool);
        drop(closed);
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Result<(Connection, u64), StoreError> {
        let mut pool = self
            .returned
            .wait_while(self.pool(), |pool| pool.idle.is_empty() && pool.lent >= MOST)
            .unwrap_or_else(PoisonError::into_inner);
        let connection = match pool.idle.pop() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        pool.lent += 1;
        Ok((connection, pool.renewals))
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -CACHE_KB)?;
        connection.set_prepared_statement_cache_capacity(64);
        functions::add_to(&connection)?;
        super::keep_plans(&connection)?;
        Ok(connection)
    }
}

/// A connection that finds its way back, even out of a panic.
struct Lent<'a> {
    connection: Option<Connection>,
    renewals: u64,
    readers: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool();
        pool.lent -= 1;
        // A transaction that could not be ended must not be lent again.
        let returned = self.connection.take().filter(Connection::is_autocommit);
        let closed = if pool.idle.len() < KEPT && pool.renewals == self.renewals {
            pool.idle.extend(returned);
            None
        } else {
            returned
        };
        drop(pool);
        drop(closed);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By which index a reader finds its rows.
    fn plan(readers: &Readers) -> String {
        let explain = "EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 1 AND b = 1";
        let detail = readers.read(|tx| Ok::<_, StoreError>(tx.query_row(explain, [], |row| row.get(3))?));
        detail.unwrap()
    }

    #[test]
    fn once_renewed_readers_plan_by_what_was_counted_last() {
        let folder = butler_fixtures::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        let rows = "CREATE TABLE t (a, b); CREATE INDEX by_a ON t (a); CREATE INDEX by_b ON t (b); \
                    WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 1000) \
                    INSERT INTO t SELECT 1, n FROM many; ANALYZE";
        writer.execute_batch(rows).unwrap();
        let readers = Readers::new(&path);
        assert!(plan(&readers).contains("by_b"));
        writer.execute_batch("UPDATE t SET a = b, b = 1; ANALYZE").unwrap();
        assert!(plan(&readers).contains("by_b"), "a connection that is open does not notice");
        readers.renew();
        assert!(plan(&readers).contains("by_a"));
        // One that was lent meanwhile is not kept.
        let renew = |_: &Connection| {
            readers.renew();
            Ok::<_, StoreError>(())
        };
        readers.read(renew).unwrap();
        assert!(readers.pool().idle.is_empty());
    }
}
