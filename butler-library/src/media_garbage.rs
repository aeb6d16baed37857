//! Which files of the sections are gone for good, and what takes them out of the library.
//!
//! That a file is not there says nothing while its root, or the disk below it, is away: the root has to be
//! there, not empty, and on the disk on which it was at the last scan, and a file of it that was there then
//! has to be there still. A root is touched on its own thread. Start with [`Library::gone_files`].

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::params;

use crate::root_threads::Heartbeat;
use crate::store::{At, path_from_bytes, readable};
use crate::{CallError, Library, PartId, RootId, SectionId, StoreError, scan};

/// So many files of a root are looked for to tell whether it is the one that was scanned.
const WITNESSES: u32 = 20;

/// A file that has been missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneFile {
    /// The part.
    pub part: PartId,
    /// Its whole path.
    pub path: PathBuf,
    /// Bytes that it had.
    pub bytes: u64,
    /// Since when scans have not found it.
    pub missing_since: Timestamp,
    dev: u64,
}

/// The files of one root that have been missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneFiles {
    /// The section.
    pub section: SectionId,
    /// The root.
    pub root: RootId,
    /// Its folder.
    pub folder: PathBuf,
    /// The files, by path.
    pub files: Vec<GoneFile>,
}

/// A file that was there at the last scan.
struct Witness {
    path: PathBuf,
    dev: u64,
}

/// What a look at a root's folder says of files that have been missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The root is there; of these files each is gone.
    There(Vec<GoneFile>),
    /// The root is away: one sentence.
    Away(String),
    /// Who wanted to know gave up.
    Stopped,
}

impl Library {
    /// The files that have been missing since before an instant, root by root; those of one section if it is
    /// named. Roots that were taken out of their section are the scan's business.
    ///
    /// # Errors
    /// If the database fails.
    pub fn gone_files(
        &self,
        section: Option<SectionId>,
        missing_before: Timestamp,
    ) -> Result<Vec<GoneFiles>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT r.section, r.id, r.path, p.id, p.path, p.size, p.missing_since, p.dev \
                 FROM roots r JOIN parts p ON p.root = r.id \
                 WHERE NOT r.removed AND p.missing_since <= ?1 AND (?2 IS NULL OR r.section = ?2) \
                 ORDER BY r.section, r.id, p.path",
            )?;
            let file = |row: &rusqlite::Row<'_>| {
                let folder = path_from_bytes(row.get_ref(2)?.as_blob()?);
                let file = GoneFile {
                    part: row.get(3)?,
                    path: folder.join(path_from_bytes(row.get_ref(4)?.as_blob()?)),
                    bytes: row.get(5)?,
                    missing_since: row.get::<_, At>(6)?.0,
                    dev: row.get::<_, i64>(7)? as u64,
                };
                Ok((row.get::<_, SectionId>(0)?, row.get::<_, RootId>(1)?, folder, file))
            };
            let mut all: Vec<GoneFiles> = Vec::new();
            for (section, root, folder, file) in
                readable(&mut statement, params![At(missing_before), section], "missing part", file)?
            {
                match all.last_mut() {
                    Some(last) if last.root == root => last.files.push(file),
                    _ => all.push(GoneFiles { section, root, folder, files: vec![file] }),
                }
            }
            Ok(all)
        })
    }

    /// How many files a section has, missing ones included.
    ///
    /// # Errors
    /// If the database fails.
    pub fn count_files(&self, section: SectionId) -> Result<u64, StoreError> {
        self.db().read(|tx| {
            let count = "SELECT count(*) FROM parts p JOIN roots r ON r.id = p.root WHERE r.section = ?1";
            Ok(tx.prepare_cached(count)?.query_row([section], |row| row.get(0))?)
        })
    }

    /// Looks at a root for files that have been missing. Blocks for as long as the root takes to answer.
    ///
    /// # Errors
    /// If the database fails; what the root does is in the answer.
    pub fn look_for(
        &self,
        gone: &GoneFiles,
        is_stopping: &mut dyn FnMut() -> bool,
    ) -> Result<Look, StoreError> {
        let witnesses = self.witnesses(gone.root, &gone.folder)?;
        let (folder, files) = (gone.folder.clone(), gone.files.clone());
        let looked = self
            .root_threads()
            .call_unless(&gone.folder, is_stopping, move |beat| look(&folder, &witnesses, files, beat));
        Ok(match looked {
            Ok(look) => look,
            Err(CallError::Stopped) => Look::Stopped,
            Err(CallError::Away(away)) => Look::Away(format!("{away}.")),
        })
    }

    /// Takes files out of the library, with the versions and items that are left empty, if each still is
    /// missing as it was. Which those were.
    ///
    /// # Errors
    /// If the database fails.
    pub fn forget_files(&self, section: SectionId, files: &[GoneFile]) -> Result<Vec<PartId>, StoreError> {
        let parts: Vec<_> = files.iter().map(|file| (file.part, file.missing_since)).collect();
        self.db().write(move |tx| scan::forget(tx, section, &parts))
    }

    fn witnesses(&self, root: RootId, folder: &Path) -> Result<Vec<Witness>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT path, dev FROM parts WHERE root = ?1 AND missing_since IS NULL ORDER BY path LIMIT \
                 ?2",
            )?;
            let witness = |row: &rusqlite::Row<'_>| {
                let path = folder.join(path_from_bytes(row.get_ref(0)?.as_blob()?));
                Ok(Witness { path, dev: row.get::<_, i64>(1)? as u64 })
            };
            Ok(readable(&mut statement, params![root, WITNESSES], "part", witness)?)
        })
    }
}

/// A word that names some files in a fixed order, so that another set of them has another.
pub fn digest<'a>(files: impl IntoIterator<Item = &'a GoneFile>) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(&file.part.0.to_le_bytes());
        hasher.update(&file.missing_since.as_millisecond().to_le_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn look(folder: &Path, witnesses: &[Witness], files: Vec<GoneFile>, beat: &Heartbeat) -> Look {
    let shown = folder.display();
    let (dev, is_empty) = match fs::metadata(folder)
        .and_then(|found| Ok((found.dev(), fs::read_dir(folder)?.next().is_none())))
    {
        Ok(found) => found,
        Err(error) => return Look::Away(format!("The folder {shown} can't be read: {error}.")),
    };
    if is_empty {
        return Look::Away(format!("The folder {shown} is empty; if its disk is not mounted, mount it."));
    }
    let is_as_before = if witnesses.is_empty() {
        files.iter().any(|file| file.dev == dev)
    } else {
        let is_there = |witness: &Witness| {
            beat.tap();
            fs::symlink_metadata(&witness.path).is_ok_and(|found| found.dev() == witness.dev)
        };
        witnesses.iter().any(is_there)
    };
    if !is_as_before {
        return Look::Away(format!(
            "The folder {shown} is on another disk than at the last scan, or none of the files that were \
             there then is there now; mount its disk, or scan it first."
        ));
    }
    let mut gone = Vec::new();
    for file in files {
        if !beat.tap() {
            return Look::Stopped;
        }
        if is_gone(folder, &file) {
            gone.push(file);
        }
    }
    Look::There(gone)
}

/// Whether a file is not there, and not just since the disk is away on which it lay below the root.
fn is_gone(folder: &Path, file: &GoneFile) -> bool {
    match fs::symlink_metadata(&file.path) {
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
        // It is back, which the next scan notes; or nobody knows.
        _ => return false,
    }
    let above = file.path.ancestors().skip(1).take_while(|above| above.starts_with(folder));
    for above in above {
        let Ok(found) = fs::metadata(above) else { continue };
        let is_empty = fs::read_dir(above).is_ok_and(|mut entries| entries.next().is_none());
        // An empty folder on another disk than the file was on is the place of one that is not mounted.
        return !is_empty || found.dev() == file.dev;
    }
    false
}
