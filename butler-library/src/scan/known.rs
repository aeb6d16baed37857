//! The parts of a section as the database has them, lent one after the other: what a walk is compared with.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::compare::Known;
use super::extent::Extent;
use super::walk::Stat;
use crate::{RootId, SectionId, SourceId, StoreError};

/// A part as it is known. A file whose tags were never looked at, since an older Butler read it, passes for
/// one that was written since.
const KNOWN: &str = "SELECT p.id, p.path, p.size, iif(p.tagged IS NULL, -1, p.mtime_ns), p.inode, p.dev, \
                     p.source, \
                     p.missing_since IS NOT NULL, p.root FROM parts p";

fn known<'a>(row: &'a Row<'_>) -> Result<Known<&'a [u8]>, StoreError> {
    // Inodes and devices use all 64 bits on some file systems; they are kept as the same bits, signed.
    let (inode, dev): (i64, i64) = (row.get(4)?, row.get(5)?);
    let stat = Stat { size: row.get(2)?, mtime_ns: row.get(3)?, inode: inode as u64, dev: dev as u64 };
    let path = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(Known { part: row.get(0)?, root: row.get(8)?, path, stat, source: row.get(6)?, missing: row.get(7)? })
}

/// Tells every part of a section, those of roots that were taken out of it included; or only those that
/// `extents` hold. Root by root, each by path, from behind the path `last` on, until `tell` wants no more.
pub(super) fn known_parts(
    tx: &Connection,
    section: SectionId,
    extents: Option<&HashMap<RootId, Arc<Extent>>>,
    last: Option<(RootId, &[u8])>,
    tell: &mut dyn FnMut(Known<&[u8]>) -> bool,
) -> Result<(), StoreError> {
    let mut roots = tx.prepare_cached("SELECT id FROM roots WHERE section = ?1 AND id >= ?2 ORDER BY id")?;
    let first = last.map_or(RootId(0), |(root, _)| root);
    let roots: Vec<RootId> =
        roots.query_map(params![section, first], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for root in roots {
        // No path is empty.
        let behind = last.filter(|(of, _)| *of == root).map_or(&[][..], |(_, path)| path);
        match extents.map(|extents| extents.get(&root).map(Arc::as_ref)) {
            None | Some(Some(Extent::Whole)) => {
                let mut parts =
                    tx.prepare_cached(&format!("{KNOWN} WHERE p.root = ?1 AND p.path > ?2 ORDER BY p.path"))?;
                let mut rows = parts.query(params![root, behind])?;
                while let Some(row) = rows.next()? {
                    if !tell(known(row)?) {
                        return Ok(());
                    }
                }
            }
            Some(Some(Extent::Paths(paths))) => {
                let parts = parts_below(tx, root, paths)?;
                if !parts
                    .iter()
                    .filter(|known| known.path.as_slice() > behind)
                    .all(|known| tell(known.lent()))
                {
                    return Ok(());
                }
            }
            Some(None) => {}
        }
    }
    Ok(())
}

/// The parts at some paths of a root and below them, by path.
fn parts_below(tx: &Connection, root: RootId, paths: &[Vec<u8>]) -> Result<Vec<Known>, StoreError> {
    let mut parts = tx.prepare_cached(&format!(
        "{KNOWN} WHERE p.root = ?1 AND (p.path = ?2 OR (p.path > ?3 AND p.path < ?4))"
    ))?;
    let mut all = Vec::new();
    for path in paths {
        // What lies in a folder comes between its name with a slash and its name with the sign behind that.
        let with = |sign: u8| [path.as_slice(), &[sign]].concat();
        let mut rows = parts.query(params![root, path, with(b'/'), with(b'/' + 1)])?;
        while let Some(row) = rows.next()? {
            all.push(known(row)?.kept());
        }
    }
    all.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

/// The parts of a section that have a content.
pub(super) fn parts_of(
    tx: &Connection,
    section: SectionId,
    source: SourceId,
) -> Result<Vec<Known>, StoreError> {
    let mut parts = tx.prepare_cached(&format!(
        "{KNOWN} JOIN roots r ON r.id = p.root WHERE p.source = ?1 AND r.section = ?2"
    ))?;
    let mut rows = parts.query(params![source, section])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(known(row)?.kept());
    }
    Ok(all)
}
