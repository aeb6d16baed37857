//! The journal of music files whose gain tags Butler wrote: what they were before, and what was done since.
//!
//! No row is ever lost to another one: it goes when its file has its old tags again, and not before. What is
//! meant to be done stands in `gain_tag_intents.rs`. Start with [`WrittenTags`].

use std::path::PathBuf;

use butler_product::gain_tags::{GainTag, tell_the_same};
use butler_product::tags::Tags;
use butler_product::{ProductKind, Traits, Value};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::gain_tag_intents::Intent;
use super::{At, Json, path_bytes, path_from_bytes, readable, sources};
use crate::gain_tags::gain_of;
use crate::{Library, Page, PartId, Replaced, SectionId, SourceId, StoreError};

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
    /// What its sound is known by.
    pub content: [u8; 32],
    /// Where it lies now, as far as the library follows it.
    pub place: FilePlace,
    /// Where it lay when it was written.
    pub written_at_place: FilePlace,
    /// Its gain tags before.
    pub old: Vec<GainTag>,
    /// Those that Butler wrote.
    pub new: Vec<GainTag>,
    /// When it had been written last before, nanoseconds since 1970.
    pub old_mtime_ns: i64,
    /// What Butler made it say of that.
    pub new_mtime_ns: i64,
    /// When Butler wrote it last.
    pub written_at: Timestamp,
}

/// Where a file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The folder of a section that holds it.
    pub root_path: PathBuf,
    /// Its whole path.
    pub path: PathBuf,
}

impl Library {
    /// A page of the files of a section whose gain tags Butler wrote and did not take back, the newest first: those
    /// behind a row, or with 0 from the first on. So they are taken back, too: what was done last at first.
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
                 LEFT JOIN roots r ON r.id = p.root WHERE g.section = ?1 AND (?2 = 0 OR g.id < ?2) \
                 ORDER BY g.id DESC LIMIT ?3",
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
        self.db().write(move |tx| forget(tx, id))
    }
}

fn place_now(row: &Row<'_>) -> rusqlite::Result<Option<FilePlace>> {
    let path =
        |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob_or_null()?.map(path_from_bytes));
    let now = path("root_now")?.zip(path("path_now")?);
    Ok(now.map(|(root, below)| FilePlace { path: root.join(below), root_path: root }))
}

fn written(row: &Row<'_>) -> rusqlite::Result<WrittenTags> {
    let path = |column| Ok::<_, rusqlite::Error>(path_from_bytes(row.get_ref(column)?.as_blob()?));
    let written_at_place = FilePlace { root_path: path("root")?, path: path("path")? };
    let place = place_now(row)?.unwrap_or_else(|| written_at_place.clone());
    Ok(WrittenTags {
        id: row.get("id")?,
        section: row.get("section")?,
        part: row.get("part")?,
        source: row.get("source")?,
        content: row.get("content")?,
        place,
        written_at_place,
        old: row.get::<_, Json<_>>("old")?.0,
        new: row.get::<_, Json<_>>("new")?.0,
        old_mtime_ns: row.get("old_mtime_ns")?,
        new_mtime_ns: row.get("new_mtime_ns")?,
        written_at: row.get::<_, At>("written_at")?.0,
    })
}

pub(super) fn forget(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM gain_tags WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Keeps what was done to a file. Where it had the tags that Butler wrote, of it or of the file that it is a
/// copy of, it was before what that one was before; tags of others are a beginning of their own.
pub(super) fn note(tx: &Connection, intent: &Intent, now: Timestamp) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id, path = ?2 OR (part = ?3 AND source = ?4) AS is_it, old, new FROM gain_tags \
         WHERE content = ?1 ORDER BY is_it DESC, id DESC",
    )?;
    let asked = params![intent.content, path_bytes(&intent.place.path), intent.part, intent.source];
    let row = |row: &Row<'_>| {
        let tags = |column| Ok::<_, rusqlite::Error>(row.get::<_, Json<Vec<GainTag>>>(column)?.0);
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, tags(2)?, tags(3)?))
    };
    let rows = readable(&mut statement, asked, "written tags", row)?;
    let mut before = rows.into_iter().filter(|(.., new)| tell_the_same(new, &intent.old));
    let before = before.next().map(|(row, is_it, old, _)| (row, is_it, old));
    if let Some((row, true, _)) = before {
        tx.prepare_cached(
            "UPDATE gain_tags SET section = ?2, part = ?3, source = ?4, root = ?5, path = ?6, new = ?7, \
             new_mtime_ns = ?8, written_at = ?9 WHERE id = ?1",
        )?
        .execute(params![
            row,
            intent.section,
            intent.part,
            intent.source,
            path_bytes(&intent.place.root_path),
            path_bytes(&intent.place.path),
            Json(&intent.new),
            intent.new_mtime_ns,
            At(now),
        ])?;
        return Ok(());
    }
    let old = before.map_or_else(|| intent.old.clone(), |(_, _, old)| old);
    tx.prepare_cached(
        "INSERT INTO gain_tags (section, part, source, content, root, path, old, new, old_mtime_ns, \
         new_mtime_ns, written_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        intent.section,
        intent.part,
        intent.source,
        intent.content,
        path_bytes(&intent.place.root_path),
        path_bytes(&intent.place.path),
        Json(&old),
        Json(&intent.new),
        intent.old_mtime_ns,
        intent.new_mtime_ns,
        At(now),
    ])?;
    Ok(())
}

/// The parts that showed the old file show the new one: its content is the same, and its tags are known. So
/// no scan reads it again. If anything of it is another by now, the next scan sees to it.
pub(super) fn carry_over(tx: &Connection, intent: &Intent, replaced: &Replaced) -> Result<(), StoreError> {
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
