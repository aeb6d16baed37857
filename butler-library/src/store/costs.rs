//! What units took: time, bytes, length of the media, by the products that were made together. The newest few
//! hundred of each set of products are kept; so the table does not grow with the library.
//!
//! It reckons nothing: what a backlog will take is the asker's to say. Start with [`Library::costs`].

use std::str::FromStr;

use butler_product::ProductKind;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{At, readable};
use crate::{Library, StoreError};

/// So many units of one set of products are kept one by one.
const KEPT: u64 = 256;

/// What one unit took that made all that was wanted of it.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitCost {
    /// The products that were made, in the order of [`ProductKind::ALL`], none twice.
    pub kinds: Vec<ProductKind>,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// How long the film or track lasts; none for what has no duration.
    pub media_seconds: Option<f64>,
    /// Bytes read from the file.
    pub bytes_read: u64,
    /// Seconds of work by the wall clock, from the opening of the file to the last answer. Kept to the
    /// millisecond.
    pub seconds: f64,
    /// When it was done.
    pub made_at: Timestamp,
}

impl Library {
    /// Keeps what a unit took. [`Library::publish`] does so in the transaction that keeps its products.
    ///
    /// # Errors
    /// If the database fails.
    pub fn record_cost(&self, cost: UnitCost) -> Result<(), StoreError> {
        self.db().write(move |tx| record(tx, &cost))
    }

    /// What the newest units took, at most 256 for each set of products; oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn costs(&self) -> Result<Vec<UnitCost>, StoreError> {
        self.db().read(|tx| {
            let mut newest = tx.prepare_cached("SELECT * FROM costs ORDER BY made_at, kinds, slot")?;
            Ok(readable(&mut newest, [], "cost", cost_row)?)
        })
    }
}

pub(crate) fn record(tx: &Connection, cost: &UnitCost) -> Result<(), StoreError> {
    let names: Vec<_> = ProductKind::ALL
        .into_iter()
        .filter(|kind| cost.kinds.contains(kind))
        .map(ProductKind::as_str)
        .collect();
    let (kinds, work, media) = (names.join(" "), millis(cost.seconds), cost.media_seconds.map(millis));
    // A free slot, or that of the oldest.
    let slot: u64 = tx
        .prepare_cached(
            "SELECT iif(free < ?2, free, (SELECT slot FROM costs WHERE kinds = ?1 ORDER BY made_at, slot LIMIT 1)) \
             FROM (SELECT coalesce(max(slot) + 1, 0) AS free FROM costs WHERE kinds = ?1)",
        )?
        .query_row(params![kinds, KEPT], |row| row.get(0))?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO costs (kinds, slot, size_bytes, media_ms, bytes_read, work_ms, made_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![kinds, slot, cost.size_bytes, media, cost.bytes_read, work, At(cost.made_at)])?;
    Ok(())
}

/// Milliseconds; the cast keeps what is no number, or too large a one, within bounds that sums of many still
/// fit in.
fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).clamp(0.0, 1e12) as i64
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}

/// The kinds of a stored set; one that this build does not know is left out.
fn kinds(row: &Row<'_>) -> rusqlite::Result<Vec<ProductKind>> {
    Ok(row
        .get_ref("kinds")?
        .as_str()?
        .split(' ')
        .filter_map(|kind| ProductKind::from_str(kind).ok())
        .collect())
}

fn cost_row(row: &Row<'_>) -> rusqlite::Result<UnitCost> {
    Ok(UnitCost {
        kinds: kinds(row)?,
        size_bytes: row.get("size_bytes")?,
        media_seconds: row.get::<_, Option<i64>>("media_ms")?.map(seconds),
        bytes_read: row.get("bytes_read")?,
        seconds: seconds(row.get("work_ms")?),
        made_at: row.get::<_, At>("made_at")?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(kinds: &[ProductKind], second: i64) -> UnitCost {
        UnitCost {
            kinds: kinds.to_vec(),
            size_bytes: 1_000,
            media_seconds: Some(1.5),
            bytes_read: 100,
            seconds: 0.25,
            made_at: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn the_newest_units_of_each_set_of_products_are_kept() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        assert_eq!(library.costs().unwrap(), []);
        let both = [ProductKind::MediaInfo, ProductKind::Bif];
        library.record_cost(cost(&both, 1)).unwrap();
        for second in 0..300 {
            library.record_cost(cost(&[ProductKind::Tags], second)).unwrap();
        }
        library
            .record_cost(UnitCost {
                media_seconds: None,
                ..cost(&[ProductKind::Bif, ProductKind::MediaInfo], 9)
            })
            .unwrap();
        let costs = library.costs().unwrap();
        let of = |kinds: &[ProductKind]| costs.iter().filter(|cost| cost.kinds == kinds).collect::<Vec<_>>();
        assert_eq!(of(&both), [&cost(&both, 1), &UnitCost { media_seconds: None, ..cost(&both, 9) }]);
        let tags = of(&[ProductKind::Tags]);
        assert_eq!((tags.len(), tags[0].made_at.as_second(), tags[255].made_at.as_second()), (256, 44, 299));
    }
}
