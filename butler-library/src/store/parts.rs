//! Media and parts: the files that an item is made of, with what is known and made of their content.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;

use butler_product::media_info::MediaInfo;
use butler_product::photo::Photo;
use butler_product::{Fingerprint, Listed, ProductKind, Value};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::{At, Json, path_from_bytes, readable};
use crate::{Heartbeat, ItemId, Library, MediaId, PartId, RootId, SourceId, StoreError, open_regular};

/// One version of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaRow {
    /// Its id.
    pub id: MediaId,
    /// What tells it from the item's other versions, where its name says so: `1080p`.
    pub label: Option<String>,
    /// Its files, in order: more than one where it comes in pieces.
    pub parts: Vec<PartRow>,
}

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct PartRow {
    /// Its id.
    pub id: PartId,
    /// The item it belongs to. A file of several episodes belongs to each: here the one that was asked for,
    /// else the first.
    pub item: ItemId,
    /// The version it belongs to.
    pub media: MediaId,
    /// Its root.
    pub root: RootId,
    /// Its whole path, byte for byte.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    /// When it was found first.
    pub added_at: Timestamp,
    /// Since when a scan has not found it; none while it is there.
    pub missing_since: Option<Timestamp>,
    /// Its content.
    pub source: SourceId,
    /// Its content's fingerprint.
    pub fingerprint: Fingerprint,
    /// What its headers say, once that is known.
    pub media_info: Option<Box<MediaInfo>>,
    /// What it says of how it was taken, if it is a photo and that is known.
    pub photo: Option<Box<Photo>>,
    /// The kinds of product that there are of its content and that hold something.
    pub products: Vec<ProductKind>,
}

const COLUMNS: &str = "m.label, r.path AS root_path, s.fingerprint, \
    (SELECT value FROM products d WHERE d.source = p.source AND d.kind = 'media_info') AS media_info, \
    (SELECT value FROM products d WHERE d.source = p.source AND d.kind = 'photo') AS photo, \
    (SELECT group_concat(d.kind) FROM products d WHERE d.source = p.source AND json_extract(d.value, \
    '$.value') <> 'nothing') AS made";
const FILES: &str = "JOIN roots r ON r.id = p.root JOIN sources s ON s.id = p.source";

impl Library {
    /// A part.
    ///
    /// # Errors
    /// If the database fails.
    pub fn part(&self, id: PartId) -> Result<Option<PartRow>, StoreError> {
        self.db().read(|tx| {
            let own = format!(
                "SELECT p.*, m.item, {COLUMNS} FROM parts p \
                 JOIN media m ON m.id = p.media {FILES} WHERE p.id = ?1"
            );
            Ok(tx.prepare_cached(&own)?.query_row([id], part_row).optional()?)
        })
    }

    /// The content of a version's first file.
    ///
    /// # Errors
    /// If the database fails.
    pub fn first_source_of_media(&self, id: MediaId) -> Result<Option<SourceId>, StoreError> {
        self.db().read(|tx| {
            let first = "SELECT source FROM parts WHERE media = ?1 ORDER BY piece, id LIMIT 1";
            Ok(tx.prepare_cached(first)?.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// The media of some items, with their parts; items without any are left out. A file of several episodes
    /// is media of each.
    ///
    /// # Errors
    /// If the database fails.
    pub fn media_of_items(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Vec<MediaRow>>, StoreError> {
        let ids: Vec<_> = items.iter().map(|item| item.0).collect();
        let rows = self.db().read(|tx| {
            let of = |shown: &str, item: &str| -> Result<Vec<(Option<String>, PartRow)>, StoreError> {
                let mut statement = tx.prepare_cached(&format!(
                    "SELECT p.*, {item}, {COLUMNS} FROM {shown} JOIN parts p ON p.media = m.id {FILES} \
                     WHERE {item} IN (SELECT value FROM json_each(?1)) ORDER BY m.id, p.piece, p.id"
                ))?;
                Ok(readable(&mut statement, [Json(&ids)], "part", |row| {
                    Ok((row.get("label")?, part_row(row)?))
                })?)
            };
            let mut rows = of("media m", "m.item")?;
            let shared = of("shared_media h JOIN media m ON m.id = h.media", "h.item")?;
            if !shared.is_empty() {
                rows.extend(shared);
                rows.sort_by_key(|(_, part)| part.media);
            }
            Ok::<_, StoreError>(rows)
        })?;
        let mut media: HashMap<ItemId, Vec<MediaRow>> = HashMap::new();
        for (label, part) in rows {
            let versions = media.entry(part.item).or_default();
            match versions.last_mut() {
                Some(version) if version.id == part.media => version.parts.push(part),
                _ => versions.push(MediaRow { id: part.media, label, parts: vec![part] }),
            }
        }
        // What is there goes before what is gone: the first version is the one that plays.
        media.values_mut().for_each(|versions| versions.sort_by_key(MediaRow::is_gone));
        Ok(media)
    }

    /// What the disk says of some files right now, in their order. Those of a root that does not answer are
    /// not there.
    ///
    /// # Errors
    /// If the database fails.
    pub fn look_at(&self, parts: &[PartRow]) -> Result<Vec<OnDisk>, StoreError> {
        let roots: HashMap<RootId, PathBuf> = self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT id, path FROM roots")?;
            let root = |row: &Row<'_>| Ok((row.get(0)?, path_from_bytes(row.get_ref(1)?.as_blob()?)));
            Ok::<_, StoreError>(statement.query_map([], root)?.collect::<Result<_, _>>()?)
        })?;
        let look = |part: &PartRow| {
            let path = part.path.clone();
            let root = roots.get(&part.root)?;
            let look = move |_: &Heartbeat| OnDisk {
                exists: path.symlink_metadata().is_ok(),
                accessible: open_regular(&path).is_ok(),
            };
            self.root_threads().call(root, look).ok()
        };
        Ok(parts.iter().map(|part| look(part).unwrap_or_default()).collect())
    }
}

impl MediaRow {
    /// Whether one of its files is gone: then it does not play.
    pub fn is_gone(&self) -> bool {
        self.parts.iter().any(|part| part.missing_since.is_some())
    }
}

/// What a disk says of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnDisk {
    /// Whether it is there.
    pub exists: bool,
    /// Whether it can be read.
    pub accessible: bool,
}

fn part_row(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    let made: Option<String> = row.get("made")?;
    Ok(PartRow {
        id: row.get("id")?,
        item: row.get("item")?,
        media: row.get("media")?,
        root: row.get("root")?,
        path: path_from_bytes(row.get_ref("root_path")?.as_blob()?)
            .join(path_from_bytes(row.get_ref("path")?.as_blob()?)),
        size: row.get("size")?,
        mtime_ns: row.get("mtime_ns")?,
        added_at: row.get::<_, At>("added_at")?.0,
        missing_since: row.get::<_, Option<At>>("missing_since")?.map(|at| at.0),
        source: row.get("source")?,
        fingerprint: Fingerprint(row.get("fingerprint")?),
        media_info: held(row, "media_info")?,
        photo: held(row, "photo")?,
        products: made
            .iter()
            .flat_map(|kinds| kinds.split(','))
            .filter_map(|kind| ProductKind::from_str(kind).ok())
            .collect(),
    })
}

/// What a product's column holds, if it is there and holds something.
fn held<P: Listed>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Box<P>>> {
    let value = row.get::<_, Option<Json<Value>>>(column)?;
    Ok(value.and_then(|Json(value)| value.take().map(Box::new)))
}
