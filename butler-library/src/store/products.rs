//! Products: what was made of a source. One of a kind, or where the kind says so one of each parameters: what
//! was made with others or by an older version is replaced.
//!
//! A row that speaks of a blob is believed as far as the disk bears it out: who reads a blob comes through
//! [`Library::open_product`], which makes a lack again of what is lost.

use std::fs::File;

use butler_product::bandwidth::Summary;
use butler_product::media_info::MediaInfo;
use butler_product::{Fingerprint, Listed, ProductKind, Spec, Traits, Value};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::costs;
use super::failures::{self, NewFailure};
use super::runs::add_gain;
use super::{At, Json, Word, readable};
use crate::blob_check::StoredBlob;
use crate::{BlobError, Library, Loss, RunGain, SourceId, StoreError, UnitCost};

/// What a worker made of one read of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedUnit {
    /// The source that was read.
    pub source: SourceId,
    /// Its fingerprint when the unit was formed: nothing is kept if it has another by now.
    pub made_from: Fingerprint,
    /// What was made; each blob lies in its place already.
    pub products: Vec<MadeProduct>,
    /// What could not be made.
    pub failures: Vec<NewFailure>,
    /// What it adds to the progress of every run concerned.
    pub gains: Vec<RunGain>,
    /// What it took, if it made all that was wanted.
    pub cost: Option<UnitCost>,
    /// When it was made.
    pub made_at: Timestamp,
}

/// One product of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeProduct {
    /// What was wanted.
    pub spec: Spec,
    /// What came of it.
    pub value: Value,
    /// Its blob, as [`crate::Staged::publish`] answered.
    pub blob: Option<BlobRef>,
}

/// A blob by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// Its name below the folder of blobs.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
}

/// Whether a unit's results were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a unit whose source is gone must be told apart from one that was kept"]
pub enum Published {
    /// They were.
    Kept,
    /// The source is gone or has other content: only the runs' progress was kept.
    SourceGone,
}

/// A product.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductRow {
    /// Its kind.
    pub kind: ProductKind,
    /// The version that made it; 0 once it is to be made anew ([`Library::remake`]), and serves until that is
    /// done.
    pub version: u32,
    /// Its parameters, in their canonical text.
    pub params: String,
    /// Its value.
    pub value: Value,
    /// Its blob, if it has one.
    pub blob: Option<BlobRef>,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A product whose kind is known beforehand, and that holds something.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProduct<P> {
    /// Its value.
    pub value: P,
    /// The version that made it.
    pub version: u32,
    /// Its blob, if it has one.
    pub blob: Option<BlobRef>,
    /// When it was made.
    pub made_at: Timestamp,
}

impl<P: Listed> StoredProduct<P> {
    /// Whether the version that made it still serves; else it is a lack.
    pub const fn is_usable(&self) -> bool {
        self.version >= P::OLDEST_USABLE
    }
}

impl ProductRow {
    /// Whether the version that made it still serves; else it is a lack.
    pub const fn is_usable(&self) -> bool {
        self.version >= self.kind.oldest_usable()
    }
}

/// A product with its blob.
#[derive(Debug)]
pub struct OpenedProduct {
    /// Its row.
    pub row: ProductRow,
    /// The blob that its row speaks of.
    pub blob: BlobRef,
    /// That blob, at its start.
    pub file: File,
}

/// Why a product that was made can't be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenProductError {
    /// Its blob is not there any more, or another: it is a lack from now on.
    #[error("{kind} was made and is lost: {loss}")]
    Lost {
        /// The kind of product.
        kind: ProductKind,
        /// What is wrong with the blob.
        loss: Loss,
    },
    /// Its blob is there and the system does not give it.
    #[error("{kind} is there and can't be read")]
    Unreadable {
        /// The kind of product.
        kind: ProductKind,
        /// Which file, and why.
        #[source]
        source: BlobError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Library {
    /// Keeps what a unit made, what it failed at and what it adds to the runs' progress, in one transaction.
    ///
    /// # Errors
    /// If the database fails; then nothing of it is kept.
    pub fn publish(&self, unit: PublishedUnit) -> Result<Published, StoreError> {
        self.db().write(move |tx| keep_unit(tx, &unit))
    }

    /// The same for several units, in their order: each is kept whole or not at all, and one commit serves
    /// many.
    pub fn publish_each(&self, units: Vec<PublishedUnit>) -> Vec<Result<Published, StoreError>> {
        self.db().write_each(units.into_iter().map(|unit| move |tx: &Connection| keep_unit(tx, &unit)))
    }

    /// A source's product of a kind, whatever its version and parameters; of several the newest.
    ///
    /// # Errors
    /// If the database fails.
    pub fn product(&self, source: SourceId, kind: ProductKind) -> Result<Option<ProductRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT * FROM products WHERE source = ?1 AND kind = ?2 ORDER BY made_at DESC LIMIT 1",
            )?;
            Ok(statement.query_row(params![source, kind.as_str()], product_row).optional()?)
        })
    }

    /// A source's product by the type of its value: `product_of::<MediaInfo>(source)`. None too where there
    /// is nothing there.
    ///
    /// # Errors
    /// If the database fails.
    pub fn product_of<P: Listed>(&self, source: SourceId) -> Result<Option<StoredProduct<P>>, StoreError> {
        let row = self.product(source, P::KIND)?;
        Ok(row.and_then(|ProductRow { value, version, blob, made_at, .. }| {
            Some(StoredProduct { value: value.take()?, version, blob, made_at })
        }))
    }

    /// A source's product of a kind with its blob, whatever its version and parameters; none if it was not
    /// made, or there was nothing to make it of.
    ///
    /// # Errors
    /// If its blob is lost or can't be read, or the database fails.
    pub fn open_product(
        &self,
        source: SourceId,
        kind: ProductKind,
    ) -> Result<Option<OpenedProduct>, OpenProductError> {
        let Some(row) = self.product(source, kind)? else { return Ok(None) };
        let Some(blob) = row.blob.clone() else { return Ok(None) };
        match self.blobs().open(&blob) {
            Ok(file) => Ok(Some(OpenedProduct { row, blob, file })),
            Err(BlobError::Lost { loss, .. }) => Err(self.lose_product(source, kind, blob, loss)),
            Err(error) => Err(OpenProductError::Unreadable { kind, source: error }),
        }
    }

    /// A product's blob is not what it was: makes a lack of it again, and says what became of it. A reader
    /// that finds a blob damaged that is as long as it was comes here too.
    pub fn lose_product(
        &self,
        source: SourceId,
        kind: ProductKind,
        blob: BlobRef,
        loss: Loss,
    ) -> OpenProductError {
        tracing::warn!(blob = blob.name, %loss, "a product is lost, and is a lack again");
        let given_up = self.db().write(move |tx| give_up(tx, &StoredBlob { source, kind, blob }));
        given_up.map_or_else(OpenProductError::Store, |_| OpenProductError::Lost { kind, loss })
    }

    /// Every product of a source, by the name of its kind.
    ///
    /// # Errors
    /// If the database fails.
    pub fn products_of(&self, source: SourceId) -> Result<Vec<ProductRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT * FROM products WHERE source = ?1 ORDER BY kind")?;
            Ok(readable(&mut statement, [source], "product", product_row)?)
        })
    }
}

fn keep_unit(tx: &Connection, unit: &PublishedUnit) -> Result<Published, StoreError> {
    unit.gains.iter().try_for_each(|gain| add_gain(tx, gain))?;
    unit.cost.iter().try_for_each(|cost| costs::record(tx, cost))?;
    if super::sources::fingerprint_of(tx, unit.source)? != Some(unit.made_from) {
        return Ok(Published::SourceGone);
    }
    for product in &unit.products {
        keep(tx, unit, product)?;
    }
    if unit.products.iter().any(|made| matches!(made.spec, Spec::MediaInfo | Spec::Bandwidth)) {
        learn_length(tx, unit.source)?;
    }
    for failure in &unit.failures {
        failures::record(tx, unit.source, failure, unit.made_at)?;
    }
    Ok(Published::Kept)
}

/// Where a file's headers state no length, its stored headers take the one that reading the file to its end
/// found, so that every answer shows it, whichever of the two was made first.
fn learn_length(tx: &Connection, source: SourceId) -> Result<(), StoreError> {
    let stored = |kind: ProductKind| {
        let mut statement =
            tx.prepare_cached("SELECT value, version FROM products WHERE source = ?1 AND kind = ?2")?;
        let row = |row: &Row<'_>| Ok((row.get::<_, Json<Value>>(0)?.0, row.get::<_, u32>(1)?));
        Ok::<_, StoreError>(statement.query_row(params![source, kind.as_str()], row).optional()?)
    };
    // Of a file that is new the headers alone are stored, and need not be taken apart again.
    let Some((walked, _)) = stored(ProductKind::Bandwidth)? else { return Ok(()) };
    // Older versions don't say who told the length.
    let Some((headers, MediaInfo::LENGTH_TOLD_FROM..)) = stored(ProductKind::MediaInfo)? else {
        return Ok(());
    };
    let (Some(mut info), Some(summary)) = (headers.take::<MediaInfo>(), walked.take::<Summary>()) else {
        return Ok(());
    };
    if info.learn_length(summary.duration_ms) {
        tx.prepare_cached("UPDATE products SET value = ?3 WHERE source = ?1 AND kind = ?2")?.execute(
            params![source, ProductKind::MediaInfo.as_str(), Json(Value::MediaInfo(Box::new(info))),],
        )?;
    }
    Ok(())
}

fn keep(tx: &Connection, unit: &PublishedUnit, product: &MadeProduct) -> Result<(), StoreError> {
    let MadeProduct { spec, value, blob } = product;
    let kind = spec.kind();
    if !kind.keeps_one_of_each() {
        forget_others(tx, unit.source, spec)?;
    }
    tx.prepare_cached(
        "INSERT INTO products (source, kind, version, params, value, blob, blob_bytes, made_from, made_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET version = excluded.version, \
         value = excluded.value, blob = excluded.blob, blob_bytes = excluded.blob_bytes, made_from = \
         excluded.made_from, made_at = excluded.made_at",
    )?
    .execute(params![
        unit.source,
        kind.as_str(),
        kind.version(),
        spec.params(),
        Json(value),
        blob.as_ref().map(|blob| &blob.name),
        blob.as_ref().map(|blob| blob.bytes),
        unit.made_from.0,
        At(unit.made_at),
    ])?;
    tx.prepare_cached("DELETE FROM failures WHERE source = ?1 AND kind = ?2")?
        .execute(params![unit.source, kind.as_str()])?;
    if matches!(kind, ProductKind::Tags | ProductKind::Photo) {
        crate::scan::place_by_content(tx, unit.source, value, unit.made_at)?;
    }
    if kind == ProductKind::MediaInfo {
        let traits = value.get().map_or(Traits::HEADERS, MediaInfo::traits);
        super::sources::keep_headers(tx, unit.source, traits, kind.version())?;
    }
    Ok(())
}

/// Forgets what was made of a source by other parameters. It is looked for first: a deletion that finds nothing
/// costs ten times what the look does, for all that hangs on a row of the table.
fn forget_others(tx: &Connection, source: SourceId, spec: &Spec) -> Result<(), StoreError> {
    let (kind, by) = (spec.kind().as_str(), spec.params());
    let is_made = tx
        .prepare_cached("SELECT 1 FROM products WHERE source = ?1 AND kind = ?2 AND params <> ?3")?
        .exists(params![source, kind, by])?;
    if is_made {
        tx.prepare_cached("DELETE FROM products WHERE source = ?1 AND kind = ?2 AND params <> ?3")?
            .execute(params![source, kind, by])?;
    }
    Ok(())
}

/// Takes a product's row away, if it still speaks of this blob. How many rows that were.
pub(crate) fn give_up(
    tx: &Connection,
    StoredBlob { source, kind, blob }: &StoredBlob,
) -> Result<u64, StoreError> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM products WHERE source = ?1 AND kind = ?2 AND blob = ?3 AND blob_bytes = ?4",
    )?;
    Ok(statement.execute(params![source, kind.as_str(), blob.name, blob.bytes])? as u64)
}

pub(super) fn product_row(row: &Row<'_>) -> rusqlite::Result<ProductRow> {
    let (name, bytes) = (row.get::<_, Option<String>>("blob")?, row.get::<_, Option<u64>>("blob_bytes")?);
    Ok(ProductRow {
        kind: row.get::<_, Word<ProductKind>>("kind")?.0,
        version: row.get("version")?,
        params: row.get("params")?,
        value: row.get::<_, Json<Value>>("value")?.0,
        blob: name.zip(bytes).map(|(name, bytes)| BlobRef { name, bytes }),
        made_at: row.get::<_, At>("made_at")?.0,
    })
}
