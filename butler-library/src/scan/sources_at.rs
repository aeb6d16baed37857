//! Which contents lie at some paths of a section: what a run that is limited to these paths is about. Asks
//! the database alone; what is on the disk meanwhile is a scan's business.

use std::path::PathBuf;

use rusqlite::{Connection, Row, params};

use super::extent::Extent;
use crate::store::{path_from_bytes, readable};
use crate::{Library, RootId, SectionId, SourceId, StoreError};

impl Library {
    /// The contents of the files and pictures of a section at these whole paths and below them, in order; of
    /// music those that stand for its tags too.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sources_at(&self, section: SectionId, paths: &[PathBuf]) -> Result<Vec<SourceId>, StoreError> {
        self.db().read(|tx| {
            let mut roots = tx.prepare_cached("SELECT id, path FROM roots WHERE section = ?1")?;
            let root =
                |row: &Row<'_>| Ok((row.get::<_, RootId>(0)?, path_from_bytes(&row.get::<_, Vec<u8>>(1)?)));
            let mut sources = Vec::new();
            for (id, root) in readable(&mut roots, [section], "root", root)? {
                match Extent::of(&root, paths) {
                    None => {}
                    Some(Extent::Whole) => sources.extend(below(tx, id, b"")?),
                    Some(Extent::Paths(paths)) => {
                        for path in paths {
                            sources.extend(below(tx, id, &path)?);
                        }
                    }
                }
            }
            sources.sort_unstable();
            sources.dedup();
            Ok(sources)
        })
    }
}

/// The contents at a path below a root, and below that; of all of the root where the path is empty.
fn below(tx: &Connection, root: RootId, path: &[u8]) -> Result<Vec<SourceId>, StoreError> {
    // What lies in a folder comes between its name with a slash and its name with the sign behind that.
    let with = |sign: u8| [path, &[sign]].concat();
    let lies = if path.is_empty() { "TRUE" } else { "(path = ?2 OR (path > ?3 AND path < ?4))" };
    let mut sources = tx.prepare_cached(&format!(
        "SELECT source FROM parts WHERE root = ?1 AND {lies} \
         UNION SELECT tagged FROM parts WHERE root = ?1 AND tagged IS NOT NULL AND {lies} \
         UNION SELECT source FROM pictures WHERE root = ?1 AND {lies}"
    ))?;
    let source = |row: &Row<'_>| row.get(0);
    Ok(if path.is_empty() {
        readable(&mut sources, [root], "part", source)?
    } else {
        readable(&mut sources, params![root, path, with(b'/'), with(b'/' + 1)], "part", source)?
    })
}
