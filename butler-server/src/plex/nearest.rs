//! `/library/metadata/{id}/nearest` and `/library/sections/{id}/computePath`: tracks that sound like one, and
//! those that lead from one to another.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::{Container, Errors, LIBRARY_IDENTIFIER, Metadata, MetadataPage};
use butler_library::{BlurHashes, ItemId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::plex::{items, metadata, sections};
use crate::view::sonic::{self, Found, FoundTrack, MOST_TRACKS, Wanted};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(nearest)).routes(routes!(compute_path))
}

/// Tracks, where a client does not say how many.
const USUAL_TRACKS: u32 = 50;
/// The greatest distance, where a client does not say one: as Plex has it.
const USUAL_DISTANCE: f32 = 0.25;
/// Tracks of a path, its ends with them: a client can't say how many.
const PATH_TRACKS: usize = 20;

/// Lists the tracks of the section that sound like a track, nearest first.
///
/// None where it is not known yet what it sounds like.
#[utoipa::path(get, path = "/library/metadata/{id}/nearest", tag = "library",
    params(
        ("id" = i64, Path, description = "The track's id."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 50 if \
                                                                                   nothing is said."),
        ("maxDistance" = Option<f32>, Query, minimum = 0, maximum = 1, description = "None that is farther: 0 \
                                                                                     sounds the same, 1 nothing \
                                                                                     alike, and bounds nothing; \
                                                                                     0.25 if nothing is said."),
        ("excludeParentID" = Option<i64>, Query, description = "None of this album."),
        ("excludeGrandparentID" = Option<i64>, Query, description = "None of this artist."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "The tracks, each with its `distance`.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item, or it is no track.", body = Errors),
    ))]
async fn nearest(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let within = params.parsed::<f32>("maxDistance", "a number from 0 to 1")?.unwrap_or(USUAL_DISTANCE);
    if !(0.0..=1.0).contains(&within) {
        return Err(Problem::bad_request(format!("`maxDistance` is {within}, and takes 0 to 1.")));
    }
    let wanted = Wanted {
        limit: params.count("limit", USUAL_TRACKS, 1..=MOST_TRACKS)?,
        within: if within < 1.0 { within } else { f32::INFINITY },
        other_album: params.parsed::<ItemId>("excludeParentID", "an item's id")?,
        other_artist: params.parsed::<ItemId>("excludeGrandparentID", "an item's id")?,
    };
    let found = sonic::nearest(&app, &id, wanted).await?;
    answer(wants, &params, found, true)
}

/// Lists tracks of a section that lead from one to another, each a small step from the one before.
///
/// None where it is not known yet what the two sound like.
#[utoipa::path(get, path = "/library/sections/{id}/computePath", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("startID" = i64, Query, description = "The track at which it begins."),
        ("endID" = i64, Query, description = "The track to which it leads."),
        ("X-Plex-Container-Start" = Option<u32>, Query, description = "The place of the first one, from 0; \
                                                                       may be a header."),
        ("X-Plex-Container-Size" = Option<u32>, Query, description = "How many, 10,000 at most; may be a \
                                                                      header."),
    ),
    responses(
        (status = 200, description = "The tracks, both ends with them: 20, or as many as there \
                                      are.", content((Container<MetadataPage> = "application/json"), (Container<MetadataPage> = "text/xml"))),
        (status = 400, description = "An end is missing or of another section; the sentence says \
                                      which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section or track.", body = Errors),
    ))]
async fn compute_path(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let section = sections::known(&app, sections::parse(&id)?).await?;
    let end = |name: &str| {
        let missing = || Problem::bad_request(format!("`{name}` is missing: a track's id."));
        params.get(name).ok_or_else(missing)
    };
    let found = sonic::path(&app, end("startID")?, end("endID")?, PATH_TRACKS).await?;
    if found.section.id != section.id {
        return Err(Problem::bad_request(format!("The tracks are not of section {}.", section.id)));
    }
    answer(wants, &params, found, false)
}

fn answer(wants: Wants, params: &Params, found: Found, with_distance: bool) -> Result<Response, Problem> {
    let Found { section, tracks, .. } = found;
    let shown = tracks.into_iter().map(|FoundTrack { row, media, distance }| Metadata {
        distance: with_distance.then(|| sonic::shown(distance)),
        ..metadata::brief(media, row, &section, BlurHashes::default())
    });
    let shown: Vec<Metadata> = shown.collect();
    let (metadata, extent) = params.container()?.cut(shown);
    wants.answer(&Container::new(MetadataPage {
        size: extent.size,
        total_size: extent.total_size,
        offset: extent.offset,
        allow_sync: true,
        identifier: LIBRARY_IDENTIFIER.into(),
        metadata,
        ..items::of_section(&section)
    }))
}
