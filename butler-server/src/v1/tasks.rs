//! `/api/v1/tasks`: the tasks, with what Plex's list does not say of them.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{Task, Tasks};
use butler_engine::TaskView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tasks))
}

/// Lists the tasks: whether they are due, how long they usually take, when they begin next.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "plan", responses(
    (status = 200, description = "Every task.", body = Tasks),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn tasks(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&Tasks { tasks: app.handle.tasks().await?.into_iter().map(task).collect() })
}

fn task(view: TaskView) -> Task {
    let TaskView { name, title, description, every_days, randomized, enabled, due, usual_seconds, next_at } = view;
    let (title, description) = (title.to_owned(), description.to_owned());
    Task { name, title, description, every_days, randomized, enabled, due, usual_seconds, next_at }
}
