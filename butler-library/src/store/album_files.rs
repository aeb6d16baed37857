//! The albums of a section with the files of their tracks, how loud these are and which gains they tell.
//!
//! Start with [`Library::albums_with_files`].

use butler_product::tags::{Gain, Tags};
use butler_product::{Listed, Value};
use rusqlite::{Connection, Row, params};

use super::{Json, path_from_bytes, readable};
use crate::{AlbumFiles, ItemId, Library, SectionId, StoreError, TrackFile};

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
