//! `/library/sections/{id}/refresh` and `/library/sections/all/refresh`: Plex's way to ask for a scan, which here is a
//! forced run of RefreshLibraries. The answer is always 200 and empty, for some clients take nothing else.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use butler_api::plex::Errors;
use butler_api::{OUTCOME_HEADER, RunState, TaskName};
use butler_engine::StartRequest;
use butler_library::{RunRow, SectionId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::plex::sections;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(refresh_all, refresh_all_by_post, cancel_all))
        .routes(routes!(refresh, refresh_by_post, cancel))
        .routes(routes!(refresh_as_specified))
        .route_layer(from_fn(head_starts_nothing))
}

/// `HEAD` asks for the head of what `GET` would answer; here that would be a scan.
async fn head_starts_nothing(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET,POST,DELETE")]).into_response();
    }
    next.run(request).await
}

/// Scans all sections now.
#[utoipa::path(get, path = "/library/sections/all/refresh", tag = "library", responses(
    (status = 200, description = "Asked for; the header says what became of it.", headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn refresh_all(State(app): State<App>) -> Result<Response, Problem> {
    start(&app, None).await
}

/// Scans all sections now.
#[utoipa::path(post, path = "/library/sections/all/refresh", tag = "library", responses(
    (status = 200, description = "Asked for; the header says what became of it.", headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn refresh_all_by_post(State(app): State<App>) -> Result<Response, Problem> {
    start(&app, None).await
}

/// Scans all sections now; the address of Plex's own description.
#[utoipa::path(post, path = "/library/sections/refresh", tag = "library", responses(
    (status = 200, description = "Asked for; the header says what became of it.", headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn refresh_as_specified(State(app): State<App>) -> Result<Response, Problem> {
    start(&app, None).await
}

/// Stops every scan.
#[utoipa::path(delete, path = "/library/sections/all/refresh", tag = "library", responses(
    (status = 200, description = "No scan runs any more, or each is about to end."),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn cancel_all(State(app): State<App>) -> Result<Response, Problem> {
    app.handle.stop(TaskName::RefreshLibraries).await?;
    Ok(accept::empty())
}

/// Scans one section now. Such a run is never the task's completion for the day.
#[utoipa::path(get, path = "/library/sections/{id}/refresh", tag = "library",
    params(("id" = i64, Path, description = "The section's id.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.", headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn refresh(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let (section, _) = sections::known(&app, sections::parse(&id)?).await?;
    start(&app, Some(section.id)).await
}

/// Scans one section now.
#[utoipa::path(post, path = "/library/sections/{id}/refresh", tag = "library",
    params(("id" = i64, Path, description = "The section's id.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.", headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn refresh_by_post(app: State<App>, id: Path<String>) -> Result<Response, Problem> {
    refresh(app, id).await
}

/// Stops the scan of a section: what was asked for it alone, and the scan of all sections if it works; one
/// that waits its turn stays.
#[utoipa::path(delete, path = "/library/sections/{id}/refresh", tag = "library",
    params(("id" = i64, Path, description = "The section's id.")),
    responses(
        (status = 200, description = "No scan of it runs any more, or it is about to end."),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn cancel(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let (section, runs) = sections::known(&app, sections::parse(&id)?).await?;
    let is_meant = |run: &&RunRow| sections::scans(run, section.id) && (run.section.is_some() || run.state != RunState::Queued);
    for run in runs.iter().filter(is_meant) {
        app.handle.stop_run(run.id).await?;
    }
    Ok(accept::empty())
}

async fn start(app: &App, section: Option<SectionId>) -> Result<Response, Problem> {
    let request = StartRequest { task: TaskName::RefreshLibraries, force: true, section: section.map(|section| section.0) };
    let reply = app.handle.start(request).await?.ok_or_else(|| Problem::not_found("This server has no task that scans."))?;
    let mut response = accept::empty();
    if let Ok(outcome) = HeaderValue::from_str(&reply.outcome.to_string()) {
        response.headers_mut().insert(OUTCOME_HEADER, outcome);
    }
    Ok(response)
}
