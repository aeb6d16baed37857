//! What places need to know of music: tracks whose tags nobody has read, and albums that are one although
//! their tracks say different years.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{ItemId, PartId, RootId, SectionId, StoreError};

/// Whether a part's file may carry tags that nobody has read yet.
pub(super) fn is_unread(tx: &Connection, part: PartId) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM parts p WHERE p.id = ?1 AND p.medium = 'audio' \
         AND NOT EXISTS (SELECT 1 FROM products d WHERE d.source = coalesce(p.tagged, p.source) AND d.kind = \
         'tags')",
    )?;
    Ok(statement.exists([part])?)
}

/// Whether an item has this title, whatever its case, among the children of a parent.
pub(super) fn is_called(
    tx: &Connection,
    item: ItemId,
    parent: Option<ItemId>,
    title: &str,
) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached("SELECT title FROM items WHERE id = ?1 AND parent IS ?2")?;
    let known: Option<String> = statement.query_row(params![item, parent], |row| row.get(0)).optional()?;
    Ok(known.is_some_and(|known| known.to_lowercase() == title.to_lowercase()))
}

/// The album of a name, of whatever year, that holds other tracks of the folder in which a part lies, by
/// their tags: they may say different years, and are on one album all the same. `key` is that of the album as
/// the part's tags say it.
pub(super) fn album_of_neighbours(
    tx: &Connection,
    section: SectionId,
    artist: Option<ItemId>,
    key: &[u8],
    part: PartId,
) -> Result<Option<ItemId>, StoreError> {
    let Some(title) = key.iter().rposition(|byte| *byte == 0x1f) else { return Ok(None) };
    // The year stands last in an album's key; what begins with the same title lies between these two.
    let (first, last) = (&key[..=title], [&key[..title], &[0x20]].concat());
    let mut statement = tx.prepare_cached(
        "SELECT id FROM items \
         WHERE section = ?1 AND kind = 'album' AND coalesce(parent, 0) = ?2 AND key >= ?3 AND key < ?4 \
         ORDER BY id",
    )?;
    let artist = artist.map_or(0, |artist| artist.0);
    let albums = statement
        .query_map(params![section, artist, first, last], |row| row.get(0))?
        .collect::<Result<Vec<ItemId>, _>>()?;
    if albums.is_empty() {
        return Ok(None);
    }
    let (root, path): (RootId, Vec<u8>) = tx
        .prepare_cached("SELECT root, path FROM parts WHERE id = ?1")?
        .query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(end) = path.iter().rposition(|byte| *byte == b'/') else { return Ok(None) };
    // Between the folder's name with a slash, and with the byte that follows a slash.
    let (from, to) = ([&path[..end], b"/"].concat(), [&path[..end], b"0"].concat());
    let mut neighbour = tx.prepare_cached(
        "SELECT 1 FROM items t JOIN media m ON m.item = t.id JOIN parts p ON p.media = m.id \
         WHERE t.parent = ?1 AND p.root = ?2 AND p.path > ?3 AND p.path < ?4 AND p.id <> ?5 \
         AND EXISTS (SELECT 1 FROM products d WHERE d.source = coalesce(p.tagged, p.source) AND d.kind = \
         'tags')",
    )?;
    for album in albums {
        if neighbour.exists(params![album, root, from, to, part])? {
            return Ok(Some(album));
        }
    }
    Ok(None)
}
