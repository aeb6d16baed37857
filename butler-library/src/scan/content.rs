//! What contents say of themselves, in the database: looked up for a file that is placed, and written beside
//! its item. What follows from it is decided in `merge`.

use butler_product::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::merge::Details;
use super::plan::FileRead;
use crate::store::{Json, sources};
use crate::{PartId, StoreError};

/// What the content of a file says of itself, if that is known and was read: its tags, or how a photo was
/// taken.
pub(super) fn says(tx: &Connection, file: &FileRead) -> Result<Option<Value>, StoreError> {
    let Some(tagged) = sources::find(tx, &file.prints.with_tags())? else { return Ok(None) };
    let mut statement =
        tx.prepare_cached("SELECT value FROM products WHERE source = ?1 AND kind IN ('tags', 'photo')")?;
    Ok(statement.query_row([tagged], |row| Ok(row.get::<_, Json<Value>>(0)?.0)).optional()?)
}

/// Writes what the item of a part shows beside its title. Only tracks and photos have such.
pub(super) fn describe(tx: &Connection, part: PartId, details: &Details) -> Result<(), StoreError> {
    let Details { disc, performer, genres, taken } = details;
    let (taken, from) =
        taken.as_ref().map_or((None, None), |(taken, from)| (Some(taken), Some(from.as_str())));
    tx.prepare_cached(
        "UPDATE items SET disc = ?2, original_title = ?3, genres = ?4, taken = ?5, taken_offset = ?6, \
         taken_from = ?7, year = coalesce(?8, year) \
         WHERE id = (SELECT m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = ?1) AND kind IN \
         ('track', 'photo')",
    )?
    .execute(params![
        part,
        disc,
        performer,
        Json(genres),
        taken.map(|taken| &taken.local),
        taken.and_then(|taken| taken.offset_minutes),
        from,
        taken.and_then(|taken| taken.year()),
    ])?;
    Ok(())
}
