//! `/library/sections/{id}/refresh` and `/library/sections/all/refresh`: Plex's way to ask for a scan, which
//! here is a forced run of RefreshLibraries. The answer is always 200 and empty, for some clients take
//! nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use butler_api::plex::Errors;
use butler_api::{Ask, OUTCOME_HEADER, RunRecord, RunState, TaskName};
use butler_engine::StartReply;
use butler_library::{Library, Section};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::plex::sections;
use crate::view;

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

/// Scans all sections now, or only some files and folders.
#[utoipa::path(get, path = "/library/sections/all/refresh", tag = "library",
    params(("path" = Option<Vec<String>>, Query, description = "A folder's or file's whole path; may be given \
                                                                several times. Only these are scanned, in \
                                                                whichever section they lie.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.",
            headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "A path lies in no section's folders.", body = Errors),
    ))]
async fn refresh_all(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let paths = paths(&params);
    if paths.is_empty() {
        let started = app.handle.start(TaskName::RefreshLibraries, Ask::all(true)).await?;
        return Ok(answer(&started.ok_or_else(no_scan)?));
    }
    let requests = app.library(move |library| requests(library, &library.sections()?, paths)).await?;
    let mut first = None;
    for (section, paths) in requests {
        let reply = app.handle.refresh(section, paths).await?.ok_or_else(no_scan)?;
        first.get_or_insert(reply);
    }
    Ok(answer(&first.ok_or_else(no_scan)?))
}

/// Scans all sections now, or only some files and folders.
#[utoipa::path(post, path = "/library/sections/all/refresh", tag = "library",
    params(("path" = Option<Vec<String>>, Query, description = "As with GET.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.",
            headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "A path lies in no section's folders.", body = Errors),
    ))]
async fn refresh_all_by_post(app: State<App>, params: Params) -> Result<Response, Problem> {
    refresh_all(app, params).await
}

/// Scans all sections now; the address of Plex's own description.
#[utoipa::path(post, path = "/library/sections/refresh", tag = "library",
    params(("path" = Option<Vec<String>>, Query, description = "As with `/library/sections/all/refresh`.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.",
            headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "A path lies in no section's folders.", body = Errors),
    ))]
async fn refresh_as_specified(app: State<App>, params: Params) -> Result<Response, Problem> {
    refresh_all(app, params).await
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

/// Scans one section now, or only some files and folders of it. Such a run is never the task's completion for
/// the day. What is asked for while a scan works is scanned after it; paths that are asked for one after the
/// other become one run.
#[utoipa::path(get, path = "/library/sections/{id}/refresh", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("path" = Option<Vec<String>>, Query, description = "A folder's or file's whole path; may be given \
                                                             several times. Only these are scanned. What is \
                                                             gone from there is missing from then on."),
    ),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.",
            headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section, or a path lies in none of \
                                      its folders.", body = Errors),
    ))]
async fn refresh(
    State(app): State<App>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let section = sections::known(&app, sections::parse(&id)?).await?;
    let paths = paths(&params);
    let request = match paths.as_slice() {
        [] => vec![(section.id.0, paths)],
        _ => app.library(move |library| requests(library, &[section], paths)).await?,
    };
    let (section, paths) = request.into_iter().next().ok_or_else(no_scan)?;
    Ok(answer(&app.handle.refresh(section, paths).await?.ok_or_else(no_scan)?))
}

/// Scans one section now, or only some files and folders of it.
#[utoipa::path(post, path = "/library/sections/{id}/refresh", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("path" = Option<Vec<String>>, Query, description = "As with GET."),
    ),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.",
            headers(("X-Butler-Outcome" = String, description = "`started; run=7`"))),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section, or a path lies in none of \
                                      its folders.", body = Errors),
    ))]
async fn refresh_by_post(app: State<App>, id: Path<String>, params: Params) -> Result<Response, Problem> {
    refresh(app, id, params).await
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
    let section = sections::known(&app, sections::parse(&id)?).await?;
    let runs = view::runs::unfinished(&app).await?;
    let is_meant = |run: &&RunRecord| {
        sections::scans(run, section.id) && (run.ask.section.is_some() || run.state != RunState::Queued)
    };
    for run in runs.iter().filter(is_meant) {
        app.handle.stop_run(run.id).await?;
    }
    Ok(accept::empty())
}

fn paths(params: &Params) -> Vec<PathBuf> {
    params.paths("path").into_iter().filter(|path| !path.as_os_str().is_empty()).collect()
}

/// One request for each section in which a path lies. Each path must lie in one.
fn requests(
    library: &Library,
    sections: &[Section],
    paths: Vec<PathBuf>,
) -> Result<Vec<(i64, Vec<PathBuf>)>, Problem> {
    let mut by_section: BTreeMap<i64, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let places: Vec<_> = sections
            .iter()
            .filter_map(|section| Some((section.id.0, library.path_in_section(section, &path)?)))
            .collect();
        if places.is_empty() {
            let roots: Vec<_> = sections
                .iter()
                .flat_map(|section| &section.roots)
                .map(|root| root.path.display().to_string())
                .collect();
            let (path, roots) =
                (path.display(), if roots.is_empty() { "none".to_owned() } else { roots.join(", ") });
            return Err(Problem::not_found(format!(
                "`{path}` lies in none of the folders that could be scanned: {roots}."
            )));
        }
        for (section, place) in places {
            by_section.entry(section).or_default().push(place);
        }
    }
    Ok(by_section.into_iter().collect())
}

/// Says in a response's header what became of a scan that was asked for.
pub(crate) fn say_outcome(response: &mut Response, reply: &StartReply) {
    if let Ok(outcome) = HeaderValue::from_str(&reply.outcome.to_string()) {
        response.headers_mut().insert(OUTCOME_HEADER, outcome);
    }
}

fn answer(reply: &StartReply) -> Response {
    let mut response = accept::empty();
    say_outcome(&mut response, reply);
    response
}

fn no_scan() -> Problem {
    Problem::not_found("This server has no task that scans.")
}
