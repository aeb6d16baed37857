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

/// Forgets the files that others have replaced; how many. Each was missing at an earlier scan already and
/// is at this one, which saw all of the section's folders; and in the same folder lies another version of
/// the same item, found when it went or later. A version that only went, or a piece of one, is left to
/// garbage collection.
pub(super) fn forget_replaced(
    tx: &Connection,
    section: SectionId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT p.id, p.missing_since, p.path, q.path \
         FROM roots r JOIN parts p ON p.root = r.id JOIN media m ON m.id = p.media \
         JOIN media n ON n.item = m.item AND n.id <> m.id JOIN parts q ON q.media = n.id AND q.root = p.root \
         WHERE r.section = ?1 AND NOT r.removed AND p.missing_since IS NOT NULL AND p.missing_since < ?2 \
         AND q.missing_since IS NULL AND q.added_at >= p.missing_since",
    )?;
    let row = |row: &rusqlite::Row<'_>| {
        let (old, new): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
        Ok((row.get::<_, PartId>(0)?, row.get::<_, At>(1)?.0, folder(&old) == folder(&new)))
    };
    let found = statement.query_map(params![section, At(now)], row)?.collect::<Result<Vec<_>, _>>()?;
    let mut replaced: Vec<(PartId, Timestamp)> =
        found.into_iter().filter(|(.., beside)| *beside).map(|(part, since, _)| (part, since)).collect();
    replaced.dedup();
    Ok(forget(tx, section, &replaced)?.len())
}

/// The folder of a path below a root.
fn folder(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(&[], |end| &path[..end])
}

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
