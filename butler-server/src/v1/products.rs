//! `/api/v1/items/{id}/products` and `/api/v1/parts/{id}/bandwidth`: what was made of an item's files, and
//! what was not.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{Bandwidth, Products as ProductsBody};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

/// The longest step of a curve, seconds.
const LONGEST_STEP: u32 = 3_600;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(of_item)).routes(routes!(bandwidth))
}

/// Lists what was made of an item's files, what could not be made, and what is still to come.
#[utoipa::path(get, path = "/api/v1/items/{id}/products", tag = "products",
    params(("id" = i64, Path, description = "The item's id, as Plex's `ratingKey`.")),
    responses(
        (status = 200, description = "The products, by part and then by kind; \
                                      failures; what is open.", body = ProductsBody),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item.", body = Errors),
    ))]
async fn of_item(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::products::of_item(&app, &id).await?)
}

/// Shows what a file needs of a network, second by second, and where its key frames are.
#[utoipa::path(get, path = "/api/v1/parts/{id}/bandwidth", tag = "products",
    params(
        ("id" = i64, Path, description = "The part's id."),
        ("step" = Option<u32>, Query, minimum = 1, maximum = 3600, description = "Seconds of one step of the \
                                                                                  curves: 1 if nothing is \
                                                                                  said, \
                                                     3,600 at most."),
    ),
    responses(
        (status = 200, description = "Rates, curves and key frames.", body = Bandwidth),
        (status = 400, description = "`step` is no such number.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such part, or this was not found out of it \
                                      yet.", body = Errors),
    ))]
async fn bandwidth(
    State(app): State<App>,
    params: Params,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let step = params.parsed::<u32>("step", "a number of seconds")?.unwrap_or(1);
    if !(1..=LONGEST_STEP).contains(&step) {
        return Err(Problem::bad_request(format!(
            "`step` is {step}, and takes 1 to {LONGEST_STEP} seconds."
        )));
    }
    accept::json(&view::products::bandwidth(&app, &id, step).await?)
}
