//! `/healthz`: whether the server can do its work. Needs no token, so it says nothing about the library's
//! content.

use axum::extract::State;
use axum::response::Response;
use butler_api::v1::Health;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health))
}

/// Says whether the server can do its work; needs no token.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()), responses(
    (status = 200, description = "`ok`, or `degraded` with what is wrong and what to do.", body = Health),
    (status = 503, description = "The server is shutting down."),
))]
async fn health(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::health::health(&app).await?)
}
