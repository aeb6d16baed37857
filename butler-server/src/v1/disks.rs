//! `/api/v1/disks`: which disks hold the libraries' folders, and what is read of them.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::Disks;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(disks))
}

/// Lists the disks that hold the libraries' folders, with how many files are read whole of each at one time.
#[utoipa::path(get, path = "/api/v1/disks", tag = "server", responses(
    (status = 200, description = "The disks, by name.", body = Disks),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn disks(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::disks::disks(&app).await?)
}
