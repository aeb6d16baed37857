//! Products of items that are derived of stored products of the files below them: which of them are lacking,
//! what they are made of, and the results. It reads no file and derives nothing itself.
//!
//! As with sources, the database is the work list. A derived product is stored with the digest of its inputs:
//! which files are below the item, and what was made of each, and when. It is lacking where there is
//! something to make it of and the digest is another. Which items are worth a look is marked by triggers
//! (`migrations/0019_underived.sql`); the digest decides. Start with [`Derivation`] and
//! [`Library::underived`].

use std::collections::{BTreeMap, BTreeSet};

use butler_product::{Failure, Listed, ProductKind, Value};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params, params};

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
    /// The item's children with such a file, by their ids: the contents of each, by their places in
    /// `sources`. A track that is there twice in an album is two of one content, one in two qualities is one
    /// of two.
    pub children: Vec<Vec<usize>>,
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
        self.sources.iter().map(InputSource::product)
    }

    /// Of each child of the item the product of a kind; none where it is made of none of its contents.
    pub fn each_child<P: Listed + 'static>(&self) -> impl Iterator<Item = Option<&P>> {
        let of = |place: &usize| self.sources.get(*place).and_then(InputSource::product);
        self.children.iter().map(move |contents| contents.iter().find_map(of))
    }
}

impl InputSource {
    fn product<P: Listed + 'static>(&self) -> Option<&P> {
        self.products.iter().find_map(|product| product.value.get())
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

    fn add(&mut self, child: ItemId, source: SourceId, made: Option<&Made>) {
        self.hasher.update(&child.0.to_le_bytes()).update(&source.0.to_le_bytes());
        if let Some((kind, made_from, made_at)) = made {
            self.has_products = true;
            self.hasher.update(kind.as_bytes()).update(made_from).update(&made_at.to_le_bytes());
        }
    }

    fn end(&self) -> InputsDigest {
        InputsDigest(*self.hasher.finalize().as_bytes())
    }
}

/// The contents below the items of a kind that are there, and what was made of each. What is below an item
/// are its children's files: a trailer is none.
const BELOW: &str = "FROM items i JOIN items c ON c.parent = i.id AND c.kind <> 'extra' \
    JOIN media m ON m.item = c.id \
    JOIN parts p ON p.media = m.id AND p.missing_since IS NULL \
    LEFT JOIN products d ON d.source = p.source AND d.kind IN (SELECT value FROM json_each(:from))";

impl Library {
    /// The items that lack a product which can be derived by now, and no failure with the same inputs holds
    /// back (with `force`, held back or not): those of a section, if one is named, and of no section where
    /// this switch is off. Only those are looked at below which something changed since they were found to
    /// lack nothing.
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
        self.mark_from_now_on(derivation)?;
        let (mut lacking, mut complete) = (Vec::new(), Vec::new());
        self.db().read(|tx| {
            for (item, changes) in marked(tx, derivation, section, switch)? {
                let digest = digest_of(tx, derivation, item)?;
                let (stored, now_of) = (stored(tx, derivation.makes, item)?, digest.end());
                let is_to_be_made = digest.has_products || stored.is_some();
                if !is_to_be_made || stored == Some(now_of) {
                    complete.push((item, changes));
                } else if force || held(tx, derivation.makes, item, now)? != Some(now_of) {
                    lacking.push(item);
                }
            }
            Ok::<_, StoreError>(())
        })?;
        if !complete.is_empty() {
            let kind = derivation.makes;
            self.db().write(move |tx| {
                complete.iter().try_for_each(|(item, changes)| unmark(tx, kind, *item, *changes))
            })?;
        }
        Ok(lacking)
    }

    /// Sees to it that items are marked for a derivation whenever something changes below them: from the
    /// first time on all of them are, and anew when it makes another version.
    fn mark_from_now_on(&self, derivation: &Derivation) -> Result<(), StoreError> {
        let (kind, of) = (derivation.makes, derivation.of);
        let is_marking = self.db().read(|tx| {
            let mut known = tx.prepare_cached(
                "SELECT 1 FROM derivations WHERE kind = ?1 AND of_kind = ?2 AND version = ?3",
            )?;
            Ok::<_, StoreError>(known.exists(params![kind.as_str(), of.as_str(), kind.version()])?)
        })?;
        if is_marking {
            return Ok(());
        }
        self.db().write(move |tx| {
            let named = params![kind.as_str(), of.as_str()];
            tx.execute(
                "INSERT OR REPLACE INTO derivations (kind, of_kind, version) VALUES (?1, ?2, ?3)",
                params![kind.as_str(), of.as_str(), kind.version()],
            )?;
            tx.execute(
                "INSERT INTO underived (kind, item) SELECT ?1, id FROM items WHERE kind = ?2 \
                 ON CONFLICT DO UPDATE SET changes = changes + 1",
                named,
            )?;
            Ok(())
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
            let mut sources: BTreeMap<SourceId, (ItemId, Vec<ProductRow>)> = BTreeMap::new();
            let mut children: BTreeMap<ItemId, BTreeSet<SourceId>> = BTreeMap::new();
            // `d.*` has the columns of a product; the content's own id is there without one, too.
            let mut statement = tx.prepare_cached(&format!(
                "SELECT DISTINCT c.id AS child, p.source AS below, d.* {BELOW} WHERE i.id = :item \
                 ORDER BY c.id, p.source, d.kind, d.params"
            ))?;
            let from = Json(words(derivation.from));
            let asked = named_params! { ":from": from, ":item": item };
            let mut rows = statement.query(asked)?;
            while let Some(row) = rows.next()? {
                let (child, source): (ItemId, SourceId) = (row.get("child")?, row.get("below")?);
                children.entry(child).or_default().insert(source);
                let (first, products) = sources.entry(source).or_insert((child, Vec::new()));
                let made = match row.get::<_, Option<String>>("kind")? {
                    Some(kind) => Some((kind, row.get("made_from")?, row.get("made_at")?)),
                    None => None,
                };
                digest.add(child, source, made.as_ref());
                // The same products stand with each child that has the content.
                if made.is_some() && *first == child {
                    products.push(product_row(row)?);
                }
            }
            let sources: Vec<InputSource> =
                sources.into_iter().map(|(source, (_, products))| InputSource { source, products }).collect();
            let place = |source: SourceId| sources.binary_search_by_key(&source, |input| input.source).ok();
            let children =
                children.into_values().map(|of| of.into_iter().filter_map(place).collect()).collect();
            Ok(Some((Inputs { sources, children }, digest.end())))
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

/// The items of the scope that are marked, and by how many changes each.
fn marked(
    tx: &Connection,
    derivation: &Derivation,
    section: Option<SectionId>,
    switch: Option<&str>,
) -> Result<Vec<(ItemId, i64)>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT u.item, u.changes FROM underived u JOIN items i ON i.id = u.item \
         WHERE u.kind = ?1 AND i.kind = ?2 AND (?3 IS NULL OR i.section = ?3) \
         AND NOT EXISTS (SELECT 1 FROM section_switches w \
             WHERE w.section = i.section AND w.id = ?4 AND NOT w.is_on) ORDER BY u.item",
    )?;
    let asked = params![derivation.makes.as_str(), derivation.of.as_str(), section, switch];
    Ok(statement.query_map(asked, |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// Takes an item's mark away, unless something changed since it was looked at.
fn unmark(tx: &Connection, kind: ProductKind, item: ItemId, changes: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM underived WHERE kind = ?1 AND item = ?2 AND changes = ?3")?
        .execute(params![kind.as_str(), item, changes])?;
    Ok(())
}

/// The digest of what a derivation would be given of an item.
fn digest_of(tx: &Connection, derivation: &Derivation, item: ItemId) -> Result<Digest, StoreError> {
    let mut digest = Digest::of(derivation.makes);
    let mut statement = tx.prepare_cached(&format!(
        "SELECT DISTINCT c.id, p.source, d.kind, d.made_from, d.made_at {BELOW} WHERE i.id = :item \
         ORDER BY c.id, p.source, d.kind, d.params"
    ))?;
    let from = Json(words(derivation.from));
    let mut rows = statement.query(named_params! { ":from": from, ":item": item })?;
    while let Some(row) = rows.next()? {
        let kind: Option<String> = row.get(2)?;
        let made: Option<Made> =
            kind.map(|kind| Ok::<_, rusqlite::Error>((kind, row.get(3)?, row.get(4)?))).transpose()?;
        digest.add(row.get(0)?, row.get(1)?, made.as_ref());
    }
    Ok(digest)
}

/// What an item's stored product was made from, as far as this version made it.
fn stored(tx: &Connection, kind: ProductKind, item: ItemId) -> Result<Option<InputsDigest>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT made_from FROM item_products WHERE item = ?1 AND kind = ?2 AND version >= ?3",
    )?;
    let asked = params![item, kind.as_str(), kind.oldest_usable()];
    Ok(statement.query_row(asked, |row| Ok(InputsDigest(row.get(0)?))).optional()?)
}

/// The inputs with which this version of an item's product failed and is not tried again yet.
fn held(
    tx: &Connection,
    kind: ProductKind,
    item: ItemId,
    now: Timestamp,
) -> Result<Option<InputsDigest>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT made_from FROM failures WHERE item = ?1 AND kind = ?2 AND version = ?3 \
         AND (next_try_at IS NULL OR next_try_at > ?4)",
    )?;
    let asked = params![item, kind.as_str(), kind.version(), At(now)];
    Ok(statement.query_row(asked, |row| Ok(InputsDigest(row.get(0)?))).optional()?)
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
