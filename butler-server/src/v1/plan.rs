//! `/api/v1/plan`: what the nights ahead will bring, in words and for programs. What it says is reckoned by
//! the engine.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::Plan;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

/// As many nights can be asked for.
const MOST_NIGHTS: usize = 30;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(plan))
}

/// Plans the nights ahead: which task when, how long by past runs, what will not fit and why.
#[utoipa::path(get, path = "/api/v1/plan", tag = "plan",
    params(("nights" = Option<u32>, Query, minimum = 1, maximum = 30, description = "How many nights, 1 to 30; 1 if nothing is said.")),
    responses(
        (status = 200, description = "The plan, in the server's local time.", body = Plan),
        (status = 400, description = "There can't be a plan of so many nights.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn plan(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let nights: usize = params.parsed("nights", "a number from 1 to 30")?.unwrap_or(1);
    if !(1..=MOST_NIGHTS).contains(&nights) {
        return Err(Problem::bad_request(format!(
            "`nights` is `{nights}`, and takes a number from 1 to {MOST_NIGHTS}."
        )));
    }
    accept::json(&view::plan::plan(&app, nights).await?)
}
