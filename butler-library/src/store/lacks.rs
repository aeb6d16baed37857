//! The work list: which sources lack a product. It is never stored; it follows from what is there.

use butler_product::{Fingerprint, ProductKind, Spec};
use jiff::Timestamp;
use rusqlite::{Row, named_params};

use super::At;
use crate::{Library, SectionId, SourceId, StoreError};

/// Where lacks are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Only sources with a part in this section.
    pub section: Option<SectionId>,
    /// Which sources are meant.
    pub subjects: Subjects,
}

/// Which sources are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subjects {
    /// Every part's.
    AllParts,
    /// Those with a video stream by their media_info; before there is one, those of video files by name.
    VideoParts,
}

/// A source that has not what is demanded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The source.
    pub source: SourceId,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Bytes.
    pub size: u64,
    /// When the newest of its parts was added.
    pub added_at: Timestamp,
}

/// Sources of the scope that have a part whose file is there and lack the product.
const LACKING: &str = "FROM sources s JOIN parts p ON p.source = s.id AND p.missing_since IS NULL JOIN roots r ON r.id = p.root \
    WHERE (:section IS NULL OR r.section = :section) \
    AND (NOT :video OR s.has_video = 1 OR (s.has_video IS NULL AND p.medium = 'video')) \
    AND NOT EXISTS (SELECT 1 FROM products d WHERE d.source = s.id AND d.kind = :kind AND d.version >= :usable AND d.params = :params)";
/// A failure of this product as this version makes it, or of what it is made after, rests or waits for its next try.
const HELD: &str = "EXISTS (SELECT 1 FROM failures f WHERE f.source = s.id AND (f.next_try_at IS NULL OR f.next_try_at > :now) \
    AND ((f.kind = :kind AND f.version = :version) OR (f.kind = 'media_info' AND f.version = :first)))";

impl Library {
    /// The sources that lack a product and are not held back by a failure (with `force`, held back or not), newest items first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lacks(&self, spec: &Spec, scope: &Scope, now: Timestamp, force: bool) -> Result<Vec<Lack>, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT s.id, s.fingerprint, s.size, max(p.added_at) AS newest {LACKING} AND (:force OR NOT {HELD}) \
                 GROUP BY s.id ORDER BY newest DESC, s.id DESC"
            ))?;
            let lack = |row: &Row<'_>| {
                Ok(Lack { source: row.get(0)?, fingerprint: Fingerprint(row.get(1)?), size: row.get(2)?, added_at: row.get::<_, At>(3)?.0 })
            };
            let lacks = statement.query_map(
                named_params! {
                    ":section": scope.section, ":video": scope.subjects == Subjects::VideoParts, ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":force": force, ":now": At(now),
                    ":version": kind.version(), ":first": ProductKind::MediaInfo.version(),
                },
                lack,
            )?;
            Ok(lacks.collect::<Result<_, _>>()?)
        })
    }

    /// How many sources lack a product and are held back by a failure.
    ///
    /// # Errors
    /// If the database fails.
    pub fn held_back(&self, spec: &Spec, scope: &Scope, now: Timestamp) -> Result<u64, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!("SELECT count(DISTINCT s.id) {LACKING} AND {HELD}"))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":video": scope.subjects == Subjects::VideoParts, ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":now": At(now),
                    ":version": kind.version(), ":first": ProductKind::MediaInfo.version(),
                },
                |row| row.get(0),
            )?)
        })
    }
}
