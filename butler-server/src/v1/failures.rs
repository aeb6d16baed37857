//! `/api/v1/failures`: which product could not be made of which file, when it is tried again, and the request
//! to try at once.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::FailureMark;
use butler_api::v1::{FailureSummary, Failures, Retried};
use butler_api::{RunId, TaskName};
use butler_library::FailurePlace;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view::failures::Asked;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(summary)).routes(routes!(retry))
}

/// Lists the failures that stand, newest first.
///
/// From mark to mark (`before`) the whole list is read once and in order, whatever fails
/// meanwhile.
#[utoipa::path(get, path = "/api/v1/failures", tag = "failures",
    params(
        ("before" = inline(Option<FailureMark>), Query, description = "A mark, as `next` of a page: only \
                                                                       those behind it, \
                                                          the older ones."),
        ("after" = inline(Option<FailureMark>), Query, description = "A mark: only those before it, the newer \
                                                                      ones."),
        ("task" = Option<String>, Query, description = "Only those of products that this task makes."),
        ("run" = Option<u64>, Query, description = "Only those that the run of this id met last."),
        ("start" = Option<u32>, Query, description = "The place of the first one, from 0."),
        ("size" = Option<u32>, Query, description = "How many, 100 if nothing is said, 10,000 at most."),
    ),
    responses(
        (status = 200, description = "A page of failures, and without a mark how many \
                                      there are in all.", body = Failures),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task.", body = Errors),
    ))]
async fn list(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let mark = "a mark as `next` of a page of failures gives it";
    let before = params.parsed::<FailurePlace>("before", mark)?;
    let after = params.parsed::<FailurePlace>("after", mark)?;
    let task = params.get("task").map(TaskName::from);
    let run = params.parsed::<RunId>("run", "a run's id")?;
    accept::json(&view::failures::list(&app, Asked { before, after, task, run }, params.page()?).await?)
}

/// Counts the failures that stand by product and sentence.
#[utoipa::path(get, path = "/api/v1/failures/summary", tag = "failures",
    responses(
        (status = 200, description = "The largest groups first.", body = FailureSummary),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn summary(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::failures::summary(&app).await?)
}

/// Lifts a failure's back-off: the next run that wants the product tries again.
#[utoipa::path(post, path = "/api/v1/failures/{id}/retry", tag = "failures",
    params(("id" = i64, Path, description = "The failure's id.")),
    responses(
        (status = 200, description = "Lifted.", body = Retried),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such failure.", body = Errors),
    ))]
async fn retry(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::failures::retry(&app, &id).await?)
}
