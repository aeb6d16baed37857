//! `/api/v1/runs`: what ran and runs, from the stored rows, and what is done right now, from the engine; and
//! one run's stop.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::{Day, Instant};
use butler_api::v1::{Run, Runs};
use butler_api::{Origin, RunState};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one, stop))
}

/// Lists runs, newest first.
///
/// From mark to mark (`before`) the whole list is read once, whatever begins meanwhile.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs",
    params(
        ("task" = Option<String>, Query, description = "Only this task's."),
        ("state" = inline(Option<RunState>), Query, description = "Only those in this state: `running`."),
        ("origin" = inline(Option<Origin>), Query, description = "Only those of this origin: `window`, \
                                                                  `person`, \
                                                          `watch`, `asap` or `catch-up`."),
        ("day" = inline(Option<Day>), Query, description = "Only those that count for this maintenance day, \
                                                            or \
                                                       ended on it: `2026-11-23`."),
        ("night" = inline(Option<Day>), Query, description = "Only those of this day's night: the window began \
                                                              them, or they made good for it."),
        ("since" = inline(Option<Instant>), Query, description = "Only those that were asked for then or \
                                                                  later: \
                                                         `2026-11-23T02:00:00Z`."),
        ("until" = inline(Option<Instant>), Query, description = "Only those that were asked for before \
                                                                  then."),
        ("before" = Option<u64>, Query, description = "A run's id, as `next` of a page: only those behind it, \
                                                       the older ones."),
        ("after" = Option<u64>, Query, description = "A run's id: only those before it, the newer ones."),
        ("start" = Option<u32>, Query, description = "The place of the first one, from 0."),
        ("size" = Option<u32>, Query, description = "How many, 100 if nothing is said, 10,000 at most."),
    ),
    responses(
        (status = 200, description = "A page of runs, and without a mark how many there are in \
                                      all.", body = Runs),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn list(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    accept::json(&view::runs::list(&app, view::runs::filter(&params)?, params.page()?).await?)
}

/// Shows one run.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs",
    params(("id" = u64, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run; with what it is doing, if it runs.", body = Run),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such run.", body = Errors),
    ))]
async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::runs::one(&app, &id).await?)
}

/// Stops one run, or takes it out of the queue; no other of its task is touched.
#[utoipa::path(delete, path = "/api/v1/runs/{id}", tag = "runs",
    params(("id" = u64, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run: it has stopped, or stops after the step in hand.", body = Run),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such run.", body = Errors),
        (status = 409, description = "It has ended already; the sentence says how.", body = Errors),
    ))]
async fn stop(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::runs::stop(&app, &id).await?)
}
