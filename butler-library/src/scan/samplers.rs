//! Whose an album is of which no track says it: a sampler's tracks name their performers alone, and would be
//! an album each. One folder and one album's title are one album: the one's who performs more than half of
//! it, else Various Artists'.
//!
//! What decides is in the folder as a whole, so it is settled when files were placed by what each says alone,
//! in the same transaction. Discs lie in folders of their own inside the album's. Start with [`settle`].

use std::collections::{BTreeMap, BTreeSet};

use butler_names::Named;
use butler_product::Value;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::location::{Location, Step, Version, artist_step};
use super::merge::{Open, artist_of_all, is_same};
use super::place::place_again;
use super::plan::named;
use crate::store::{Json, Word};
use crate::{ItemId, ItemKind, PartId, RootId, SectionId, SectionKind, StoreError};

/// A folder of more files is a heap, and no album.
const MOST_FILES: usize = 500;

/// The folders of albums in which files were placed.
#[derive(Debug, Default)]
pub(super) struct Folders(BTreeSet<(RootId, Vec<u8>)>);

impl Folders {
    /// Adds that of a file. What lies right below a root is in no album's folder.
    pub(super) fn add(&mut self, root: RootId, path: &[u8]) {
        let folder = folder_of(path);
        if !folder.is_empty() {
            self.0.insert((root, folder.to_vec()));
        }
    }
}

/// Whether a file's tags leave open whose its album is: its folder decides.
pub(super) fn is_open(name: &Named, says: &Value) -> bool {
    matches!((name, says.get()), (Named::Track(name), Some(tags)) if Open::of(name, tags).is_some())
}

/// Has the tracks of each album in these folders stand on one album.
pub(super) fn settle(
    tx: &Connection,
    section: SectionId,
    folders: &Folders,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (root, folder) in &folders.0 {
        let mut albums: BTreeMap<String, Vec<OpenTrack>> = BTreeMap::new();
        for (part, path) in files_of(tx, *root, folder)? {
            if let Some(track) = open_track(tx, part, &path)? {
                albums.entry(track.open.album.clone()).or_default().push(track);
            }
        }
        for tracks in albums.values() {
            let artists: Vec<&str> = tracks.iter().map(|track| track.open.artist.as_str()).collect();
            gather(tx, section, tracks, artist_of_all(&artists), now)?;
        }
    }
    Ok(())
}

/// A track whose tags leave open whose its album is.
struct OpenTrack {
    part: PartId,
    item: ItemId,
    album: ItemId,
    /// Whose album it is on.
    artist: String,
    open: Open,
}

/// Places the tracks of one album with its artist, and names their performers.
fn gather(
    tx: &Connection,
    section: SectionId,
    tracks: &[OpenTrack],
    artist: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let astray = tracks.iter().filter(|track| !is_same(&track.artist, artist));
    let places = astray
        .map(|track| {
            let steps = vec![artist_step(artist), step_of(tx, track.album)?, step_of(tx, track.item)?];
            Ok((track.part, Location { steps, further: Vec::new(), version: Version::default() }))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    if places.is_empty() {
        return Ok(());
    }
    place_again(tx, section, &places, now)?;
    let mut describe = tx.prepare_cached(
        "UPDATE items SET original_title = ?2 \
         WHERE id = (SELECT m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = ?1)",
    )?;
    for OpenTrack { part, open, .. } in tracks {
        let performer = Some(&open.performer).filter(|performer| !is_same(performer, artist));
        describe.execute(params![part, performer])?;
    }
    Ok(())
}

/// An item of music as it stands.
fn step_of(tx: &Connection, item: ItemId) -> Result<Step, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT kind, key, title, year, number FROM items WHERE id = ?1")?;
    let step = |row: &Row<'_>| {
        let (kind, title) = (row.get::<_, Word<ItemKind>>(0)?.0, row.get::<_, String>(2)?);
        Ok(Step { year: row.get(3)?, number: row.get(4)?, ..Step::new(kind, row.get(1)?, &title) })
    };
    Ok(statement.query_row([item], step)?)
}

/// The files of an album's folder that are there, by path; none of a heap.
fn files_of(tx: &Connection, root: RootId, folder: &[u8]) -> Result<Vec<(PartId, Vec<u8>)>, StoreError> {
    // What lies in a folder comes between its name with a slash and its name with the byte behind that.
    let (mut from, to) = ([folder, b"/"].concat(), [folder, b"0"].concat());
    let mut next = tx.prepare_cached(
        "SELECT id, path, missing_since IS NULL FROM parts \
         WHERE root = ?1 AND path >= ?2 AND path < ?3 ORDER BY path LIMIT 1",
    )?;
    let file = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, bool>(2)?));
    let mut files = Vec::new();
    for _ in 0..=MOST_FILES {
        let Some((part, path, is_there)) = next.query_row(params![root, from, to], file).optional()? else {
            return Ok(files);
        };
        if folder_of(&path) == folder {
            from = [&path, &[0][..]].concat();
            if is_there {
                files.push((part, path));
            }
        } else {
            // A folder of another album below this one: past all of it. A file of one above is passed alone.
            let other = folder_of(&path);
            from =
                if other.len() > folder.len() { [other, b"0"].concat() } else { [&path[..], &[0]].concat() };
        }
    }
    Ok(Vec::new())
}

/// The folder of an album, below the root, in which a file lies.
fn folder_of(path: &[u8]) -> &[u8] {
    let components: Vec<String> = path
        .split(|byte| *byte == b'/')
        .map(|component| String::from_utf8_lossy(component).into_owned())
        .collect();
    let depth = butler_names::album_folder(&components);
    let mut slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    match depth.checked_sub(1).and_then(|last| slashes.nth(last)) {
        Some((end, _)) => &path[..end],
        None => &[],
    }
}

/// A file whose tags leave open whose its album is.
fn open_track(tx: &Connection, part: PartId, path: &[u8]) -> Result<Option<OpenTrack>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT t.id, a.id, r.title, d.value FROM parts p \
         JOIN products d ON d.source = coalesce(p.tagged, p.source) AND d.kind = 'tags' \
         JOIN media m ON m.id = p.media JOIN items t ON t.id = m.item \
         JOIN items a ON a.id = t.parent JOIN items r ON r.id = a.parent \
         WHERE p.id = ?1 AND t.kind = 'track'",
    )?;
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Json<Value>>(3)?.0));
    let Some((item, album, artist, says)) = statement.query_row([part], row).optional()? else {
        return Ok(None);
    };
    let Named::Track(name) = named(SectionKind::Artist, path, 0) else { return Ok(None) };
    let open = says.get().and_then(|tags| Open::of(&name, tags));
    Ok(open.map(|open| OpenTrack { part, item, album, artist, open }))
}
