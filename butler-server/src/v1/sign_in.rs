//! `/api/v1/sign-in`: gives who has the token an address that opens the pages signed in, once.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::SignIn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign_in))
}

/// Makes an address that opens the pages signed in: good for some minutes, and once.
#[utoipa::path(post, path = "/api/v1/sign-in", tag = "server", responses(
    (status = 200, description = "The address, without the server's own part.", body = SignIn),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn sign_in(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&app.sign_in().map_err(|error| Problem::bug(&error))?)
}
