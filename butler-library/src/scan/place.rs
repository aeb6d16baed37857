//! Places files in the tree of items: what is not there is made, what moves is carried along, what is left
//! empty goes.
//!
//! On a move an item keeps its identity: it is renamed in place, with the show or album above it, if all that
//! belongs to it moves along and nothing stands at the new place. Where a file stands is said by
//! [`Location`]; this is its database side.

use std::collections::HashSet;

use butler_names::{ExtraKind, sort_title};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::albums;
use super::extras::{self, Homes};
use super::location::{Location, Step, Version};
use crate::store::{At, Json, Word};
use crate::{ItemId, ItemKind, MediaId, PartId, SectionId, StoreError};

/// The media for a new file: of the items at the end of its line, which are made where they are not there.
pub(super) fn place(
    tx: &Connection,
    section: SectionId,
    line: &Location,
    homes: &mut Homes,
    now: Timestamp,
) -> Result<MediaId, StoreError> {
    let mut stand = |parent, step: &Step| {
        let item = match find(tx, section, parent, step)? {
            Some(item) => {
                learn_ids(tx, item, step)?;
                item
            }
            None => {
                homes.add(step.home.as_deref());
                make(tx, section, parent, step, now)?
            }
        };
        Ok::<_, StoreError>(item)
    };
    let (mut above, mut item) = (None, None);
    for step in &line.steps {
        above = item;
        item = Some(stand(item, step)?);
    }
    let further = line.further.iter().map(|step| stand(above, step)).collect::<Result<Vec<_>, _>>()?;
    let item = item.ok_or(NOWHERE)?;
    homes.add(extras_of(line));
    for item in further.iter().chain([&item]) {
        tx.prepare_cached("UPDATE items SET updated_at = ?2 WHERE id = ?1")?
            .execute(params![item, At(now)])?;
    }
    let media = match stacked(tx, item, &line.version, None)? {
        Stacked::Joins(media) => media,
        Stacked::Alone(stack) => make_media(tx, item, &line.version, stack)?,
    };
    share(tx, media, item, &further)?;
    Ok(media)
}

/// Places parts anew that lie where they lay, since more is known of them or names mean something else by
/// now.
pub(super) fn place_again(
    tx: &Connection,
    section: SectionId,
    parts: &[(PartId, Location)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut moves = Moves { unread_follow: true, ..Moves::new(parts.iter().map(|(part, _)| *part)) };
    let (mut homes, mut left) = (Homes::default(), Vec::new());
    for (part, line) in parts {
        let mut statement = tx.prepare_cached(
            "SELECT m.id, m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = ?1",
        )?;
        let (media, item) = statement.query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))?;
        left.extend(
            sharing(tx, media)?.into_iter().chain(line_of(tx, item)?.into_iter().map(|old| old.item)),
        );
        moves.carry(tx, section, *part, line, &mut homes, now)?;
    }
    prune_items(tx, &left, &mut homes)?;
    extras::settle(tx, section, &homes)
}

/// Whether an item `i` holds nothing: no media of its own or shared, and no children; extras are files of
/// their own.
const IS_EMPTY: &str = "NOT EXISTS (SELECT 1 FROM media m WHERE m.item = i.id) \
    AND NOT EXISTS (SELECT 1 FROM shared_media s WHERE s.item = i.id) \
    AND NOT EXISTS (SELECT 1 FROM items c WHERE c.parent = i.id AND c.kind <> 'extra')";

/// Removes what moves and roots that were let go left empty in a section: media without parts, and items.
pub(super) fn prune(tx: &Connection, section: SectionId, homes: &mut Homes) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM media WHERE item IN (SELECT id FROM items WHERE section = ?1) \
         AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.media = media.id)",
        [section],
    )?;
    let mut empty =
        tx.prepare_cached(&format!("SELECT i.id FROM items i WHERE i.section = ?1 AND {IS_EMPTY}"))?;
    let items = empty.query_map([section], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
    prune_items(tx, &items, homes)
}

/// Removes those of some items that are empty, and what that leaves empty above them. What had extras leaves
/// them behind.
pub(super) fn prune_items(tx: &Connection, items: &[ItemId], homes: &mut Homes) -> Result<(), StoreError> {
    let mut items = items.to_vec();
    let mut remove = tx.prepare_cached("DELETE FROM items WHERE id = ?1 RETURNING parent")?;
    let mut leave_extras = tx.prepare_cached(
        "UPDATE items SET parent = NULL WHERE kind = 'extra' AND parent = ?1 RETURNING home",
    )?;
    let mut is_empty = tx.prepare_cached(&format!("SELECT 1 FROM items i WHERE i.id = ?1 AND {IS_EMPTY}"))?;
    while let Some(item) = items.pop() {
        if !is_empty.exists([item])? {
            continue;
        }
        for home in leave_extras.query_map([item], |row| row.get::<_, Option<Vec<u8>>>(0))? {
            homes.add(home?.as_deref());
        }
        items.extend(remove.query_row([item], |row| row.get::<_, Option<ItemId>>(0))?);
    }
    Ok(())
}

/// A line has at least one step.
const NOWHERE: StoreError = StoreError::Unknown { what: "item", id: 0 };

/// The home whose extras may wait for the item at the end of a line, be it made just now or long ago: an
/// episode's are its season's.
fn extras_of(line: &Location) -> Option<&[u8]> {
    line.steps.iter().rev().find_map(|step| step.home.as_deref())
}

fn find(
    tx: &Connection,
    section: SectionId,
    parent: Option<ItemId>,
    step: &Step,
) -> Result<Option<ItemId>, StoreError> {
    if step.kind == ItemKind::Extra {
        // Its parent is nothing that its name can say.
        let mut statement = tx.prepare_cached(
            "SELECT id FROM items WHERE section = ?1 AND home = ?2 AND key = ?3 AND kind = 'extra'",
        )?;
        return Ok(statement
            .query_row(params![section, step.home, step.key], |row| row.get(0))
            .optional()?);
    }
    let mut statement = tx.prepare_cached(
        "SELECT id FROM items WHERE section = ?1 AND kind = ?2 AND coalesce(parent, 0) = ?3 AND key = ?4",
    )?;
    let parent = parent.map_or(0, |parent| parent.0);
    Ok(statement
        .query_row(params![section, step.kind.as_str(), parent, step.key], |row| row.get(0))
        .optional()?)
}

fn make(
    tx: &Connection,
    section: SectionId,
    parent: Option<ItemId>,
    step: &Step,
    now: Timestamp,
) -> Result<ItemId, StoreError> {
    let Step { kind, key, title, year, number, absolute, aired, edition, ids, extra, home, about } = step;
    tx.prepare_cached(
        "INSERT INTO items (section, kind, parent, key, title, sort_title, year, number, absolute, aired, \
         edition, ids, extra, home, about, added_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16)",
    )?
    .execute(params![
        section,
        kind.as_str(),
        parent,
        key,
        title,
        sort_title(title),
        year,
        number,
        absolute,
        aired.map(Word),
        edition,
        Json(ids),
        extra.map(ExtraKind::as_str),
        home,
        about,
        At(now)
    ])?;
    Ok(ItemId(tx.last_insert_rowid()))
}

/// Gives an item what only this file's name says of its ids.
fn learn_ids(tx: &Connection, item: ItemId, step: &Step) -> Result<(), StoreError> {
    if !step.ids.is_empty() {
        tx.prepare_cached("UPDATE items SET ids = ?2 WHERE id = ?1 AND ids = '[]'")?
            .execute(params![item, Json(&step.ids)])?;
    }
    Ok(())
}

/// Makes an item what a step says. What is known of its ids is kept where the step knows none; an extra keeps
/// its parent.
fn rename(
    tx: &Connection,
    item: ItemId,
    parent: Option<ItemId>,
    step: &Step,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Step { kind: _, key, title, year, number, absolute, aired, edition, ids, extra, home, about } = step;
    tx.prepare_cached(
        "UPDATE items SET parent = iif(?11 IS NULL, ?2, parent), key = ?3, title = ?4, sort_title = ?14, year \
         = ?5, number = ?6, absolute = ?7, aired = ?8, \
         edition = ?9, ids = iif(?10 = '[]', ids, ?10), extra = ?11, home = ?12, about = ?13, updated_at = \
         ?15 \
         WHERE id = ?1 AND (parent, key, title, year, number, absolute, aired, edition, ids, extra, home, \
         about) IS NOT \
         (iif(?11 IS NULL, ?2, parent), ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?10 = '[]', ids, ?10), ?11, ?12, \
         ?13)",
    )?
    .execute(params![
        item,
        parent,
        key,
        title,
        year,
        number,
        absolute,
        aired.map(Word),
        edition,
        Json(ids),
        extra.map(ExtraKind::as_str),
        home,
        about,
        sort_title(title),
        At(now)
    ])?;
    Ok(())
}

/// Which media of an item a file of this version belongs to.
enum Stacked {
    /// One that is there: its other pieces.
    Joins(MediaId),
    /// One of its own, which other pieces may join by this.
    Alone(Option<Vec<u8>>),
}

fn stacked(
    tx: &Connection,
    item: ItemId,
    version: &Version,
    part: Option<PartId>,
) -> Result<Stacked, StoreError> {
    let Some(stack) = &version.stack else { return Ok(Stacked::Alone(None)) };
    let mut statement = tx.prepare_cached("SELECT id FROM media WHERE item = ?1 AND stack = ?2")?;
    let Some(media) = statement.query_row(params![item, stack], |row| row.get::<_, MediaId>(0)).optional()?
    else {
        return Ok(Stacked::Alone(Some(stack.clone())));
    };
    // Two first pieces are no first and second one.
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM parts WHERE media = ?1 AND piece = ?2 AND missing_since IS NULL AND id IS NOT ?3",
    )?;
    Ok(if statement.exists(params![media, version.piece, part])? {
        Stacked::Alone(None)
    } else {
        Stacked::Joins(media)
    })
}

fn make_media(
    tx: &Connection,
    item: ItemId,
    version: &Version,
    stack: Option<Vec<u8>>,
) -> Result<MediaId, StoreError> {
    tx.prepare_cached("INSERT INTO media (item, label, stack) VALUES (?1, ?2, ?3)")?.execute(params![
        item,
        version.label,
        stack
    ])?;
    Ok(MediaId(tx.last_insert_rowid()))
}

/// Has these items, and no others but its own, show a media.
fn share(tx: &Connection, media: MediaId, own: ItemId, further: &[ItemId]) -> Result<(), StoreError> {
    for item in further.iter().filter(|item| **item != own) {
        tx.prepare_cached("INSERT OR IGNORE INTO shared_media (media, item) VALUES (?1, ?2)")?
            .execute(params![media, item])?;
    }
    Ok(())
}

/// An item above a part, as it stood before its move.
pub(super) struct Old {
    pub(super) item: ItemId,
    kind: ItemKind,
    pub(super) home: Option<Vec<u8>>,
}

/// The moves of one scan.
pub(super) struct Moves {
    parts: HashSet<PartId>,
    /// Items that are where they belong by now: none of them is renamed once more for a later part.
    settled: HashSet<ItemId>,
    /// The same of media.
    settled_media: HashSet<MediaId>,
    /// Whether tracks whose tags nobody has read yet hold nothing back: an album follows the first track that
    /// tells its name.
    unread_follow: bool,
}

impl Moves {
    pub(super) fn new(parts: impl Iterator<Item = PartId>) -> Self {
        Self {
            parts: parts.collect(),
            settled: HashSet::new(),
            settled_media: HashSet::new(),
            unread_follow: false,
        }
    }

    /// Brings a part's item to its new place, or the part to the item that stands there.
    pub(super) fn carry(
        &mut self,
        tx: &Connection,
        section: SectionId,
        part: PartId,
        line: &Location,
        homes: &mut Homes,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (media, item): (MediaId, ItemId) = tx
            .prepare_cached(
                "SELECT m.id, m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = ?1",
            )?
            .query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let old = line_of(tx, item)?;
        old.iter().for_each(|old| homes.add(old.home.as_deref()));
        let (mut above, mut here) = (None, None);
        for step in &line.steps {
            let own = old.iter().find(|old| old.kind == step.kind).map(|old| old.item);
            homes.add(step.home.as_deref());
            above = here;
            here = Some(self.stand(tx, section, here, step, (own, part), now)?);
        }
        let here = here.ok_or(NOWHERE)?;
        let before = sharing(tx, media)?;
        let mut further = Vec::new();
        for (index, step) in line.further.iter().enumerate() {
            further.push(self.stand(tx, section, above, step, (before.get(index).copied(), part), now)?);
        }
        let before_media = media;
        let media = self.stand_media(tx, part, media, here, &line.version)?;
        tx.prepare_cached(
            "UPDATE parts SET media = ?2, piece = ?3 WHERE id = ?1 AND (media, piece) IS NOT (?2, ?3)",
        )?
        .execute(params![part, media, line.version.piece])?;
        if media != before_media {
            tx.prepare_cached(
                "DELETE FROM media WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM parts WHERE media = ?1)",
            )?
            .execute([before_media])?;
        }
        let kept: Vec<i64> = further.iter().filter(|item| **item != here).map(|item| item.0).collect();
        tx.prepare_cached(
            "DELETE FROM shared_media WHERE media = ?1 AND item NOT IN (SELECT value FROM json_each(?2))",
        )?
        .execute(params![media, Json(kept)])?;
        share(tx, media, here, &further)
    }

    /// The item for a step: the one that stands there, else the part's own if it moves whole, else a new one.
    fn stand(
        &mut self,
        tx: &Connection,
        section: SectionId,
        parent: Option<ItemId>,
        step: &Step,
        (own, part): (Option<ItemId>, PartId),
        now: Timestamp,
    ) -> Result<ItemId, StoreError> {
        let there = match find(tx, section, parent, step)? {
            None if step.kind == ItemKind::Album => {
                albums::album_of_neighbours(tx, section, parent, &step.key, part)?
            }
            Some(there) => {
                rename(tx, there, parent, step, now)?;
                Some(there)
            }
            None => None,
        };
        let here = match (there, own) {
            (Some(there), _) => there,
            (None, Some(own)) if self.moves_whole(tx, own)? => {
                rename(tx, own, parent, step, now)?;
                own
            }
            // Tracks of one album may say different years.
            (None, Some(own))
                if step.kind == ItemKind::Album && albums::is_called(tx, own, parent, &step.title)? =>
            {
                own
            }
            _ => make(tx, section, parent, step, now)?,
        };
        self.settled.insert(here);
        Ok(here)
    }

    /// Whether every file of an item that is there moves in this scan, and the item has not found its place
    /// yet. Its extras are files of their own.
    fn moves_whole(&self, tx: &Connection, item: ItemId) -> Result<bool, StoreError> {
        if self.settled.contains(&item) {
            return Ok(false);
        }
        let mut statement = tx.prepare_cached(
            // CROSS keeps SQLite from beginning with every part there is.
            "WITH RECURSIVE below (id) AS (SELECT ?1 UNION ALL SELECT i.id FROM below b CROSS JOIN items i ON \
             i.parent = b.id WHERE i.kind <> 'extra'), \
             shown (media) AS (SELECT m.id FROM below b CROSS JOIN media m ON m.item = b.id \
                 UNION SELECT s.media FROM below b CROSS JOIN shared_media s ON s.item = b.id) \
             SELECT p.id FROM shown s CROSS JOIN parts p ON p.media = s.media WHERE p.missing_since IS NULL",
        )?;
        self.all_move(tx, statement.query_map([item], |row| row.get(0))?)
    }

    /// The media for a part at an item: the one whose piece it is, else its own if that moves whole, else a
    /// new one.
    fn stand_media(
        &mut self,
        tx: &Connection,
        part: PartId,
        own: MediaId,
        item: ItemId,
        version: &Version,
    ) -> Result<MediaId, StoreError> {
        let here = match stacked(tx, item, version, Some(part))? {
            Stacked::Joins(there) => there,
            Stacked::Alone(stack) if self.media_moves_whole(tx, own)? => {
                tx.prepare_cached(
                    "UPDATE media SET item = ?2, label = ?3, stack = ?4 \
                     WHERE id = ?1 AND (item, label, stack) IS NOT (?2, ?3, ?4)",
                )?
                .execute(params![own, item, version.label, stack])?;
                own
            }
            Stacked::Alone(stack) => make_media(tx, item, version, stack)?,
        };
        self.settled_media.insert(here);
        Ok(here)
    }

    fn media_moves_whole(&self, tx: &Connection, media: MediaId) -> Result<bool, StoreError> {
        if self.settled_media.contains(&media) {
            return Ok(false);
        }
        let mut statement =
            tx.prepare_cached("SELECT id FROM parts WHERE media = ?1 AND missing_since IS NULL")?;
        self.all_move(tx, statement.query_map([media], |row| row.get(0))?)
    }

    fn all_move(
        &self,
        tx: &Connection,
        parts: impl Iterator<Item = rusqlite::Result<PartId>>,
    ) -> Result<bool, StoreError> {
        for part in parts {
            let part = part?;
            let follows = self.parts.contains(&part) || (self.unread_follow && albums::is_unread(tx, part)?);
            if !follows {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// An item and those above it.
pub(super) fn line_of(tx: &Connection, item: ItemId) -> Result<Vec<Old>, StoreError> {
    let mut statement = tx.prepare_cached(
        "WITH RECURSIVE line (id) AS (SELECT ?1 UNION ALL SELECT i.parent FROM items i JOIN line l ON i.id = \
         l.id WHERE i.parent IS NOT NULL AND i.kind <> 'extra') \
         SELECT i.id, i.kind, i.home FROM items i JOIN line l ON l.id = i.id",
    )?;
    let old = |row: &rusqlite::Row<'_>| {
        Ok(Old { item: row.get(0)?, kind: row.get::<_, Word<ItemKind>>(1)?.0, home: row.get(2)? })
    };
    Ok(statement.query_map([item], old)?.collect::<Result<_, _>>()?)
}

/// The further episodes that show a media, in order.
pub(super) fn sharing(tx: &Connection, media: MediaId) -> Result<Vec<ItemId>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT i.id FROM shared_media s \
         JOIN items i ON i.id = s.item WHERE s.media = ?1 \
         ORDER BY i.number, i.id",
    )?;
    Ok(statement.query_map([media], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
