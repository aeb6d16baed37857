//! The pauses that outlive a restart. What one of them holds is not known here.

use butler_api::{Pause, PauseEnd, PauseOwner};
use rusqlite::{Row, params};

use super::{At, Word, readable};
use crate::{Library, StoreError};

impl Library {
    /// The kept pauses, by owner.
    ///
    /// # Errors
    /// If the database fails.
    pub fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT * FROM pauses ORDER BY owner")?;
            Ok(readable(&mut statement, [], "pause", pause_row)?)
        })
    }

    /// Keeps these pauses and no others.
    ///
    /// # Errors
    /// If the database fails.
    pub fn keep_pauses(&self, pauses: Vec<Pause>) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            tx.execute("DELETE FROM pauses", [])?;
            for Pause { owner, note, since, until, drains } in pauses {
                let (until, until_window) = until.parts();
                tx.prepare_cached(
                    "INSERT INTO pauses (owner, note, since, until, until_window, drains) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    owner.as_str(),
                    note,
                    At(since),
                    until.map(At),
                    until_window,
                    drains
                ])?;
            }
            Ok(())
        })
    }
}

fn pause_row(row: &Row<'_>) -> rusqlite::Result<Pause> {
    Ok(Pause {
        owner: row.get::<_, Word<PauseOwner>>("owner")?.0,
        note: row.get("note")?,
        since: row.get::<_, At>("since")?.0,
        until: PauseEnd::from_parts(
            row.get::<_, Option<At>>("until")?.map(|at| at.0),
            row.get("until_window")?,
        ),
        drains: row.get("drains")?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_is_kept_is_just_what_was_given_last() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let pause =
            |owner, until| Pause { owner, note: Some("guests".into()), since: at(1), until, drains: true };
        let both = vec![
            pause(PauseOwner::Load, PauseEnd::Lifted),
            pause(PauseOwner::Person, PauseEnd::At(at(9))),
            pause(PauseOwner::Window, PauseEnd::WindowOpens),
        ];
        library.keep_pauses(both.clone()).unwrap();
        assert_eq!(library.pauses().unwrap(), both);
        library.keep_pauses(both[..1].to_vec()).unwrap();
        assert_eq!(library.pauses().unwrap(), both[..1]);
        library.keep_pauses(Vec::new()).unwrap();
        assert_eq!(library.pauses().unwrap(), []);
    }
}
