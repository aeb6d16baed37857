//! Plex's calls by which a person has the server keep house at once: each is a forced run of the task that
//! does so. With `async=1`, as clients send it, the answer names the activity too; it never waits for the
//! run.

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::Switch;
use butler_api::{Ask, TaskName};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::plex::activities::uuid_of_run;
use crate::plex::refresh::say_outcome;
use crate::plex::sections;

const ACTIVITY: HeaderName = HeaderName::from_static("x-plex-activity");

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(optimize))
        .routes(routes!(clean_bundles))
        .routes(routes!(clean_caches))
        .routes(routes!(empty_trash))
}

/// Checks the database and gives back the room that it needs no more.
#[utoipa::path(put, path = "/library/optimize", tag = "library",
    params(("async" = inline(Option<Switch>), Query, description = "1 has the answer name the activity.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.", headers(
            ("X-Butler-Outcome" = String, description = "`started; run=7`"),
            ("X-Plex-Activity" = String, description = "The activity's id, with `async=1`."),
        )),
        (status = 400, description = "`async` is neither 1 nor 0.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn optimize(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    start(&app, &params, TaskName::OptimizeDatabase, Ask::all(true)).await
}

/// Removes what was made of media that no library has had for some days.
#[utoipa::path(put, path = "/library/clean/bundles", tag = "library",
    params(("async" = inline(Option<Switch>), Query, description = "1 has the answer name the activity.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.", headers(
            ("X-Butler-Outcome" = String, description = "`started; run=7`"),
            ("X-Plex-Activity" = String, description = "The activity's id, with `async=1`."),
        )),
        (status = 400, description = "`async` is neither 1 nor 0.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn clean_bundles(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    start(&app, &params, TaskName::CleanOldBundles, Ask::all(true)).await
}

/// Removes cache files that nobody used for long, or that are too many.
#[utoipa::path(delete, path = "/library/caches", tag = "library",
    params(("async" = inline(Option<Switch>), Query, description = "1 has the answer name the activity.")),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.", headers(
            ("X-Butler-Outcome" = String, description = "`started; run=7`"),
            ("X-Plex-Activity" = String, description = "The activity's id, with `async=1`."),
        )),
        (status = 400, description = "`async` is neither 1 nor 0.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn clean_caches(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    start(&app, &params, TaskName::CleanOldCacheFiles, Ask::all(true)).await
}

/// Takes out of a section what is gone from its folders, however short that has been so; nothing while a
/// folder is away, empty or on another disk.
#[utoipa::path(put, path = "/library/sections/{id}/emptyTrash", tag = "library",
    params(
        ("id" = i64, Path, description = "The section's id."),
        ("async" = inline(Option<Switch>), Query, description = "1 has the answer name the activity."),
    ),
    responses(
        (status = 200, description = "Asked for; the header says what became of it.", headers(
            ("X-Butler-Outcome" = String, description = "`started; run=7`"),
            ("X-Plex-Activity" = String, description = "The activity's id, with `async=1`."),
        )),
        (status = 400, description = "`async` is neither 1 nor 0.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section.", body = Errors),
    ))]
async fn empty_trash(
    State(app): State<App>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let section = sections::known(&app, sections::parse(&id)?).await?;
    start(&app, &params, TaskName::GarbageCollectLibraryMedia, Ask::of_section(section.id.0, Vec::new()))
        .await
}

async fn start(app: &App, params: &Params, task: TaskName, ask: Ask) -> Result<Response, Problem> {
    let names_activity = params.flag("async")?;
    let reply = app.handle.start(task.clone(), ask).await?;
    let reply = reply.ok_or_else(|| Problem::not_found(format!("This server has no task {task}.")))?;
    let mut response = accept::empty();
    if let Some(run) = reply.outcome.run().filter(|_| names_activity) {
        let uuid = uuid_of_run(app.handle.library().server_id(), run);
        let value = HeaderValue::from_str(&uuid).map_err(|error| Problem::bug(&error))?;
        response.headers_mut().insert(ACTIVITY, value);
    }
    say_outcome(&mut response, &reply);
    Ok(response)
}
