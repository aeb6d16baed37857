//! Pictures of items that are no parts: files beside the media, and what is embedded in a part.

use std::collections::HashMap;
use std::path::PathBuf;

use butler_product::blur_hash::BlurHash;
use butler_product::{Traits, Value};
use rusqlite::{Row, params};

use super::{Json, Word, path_from_bytes, readable};
use crate::{ItemId, Library, PartId, SourceId, StoreError};

/// What a picture is of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureRole {
    /// Its poster or cover.
    Poster,
    /// What stands behind its page.
    Background,
    /// A wide strip with its name.
    Banner,
    /// Its name as a drawing.
    Logo,
    /// A picture out of it.
    Thumb,
}

impl PictureRole {
    /// Its word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poster => "poster",
            Self::Background => "background",
            Self::Banner => "banner",
            Self::Logo => "logo",
            Self::Thumb => "thumb",
        }
    }
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no role of a picture")]
pub struct UnknownRole(String);

impl std::str::FromStr for PictureRole {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        let all = [Self::Poster, Self::Background, Self::Banner, Self::Logo, Self::Thumb];
        all.into_iter().find(|role| role.as_str() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// A picture of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is of the item.
    pub role: PictureRole,
    /// Where it lies.
    pub place: PicturePlace,
    /// The content that holds it, whose products are made of it.
    pub source: SourceId,
}

/// The blurs that are drawn of an item until its pictures are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlurHashes {
    /// Of its poster, else of a cover that is embedded, else of its thumb; of a photo its own. An album
    /// without a cover of its own has that of its first track.
    pub thumb: Option<BlurHash>,
    /// Of its background.
    pub art: Option<BlurHash>,
}

/// Where a picture lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PicturePlace {
    /// A file beside the media: its whole path.
    File(PathBuf),
    /// Inside a part.
    Part(PartId),
}

impl Library {
    /// The blur hashes of some items, as far as they are made.
    ///
    /// # Errors
    /// If the database fails.
    pub fn blur_hashes(&self, items: &[ItemId]) -> Result<HashMap<ItemId, BlurHashes>, StoreError> {
        let ids: Vec<i64> = items.iter().map(|item| item.0).collect();
        self.db().read(|tx| {
            // A photo's or track's own part comes first, of several pictures of a role the one that was found
            // first, and last what an album has of a track.
            let mut statement = tx.prepare_cached(
                "SELECT m.item, NULL, d.value, 0 AS place FROM media m JOIN parts p ON p.media = m.id \
                     JOIN products d ON d.source = p.source AND d.kind = 'blur_hash' \
                     WHERE m.item IN (SELECT value FROM json_each(?1)) \
                 UNION ALL SELECT c.item, c.role, d.value, c.id FROM pictures c \
                     JOIN products d ON d.source = c.source AND d.kind = 'blur_hash' \
                     WHERE c.item IN (SELECT value FROM json_each(?1)) \
                 UNION ALL SELECT * FROM (SELECT a.id, NULL, \
                     (SELECT d.value FROM items t JOIN media m ON m.item = t.id \
                         JOIN parts p ON p.media = m.id \
                         JOIN products d ON d.source = p.source AND d.kind = 'blur_hash' \
                         WHERE t.parent = a.id AND t.kind = 'track' ORDER BY t.number, t.id LIMIT 1) \
                         AS value, \
                     9223372036854775807 FROM items a \
                     WHERE a.kind = 'album' AND a.id IN (SELECT value FROM json_each(?1))) \
                     WHERE value IS NOT NULL ORDER BY place",
            )?;
            let row = |row: &Row<'_>| {
                let role = row.get::<_, Option<Word<PictureRole>>>(1)?.map(|role| role.0);
                Ok((row.get::<_, ItemId>(0)?, role, row.get::<_, Json<Value>>(2)?.0.take::<BlurHash>()))
            };
            let mut found: HashMap<ItemId, BlurHashes> = HashMap::new();
            let mut thumbs = HashMap::new();
            for (item, role, hash) in readable(&mut statement, [Json(&ids)], "blur hash", row)? {
                let hashes = found.entry(item).or_default();
                let slot = match role {
                    None | Some(PictureRole::Poster) => &mut hashes.thumb,
                    Some(PictureRole::Background) => &mut hashes.art,
                    Some(PictureRole::Thumb) => thumbs.entry(item).or_insert(None),
                    Some(PictureRole::Banner | PictureRole::Logo) => continue,
                };
                *slot = slot.take().or(hash);
            }
            for (item, thumb) in thumbs {
                let hashes = found.entry(item).or_default();
                hashes.thumb = hashes.thumb.take().or(thumb);
            }
            Ok(found)
        })
    }

    /// The pictures of an item: those in files first, then those that its parts carry.
    ///
    /// # Errors
    /// If the database fails.
    pub fn pictures_of(&self, item: ItemId) -> Result<Vec<Picture>, StoreError> {
        self.db().read(|tx| {
            let mut files = tx.prepare_cached(
                "SELECT c.role, c.source, r.path AS root_path, c.path FROM pictures c \
                 JOIN roots r ON r.id = c.root WHERE c.item = ?1 ORDER BY c.id",
            )?;
            let file = |row: &Row<'_>| {
                let root = path_from_bytes(row.get_ref("root_path")?.as_blob()?);
                Ok(Picture {
                    role: row.get::<_, Word<PictureRole>>("role")?.0,
                    place: PicturePlace::File(root.join(path_from_bytes(row.get_ref("path")?.as_blob()?))),
                    source: row.get("source")?,
                })
            };
            let mut pictures = readable(&mut files, [item], "picture", file)?;
            let mut parts = tx.prepare_cached(
                "SELECT p.id, p.source FROM media m JOIN parts p ON p.media = m.id \
                 JOIN sources s ON s.id = p.source \
                 WHERE m.item = ?1 AND s.traits & ?2 AND p.missing_since IS NULL ORDER BY p.id",
            )?;
            let embedded = |row: &Row<'_>| {
                Ok(Picture {
                    role: PictureRole::Poster,
                    place: PicturePlace::Part(row.get(0)?),
                    source: row.get(1)?,
                })
            };
            let asked = params![item, Traits::EMBEDDED.bits()];
            pictures.extend(readable(&mut parts, asked, "part", embedded)?);
            Ok(pictures)
        })
    }
}
