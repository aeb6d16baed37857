//! Reads lists row by row: a row that this build can't read, of a word it does not know or a number out of
//! range, costs itself and not the list. The log names it, once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Error, Params, Row, Statement};

/// So many rows are named in the log; a database that holds more of them needs no longer list.
const MOST_NAMED: usize = 1_000;

/// The rows of a question that can be read. `what` names in the log what a row is; its first column says
/// which.
///
/// # Errors
/// SQLite's own.
pub(crate) fn readable<T, P: Params>(
    statement: &mut Statement<'_>,
    params: P,
    what: &'static str,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let (mut rows, mut list) = (statement.query(params)?, Vec::new());
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok(value) => list.push(value),
            Err(error) if is_of_the_row(&error) => name(what, row, &error),
            Err(error) => return Err(error),
        }
    }
    Ok(list)
}

/// Whether an error is about what stands in a row, and not about the database.
const fn is_of_the_row(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
    )
}

fn name(what: &'static str, row: &Row<'_>, error: &Error) {
    static NAMED: Mutex<BTreeSet<(&str, String)>> = Mutex::new(BTreeSet::new());
    let id = match row.get_ref(0) {
        Ok(ValueRef::Integer(id)) => id.to_string(),
        Ok(ValueRef::Text(id) | ValueRef::Blob(id)) => String::from_utf8_lossy(id).into_owned(),
        _ => String::new(),
    };
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    if named.len() < MOST_NAMED && named.insert((what, id.clone())) {
        tracing::warn!(
            what,
            id,
            error = error as &dyn std::error::Error,
            "a row of the database can't be read and is left out"
        );
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::{At, Word};

    #[test]
    fn a_row_that_cant_be_read_costs_itself_and_an_error_of_the_database_all() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id, state, at); INSERT INTO t VALUES (1, 'running', 1), (2, 'dancing', 2), \
                 (3, 'failed', 9223372036854775807), \
                 (4, x'ff', 4), (5, 'queued', 'soon'), (-6, 'queued', 6), (7, 'queued', NULL), (8, 'queued', \
                 8)",
            )
            .unwrap();
        let mut statement = connection.prepare("SELECT id, state, at FROM t").unwrap();
        let read = |row: &Row<'_>| {
            let _ = (row.get::<_, Word<butler_api::RunState>>(1)?, row.get::<_, At>(2)?);
            row.get::<_, u64>(0)
        };
        assert_eq!(readable(&mut statement, [], "test", read).unwrap(), [1, 8]);
        let mut broken = connection.prepare("SELECT abs(-9223372036854775808)").unwrap();
        assert!(readable(&mut broken, [], "test", read).is_err());
    }
}
