//! Browsers that are signed in to the pages: hashes of their secrets, never a secret itself. They outlive a
//! restart, end by themselves when they are not used, and can be ended one by one.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use super::At;
use crate::{Library, StoreError, Token, WebSessionId};

/// A session that is not used for so long has ended.
pub const WEB_SESSION_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Sessions at a time; the one that was used longest ago goes for a new one.
pub const MOST_WEB_SESSIONS: u32 = 64;
/// Its last use is noted at most so often, so that reading a page writes nothing.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSession {
    /// Its id.
    pub id: WebSessionId,
    /// What it says of itself: `Firefox on Linux`.
    pub browser: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was used last, to the hour.
    pub used_at: Timestamp,
}

fn session(row: &Row<'_>) -> rusqlite::Result<WebSession> {
    let at = |name| Ok::<_, rusqlite::Error>(row.get::<_, At>(name)?.0);
    Ok(WebSession {
        id: row.get("id")?,
        browser: row.get("browser")?,
        created_at: at("created_at")?,
        used_at: at("used_at")?,
    })
}

impl Library {
    /// Signs a browser in that holds this secret from now on.
    ///
    /// # Errors
    /// If the database fails.
    pub fn begin_web_session(
        &self,
        secret: &Token,
        browser: &str,
        now: Timestamp,
    ) -> Result<WebSessionId, StoreError> {
        let (hash, browser) = (secret.hash(), browser.to_owned());
        self.db().write(move |tx| {
            tx.execute("DELETE FROM web_sessions WHERE used_at < ?1", [At(now - WEB_SESSION_LASTS)])?;
            tx.execute(
                "INSERT INTO web_sessions (hash, browser, created_at, used_at) VALUES (?1, ?2, ?3, ?3)",
                params![hash, browser, At(now)],
            )?;
            let id = WebSessionId(tx.last_insert_rowid());
            tx.execute(
                "DELETE FROM web_sessions WHERE id NOT IN \
                 (SELECT id FROM web_sessions ORDER BY used_at DESC, id DESC LIMIT ?1)",
                [MOST_WEB_SESSIONS],
            )?;
            Ok(id)
        })
    }

    /// The session whose browser holds this secret; none if it has ended. Notes that it is used.
    ///
    /// # Errors
    /// If the database fails.
    pub fn web_session(&self, secret: &Token, now: Timestamp) -> Result<Option<WebSession>, StoreError> {
        // A lookup by hash tells by its time nothing that leads to a secret.
        let hash = secret.hash();
        let found = self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT * FROM web_sessions WHERE hash = ?1 AND used_at >= ?2")?;
            Ok::<_, StoreError>(
                statement.query_row(params![hash, At(now - WEB_SESSION_LASTS)], session).optional()?,
            )
        })?;
        if let Some(WebSession { id, used_at, .. }) = found
            && now.duration_since(used_at) >= NOTED_EVERY
        {
            // On a full disk it is noted later, and the session holds all the same.
            let _ = self.db().write(move |tx| {
                tx.execute("UPDATE web_sessions SET used_at = ?2 WHERE id = ?1", params![id, At(now)])?;
                Ok::<_, StoreError>(())
            });
        }
        Ok(found)
    }

    /// The sessions that have not ended, the one that was used last first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn web_sessions(&self, now: Timestamp) -> Result<Vec<WebSession>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT * FROM web_sessions WHERE used_at >= ?1 ORDER BY used_at DESC, id DESC",
            )?;
            Ok(statement.query_map([At(now - WEB_SESSION_LASTS)], session)?.collect::<Result<_, _>>()?)
        })
    }

    /// Signs a browser out; whether it was signed in.
    ///
    /// # Errors
    /// If the database fails.
    pub fn end_web_session(&self, id: WebSessionId) -> Result<bool, StoreError> {
        self.db().write(move |tx| Ok(tx.execute("DELETE FROM web_sessions WHERE id = ?1", [id])? > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_session_outlives_a_restart_and_ends_when_it_is_not_used() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let secret = Token::random().unwrap();
        let id = library.begin_web_session(&secret, "Firefox", at("2026-11-01T12:00:00Z")).unwrap();
        drop(library);
        let library = Library::open(folder.path()).unwrap();
        let found = library.web_session(&secret, at("2026-11-30T12:00:00Z")).unwrap().unwrap();
        assert_eq!((found.id, found.browser.as_str()), (id, "Firefox"));
        // Each use makes it last longer.
        assert!(library.web_session(&secret, at("2026-12-29T12:00:00Z")).unwrap().is_some());
        assert!(library.web_session(&secret, at("2027-02-01T12:00:00Z")).unwrap().is_none());
        assert!(library.web_sessions(at("2027-02-01T12:00:00Z")).unwrap().is_empty());
    }

    #[test]
    fn a_session_that_was_ended_lets_nobody_in() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let now = at("2026-11-01T12:00:00Z");
        let [one, other] = [(); 2].map(|()| Token::random().unwrap());
        let id = library.begin_web_session(&one, "Firefox", now).unwrap();
        library.begin_web_session(&other, "Chromium", now).unwrap();
        assert!(library.end_web_session(id).unwrap());
        assert!(!library.end_web_session(id).unwrap());
        assert!(library.web_session(&one, now).unwrap().is_none());
        assert!(library.web_session(&other, now).unwrap().is_some());
        assert_eq!(library.web_sessions(now).unwrap().len(), 1);
    }

    #[test]
    fn there_are_never_more_sessions_than_are_kept() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let now = at("2026-11-01T12:00:00Z");
        let first = Token::random().unwrap();
        library.begin_web_session(&first, "first", now).unwrap();
        for _ in 0..MOST_WEB_SESSIONS {
            library.begin_web_session(&Token::random().unwrap(), "next", now).unwrap();
        }
        assert_eq!(library.web_sessions(now).unwrap().len(), MOST_WEB_SESSIONS as usize);
        assert!(library.web_session(&first, now).unwrap().is_none());
    }
}
