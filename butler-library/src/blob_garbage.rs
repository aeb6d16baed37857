//! Which files in the folder of blobs nobody needs, and their removal.
//!
//! A file that no row speaks of is first noted, and goes only once it has been unknown for a time of grace: a
//! database that was put back from a backup does not know what a newer one does. Right before each removal
//! the database is asked once more. Nothing behind a link is removed, for it lies outside of the data folder.
//! Start with [`Library::blob_garbage`].

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use butler_product::ProductKind;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::blob_check::{CheckBlobsError, Found, StoredBlob};
use crate::own_files::Removal;
use crate::store::{At, path_bytes};
use crate::{BlobRef, Library, StoreError};

/// So many of each are listed at a time; who removes them asks again for what is left.
const MOST: usize = 20_000;
/// So many blobs of a kind are looked for before their disk is taken to be away.
const WITNESSES: u32 = 50;
/// So many rows are written in one transaction.
const GROUP: usize = 500;

/// A file that no row speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its path below the folder of blobs.
    pub name: PathBuf,
    /// Its whole path.
    pub path: PathBuf,
    /// Bytes.
    pub bytes: u64,
    /// Since when it is known that no row speaks of it; none if that is new.
    pub since: Option<Timestamp>,
}

/// A product whose blob is gone or another.
#[derive(Debug, Clone)]
pub struct LostBlob {
    /// Where the blob should lie.
    pub path: PathBuf,
    /// Bytes that it should have.
    pub bytes: u64,
    stored: StoredBlob,
}

/// What of the folder of blobs and of the rows is of no use.
#[derive(Debug, Clone, Default)]
pub struct BlobGarbage {
    /// Files that have been unknown for longer than the time of grace.
    pub overdue: Vec<Stray>,
    /// Files that are found to be unknown for the first time.
    pub new: Vec<Stray>,
    /// Files that are noted and wait for the end of their time.
    pub waiting: u64,
    /// Bytes of these.
    pub waiting_bytes: u64,
    /// Files that no row speaks of and that lie behind a link: they stay.
    pub behind_links: u64,
    /// Products whose blob is gone or another.
    pub lost: Vec<LostBlob>,
    /// Blobs that are as their rows say.
    pub whole: u64,
    /// Whether there is more of the kind than was listed.
    pub is_more: bool,
    /// Whether it was ended early.
    pub is_cut: bool,
}

impl Library {
    /// Finds what is of no use. A file is overdue if it has been noted, and was written last, before
    /// `noted_before`. Changes nothing.
    ///
    /// # Errors
    /// If a folder can't be listed, or the database fails.
    pub fn blob_garbage(
        &self,
        noted_before: Timestamp,
        is_stopping: &mut dyn FnMut() -> bool,
    ) -> Result<BlobGarbage, CheckBlobsError> {
        let noted = self.db().read(noted_strays)?;
        let mut garbage = BlobGarbage::default();
        garbage.is_cut = self.compare_blobs(None, is_stopping, &mut |found| {
            match found {
                Found::Whole => garbage.whole += 1,
                Found::Lost(stored) if garbage.lost.len() < MOST => {
                    let BlobRef { name, bytes } = &stored.blob;
                    garbage.lost.push(LostBlob { path: self.blobs().path(name)?, bytes: *bytes, stored });
                }
                Found::Unknown(listed) if listed.is_behind_link => garbage.behind_links += 1,
                // What is no plain file is nobody's blob, and stays.
                Found::Unknown(listed) if !listed.is_file => {}
                Found::Unknown(listed) => {
                    let since = noted.get(&listed.name).copied();
                    let name = PathBuf::from(OsString::from_vec(listed.name));
                    let path = self.data_dir().join("blobs").join(&name);
                    let stray = Stray { name, path, bytes: listed.bytes, since };
                    // One that was written since it was noted is another, or was published anew.
                    let is_overdue = since.is_some_and(|since| since.max(listed.modified_at) <= noted_before);
                    let listed_as = match (since, is_overdue) {
                        (None, _) => &mut garbage.new,
                        (Some(_), true) => &mut garbage.overdue,
                        (Some(_), false) => {
                            garbage.waiting += 1;
                            garbage.waiting_bytes += stray.bytes;
                            return Ok(());
                        }
                    };
                    if listed_as.len() < MOST {
                        listed_as.push(stray);
                    } else {
                        garbage.is_more = true;
                    }
                }
                Found::Lost(_) => garbage.is_more = true,
            }
            Ok(())
        })?;
        Ok(garbage)
    }

    /// Notes which files no row speaks of, and forgets what was noted of others that are there no more or
    /// have a row by now.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_strays(&self, new: &[Stray], now: Timestamp) -> Result<(), CheckBlobsError> {
        let noted = self.db().read(noted_strays)?;
        let mut stale = Vec::new();
        for name in noted.into_keys() {
            let path = self.data_dir().join("blobs").join(OsString::from_vec(name.clone()));
            let is_there = path.symlink_metadata().is_ok();
            if !is_there || self.is_blob_known(&name)? {
                stale.push(name);
            }
        }
        for stale in stale.chunks(GROUP).map(<[_]>::to_vec) {
            self.db().write(move |tx| {
                let mut statement = tx.prepare_cached("DELETE FROM strays WHERE name = ?1")?;
                stale.iter().try_for_each(|name| statement.execute([name]).map(|_| ()))?;
                Ok::<_, StoreError>(())
            })?;
        }
        for new in new.chunks(GROUP) {
            let names: Vec<Vec<u8>> = new.iter().map(|stray| path_bytes(&stray.name).to_vec()).collect();
            self.db().write(move |tx| {
                let mut statement =
                    tx.prepare_cached("INSERT OR IGNORE INTO strays (name, since) VALUES (?1, ?2)")?;
                names.iter().try_for_each(|name| statement.execute(params![name, At(now)]).map(|_| ()))?;
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(())
    }

    /// Removes a file that no row speaks of, if none does now.
    ///
    /// # Errors
    /// If the system refuses, or the database fails.
    pub fn remove_stray(&self, stray: &Stray) -> Result<Removal, CheckBlobsError> {
        let name = path_bytes(&stray.name);
        self.blobs()
            .remove_stray(&stray.name, stray.bytes, || Ok::<_, CheckBlobsError>(!self.is_blob_known(name)?))
    }

    /// Makes a lack again of a product whose blob is not what its row says, if that is still so. Whether it
    /// was.
    ///
    /// # Errors
    /// If the database fails.
    pub fn give_up_lost_blob(&self, lost: &LostBlob) -> Result<bool, StoreError> {
        Ok(self.give_up_lost(vec![lost.stored.clone()])? > 0)
    }

    fn is_blob_known(&self, name: &[u8]) -> Result<bool, StoreError> {
        // A name that is no text is in no row.
        let Ok(name) = std::str::from_utf8(name) else { return Ok(false) };
        self.db().read(|tx| {
            Ok(tx.prepare_cached("SELECT 1 FROM products WHERE blob = ?1 LIMIT 1")?.exists([name])?)
        })
    }

    /// Why the disk that holds the blobs, or those of a kind, is taken to be away: one sentence. None if it
    /// is there, or no row speaks of a blob.
    ///
    /// # Errors
    /// If the folder can't be looked at, or the database fails.
    pub fn blobs_away(&self) -> Result<Option<String>, CheckBlobsError> {
        let noted = self.db().read(noted_folders)?;
        for kind in std::iter::once("").chain(ProductKind::ALL.map(ProductKind::as_str)) {
            let witnesses = self.db().read(|tx| witnesses(tx, kind))?;
            let Some((dev, is_empty)) = self.blobs().disk_of(kind)?.filter(|_| !witnesses.is_empty()) else {
                continue;
            };
            let is_elsewhere = noted.get(kind).is_some_and(|noted| *noted != dev as i64);
            // The number of a disk may change with a restart of the machine: the files tell.
            let is_any_there = || witnesses.iter().any(|blob| matches!(self.blobs().loss(blob), Ok(None)));
            let why = match (kind, is_empty, is_elsewhere) {
                ("", true, _) | (_, true, true) => "is empty",
                (_, _, true) if !is_any_there() => "lies on another disk than before",
                _ => continue,
            };
            let path = self.data_dir().join("blobs").join(kind);
            return Ok(Some(format!(
                "The folder {} {why}, and products have files in it. If its disk is not mounted, mount it; \
                 if the files are gone for good, `butler start TASK --force` makes them anew.",
                path.display()
            )));
        }
        Ok(None)
    }

    /// Notes on which disk the folders of blobs lie.
    ///
    /// # Errors
    /// If a folder can't be looked at, or the database fails.
    pub fn note_blob_folders(&self) -> Result<(), CheckBlobsError> {
        let mut found = HashMap::new();
        for kind in std::iter::once("").chain(ProductKind::ALL.map(ProductKind::as_str)) {
            if let Some((dev, false)) = self.blobs().disk_of(kind)? {
                // Such numbers use all 64 bits on some file systems: kept as the same bits, signed.
                found.insert(kind.to_owned(), dev as i64);
            }
        }
        if self.db().read(noted_folders)? != found {
            self.db().write(move |tx| {
                tx.execute("DELETE FROM blob_folders", [])?;
                for (name, dev) in &found {
                    tx.execute("INSERT INTO blob_folders (name, dev) VALUES (?1, ?2)", params![name, dev])?;
                }
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(())
    }
}

fn noted_strays(tx: &Connection) -> Result<HashMap<Vec<u8>, Timestamp>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT name, since FROM strays")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, At>(1)?.0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn noted_folders(tx: &Connection) -> Result<HashMap<String, i64>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT name, dev FROM blob_folders")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Some blobs of a kind, as rows have them; empty: of any.
fn witnesses(tx: &Connection, kind: &str) -> Result<Vec<BlobRef>, StoreError> {
    let (from, until) = match kind {
        "" => (String::new(), None),
        // The byte behind the slash: every name of the folder lies between.
        kind => (format!("{kind}/"), Some(format!("{kind}0"))),
    };
    let mut statement = tx.prepare_cached(
        "SELECT blob, blob_bytes FROM products WHERE blob > ?1 AND (?2 IS NULL OR blob < ?2) ORDER BY blob \
         LIMIT ?3",
    )?;
    let rows = statement.query_map(params![from, until, WITNESSES], |row| {
        Ok(BlobRef { name: row.get(0)?, bytes: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
