//! Items: films, series, music, photos, and the tree they stand in.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use butler_product::photo::Taken;
use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::runs::capped;
use super::{At, Json, Page, Word};
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
    /// A trailer, a deleted scene and the like, of a film or show.
    Extra,
}

impl ItemKind {
    /// Every one of them.
    pub const ALL: [Self; 9] =
        [Self::Movie, Self::Show, Self::Season, Self::Episode, Self::Artist, Self::Album, Self::Track, Self::Photo, Self::Extra];

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
            Self::Extra => "extra",
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
    /// The number of an episode counted through all seasons, where its name tells that.
    pub absolute: Option<u32>,
    /// The day on which an episode was shown, where its name tells it.
    pub aired: Option<Date>,
    /// Of a film: `Director's Cut`.
    pub edition: Option<String>,
    /// What others know it by, as its name tells: `tmdb://949`.
    pub ids: Vec<String>,
    /// What kind of extra it is, if it is one: `trailer`, `deleted-scene`, `behind-the-scenes`, `interview`, `scene`,
    /// `featurette`, `short`, `sample`, `other`.
    pub extra: Option<String>,
    /// The disc of a track.
    pub disc: Option<u32>,
    /// Who performs a track, where that is not the artist above it.
    pub original_title: Option<String>,
    /// The genres of a track; where one item is asked for, those of an album's or artist's tracks too.
    pub genres: Vec<String>,
    /// When a photo was taken.
    pub taken: Option<Taken>,
    /// What says so: `exif`, `name` (the file's) or `file` (its time of writing).
    pub taken_from: Option<String>,
    /// When it was found first.
    pub added_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// How many children it has: seasons of a show, episodes of a season. Extras don't count.
    pub children: u64,
    /// The season, show, album or artist it belongs to; of an extra its film, show, season or episode, once that is there.
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

/// At most this many genres of an album or artist are told.
const MOST_GENRES: u32 = 20;

const SELECT: &str = "SELECT i.*, (SELECT count(*) FROM items c WHERE c.parent = i.id AND c.kind <> 'extra') AS children, \
    p.id AS p_id, p.kind AS p_kind, p.title AS p_title, p.number AS p_number, g.id AS g_id, g.kind AS g_kind, g.title AS g_title, g.number AS g_number \
    FROM items i LEFT JOIN items p ON p.id = i.parent LEFT JOIN items g ON g.id = p.parent";

impl Library {
    /// A page of a section's items, by sort title; photos by when they were taken.
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
            let (among, order) = match kind {
                ItemKind::Photo => ("kind = 'photo' AND ?2 = 'photo'", "taken"),
                _ => ("kind = ?2", "sort_title COLLATE NOCASE"),
            };
            let mut statement = tx.prepare_cached(&format!(
                "{SELECT} WHERE i.id IN (SELECT id FROM items WHERE section = ?1 AND {among} ORDER BY {order}, id LIMIT ?3 OFFSET ?4) \
                 ORDER BY i.{order}, i.id"
            ))?;
            let rows =
                statement.query_map(params![section, kind.as_str(), capped(size), capped(start)], item_row)?.collect::<Result<_, _>>()?;
            Ok(Page { rows, total })
        })
    }

    /// An item with its media, their parts, and what is known and made of them.
    ///
    /// # Errors
    /// If the database fails.
    pub fn item(&self, id: ItemId) -> Result<Option<ItemDetail>, StoreError> {
        let row = self.db().read(|tx| {
            let row = tx.prepare_cached(&format!("{SELECT} WHERE i.id = ?1"))?.query_row([id], item_row).optional()?;
            row.map(|row| Ok::<_, StoreError>(ItemRow { genres: genres(tx, &row)?, ..row })).transpose()
        })?;
        row.map(|row| Ok(ItemDetail { row, media: self.media_of_items(&[id])?.remove(&id).unwrap_or_default() })).transpose()
    }

    /// The children of an item, by disc, number, day and sort title; extras are none.
    ///
    /// # Errors
    /// If the database fails.
    pub fn children_of(&self, item: ItemId) -> Result<Vec<ItemRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "{SELECT} WHERE i.parent = ?1 AND i.kind <> 'extra' ORDER BY coalesce(i.disc, 1), i.number, i.aired, i.sort_title COLLATE NOCASE, i.id"
            ))?;
            Ok(statement.query_map([item], item_row)?.collect::<Result<_, _>>()?)
        })
    }

    /// The extras of an item that are meant to be seen, trailers first: samples are not.
    ///
    /// # Errors
    /// If the database fails.
    pub fn extras_of(&self, item: ItemId) -> Result<Vec<ItemRow>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(&format!(
                "{SELECT} WHERE i.parent = ?1 AND i.kind = 'extra' AND i.extra <> 'sample' \
                 ORDER BY i.extra <> 'trailer', i.extra, i.sort_title COLLATE NOCASE, i.id"
            ))?;
            Ok(statement.query_map([item], item_row)?.collect::<Result<_, _>>()?)
        })
    }

    /// The items of a section that have a guid, of the kind that it lists: all editions of one film have the same.
    ///
    /// # Errors
    /// If there is no such section, or the database fails.
    pub fn items_by_guid(&self, section: SectionId, guid: &str) -> Result<Vec<ItemRow>, StoreError> {
        let known = self.section(section)?.ok_or(StoreError::Unknown { what: "section", id: section.0 })?;
        let kind = known.kind.top().as_str();
        let rows = self.db().read(|tx| {
            let rows = |filter: &str, value: &dyn ToSql| {
                let mut statement =
                    tx.prepare_cached(&format!("{SELECT} WHERE i.section = ?1 AND i.kind = ?2 AND {filter} ORDER BY i.id"))?;
                statement.query_map(params![section, kind, value], item_row)?.collect::<Result<Vec<_>, _>>()
            };
            Ok::<_, StoreError>(match Guid::read(guid) {
                Guid::Item(id) => rows("i.id = ?3", &id)?,
                Guid::Film(about) => rows("i.about = ?3", &about)?,
                Guid::Foreign => rows("EXISTS (SELECT 1 FROM json_each(i.ids) WHERE value = ?3)", &guid)?,
            })
        })?;
        Ok(rows.into_iter().filter(|row| row.guid() == guid).collect())
    }
}

impl ItemRow {
    /// A name for what it is, whichever file, edition or folder holds it: the best known of its ids, else for a film its
    /// title and year, else its own id.
    pub fn guid(&self) -> String {
        match (self.ids.first(), self.year) {
            (Some(id), _) => id.clone(),
            (None, Some(year)) if self.kind == ItemKind::Movie => {
                format!("{FILM_GUID}{}/{year}", utf8_percent_encode(&self.title.to_lowercase(), NON_ALPHANUMERIC))
            }
            _ => format!("{ITEM_GUID}{}", self.id),
        }
    }
}

const ITEM_GUID: &str = "local://";
const FILM_GUID: &str = "local://movie/";

/// What a guid says of the items that have it.
enum Guid {
    Item(ItemId),
    /// A film's title and year, as the database holds them.
    Film(Vec<u8>),
    /// An id that others know.
    Foreign,
}

impl Guid {
    fn read(guid: &str) -> Self {
        if let Some((title, year)) = guid.strip_prefix(FILM_GUID).and_then(|film| film.rsplit_once('/')) {
            return Self::Film([percent_decode_str(title).collect(), year.as_bytes().to_vec()].join(&0x1f));
        }
        guid.strip_prefix(ITEM_GUID).and_then(|id| id.parse().ok()).map_or(Self::Foreign, Self::Item)
    }
}

/// The items of these ids.
pub(super) fn rows_by_id(tx: &Connection, ids: &[ItemId]) -> Result<HashMap<ItemId, ItemRow>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut statement = tx.prepare_cached(&format!("{SELECT} WHERE i.id IN (SELECT value FROM json_each(?1))"))?;
    let rows = statement.query_map([Json(&ids)], item_row)?;
    Ok(rows.map(|row| row.map(|row| (row.id, row))).collect::<Result<_, _>>()?)
}

/// The genres of an item: an album or artist has those of its tracks, the most frequent first.
fn genres(tx: &Connection, item: &ItemRow) -> Result<Vec<String>, StoreError> {
    let tracks = match item.kind {
        ItemKind::Album => "t.parent = ?1",
        ItemKind::Artist => "t.parent IN (SELECT id FROM items a WHERE a.parent = ?1)",
        _ => return Ok(item.genres.clone()),
    };
    let mut statement = tx.prepare_cached(&format!(
        "SELECT g.value FROM items t, json_each(t.genres) g WHERE {tracks} GROUP BY g.value ORDER BY count(*) DESC, g.value LIMIT {MOST_GENRES}"
    ))?;
    Ok(statement.query_map([item.id], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn taken(row: &Row<'_>) -> rusqlite::Result<Option<Taken>> {
    let Some(local) = row.get("taken")? else { return Ok(None) };
    Ok(Some(Taken { local, offset_minutes: row.get("taken_offset")? }))
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
        absolute: row.get("absolute")?,
        aired: row.get::<_, Option<Word<Date>>>("aired")?.map(|day| day.0),
        edition: row.get("edition")?,
        ids: row.get::<_, Json<Vec<String>>>("ids")?.0,
        extra: row.get("extra")?,
        disc: row.get("disc")?,
        original_title: row.get("original_title")?,
        genres: row.get::<_, Json<Vec<String>>>("genres")?.0,
        taken: taken(row)?,
        taken_from: row.get("taken_from")?,
        added_at: row.get::<_, At>("added_at")?.0,
        updated_at: row.get::<_, At>("updated_at")?.0,
        children: row.get("children")?,
        parent: ancestor("p_id", "p_kind", "p_title", "p_number")?,
        grandparent: ancestor("g_id", "g_kind", "g_title", "g_number")?,
    })
}
