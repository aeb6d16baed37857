//! The albums whose files may get gain tags, and the journal of the files that got some: what was meant
//! before a file was put in place of another, and what was done.
//!
//! An intent is kept before a file is replaced, and settled after it: whatever ends the server in between,
//! the file itself says which of the two it is. Start with [`Library::intend_gain_tags`].

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use butler_product::gain_tags::GainTag;
use butler_product::tags::{Gain, Tags};
use butler_product::{Listed, ProductKind, Traits, Value};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{At, Json, path_bytes, path_from_bytes, readable, sources};
use crate::gain_tags::gain_of;
use crate::{
    AlbumFiles, Draft, ItemId, Library, NotReplaced, OpenTrack, Page, PartId, Replaced, SectionId, SourceId,
    StoreError, TrackFile,
};

/// A file whose gain tags Butler wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTags {
    /// The row's id; later ones are larger.
    pub id: i64,
    /// The section whose setting asked for it.
    pub section: SectionId,
    /// The file's part, as long as the library has it.
    pub part: PartId,
    /// Its content.
    pub source: SourceId,
    /// The folder of the section that holds it.
    pub root_path: PathBuf,
    /// Its whole path: where it lies now, as far as the library follows it.
    pub path: PathBuf,
    /// Its gain tags before.
    pub old: Vec<GainTag>,
    /// Those that Butler wrote.
    pub new: Vec<GainTag>,
    /// When it had been written last before, nanoseconds since 1970.
    pub old_mtime_ns: i64,
    /// When Butler wrote it last.
    pub written_at: Timestamp,
}

/// What is about to be done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The section whose setting asks for it, or did.
    pub section: SectionId,
    /// The file's part.
    pub part: PartId,
    /// Its content.
    pub source: SourceId,
    /// The folder of the section that holds it.
    pub root_path: PathBuf,
    /// Its whole path.
    pub path: PathBuf,
    /// Its gain tags as they are.
    pub old: Vec<GainTag>,
    /// Those that it gets.
    pub new: Vec<GainTag>,
    /// When it was written last, nanoseconds since 1970.
    pub old_mtime_ns: i64,
    /// Whether what was written is taken back.
    pub is_undo: bool,
}

/// An intent of which it is not known whether it was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OpenIntent {
    root_path: PathBuf,
    path: PathBuf,
    draft: OsString,
    /// Of the new file, once it is whole.
    identity: Option<(u64, u64)>,
}

impl Library {
    /// The next albums of a section behind one, at most so many, with the files of their tracks that are
    /// there.
    ///
    /// # Errors
    /// If the database fails.
    pub fn albums_with_files(
        &self,
        section: SectionId,
        after: Option<ItemId>,
        most: u32,
    ) -> Result<Vec<AlbumFiles>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, title FROM items WHERE section = ?1 AND kind = 'album' AND id > ?2 ORDER BY id \
                 LIMIT ?3",
            )?;
            let album = |row: &Row<'_>| Ok((row.get::<_, ItemId>(0)?, row.get::<_, String>(1)?));
            let asked = params![section, after.map_or(0, |after| after.0), most];
            let albums = readable(&mut statement, asked, "album", album)?;
            let files = |(album, title)| Ok(AlbumFiles { album, title, files: files_of(tx, album)? });
            albums.into_iter().map(files).collect()
        })
    }

    /// Keeps what is about to be done to a file, before anything is.
    ///
    /// # Errors
    /// If the database fails.
    pub fn intend_gain_tags(&self, intent: Intent, track: &OpenTrack) -> Result<(), StoreError> {
        let draft = track.draft_name();
        self.db().write(move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO gain_tag_intents (path, root, section, part, source, draft, old, new, \
                 old_mtime_ns, is_undo) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                path_bytes(&intent.path),
                path_bytes(&intent.root_path),
                intent.section,
                intent.part,
                intent.source,
                draft.as_bytes(),
                Json(&intent.old),
                Json(&intent.new),
                intent.old_mtime_ns,
                intent.is_undo,
            ])?;
            Ok(())
        })
    }

    /// Keeps which file is to be put in place of an intended one, before it is.
    ///
    /// # Errors
    /// If the database fails.
    pub fn name_gain_tags_draft(&self, path: &Path, draft: &Draft) -> Result<(), StoreError> {
        let (path, (dev, inode)) = (path.to_owned(), draft.identity());
        self.db().write(move |tx| {
            tx.prepare_cached("UPDATE gain_tag_intents SET dev = ?2, inode = ?3 WHERE path = ?1")?
                .execute(params![path_bytes(&path), dev as i64, inode as i64])?;
            Ok(())
        })
    }

    /// Settles an intent: the journal says what was done, and the file's parts are as the file is now, in one
    /// transaction. With none the file was not replaced, and the intent goes.
    ///
    /// # Errors
    /// If the database fails.
    pub fn settle_gain_tags(
        &self,
        path: &Path,
        replaced: Option<Replaced>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let path = path.to_owned();
        self.db().write(move |tx| {
            if let Some(replaced) = replaced
                && let Some(intent) = intent_at(tx, &path)?
            {
                note(tx, &intent, now)?;
                carry_over(tx, &intent, &replaced)?;
            }
            tx.prepare_cached("DELETE FROM gain_tag_intents WHERE path = ?1")?
                .execute([path_bytes(&path)])?;
            Ok(())
        })
    }

    /// Settles what a crash left: the files themselves say whether they were replaced. What lies on a folder
    /// that does not answer waits. How many were settled.
    ///
    /// # Errors
    /// If the database fails.
    pub fn recover_gain_tags(&self, now: Timestamp) -> Result<usize, StoreError> {
        let open = self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT root, path, draft, dev, inode FROM gain_tag_intents")?;
            Ok::<_, StoreError>(readable(&mut statement, [], "intent", open_intent)?)
        })?;
        let mut settled = 0;
        for OpenIntent { root_path, path, draft, identity } in open {
            let at = path.clone();
            let looked = self.root_threads().call(&root_path, move |beat| {
                let track = match OpenTrack::open(&at, None) {
                    Ok(track) if Some(track.identity()) == identity => Some(track),
                    Err(NotReplaced::Unreadable(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(NotReplaced::Unreadable(error));
                    }
                    Ok(_) | Err(_) => None,
                };
                crate::gain_tags::remove_draft(&at, &draft);
                track.map(|track| Replaced::found(&track, &mut || beat.tap())).transpose()
            });
            match looked {
                Ok(Ok(replaced)) => {
                    self.settle_gain_tags(&path, replaced, now)?;
                    settled += 1;
                }
                Ok(Err(left)) => {
                    tracing::warn!(file = %path.display(), %left, "a replacement is not settled")
                }
                Err(away) => tracing::warn!(file = %path.display(), %away, "a replacement is not settled"),
            }
        }
        Ok(settled)
    }

    /// A page of the files of a section whose gain tags Butler wrote and did not take back, behind a row, in
    /// the order in which they were first written.
    ///
    /// # Errors
    /// If the database fails.
    pub fn written_gain_tags(
        &self,
        section: SectionId,
        after: i64,
        most: u32,
    ) -> Result<Page<WrittenTags>, StoreError> {
        self.db().read(|tx| {
            let total = tx
                .prepare_cached("SELECT count(*) FROM gain_tags WHERE section = ?1")?
                .query_row([section], |row| row.get(0))?;
            let mut statement = tx.prepare_cached(
                "SELECT g.*, r.path AS root_now, p.path AS path_now FROM gain_tags g \
                 LEFT JOIN parts p ON p.id = g.part AND p.source = g.source AND p.missing_since IS NULL \
                 LEFT JOIN roots r ON r.id = p.root WHERE g.section = ?1 AND g.id > ?2 ORDER BY g.id LIMIT ?3",
            )?;
            let rows = readable(&mut statement, params![section, after, most], "written tags", written)?;
            Ok(Page { rows, total })
        })
    }

    /// Forgets that a file was written: it is as it was before, by whatever way.
    ///
    /// # Errors
    /// If the database fails.
    pub fn forget_gain_tags(&self, id: i64) -> Result<(), StoreError> {
        self.db().write(move |tx| {
            tx.prepare_cached("DELETE FROM gain_tags WHERE id = ?1")?.execute([id])?;
            Ok(())
        })
    }
}

fn files_of(tx: &Connection, album: ItemId) -> Result<Vec<TrackFile>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT c.id AS track, p.id, p.source, r.path AS root, p.path, p.size, p.mtime_ns, \
             l.value AS loudness, t.value AS tags \
         FROM items c JOIN media m ON m.item = c.id \
         JOIN parts p ON p.media = m.id AND p.missing_since IS NULL \
         JOIN roots r ON r.id = p.root AND NOT r.removed \
         LEFT JOIN products l ON l.source = p.source AND l.kind = 'loudness' \
         LEFT JOIN products t ON t.source = coalesce(p.tagged, p.source) AND t.kind = 'tags' \
         WHERE c.parent = ?1 AND c.kind = 'track' ORDER BY c.id, p.source, p.id",
    )?;
    Ok(readable(&mut statement, [album], "track's file", |row| {
        let root_path = path_from_bytes(row.get_ref("root")?.as_blob()?);
        let path = root_path.join(path_from_bytes(row.get_ref("path")?.as_blob()?));
        Ok(TrackFile {
            track: row.get("track")?,
            part: row.get("id")?,
            source: row.get("source")?,
            root_path,
            path,
            size: row.get("size")?,
            mtime_ns: row.get("mtime_ns")?,
            loudness: value(row, "loudness")?,
            gain: value::<Tags>(row, "tags")?.map_or_else(Gain::default, |tags| tags.gain),
        })
    })?)
}

/// A product's value in a column that may hold none.
fn value<P: Listed>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<P>> {
    Ok(row.get::<_, Option<Json<Value>>>(column)?.and_then(|value| value.0.take()))
}

fn intent_at(tx: &Connection, path: &Path) -> Result<Option<Intent>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT * FROM gain_tag_intents WHERE path = ?1")?;
    let intent = |row: &Row<'_>| {
        Ok(Intent {
            section: row.get("section")?,
            part: row.get("part")?,
            source: row.get("source")?,
            root_path: path_from_bytes(row.get_ref("root")?.as_blob()?),
            path: path_from_bytes(row.get_ref("path")?.as_blob()?),
            old: row.get::<_, Json<_>>("old")?.0,
            new: row.get::<_, Json<_>>("new")?.0,
            old_mtime_ns: row.get("old_mtime_ns")?,
            is_undo: row.get("is_undo")?,
        })
    };
    Ok(statement.query_row([path_bytes(path)], intent).optional()?)
}

fn open_intent(row: &Row<'_>) -> rusqlite::Result<OpenIntent> {
    let number =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(|number| number as u64));
    Ok(OpenIntent {
        root_path: path_from_bytes(row.get_ref("root")?.as_blob()?),
        path: path_from_bytes(row.get_ref("path")?.as_blob()?),
        draft: OsStr::from_bytes(row.get_ref("draft")?.as_blob()?).to_owned(),
        identity: number("dev")?.zip(number("inode")?),
    })
}

fn written(row: &Row<'_>) -> rusqlite::Result<WrittenTags> {
    let path =
        |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob_or_null()?.map(path_from_bytes));
    let now = path("root_now")?.zip(path("path_now")?);
    let (root_path, path) = match now {
        Some((root, below)) => (root.clone(), root.join(below)),
        None => (path("root")?.unwrap_or_default(), path("path")?.unwrap_or_default()),
    };
    Ok(WrittenTags {
        id: row.get("id")?,
        section: row.get("section")?,
        part: row.get("part")?,
        source: row.get("source")?,
        root_path,
        path,
        old: row.get::<_, Json<_>>("old")?.0,
        new: row.get::<_, Json<_>>("new")?.0,
        old_mtime_ns: row.get("old_mtime_ns")?,
        written_at: row.get::<_, At>("written_at")?.0,
    })
}

/// The journal's row of a file that was replaced. What it was before the first time is kept, as long as it is
/// the same content.
fn note(tx: &Connection, intent: &Intent, now: Timestamp) -> Result<(), StoreError> {
    // It may have been written at another place, or another content in this one.
    tx.prepare_cached(
        "UPDATE OR REPLACE gain_tags SET path = ?1, root = ?2 WHERE part = ?3 AND source = ?4",
    )?
    .execute(params![
        path_bytes(&intent.path),
        path_bytes(&intent.root_path),
        intent.part,
        intent.source
    ])?;
    tx.prepare_cached("DELETE FROM gain_tags WHERE path = ?1 AND (?2 OR source <> ?3)")?.execute(params![
        path_bytes(&intent.path),
        intent.is_undo,
        intent.source
    ])?;
    if intent.is_undo {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO gain_tags (section, part, source, root, path, old, new, old_mtime_ns, written_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (path) DO UPDATE SET \
         section = excluded.section, part = excluded.part, root = excluded.root, new = excluded.new, \
         written_at = excluded.written_at",
    )?
    .execute(params![
        intent.section,
        intent.part,
        intent.source,
        path_bytes(&intent.root_path),
        path_bytes(&intent.path),
        Json(&intent.old),
        Json(&intent.new),
        intent.old_mtime_ns,
        At(now),
    ])?;
    Ok(())
}

/// The parts that showed the old file show the new one: its content is the same, and its tags are known. So
/// no scan reads it again. If anything of it is another by now, the next scan sees to it.
fn carry_over(tx: &Connection, intent: &Intent, replaced: &Replaced) -> Result<(), StoreError> {
    if sources::find(tx, &replaced.prints)? != Some(intent.source) {
        return Ok(());
    }
    let before: Option<(SourceId, i64, i64)> = tx
        .prepare_cached(
            "SELECT coalesce(tagged, source), dev, inode FROM parts WHERE id = ?1 AND source = ?2",
        )?
        .query_row(params![intent.part, intent.source], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((tagged_before, dev, inode)) = before else { return Ok(()) };
    let tagged = sources::find_or_make(tx, &replaced.prints.with_tags(), Traits::TAGGED)?;
    carry_tags(tx, tagged_before, tagged, &intent.new)?;
    tx.prepare_cached(
        "UPDATE parts SET size = ?4, mtime_ns = ?5, inode = ?6, dev = ?7, tagged = ?8 \
         WHERE source = ?1 AND dev = ?2 AND inode = ?3",
    )?
    .execute(params![
        intent.source,
        dev,
        inode,
        replaced.size,
        replaced.mtime_ns,
        replaced.inode as i64,
        replaced.dev as i64,
        tagged
    ])?;
    Ok(())
}

/// What the tags say is known without reading them: what they said, with other gains.
fn carry_tags(tx: &Connection, before: SourceId, now: SourceId, new: &[GainTag]) -> Result<(), StoreError> {
    let kind = ProductKind::Tags.as_str();
    let known: Option<Json<Value>> = tx
        .prepare_cached("SELECT value FROM products WHERE source = ?1 AND kind = ?2")?
        .query_row([&before as &dyn rusqlite::ToSql, &kind], |row| row.get(0))
        .optional()?;
    let Some(Json(known)) = known else { return Ok(()) };
    let tags = Tags { gain: gain_of(new), ..known.take::<Tags>().unwrap_or_default() };
    let value = if tags == Tags::default() {
        Value::Nothing { why: "The file carries no tags.".to_owned() }
    } else {
        Value::Tags(Box::new(tags))
    };
    tx.prepare_cached(
        "INSERT INTO products (source, kind, version, params, value, made_from, made_at) \
         SELECT s.id, d.kind, d.version, d.params, ?4, s.fingerprint, d.made_at \
         FROM products d JOIN sources s ON s.id = ?2 WHERE d.source = ?1 AND d.kind = ?3 \
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![before, now, kind, Json(value)])?;
    Ok(())
}
