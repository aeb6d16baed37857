//! Tracks that sound like one, and those that lead from one to another, as they are shown.
//!
//! What is near the points say (`butler_product::sonic`), which are those of contents; here they become
//! tracks of one section: those that can be played now, each once. Start with [`nearest`] and [`path`].

mod space;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use butler_api::v1::{NearTrack, NearTracks};
use butler_library::{
    Ancestor, Heard, ItemId, ItemKind, ItemRow, Library, MediaRow, Section, SourceId, StoreError,
};
use butler_product::sonic::{self, Candidate, MOST_BETWEEN, Near, Points};

pub(crate) use space::Space;

use crate::app::App;
use crate::error::Problem;

/// So many tracks are given at most.
pub(crate) const MOST_TRACKS: u32 = 1_000;
/// Points that are looked at first for each track that is wanted: some are of other sections, or doubles.
const SPARE: usize = 2;
/// If they were too few, so many times as many are looked at next.
const MORE: usize = 8;
/// Points beside the straight line that a path is chosen from.
const BESIDE: usize = 1_200;

/// Which tracks are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wanted {
    /// At most so many.
    pub(crate) limit: usize,
    /// None that is farther.
    pub(crate) within: f32,
    /// None of this album.
    pub(crate) other_album: Option<ItemId>,
    /// None of this artist.
    pub(crate) other_artist: Option<ItemId>,
}

impl Wanted {
    /// The nearest ones, so many and however far.
    pub(crate) const fn nearest(limit: usize) -> Self {
        Self { limit, within: f32::INFINITY, other_album: None, other_artist: None }
    }

    fn is_met_by(&self, track: &ItemRow) -> bool {
        let is_of = |above: &Option<Ancestor>, other: Option<ItemId>| {
            other.is_some() && above.as_ref().map(|above| above.id) == other
        };
        !is_of(&track.parent, self.other_album) && !is_of(&track.grandparent, self.other_artist)
    }
}

/// Tracks with their distances, or why there are none.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) section: Section,
    pub(crate) tracks: Vec<FoundTrack>,
    pub(crate) why: Option<Why>,
}

/// Why there are none.
#[derive(Debug, Clone)]
pub(crate) struct Why {
    /// A sentence or two, with what to do about it.
    pub(crate) sentence: String,
    /// Whether a run of the task will know.
    pub(crate) is_to_come: bool,
}

impl Why {
    const fn to_come(sentence: String) -> Self {
        Self { sentence, is_to_come: true }
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct FoundTrack {
    pub(crate) row: ItemRow,
    pub(crate) media: Vec<MediaRow>,
    pub(crate) distance: f32,
}

/// A track that is asked about.
struct Asked {
    row: ItemRow,
    section: Section,
    source: Result<SourceId, Why>,
}

/// The tracks of the section that sound like this one, nearest first.
pub(crate) async fn nearest(app: &App, track: &str, wanted: Wanted) -> Result<Found, Problem> {
    let id = id(track)?;
    ask(app, move |library, points| {
        let asked = asked(library, points, id)?;
        let tracks = match asked.source {
            Ok(source) => near(library, points, &asked, source, wanted)?,
            Err(_) => Vec::new(),
        };
        Ok(Found { tracks, why: asked.source.err(), section: asked.section })
    })
    .await
}

/// So many tracks, or as many as there are, that lead from one to another: both stand in it.
pub(crate) async fn path(app: &App, from: &str, to: &str, length: usize) -> Result<Found, Problem> {
    let (from, to) = (id(from)?, id(to)?);
    if from == to {
        return Err(Problem::bad_request("A path leads from one track to another one."));
    }
    ask(app, move |library, points| {
        let (from, to) = (asked(library, points, from)?, asked(library, points, to)?);
        if from.row.section != to.row.section {
            return Err(Problem::bad_request("Both tracks must be of one section."));
        }
        let (first, last) = match (from.source, to.source) {
            (Ok(first), Ok(last)) => (first, last),
            (Err(why), _) | (_, Err(why)) => {
                return Ok(Found { tracks: Vec::new(), why: Some(why), section: from.section });
            }
        };
        let ends = [(first, from.row), (last, to.row)];
        let tracks = between(library, points, &from.section, ends, length.saturating_sub(2))?;
        Ok(Found { tracks, why: None, section: from.section })
    })
    .await
}

/// What is found, in the words of Butler's own API.
pub(crate) fn body(found: Found) -> NearTracks {
    NearTracks {
        tracks: found.tracks.into_iter().map(track).collect(),
        why: found.why.map(|why| why.sentence),
    }
}

/// A distance as it is shown: more digits say nothing, and more than 1 no client expects.
pub(crate) fn shown(distance: f32) -> f64 {
    (f64::from(distance.min(1.0)) * 10_000.0).round() / 10_000.0
}

fn track(FoundTrack { row, media, distance }: FoundTrack) -> NearTrack {
    let part = media.first().and_then(|version| version.parts.first());
    let title = |ancestor: Option<Ancestor>| ancestor.map(|ancestor| ancestor.title);
    NearTrack {
        item: row.id.0,
        title: row.title,
        artist: row.original_title.or_else(|| title(row.grandparent)),
        album: title(row.parent),
        distance: shown(distance),
        duration_ms: part.and_then(|part| part.media_info.as_ref()?.duration_ms),
        file: part.map(|part| part.path.to_string_lossy().into_owned()),
    }
}

fn id(word: &str) -> Result<ItemId, Problem> {
    word.parse().map_err(|_| Problem::not_found(format!("There is no item {word}.")))
}

/// Asks the points on a thread that may block, and has them looked after if they were read for it: from
/// there, for who asked may be gone by then.
async fn ask<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&Library, &Points) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let (space, now) = (Arc::clone(&app.space), app.now());
    let (runtime, clock) = (tokio::runtime::Handle::current(), app.clock.clone());
    let look_after = move |space: &Arc<_>| {
        runtime.spawn(space::look_after(Arc::downgrade(space), clock));
    };
    let ask = move |library: &Library| {
        let begun = || look_after(&space);
        space.ask(library, now, begun, |points| question(library, points))
    };
    app.library(ask).await?
}

fn asked(library: &Library, points: &Points, id: ItemId) -> Result<Asked, Problem> {
    let unknown = || Problem::not_found(format!("There is no item {id}."));
    let row = library.items_of(&[id])?.pop().ok_or_else(unknown)?;
    let section = library.section(row.section)?.ok_or_else(unknown)?;
    if row.kind != ItemKind::Track {
        let sentence =
            format!("Item {id} is no track but of type {}; only tracks sound like others.", row.kind);
        return Err(Problem::not_found(sentence));
    }
    let source = match library.heard(id, section.id)? {
        Heard::As(source) if points.get(source.0).is_some() => Ok(source),
        Heard::Nothing(why) => {
            let sentence = format!("Nothing sounds like {}: {why}", named(&row));
            Err(Why { sentence, is_to_come: false })
        }
        Heard::NotYet { are_others: false } => Err(Why::to_come(format!(
            "MusicAnalysis has not run over the section {}: `butler start MusicAnalysis --wait` does it.",
            named_section(&section)
        ))),
        Heard::As(_) | Heard::NotYet { .. } => Err(Why::to_come(format!(
            "MusicAnalysis has not heard {} yet: `butler show {id}` says when it does, or what keeps it from it.",
            named(&row)
        ))),
    };
    Ok(Asked { row, section, source })
}

fn named(row: &ItemRow) -> String {
    format!("`{}`", row.title)
}

fn named_section(section: &Section) -> String {
    format!("`{}`", section.name)
}

fn near(
    library: &Library,
    points: &Points,
    asked: &Asked,
    source: SourceId,
    wanted: Wanted,
) -> Result<Vec<FoundTrack>, Problem> {
    let Some(point) = points.get(source.0) else { return Ok(Vec::new()) };
    let mut most = (wanted.limit + 1) * SPARE;
    loop {
        let near = points.nearest(&point, most, wanted.within);
        let mut rows = tracks(library, &asked.section, &near)?;
        rows.retain(|(_, row)| row.id != asked.row.id && wanted.is_met_by(row));
        if rows.len() >= wanted.limit || near.len() < most {
            let distances: HashMap<SourceId, f32> =
                near.iter().map(|near| (SourceId(near.key), near.distance)).collect();
            rows.truncate(wanted.limit);
            let distance = |source: &SourceId| distances.get(source).copied().unwrap_or_default();
            let placed = rows.into_iter().map(|(source, row)| (row, distance(&source))).collect();
            return Ok(with_media(library, placed)?);
        }
        most *= MORE;
    }
}

fn between(
    library: &Library,
    points: &Points,
    section: &Section,
    ends: [(SourceId, ItemRow); 2],
    count: usize,
) -> Result<Vec<FoundTrack>, Problem> {
    let candidate = |(source, row): &(SourceId, ItemRow)| {
        let point = points.get(source.0)?;
        Some(Candidate { key: row.id.0, point, recording: Some(recording(row)) })
    };
    let [Some(from), Some(to)] = [candidate(&ends[0]), candidate(&ends[1])] else { return Ok(Vec::new()) };
    let count = count.min(MOST_BETWEEN);
    let mut most = BESIDE;
    let (way, rows) = loop {
        let beside = points.along(&from.point, &to.point, most);
        let rows = tracks(library, section, &beside)?;
        let way = sonic::path(&from, &to, rows.iter().filter_map(candidate), count);
        if way.len() == count || beside.len() < most {
            break (way, rows);
        }
        most *= MORE;
    };
    let [first, last] = ends;
    let mut known: HashMap<i64, (SourceId, ItemRow)> =
        rows.into_iter().map(|(source, row)| (row.id.0, (source, row))).collect();
    let tracks: Vec<(SourceId, ItemRow)> =
        [first].into_iter().chain(way.iter().filter_map(|key| known.remove(key))).chain([last]).collect();
    let place = |nth: usize| points.get(tracks[nth].0.0);
    let step = |nth: usize| match (nth.checked_sub(1).and_then(place), place(nth)) {
        (Some(before), Some(own)) => before.distance(&own),
        _ => 0.0,
    };
    let steps: Vec<f32> = (0..tracks.len()).map(step).collect();
    let placed = tracks.into_iter().map(|(_, row)| row).zip(steps).collect();
    Ok(with_media(library, placed)?)
}

/// The tracks of a section that near points belong to, in their order.
fn tracks(
    library: &Library,
    section: &Section,
    near: &[Near],
) -> Result<Vec<(SourceId, ItemRow)>, StoreError> {
    let sources: Vec<SourceId> = near.iter().map(|near| SourceId(near.key)).collect();
    let tracks = library.tracks_of(section.id, &sources)?;
    let ids: Vec<ItemId> = tracks.iter().map(|(_, track)| *track).collect();
    let mut rows: HashMap<ItemId, ItemRow> =
        library.items_of(&ids)?.into_iter().map(|row| (row.id, row)).collect();
    Ok(tracks.into_iter().filter_map(|(source, track)| Some((source, rows.remove(&track)?))).collect())
}

fn with_media(library: &Library, tracks: Vec<(ItemRow, f32)>) -> Result<Vec<FoundTrack>, StoreError> {
    let ids: Vec<ItemId> = tracks.iter().map(|(row, _)| row.id).collect();
    let mut media = library.media_of_items(&ids)?;
    let track = |(row, distance): (ItemRow, f32)| {
        let media = media.remove(&row.id).unwrap_or_default();
        FoundTrack { row, media, distance }
    };
    Ok(tracks.into_iter().map(track).collect())
}

/// What recording a track is, as far as its words tell: one title by one artist is one, whatever album it is
/// on.
fn recording(row: &ItemRow) -> u64 {
    let artist =
        row.original_title.as_deref().or(row.grandparent.as_ref().map(|artist| artist.title.as_str()));
    let mut hasher = DefaultHasher::new();
    (artist.map(str::to_lowercase), row.title.to_lowercase()).hash(&mut hasher);
    hasher.finish()
}
