//! `/api/v1/nights/last`: whether the last night was well, for tools that tell people.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::LastNight;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(last_night))
}

/// Tells what became of the newest night whose window is over.
#[utoipa::path(get, path = "/api/v1/nights/last", tag = "plan", responses(
    (status = 200, description = "The night, times in the server's zone; without a `day` if none has passed \
                                  yet.", body = LastNight),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn last_night(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::nights::last(&app).await?)
}
