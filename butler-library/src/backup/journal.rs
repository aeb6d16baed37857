//! The journal of written gain tags when a copy is put back: it tells what was done to music files, which are
//! not put back with it. So that of the database that is replaced is taken over, as far as it can be read.
//!
//! Start with [`journal_of`].

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Transaction, params_from_iter};

/// The tables of the journal.
const TABLES: [&str; 2] = ["gain_tags", "gain_tag_intents"];

/// The rows of the journal, table by table.
pub(super) struct Journal([Vec<Vec<Value>>; 2]);

/// The journal of a database; none if it can't be read, or has none.
pub(super) fn journal_of(database: &Path) -> Option<Journal> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    let rows = |table: &str| -> rusqlite::Result<Vec<Vec<Value>>> {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        statement.query_map([], row)?.collect()
    };
    let [written, intents] = TABLES.map(rows);
    Some(Journal([written.ok()?, intents.ok()?]))
}

impl Journal {
    /// Puts it in place of the one that a database has; one of an older form is not understood, and left out.
    pub(super) fn put(self, connection: &mut Connection) -> rusqlite::Result<()> {
        let tx = connection.transaction()?;
        match self.put_all(&tx) {
            Ok(()) => tx.commit(),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "the journal of gain tags was not taken over from the replaced database"
                );
                Ok(())
            }
        }
    }

    fn put_all(self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for (table, rows) in TABLES.into_iter().zip(self.0) {
            tx.execute(&format!("DELETE FROM {table}"), [])?;
            for row in rows {
                let places = vec!["?"; row.len()].join(", ");
                tx.prepare_cached(&format!("INSERT INTO {table} VALUES ({places})"))?
                    .execute(params_from_iter(row))?;
            }
        }
        Ok(())
    }
}
