//! The work list: which sources lack a product. It follows from what is there: a lack is what the questions here say that it is.
//!
//! For the demands that stand the set is kept in a table ([`Library::keep_lacks`]), by triggers in the transaction that changes
//! what it follows from (`migrations/0008_kept_lacks.sql`). A question then begins with that set, and still checks each row of it.

use butler_product::{Fingerprint, ProductKind, Spec};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{At, Json};
use crate::{Library, SectionId, SourceId, StoreError};

/// Where lacks are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Only sources with a part in this section.
    pub section: Option<SectionId>,
    /// Which sources are meant.
    pub subjects: Subjects,
    /// Only sources with a part in a section where this switch is on ([`Library::section_switches`]).
    pub switch: Option<&'static str>,
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

impl Subjects {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AllParts => "all_parts",
            Self::VideoParts => "video_parts",
            Self::PlayableParts => "playable_parts",
            Self::TaggedParts => "tagged_parts",
            Self::PhotoParts => "photo_parts",
        }
    }
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

/// How much a product is still to be made of, as far as nothing holds it back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Sources that lack it.
    pub sources: u64,
    /// Bytes of their files; each source counts once, however many files hold it.
    pub bytes: u64,
}

/// Where a question begins: what follows from it is looked up from there on, and the rest of the library is not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// With the sources whose headers are unknown, or of a version that serves no more.
    Unread,
    /// With what failed.
    Failed,
    /// With the lacks that are kept of this demand.
    Kept,
    /// With all that is meant.
    All,
}

/// Sources of the scope that have a part whose file is there and lack the product.
pub(super) fn lacking(subjects: Subjects, from: Begin) -> String {
    // The parts of a source.
    let parts = match subjects {
        Subjects::TaggedParts => "CROSS JOIN parts p ON (p.tagged = s.id OR (p.tagged IS NULL AND p.source = s.id))",
        _ => "CROSS JOIN parts p ON p.source = s.id",
    };
    let from = match (subjects, from) {
        (_, Begin::Kept) => format!(
            "lacks k CROSS JOIN sources s ON s.id = k.source AND k.demand = \
             (SELECT id FROM demands WHERE kind = :kind AND params = :params AND at_least = :usable AND subjects = '{}') {parts}",
            subjects.as_str()
        ),
        (_, Begin::Failed) => {
            format!("(SELECT DISTINCT source FROM failures WHERE source IS NOT NULL) h CROSS JOIN sources s ON s.id = h.source {parts}")
        }
        // What is told by a part's name is looked for among the parts.
        (Subjects::TaggedParts, _) => {
            "parts p INDEXED BY parts_by_medium CROSS JOIN sources s ON s.id = coalesce(p.tagged, p.source)".to_owned()
        }
        (Subjects::PhotoParts, _) => "parts p INDEXED BY parts_by_medium CROSS JOIN sources s ON s.id = p.source".to_owned(),
        (_, Begin::Unread) => {
            "sources s INDEXED BY sources_by_headers CROSS JOIN parts p ON p.source = s.id AND s.headers < :usable".to_owned()
        }
        (_, Begin::All) => "sources s JOIN parts p ON p.source = s.id".to_owned(),
    };
    let meant = match subjects {
        Subjects::AllParts => "TRUE",
        Subjects::VideoParts => "(s.has_video = 1 OR (s.has_video IS NULL AND p.medium = 'video'))",
        Subjects::PlayableParts => "p.medium <> 'photo'",
        Subjects::TaggedParts => "p.medium = 'audio'",
        Subjects::PhotoParts => "p.medium = 'photo'",
    };
    format!(
        "FROM {from} CROSS JOIN roots r ON r.id = p.root WHERE p.missing_since IS NULL AND (:section IS NULL OR r.section = :section) \
         AND NOT EXISTS (SELECT 1 FROM section_switches w WHERE w.section = r.section AND w.id = :switch AND NOT w.is_on) AND {meant} \
         AND NOT EXISTS (SELECT 1 FROM products d INDEXED BY products_made \
             WHERE d.source = s.id AND d.kind = :kind AND d.version >= :usable AND d.params = :params)"
    )
}

/// Where the question for a demand's lacks begins when nothing is kept of it.
fn unkept(spec: &Spec) -> Begin {
    if spec.kind() == ProductKind::MediaInfo { Begin::Unread } else { Begin::All }
}

fn lacks_query(subjects: Subjects, from: Begin) -> String {
    format!(
        "SELECT s.id, s.fingerprint, s.size, max(p.added_at) AS newest {} AND (:force OR NOT {HELD}) GROUP BY s.id ORDER BY newest DESC, s.id DESC",
        lacking(subjects, from)
    )
}

fn backlog_query(subjects: Subjects, from: Begin) -> String {
    format!("SELECT count(*), coalesce(sum(size), 0) FROM (SELECT s.size {} AND NOT {HELD} GROUP BY s.id) h", lacking(subjects, from))
}

fn held_query(subjects: Subjects) -> String {
    format!("SELECT count(DISTINCT s.id) {} AND {HELD}", lacking(subjects, Begin::Failed))
}

/// A failure of this product as this version makes it, or of what it is made after, rests or waits for its next try.
const HELD: &str = "EXISTS (SELECT 1 FROM failures f WHERE f.source = s.id AND (f.next_try_at IS NULL OR f.next_try_at > :now) \
    AND ((f.kind = :kind AND f.version = :version) OR (:after AND f.kind = 'media_info' AND f.version = :first)))";

/// Fills the kept lacks from what is there.
const FILL: &str = "INSERT OR IGNORE INTO lacks SELECT demand, source FROM lacking";

fn demand(tx: &Connection, spec: &Spec, subjects: Subjects) -> Result<Option<i64>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT id FROM demands WHERE kind = ?1 AND params = ?2 AND at_least = ?3 AND subjects = ?4")?;
    let asked = params![spec.kind().as_str(), spec.params(), spec.kind().oldest_usable(), subjects.as_str()];
    Ok(statement.query_row(asked, |row| row.get(0)).optional()?)
}

/// Has a demand stand, if it does not yet, and keeps its lacks.
fn keep(tx: &Connection, spec: &Spec, subjects: Subjects) -> Result<i64, StoreError> {
    if let Some(id) = demand(tx, spec, subjects)? {
        return Ok(id);
    }
    let row = params![spec.kind().as_str(), spec.params(), spec.kind().oldest_usable(), subjects.as_str()];
    tx.execute("INSERT INTO demands (kind, params, at_least, subjects) VALUES (?1, ?2, ?3, ?4)", row)?;
    let id = tx.last_insert_rowid();
    tx.execute(&format!("{FILL} WHERE demand = ?1 ORDER BY source"), [id])?;
    Ok(id)
}

/// Where the question for a demand's lacks begins.
pub(super) fn begin(tx: &Connection, spec: &Spec, subjects: Subjects) -> Result<Begin, StoreError> {
    Ok(if demand(tx, spec, subjects)?.is_some() { Begin::Kept } else { unkept(spec) })
}

impl Library {
    /// Says which demands stand: of each the lacks are kept from now on, so that asking for them takes no longer than they are
    /// many. What was kept of others goes. Only what was not kept before is counted, a transaction a demand.
    ///
    /// # Errors
    /// If the database fails; what is kept then is right, and perhaps not of all.
    pub fn keep_lacks(&self, demands: &[(Spec, Subjects)]) -> Result<(), StoreError> {
        let mut kept = Vec::new();
        for (spec, subjects) in demands {
            let (spec, subjects) = (spec.clone(), *subjects);
            kept.push(match self.db().read(|tx| demand(tx, &spec, subjects))? {
                Some(id) => id,
                None => self.db().write(move |tx| keep(tx, &spec, subjects))?,
            });
        }
        let others: Vec<i64> = self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT id FROM demands WHERE id NOT IN (SELECT value FROM json_each(?1))")?;
            Ok::<_, StoreError>(statement.query_map([Json(&kept)], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        for other in others {
            self.db().write(move |tx| {
                tx.execute("DELETE FROM lacks WHERE demand = ?1", [other])?;
                tx.execute("DELETE FROM demands WHERE id = ?1", [other])?;
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(())
    }

    /// Counts anew what is kept of lacks, from what is there, in one transaction.
    ///
    /// # Errors
    /// If the database fails; then nothing is changed.
    pub fn rebuild_lacks(&self) -> Result<(), StoreError> {
        self.db().write(|tx| {
            tx.execute("DELETE FROM lacks", [])?;
            tx.execute(&format!("{FILL} ORDER BY demand, source"), [])?;
            Ok(())
        })
    }

    /// The sources that lack a product and are not held back by a failure (with `force`, held back or not), newest items first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lacks(&self, spec: &Spec, scope: &Scope, now: Timestamp, force: bool) -> Result<Vec<Lack>, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&lacks_query(scope.subjects, begin(tx, spec, scope.subjects)?))?;
            let lack = |row: &Row<'_>| {
                Ok(Lack { source: row.get(0)?, fingerprint: Fingerprint(row.get(1)?), size: row.get(2)?, added_at: row.get::<_, At>(3)?.0 })
            };
            let lacks = statement.query_map(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":force": force, ":now": At(now),
                    ":version": kind.version(), ":after": spec.is_made_after_headers(), ":first": ProductKind::MediaInfo.version(),
                },
                lack,
            )?;
            Ok(lacks.collect::<Result<_, _>>()?)
        })
    }

    /// How many sources lack a product and are not held back by a failure, and how large they are.
    ///
    /// # Errors
    /// If the database fails.
    pub fn backlog(&self, spec: &Spec, scope: &Scope, now: Timestamp) -> Result<Backlog, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&backlog_query(scope.subjects, begin(tx, spec, scope.subjects)?))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":now": At(now),
                    ":version": kind.version(), ":after": spec.is_made_after_headers(), ":first": ProductKind::MediaInfo.version(),
                },
                |row| Ok(Backlog { sources: row.get(0)?, bytes: row.get(1)? }),
            )?)
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
                    ":section": scope.section, ":switch": scope.switch, ":kind": kind.as_str(),
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
            lacks_query(Subjects::AllParts, Begin::Unread),
            held_query(Subjects::AllParts),
            lacks_query(Subjects::TaggedParts, Begin::All),
            held_query(Subjects::TaggedParts),
            lacks_query(Subjects::PhotoParts, Begin::All),
            held_query(Subjects::PhotoParts),
            lacks_query(Subjects::VideoParts, Begin::Kept),
            lacks_query(Subjects::TaggedParts, Begin::Kept),
            backlog_query(Subjects::PlayableParts, Begin::Kept),
        ] {
            let plan = plan(&query);
            let of_all = |line: &&String| line.starts_with("SCAN") && !line.starts_with("SCAN f") && !line.starts_with("SCAN h");
            assert_eq!(plan.iter().find(of_all), None, "{query}\n{plan:#?}");
        }
    }
}
