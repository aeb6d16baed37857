//! Has products made anew on purpose: what somebody does not trust, or wants from a newer libav, becomes a
//! lack, and serves until its successor is there. Nothing is made here, and no file of a section is touched.
//!
//! Start with [`Library::remake`]. A product that is to be made anew has version 0, which no build ever gave.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use butler_product::ProductKind;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::item_files::parts_at;
use super::sources::count_files;
use super::{At, Json, Word, path_bytes, readable};
use crate::blob_check::StoredBlob;
use crate::{BlobRef, CheckBlobsError, ItemId, Library, PartId, RootId, SectionId, SourceId, StoreError};

/// So many sources are marked in one transaction, so that other writes come in between.
const GROUP: usize = 500;

/// Of which files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemakeScope {
    /// Those of an item, and of all that stands below it: a show's episodes.
    Item(ItemId),
    /// One file.
    Part(PartId),
    /// The file that lies there, a picture beside the media too, whichever sections hold it; a path that
    /// leads there through links will do.
    File(PathBuf),
    /// All of a section.
    Section(SectionId),
}

/// What was marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remade {
    /// The files that are meant, with all that hold the same content.
    pub files: u64,
    /// These contents by the sections that hold them; none are named of a whole section.
    pub places: BTreeMap<SectionId, Vec<SourceId>>,
    /// Products that are lacks from now on, each kind for itself: those that were there, marked before or
    /// not, and those that were lost.
    pub products: BTreeMap<ProductKind, u64>,
    /// Failures that hold nothing back any more, each kind for itself.
    pub failures: BTreeMap<ProductKind, u64>,
}

impl Library {
    /// Has these products of these files made anew by the next run of the task that wants them; what failed
    /// is tried again. With `missing_only` that concerns what is not there: blobs that are lost, and
    /// failures. None if there is no such item, file or section.
    ///
    /// # Errors
    /// If the database fails or blobs can't be looked at; what was marked until then stays so.
    pub fn remake(
        &self,
        scope: &RemakeScope,
        kinds: &[ProductKind],
        missing_only: bool,
        now: Timestamp,
    ) -> Result<Option<Remade>, CheckBlobsError> {
        let Some(found) = self.meant(scope)? else { return Ok(None) };
        let mut places = BTreeMap::<SectionId, Vec<SourceId>>::new();
        for (section, source) in &found {
            let named = places.entry(*section).or_default();
            named.extend((!matches!(scope, RemakeScope::Section(_))).then_some(*source));
        }
        let sources = distinct(found);
        let files = self.db().read(|tx| count_files(tx, &sources))?;
        let mut remade = Remade { files, places, ..Remade::default() };
        for group in sources.chunks(GROUP) {
            let group = group.to_vec();
            let (products, failures) = if missing_only {
                let lost = self.lost_of(&group, kinds)?;
                let (kinds, blobs) = (kinds.to_vec(), self.blobs().clone());
                self.db().write(move |tx| {
                    // Looked at once more: one may have been made anew meanwhile.
                    let lost = lost.iter().filter(|stored| blobs.is_lost(stored));
                    Ok::<_, StoreError>((give_up(tx, lost)?, lift(tx, &group, &kinds, now)?))
                })?
            } else {
                let kinds = kinds.to_vec();
                self.db().write(move |tx| {
                    Ok::<_, StoreError>((mark(tx, &group, &kinds)?, lift(tx, &group, &kinds, now)?))
                })?
            };
            for (counts, sums) in [(products, &mut remade.products), (failures, &mut remade.failures)] {
                counts.into_iter().for_each(|(kind, count)| *sums.entry(kind).or_default() += count);
            }
        }
        Ok(Some(remade))
    }

    /// How many different contents a scope is of; none if there is no such item, file or section.
    ///
    /// # Errors
    /// If the database fails.
    pub fn count_to_remake(&self, scope: &RemakeScope) -> Result<Option<usize>, StoreError> {
        Ok(self.meant(scope)?.map(|found| distinct(found).len()))
    }

    fn meant(&self, scope: &RemakeScope) -> Result<Option<Vec<(SectionId, SourceId)>>, StoreError> {
        let places = match scope {
            RemakeScope::File(path) => self.places_of(path)?,
            _ => Vec::new(),
        };
        self.db().read(|tx| sources(tx, scope, &places))
    }

    /// Makes lacks again of those products of a section's files, or only of these contents, whose blob is
    /// lost; whenever `is_stopping` says so, it ends. How many that were.
    ///
    /// # Errors
    /// If the database fails or blobs can't be looked at; what was done until then stays.
    pub fn check_blobs_of(
        &self,
        section: SectionId,
        only: Option<&[SourceId]>,
        kinds: &[ProductKind],
        is_stopping: &dyn Fn() -> bool,
    ) -> Result<u64, CheckBlobsError> {
        let scope = RemakeScope::Section(section);
        let sources = match only {
            Some(only) => only.to_vec(),
            None => distinct(self.db().read(|tx| sources(tx, &scope, &[]))?.unwrap_or_default()),
        };
        let mut lost = 0;
        for group in sources.chunks(GROUP) {
            if is_stopping() {
                break;
            }
            lost += self.give_up_lost(self.lost_of(group, kinds)?)?;
        }
        Ok(lost)
    }

    /// The products of these sources whose blob is lost.
    fn lost_of(
        &self,
        sources: &[SourceId],
        kinds: &[ProductKind],
    ) -> Result<Vec<StoredBlob>, CheckBlobsError> {
        let with_blob = self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT source, kind, blob, blob_bytes FROM products WHERE blob IS NOT NULL AND source IN \
                 (SELECT value FROM json_each(?1)) \
                 AND kind IN (SELECT value FROM json_each(?2))",
            )?;
            let stored = |row: &rusqlite::Row<'_>| {
                let blob = BlobRef { name: row.get(2)?, bytes: row.get(3)? };
                Ok(StoredBlob { source: row.get(0)?, kind: row.get::<_, Word<ProductKind>>(1)?.0, blob })
            };
            Ok::<_, StoreError>(readable(
                &mut statement,
                params![ids(sources), words(kinds)],
                "product",
                stored,
            )?)
        })?;
        let mut lost = Vec::new();
        for stored in with_blob {
            if self.blobs().loss(&stored.blob)?.is_some() {
                lost.push(stored);
            }
        }
        Ok(lost)
    }
}

type Counts = BTreeMap<ProductKind, u64>;

fn ids(sources: &[SourceId]) -> Json<Vec<i64>> {
    Json(sources.iter().map(|source| source.0).collect())
}

fn words(kinds: &[ProductKind]) -> Json<Vec<&'static str>> {
    Json(kinds.iter().map(|kind| kind.as_str()).collect())
}

fn mark(tx: &Connection, sources: &[SourceId], kinds: &[ProductKind]) -> Result<Counts, StoreError> {
    let mut counts = Counts::new();
    for kind in kinds {
        tx.prepare_cached(
            "UPDATE products SET version = 0 \
             WHERE kind = ?2 AND version > 0 AND source IN (SELECT value FROM json_each(?1))",
        )?
        .execute(params![ids(sources), kind.as_str()])?;
        // What was marked before is still to be made: who asks for it now wants it no less.
        let marked = tx
            .prepare_cached(
                "SELECT count(*) FROM products \
                 WHERE kind = ?2 AND version = 0 AND source IN (SELECT value FROM json_each(?1))",
            )?
            .query_row(params![ids(sources), kind.as_str()], |row| row.get(0))?;
        counts.insert(*kind, marked);
        if *kind == ProductKind::MediaInfo {
            tx.prepare_cached(
                "UPDATE sources SET headers = 0 WHERE id IN (SELECT value FROM json_each(?1))",
            )?
            .execute([ids(sources)])?;
        }
    }
    Ok(counts)
}

fn give_up<'a>(tx: &Connection, lost: impl Iterator<Item = &'a StoredBlob>) -> Result<Counts, StoreError> {
    let mut counts = Counts::new();
    for stored in lost {
        *counts.entry(stored.kind).or_default() += super::products::give_up(tx, stored)?;
    }
    Ok(counts)
}

fn lift(
    tx: &Connection,
    sources: &[SourceId],
    kinds: &[ProductKind],
    now: Timestamp,
) -> Result<Counts, StoreError> {
    let mut counts = Counts::new();
    for kind in kinds {
        let lifted = tx
            .prepare_cached(
                "UPDATE failures SET tries = 0, next_try_at = ?3 \
                 WHERE kind = ?2 AND source IN (SELECT value FROM json_each(?1))",
            )?
            .execute(params![ids(sources), kind.as_str(), At(now)])?;
        counts.insert(*kind, lifted as u64);
    }
    Ok(counts)
}

/// Each source once, in whichever sections it lies.
fn distinct(found: Vec<(SectionId, SourceId)>) -> Vec<SourceId> {
    found.into_iter().map(|(_, source)| source).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The sources of a scope, those of tags too, each with a section that holds it; none if there is no such
/// thing. `places` are those of a file.
fn sources(
    tx: &Connection,
    scope: &RemakeScope,
    places: &[(RootId, PathBuf)],
) -> Result<Option<Vec<(SectionId, SourceId)>>, StoreError> {
    let of = |parts: &str, id: i64| -> Result<Vec<(SectionId, SourceId)>, StoreError> {
        let query = format!(
            "WITH meant AS MATERIALIZED ({parts}) \
             SELECT r.section, p.source FROM parts p JOIN roots r ON r.id = p.root \
             WHERE p.missing_since IS NULL AND p.id IN meant \
             UNION SELECT r.section, p.tagged FROM parts p JOIN roots r ON r.id = p.root \
             WHERE p.missing_since IS NULL AND p.tagged IS NOT NULL AND p.id IN meant"
        );
        let found = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(readable(&mut *tx.prepare_cached(&query)?, [id], "part", found)?)
    };
    let with_pictures = |mut sources: Vec<_>, pictures: &str, id: i64| -> Result<_, StoreError> {
        let found = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        sources.extend(readable(&mut *tx.prepare_cached(pictures)?, [id], "picture", found)?);
        sources.sort_unstable();
        sources.dedup();
        Ok(Some(sources))
    };
    let is_there = |table: &str, id: i64| -> Result<bool, StoreError> {
        Ok(tx.prepare_cached(&format!("SELECT 1 FROM {table} WHERE id = ?1"))?.exists([id])?)
    };
    Ok(match scope {
        RemakeScope::Item(ItemId(item)) if is_there("items", *item)? => {
            let below = "WITH RECURSIVE below (item) AS (SELECT ?1 UNION SELECT i.id FROM items i JOIN below b \
                         ON i.parent = b.item)";
            let of_parts = of(
                &format!(
                    "{below} SELECT p.id FROM below b JOIN media m ON m.item = b.item JOIN parts p ON p.media = \
                     m.id UNION SELECT p.id FROM below b JOIN shared_media h ON h.item = b.item JOIN parts p ON \
                     p.media = h.media"
                ),
                *item,
            )?;
            let pictures = format!(
                "{below} SELECT i.section, c.source FROM below b JOIN items i ON i.id = b.item \
                 JOIN pictures c ON c.item = b.item"
            );
            with_pictures(of_parts, &pictures, *item)?
        }
        RemakeScope::Part(PartId(part)) if is_there("parts", *part)? => Some(of("SELECT ?1", *part)?),
        RemakeScope::Section(SectionId(section)) if is_there("sections", *section)? => {
            let of_parts =
                of("SELECT p.id FROM parts p JOIN roots r ON r.id = p.root WHERE r.section = ?1", *section)?;
            let pictures = "SELECT r.section, c.source FROM pictures c JOIN roots r ON r.id = c.root \
                            WHERE r.section = ?1 AND c.item IS NOT NULL";
            with_pictures(of_parts, pictures, *section)?
        }
        RemakeScope::File(_) => {
            let mut found = Vec::new();
            for PartId(part) in parts_at(tx, places)? {
                found.extend(of("SELECT ?1", part)?);
            }
            let mut pictures = tx.prepare_cached(
                "SELECT r.section, c.source FROM pictures c JOIN roots r ON r.id = c.root \
                 WHERE c.root = ?1 AND c.path = ?2 AND c.item IS NOT NULL",
            )?;
            for (root, path) in places {
                let picture = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                found.extend(readable(&mut pictures, params![root, path_bytes(path)], "picture", picture)?);
            }
            found.sort_unstable();
            found.dedup();
            (!found.is_empty()).then_some(found)
        }
        RemakeScope::Item(_) | RemakeScope::Part(_) | RemakeScope::Section(_) => None,
    })
}
