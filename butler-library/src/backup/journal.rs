//! The journal of written gain tags when a copy is put back: it tells what was done to music files, which are
//! not put back with it. So what the database that is replaced knows more than the copy is added to it, and
//! nothing is taken from either.
//!
//! Start with [`add_journal`].

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

/// The tables of the journal.
const TABLES: [&str; 2] = ["gain_tags", "gain_tag_intents"];

/// Adds to a database of this version what the journal of another one knows beside its own. What is of an older
/// form, or can't be read, is told to the log and left out.
pub(super) fn add_journal(connection: &mut Connection, other: &Path) -> rusqlite::Result<()> {
    if !other.exists() {
        return Ok(());
    }
    let tx = connection.transaction()?;
    match add(&tx, other) {
        Ok(()) => tx.commit(),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "what the replaced database knows of written gain tags could not be read");
            Ok(())
        }
    }
}

fn add(to: &Connection, other: &Path) -> rusqlite::Result<()> {
    let other = Connection::open_with_flags(other, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    for table in TABLES {
        let mut statement = other.prepare(&format!("SELECT * FROM {table}"))?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let names: Vec<String> = names.into_iter().filter(|name| name != "id").collect();
        let row = |row: &rusqlite::Row<'_>| {
            names.iter().map(|name| row.get::<_, Value>(name.as_str())).collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows: Vec<_> = statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
        let columns = names.join(", ");
        let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let equal: Vec<String> =
            names.iter().zip(&places).map(|(name, place)| format!("{name} IS {place}")).collect();
        // A row that is another in one word only is another: the one from the first time is kept beside it.
        let insert = format!(
            "INSERT OR IGNORE INTO {table} ({columns}) SELECT {} WHERE NOT EXISTS \
             (SELECT 1 FROM {table} WHERE {})",
            places.join(", "),
            equal.join(" AND ")
        );
        let mut insert = to.prepare(&insert)?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
    }
    Ok(())
}
