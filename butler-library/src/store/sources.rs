//! Sources: content, known by its fingerprint wherever it lies.
//!
//! Two contents that only the deep print tells apart are two sources: the first has the sampled print for its
//! fingerprint, each further one a hash of both prints.

use butler_product::{Fingerprint, Traits};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Json, path_from_bytes, readable};
use crate::fingerprint::Prints;
use crate::{Library, PartId, RootId, SourceId, StoreError};

/// A file that holds a source's content, as the last scan saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The part; none where the file is a picture beside the media.
    pub part: Option<PartId>,
    /// Its root.
    pub root: RootId,
    /// The root's folder, which names the thread that may touch the file.
    pub root_path: std::path::PathBuf,
    /// The whole path.
    pub path: std::path::PathBuf,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
}

const FILES: &str = "SELECT p.id, p.root, r.path, p.path, p.size, p.mtime_ns FROM parts p JOIN roots r ON \
                     r.id = p.root \
    WHERE p.missing_since IS NULL AND";

fn source_file(row: &Row<'_>) -> rusqlite::Result<SourceFile> {
    let root_path = path_from_bytes(row.get_ref(2)?.as_blob()?);
    let path = root_path.join(path_from_bytes(row.get_ref(3)?.as_blob()?));
    Ok(SourceFile {
        part: row.get(0)?,
        root: row.get(1)?,
        root_path,
        path,
        size: row.get(4)?,
        mtime_ns: row.get(5)?,
    })
}

/// How many files that are there hold these contents, each once: so is counted what is shown as files.
pub(super) fn count_files(tx: &Connection, sources: &[SourceId]) -> Result<u64, StoreError> {
    let sources: Vec<i64> = sources.iter().map(|source| source.0).collect();
    let mut statement = tx.prepare_cached(
        "SELECT count(DISTINCT h.file) FROM json_each(?1) s JOIN holders h ON h.source = s.value",
    )?;
    Ok(statement.query_row([Json(&sources)], |row| row.get(0))?)
}

impl Library {
    /// The files that hold a source's content, with or without their tags, and were there at the last scan,
    /// oldest part first, and then pictures beside the media.
    ///
    /// # Errors
    /// If the database fails.
    pub fn files_of(&self, source: SourceId) -> Result<Vec<SourceFile>, StoreError> {
        Ok(self.files_of_each(&[source])?.remove(0))
    }

    /// The same of several sources, in their order.
    ///
    /// # Errors
    /// If the database fails.
    pub fn files_of_each(&self, sources: &[SourceId]) -> Result<Vec<Vec<SourceFile>>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "{FILES} (p.source = ?1 OR p.tagged = ?1) \
                 UNION ALL SELECT NULL, c.root, r.path, c.path, c.size, c.mtime_ns FROM pictures c \
                 JOIN roots r ON r.id = c.root WHERE c.source = ?1 ORDER BY 1 NULLS LAST, 4"
            ))?;
            let mut of = |source: &SourceId| readable(&mut statement, [source], "part", source_file);
            Ok(sources.iter().map(&mut of).collect::<rusqlite::Result<_>>()?)
        })
    }

    /// At most `most` other files of a root that were there at the last scan: witnesses of whether it still
    /// reads.
    ///
    /// # Errors
    /// If the database fails.
    pub fn files_in_root(
        &self,
        root: RootId,
        other_than: Option<PartId>,
        most: u64,
    ) -> Result<Vec<SourceFile>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "{FILES} p.root = ?1 AND p.id IS NOT ?2 ORDER BY p.path LIMIT ?3"
            ))?;
            Ok(readable(&mut statement, params![root, other_than, most], "part", source_file)?)
        })
    }

    /// The fingerprint of a source.
    ///
    /// # Errors
    /// If the database fails.
    pub fn fingerprint(&self, source: SourceId) -> Result<Option<Fingerprint>, StoreError> {
        self.db().read(|tx| fingerprint_of(tx, source))
    }

    /// The bytes of a source; those of an audio file without its tags.
    ///
    /// # Errors
    /// If the database fails.
    pub fn source_size(&self, source: SourceId) -> Result<Option<u64>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT size FROM sources WHERE id = ?1")?;
            Ok(statement.query_row([source], |row| row.get(0)).optional()?)
        })
    }
}

pub(crate) fn fingerprint_of(tx: &Connection, source: SourceId) -> Result<Option<Fingerprint>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT fingerprint FROM sources WHERE id = ?1")?;
    Ok(statement.query_row([source], |row| row.get(0).map(Fingerprint)).optional()?)
}

/// The source that has this content, if it is known.
pub(crate) fn find(tx: &Connection, prints: &Prints) -> Result<Option<SourceId>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT id FROM sources WHERE sampled = ?1 AND deep = ?2")?;
    Ok(statement.query_row(params![prints.sampled, prints.deep], |row| row.get(0)).optional()?)
}

/// The source that has this content, made now if it is not known. It has what a file's name says of it from
/// now on, as far as its headers do not know better.
pub(crate) fn find_or_make(
    tx: &Connection,
    prints: &Prints,
    by_name: Traits,
) -> Result<SourceId, StoreError> {
    if let Some(known) = find(tx, prints)? {
        let mut statement = tx.prepare_cached("SELECT traits FROM sources WHERE id = ?1")?;
        let traits = Traits::from_bits_retain(statement.query_row([known], |row| row.get(0))?);
        let learnt = if traits.contains(Traits::HEADERS) { by_name - Traits::OF_HEADERS } else { by_name };
        if !traits.contains(learnt) {
            tx.prepare_cached("UPDATE sources SET traits = ?2 WHERE id = ?1")?
                .execute(params![known, (traits | learnt).bits()])?;
        }
        return Ok(known);
    }
    let taken =
        tx.prepare_cached("SELECT 1 FROM sources WHERE sampled = ?1")?.exists(params![prints.sampled])?;
    let fingerprint = if taken { prints.told_apart() } else { Fingerprint(prints.sampled) };
    tx.prepare_cached(
        "INSERT INTO sources (fingerprint, sampled, deep, size, traits) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![fingerprint.0, prints.sampled, prints.deep, prints.size, by_name.bits()])?;
    Ok(SourceId(tx.last_insert_rowid()))
}

/// Keeps what the headers of a source say that it has, and which version read them.
pub(crate) fn keep_headers(
    tx: &Connection,
    source: SourceId,
    traits: Traits,
    version: u32,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE sources SET traits = (traits & ~?2) | ?3, headers = ?4 WHERE id = ?1")?
        .execute(params![source, Traits::OF_HEADERS.bits(), traits.bits(), version])?;
    Ok(())
}
