//! Takes files out of the library that are gone for good, with the versions and items that are left empty.
//!
//! The files themselves are none of its business. What was made of them stays with their sources, which are
//! noted as held by nobody: `orphans.rs`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::touch;
use super::extras::{self, Homes};
use super::place::{line_of, prune_items, sharing};
use crate::orphans;
use crate::store::At;
use crate::{ItemId, MediaId, PartId, SectionId, SourceId, StoreError};

/// Forgets those of some parts of a section that have been missing since the instant beside them; which those
/// were.
pub(crate) fn forget(
    tx: &Connection,
    section: SectionId,
    parts: &[(PartId, Timestamp)],
) -> Result<Vec<PartId>, StoreError> {
    let (mut homes, mut left, mut forgotten) = (Homes::default(), Vec::new(), Vec::new());
    for (part, missing_since) in parts {
        let mut known = tx.prepare_cached(
            "SELECT p.source, p.tagged, m.id, m.item FROM parts p JOIN media m ON m.id = p.media \
             WHERE p.id = ?1 AND p.missing_since = ?2",
        )?;
        type Known = (SourceId, Option<SourceId>, MediaId, ItemId);
        let known: Option<Known> = known
            .query_row(params![part, At(*missing_since)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        // It is back, or somebody else forgot it.
        let Some((source, tagged, media, item)) = known else { continue };
        left.extend(sharing(tx, media)?);
        for above in line_of(tx, item)? {
            homes.add(above.home.as_deref());
            left.push(above.item);
        }
        tx.prepare_cached("DELETE FROM parts WHERE id = ?1")?.execute([part])?;
        tx.prepare_cached(
            "DELETE FROM media WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM parts WHERE media = ?1)",
        )?
        .execute([media])?;
        for source in [Some(source), tagged].into_iter().flatten() {
            orphans::note(tx, source, *missing_since)?;
        }
        forgotten.push(*part);
    }
    if !forgotten.is_empty() {
        prune_items(tx, &left, &mut homes)?;
        extras::settle(tx, section, &homes)?;
        touch(tx, section)?;
    }
    Ok(forgotten)
}
