//! `/library/streams/{id}/loudness` and `/levels`: how loud a stream is over time.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use butler_api::plex::{Container, Errors, Level, Levels};
use butler_library::PartId;
use butler_product::loudness::StreamLevels;
use butler_product::media_info::MAX_STREAMS;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view;

/// What stands for silence, LUFS.
const SILENCE: f64 = -70.0;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(loudness)).routes(routes!(levels))
}

/// Gives a stream's loudness over time as text, a line a tenth of a second.
#[utoipa::path(get, path = "/library/streams/{id}/loudness", tag = "library",
    params(
        ("id" = i64, Path, description = "The stream's id."),
        ("subsample" = Option<u32>, Query, minimum = 1, description = "So many lines in all, if there are \
                                                                       more."),
    ),
    responses(
        (status = 200, description = "LUFS with a decimal, a line each; -70.0 stands for silence.",
            content_type = "text/plain", body = String),
        (status = 400, description = "`subsample` is no such number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such stream, or its loudness was not measured yet.",
            body = Errors),
    ))]
async fn loudness(
    State(app): State<App>,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (levels, _) = found(&app, &params, &id).await?;
    let text: String = levels.iter().map(|level| format!("{level:.1}\n")).collect();
    Ok(([(header::CONTENT_TYPE, TEXT)], text).into_response())
}

/// Gives a stream's loudness over time.
#[utoipa::path(get, path = "/library/streams/{id}/levels", tag = "library",
    params(
        ("id" = i64, Path, description = "The stream's id."),
        ("subsample" = Option<u32>, Query, minimum = 1, description = "So many levels in all, if there are \
                                                                       more."),
    ),
    responses(
        (status = 200, description = "The levels, one a tenth of a second unless fewer are asked for.",
            content((Container<Levels> = "application/json"), (Container<Levels> = "text/xml"))),
        (status = 400, description = "`subsample` is no such number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such stream, or its loudness was not measured yet.",
            body = Errors),
    ))]
async fn levels(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (levels, total) = found(&app, &params, &id).await?;
    wants.answer(&Container::new(Levels {
        size: levels.len() as u64,
        total_samples: total.to_string(),
        levels: levels.into_iter().map(|level| Level { v: (level * 10.0).round() / 10.0 }).collect(),
    }))
}

/// The levels that are asked for, and how many there are in all.
async fn found(app: &App, params: &Params, id: &str) -> Result<(Vec<f64>, usize), Problem> {
    let wanted = params.parsed::<u32>("subsample", "a number of levels")?;
    if wanted == Some(0) {
        return Err(Problem::bad_request("`subsample` is 0, and takes 1 or more."));
    }
    let unknown = || Problem::not_found(format!("There is no stream {id} whose loudness is known."));
    let stream: i64 = id.parse().map_err(|_| unknown())?;
    let part = PartId(stream.div_euclid(MAX_STREAMS as i64));
    let index = stream.rem_euclid(MAX_STREAMS as i64) as u32;
    let levels = view::loudness::levels(app, part, index).await?.ok_or_else(unknown)?;
    let total = levels.steps.len();
    Ok((thinned(&levels, wanted.map_or(total, |wanted| wanted as usize)), total))
}

/// At most so many levels, each the mean of what it stands for.
fn thinned(levels: &StreamLevels, wanted: usize) -> Vec<f64> {
    let count = wanted.min(levels.steps.len());
    levels.parts(count).into_iter().map(|level| level.unwrap_or(SILENCE).max(SILENCE)).collect()
}
