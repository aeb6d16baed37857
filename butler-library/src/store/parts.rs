//! Media and parts: the files that an item is made of, with what is known and made of their content.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;

use butler_product::media_info::MediaInfo;
use butler_product::{Fingerprint, ProductKind, Value};
use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{At, Json, path_from_bytes};
use crate::{ItemId, Library, MediaId, PartId, RootId, SourceId, StoreError};

/// One version of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaRow {
    /// Its id.
    pub id: MediaId,
    /// Its files.
    pub parts: Vec<PartRow>,
}

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct PartRow {
    /// Its id.
    pub id: PartId,
    /// The item it belongs to.
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
    /// The kinds of product that there are of its content and that hold something.
    pub products: Vec<ProductKind>,
}

const SELECT: &str = "SELECT p.*, m.item, r.path AS root_path, s.fingerprint, \
    (SELECT value FROM products d WHERE d.source = p.source AND d.kind = 'media_info') AS media_info, \
    (SELECT group_concat(d.kind) FROM products d WHERE d.source = p.source AND json_extract(d.value, '$.value') <> 'nothing') AS made \
    FROM parts p JOIN media m ON m.id = p.media JOIN roots r ON r.id = p.root JOIN sources s ON s.id = p.source";

impl Library {
    /// A part.
    ///
    /// # Errors
    /// If the database fails.
    pub fn part(&self, id: PartId) -> Result<Option<PartRow>, StoreError> {
        self.db().read(|tx| select(tx, "p.id", &[id.0]).map(|mut parts| parts.pop()))
    }

    /// The media of some items, with their parts; items without any are left out.
    ///
    /// # Errors
    /// If the database fails.
    pub fn media_of_items(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Vec<MediaRow>>, StoreError> {
        let ids: Vec<_> = items.iter().map(|item| item.0).collect();
        let parts = self.db().read(|tx| select(tx, "m.item", &ids))?;
        let mut media: HashMap<ItemId, Vec<MediaRow>> = HashMap::new();
        for part in parts {
            let versions = media.entry(part.item).or_default();
            match versions.last_mut() {
                Some(version) if version.id == part.media => version.parts.push(part),
                _ => versions.push(MediaRow { id: part.media, parts: vec![part] }),
            }
        }
        Ok(media)
    }
}

fn select(tx: &Connection, column: &str, ids: &[i64]) -> Result<Vec<PartRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("{SELECT} WHERE {column} IN (SELECT value FROM json_each(?1)) ORDER BY m.id, p.id"))?;
    Ok(statement.query_map([Json(ids)], part_row)?.collect::<Result<_, _>>()?)
}

fn part_row(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    let made: Option<String> = row.get("made")?;
    let media_info = match row.get::<_, Option<Json<Value>>>("media_info")? {
        Some(Json(Value::MediaInfo(info))) => Some(info),
        _ => None,
    };
    Ok(PartRow {
        id: row.get("id")?,
        item: row.get("item")?,
        media: row.get("media")?,
        root: row.get("root")?,
        path: path_from_bytes(row.get_ref("root_path")?.as_blob()?).join(path_from_bytes(row.get_ref("path")?.as_blob()?)),
        size: row.get("size")?,
        mtime_ns: row.get("mtime_ns")?,
        added_at: row.get::<_, At>("added_at")?.0,
        missing_since: row.get::<_, Option<At>>("missing_since")?.map(|at| at.0),
        source: row.get("source")?,
        fingerprint: Fingerprint(row.get("fingerprint")?),
        media_info,
        products: made.iter().flat_map(|kinds| kinds.split(',')).filter_map(|kind| ProductKind::from_str(kind).ok()).collect(),
    })
}
