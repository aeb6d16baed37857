//! `/api/v1/sections/{id}/tags`: gains in the tags of music files, written for other players and taken back,
//! a step at a time, so that whoever asks sees how it goes on and can end it.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::Switch;
use butler_api::v1::{TagsStep, WrittenTags};
use butler_engine::{TagsAsk, TagsWay};
use butler_library::SectionId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(written)).routes(routes!(write)).routes(routes!(undo))
}

/// Lists the music files of a section whose gain tags Butler wrote, with their tags before.
///
/// A section that was removed keeps its list.
#[utoipa::path(get, path = "/api/v1/sections/{id}/tags", tag = "tags",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("after" = Option<i64>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of the files.", body = WrittenTags),
        (status = 400, description = "`after` is no number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn written(
    State(app): State<App>,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let section = section(&id)?;
    accept::json(&view::gain_tags::written(&app, section, after(&params)?).await?)
}

/// Writes what was measured into the tags of a section's music files: as many as some seconds allow, and the
/// album in hand.
///
/// It changes these files, and is refused unless the section's setting `writeGainTags` is on.
#[utoipa::path(post, path = "/api/v1/sections/{id}/tags/write", tag = "tags",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("after" = Option<i64>, Query, description = "The `next` of the step before."),
        ("dry_run" = inline(Option<Switch>), Query, description = "1: only shows it; no file is changed."),
    ),
    responses(
        (status = 200, description = "What became of the files.", body = TagsStep),
        (status = 400, description = "`after` is no number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
        (status = 409, description = "The section holds no music, or its setting is off.", body = Errors),
    ))]
async fn write(State(app): State<App>, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    step(&app, &params, &id, TagsWay::Write).await
}

/// Takes back what was written into the tags of a section's music files: as many as some seconds allow.
///
/// The section's setting `writeGainTags` is off from then on. A section that was removed can still be taken
/// back.
#[utoipa::path(post, path = "/api/v1/sections/{id}/tags/undo", tag = "tags",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("after" = Option<i64>, Query, description = "The `next` of the step before."),
        ("dry_run" = inline(Option<Switch>), Query, description = "1: only shows it; no file is changed."),
    ),
    responses(
        (status = 200, description = "What became of the files.", body = TagsStep),
        (status = 400, description = "`after` is no number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section, and never was one with such \
                                      files.", body = Errors),
        (status = 409, description = "The section holds no music.", body = Errors),
    ))]
async fn undo(State(app): State<App>, params: Params, Path(id): Path<String>) -> Result<Response, Problem> {
    step(&app, &params, &id, TagsWay::Undo).await
}

async fn step(app: &App, params: &Params, id: &str, way: TagsWay) -> Result<Response, Problem> {
    let section = section(id)?;
    let ask = TagsAsk { section, way, is_dry: params.flag("dry_run")?, after: after(params)? };
    accept::json(&view::gain_tags::step(app, ask).await?)
}

fn section(id: &str) -> Result<SectionId, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found(format!("There is no section {id}.")))?;
    Ok(SectionId(id))
}

fn after(params: &Params) -> Result<i64, Problem> {
    Ok(params.parsed::<i64>("after", "the `next` of the step before")?.unwrap_or(0))
}

/// Whether a path is that of a step, which ends with a whole album and so may take longer than other answers.
pub(crate) fn is_step(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.starts_with("/api/v1/sections/") && (path.ends_with("/tags/write") || path.ends_with("/tags/undo"))
}
