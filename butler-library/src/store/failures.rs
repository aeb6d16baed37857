//! Failures that stand: which product could not be made of which source, or what a scan could not read, in
//! lists and groups. How one is recorded and tried again is `failures/record.rs`.

mod record;

use std::cmp::Reverse;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use butler_api::RunId;
use butler_product::{FailureClass, ProductKind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

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
    /// Moment and id of the places that it names, the later first; where it names none all lies between.
    fn bounds(&self) -> [i64; 4] {
        let place = |place: Option<FailurePlace>, none: i64| {
            place.map_or((none, none), |place| (place.failed_at.as_millisecond(), place.id.0))
        };
        let ((before_at, before_id), (after_at, after_id)) =
            (place(self.before, i64::MAX), place(self.after, i64::MIN));
        [before_at, before_id, after_at, after_id]
    }

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

/// How many files lack something: several products of one file, and several failures of one folder, are one.
const FAILED_FILES: &str = "SELECT (SELECT count(*) FROM failed_contents) \
    + (SELECT coalesce(sum(failures), 0) FROM failure_counts WHERE kind = '') \
    + (SELECT count(DISTINCT item) FROM failures WHERE item IS NOT NULL AND files > 0)";
/// The largest groups.
const GROUPS: &str = "SELECT g.*, (SELECT max(f.failed_at) FROM failures f WHERE f.kind IS nullif(g.kind, '') \
        AND f.class = g.class AND f.sentence = g.sentence AND f.files > 0) AS newest \
    FROM (SELECT kind, class, sentence, sum(failures) AS failures, sum(files) AS files, \
            coalesce(sum(failures) FILTER (WHERE held_until = 9223372036854775807), 0) AS resting, \
            sum(sum(failures)) OVER () AS all_failures, count(*) OVER () AS all_groups \
        FROM failure_counts GROUP BY kind, class, sentence ORDER BY failures DESC LIMIT ?1) g \
    ORDER BY failures DESC, newest DESC";
const COLUMNS: &str = "f.id, f.source, f.item, f.kind, f.version, f.class, f.sentence, f.tries, f.next_try_at, \
                       f.failed_at, f.run, f.files, \
    (SELECT r.path FROM roots r WHERE r.id = f.root) AS root_path, f.path";

/// Of which failures a page is; each has an index in the order of the list. A failure whose content is
/// nowhere any more is in none.
#[derive(Debug, Clone, Copy)]
enum List {
    All,
    /// Those of a run, `?7`; of these only those of the kinds `?8`, where some are named.
    Run,
    /// Those of a kind, `?7`.
    Kind,
}

fn page_query(list: List) -> String {
    let of = match list {
        List::All => "",
        List::Run => {
            "f.run = ?7 AND (?8 IS NULL OR coalesce(f.kind, '') IN (SELECT value FROM json_each(?8))) AND"
        }
        List::Kind => "f.kind IS ?7 AND",
    };
    format!(
        "SELECT {COLUMNS} FROM failures f WHERE {of} f.files > 0 \
         AND (f.failed_at, f.id) < (?1, ?2) AND (f.failed_at, f.id) > (?3, ?4) \
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
        let (size, start) = (capped(size), capped(start));
        self.db().read(|tx| {
            let page = |list: List, of: &[&dyn ToSql], start: i64, size: i64| {
                let bounds = filter.bounds();
                let mut asked: Vec<&dyn ToSql> = bounds.iter().map(|bound| bound as &dyn ToSql).collect();
                asked.extend::<[&dyn ToSql; 2]>([&size, &start]);
                asked.extend(of);
                let mut statement = tx.prepare_cached(&page_query(list))?;
                readable(&mut statement, asked.as_slice(), "failure", failure_row)
            };
            let rows = match (filter.run, &filter.kinds) {
                (Some(run), _) => {
                    page(List::Run, &[&run.0.cast_signed(), &filter.kinds_as_json()], start, size)?
                }
                (None, None) => page(List::All, &[], start, size)?,
                (None, Some(kinds)) => {
                    let mut rows = Vec::new();
                    for kind in kinds {
                        let word = kind.map(ProductKind::as_str);
                        rows.extend(page(List::Kind, &[&word], 0, start.saturating_add(size))?);
                    }
                    rows.sort_by_key(|row: &FailureRow| Reverse(row.place()));
                    let counted = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
                    rows.into_iter().skip(counted(start)).take(counted(size)).collect()
                }
            };
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
        let kinds = filter.kinds_as_json();
        self.db().read(|tx| {
            let Some(RunId(run)) = filter.run else {
                let mut statement = tx.prepare_cached(
                    "SELECT coalesce(sum(failures), 0) FROM failure_counts \
                     WHERE ?1 IS NULL OR kind IN (SELECT value FROM json_each(?1))",
                )?;
                return Ok(statement.query_row([kinds], |row| row.get(0))?);
            };
            let mut statement = tx.prepare_cached(
                "SELECT count(*) FROM failures WHERE run = ?1 AND files > 0 \
                 AND (?2 IS NULL OR coalesce(kind, '') IN (SELECT value FROM json_each(?2)))",
            )?;
            Ok(statement.query_row(params![run, kinds], |row| row.get(0))?)
        })
    }

    /// The failures that stand, by what they have in common, the largest group first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn failure_summary(&self) -> Result<FailureSummary, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(GROUPS)?;
            let mut summary = FailureSummary::default();
            let group = |row: &Row<'_>| {
                (summary.failures, summary.group_count) = (row.get("all_failures")?, row.get("all_groups")?);
                let kind: String = row.get("kind")?;
                Ok(FailureGroup {
                    sentence: row.get("sentence")?,
                    kind: if kind.is_empty() {
                        None
                    } else {
                        Some(row.get::<_, Word<ProductKind>>("kind")?.0)
                    },
                    class: FailureClass::from_word(&row.get::<_, String>("class")?)
                        .unwrap_or(FailureClass::Worker),
                    failures: row.get("failures")?,
                    files: row.get("files")?,
                    resting: row.get("resting")?,
                    newest: row.get::<_, At>("newest")?.0,
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
                "SELECT {COLUMNS} FROM failures f WHERE f.files > 0 AND f.source = ?1 \
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
                "SELECT {COLUMNS} FROM failures f WHERE f.files > 0 AND f.item = ?1 \
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
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM failures f WHERE f.files > 0 AND f.id = ?1"
            ))?;
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
        file_count: row.get("files")?,
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
    let files = files.into_iter().map(|(_, path)| path).collect();
    Ok(Some(FailureRow { part, path, files, ..row }))
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
mod tests;
