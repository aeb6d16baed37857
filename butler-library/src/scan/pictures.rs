//! Pictures beside the media, on the database's side: which of them a walk found new, written or gone, and
//! whose they are. A picture whose item is not there waits, as an extra does; nothing is ever made for its
//! sake.
//!
//! Start with [`compare`], which is pure, and [`keep`].

use std::collections::HashMap;

use butler_product::Traits;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::artwork::{self, Owner};
use super::walk::{SeenPicture, Stat};
use crate::fingerprint::Prints;
use crate::orphans;
use crate::store::{At, Word, readable, sources};
use crate::{ItemId, ItemKind, RootId, SectionId, SectionKind, StoreError};

/// So many files of a folder are looked at to tell whose its picture is.
const MOST_NEIGHBOURS: u32 = 1_000;

/// A picture that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownPicture {
    pub(super) id: i64,
    pub(super) path: Vec<u8>,
    pub(super) size: u64,
    pub(super) mtime_ns: i64,
}

/// A picture that was read.
#[derive(Debug, Clone)]
pub(super) struct PictureRead {
    pub(super) root: RootId,
    pub(super) path: Vec<u8>,
    pub(super) stat: Stat,
    pub(super) prints: Prints,
}

/// What becomes of the pictures of a section.
#[derive(Debug, Default)]
pub(super) struct PicturePlan {
    /// Rows whose file is gone or was written since.
    pub(super) gone: Vec<i64>,
    /// Files that are new or were written since.
    pub(super) read: Vec<PictureRead>,
    /// Whether items may have come to stand elsewhere: then whose the others are is asked again.
    pub(super) items_moved: bool,
}

/// What a walk found of a root's pictures, against what is known of what it was about: those that are to be
/// read, and the rows that are no more. `is_unsure` says of which paths nothing can be told.
pub(super) fn compare(
    known: Vec<KnownPicture>,
    seen: Vec<SeenPicture>,
    is_unsure: &dyn Fn(&[u8]) -> bool,
) -> (Vec<SeenPicture>, Vec<i64>) {
    let mut known: HashMap<Vec<u8>, KnownPicture> =
        known.into_iter().map(|picture| (picture.path.clone(), picture)).collect();
    let mut gone = Vec::new();
    let mut is_new = |seen: &SeenPicture| match known.remove(&seen.path) {
        Some(known) if (known.size, known.mtime_ns) == (seen.stat.size, seen.stat.mtime_ns) => false,
        Some(known) => {
            gone.push(known.id);
            true
        }
        None => true,
    };
    let to_read = seen.into_iter().filter(&mut is_new).collect();
    gone.extend(known.into_values().filter(|known| !is_unsure(&known.path)).map(|known| known.id));
    gone.sort_unstable();
    (to_read, gone)
}

/// The pictures that are known of a root.
pub(super) fn known(tx: &Connection, root: RootId) -> Result<Vec<KnownPicture>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT id, path, size, mtime_ns FROM pictures WHERE root = ?1 ORDER BY path")?;
    let known = |row: &Row<'_>| {
        Ok(KnownPicture { id: row.get(0)?, path: row.get(1)?, size: row.get(2)?, mtime_ns: row.get(3)? })
    };
    Ok(readable(&mut statement, [root], "picture", known)?)
}

/// Keeps what became of pictures, and gives each that waits to its item, if that is there by now; all of them
/// where items moved.
pub(super) fn keep(
    tx: &Connection,
    section: SectionId,
    kind: SectionKind,
    plan: &PicturePlan,
    now: Timestamp,
) -> Result<(), StoreError> {
    for id in &plan.gone {
        let mut delete = tx.prepare_cached("DELETE FROM pictures WHERE id = ?1 RETURNING source")?;
        if let Some(source) = delete.query_row([id], |row| row.get(0)).optional()? {
            orphans::note(tx, source, now)?;
        }
    }
    for PictureRead { root, path, stat, prints } in &plan.read {
        let Some((role, _)) = artwork::read(kind, name(path)) else { continue };
        let source = sources::find_or_make(tx, prints, Traits::ARTWORK)?;
        tx.prepare_cached(
            "INSERT INTO pictures (role, root, path, size, mtime_ns, source, added_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (root, path) DO UPDATE SET \
             size = excluded.size, mtime_ns = excluded.mtime_ns, source = excluded.source",
        )?
        .execute(params![role.as_str(), root, path, stat.size, stat.mtime_ns, source, At(now)])?;
    }
    let mut waiting = tx.prepare_cached(
        "SELECT c.id, c.root, c.path FROM pictures c JOIN roots r ON r.id = c.root \
         WHERE r.section = ?1 AND (c.item IS NULL OR ?2)",
    )?;
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let waiting: Vec<(i64, RootId, Vec<u8>)> =
        readable(&mut waiting, params![section, plan.items_moved], "picture", row)?;
    for (id, root, path) in waiting {
        let Some((_, owner)) = artwork::read(kind, name(&path)) else { continue };
        let item = owner_of(tx, root, folder(&path), &owner)?;
        tx.prepare_cached("UPDATE pictures SET item = ?2 WHERE id = ?1 AND item IS NOT ?2")?
            .execute(params![id, item])?;
    }
    Ok(())
}

fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// With the slash behind it; empty for the root's own.
fn folder(path: &[u8]) -> &[u8] {
    &path[..path.len() - name(path).len()]
}

/// An item that a file in or below a folder belongs to, with those above it.
struct Neighbour {
    item: ItemId,
    kind: ItemKind,
    parent: Option<ItemId>,
    grandparent: Option<ItemId>,
    is_direct: bool,
}

/// Whose a picture is; none while that is not there or nobody can tell.
fn owner_of(
    tx: &Connection,
    root: RootId,
    folder: &[u8],
    owner: &Owner,
) -> Result<Option<ItemId>, StoreError> {
    if let Owner::File(stem) = owner {
        // Between the name with the dot of its extension, and with the byte that follows a dot; behind that
        // dot comes the extension alone.
        let with = |sign: u8| [folder, stem.as_slice(), &[sign]].concat();
        let mut statement = tx.prepare_cached(
            "SELECT m.item FROM parts p JOIN media m ON m.id = p.media JOIN items i ON i.id = m.item \
             WHERE p.root = ?1 AND p.path > ?2 AND p.path < ?3 AND i.kind <> 'extra' \
             AND instr(substr(p.path, length(?2) + 1), x'2E') = 0 \
             AND instr(substr(p.path, length(?2) + 1), x'2F') = 0 ORDER BY p.path LIMIT 1",
        )?;
        return Ok(statement
            .query_row(params![root, with(b'.'), with(b'/')], |row| row.get(0))
            .optional()?);
    }
    // A root's own folder is nobody's.
    let Some(inner) = folder.strip_suffix(b"/") else { return Ok(None) };
    let neighbours = neighbours(tx, root, folder, inner)?;
    Ok(match owner {
        Owner::Season(number) => {
            let Some(show) = only(neighbours.iter().map(|neighbour| neighbour.grandparent)) else {
                return Ok(None);
            };
            let mut season = tx.prepare_cached(
                "SELECT id FROM items WHERE parent = ?1 AND kind = 'season' AND number = ?2",
            )?;
            season.query_row(params![show, number], |row| row.get(0)).optional()?
        }
        Owner::Folder | Owner::File(_) => whose_folder(&neighbours, inner.contains(&b'/')),
    })
}

/// The item whose folder it is: of tracks and episodes that lie in it the album or season, of those that lie
/// deeper the artist or show. A show without folders for its seasons lies right in its root.
fn whose_folder(neighbours: &[Neighbour], is_deep: bool) -> Option<ItemId> {
    let has_direct = neighbours.iter().any(|neighbour| neighbour.is_direct);
    let counting = neighbours.iter().filter(|neighbour| neighbour.is_direct || !has_direct);
    only(counting.map(|neighbour| match neighbour.kind {
        ItemKind::Episode if has_direct && is_deep => neighbour.parent,
        ItemKind::Track if has_direct => neighbour.parent,
        ItemKind::Episode | ItemKind::Track => neighbour.grandparent,
        _ => Some(neighbour.item),
    }))
}

/// What all of them are, if they are one.
fn only(mut items: impl Iterator<Item = Option<ItemId>>) -> Option<ItemId> {
    let first = items.next()??;
    items.all(|item| item == Some(first)).then_some(first)
}

fn neighbours(
    tx: &Connection,
    root: RootId,
    folder: &[u8],
    inner: &[u8],
) -> Result<Vec<Neighbour>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT i.id, i.kind, i.parent, a.parent, p.path FROM parts p JOIN media m ON m.id = p.media \
         JOIN items i ON i.id = m.item LEFT JOIN items a ON a.id = i.parent \
         WHERE p.root = ?1 AND p.path > ?2 AND p.path < ?3 AND i.kind <> 'extra' LIMIT ?4",
    )?;
    let behind = [inner, b"0"].concat();
    let neighbour = |row: &Row<'_>| {
        let path: Vec<u8> = row.get(4)?;
        Ok(Neighbour {
            item: row.get(0)?,
            kind: row.get::<_, Word<ItemKind>>(1)?.0,
            parent: row.get(2)?,
            grandparent: row.get(3)?,
            is_direct: !path[folder.len()..].contains(&b'/'),
        })
    };
    Ok(readable(&mut statement, params![root, folder, behind, MOST_NEIGHBOURS], "part", neighbour)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(size: u64) -> Stat {
        Stat { size, mtime_ns: 1, inode: 1, dev: 1 }
    }

    #[test]
    fn a_picture_is_new_written_gone_or_left_as_it_is() {
        let known = |id, path: &str| KnownPicture { id, path: path.into(), size: 5, mtime_ns: 1 };
        let seen = |path: &str, size| SeenPicture { path: path.into(), stat: stat(size) };
        let is_unsure = |path: &[u8]| path.starts_with(b"locked/");
        let (to_read, gone) = compare(
            vec![
                known(1, "a/poster.jpg"),
                known(2, "b/poster.jpg"),
                known(3, "c.jpg"),
                known(4, "locked/d.jpg"),
            ],
            vec![seen("a/poster.jpg", 5), seen("b/poster.jpg", 6), seen("new/poster.jpg", 5)],
            &is_unsure,
        );
        let paths: Vec<_> = to_read.iter().map(|seen| String::from_utf8_lossy(&seen.path)).collect();
        assert_eq!((paths, gone), (vec!["b/poster.jpg".into(), "new/poster.jpg".into()], vec![2, 3]));
    }

    #[test]
    fn a_folders_picture_belongs_to_the_one_item_that_all_of_it_is() {
        let neighbour = |kind, item, parent: i64, grandparent: i64, is_direct| Neighbour {
            item: ItemId(item),
            kind,
            parent: Some(ItemId(parent)).filter(|id| id.0 > 0),
            grandparent: Some(ItemId(grandparent)).filter(|id| id.0 > 0),
            is_direct,
        };
        let check = |neighbours: &[Neighbour], is_deep, expect: Option<i64>| {
            assert_eq!(whose_folder(neighbours, is_deep).map(|item| item.0), expect);
        };
        let film = |item| neighbour(ItemKind::Movie, item, 0, 0, true);
        check(&[film(1), film(1)], false, Some(1));
        check(&[film(1), film(2)], false, None);
        let episode = |item, is_direct| neighbour(ItemKind::Episode, item, 8, 9, is_direct);
        check(&[episode(1, true), episode(2, true)], true, Some(8));
        check(&[episode(1, true)], false, Some(9));
        check(&[episode(1, false), episode(2, false)], false, Some(9));
        let track = |item, album, is_direct| neighbour(ItemKind::Track, item, album, 9, is_direct);
        check(&[track(1, 5, true), track(2, 5, true)], true, Some(5));
        check(&[track(1, 5, false), track(2, 6, false)], false, Some(9));
        check(&[], false, None);
    }
}
