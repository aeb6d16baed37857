//! What contents say of themselves, on the database's side: looked up for a file that is placed, written
//! beside its item, and told to every file of a content once a worker has read it.
//!
//! What follows from it is decided in `told`. Start with [`heard`].

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use butler_names::Named;
use butler_product::Value;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::line::Line;
use super::place::place_again;
use super::told::{Details, Told, told};
use crate::store::{Json, Word};
use crate::{ItemId, PartId, RootId, SectionId, SectionKind, SourceId, StoreError};

/// What a file is by its path and size.
pub(super) fn named(kind: SectionKind, path: &[u8], size: u64) -> Named {
    let components = Path::new(OsStr::from_bytes(path)).components();
    let components: Vec<_> =
        components.map(|component| component.as_os_str().to_string_lossy().into_owned()).collect();
    butler_names::read_components(kind.names(), &components, size)
}

/// What a content says of itself, if that was read: its tags, or how a photo was taken.
pub(super) fn says(tx: &Connection, tagged: SourceId) -> Result<Option<Value>, StoreError> {
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

/// A file whose content spoke.
struct Speaker {
    part: PartId,
    section: SectionId,
    kind: SectionKind,
    root: RootId,
    path: Vec<u8>,
    size: u64,
    mtime_ns: i64,
}

/// Places the files of a content anew, now that a worker has read what it says of itself.
pub(crate) fn heard(
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
    let speaker = |row: &Row<'_>| {
        let kind = row.get::<_, Word<SectionKind>>(2)?.0;
        let (part, section, root) = (row.get(0)?, row.get(1)?, row.get(3)?);
        Ok(Speaker { part, section, kind, root, path: row.get(4)?, size: row.get(5)?, mtime_ns: row.get(6)? })
    };
    let speakers = statement.query_map([source], speaker)?.collect::<Result<Vec<_>, _>>()?;
    let mut sections: BTreeMap<SectionId, Vec<(PartId, Line, Details)>> = BTreeMap::new();
    for Speaker { part, section, kind, root, path, size, mtime_ns } in speakers {
        let Told { named, details } = told(named(kind, &path, size), Some(says), mtime_ns);
        sections.entry(section).or_default().push((part, Line::of(&named, root, &path), details));
    }
    for (section, parts) in sections {
        let lines: Vec<(PartId, Line)> = parts.iter().map(|(part, line, _)| (*part, line.clone())).collect();
        place_again(tx, section, &lines, now)?;
        for (part, _, details) in &parts {
            describe(tx, *part, details)?;
        }
        tx.prepare_cached("UPDATE sections SET content_changed_at = content_changed_at + 1 WHERE id = ?1")?
            .execute([section])?;
    }
    Ok(())
}

/// Whether a part's file may carry tags that nobody has read yet.
pub(super) fn is_unheard(tx: &Connection, part: PartId) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM parts p WHERE p.id = ?1 AND p.medium = 'audio' \
         AND NOT EXISTS (SELECT 1 FROM products d WHERE d.source = coalesce(p.tagged, p.source) AND d.kind = \
         'tags')",
    )?;
    Ok(statement.exists([part])?)
}

/// Whether an item has this title, whatever its case, among the children of a parent.
pub(super) fn is_called(
    tx: &Connection,
    item: ItemId,
    parent: Option<ItemId>,
    title: &str,
) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached("SELECT title FROM items WHERE id = ?1 AND parent IS ?2")?;
    let known: Option<String> = statement.query_row(params![item, parent], |row| row.get(0)).optional()?;
    Ok(known.is_some_and(|known| known.to_lowercase() == title.to_lowercase()))
}

/// The album of a name, of whatever year, that holds other tracks of the folder in which a part lies, by
/// their tags: they may say different years, and are on one album all the same. `key` is that of the album as
/// the part's tags say it.
pub(super) fn album_of_neighbours(
    tx: &Connection,
    section: SectionId,
    artist: Option<ItemId>,
    key: &[u8],
    part: PartId,
) -> Result<Option<ItemId>, StoreError> {
    let Some(title) = key.iter().rposition(|byte| *byte == 0x1f) else { return Ok(None) };
    // The year stands last in an album's key; what begins with the same title lies between these two.
    let (first, last) = (&key[..=title], [&key[..title], &[0x20]].concat());
    let mut statement = tx.prepare_cached(
        "SELECT id FROM items \
         WHERE section = ?1 AND kind = 'album' AND coalesce(parent, 0) = ?2 AND key >= ?3 AND key < ?4 \
         ORDER BY id",
    )?;
    let artist = artist.map_or(0, |artist| artist.0);
    let albums = statement
        .query_map(params![section, artist, first, last], |row| row.get(0))?
        .collect::<Result<Vec<ItemId>, _>>()?;
    if albums.is_empty() {
        return Ok(None);
    }
    let (root, path): (RootId, Vec<u8>) = tx
        .prepare_cached("SELECT root, path FROM parts WHERE id = ?1")?
        .query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(end) = path.iter().rposition(|byte| *byte == b'/') else { return Ok(None) };
    // Between the folder's name with a slash, and with the byte that follows a slash.
    let (from, to) = ([&path[..end], b"/"].concat(), [&path[..end], b"0"].concat());
    let mut neighbour = tx.prepare_cached(
        "SELECT 1 FROM items t JOIN media m ON m.item = t.id JOIN parts p ON p.media = m.id \
         WHERE t.parent = ?1 AND p.root = ?2 AND p.path > ?3 AND p.path < ?4 AND p.id <> ?5 \
         AND EXISTS (SELECT 1 FROM products d WHERE d.source = coalesce(p.tagged, p.source) AND d.kind = \
         'tags')",
    )?;
    for album in albums {
        if neighbour.exists(params![album, root, from, to, part])? {
            return Ok(Some(album));
        }
    }
    Ok(None)
}
