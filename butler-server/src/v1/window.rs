//! `/api/v1/window`: whether the maintenance window is open, for tools that must find it.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::Window;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(window))
}

/// Shows the maintenance window: whether it is open, until when, and when the next one opens.
#[utoipa::path(get, path = "/api/v1/window", tag = "plan", responses(
    (status = 200, description = "The window, in the server's local time.", body = Window),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn window(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::window::window(&app).await?)
}
