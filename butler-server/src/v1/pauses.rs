//! `/api/v1/pauses`: holds everything and lets it go on. What a pause does is the schedule's and the
//! engine's.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::PauseOwner;
use butler_api::plex::Errors;
use butler_api::schema::{HoldTime, Switch};
use butler_api::v1::Pauses;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::view::pauses::Hold;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, resume_all)).routes(routes!(pause, resume))
}

/// Lists what holds everything.
#[utoipa::path(get, path = "/api/v1/pauses", tag = "pauses", responses(
    (status = 200, description = "The pauses, one an owner at most; while there is one, \
                                  nothing begins.", body = Pauses),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::pauses::list(&app).await?)
}

/// Holds everything, in place of an earlier pause of the same owner.
#[utoipa::path(put, path = "/api/v1/pauses/{owner}", tag = "pauses",
    params(
        ("owner" = inline(PauseOwner), Path, description = "`person`, `playback`, `load` or `window`; the \
                                                            last ends when \
                                                the window opens."),
        ("for" = inline(Option<HoldTime>), Query, description = "`30m`, `1h30m`, or `until-window`; without \
                                                                 it, until \
                                                       it is lifted."),
        ("drain" = inline(Option<Switch>), Query, description = "1 lets what is in hand come to its end; else \
                                                                 it is \
                                                     frozen where it is."),
        ("note" = Option<String>, Query, max_length = 500, description = "Why, for people; 500 characters at \
                                                                          most."),
    ),
    responses(
        (status = 200, description = "All pauses that there are then.", body = Pauses),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 507, description = "It can't be stored, for the disk is full; nothing was changed.",
            body = Errors),
    ))]
async fn pause(
    State(app): State<App>,
    Path(owner): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let hold = Hold { time: params.get("for"), note: params.get("note"), drains: params.flag("drain")? };
    accept::json(&view::pauses::hold(&app, &owner, hold).await?)
}

/// Lifts one owner's pause.
#[utoipa::path(delete, path = "/api/v1/pauses/{owner}", tag = "pauses",
    params(("owner" = inline(PauseOwner), Path, description = "`person`, `playback`, `load` or `window`.")),
    responses(
        (status = 200, description = "The pause that was lifted; none if there was none.", body = Pauses),
        (status = 400, description = "There is no such owner.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 507, description = "It can't be stored, for the disk is full; nothing was changed.",
            body = Errors),
    ))]
async fn resume(State(app): State<App>, Path(owner): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::pauses::lift(&app, Some(&owner)).await?)
}

/// Lifts every pause.
#[utoipa::path(delete, path = "/api/v1/pauses", tag = "pauses", responses(
    (status = 200, description = "The pauses that were lifted.", body = Pauses),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
    (status = 507, description = "It can't be stored, for the disk is full; nothing was changed.",
        body = Errors),
))]
async fn resume_all(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::pauses::lift(&app, None).await?)
}
