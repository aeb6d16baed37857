//! Items: films, series, music, photos, and the tree they stand in. Which of them are asked for is a question
//! of its own: see [`query`].

pub mod query;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use butler_product::photo::Taken;
use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use query::{ItemQuery, ItemScope, Statement, ValuedField};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::{At, Json, Page, Word, path_from_bytes, readable};
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
    /// The photos of a folder.
    PhotoAlbum,
    /// A trailer, a deleted scene and the like, of a film or show.
    Extra,
}

impl ItemKind {
    /// Every one of them.
    pub const ALL: [Self; 10] = [
        Self::Movie,
        Self::Show,
        Self::Season,
        Self::Episode,
        Self::Artist,
        Self::Album,
        Self::Track,
        Self::Photo,
        Self::PhotoAlbum,
        Self::Extra,
    ];

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
            Self::PhotoAlbum => "photoalbum",
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
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownItemKind(word.to_owned()))
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
    /// What kind of extra it is, if it is one: `trailer`, `deleted-scene`, `behind-the-scenes`, `interview`,
    /// `scene`, `featurette`, `short`, `sample`, `other`.
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
    /// How many episodes, tracks or photos stand below it: its children, or theirs.
    pub leaves: u64,
    /// The season, show, album or artist it belongs to, of a photo its album; of an extra its film, show, season or episode, once
    /// that is there.
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
    /// Its versions, those that are there first and then the oldest; none for a show, season, artist or
    /// album.
    pub media: Vec<MediaRow>,
}

/// At most this many genres of an album or artist are told.
const MOST_GENRES: u32 = 20;

const SELECT: &str = "SELECT i.*, (SELECT count(*) FROM items c WHERE c.parent = i.id AND c.kind <> 'extra') \
                      AS children, \
    CASE WHEN i.kind IN ('show', 'artist') THEN (SELECT count(*) FROM items c CROSS JOIN items l ON l.parent \
    = c.id \
    WHERE c.parent = i.id AND c.kind <> 'extra' AND l.kind <> 'extra') END AS leaves, \
    p.id AS p_id, p.kind AS p_kind, p.title AS p_title, p.number AS p_number, g.id AS g_id, g.kind AS g_kind, \
    g.title AS g_title, g.number AS g_number \
    FROM items i LEFT JOIN items p ON p.id = i.parent LEFT JOIN items g ON g.id = p.parent";

impl Library {
    /// A page of the items that a question means.
    ///
    /// # Errors
    /// If the database fails.
    pub fn items(&self, query: &ItemQuery, start: u64, size: u64) -> Result<Page<ItemRow>, StoreError> {
        let statement = Statement::of(query);
        let most = query.limit.unwrap_or(u64::MAX);
        self.db().read(|tx| {
            let (text, values) = statement.count();
            let total: u64 =
                tx.prepare_cached(&text)?.query_row(params_from_iter(values), |row| row.get(0))?;
            // The ids of the page often come from an index alone; only they are looked up.
            let (text, values) = statement.ids(start, size.min(most.saturating_sub(start)));
            let mut found = tx.prepare_cached(&text)?;
            let ids: Vec<i64> =
                found.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(Page { rows: rows_of(tx, &ids)?, total: total.min(most) })
        })
    }

    /// A page of a section's items of a kind, in its own order; without a kind, of those that the section
    /// lists.
    ///
    /// # Errors
    /// If there is no such section, or the database fails.
    pub fn items_of_section(
        &self,
        section: SectionId,
        filter: ItemFilter,
        start: u64,
        size: u64,
    ) -> Result<Page<ItemRow>, StoreError> {
        let known = self.section(section)?.ok_or(StoreError::Unknown { what: "section", id: section.0 })?;
        let kinds = vec![filter.kind.unwrap_or(known.kind.top())];
        self.items(&ItemQuery::all(ItemScope::Listed { section: Some(section), kinds }), start, size)
    }

    /// The different values that a section's items of a kind have of a field, in order.
    ///
    /// # Errors
    /// If the database fails.
    pub fn values_of_section(
        &self,
        section: SectionId,
        kind: ItemKind,
        field: ValuedField,
    ) -> Result<Vec<String>, StoreError> {
        let (text, values) = query::values(section, kind, field);
        self.db().read(|tx| {
            Ok(tx.prepare_cached(&text)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// The files of the episodes or tracks below an item: each the root's path, and its own below that.
    ///
    /// # Errors
    /// If the database fails.
    pub fn files_below(&self, item: ItemId) -> Result<Vec<(PathBuf, PathBuf)>, StoreError> {
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT r.path, f.path FROM items c JOIN items l ON l.parent = c.id JOIN media m ON m.item = \
                 l.id \
                 JOIN parts f ON f.media = m.id JOIN roots r ON r.id = f.root \
                 WHERE c.parent = ?1 AND c.kind <> 'extra' AND l.kind <> 'extra' ORDER BY r.id",
            )?;
            let path = |row: &Row<'_>, column| {
                Ok::<_, rusqlite::Error>(path_from_bytes(row.get_ref(column)?.as_blob()?))
            };
            Ok(statement
                .query_map([item], |row| Ok((path(row, 0)?, path(row, 1)?)))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// An item with its media, their parts, and what is known and made of them.
    ///
    /// # Errors
    /// If the database fails.
    pub fn item(&self, id: ItemId) -> Result<Option<ItemDetail>, StoreError> {
        let row = self.db().read(|tx| {
            let row = tx
                .prepare_cached(&format!("{SELECT} WHERE i.id = ?1"))?
                .query_row([id], item_row)
                .optional()?;
            row.map(|row| Ok::<_, StoreError>(ItemRow { genres: genres(tx, &row)?, ..row })).transpose()
        })?;
        row.map(|row| {
            Ok(ItemDetail { row, media: self.media_of_items(&[id])?.remove(&id).unwrap_or_default() })
        })
        .transpose()
    }

    /// The children of an item, by disc, number, day and sort title; extras are none.
    ///
    /// # Errors
    /// If the database fails.
    pub fn children_of(&self, item: ItemId) -> Result<Vec<ItemRow>, StoreError> {
        Ok(self.items(&ItemQuery::all(ItemScope::Children(item)), 0, u64::MAX)?.rows)
    }

    /// The extras of an item that are meant to be seen, trailers first: samples are not.
    ///
    /// # Errors
    /// If the database fails.
    pub fn extras_of(&self, item: ItemId) -> Result<Vec<ItemRow>, StoreError> {
        Ok(self.items(&ItemQuery::all(ItemScope::Extras(item)), 0, u64::MAX)?.rows)
    }
}

/// The items of some ids, in their order.
pub(super) fn rows_of(tx: &Connection, ids: &[i64]) -> Result<Vec<ItemRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("{SELECT} WHERE i.id IN (SELECT value FROM json_each(?1))"))?;
    let found = readable(&mut statement, [Json(ids)], "item", item_row)?;
    let mut found: HashMap<i64, ItemRow> = found.into_iter().map(|item| (item.id.0, item)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

impl ItemRow {
    /// A name for what it is, whichever file, edition or folder holds it: the best known of its ids, else for
    /// a film its title and year, else its own id.
    pub fn guid(&self) -> String {
        match (self.ids.first(), self.year) {
            (Some(id), _) => id.clone(),
            (None, Some(year)) if self.kind == ItemKind::Movie => {
                format!(
                    "{FILM_GUID}{}/{year}",
                    utf8_percent_encode(&self.title.to_lowercase(), NON_ALPHANUMERIC)
                )
            }
            _ => format!("{ITEM_GUID}{}", self.id),
        }
    }
}

const ITEM_GUID: &str = "local://";
const FILM_GUID: &str = "local://movie/";

/// The genres of an item: an album or artist has those of its tracks, the most frequent first.
fn genres(tx: &Connection, item: &ItemRow) -> Result<Vec<String>, StoreError> {
    let tracks = match item.kind {
        ItemKind::Album => "t.parent = ?1",
        ItemKind::Artist => "t.parent IN (SELECT id FROM items a WHERE a.parent = ?1)",
        _ => return Ok(item.genres.clone()),
    };
    let mut statement = tx.prepare_cached(&format!(
        "SELECT g.value \
         FROM items t, json_each(t.genres) g WHERE {tracks} \
         GROUP BY g.value \
         ORDER BY count(*) DESC, g.value LIMIT {MOST_GENRES}"
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
        Ok(Some(Ancestor {
            id,
            kind: row.get::<_, Word<ItemKind>>(kind)?.0,
            title: row.get(title)?,
            number: row.get(number)?,
        }))
    };
    let children = row.get("children")?;
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
        children,
        leaves: row.get::<_, Option<u64>>("leaves")?.unwrap_or(children),
        parent: ancestor("p_id", "p_kind", "p_title", "p_number")?,
        grandparent: ancestor("g_id", "g_kind", "g_title", "g_number")?,
    })
}
