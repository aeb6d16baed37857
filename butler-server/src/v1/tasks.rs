//! `/api/v1/tasks`: the tasks, with what Plex's list does not say of them.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{DryRun, Tasks};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tasks)).routes(routes!(dry_run))
}

/// Lists the tasks: whether they are due, how long they usually take, when they begin next.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "plan", responses(
    (status = 200, description = "Every task.", body = Tasks),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn tasks(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::tasks::list(&app).await?)
}

/// Tells what a task that keeps house would do if it ran now; nothing of it is done.
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

/// Whether a path is that of a dry run, which may take longer than other answers.
pub(crate) fn is_dry_run(path: &str) -> bool {
    path.starts_with("/api/v1/tasks/") && path.trim_end_matches('/').ends_with("/plan")
}
