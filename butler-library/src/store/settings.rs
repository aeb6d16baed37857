//! Settings by id, as text: what they mean is known where they are used.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{Library, StoreError, db};

impl Library {
    /// The stored text of a setting, if it was ever set.
    ///
    /// # Errors
    /// If the database fails.
    pub fn setting(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.db().read(|tx| {
            Ok(tx
                .prepare_cached("SELECT value FROM settings WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()?)
        })
    }

    /// Every setting that was ever set.
    ///
    /// # Errors
    /// If the database fails.
    pub fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.db().read(all)
    }

    /// Sets some settings, all or none of them; `None` forgets one, so that its default holds again.
    ///
    /// # Errors
    /// If the database fails.
    pub fn set_settings(&self, changes: Vec<(String, Option<String>)>) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            for (id, value) in changes {
                match value {
                    Some(value) => tx
                        .prepare_cached(
                            "INSERT INTO settings (id, value) VALUES (?1, ?2) \
                             ON CONFLICT DO UPDATE SET value = excluded.value",
                        )?
                        .execute(params![id, value])?,
                    None => tx.prepare_cached("DELETE FROM settings WHERE id = ?1")?.execute([id])?,
                };
            }
            Ok(())
        })
    }
}

/// Every setting that was ever set in a data folder, whether or not a server holds that. Writes nothing
/// there.
///
/// # Errors
/// If there is no database, or what stands in it can't be read.
pub fn stored_settings(data_dir: &Path) -> Result<BTreeMap<String, String>, StoreError> {
    all(&db::open_aside(&data_dir.join("butler.db"))?)
}

fn all(tx: &Connection) -> Result<BTreeMap<String, String>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT id, value FROM settings")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}
