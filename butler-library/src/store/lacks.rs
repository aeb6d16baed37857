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
    /// Those of video and audio files, by name.
    PlayableParts,
    /// Those of audio files, each with its tags: two copies of one recording that carry different tags are two of these.
    TaggedParts,
    /// Those of picture files.
    PhotoParts,
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

/// Where a question begins: what follows from it is looked up from there on, and the rest of the library is not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// With the sources whose headers are unknown, or of a version that serves no more.
    Unread,
    /// With what failed.
    Failed,
    /// With all that is meant.
    All,
}

/// Sources of the scope that have a part whose file is there and lack the product.
fn lacking(subjects: Subjects, from: Begin) -> String {
    // What is told by a part's name is looked for among the parts.
    let from = match (subjects, from) {
        (Subjects::TaggedParts, _) => "parts p INDEXED BY parts_by_medium CROSS JOIN sources s ON s.id = coalesce(p.tagged, p.source)",
        (Subjects::PhotoParts, _) => "parts p INDEXED BY parts_by_medium CROSS JOIN sources s ON s.id = p.source",
        (_, Begin::Unread) => "sources s INDEXED BY sources_by_headers CROSS JOIN parts p ON p.source = s.id AND s.headers < :usable",
        (_, Begin::Failed) => {
            "(SELECT DISTINCT source FROM failures WHERE source IS NOT NULL) h CROSS JOIN sources s ON s.id = h.source \
             CROSS JOIN parts p ON p.source = s.id"
        }
        (_, Begin::All) => "sources s JOIN parts p ON p.source = s.id",
    };
    let meant = match subjects {
        Subjects::AllParts => "TRUE",
        Subjects::VideoParts => "(s.has_video = 1 OR (s.has_video IS NULL AND p.medium = 'video'))",
        Subjects::PlayableParts => "p.medium <> 'photo'",
        Subjects::TaggedParts => "p.medium = 'audio'",
        Subjects::PhotoParts => "p.medium = 'photo'",
    };
    format!(
        "FROM {from} CROSS JOIN roots r ON r.id = p.root WHERE p.missing_since IS NULL AND (:section IS NULL OR r.section = :section) AND {meant} \
         AND NOT EXISTS (SELECT 1 FROM products d INDEXED BY products_made \
             WHERE d.source = s.id AND d.kind = :kind AND d.version >= :usable AND d.params = :params)"
    )
}

fn lacks_query(spec: &Spec, subjects: Subjects) -> String {
    let from = if spec.kind() == ProductKind::MediaInfo { Begin::Unread } else { Begin::All };
    format!(
        "SELECT s.id, s.fingerprint, s.size, max(p.added_at) AS newest {} AND (:force OR NOT {HELD}) GROUP BY s.id ORDER BY newest DESC, s.id DESC",
        lacking(subjects, from)
    )
}

fn held_query(subjects: Subjects) -> String {
    format!("SELECT count(DISTINCT s.id) {} AND {HELD}", lacking(subjects, Begin::Failed))
}

/// A failure of this product as this version makes it, or of what it is made after, rests or waits for its next try.
const HELD: &str = "EXISTS (SELECT 1 FROM failures f WHERE f.source = s.id AND (f.next_try_at IS NULL OR f.next_try_at > :now) \
    AND ((f.kind = :kind AND f.version = :version) OR (:after AND f.kind = 'media_info' AND f.version = :first)))";

impl Library {
    /// The sources that lack a product and are not held back by a failure (with `force`, held back or not), newest items first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lacks(&self, spec: &Spec, scope: &Scope, now: Timestamp, force: bool) -> Result<Vec<Lack>, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&lacks_query(spec, scope.subjects))?;
            let lack = |row: &Row<'_>| {
                Ok(Lack { source: row.get(0)?, fingerprint: Fingerprint(row.get(1)?), size: row.get(2)?, added_at: row.get::<_, At>(3)?.0 })
            };
            let lacks = statement.query_map(
                named_params! {
                    ":section": scope.section, ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":force": force, ":now": At(now),
                    ":version": kind.version(), ":after": spec.is_made_after_headers(), ":first": ProductKind::MediaInfo.version(),
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
            let mut statement = tx.prepare_cached(&held_query(scope.subjects))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":now": At(now),
                    ":version": kind.version(), ":after": spec.is_made_after_headers(), ":first": ProductKind::MediaInfo.version(),
                },
                |row| row.get(0),
            )?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How SQLite goes about a question, a line a table.
    fn plan(query: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let plan = library.db().read(|tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
            // Nothing is bound: how it would go hangs on no value.
            let (mut rows, mut lines) = (statement.raw_query(), Vec::new());
            while let Some(row) = rows.next()? {
                lines.push(row.get(3)?);
            }
            Ok::<_, StoreError>(lines)
        });
        plan.unwrap()
    }

    #[test]
    fn what_a_scan_asks_at_its_end_touches_what_is_meant_and_no_more() {
        for query in [
            lacks_query(&Spec::MediaInfo, Subjects::AllParts),
            held_query(Subjects::AllParts),
            lacks_query(&Spec::Tags, Subjects::TaggedParts),
            held_query(Subjects::TaggedParts),
            lacks_query(&Spec::Photo, Subjects::PhotoParts),
            held_query(Subjects::PhotoParts),
        ] {
            let plan = plan(&query);
            let of_all = |line: &&String| line.starts_with("SCAN") && !line.starts_with("SCAN f") && !line.starts_with("SCAN h");
            assert_eq!(plan.iter().find(of_all), None, "{query}\n{plan:#?}");
        }
    }
}
