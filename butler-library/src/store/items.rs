//! Items: films, series, music, photos, and the tree they stand in.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::runs::capped;
use super::{At, Page, Word};
use crate::{ItemId, Library, MediaRow, SectionId, StoreError};

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A film.
    Movie,
    /// A series.
    Show,
    /// A season of a show.
    Season,
    /// An episode of a season.
    Episode,
    /// A musician or band.
    Artist,
    /// An album of an artist.
    Album,
    /// A track of an album.
    Track,
    /// A photo.
    Photo,
}

impl ItemKind {
    /// Every one of them.
    pub const ALL: [Self; 8] = [Self::Movie, Self::Show, Self::Season, Self::Episode, Self::Artist, Self::Album, Self::Track, Self::Photo];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Season => "season",
            Self::Episode => "episode",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::Track => "track",
            Self::Photo => "photo",
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no kind of item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of item")]
pub struct UnknownItemKind(String);

impl FromStr for ItemKind {
    type Err = UnknownItemKind;

    fn from_str(word: &str) -> Result<Self, UnknownItemKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownItemKind(word.to_owned()))
    }
}

/// Which items of a section are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemFilter {
    /// Those of this kind; none: those that the section lists (shows, not episodes).
    pub kind: Option<ItemKind>,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its id.
    pub id: ItemId,
    /// Its section.
    pub section: SectionId,
    /// What it is.
    pub kind: ItemKind,
    /// Its title.
    pub title: String,
    /// The title without its article, by which it is sorted.
    pub sort_title: String,
    /// The year of a film, show or album, where its name tells.
    pub year: Option<u16>,
    /// The number of a season, episode or track, where its name tells.
    pub number: Option<u32>,
    /// When it was found first.
    pub added_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// How many children it has: seasons of a show, episodes of a season.
    pub children: u64,
    /// The season, show, album or artist it belongs to.
    pub parent: Option<Ancestor>,
    /// That one's show or artist.
    pub grandparent: Option<Ancestor>,
}

/// An item that another belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// Its id.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// Its title.
    pub title: String,
    /// Its number, where it has one.
    pub number: Option<u32>,
}

/// An item with its media.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemDetail {
    /// The item.
    pub row: ItemRow,
    /// Its versions, oldest first; none for a show, season, artist or album.
    pub media: Vec<MediaRow>,
}

const SELECT: &str = "SELECT i.*, (SELECT count(*) FROM items c WHERE c.parent = i.id) AS children, \
    p.id AS p_id, p.kind AS p_kind, p.title AS p_title, p.number AS p_number, g.id AS g_id, g.kind AS g_kind, g.title AS g_title, g.number AS g_number \
    FROM items i LEFT JOIN items p ON p.id = i.parent LEFT JOIN items g ON g.id = p.parent";

impl Library {
    /// A page of a section's items, by sort title.
    ///
    /// # Errors
    /// If there is no such section, or the database fails.
    pub fn items_of_section(&self, section: SectionId, filter: ItemFilter, start: u64, size: u64) -> Result<Page<ItemRow>, StoreError> {
        let known = self.section(section)?.ok_or(StoreError::Unknown { what: "section", id: section.0 })?;
        let kind = filter.kind.unwrap_or(known.kind.top());
        self.db().read(|tx| {
            let total = tx
                .prepare_cached("SELECT count(*) FROM items WHERE section = ?1 AND kind = ?2")?
                .query_row(params![section, kind.as_str()], |row| row.get(0))?;
            // The ids of the page come from the index alone; only they are looked up.
            let mut statement = tx.prepare_cached(&format!(
                "{SELECT} WHERE i.id IN (SELECT id FROM items WHERE section = ?1 AND kind = ?2 ORDER BY sort_title COLLATE NOCASE, id LIMIT ?3 OFFSET ?4) \
                 ORDER BY i.sort_title COLLATE NOCASE, i.id"
            ))?;
            let rows = statement.query_map(params![section, kind.as_str(), capped(size), capped(start)], item_row)?.collect::<Result<_, _>>()?;
            Ok(Page { rows, total })
        })
    }

    /// An item with its media, their parts, and what is known and made of them.
    ///
    /// # Errors
    /// If the database fails.
    pub fn item(&self, id: ItemId) -> Result<Option<ItemDetail>, StoreError> {
        let row = self.db().read(|tx| {
            Ok::<_, StoreError>(tx.prepare_cached(&format!("{SELECT} WHERE i.id = ?1"))?.query_row([id], item_row).optional()?)
        })?;
        row.map(|row| Ok(ItemDetail { row, media: self.media_of_items(&[id])?.remove(&id).unwrap_or_default() })).transpose()
    }

    /// The children of an item, by number and sort title.
    ///
    /// # Errors
    /// If the database fails.
    pub fn children_of(&self, item: ItemId) -> Result<Vec<ItemRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement =
                tx.prepare_cached(&format!("{SELECT} WHERE i.parent = ?1 ORDER BY i.number, i.sort_title COLLATE NOCASE, i.id"))?;
            Ok(statement.query_map([item], item_row)?.collect::<Result<_, _>>()?)
        })
    }
}

fn item_row(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    let ancestor = |id, kind, title, number| -> rusqlite::Result<Option<Ancestor>> {
        let Some(id) = row.get::<_, Option<ItemId>>(id)? else { return Ok(None) };
        Ok(Some(Ancestor { id, kind: row.get::<_, Word<ItemKind>>(kind)?.0, title: row.get(title)?, number: row.get(number)? }))
    };
    Ok(ItemRow {
        id: row.get("id")?,
        section: row.get("section")?,
        kind: row.get::<_, Word<ItemKind>>("kind")?.0,
        title: row.get("title")?,
        sort_title: row.get("sort_title")?,
        year: row.get("year")?,
        number: row.get("number")?,
        added_at: row.get::<_, At>("added_at")?.0,
        updated_at: row.get::<_, At>("updated_at")?.0,
        children: row.get("children")?,
        parent: ancestor("p_id", "p_kind", "p_title", "p_number")?,
        grandparent: ancestor("g_id", "g_kind", "g_title", "g_number")?,
    })
}
