//! `/butler` and `/butler/{name}`: the five calls of Plex's Butler. What they lead to is the engine's
//! decision.

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use butler_api::plex::{ButlerTask, ButlerTaskList, ButlerTasks, Errors};
use butler_api::schema::Switch;
use butler_api::v1::{Started, StartedAll, Stopped};
use butler_api::{OUTCOME_HEADER, Outcome};
use butler_engine::TaskView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view;

const OUTCOME: HeaderName = HeaderName::from_static(OUTCOME_HEADER);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, start_all, stop_all)).routes(routes!(start, stop))
}

/// Lists the tasks.
#[utoipa::path(get, path = "/butler", tag = "butler", responses(
    (status = 200, description = "The tasks, in the catalogue's order.",
        content((ButlerTasks = "application/json"), (ButlerTasks = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list(State(app): State<App>, wants: Wants) -> Result<Response, Problem> {
    let tasks = app.handle.tasks().await?.into_iter().map(task).collect();
    wants.answer(&ButlerTasks { list: ButlerTaskList { tasks } })
}

/// Starts every task that is switched on and whose day it is.
#[utoipa::path(post, path = "/butler", tag = "butler",
    params(("force" = inline(Option<Switch>), Query, description = "1 starts each now, whatever day, switch, \
                                                                    window and \
                                                        back-off say, and has what is lost made anew; not \
                                                        what is there. An extension.")),
    responses(
        (status = 200, description = "What became of each task, where `Accept` names \
                                      JSON; else empty.", body = StartedAll),
        (status = 400, description = "`force` is neither 1 nor 0.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn start_all(State(app): State<App>, wants: Wants, params: Params) -> Result<Response, Problem> {
    let started = view::start::start_all(&app, params.flag("force")?).await?;
    wants.answer_action(StatusCode::OK, &started)
}

/// Stops what runs and takes what waits out of the queue.
#[utoipa::path(delete, path = "/butler", tag = "butler", responses(
    (status = 200, description = "The runs it reached, where `Accept` names JSON; else \
                                  empty.", body = Stopped),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn stop_all(State(app): State<App>, wants: Wants) -> Result<Response, Problem> {
    wants.answer_action(StatusCode::OK, &view::start::stop_all(&app).await?)
}

/// Starts one task, if it is its day and its switch is on.
#[utoipa::path(post, path = "/butler/{name}", tag = "butler",
    params(
        ("name" = String, Path, description = "The task's name, as `GET /butler` lists it.", example = "GenerateMediaIndexFiles"),
        ("force" = inline(Option<Switch>), Query, description = "1 starts it now, whatever day, switch, \
                                                                 window and \
                                                     back-off say, and has what is lost made anew; not what \
                                                     is there. An extension."),
    ),
    responses(
        (status = 200, description = "Started, scheduled or skipped: the header says which. The body says it \
                                      too where `Accept` names JSON.",
            body = Started, headers(("X-Butler-Outcome" = String, description = "`started; run=7`, `skipped; reason=not-its-day; due=2026-11-29`"))),
        (status = 202, description = "It was running or queued already; otherwise as 200.", body = Started),
        (status = 400, description = "`force` is neither 1 nor 0.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task.", body = Errors),
    ))]
async fn start(
    State(app): State<App>,
    wants: Wants,
    params: Params,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let started = view::start::start(&app, &name, params.flag("force")?).await?;
    let is_there = match &started.outcome {
        Outcome::Running { .. } => true,
        Outcome::Started { waits, .. } => waits.as_deref() == Some(BEHIND_ITSELF),
        Outcome::Scheduled { .. } | Outcome::Skipped { .. } => false,
    };
    let status = if is_there { StatusCode::ACCEPTED } else { StatusCode::OK };
    let outcome =
        HeaderValue::from_str(&started.outcome.to_string()).map_err(|error| Problem::bug(&error))?;
    let mut response = wants.answer_action(status, &started)?;
    response.headers_mut().insert(OUTCOME, outcome);
    Ok(response)
}

/// Stops one task, and takes what waits of it out of the queue.
#[utoipa::path(delete, path = "/butler/{name}", tag = "butler",
    params(("name" = String, Path, description = "The task's name, as `GET /butler` lists it.", example = "GenerateMediaIndexFiles")),
    responses(
        (status = 200, description = "The runs it reached, where `Accept` names JSON; else \
                                      empty.", body = Stopped),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task, or it neither runs nor waits.", body = Errors),
    ))]
async fn stop(State(app): State<App>, wants: Wants, Path(name): Path<String>) -> Result<Response, Problem> {
    wants.answer_action(StatusCode::OK, &view::start::stop(&app, &name).await?)
}

/// The code of the reason for which a run waits for another of its task.
const BEHIND_ITSELF: &str = "behind-itself";

fn task(view: TaskView) -> ButlerTask {
    ButlerTask {
        name: view.name,
        interval: view.every_days,
        schedule_randomized: view.randomized,
        enabled: view.enabled,
        title: view.title.into(),
        description: view.description.into(),
    }
}
