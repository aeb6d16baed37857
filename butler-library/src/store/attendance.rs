//! When Butler was last there, as the schedule notes it. What follows from an absence is not known here.

use butler_api::Attendance;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{At, Word};
use crate::{Library, StoreError};

impl Library {
    /// The last note that Butler was there; none in a new data folder.
    ///
    /// # Errors
    /// If the database fails.
    pub fn attendance(&self) -> Result<Option<Attendance>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT seen_at, away_on FROM attendance")?;
            let row = statement.query_row([], |row| {
                let away_on = row.get::<_, Option<Word<Date>>>(1)?.map(|day| day.0);
                Ok(Attendance { seen_at: row.get::<_, At>(0)?.0, away_on })
            });
            Ok(row.optional()?)
        })
    }

    /// Notes that Butler is there, in place of the note before.
    ///
    /// # Errors
    /// If the database fails.
    pub fn attend(&self, attendance: Attendance) -> Result<(), StoreError> {
        let Attendance { seen_at, away_on } = attendance;
        self.db().write(move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO attendance (only, seen_at, away_on) VALUES (1, ?1, ?2)",
            )?
            .execute(params![At(seen_at), away_on.map(Word)])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_last_note_is_the_only_one() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        assert_eq!(library.attendance().unwrap(), None);
        let note = |second, away_on| Attendance { seen_at: Timestamp::from_second(second).unwrap(), away_on };
        library.attend(note(1, None)).unwrap();
        let second = note(31, Some(jiff::civil::date(2026, 11, 23)));
        library.attend(second).unwrap();
        assert_eq!(library.attendance().unwrap(), Some(second));
    }
}
