//! `/api/v1/items/{id}/nearest` and `/path`: tracks that sound like one, and those that lead from one to
//! another, with the reason where there are none.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::NearTracks;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view::sonic::{self, MOST_TRACKS, Wanted};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(nearest)).routes(routes!(path))
}

/// Tracks, where nobody says how many.
const USUAL_TRACKS: u32 = 20;
/// The fewest tracks of a path: its ends. And the most.
const FEWEST_OF_PATH: u32 = 2;
const MOST_OF_PATH: u32 = butler_product::sonic::MOST_BETWEEN as u32 + FEWEST_OF_PATH;

/// Lists the tracks of the section that sound like a track, nearest first.
#[utoipa::path(get, path = "/api/v1/items/{id}/nearest", tag = "products",
    params(
        ("id" = i64, Path, description = "The track's id, as Plex's `ratingKey`."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "At most so many; 20 if \
                                                                                   nothing is said."),
    ),
    responses(
        (status = 200, description = "The tracks; or none, and why.", body = NearTracks),
        (status = 400, description = "`limit` is no such number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item, or it is no track.", body = Errors),
    ))]
async fn nearest(
    State(app): State<App>,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let limit = params.count("limit", USUAL_TRACKS, 1..=MOST_TRACKS)?;
    accept::json(&sonic::body(sonic::nearest(&app, &id, Wanted::nearest(limit)).await?))
}

/// Lists tracks that lead from a track to another one of its section, each a small step from the one before.
#[utoipa::path(get, path = "/api/v1/items/{id}/path", tag = "products",
    params(
        ("id" = i64, Path, description = "The id of the track at which it begins."),
        ("to" = i64, Query, description = "The id of the track to which it leads."),
        ("length" = Option<u32>, Query, minimum = 2, maximum = 202, description = "How many tracks, both ends \
                                                                                   with them; 20 if nothing \
                                                                                   is said."),
    ),
    responses(
        (status = 200, description = "The tracks in their order: so many, or as many as there are; or none, \
                                      and why.", body = NearTracks),
        (status = 400, description = "`to` is missing or of another section, or `length` is no such \
                                      number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item, or it is no track.", body = Errors),
    ))]
async fn path(State(app): State<App>, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    let length = params.count("length", USUAL_TRACKS, FEWEST_OF_PATH..=MOST_OF_PATH)?;
    let to = params.get("to").ok_or_else(|| Problem::bad_request("`to` is missing: a track's id."))?;
    accept::json(&sonic::body(sonic::path(&app, &id, to, length).await?))
}
