//! What tracks sound like: the points of all sources, read whole once and then what has changed since, and
//! the tracks that sources belong to.
//!
//! It compares nothing: who does keeps the points in memory. `migrations/0022_sonic.sql` writes the changes
//! down. Start with [`Library::sonic_news`].

use std::collections::HashSet;

use butler_product::sonic::{Point, Sonic};
use butler_product::{Product, Value};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::items::rows_of;
use super::{Json, readable};
use crate::{ItemId, ItemRow, Library, SectionId, SourceId, StoreError};

/// What has changed since somebody looked.
#[derive(Debug, Clone, PartialEq)]
pub struct SonicNews {
    /// Up to which change this is: what the next look begins with.
    pub seen: i64,
    /// Whether these are all points there are; else those of the sources that changed.
    pub is_whole: bool,
    /// The points; none where a source has none any more.
    pub points: Vec<(SourceId, Option<Point>)>,
}

/// What is known of how a track sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// This source of its files has a point.
    As(SourceId),
    /// There is nothing to make one of, and why.
    Nothing(String),
    /// Its files were not analysed; whether any of its section was.
    NotYet {
        /// Whether a track of the section was.
        are_others: bool,
    },
}

impl Library {
    /// The points that came, changed or went since the change that was `seen` last; all of them where that is
    /// none, or too long ago.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sonic_news(&self, seen: Option<i64>) -> Result<SonicNews, StoreError> {
        self.db().read(|tx| {
            let newest = tx.prepare_cached("SELECT coalesce(max(id), 0) FROM sonic_changes")?;
            let oldest = tx.prepare_cached("SELECT coalesce(min(id), 1) FROM sonic_changes")?;
            let number =
                |mut statement: rusqlite::CachedStatement<'_>| statement.query_row([], |row| row.get(0));
            let (newest, oldest): (i64, i64) = (number(newest)?, number(oldest)?);
            // A number that is not reached yet is another database's.
            match seen.filter(|seen| (oldest - 1..=newest).contains(seen)) {
                Some(seen) => Ok(SonicNews { seen: newest, is_whole: false, points: changed(tx, seen)? }),
                None => Ok(SonicNews { seen: newest, is_whole: true, points: all(tx)? }),
            }
        })
    }

    /// What is known of how a track sounds, by the first of its files that is there and was analysed.
    ///
    /// # Errors
    /// If the database fails.
    pub fn heard(&self, track: ItemId, section: SectionId) -> Result<Heard, StoreError> {
        self.db().read(|tx| {
            // From the track on, in this order: else all products of the kind are looked through.
            let mut statement = tx.prepare_cached(
                "SELECT p.source, d.value FROM media m CROSS JOIN parts p ON p.media = m.id \
                 CROSS JOIN products d ON d.source = p.source AND d.kind = :kind AND d.version >= :usable \
                 WHERE m.item = :track AND p.missing_since IS NULL ORDER BY m.id, p.piece, p.id",
            )?;
            let asked = named_params! {
                ":track": track, ":kind": Sonic::NAME, ":usable": Sonic::OLDEST_USABLE,
            };
            let row = |row: &Row<'_>| Ok((row.get::<_, SourceId>(0)?, row.get::<_, Json<Value>>(1)?.0));
            let stored = readable(&mut statement, asked, "product", row)?;
            let has_point = stored.iter().find(|(_, value)| value.get::<Sonic>().is_some());
            if let Some((source, _)) = has_point {
                return Ok(Heard::As(*source));
            }
            if let Some((_, Value::Nothing { why })) = stored.into_iter().next() {
                return Ok(Heard::Nothing(why));
            }
            let mut others = tx.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM products d JOIN parts p ON p.source = d.source \
                 JOIN roots r ON r.id = p.root \
                 WHERE d.kind = :kind AND d.version >= :usable AND r.section = :section)",
            )?;
            let asked = named_params! {
                ":section": section, ":kind": Sonic::NAME, ":usable": Sonic::OLDEST_USABLE,
            };
            Ok(Heard::NotYet { are_others: others.query_row(asked, |row| row.get(0))? })
        })
    }

    /// The tracks of a section that some sources belong to, in the sources' order: each once, with the first
    /// of its sources; of what is not there any more none.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tracks_of(
        &self,
        section: SectionId,
        sources: &[SourceId],
    ) -> Result<Vec<(SourceId, ItemId)>, StoreError> {
        let sources: Vec<i64> = sources.iter().map(|source| source.0).collect();
        self.db().read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT a.value, i.id FROM json_each(:sources) a CROSS JOIN parts p ON p.source = a.value \
                 CROSS JOIN media m ON m.id = p.media CROSS JOIN items i ON i.id = m.item \
                 WHERE i.kind = 'track' AND i.section = :section AND p.missing_since IS NULL \
                 ORDER BY a.key, i.id",
            )?;
            let asked = named_params! { ":sources": Json(&sources), ":section": section };
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let mut tracks: Vec<(SourceId, ItemId)> = readable(&mut statement, asked, "track", row)?;
            let mut known = HashSet::new();
            tracks.retain(|(_, track)| known.insert(*track));
            Ok(tracks)
        })
    }

    /// The items of some ids, in their order; those that are not there are left out.
    ///
    /// # Errors
    /// If the database fails.
    pub fn items_of(&self, ids: &[ItemId]) -> Result<Vec<ItemRow>, StoreError> {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        self.db().read(|tx| rows_of(tx, &ids))
    }
}

/// The point of a stored product, where it holds one.
fn point(value: Option<&str>) -> Option<Point> {
    value.and_then(Sonic::point_of_json)
}

fn all(tx: &Connection) -> Result<Vec<(SourceId, Option<Point>)>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT source, value FROM products INDEXED BY products_made WHERE kind = ?1 AND version >= ?2",
    )?;
    let row = |row: &Row<'_>| Ok((row.get(0)?, point(row.get_ref(1)?.as_str().ok())));
    let stored =
        readable(&mut statement, rusqlite::params![Sonic::NAME, Sonic::OLDEST_USABLE], "product", row)?;
    Ok(stored.into_iter().filter(|(_, point)| point.is_some()).collect())
}

fn changed(tx: &Connection, seen: i64) -> Result<Vec<(SourceId, Option<Point>)>, StoreError> {
    let mut sources = tx.prepare_cached("SELECT DISTINCT source FROM sonic_changes WHERE id > ?1")?;
    let sources: Vec<SourceId> = sources.query_map([seen], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut stored =
        tx.prepare_cached("SELECT value FROM products WHERE source = ?1 AND kind = ?2 AND version >= ?3")?;
    let mut of = |source: SourceId| {
        let asked = rusqlite::params![source, Sonic::NAME, Sonic::OLDEST_USABLE];
        let value: Option<String> = stored.query_row(asked, |row| row.get(0)).optional()?;
        Ok((source, point(value.as_deref())))
    };
    sources.into_iter().map(&mut of).collect()
}
