//! Failures that stand: which product could not be made of which source, or what a scan could not read, in
//! lists and groups. How one is recorded and tried again is `failures/record.rs`.

mod record;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use butler_api::RunId;
use butler_product::{FailureClass, ProductKind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::runs::capped;
use super::{At, Page, Word, path_from_bytes, readable};
use crate::{FailureId, ItemId, Library, PartId, SourceId, StoreError};

pub(super) use record::record_of_item;
pub use record::{NewFailure, NewItemFailure, ScanFailure, Tries};
pub(crate) use record::{add_scan_failures, forget_scan_failures, record};

/// What a failure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureSubject {
    /// A source's product.
    Source(SourceId),
    /// A product of an item itself, derived of stored ones.
    Item(ItemId),
    /// A file or folder that a scan could not read.
    Path,
}

/// A failure that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRow {
    /// Its id.
    pub id: FailureId,
    /// What it is of.
    pub subject: FailureSubject,
    /// The product; none for what a scan could not read.
    pub kind: Option<ProductKind>,
    /// The version that failed to make it.
    pub version: Option<u32>,
    /// The whole path of the file or folder; that of the oldest part where several files hold the content,
    /// and of an item the folder of its oldest one.
    pub path: PathBuf,
    /// The part of that file; none for what a scan could not read, and where it is a picture beside the
    /// media.
    pub part: Option<PartId>,
    /// The files that hold the content, the one above first, 100 at most; for what a scan could
    /// not read, that.
    pub files: Vec<PathBuf>,
    /// How many files hold the content.
    pub file_count: u64,
    /// What is at fault.
    pub class: FailureClass,
    /// One English sentence.
    pub sentence: String,
    /// How often it was tried; what a person forced does not count.
    pub tries: u32,
    /// When it may be tried again; none while it rests.
    pub next_try_at: Option<Timestamp>,
    /// When it failed last.
    pub failed_at: Timestamp,
    /// The run in which it failed last.
    pub run: Option<RunId>,
}

/// Which of the failures that stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailureFilter {
    /// Only those behind this place: older ones.
    pub before: Option<FailurePlace>,
    /// Only those before this place: newer ones.
    pub after: Option<FailurePlace>,
    /// Only those of these products; none stands for what a scan could not read.
    pub kinds: Option<Vec<Option<ProductKind>>>,
    /// Only those that this run met last.
    pub run: Option<RunId>,
}

/// As many files are named of one failure.
const MOST_FILES: usize = 100;
/// As many groups are in a summary.
const MOST_GROUPS: usize = 50;

/// A failure's place in the list, newest first: a mark to go on from, whatever came or went since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailurePlace {
    /// When it failed last.
    pub failed_at: Timestamp,
    /// Its id.
    pub id: FailureId,
}

impl FailureFilter {
    /// The products' words; none where any product will do.
    fn kinds_as_json(&self) -> Option<String> {
        let words = |kinds: &Vec<Option<ProductKind>>| {
            let words = kinds.iter().map(|kind| kind.map_or("", ProductKind::as_str));
            serde_json::Value::from(words.collect::<Vec<_>>()).to_string()
        };
        self.kinds.as_ref().map(words)
    }
}

impl FailureRow {
    /// Its place in the list.
    pub const fn place(&self) -> FailurePlace {
        FailurePlace { failed_at: self.failed_at, id: self.id }
    }
}

impl fmt::Display for FailurePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.failed_at.as_millisecond(), self.id)
    }
}

/// A text that marks no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no mark of a list of failures")]
pub struct NoPlace;

impl FromStr for FailurePlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (at, id) = text.split_once('.').ok_or(NoPlace)?;
        let failed_at = Timestamp::from_millisecond(at.parse().map_err(|_| NoPlace)?).map_err(|_| NoPlace)?;
        Ok(Self { failed_at, id: id.parse().map_err(|_| NoPlace)? })
    }
}

/// Failures that have all but the file in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// The product; none for what a scan could not read.
    pub kind: Option<ProductKind>,
    /// What is at fault.
    pub class: FailureClass,
    /// The sentence.
    pub sentence: String,
    /// How many failures.
    pub failures: u64,
    /// How many files: several may hold the same content.
    pub files: u64,
    /// Of how many failures nothing is tried again by itself.
    pub resting: u64,
    /// When the newest of them failed.
    pub newest: Timestamp,
}

/// All failures that stand, in groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailureSummary {
    /// How many there are.
    pub failures: u64,
    /// How many files they are of; one that lacks two products counts once.
    pub files: u64,
    /// The largest groups, 50 at most.
    pub groups: Vec<FailureGroup>,
    /// How many groups there are.
    pub group_count: u64,
}

/// How many files that are there hold the content of the source `?1`, and its pictures beside the media.
const COUNT_FILES: &str = "(SELECT count(*) FROM parts q WHERE (q.source = ?1 OR q.tagged = ?1) AND \
    q.missing_since IS NULL) + (SELECT count(*) FROM pictures c WHERE c.source = ?1 AND c.item IS NOT NULL)";
/// A failure whose content is nowhere any more is not listed.
const STANDS: &str = "(f.root IS NOT NULL \
    OR EXISTS (SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts q ON q.media = m.id \
        WHERE c.parent = f.item AND q.missing_since IS NULL) \
    OR EXISTS (SELECT 1 FROM parts q WHERE q.source = f.source AND q.missing_since IS NULL) \
    OR EXISTS (SELECT 1 FROM parts q WHERE q.tagged = f.source AND q.missing_since IS NULL) \
    OR EXISTS (SELECT 1 FROM pictures c WHERE c.source = f.source AND c.item IS NOT NULL))";
/// How many files lack something: several products of one file, and several failures of one folder, are one.
const FAILED_FILES: &str = "SELECT \
    (SELECT count(*) FROM (SELECT q.id FROM failures f JOIN parts q ON q.source = f.source \
            WHERE q.missing_since IS NULL \
        UNION SELECT q.id FROM failures f JOIN parts q ON q.tagged = f.source WHERE q.missing_since IS NULL)) \
    + (SELECT count(DISTINCT c.id) FROM failures f JOIN pictures c ON c.source = f.source \
        WHERE c.item IS NOT NULL) \
    + (SELECT count(*) FROM failures WHERE root IS NOT NULL) \
    + (SELECT count(DISTINCT f.item) FROM failures f \
        WHERE EXISTS (SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts q ON q.media = m.id \
            WHERE c.parent = f.item AND q.missing_since IS NULL))";
const COLUMNS: &str = "f.id, f.source, f.item, f.kind, f.version, f.class, f.sentence, f.tries, f.next_try_at, \
                       f.failed_at, f.run, \
    (SELECT r.path FROM roots r WHERE r.id = f.root) AS root_path, f.path";

fn page_query() -> String {
    format!(
        "SELECT {COLUMNS} FROM failures f WHERE (?8 IS NULL OR f.run = ?8) AND {STANDS} \
         AND (f.failed_at, f.id) < (?1, ?2) AND (f.failed_at, f.id) > (?3, ?4) \
         AND (?7 IS NULL OR coalesce(f.kind, '') IN (SELECT value FROM json_each(?7))) \
         ORDER BY f.failed_at DESC, f.id DESC LIMIT ?5 OFFSET ?6"
    )
}

impl Library {
    /// A page of the failures that stand, newest first, and how many there are in all.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failures(&self, start: u64, size: u64) -> Result<Page<FailureRow>, StoreError> {
        let all = FailureFilter::default();
        Ok(Page { rows: self.failures_like(&all, start, size)?, total: self.count_failures(&all)? })
    }

    /// The failures that stand and are like this, newest first: of these without the first `start` at most
    /// `size`. From place to place the whole list takes no longer than it is long.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failures_like(
        &self,
        filter: &FailureFilter,
        start: u64,
        size: u64,
    ) -> Result<Vec<FailureRow>, StoreError> {
        let place = |place: Option<FailurePlace>, none: i64| {
            place.map_or((none, none), |place| (place.failed_at.as_millisecond(), place.id.0))
        };
        let ((before_at, before_id), (after_at, after_id)) =
            (place(filter.before, i64::MAX), place(filter.after, i64::MIN));
        let (kinds, run) = (filter.kinds_as_json(), filter.run.map(|run| run.0));
        self.db().read(|tx| {
            let (size, start) = (capped(size), capped(start));
            let bounds = params![before_at, before_id, after_at, after_id, size, start, kinds, run];
            let rows = readable(&mut *tx.prepare_cached(&page_query())?, bounds, "failure", failure_row)?;
            // What went since the first question is not listed any more.
            Ok(rows
                .into_iter()
                .map(|row| with_files(tx, row))
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect())
        })
    }

    /// How many failures stand of the products and the run of a filter, whatever places it names.
    ///
    /// # Errors
    /// If the database fails.
    pub fn count_failures(&self, filter: &FailureFilter) -> Result<u64, StoreError> {
        let (kinds, run) = (filter.kinds_as_json(), filter.run.map(|run| run.0));
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT count(*) FROM failures f WHERE (?2 IS NULL OR f.run = ?2) AND {STANDS} \
                 AND (?1 IS NULL OR coalesce(f.kind, '') IN (SELECT value FROM json_each(?1)))"
            ))?;
            Ok(statement.query_row(params![kinds, run], |row| row.get(0))?)
        })
    }

    /// The failures that stand, by what they have in common, the largest group first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failure_summary(&self) -> Result<FailureSummary, StoreError> {
        self.db().read(|tx| {
            let its_files = COUNT_FILES.replace("?1", "f.source");
            let mut statement = tx.prepare_cached(&format!(
                "WITH standing AS MATERIALIZED (SELECT f.kind, f.class, f.sentence, f.next_try_at, \
                 f.failed_at, \
                     iif(f.source IS NULL, 1, {its_files}) AS files FROM failures f) \
                 SELECT sentence, kind, class, count(*), sum(files), sum(next_try_at IS NULL), \
                 max(failed_at), \
                     sum(count(*)) OVER (), count(*) OVER () \
                 FROM standing WHERE files > 0 GROUP BY kind, class, sentence ORDER BY count(*) DESC, \
                 max(failed_at) DESC LIMIT ?1"
            ))?;
            let mut summary = FailureSummary::default();
            let group = |row: &Row<'_>| {
                (summary.failures, summary.group_count) = (row.get(7)?, row.get(8)?);
                Ok(FailureGroup {
                    sentence: row.get(0)?,
                    kind: row.get::<_, Option<Word<ProductKind>>>(1)?.map(|kind| kind.0),
                    class: FailureClass::from_word(&row.get::<_, String>(2)?).unwrap_or(FailureClass::Worker),
                    failures: row.get(3)?,
                    files: row.get(4)?,
                    resting: row.get(5)?,
                    newest: row.get::<_, At>(6)?.0,
                })
            };
            summary.groups = readable(&mut statement, [MOST_GROUPS], "group of failures", group)?;
            summary.files = tx.prepare_cached(FAILED_FILES)?.query_row([], |row| row.get(0))?;
            Ok(summary)
        })
    }

    /// The failures that stand of a source, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failures_of(&self, source: SourceId) -> Result<Vec<FailureRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM failures f WHERE {STANDS} AND f.source = ?1 \
                 ORDER BY f.failed_at DESC, f.id DESC"
            ))?;
            let rows = readable(&mut statement, [source], "failure", failure_row)?;
            rows.into_iter().filter_map(|row| with_files(tx, row).transpose()).collect()
        })
    }

    /// The failures that stand of an item's own products, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failures_of_item(&self, item: ItemId) -> Result<Vec<FailureRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM failures f WHERE {STANDS} AND f.item = ?1 \
                 ORDER BY f.failed_at DESC, f.id DESC"
            ))?;
            let rows = readable(&mut statement, [item], "failure", failure_row)?;
            rows.into_iter().filter_map(|row| with_files(tx, row).transpose()).collect()
        })
    }

    /// A failure that stands.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failure(&self, id: FailureId) -> Result<Option<FailureRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached(&format!("SELECT {COLUMNS} FROM failures f WHERE {STANDS} AND f.id = ?1"))?;
            let row = statement.query_row([id], failure_row).optional()?;
            row.map_or(Ok(None), |row| with_files(tx, row))
        })
    }
}

/// A failure's row; the files of a source are still to be added.
fn failure_row(row: &Row<'_>) -> rusqlite::Result<FailureRow> {
    let class: String = row.get("class")?;
    let bytes = |column| {
        Ok::<_, rusqlite::Error>(row.get::<_, Option<Vec<u8>>>(column)?.map(|bytes| path_from_bytes(&bytes)))
    };
    let path =
        bytes("root_path")?.zip(bytes("path")?).map(|(root, path)| root.join(path)).unwrap_or_default();
    Ok(FailureRow {
        id: row.get("id")?,
        subject: match (row.get("source")?, row.get("item")?) {
            (Some(source), _) => FailureSubject::Source(source),
            (None, Some(item)) => FailureSubject::Item(item),
            (None, None) => FailureSubject::Path,
        },
        kind: row.get::<_, Option<Word<ProductKind>>>("kind")?.map(|kind| kind.0),
        version: row.get("version")?,
        files: vec![path.clone()],
        path,
        part: None,
        file_count: 1,
        class: FailureClass::from_word(&class).unwrap_or(FailureClass::Worker),
        sentence: row.get("sentence")?,
        tries: row.get("tries")?,
        next_try_at: row.get::<_, Option<At>>("next_try_at")?.map(|at| at.0),
        failed_at: row.get::<_, At>("failed_at")?.0,
        run: row.get::<_, Option<u64>>("run")?.map(RunId),
    })
}

/// Adds to a source's failure the files that hold the content, and to an item's its folder; none if there is
/// none any more.
fn with_files(tx: &Connection, row: FailureRow) -> Result<Option<FailureRow>, StoreError> {
    let source = match row.subject {
        FailureSubject::Source(source) => source,
        FailureSubject::Item(item) => {
            let folder = folder_of(tx, item)?;
            return Ok(folder.map(|path| FailureRow { files: vec![path.clone()], path, ..row }));
        }
        FailureSubject::Path => return Ok(Some(row)),
    };
    let mut statement = tx.prepare_cached(
        "SELECT q.id, r.path, q.path FROM parts q JOIN roots r ON r.id = q.root \
         WHERE q.missing_since IS NULL AND (q.source = ?1 OR q.tagged = ?1) \
         UNION ALL SELECT NULL, r.path, c.path FROM pictures c JOIN roots r ON r.id = c.root \
         WHERE c.source = ?1 AND c.item IS NOT NULL ORDER BY 1 NULLS LAST, 3 LIMIT ?2",
    )?;
    let file = |row: &Row<'_>| {
        let path =
            path_from_bytes(row.get_ref(1)?.as_blob()?).join(path_from_bytes(row.get_ref(2)?.as_blob()?));
        Ok((row.get::<_, Option<PartId>>(0)?, path))
    };
    let files = readable(&mut statement, params![source, MOST_FILES], "part", file)?;
    let Some((part, path)) = files.first().cloned() else { return Ok(None) };
    let mut file_count = files.len() as u64;
    if files.len() == MOST_FILES {
        let count = format!("SELECT {COUNT_FILES}");
        file_count = tx.prepare_cached(&count)?.query_row([source], |row| row.get(0))?;
    }
    Ok(Some(FailureRow {
        part,
        path,
        files: files.into_iter().map(|(_, path)| path).collect(),
        file_count,
        ..row
    }))
}

/// The folder of the oldest file below an item.
fn folder_of(tx: &Connection, item: ItemId) -> Result<Option<PathBuf>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT r.path, q.path FROM items c JOIN media m ON m.item = c.id JOIN parts q ON q.media = m.id \
         JOIN roots r ON r.id = q.root WHERE c.parent = ?1 AND q.missing_since IS NULL ORDER BY q.id LIMIT 1",
    )?;
    let file = |row: &Row<'_>| {
        Ok(path_from_bytes(row.get_ref(0)?.as_blob()?).join(path_from_bytes(row.get_ref(1)?.as_blob()?)))
    };
    let file: Option<PathBuf> = statement.query_row([item], file).optional()?;
    Ok(file.and_then(|file| file.parent().map(ToOwned::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text() {
        let place = FailurePlace {
            failed_at: Timestamp::from_millisecond(1_764_190_391_234).unwrap(),
            id: FailureId(77),
        };
        assert_eq!(place.to_string(), "1764190391234.77");
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "7", "7.", ".7", "a.7", "7.a", "99999999999999999.1"] {
            assert_eq!(wrong.parse::<FailurePlace>(), Err(NoPlace), "{wrong}");
        }
    }

    #[test]
    fn a_page_begins_at_its_place_in_an_index_and_sorts_nothing() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let plan: Vec<String> = library
            .db()
            .read(|tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {}", page_query()))?;
                let (mut rows, mut lines) = (statement.raw_query(), Vec::new());
                while let Some(row) = rows.next()? {
                    lines.push(row.get(3)?);
                }
                Ok::<_, StoreError>(lines)
            })
            .unwrap();
        assert!(plan[0].starts_with("SEARCH f USING INDEX failures_by_time"), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}");
    }
}
