//! Puts what a scan found into the database: one transaction a batch, and one for the end.

use std::collections::HashMap;
use std::sync::Arc;

use butler_api::RunId;
use butler_names::Named;
use butler_product::Traits;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::compare::Known;
use super::content::{describe, says};
use super::extent::Extent;
use super::extras::{self, Homes};
use super::line::Line;
use super::media_names::Medium;
use super::place::{Moves, place, place_again, prune};
use super::told::{Told, told};
use super::walk::Stat;
use crate::fingerprint::Prints;
use crate::store::failures::{ScanFailure, add_scan_failures, forget_scan_failures};
use crate::store::{At, Json, sources};
use crate::{Library, PartId, RootId, SectionId, SourceId, StoreError};

/// A file that was read, and what it is.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) root: RootId,
    pub(super) path: Vec<u8>,
    pub(super) stat: Stat,
    pub(super) medium: Medium,
    pub(super) prints: Prints,
    pub(super) named: Named,
}

/// What becomes of one part.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Added(Placed),
    Changed(PartId, Placed),
    /// It is there as it was, on a disk and inode of perhaps other numbers.
    There(PartId, Stat),
}

/// What the last transaction of a scan does.
pub(super) struct Ending {
    pub(super) moved: Vec<(PartId, Placed)>,
    /// New files that might have been moves and are none.
    pub(super) added: Vec<Placed>,
    pub(super) missing: Vec<PartId>,
    pub(super) failures: Vec<ScanFailure>,
    /// The roots that were walked, and what of each.
    pub(super) walked: HashMap<RootId, Arc<Extent>>,
    /// Whether nothing was away: only then roots that were taken out of the section are let go.
    pub(super) all_roots_there: bool,
    /// Whether only some paths of the section were walked: then nothing is let go, and the section is not
    /// scanned by that.
    pub(super) is_partial: bool,
    pub(super) run: Option<RunId>,
    pub(super) now: Timestamp,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) added: u64,
    pub(super) doubled: u64,
    pub(super) changed: u64,
}

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

/// Applies a batch of changes, all or none of them.
pub(super) fn batch(
    library: &Library,
    section: SectionId,
    changes: Vec<Change>,
    now: Timestamp,
) -> Result<Counts, StoreError> {
    library.db().write(move |tx| {
        let (mut counts, mut homes) = (Counts::default(), Homes::default());
        for change in &changes {
            match change {
                Change::Added(placed) => add(tx, section, placed, now, &mut counts, &mut homes)?,
                Change::Changed(part, placed) => {
                    let source = source_of(tx, placed)?;
                    set_part(tx, *part, placed, source)?;
                    place_changed(tx, section, *part, placed, now)?;
                    tx.prepare_cached(
                        "UPDATE items SET updated_at = ?2 \
                         WHERE id = (SELECT m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = \
                         ?1)",
                    )?
                    .execute(params![part, At(now)])?;
                    counts.changed += 1;
                }
                Change::There(part, stat) => {
                    tx.prepare_cached(
                        "UPDATE parts SET missing_since = NULL, inode = ?2, dev = ?3 \
                         WHERE id = ?1",
                    )?
                    .execute(params![part, stat.inode as i64, stat.dev as i64])?;
                }
            }
        }
        extras::settle(tx, section, &homes)?;
        set_missing_where_removed(tx, section, now)?;
        touch(tx, section)?;
        Ok(counts)
    })
}

/// A root that was taken out of its section while it was scanned has no files that are there.
fn set_missing_where_removed(tx: &Connection, section: SectionId, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE parts SET missing_since = ?2 \
         WHERE missing_since IS NULL AND root IN (SELECT id FROM roots WHERE section = ?1 AND removed)",
    )?
    .execute(params![section, At(now)])?;
    Ok(())
}

/// Applies what is known only when all was walked.
pub(super) fn end(library: &Library, section: SectionId, ending: Ending) -> Result<Counts, StoreError> {
    library.db().write(move |tx| {
        let Ending { moved, added, missing, failures, walked, all_roots_there, is_partial, run, now } =
            ending;
        let (mut counts, mut homes) = (Counts::default(), Homes::default());
        for part in &missing {
            tx.prepare_cached("UPDATE parts SET missing_since = ?2 WHERE id = ?1")?
                .execute(params![part, At(now)])?;
        }
        let mut moves = Moves::new(moved.iter().map(|(part, _)| *part));
        for (part, placed) in &moved {
            let source = source_of(tx, placed)?;
            let (told, _) = told_of(tx, placed, source)?;
            moves.carry(
                tx,
                section,
                *part,
                &Line::of(&told.named, placed.root, &placed.path),
                &mut homes,
                now,
            )?;
            set_part(tx, *part, placed, source)?;
            describe(tx, *part, &told.details)?;
        }
        for placed in &added {
            add(tx, section, placed, now, &mut counts, &mut homes)?;
        }
        set_missing_where_removed(tx, section, now)?;
        let mut let_go = 0;
        if all_roots_there && !is_partial {
            // One that was taken out during this scan waits for the next, which may find its files elsewhere.
            let_go = tx.execute(
                "DELETE FROM roots \
                 WHERE section = ?1 AND removed AND id NOT IN (SELECT value FROM json_each(?2))",
                params![section, Json(walked.keys().map(|root| root.0).collect::<Vec<_>>())],
            )?;
        }
        if !moved.is_empty() || let_go > 0 {
            prune(tx, section, &mut homes)?;
        }
        extras::settle(tx, section, &homes)?;
        for (root, extent) in &walked {
            forget_scan_failures(tx, *root, &|path| extent.concerns(path), &failures)?;
        }
        add_scan_failures(tx, &failures, run, now)?;
        if !moved.is_empty() || !added.is_empty() || !missing.is_empty() || let_go > 0 {
            touch(tx, section)?;
        }
        if !is_partial {
            tx.execute(
                "UPDATE sections SET scanned_at = ?2, first_scanned_at = coalesce(first_scanned_at, ?2) \
                 WHERE id = ?1",
                params![section, At(now)],
            )?;
        }
        Ok(counts)
    })
}

fn add(
    tx: &Connection,
    section: SectionId,
    placed: &Placed,
    now: Timestamp,
    counts: &mut Counts,
    homes: &mut Homes,
) -> Result<(), StoreError> {
    let source = source_of(tx, placed)?;
    let doubled = tx
        .prepare_cached("SELECT 1 FROM parts WHERE source = ?1 AND missing_since IS NULL")?
        .exists([source])?;
    let (told, tagged) = told_of(tx, placed, source)?;
    let line = Line::of(&told.named, placed.root, &placed.path);
    let media = place(tx, section, &line, homes, now)?;
    let Stat { size, mtime_ns, inode, dev } = placed.stat;
    tx.prepare_cached(
        "INSERT INTO parts (media, piece, root, path, medium, size, mtime_ns, inode, dev, source, tagged, \
         added_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        media,
        line.version.piece,
        placed.root,
        placed.path,
        placed.medium.as_str(),
        size,
        mtime_ns,
        inode as i64,
        dev as i64,
        source,
        tagged,
        At(now)
    ])?;
    describe(tx, PartId(tx.last_insert_rowid()), &told.details)?;
    counts.added += 1;
    counts.doubled += u64::from(doubled);
    Ok(())
}

fn set_part(tx: &Connection, part: PartId, placed: &Placed, source: SourceId) -> Result<(), StoreError> {
    let Stat { size, mtime_ns, inode, dev } = placed.stat;
    tx.prepare_cached(
        "UPDATE parts SET root = ?2, path = ?3, medium = ?4, size = ?5, mtime_ns = ?6, inode = ?7, dev = ?8, \
         source = ?9, tagged = ?10, missing_since = NULL \
         WHERE id = ?1",
    )?
    .execute(params![
        part,
        placed.root,
        placed.path,
        placed.medium.as_str(),
        size,
        mtime_ns,
        inode as i64,
        dev as i64,
        source,
        tagged_source(tx, placed, source)?
    ])?;
    Ok(())
}

/// The source of a file's content.
fn source_of(tx: &Connection, placed: &Placed) -> Result<SourceId, StoreError> {
    let tagged = if placed.prints.tagged.is_none() { of_tags(placed) } else { Traits::empty() };
    sources::find_or_make(tx, &placed.prints, placed.medium.traits() | tagged)
}

/// The source of a file with its tags.
fn tagged_source(tx: &Connection, placed: &Placed, source: SourceId) -> Result<SourceId, StoreError> {
    if placed.prints.tagged.is_some() {
        sources::find_or_make(tx, &placed.prints.with_tags(), of_tags(placed))
    } else {
        Ok(source)
    }
}

/// Whoever stands for a file's tags is asked for them.
fn of_tags(placed: &Placed) -> Traits {
    if placed.medium == Medium::Audio { Traits::TAGGED } else { Traits::empty() }
}

/// What a file is by its name and by what its content is known to say, and the source of the file with its
/// tags.
fn told_of(tx: &Connection, placed: &Placed, source: SourceId) -> Result<(Told, SourceId), StoreError> {
    let tagged = tagged_source(tx, placed, source)?;
    Ok((told(placed.named.clone(), says(tx, tagged)?.as_ref(), placed.stat.mtime_ns), tagged))
}

/// Places a file that was written since, if it is known what it says of itself now; else it waits where it is
/// to be read.
fn place_changed(
    tx: &Connection,
    section: SectionId,
    part: PartId,
    placed: &Placed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tagged = tagged_source(tx, placed, source_of(tx, placed)?)?;
    let says = says(tx, tagged)?;
    // A video is what its name says; one that an older Butler placed is placed by what names mean today.
    if says.is_none() && placed.medium != Medium::Video {
        return Ok(());
    }
    let Told { named, details } = told(placed.named.clone(), says.as_ref(), placed.stat.mtime_ns);
    place_again(tx, section, &[(part, Line::of(&named, placed.root, &placed.path))], now)?;
    describe(tx, part, &details)
}

fn touch(tx: &Connection, section: SectionId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE sections SET content_changed_at = content_changed_at + 1 WHERE id = ?1")?
        .execute([section])?;
    Ok(())
}
