//! `/activities`: what the server is busy with, and its end. What an activity is stands in [`board`]; a run's
//! end is the engine's business.

use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use butler_api::RunState;
use butler_api::plex::{Activities, Container, Errors};
use butler_api::v1::Stopped;
use butler_engine::{Gone, StopReply};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::board::Board;
use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;

mod board;
mod feed;
mod kind;

pub(crate) use board::uuid_of_run;
pub(crate) use feed::{Feed, Notice};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(cancel))
}

/// Lists what the server is busy with: each run that works, is paused or is stopping, and beside it the
/// section it scans.
#[utoipa::path(get, path = "/activities", tag = "activities", responses(
    (status = 200, description = "The activities; without the key `Activity` if there are none. The types are \
                                  those of a Plex Media Server, and `butler` where none is known of it. \
                                  Progress is -1 while the total is unknown.",
        content((Container<Activities> = "application/json"), (Container<Activities> = "text/xml"))),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list(State(app): State<App>, wants: Wants) -> Result<Response, Problem> {
    let activities: Vec<_> = board_now(&app).await?.list().cloned().collect();
    wants.answer(&Container::new(Activities { size: activities.len() as u64, activities }))
}

/// Ends an activity: its run is stopped, and no other.
#[utoipa::path(delete, path = "/activities/{uuid}", tag = "activities",
    params(("uuid" = String, Path, description = "The activity's id, as `GET /activities` lists it.")),
    responses(
        (status = 200, description = "Its run stops, and no other of its task: the run, where `Accept` names \
                                      JSON; else empty.",
            body = Stopped),
        (status = 400, description = "It can't be cancelled: it is stopping already.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such activity, or it has ended.", body = Errors),
    ))]
async fn cancel(State(app): State<App>, wants: Wants, Path(uuid): Path<String>) -> Result<Response, Problem> {
    let unknown =
        || Problem::not_found("There is no such activity; `GET /activities` lists those there are.");
    let board = board_now(&app).await?;
    let (run, state) = board.find(&uuid).ok_or_else(unknown)?;
    if state == RunState::Stopping {
        return Err(Problem::bad_request("It can't be cancelled: it is stopping already."));
    }
    match app.handle.stop_run(run).await? {
        StopReply::Stopped(runs) => wants.answer_action(StatusCode::OK, &Stopped { runs }),
        // It ended between the two questions.
        StopReply::NotRunning | StopReply::Unknown => Err(unknown()),
    }
}

/// What runs at this moment.
async fn board_now(app: &App) -> Result<Board, Gone> {
    let mut board = Board::new(app.handle.library().server_id());
    board.follow(Instant::now(), &app.handle.follow().await?.now);
    Ok(board)
}
