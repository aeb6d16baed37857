//! Products of items that are derived of stored products of the files below them: which of them are lacking,
//! what they are made of, and the results. It reads no file and derives nothing itself.
//!
//! As with sources, the database is the work list. A derived product is stored with the digest of its inputs:
//! which files are below the item, and what was made of each, and when. It is lacking where there is something
//! to make it of and the digest is another. Start with [`Derivation`] and [`Library::underived`].

use std::collections::{BTreeMap, HashMap};

use butler_product::{Failure, Listed, ProductKind, Value};
use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, named_params, params};

use super::failures::{self, NewItemFailure};
use super::products::{ProductRow, product_row};
use super::runs::add_gain;
use super::{At, Json, Word, readable};
use crate::{ItemId, ItemKind, Library, RunGain, SectionId, SourceId, StoreError};

/// How a product of items follows from stored products of the files below them.
#[derive(Debug, Clone, Copy)]
pub struct Derivation {
    /// What it makes.
    pub makes: ProductKind,
    /// Of which items; the files are those of their children.
    pub of: ItemKind,
    /// The products of files that it is made of.
    pub from: &'static [ProductKind],
    /// Makes it: a function of the inputs alone.
    pub derive: fn(&Inputs) -> Result<Value, Failure>,
}

/// What a derivation is given of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// The contents of the files below the item that are there, each once, by their ids.
    pub sources: Vec<InputSource>,
}

/// One content below an item.
#[derive(Debug, Clone, PartialEq)]
pub struct InputSource {
    /// The content.
    pub source: SourceId,
    /// What was made of it, of the kinds that the derivation is made from.
    pub products: Vec<ProductRow>,
}

impl Inputs {
    /// Of each content the product of a kind; none where it is not made, or there was nothing to make it of.
    pub fn each<P: Listed + 'static>(&self) -> impl Iterator<Item = Option<&P>> {
        self.sources.iter().map(|source| source.products.iter().find_map(|product| product.value.get()))
    }
}

/// What a derived product was made from: the digest of its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputsDigest([u8; 32]);

/// A product of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemProductRow {
    /// Its kind.
    pub kind: ProductKind,
    /// The version that made it.
    pub version: u32,
    /// Its value.
    pub value: Value,
    /// The digest of what it was made from.
    pub made_from: InputsDigest,
    /// When it was made.
    pub made_at: Timestamp,
}

/// What came of deriving one item's product.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedProduct {
    /// The item.
    pub item: ItemId,
    /// The product.
    pub kind: ProductKind,
    /// The digest of the inputs that were given.
    pub made_from: InputsDigest,
    /// The product, or why it could not be made.
    pub outcome: Result<Value, Failure>,
}

/// Where a content below an item stands in the digest: what was made of it, and when.
type Made = (String, Vec<u8>, i64);

/// Feeds the digest of one item's inputs, in the order of the questions below.
struct Digest {
    hasher: blake3::Hasher,
    /// Whether there is anything to derive of.
    has_products: bool,
}

impl Digest {
    fn of(kind: ProductKind) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.as_str().as_bytes()).update(&kind.version().to_le_bytes());
        Self { hasher, has_products: false }
    }

    fn add(&mut self, source: SourceId, made: Option<&Made>) {
        self.hasher.update(&source.0.to_le_bytes());
        if let Some((kind, made_from, made_at)) = made {
            self.has_products = true;
            self.hasher.update(kind.as_bytes()).update(made_from).update(&made_at.to_le_bytes());
        }
    }

    fn end(&self) -> InputsDigest {
        InputsDigest(*self.hasher.finalize().as_bytes())
    }
}

/// The contents below the items of a kind that are there, and what was made of each. What is below an item are
/// its children's files: a trailer is none.
const BELOW: &str = "FROM items i JOIN items c ON c.parent = i.id AND c.kind <> 'extra' \
    JOIN media m ON m.item = c.id \
    JOIN parts p ON p.media = m.id AND p.missing_since IS NULL \
    LEFT JOIN products d ON d.source = p.source AND d.kind IN (SELECT value FROM json_each(:from))";

impl Library {
    /// The items that lack a product which can be derived by now, and no failure with the same inputs holds
    /// back (with `force`, held back or not): those of a section, if one is named, and of no section where
    /// this switch is off.
    ///
    /// # Errors
    /// If the database fails.
    pub fn underived(
        &self,
        derivation: &Derivation,
        section: Option<SectionId>,
        switch: Option<&str>,
        now: Timestamp,
        force: bool,
    ) -> Result<Vec<ItemId>, StoreError> {
        self.db().read(|tx| {
            let mut stored = stored(tx, derivation.makes)?;
            let held = if force { HashMap::new() } else { held(tx, derivation.makes, now)? };
            let mut lacking = Vec::new();
            let mut check = |item: ItemId, digest: &Digest, stored: Option<InputsDigest>| {
                let now = digest.end();
                let is_to_be_made = digest.has_products || stored.is_some();
                if is_to_be_made && stored != Some(now) && held.get(&item) != Some(&now) {
                    lacking.push(item);
                }
            };
            let mut statement = tx.prepare_cached(&format!(
                "SELECT DISTINCT i.id, p.source, d.kind, d.made_from, d.made_at {BELOW} \
                 WHERE i.kind = :of AND (:section IS NULL OR i.section = :section) \
                 AND NOT EXISTS (SELECT 1 FROM section_switches w \
                     WHERE w.section = i.section AND w.id = :switch AND NOT w.is_on) \
                 ORDER BY i.id, p.source, d.kind, d.params"
            ))?;
            let (from, of) = (Json(words(derivation.from)), derivation.of.as_str());
            let asked = named_params! { ":from": from, ":of": of, ":section": section, ":switch": switch };
            let mut rows = statement.query(asked)?;
            let mut at: Option<(ItemId, Digest)> = None;
            while let Some(row) = rows.next()? {
                let item: ItemId = row.get(0)?;
                if at.as_ref().is_none_or(|(before, _)| *before != item) {
                    if let Some((item, digest)) = at.take() {
                        check(item, &digest, stored.remove(&item));
                    }
                    at = Some((item, Digest::of(derivation.makes)));
                }
                if let Some((_, digest)) = &mut at {
                    digest.add(row.get(1)?, made(row, 2)?.as_ref());
                }
            }
            if let Some((item, digest)) = at.take() {
                check(item, &digest, stored.remove(&item));
            }
            // What is left was made of files of which none is there any more.
            let empty = Digest::of(derivation.makes);
            for (item, made_from) in stored {
                if is_in_scope(tx, item, derivation.of, section, switch)? {
                    check(item, &empty, Some(made_from));
                }
            }
            Ok(lacking)
        })
    }

    /// What a derivation is given of an item, and the digest of it; none if there is no such item.
    ///
    /// # Errors
    /// If the database fails.
    pub fn inputs(
        &self,
        derivation: &Derivation,
        item: ItemId,
    ) -> Result<Option<(Inputs, InputsDigest)>, StoreError> {
        self.db().read(|tx| {
            if !tx.prepare_cached("SELECT 1 FROM items WHERE id = ?1")?.exists([item])? {
                return Ok(None);
            }
            let mut digest = Digest::of(derivation.makes);
            let mut sources: BTreeMap<SourceId, Vec<ProductRow>> = BTreeMap::new();
            // `d.*` has the columns of a product; the content's own id is there without one, too.
            let mut statement = tx.prepare_cached(&format!(
                "SELECT DISTINCT p.source AS below, d.* {BELOW} WHERE i.id = :item ORDER BY p.source, d.kind, d.params"
            ))?;
            let from = Json(words(derivation.from));
            let asked = named_params! { ":from": from, ":item": item };
            let mut rows = statement.query(asked)?;
            while let Some(row) = rows.next()? {
                let source: SourceId = row.get("below")?;
                let products = sources.entry(source).or_default();
                let made = match row.get::<_, Option<String>>("kind")? {
                    Some(kind) => Some((kind, row.get("made_from")?, row.get("made_at")?)),
                    None => None,
                };
                digest.add(source, made.as_ref());
                if made.is_some() {
                    products.push(product_row(row)?);
                }
            }
            let sources =
                sources.into_iter().map(|(source, products)| InputSource { source, products }).collect();
            Ok(Some((Inputs { sources }, digest.end())))
        })
    }

    /// Keeps what came of some derivations, and what that adds to a run's progress, in one transaction.
    ///
    /// # Errors
    /// If the database fails; then nothing of it is kept.
    pub fn keep_derived(
        &self,
        derived: Vec<DerivedProduct>,
        gain: RunGain,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            add_gain(tx, &gain)?;
            derived.iter().try_for_each(|derived| keep(tx, derived, &gain, now))
        })
    }

    /// Every product of an item itself, by the name of its kind.
    ///
    /// # Errors
    /// If the database fails.
    pub fn item_products(&self, item: ItemId) -> Result<Vec<ItemProductRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT * FROM item_products WHERE item = ?1 ORDER BY kind")?;
            Ok(readable(&mut statement, [item], "product of an item", item_product_row)?)
        })
    }
}

fn keep(tx: &Connection, derived: &DerivedProduct, gain: &RunGain, now: Timestamp) -> Result<(), StoreError> {
    let DerivedProduct { item, kind, made_from, outcome } = derived;
    if !tx.prepare_cached("SELECT 1 FROM items WHERE id = ?1")?.exists([item])? {
        // The item went meanwhile, and its lacks with it.
        return Ok(());
    }
    match outcome {
        Ok(value) => {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO item_products (item, kind, version, value, made_from, made_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                item,
                kind.as_str(),
                kind.version(),
                Json(value),
                made_from,
                At(now)
            ])?;
            tx.prepare_cached("DELETE FROM failures WHERE item = ?1 AND kind = ?2")?
                .execute(params![item, kind.as_str()])?;
        }
        Err(failure) => failures::record_of_item(
            tx,
            &NewItemFailure { item: *item, kind: *kind, made_from: *made_from, failure, run: gain.run },
            now,
        )?,
    }
    Ok(())
}

fn words(kinds: &[ProductKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

/// A product's part of the digest, from these columns on; none where nothing was made.
fn made(row: &Row<'_>, from: usize) -> rusqlite::Result<Option<Made>> {
    let kind: Option<String> = row.get(from)?;
    kind.map(|kind| Ok((kind, row.get(from + 1)?, row.get(from + 2)?))).transpose()
}

/// What the stored products of a kind were made from, as far as this version made them.
fn stored(tx: &Connection, kind: ProductKind) -> Result<HashMap<ItemId, InputsDigest>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT item, made_from FROM item_products WHERE kind = ?1 AND version >= ?2")?;
    let row = |row: &Row<'_>| Ok((row.get(0)?, InputsDigest(row.get(1)?)));
    Ok(statement.query_map(params![kind.as_str(), kind.oldest_usable()], row)?.collect::<Result<_, _>>()?)
}

/// The inputs with which this version of a product failed and is not tried again yet.
fn held(
    tx: &Connection,
    kind: ProductKind,
    now: Timestamp,
) -> Result<HashMap<ItemId, InputsDigest>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT item, made_from FROM failures WHERE item IS NOT NULL AND kind = ?1 AND version = ?2 \
         AND (next_try_at IS NULL OR next_try_at > ?3)",
    )?;
    let row = |row: &Row<'_>| Ok((row.get(0)?, InputsDigest(row.get(1)?)));
    Ok(statement
        .query_map(params![kind.as_str(), kind.version(), At(now)], row)?
        .collect::<Result<_, _>>()?)
}

fn is_in_scope(
    tx: &Connection,
    item: ItemId,
    of: ItemKind,
    section: Option<SectionId>,
    switch: Option<&str>,
) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM items i WHERE i.id = ?1 AND i.kind = ?2 AND (?3 IS NULL OR i.section = ?3) \
         AND NOT EXISTS (SELECT 1 FROM section_switches w \
             WHERE w.section = i.section AND w.id = ?4 AND NOT w.is_on)",
    )?;
    Ok(statement.exists(params![item, of.as_str(), section, switch])?)
}

fn item_product_row(row: &Row<'_>) -> rusqlite::Result<ItemProductRow> {
    Ok(ItemProductRow {
        kind: row.get::<_, Word<ProductKind>>("kind")?.0,
        version: row.get("version")?,
        value: row.get::<_, Json<Value>>("value")?.0,
        made_from: InputsDigest(row.get("made_from")?),
        made_at: row.get::<_, At>("made_at")?.0,
    })
}

impl ToSql for InputsDigest {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}
