//! Which sources came after their section's first scan: what `asap` runs are about (docs/scheduling.md, rule
//! 7).

use std::collections::HashSet;

use crate::{Library, SourceId, StoreError};

impl Library {
    /// The sources, with and without tags, of which a file that is there, or a picture of an item, was added
    /// after the first scan of its section had ended.
    ///
    /// # Errors
    /// If the database fails.
    pub fn newcomers(&self) -> Result<HashSet<SourceId>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT p.source, p.tagged FROM sections s JOIN roots r ON r.section = s.id JOIN parts p ON \
                 p.root = r.id \
                 WHERE p.added_at > s.first_scanned_at AND p.missing_since IS NULL \
                 UNION ALL SELECT c.source, NULL FROM sections s JOIN roots r ON r.section = s.id \
                 JOIN pictures c ON c.root = r.id WHERE c.added_at > s.first_scanned_at AND c.item IS NOT NULL",
            )?;
            let (mut rows, mut newcomers) = (statement.query([])?, HashSet::new());
            while let Some(row) = rows.next()? {
                newcomers.insert(row.get(0)?);
                newcomers.extend(row.get::<_, Option<SourceId>>(1)?);
            }
            Ok(newcomers)
        })
    }
}
