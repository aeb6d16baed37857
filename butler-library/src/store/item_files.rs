//! Files with the item that each belongs to: those that lack a product, and those that lie at a path.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use butler_product::{ProductKind, Spec, Traits};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::items::{ItemRow, rows_of};
use super::lacks::{Begin, begin, lacking};
use super::runs::capped;
use super::{Json, path_bytes, path_from_bytes, readable};
use crate::{ItemId, Library, PartId, RootId, Scope, SectionRoot, SourceId, StoreError};

/// A file and its item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFile {
    /// The item; of a file of several episodes the first.
    pub item: ItemRow,
    /// The file.
    pub part: PartId,
    /// Its whole path.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
}

/// A row as it is read: the item follows.
type Found = (ItemId, PartId, PathBuf, u64);

const SELECT: &str = "SELECT p.id, m.item, r.path AS root_path, p.path, p.size FROM parts p \
    JOIN media m ON m.id = p.media JOIN roots r ON r.id = p.root JOIN items i ON i.id = m.item";

/// By what a file stands in the list: its item's title and id.
fn place_in_list(tx: &Connection, part: PartId) -> Result<(String, ItemId), StoreError> {
    let place = tx
        .prepare_cached(
            "SELECT i.sort_title, i.id FROM parts p JOIN media m ON m.id = p.media \
             JOIN items i ON i.id = m.item WHERE p.id = ?1",
        )?
        .query_row([part], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    place.ok_or(StoreError::Unknown { what: "part", id: part.0 })
}

/// The parts that were at these places, each with whether its file is missing; those that are there first.
fn parts_ever_at(tx: &Connection, places: &[(RootId, PathBuf)]) -> Result<Vec<(bool, PartId)>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT missing_since IS NOT NULL, id FROM parts WHERE root = ?1 AND path = ?2")?;
    let mut parts: Vec<(bool, PartId)> = Vec::new();
    for (root, path) in places {
        let found = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        parts.extend(readable(&mut statement, params![root, path_bytes(path)], "part", found)?);
    }
    parts.sort_by_key(|(is_missing, _)| *is_missing);
    Ok(parts)
}

/// The parts that were at these places at the last scan.
pub(super) fn parts_at(tx: &Connection, places: &[(RootId, PathBuf)]) -> Result<Vec<PartId>, StoreError> {
    let parts = parts_ever_at(tx, places)?.into_iter();
    Ok(parts.filter(|(is_missing, _)| !is_missing).map(|(_, part)| part).collect())
}

impl Library {
    /// A page of the files whose content lacks a product in one of these scopes, of one section and one
    /// switch, held back by a failure or not, by their items' titles; and how many there are in all, unless
    /// it is the page behind a file. From file to file the whole list is read once, whatever is made
    /// meanwhile. Pictures beside the media are no files of items.
    ///
    /// # Errors
    /// If there is no such file to be behind of, or the database fails.
    pub fn files_lacking(
        &self,
        spec: &Spec,
        scopes: &[Scope<'_>],
        after: Option<PartId>,
        (start, size): (u64, u64),
    ) -> Result<(Vec<ItemFile>, Option<u64>), StoreError> {
        let Some(scope) = scopes.first() else { return Ok((Vec::new(), Some(0))) };
        self.db().read(|tx| {
            let (kind, params) = (spec.kind(), spec.params());
            let mut among = Vec::new();
            for scope in scopes {
                let Some(begin) = begin(tx, spec, scope)? else { continue };
                among.push(format!("SELECT p.id {}", lacking(scope.asked(kind), begin)));
            }
            if among.is_empty() {
                return Ok((Vec::new(), Some(0)));
            }
            let among = among.join(" UNION ALL ");
            let (title, item) = match after {
                Some(part) => Some(place_in_list(tx, part)?).unzip(),
                None => (None, None),
            };
            let total = if after.is_some() {
                None
            } else {
                let count = format!("SELECT count(DISTINCT id) FROM ({among})");
                let asked = named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                    ":kind": kind.as_str(), ":usable": kind.oldest_usable(), ":params": params,
                };
                Some(tx.prepare_cached(&count)?.query_row(asked, |row| row.get(0))?)
            };
            let mut statement = tx.prepare_cached(&format!(
                "{SELECT} WHERE p.id IN ({among}) AND (:after IS NULL OR \
                 (i.sort_title COLLATE NOCASE, i.id, p.id) > (:title, :item, :after)) \
                 ORDER BY i.sort_title COLLATE NOCASE, i.id, p.id LIMIT :size OFFSET :start"
            ))?;
            let asked = named_params! {
                ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                ":kind": kind.as_str(), ":usable": kind.oldest_usable(), ":params": params, ":size": capped(size),
                ":start": capped(start), ":after": after, ":title": title, ":item": item,
            };
            let found = readable(&mut statement, asked, "part", found)?;
            Ok((with_items(tx, found)?, total))
        })
    }

    /// The file at a path, if a section knows it; one that is missing too, while its item is kept. A path
    /// that leads there through links will do.
    ///
    /// # Errors
    /// If the database fails.
    pub fn file_at(&self, path: &Path) -> Result<Option<ItemFile>, StoreError> {
        let places = self.places_of(path)?;
        self.db().read(|tx| {
            for (_, part) in parts_ever_at(tx, &places)? {
                let mut statement = tx.prepare_cached(&format!("{SELECT} WHERE p.id = ?1"))?;
                let found = statement.query_row([part], found).optional()?;
                if let Some(file) = with_items(tx, found.into_iter().collect())?.pop() {
                    return Ok(Some(file));
                }
            }
            Ok(None)
        })
    }

    /// Where a path lies, in each section that has it: the root, and the path below it.
    pub(super) fn places_of(&self, path: &Path) -> Result<Vec<(RootId, PathBuf)>, StoreError> {
        let mut places = Vec::new();
        for section in self.sections()? {
            let Some(path) = self.path_in_section(&section, path) else { continue };
            let below = |root: &SectionRoot| Some((root.id, path.strip_prefix(&root.path).ok()?.to_owned()));
            places.extend(section.roots.iter().filter_map(below));
        }
        Ok(places)
    }

    /// Whether a part's content, or its tags, lack a product.
    ///
    /// # Errors
    /// If the database fails.
    pub fn part_lacks(&self, part: PartId, spec: &Spec, scope: &Scope<'_>) -> Result<bool, StoreError> {
        if scope.needs.contains(Traits::ARTWORK) {
            return Ok(false); // a part is no picture beside the media
        }
        self.db().read(|tx| {
            let lacking = lacking(scope.asked(spec.kind()), Begin::Part);
            let kind: ProductKind = spec.kind();
            let mut statement = tx.prepare_cached(&format!("SELECT EXISTS (SELECT 1 {lacking})"))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                    ":kind": kind.as_str(), ":usable": kind.oldest_usable(), ":params": spec.params(),
                    ":part": part,
                },
                |row| row.get(0),
            )?)
        })
    }

    /// Whether the content of pictures beside the media lacks a product.
    ///
    /// # Errors
    /// If the database fails.
    pub fn picture_lacks(
        &self,
        source: SourceId,
        spec: &Spec,
        scope: &Scope<'_>,
    ) -> Result<bool, StoreError> {
        if !scope.needs.contains(Traits::ARTWORK) {
            return Ok(false); // what is wished of files is told with these
        }
        self.db().read(|tx| {
            let lacking = lacking(scope.asked(spec.kind()), Begin::Source);
            let mut statement = tx.prepare_cached(&format!("SELECT EXISTS (SELECT 1 {lacking})"))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":kind": spec.kind().as_str(),
                    ":usable": spec.kind().oldest_usable(), ":params": spec.params(), ":source": source,
                },
                |row| row.get(0),
            )?)
        })
    }

    /// The contents that a part stands for: its own, and that of its tags where those are read of another
    /// copy.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sources_of_part(&self, part: PartId) -> Result<Vec<SourceId>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT source, tagged FROM parts WHERE id = ?1")?;
            let both = |row: &Row<'_>| Ok::<[Option<SourceId>; 2], _>([row.get(0)?, row.get(1)?]);
            let mut sources: Vec<SourceId> =
                statement.query_row([part], both).optional()?.into_iter().flatten().flatten().collect();
            sources.dedup();
            Ok(sources)
        })
    }
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    let path = path_from_bytes(row.get_ref("root_path")?.as_blob()?)
        .join(path_from_bytes(row.get_ref("path")?.as_blob()?));
    Ok((row.get("item")?, row.get("id")?, path, row.get("size")?))
}

fn with_items(tx: &Connection, found: Vec<Found>) -> Result<Vec<ItemFile>, StoreError> {
    let ids: Vec<i64> = found.iter().map(|(item, ..)| item.0).collect();
    // One item may have several of the files.
    let items: HashMap<ItemId, ItemRow> =
        rows_of(tx, &ids)?.into_iter().map(|item| (item.id, item)).collect();
    let file = |(item, part, path, size): Found| {
        Some(ItemFile { item: items.get(&item)?.clone(), part, path, size })
    };
    Ok(found.into_iter().filter_map(file).collect())
}
