//! `/api/v1/tasks`: the tasks, with what Plex's list does not say of them.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::PlanDigest;
use butler_api::v1::{DryRun, Started, Tasks};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tasks)).routes(routes!(dry_run, confirm))
}

/// Lists the tasks: whether they are due, how long they usually take, when they begin next.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "plan", responses(
    (status = 200, description = "Every task.", body = Tasks),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn tasks(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::tasks::list(&app).await?)
}

/// Tells what a task that keeps house, or a scan, would do if it ran now; nothing of it is done.
#[utoipa::path(get, path = "/api/v1/tasks/{name}/plan", tag = "plan",
    params(("name" = String, Path, description = "The task's name, as `GET \
                                                  /butler` lists it.", example = "BackupDatabase")),
    responses(
        (status = 200, description = "What it would write and remove, with the reason of \
                                      each.", body = DryRun),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task.", body = Errors),
        (status = 409, description = "It makes no plan beforehand, or no plan can be made: the sentence says \
                                      why.", body = Errors),
    ))]
async fn dry_run(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::tasks::dry_run(&app, &name).await?)
}

/// Confirms what waits of a task's plan, and starts the task. The word is for this very plan: one that has
/// changed since is refused.
#[utoipa::path(put, path = "/api/v1/tasks/{name}/plan", tag = "plan",
    params(
        ("name" = String, Path, description = "The task's name.", example = "GarbageCollectLibraryMedia"),
        ("digest" = inline(PlanDigest), Query, description = "What the plan's `waits` names as its digest."),
    ),
    responses(
        (status = 200, description = "Confirmed; what became of the start.", body = Started),
        (status = 400, description = "There is no `digest`.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task.", body = Errors),
        (status = 409, description = "Nothing waits, or the plan has changed: the sentence says \
                                      which.", body = Errors),
    ))]
async fn confirm(
    State(app): State<App>,
    Path(name): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let digest = params.get("digest").filter(|digest| !digest.is_empty());
    let digest = digest.ok_or_else(|| Problem::bad_request("`digest` is missing; the plan names it."))?;
    accept::json(&view::tasks::confirm(&app, &name, digest).await?)
}

/// Whether a path is that of a dry run, which may take longer than other answers.
pub(crate) fn is_dry_run(path: &str) -> bool {
    (path.starts_with("/api/v1/tasks/") || path.starts_with("/tasks/"))
        && path.trim_end_matches('/').ends_with("/plan")
}
