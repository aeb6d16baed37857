//! What a list of items shows of each beside its title: a preview picture, and whether something is wrong.
//! Reads only what the asked items need, however large the library is.

use std::collections::HashMap;

use butler_product::bif::Summary;
use butler_product::{Listed, Value};
use rusqlite::CachedStatement;

use super::{Json, readable};
use crate::{ItemId, Library, PartId, StoreError};

/// What is shown of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile {
    /// The file of the item, or of what stands below it, that has preview pictures; and in milliseconds the
    /// place of one of these, a third from its start.
    pub picture: Option<(PartId, u64)>,
    /// Whether something could not be made of one of its files.
    pub has_failed: bool,
    /// Whether it has files, and none of them is there.
    pub is_missing: bool,
}

/// The files of an item: its own, and of what stands below it the first ones.
const FILES: &str = "WITH \
    children AS (SELECT id, number FROM items WHERE parent = ?1 AND kind <> 'extra' \
        ORDER BY number LIMIT 12), \
    those (item) AS (SELECT ?1 UNION ALL SELECT id FROM children UNION ALL \
        SELECT id FROM (SELECT e.id FROM children c CROSS JOIN items e ON e.parent = c.id \
        WHERE e.kind <> 'extra' LIMIT 12)), \
    versions (media) AS (SELECT m.id FROM those t CROSS JOIN media m ON m.item = t.item \
        UNION ALL SELECT h.media FROM those t CROSS JOIN shared_media h ON h.item = t.item) \
    SELECT p.id, p.missing_since IS NOT NULL, EXISTS (SELECT 1 FROM failures f WHERE f.source = p.source), \
        (SELECT d.value FROM products d WHERE d.source = p.source AND d.kind = 'bif') \
    FROM versions v CROSS JOIN parts p ON p.media = v.media LIMIT 24";

impl Library {
    /// The tiles of some items.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tiles(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Tile>, StoreError> {
        self.db().read(|tx| {
            let mut files = tx.prepare_cached(FILES)?;
            items.iter().map(|item| Ok((*item, tile(&mut files, *item)?))).collect()
        })
    }
}

fn tile(files: &mut CachedStatement<'_>, item: ItemId) -> Result<Tile, StoreError> {
    let files = readable(files, [item], "file of a tile", |row| {
        let value = row.get::<_, Option<Json<Value>>>(3)?.map(|Json(value)| value);
        let part: PartId = row.get(0)?;
        Ok((part, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?, value.and_then(Summary::out_of)))
    })?;
    let pictured = files.iter().filter(|(_, is_missing, ..)| !is_missing).find_map(|(part, .., summary)| {
        let Summary { pictures, interval_ms, .. } = summary.as_ref()?;
        (*pictures > 0).then(|| (*part, u64::from(pictures / 3) * u64::from(*interval_ms)))
    });
    Ok(Tile {
        picture: pictured,
        has_failed: files.iter().any(|(_, _, has_failed, _)| *has_failed),
        is_missing: !files.is_empty() && files.iter().all(|(_, is_missing, ..)| *is_missing),
    })
}
