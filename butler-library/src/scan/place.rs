//! Where a file stands in the tree of items: found by what its name says, made where nothing is, carried along on a move.
//!
//! On a move an item keeps its identity: it is renamed in place, with the show or album above it, if all that belongs to
//! it moves along and nothing stands at the new place.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::naming::{Named, sort_title};
use crate::store::At;
use crate::{ItemId, ItemKind, MediaId, PartId, RootId, SectionId, StoreError};

/// One item on the way from the top of the tree to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    kind: ItemKind,
    /// What makes it itself among its parent's children.
    key: Vec<u8>,
    title: String,
    year: Option<u16>,
    number: Option<u32>,
}

/// The items that a file belongs to, from the top down.
pub(super) fn steps(named: &Named, root: RootId, path: &[u8]) -> Vec<Step> {
    let step = |kind, key, title: &str, year, number| Step { kind, key, title: title.to_owned(), year, number };
    match named {
        Named::Movie { title, year } => {
            // Two files of one name in one folder are two versions of a film; in two folders they are two films.
            let folder = path.iter().rposition(|byte| *byte == b'/').map_or(&path[..0], |end| &path[..end]);
            vec![step(ItemKind::Movie, key(&[&folded(title), &text(*year), root.to_string().as_bytes(), folder]), title, *year, None)]
        }
        Named::Episode { show, show_year, season, number, title } => {
            let season_title = if *season == 0 { "Specials".to_owned() } else { format!("Season {season}") };
            let own = number.map_or_else(|| key(&[b"", &folded(title)]), |number| key(&[number.to_string().as_bytes()]));
            vec![
                step(ItemKind::Show, key(&[&folded(show), &text(*show_year)]), show, *show_year, None),
                step(ItemKind::Season, key(&[season.to_string().as_bytes()]), &season_title, None, Some(*season)),
                step(ItemKind::Episode, own, title, None, *number),
            ]
        }
        Named::Track { artist, album, album_year, disc, number, title } => vec![
            step(ItemKind::Artist, key(&[&folded(artist)]), artist, None, None),
            step(ItemKind::Album, key(&[&folded(album), &text(*album_year)]), album, *album_year, None),
            step(ItemKind::Track, key(&[&text(*disc), &text(*number), &folded(title)]), title, None, *number),
        ],
        Named::Photo { title } => vec![step(ItemKind::Photo, key(&[root.to_string().as_bytes(), path]), title, None, None)],
    }
}

fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&0x1f)
}

fn folded(title: &str) -> Vec<u8> {
    title.to_lowercase().into_bytes()
}

fn text(number: Option<impl ToString>) -> Vec<u8> {
    number.map_or_else(Vec::new, |number| number.to_string().into_bytes())
}

/// The item at the end of the steps; those that are not there are made.
pub(super) fn place(tx: &Connection, section: SectionId, steps: &[Step], now: Timestamp) -> Result<ItemId, StoreError> {
    let mut parent = None;
    for step in steps {
        parent = Some(match find(tx, section, parent, step)? {
            Some(item) => item,
            None => make(tx, section, parent, step, now)?,
        });
    }
    let item = parent.ok_or(StoreError::Unknown { what: "item", id: 0 })?;
    tx.prepare_cached("UPDATE items SET updated_at = ?2 WHERE id = ?1")?.execute(params![item, At(now)])?;
    Ok(item)
}

fn find(tx: &Connection, section: SectionId, parent: Option<ItemId>, step: &Step) -> Result<Option<ItemId>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT id FROM items WHERE section = ?1 AND kind = ?2 AND coalesce(parent, 0) = ?3 AND key = ?4")?;
    let parent = parent.map_or(0, |parent| parent.0);
    Ok(statement.query_row(params![section, step.kind.as_str(), parent, step.key], |row| row.get(0)).optional()?)
}

fn make(tx: &Connection, section: SectionId, parent: Option<ItemId>, step: &Step, now: Timestamp) -> Result<ItemId, StoreError> {
    let Step { kind, key, title, year, number } = step;
    tx.prepare_cached(
        "INSERT INTO items (section, kind, parent, key, title, sort_title, year, number, added_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    )?
    .execute(params![section, kind.as_str(), parent, key, title, sort_title(title), year, number, At(now)])?;
    Ok(ItemId(tx.last_insert_rowid()))
}

/// The moves of one scan.
pub(super) struct Moves {
    parts: HashSet<PartId>,
    /// Items that are where they belong by now: none of them is renamed once more for a later part.
    settled: HashSet<ItemId>,
}

impl Moves {
    pub(super) fn new(parts: impl Iterator<Item = PartId>) -> Self {
        Self { parts: parts.collect(), settled: HashSet::new() }
    }

    /// Brings a part's item to its new place, or the part's media to the item that stands there.
    pub(super) fn carry(
        &mut self,
        tx: &Connection,
        section: SectionId,
        part: PartId,
        steps: &[Step],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (media, item): (MediaId, ItemId) = tx
            .prepare_cached("SELECT m.id, m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = ?1")?
            .query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let old = self.line_of(tx, item)?;
        let mut parent = None;
        for step in steps {
            let own = old.iter().find(|(_, kind)| *kind == step.kind.as_str()).map(|(id, _)| *id);
            let here = match find(tx, section, parent, step)? {
                Some(there) => {
                    rename(tx, there, parent, step, now)?;
                    there
                }
                None => match own {
                    Some(own) if self.moves_whole(tx, own)? => {
                        rename(tx, own, parent, step, now)?;
                        own
                    }
                    _ => make(tx, section, parent, step, now)?,
                },
            };
            self.settled.insert(here);
            parent = Some(here);
        }
        tx.prepare_cached("UPDATE media SET item = ?2 WHERE id = ?1 AND item <> ?2")?.execute(params![media, parent])?;
        Ok(())
    }

    /// An item and those above it.
    fn line_of(&self, tx: &Connection, item: ItemId) -> Result<Vec<(ItemId, String)>, StoreError> {
        let mut statement = tx.prepare_cached(
            "WITH RECURSIVE line (id) AS (SELECT ?1 UNION ALL SELECT i.parent FROM items i JOIN line l ON i.id = l.id WHERE i.parent IS NOT NULL) \
             SELECT i.id, i.kind FROM items i JOIN line l ON l.id = i.id",
        )?;
        Ok(statement.query_map([item], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }

    /// Whether every file of an item that is there moves in this scan, and the item has not found its place yet.
    fn moves_whole(&self, tx: &Connection, item: ItemId) -> Result<bool, StoreError> {
        if self.settled.contains(&item) {
            return Ok(false);
        }
        let mut statement = tx.prepare_cached(
            "WITH RECURSIVE below (id) AS (SELECT ?1 UNION ALL SELECT i.id FROM items i JOIN below b ON i.parent = b.id) \
             SELECT p.id FROM below b JOIN media m ON m.item = b.id JOIN parts p ON p.media = m.id WHERE p.missing_since IS NULL",
        )?;
        let parts = statement.query_map([item], |row| row.get::<_, PartId>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(parts.iter().all(|part| self.parts.contains(part)))
    }
}

fn rename(tx: &Connection, item: ItemId, parent: Option<ItemId>, step: &Step, now: Timestamp) -> Result<(), StoreError> {
    let Step { key, title, year, number, .. } = step;
    tx.prepare_cached(
        "UPDATE items SET parent = ?2, key = ?3, title = ?4, sort_title = ?5, year = ?6, number = ?7, updated_at = ?8 \
         WHERE id = ?1 AND (coalesce(parent, 0), key, title) <> (coalesce(?2, 0), ?3, ?4)",
    )?
    .execute(params![item, parent, key, title, sort_title(title), year, number, At(now)])?;
    Ok(())
}

/// Removes what moves and let-go roots left empty: media without parts, items without media or children.
pub(super) fn prune(tx: &Connection, section: SectionId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM media WHERE item IN (SELECT id FROM items WHERE section = ?1) AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.media = media.id)",
        [section],
    )?;
    for (kinds, held_by) in [
        ("'movie', 'episode', 'track', 'photo'", "media h WHERE h.item = items.id"),
        ("'season', 'album'", "items h WHERE h.parent = items.id"),
        ("'show', 'artist'", "items h WHERE h.parent = items.id"),
    ] {
        tx.execute(
            &format!("DELETE FROM items WHERE section = ?1 AND kind IN ({kinds}) AND NOT EXISTS (SELECT 1 FROM {held_by})"),
            [section],
        )?;
    }
    Ok(())
}
