//! Who may come in: hashes of tokens by holder, never a token itself.

use rusqlite::params;
use subtle::{Choice, ConstantTimeEq};

use crate::{Library, StoreError, Token};

impl Library {
    /// Lets a token in, in place of the one that its holder (`admin`) had before.
    ///
    /// # Errors
    /// If the database fails.
    pub fn let_in(&self, holder: &str, token: &Token) -> Result<(), StoreError> {
        let (holder, hash) = (holder.to_owned(), token.hash());
        self.db().write(move |tx| {
            tx.execute(
                "INSERT INTO tokens (holder, hash) VALUES (?1, ?2) \
                 ON CONFLICT DO UPDATE SET hash = excluded.hash WHERE hash <> excluded.hash",
                params![holder, hash],
            )?;
            Ok(())
        })
    }

    /// Whether someone with this token is let in. Takes the same time for every wrong one.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lets_in(&self, token: &Token) -> Result<bool, StoreError> {
        let asked = token.hash();
        let hashes: Vec<[u8; 32]> = self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT hash FROM tokens")?;
            Ok::<_, StoreError>(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        Ok(hashes.iter().fold(Choice::from(0), |known, hash| known | hash.ct_eq(&asked)).into())
    }
}
