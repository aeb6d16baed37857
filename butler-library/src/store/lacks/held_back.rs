//! How much of what is lacking failures hold back: of a product its own failures, and never those of the
//! headers that it would be made after, which are told once, of who reads headers.
//!
//! Of the whole library that is kept (`migrations/0028_kept_failures.sql`), and no failure is looked at but
//! where several products of a task failed.

use std::collections::BTreeSet;

use butler_product::{ProductKind, Spec};
use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::{Begin, RESTS, Scope, Versions, is_of_all, is_older_stored, lacking};
use crate::store::sources::count_files;
use crate::store::{At, Json};
use crate::{Library, SourceId, StoreError};

/// What failed, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failed {
    /// Products that could not be made.
    pub products: u64,
    /// The files that these are of, each once: several may hold the same content.
    pub files: u64,
}

/// What failures hold back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// What is held back.
    pub all: Failed,
    /// How much of it is tried again by itself; the rest rests.
    pub tried_again: Failed,
    /// The earliest moment from which some of it may be tried again.
    pub next_try_at: Option<Timestamp>,
}

/// The failures of a kind, as this version makes it, that hold a source back at `:due`.
pub(super) const FAILED: &str = "SELECT source, coalesce(next_try_at, 9223372036854775807) AS held_until \
    FROM failures WHERE kind = :kind AND files > 0 AND version = :version AND source IS NOT NULL \
    AND coalesce(next_try_at, 9223372036854775807) > :due";

/// What is kept of a kind as this version makes it.
const KEPT: &str = "SELECT coalesce(sum(failures), 0), coalesce(sum(files), 0), \
    coalesce(sum(failures) FILTER (WHERE held_until < :rests), 0), \
    coalesce(sum(files) FILTER (WHERE held_until < :rests), 0), \
    min(held_until) FILTER (WHERE held_until < :rests) \
    FROM failure_counts WHERE kind = :kind AND version = :version AND held_until > :due";

/// The files of which one kind failed and one of others too, each held back after `:due` and until `:last` at
/// most.
const COMMON: &str = "SELECT count(DISTINCT h.file) FROM failures f JOIN holders h ON h.source = f.source \
    WHERE f.kind = :kind AND f.version = :version AND f.files > 0 \
    AND coalesce(f.next_try_at, 9223372036854775807) > :due \
    AND coalesce(f.next_try_at, 9223372036854775807) <= :last \
    AND EXISTS (SELECT 1 FROM parts p JOIN failures g ON g.source IN (p.source, p.tagged) \
        JOIN json_each(:others) o ON g.kind = o.value ->> 0 AND g.version = o.value ->> 1 \
        WHERE p.id = h.file AND coalesce(g.next_try_at, 9223372036854775807) > :due \
        AND coalesce(g.next_try_at, 9223372036854775807) <= :last)";

pub(super) fn held_query(asked: impl Into<super::Asked>) -> String {
    format!("SELECT s.id, h.held_until {} GROUP BY s.id", lacking(asked, Begin::Failed))
}

impl Library {
    /// How much of these demands, and of these derived products, failures hold back.
    ///
    /// # Errors
    /// If the database fails.
    pub fn held_back(
        &self,
        demands: &[(Spec, Scope<'_>)],
        derived: &[ProductKind],
        now: Timestamp,
    ) -> Result<HeldBack, StoreError> {
        self.db().read(|tx| {
            // Where an older version serves, its successor's failure is no lack's.
            let mut is_kept = true;
            for (spec, scope) in demands {
                is_kept &= is_of_all(tx, scope)? && !is_older_stored(tx, spec.kind())?;
            }
            let mut held = if is_kept { of_all(tx, demands, now)? } else { of_some(tx, demands, now)? };
            for kind in derived {
                held.add(kept(tx, *kind, now)?);
            }
            Ok(held)
        })
    }
}

impl HeldBack {
    fn add(&mut self, other: Self) {
        for (sum, more) in [(&mut self.all, other.all), (&mut self.tried_again, other.tried_again)] {
            sum.products += more.products;
            sum.files += more.files;
        }
        self.next_try_at = self.next_try_at.into_iter().chain(other.next_try_at).min();
    }
}

/// Of demands that leave out no file: what is kept. A file of which several products failed counts with the
/// one that failed most.
fn of_all(tx: &Connection, demands: &[(Spec, Scope<'_>)], now: Timestamp) -> Result<HeldBack, StoreError> {
    let usable = demands.iter().filter(|(_, scope)| scope.versions == Versions::Usable);
    let kinds: BTreeSet<ProductKind> = usable.map(|(spec, _)| spec.kind()).collect();
    let mut failed = Vec::new();
    for kind in kinds {
        failed.extend(Some((kind, kept(tx, kind, now)?)).filter(|(_, held)| held.all.products > 0));
    }
    failed.sort_by_key(|(_, held)| held.all.files);
    let mut sum = HeldBack::default();
    for (place, (kind, held)) in failed.iter().enumerate() {
        let others = failed.iter().skip(place + 1).map(|(other, _)| (other.as_str(), other.version()));
        let (others, mut held) = (others.collect::<Vec<_>>(), *held);
        for (failed, last) in [(&mut held.all, RESTS), (&mut held.tried_again, RESTS - 1)] {
            if !others.is_empty() {
                let mut statement = tx.prepare_cached(COMMON)?;
                let asked = named_params! {
                    ":kind": kind.as_str(), ":version": kind.version(), ":due": now.as_millisecond(),
                    ":last": last, ":others": Json(&others),
                };
                let common: u64 = statement.query_row(asked, |row| row.get(0))?;
                failed.files = failed.files.saturating_sub(common);
            }
        }
        sum.add(held);
    }
    Ok(sum)
}

fn kept(tx: &Connection, kind: ProductKind, now: Timestamp) -> Result<HeldBack, StoreError> {
    let asked = named_params! {
        ":kind": kind.as_str(), ":version": kind.version(), ":due": now.as_millisecond(), ":rests": RESTS,
    };
    let held = |row: &Row<'_>| {
        Ok(HeldBack {
            all: Failed { products: row.get(0)?, files: row.get(1)? },
            tried_again: Failed { products: row.get(2)?, files: row.get(3)? },
            next_try_at: row.get::<_, Option<At>>(4)?.map(|at| at.0),
        })
    };
    Ok(tx.prepare_cached(KEPT)?.query_row(asked, held)?)
}

/// Of demands that leave files out: each failure is looked at.
fn of_some(tx: &Connection, demands: &[(Spec, Scope<'_>)], now: Timestamp) -> Result<HeldBack, StoreError> {
    let mut held: Vec<(SourceId, i64)> = Vec::new();
    for (spec, scope) in demands {
        let kind = spec.kind();
        let mut statement = tx.prepare_cached(&held_query(scope.asked(kind)))?;
        let rows = statement.query_map(
            named_params! {
                ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                ":kind": kind.as_str(), ":version": kind.version(), ":usable": kind.oldest_usable(),
                ":params": spec.params(), ":due": now.as_millisecond(),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        held.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    let failed = |held: &[(SourceId, i64)]| {
        let sources: Vec<SourceId> = held.iter().map(|(source, _)| *source).collect();
        Ok::<_, StoreError>(Failed { products: held.len() as u64, files: count_files(tx, &sources)? })
    };
    let all = failed(&held)?;
    held.retain(|(_, held_until)| *held_until < RESTS);
    let next = held.iter().map(|(_, held_until)| *held_until).min();
    Ok(HeldBack {
        all,
        tried_again: failed(&held)?,
        next_try_at: next.and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}
