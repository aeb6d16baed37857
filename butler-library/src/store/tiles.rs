//! What a list of items shows of each beside its title: a picture, and whether something is wrong. Reads only
//! what the asked items need, however large the library is.

use std::collections::HashMap;
use std::path::PathBuf;

use butler_product::bif::Summary;
use butler_product::{Listed, Value};
use rusqlite::{CachedStatement, Row};

use super::{Json, path_from_bytes, readable};
use crate::{ItemId, Library, PartId, SourceId, StoreError};

/// What is shown of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile {
    /// Pictures of the item, or of what stands below it, the best first.
    pub pictures: Vec<TilePicture>,
    /// Whether something could not be made of one of its files.
    pub has_failed: bool,
    /// Whether it has files, and none of them is there.
    pub is_missing: bool,
}

/// A picture that may stand for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TilePicture {
    /// A poster or cover in a file beside the media.
    Poster(PictureFile),
    /// A photo itself.
    Photo(PictureFile),
    /// A preview thumbnail of a part, at this place in milliseconds: a third from its start.
    Preview(PartId, u64),
    /// The blur of the picture that this content is, or carries.
    Blur(SourceId),
}

/// A file that is a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureFile {
    /// Its content.
    pub source: SourceId,
    /// Its path below its root.
    pub path: PathBuf,
    /// Bytes.
    pub bytes: u64,
}

/// The files of an item: its own, and of what stands below it the first ones.
const FILES: &str = "WITH \
    children AS (SELECT id, number FROM items WHERE parent = ?1 AND kind <> 'extra' \
        ORDER BY number LIMIT 12), \
    those (item) AS (SELECT ?1 UNION ALL SELECT id FROM children UNION ALL \
        SELECT id FROM (SELECT e.id FROM children c CROSS JOIN items e ON e.parent = c.id \
        WHERE e.kind <> 'extra' LIMIT 12)), \
    versions (media) AS (SELECT m.id FROM those t CROSS JOIN media m ON m.item = t.item \
        UNION ALL SELECT h.media FROM those t CROSS JOIN shared_media h ON h.item = t.item) \
    SELECT p.id, p.missing_since IS NOT NULL, EXISTS (SELECT 1 FROM failures f WHERE f.source = p.source), \
        (SELECT d.value FROM products d WHERE d.source = p.source AND d.kind = 'bif'), p.source, p.path, \
        p.size, EXISTS (SELECT 1 FROM products d WHERE d.source = p.source AND d.kind = 'photo'), \
        EXISTS (SELECT 1 FROM products d WHERE d.source = p.source AND d.kind = 'blur_hash') \
    FROM versions v CROSS JOIN parts p ON p.media = v.media LIMIT 24";

/// The poster of an item, else of what stands below it: an artist's is that of an album.
const POSTERS: &str = "WITH those (item, depth) AS (SELECT ?1, 0 UNION ALL SELECT id, 1 FROM (SELECT id FROM \
    items WHERE parent = ?1 AND kind <> 'extra' ORDER BY number LIMIT 12)) \
    SELECT c.source, c.path, c.size, \
        EXISTS (SELECT 1 FROM products d WHERE d.source = c.source AND d.kind = 'blur_hash') \
    FROM those t CROSS JOIN pictures c ON c.item = t.item WHERE c.role IN ('poster', 'thumb') \
    ORDER BY t.depth, c.role, c.id LIMIT 1";

impl Library {
    /// The tiles of some items.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tiles(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Tile>, StoreError> {
        self.db().read(|tx| {
            let mut files = tx.prepare_cached(FILES)?;
            let mut posters = tx.prepare_cached(POSTERS)?;
            items.iter().map(|item| Ok((*item, tile(&mut files, &mut posters, *item)?))).collect()
        })
    }
}

/// A file of an item, as a tile needs it.
struct File {
    part: PartId,
    is_missing: bool,
    has_failed: bool,
    preview: Option<Summary>,
    picture: PictureFile,
    is_photo: bool,
    has_blur: bool,
}

impl File {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let value = row.get::<_, Option<Json<Value>>>(3)?.map(|Json(value)| value);
        Ok(Self {
            part: row.get(0)?,
            is_missing: row.get(1)?,
            has_failed: row.get(2)?,
            preview: value.and_then(Summary::out_of),
            picture: picture_file(row, 4)?,
            is_photo: row.get(7)?,
            has_blur: row.get(8)?,
        })
    }

    fn pictures(&self) -> impl Iterator<Item = TilePicture> {
        let preview = self.preview.as_ref().filter(|preview| preview.pictures > 0).map(|preview| {
            let at = u64::from(preview.pictures / 3) * u64::from(preview.interval_ms);
            TilePicture::Preview(self.part, at)
        });
        let photo = self.is_photo.then(|| TilePicture::Photo(self.picture.clone()));
        let blur = self.has_blur.then_some(TilePicture::Blur(self.picture.source));
        [photo, preview, blur].into_iter().flatten()
    }
}

fn picture_file(row: &Row<'_>, from: usize) -> rusqlite::Result<PictureFile> {
    Ok(PictureFile {
        source: row.get(from)?,
        path: path_from_bytes(row.get_ref(from + 1)?.as_blob()?),
        bytes: row.get(from + 2)?,
    })
}

fn tile(
    files: &mut CachedStatement<'_>,
    posters: &mut CachedStatement<'_>,
    item: ItemId,
) -> Result<Tile, StoreError> {
    let files = readable(files, [item], "file of a tile", File::of)?;
    let poster = |row: &Row<'_>| Ok((picture_file(row, 0)?, row.get::<_, bool>(3)?));
    let posters = readable(posters, [item], "picture of a tile", poster)?;
    let beside = posters.into_iter().flat_map(|(file, has_blur)| {
        let blur = has_blur.then_some(TilePicture::Blur(file.source));
        [Some(TilePicture::Poster(file)), blur].into_iter().flatten()
    });
    // Of the first file that has some.
    let own = files.iter().filter(|file| !file.is_missing).map(|file| file.pictures().collect::<Vec<_>>());
    let own = own.into_iter().find(|pictures| !pictures.is_empty());
    Ok(Tile {
        pictures: beside.chain(own.into_iter().flatten()).collect(),
        has_failed: files.iter().any(|file| file.has_failed),
        is_missing: !files.is_empty() && files.iter().all(|file| file.is_missing),
    })
}
