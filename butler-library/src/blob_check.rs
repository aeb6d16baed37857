//! Holds the folder of blobs against the rows that speak of them: a product whose file is gone or another
//! becomes a lack again, which its task makes anew. Files that no row knows are only counted here;
//! `blob_garbage.rs` removes them.
//!
//! One walk through folder and rows side by side, both in the order of the names, so that a million blobs
//! take no memory. It may go on while others publish: what it would give up is looked at once more at that
//! moment.

use std::cmp::Ordering;

use butler_product::ProductKind;
use rusqlite::{Row, params};

use crate::blobs::{BlobError, Blobs, Listed};
use crate::store::{Word, products, readable};
use crate::{BlobRef, Library, SourceId, StoreError};

/// So many rows are read, and so many products given up, at a time.
const GROUP: usize = 2_000;

/// What a check found and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlobCheck {
    /// Blobs that are as their rows say.
    pub whole: u64,
    /// Products that became lacks again, since their blob is gone or another.
    pub lost: u64,
    /// Files removed that an earlier process was writing when it ended.
    pub staging_files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Files that no row speaks of.
    pub unknown: u64,
    /// Whether it was ended early.
    pub is_cut: bool,
    /// Whether there are products with blobs and the disk that holds them is not there: then nothing was
    /// done.
    pub is_away: bool,
}

/// Why blobs could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckBlobsError {
    /// A file or folder can't be looked at or removed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A product's row, as far as it speaks of a blob.
#[derive(Debug, Clone)]
pub(crate) struct StoredBlob {
    pub(crate) source: SourceId,
    pub(crate) kind: ProductKind,
    pub(crate) blob: BlobRef,
}

/// What a file or a row is found to be.
pub(crate) enum Found {
    /// A blob as its row says.
    Whole,
    /// A file that no row speaks of.
    Unknown(Listed),
    /// A row whose blob is gone or another.
    Lost(StoredBlob),
}

impl Library {
    /// Checks all blobs and removes what an earlier process was writing, or checks those of one kind of
    /// product. Whenever `is_stopping` says so, it ends.
    ///
    /// # Errors
    /// If a folder can't be listed, a file not removed, or the database fails; what was done until then
    /// stays.
    pub fn check_blobs(
        &self,
        kind: Option<ProductKind>,
        is_stopping: &dyn Fn() -> bool,
    ) -> Result<BlobCheck, CheckBlobsError> {
        let mut check = BlobCheck::default();
        if kind.is_none() {
            (check.staging_files, check.bytes) = self.blobs().sweep_staging()?;
            check.is_away = self.blobs_away()?.is_some();
            if check.is_away {
                return Ok(check);
            }
        }
        let mut lost = Vec::new();
        check.is_cut = self.compare_blobs(kind, &mut || is_stopping(), &mut |found| {
            match found {
                Found::Whole => check.whole += 1,
                Found::Unknown(_) => check.unknown += 1,
                Found::Lost(stored) => lost.push(stored),
            }
            if lost.len() >= GROUP {
                check.lost += self.give_up_lost(std::mem::take(&mut lost))?;
            }
            Ok(())
        })?;
        check.lost += self.give_up_lost(lost)?;
        if kind.is_none() && !check.is_cut {
            self.note_blob_folders()?;
        }
        Ok(check)
    }

    /// Tells each file and each row that speaks of one what it is found to be. Whether it was ended early.
    pub(crate) fn compare_blobs(
        &self,
        kind: Option<ProductKind>,
        is_stopping: &mut dyn FnMut() -> bool,
        tell: &mut dyn FnMut(Found) -> Result<(), CheckBlobsError>,
    ) -> Result<bool, CheckBlobsError> {
        let (mut files, mut rows) =
            (self.blobs().walk(kind.map_or("", ProductKind::as_str))?, Rows::new(self, kind));
        let (mut file, mut row) = (files.next().transpose()?, rows.next()?);
        loop {
            if is_stopping() {
                return Ok(true);
            }
            let order = match (&file, &row) {
                (None, None) => return Ok(false),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(file), Some(row)) => file.name.as_slice().cmp(row.name.as_bytes()),
            };
            let listed =
                if order.is_le() { std::mem::replace(&mut file, files.next().transpose()?) } else { None };
            match (listed, &row) {
                (Some(listed), _) if order.is_lt() => tell(Found::Unknown(listed))?,
                (listed, Some(BlobRow { stored: Some(stored), .. })) => {
                    let is_whole = listed.is_some_and(|listed| stands_for(&listed, &stored.blob));
                    tell(if is_whole { Found::Whole } else { Found::Lost(stored.clone()) })?;
                }
                _ => {}
            }
            if order.is_ge() {
                row = rows.next()?;
            }
        }
    }

    /// Makes lacks again of those products whose blob is not what their rows say. How many that were. Each
    /// is looked at within the write itself: who makes one anew publishes its blob before its row, and no row
    /// is written in between.
    pub(crate) fn give_up_lost(&self, doubtful: Vec<StoredBlob>) -> Result<u64, StoreError> {
        if doubtful.is_empty() {
            return Ok(0);
        }
        let blobs = self.blobs().clone();
        self.db().write(move |tx| {
            let lost = doubtful.iter().filter(|stored| blobs.is_lost(stored));
            lost.map(|stored| products::give_up(tx, stored)).sum()
        })
    }
}

impl Blobs {
    /// Whether a product's blob is lost; not where nobody knows.
    pub(crate) fn is_lost(&self, stored: &StoredBlob) -> bool {
        match self.loss(&stored.blob) {
            Ok(loss) => loss.is_some(),
            Err(error) => {
                tracing::warn!(
                    blob = stored.blob.name,
                    error = &error as &dyn std::error::Error,
                    "nobody knows whether a blob is lost"
                );
                false
            }
        }
    }
}

fn stands_for(listed: &Listed, blob: &BlobRef) -> bool {
    listed.is_file && listed.bytes == blob.bytes
}

/// A row that speaks of a blob.
struct BlobRow {
    name: String,
    /// None where this build can't read the rest: the file is known all the same, and stays.
    stored: Option<StoredBlob>,
}

/// The rows that speak of blobs, by the blobs' names: a page at a time, since a reader that lasts keeps the
/// database from growing smaller.
struct Rows<'a> {
    library: &'a Library,
    page: std::vec::IntoIter<BlobRow>,
    /// The last name that was read; none once there is no more.
    after: Option<String>,
    /// The first name that is of no interest any more.
    until: Option<String>,
}

impl<'a> Rows<'a> {
    fn new(library: &'a Library, kind: Option<ProductKind>) -> Self {
        // The byte behind the slash: every name of the folder lies between.
        let until = kind.map(|kind| format!("{kind}0"));
        Self {
            library,
            page: Vec::new().into_iter(),
            after: Some(kind.map_or_else(String::new, |kind| format!("{kind}/"))),
            until,
        }
    }

    fn next(&mut self) -> Result<Option<BlobRow>, StoreError> {
        if let Some(next) = self.page.next() {
            return Ok(Some(next));
        }
        let Some(after) = self.after.take() else { return Ok(None) };
        let last = self.library.db().read(|tx| {
            let which = "blob > ?1 AND (?2 IS NULL OR blob < ?2) ORDER BY blob LIMIT ?3";
            let last = format!("SELECT max(blob) FROM (SELECT blob FROM products WHERE {which})");
            let last: Option<String> =
                tx.prepare_cached(&last)?.query_row(params![after, self.until, GROUP], |row| row.get(0))?;
            let mut statement = tx.prepare_cached(&format!(
                "SELECT source, kind, blob, blob_bytes FROM products WHERE {which}"
            ))?;
            self.page =
                readable(&mut statement, params![after, self.until, GROUP], "product", blob_row)?.into_iter();
            Ok::<_, StoreError>(last)
        })?;
        self.after = last;
        self.next()
    }
}

fn blob_row(row: &Row<'_>) -> rusqlite::Result<BlobRow> {
    let name: String = row.get(2)?;
    let (kind, bytes) = (row.get::<_, Word<ProductKind>>(1).ok(), row.get(3).ok());
    let source = row.get(0)?;
    let stored = kind.zip(bytes).map(|(kind, bytes)| StoredBlob {
        source,
        kind: kind.0,
        blob: BlobRef { name: name.clone(), bytes },
    });
    Ok(BlobRow { name, stored })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use butler_product::{Fingerprint, Spec, bif};

    use super::*;

    #[test]
    fn a_product_that_is_made_anew_while_its_loss_waits_to_be_noted_stays() {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let name = Spec::Bif(bif::Params::default()).blob_name(Fingerprint([7; 32]));
        let blob = BlobRef { name: name.clone(), bytes: 3 };
        let stored = StoredBlob { source: SourceId(1), kind: ProductKind::Bif, blob };
        let row = stored.clone();
        let wrote: Result<(), StoreError> = library.db().write(move |tx| {
            let print = [7_u8; 32];
            tx.execute(
                "INSERT INTO sources (id, fingerprint, sampled, deep, size) VALUES (1, ?1, ?1, ?1, 9)",
                [print],
            )?;
            tx.execute(
                "INSERT INTO products (source, kind, version, params, value, blob, blob_bytes, made_from, \
                 made_at) VALUES (1, 'bif', 1, '', 'null', ?1, 3, ?2, 0)",
                params![row.blob.name, print],
            )?;
            Ok(())
        });
        wrote.unwrap();
        // The writer is busy, and its loss waits behind that.
        let ((is_busy, busy), (let_go, go)) = (mpsc::channel(), mpsc::channel::<()>());
        let (writing, noting) = (library.clone(), library.clone());
        let writer = std::thread::spawn(move || {
            writing.db().write(move |_| {
                is_busy.send(()).unwrap();
                Ok::<_, StoreError>(go.recv().is_err())
            })
        });
        busy.recv().unwrap();
        let lost = stored.clone();
        let noted = std::thread::spawn(move || noting.give_up_lost(vec![lost]));
        let staged = library.blobs().staged().unwrap();
        std::io::Write::write_all(&mut staged.file(), b"bif").unwrap();
        staged.publish(&name, 3).unwrap();
        drop(let_go);
        assert!(writer.join().unwrap().unwrap());
        assert_eq!(noted.join().unwrap().unwrap(), 0);
        let rows = library.db().read(|tx| {
            Ok::<_, StoreError>(
                tx.query_row("SELECT count(*) FROM products", [], |row| row.get::<_, i64>(0))?,
            )
        });
        assert_eq!(rows.unwrap(), 1);
    }
}
