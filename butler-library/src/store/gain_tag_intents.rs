//! What is about to be done to a music file: kept before the file is touched, and settled after it, so that
//! whatever ends the server in between, the old tags are known and the file itself says which of the two it
//! is. Start with [`Library::intend_gain_tags`].

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use butler_product::gain_tags::GainTag;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::gain_tags::{FilePlace, carry_over, forget, note};
use super::{Json, path_bytes, path_from_bytes, readable};
use crate::gain_tags::{Digest, Pair, look};
use crate::{Draft, Library, NotReplaced, PartId, Replaced, SectionId, SourceId, StoreError};

/// What is about to be done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The section whose setting asks for it, or did.
    pub section: SectionId,
    /// The file's part.
    pub part: PartId,
    /// Its content.
    pub source: SourceId,
    /// What its sound is known by.
    pub content: [u8; 32],
    /// Where it lies.
    pub place: FilePlace,
    /// Its gain tags as they are.
    pub old: Vec<GainTag>,
    /// Those that it gets.
    pub new: Vec<GainTag>,
    /// When it was written last, nanoseconds since 1970.
    pub old_mtime_ns: i64,
    /// What it says of that afterwards.
    pub new_mtime_ns: i64,
    /// The journal's row that is taken back, if one is.
    pub taken_back: Option<i64>,
}

/// An intent of which it is not known whether it was carried out: where, and the two files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OpenIntent {
    place: FilePlace,
    draft: OsString,
    old: Digest,
    new: Digest,
}

impl Library {
    /// Keeps what is about to be done to a file, before anything is. Whether it may be done: as long as an
    /// earlier one of the same path is not settled, it may not.
    ///
    /// # Errors
    /// If the database fails.
    pub fn intend_gain_tags(&self, intent: Intent, draft: &Draft) -> Result<bool, StoreError> {
        let (name, (old, new)) = (draft.name().clone(), draft.digests());
        self.db().write(move |tx| {
            let kept = tx
                .prepare_cached(
                    "INSERT OR IGNORE INTO gain_tag_intents (path, root, section, part, source, content, old, \
                     new, old_mtime_ns, new_mtime_ns, taken_back, draft, old_size, old_hash, new_size, \
                     new_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
                )?
                .execute(params![
                    path_bytes(&intent.place.path),
                    path_bytes(&intent.place.root_path),
                    intent.section,
                    intent.part,
                    intent.source,
                    intent.content,
                    Json(&intent.old),
                    Json(&intent.new),
                    intent.old_mtime_ns,
                    intent.new_mtime_ns,
                    intent.taken_back,
                    name.as_bytes(),
                    old.size,
                    old.hash,
                    new.size,
                    new.hash,
                ])?;
            Ok(kept == 1)
        })
    }

    /// Settles an intent that was carried out: the journal says so, and the file's parts are as the file is
    /// now, in one transaction.
    ///
    /// # Errors
    /// If the database fails.
    pub fn settle_gain_tags(
        &self,
        path: &Path,
        replaced: Replaced,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.settle(path, true, Some(replaced), now)
    }

    fn settle(
        &self,
        path: &Path,
        is_noted: bool,
        replaced: Option<Replaced>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let path = path.to_owned();
        self.db().write(move |tx| {
            let Some(intent) = intent_at(tx, &path)? else { return Ok(()) };
            match intent.taken_back {
                // In doubt the journal's row stays.
                Some(row) if replaced.is_some() => forget(tx, row)?,
                None if is_noted => note(tx, &intent, now)?,
                _ => {}
            }
            if let Some(replaced) = replaced {
                carry_over(tx, &intent, &replaced)?;
            }
            tx.prepare_cached("DELETE FROM gain_tag_intents WHERE path = ?1")?
                .execute([path_bytes(&path)])?;
            Ok(())
        })
    }

    /// Settles what a crash or a failing disk left: the files themselves say whether they were replaced. What
    /// lies on a folder that does not answer, or is not there, waits. How many were settled.
    ///
    /// # Errors
    /// If the database fails.
    pub fn recover_gain_tags(&self, now: Timestamp) -> Result<usize, StoreError> {
        let open = self.db().read(|tx| {
            let mut statement = tx.prepare_cached("SELECT * FROM gain_tag_intents")?;
            Ok::<_, StoreError>(readable(&mut statement, [], "intent", open_intent)?)
        })?;
        let mut settled = 0;
        for OpenIntent { place: FilePlace { root_path, path }, draft, old, new } in open {
            let (at, name) = (path.clone(), draft.clone());
            let looked = self
                .root_threads()
                .call(&root_path, move |beat| look(&at, Pair { draft: &name, old, new }, &mut || beat.tap()));
            match looked.unwrap_or(Err(NotReplaced::Away)) {
                Ok(found) => {
                    self.settle(&path, found.is_noted, found.replaced, now)?;
                    settled += 1;
                    if found.is_left {
                        let beside = path.with_file_name(draft);
                        tracing::warn!(
                            file = %path.display(), beside = %beside.display(),
                            "a music file was changed by others while its tags were written; what stood there \
                             is kept beside it"
                        );
                    }
                }
                Err(left) => {
                    tracing::warn!(file = %path.display(), %left, "a replacement is not settled")
                }
            }
        }
        Ok(settled)
    }
}

fn intent_at(tx: &Connection, path: &Path) -> Result<Option<Intent>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT * FROM gain_tag_intents WHERE path = ?1")?;
    let intent = |row: &Row<'_>| {
        Ok(Intent {
            section: row.get("section")?,
            part: row.get("part")?,
            source: row.get("source")?,
            content: row.get("content")?,
            place: place(row)?,
            old: row.get::<_, Json<_>>("old")?.0,
            new: row.get::<_, Json<_>>("new")?.0,
            old_mtime_ns: row.get("old_mtime_ns")?,
            new_mtime_ns: row.get("new_mtime_ns")?,
            taken_back: row.get("taken_back")?,
        })
    };
    Ok(statement.query_row([path_bytes(path)], intent).optional()?)
}

fn open_intent(row: &Row<'_>) -> rusqlite::Result<OpenIntent> {
    Ok(OpenIntent {
        place: place(row)?,
        draft: OsStr::from_bytes(row.get_ref("draft")?.as_blob()?).to_owned(),
        old: Digest { size: row.get("old_size")?, hash: row.get("old_hash")? },
        new: Digest { size: row.get("new_size")?, hash: row.get("new_hash")? },
    })
}

fn place(row: &Row<'_>) -> rusqlite::Result<FilePlace> {
    let path = |column| Ok::<_, rusqlite::Error>(path_from_bytes(row.get_ref(column)?.as_blob()?));
    Ok(FilePlace { root_path: path("root")?, path: path("path")? })
}
