//! `/activities`: what the server is busy with, and its end. What runs is found out in [`crate::live`]; its
//! form in Plex's words is made in [`activity`].

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

use crate::accept::Wants;
use crate::app::App;
use crate::error::Problem;
use crate::live::Board;

mod activity;
mod kind;

pub(crate) use activity::{notification, uuid_of_run};

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
    let server_id = app.handle.library().server_id();
    let board = board_now(&app).await?;
    let activities: Vec<_> = board.list().map(|doing| activity::of(server_id, doing)).collect();
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
    let server_id = app.handle.library().server_id();
    let mut doings = board.list();
    let doing = doings.find(|doing| activity::uuid(server_id, doing).eq_ignore_ascii_case(&uuid));
    let doing = doing.ok_or_else(unknown)?;
    if doing.state == RunState::Stopping {
        return Err(Problem::bad_request("It can't be cancelled: it is stopping already."));
    }
    match app.handle.stop_run(doing.run).await? {
        StopReply::Stopped(runs) => wants.answer_action(StatusCode::OK, &Stopped { runs }),
        // It ended between the two questions.
        StopReply::NotRunning | StopReply::Unknown => Err(unknown()),
    }
}

/// What runs at this moment.
async fn board_now(app: &App) -> Result<Board, Gone> {
    let mut board = Board::default();
    board.follow(Instant::now(), &app.handle.follow().await?.now);
    Ok(board)
}
