//! The switches of a section, by id: what hangs on one is known where lacks are asked for
//! ([`crate::Scope::switch`]).

use std::collections::BTreeMap;

use rusqlite::params;

use crate::{Library, SectionId, StoreError};

impl Library {
    /// Every switch of a section that was ever set, and whether it is on. One that was never set is on.
    ///
    /// # Errors
    /// If the database fails.
    pub fn section_switches(&self, section: SectionId) -> Result<BTreeMap<String, bool>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT id, is_on FROM section_switches WHERE section = ?1")?;
            Ok(statement
                .query_map([section], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Sets some switches of a section, all or none of them.
    ///
    /// # Errors
    /// If there is no such section, or the database fails.
    pub fn set_section_switches(
        &self,
        section: SectionId,
        switches: Vec<(String, bool)>,
    ) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            if !tx.prepare_cached("SELECT 1 FROM sections WHERE id = ?1")?.exists([section])? {
                return Err(StoreError::Unknown { what: "section", id: section.0 });
            }
            for (id, is_on) in switches {
                tx.prepare_cached(
                    "INSERT INTO section_switches (section, id, is_on) \
                     VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO UPDATE SET is_on = excluded.is_on",
                )?
                .execute(params![section, id, is_on])?;
            }
            Ok(())
        })
    }
}
