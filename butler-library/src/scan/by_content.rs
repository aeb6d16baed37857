//! Places the files of a content anew, once a worker has read what it says of itself: its tags, or how a
//! photo was taken. By the same rules as a scan, so that neither undoes the other's work.

use std::collections::BTreeMap;

use butler_product::Value;
use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::content::describe;
use super::location::Location;
use super::merge::Details;
use super::place::place_again;
use super::plan::{named, placement};
use crate::store::Word;
use crate::{PartId, RootId, SectionId, SectionKind, SourceId, StoreError};

/// A file of the content.
struct File {
    part: PartId,
    section: SectionId,
    kind: SectionKind,
    root: RootId,
    path: Vec<u8>,
    size: u64,
    mtime_ns: i64,
}

/// Places the files of a content anew, now that a worker has read what it says of itself.
pub(crate) fn place_by_content(
    tx: &Connection,
    source: SourceId,
    says: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT p.id, r.section, s.kind, p.root, p.path, p.size, p.mtime_ns FROM parts p JOIN roots r ON r.id \
         = p.root JOIN sections s ON s.id = r.section \
         WHERE (p.tagged = ?1 OR (p.source = ?1 AND p.tagged IS NULL)) AND s.kind IN ('artist', 'photo') \
         ORDER BY p.id",
    )?;
    let file = |row: &Row<'_>| {
        let kind = row.get::<_, Word<SectionKind>>(2)?.0;
        let (part, section, root) = (row.get(0)?, row.get(1)?, row.get(3)?);
        Ok(File { part, section, kind, root, path: row.get(4)?, size: row.get(5)?, mtime_ns: row.get(6)? })
    };
    let files = statement.query_map([source], file)?.collect::<Result<Vec<_>, _>>()?;
    let mut sections: BTreeMap<SectionId, Vec<(PartId, Location, Details)>> = BTreeMap::new();
    for File { part, section, kind, root, path, size, mtime_ns } in files {
        let (location, details) = placement(named(kind, &path, size), Some(says), root, &path, mtime_ns);
        sections.entry(section).or_default().push((part, location, details));
    }
    for (section, parts) in sections {
        let places: Vec<(PartId, Location)> =
            parts.iter().map(|(part, location, _)| (*part, location.clone())).collect();
        place_again(tx, section, &places, now)?;
        for (part, _, details) in &parts {
            describe(tx, *part, details)?;
        }
        tx.prepare_cached("UPDATE sections SET content_changed_at = content_changed_at + 1 WHERE id = ?1")?
            .execute([section])?;
    }
    Ok(())
}
