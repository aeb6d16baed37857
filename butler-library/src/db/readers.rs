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
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), pool: Mutex::default(), returned: Condvar::new() }
    }

    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let lent = Lent { connection: Some(self.lend()?), readers: self };
        let Some(connection) = &lent.connection else { return Err(StoreError::Closed.into()) };
        let transaction = connection.unchecked_transaction().map_err(StoreError::from)?;
        work(&transaction)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Result<Connection, StoreError> {
        let mut pool = self
            .returned
            .wait_while(self.pool(), |pool| pool.idle.is_empty() && pool.lent >= MOST)
            .unwrap_or_else(PoisonError::into_inner);
        let connection = match pool.idle.pop() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        pool.lent += 1;
        Ok(connection)
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
        Ok(connection)
    }
}

/// A connection that finds its way back, even out of a panic.
struct Lent<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool();
        pool.lent -= 1;
        // A transaction that could not be ended must not be lent again.
        let returned = self.connection.take().filter(Connection::is_autocommit);
        let closed = if pool.idle.len() < KEPT {
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
