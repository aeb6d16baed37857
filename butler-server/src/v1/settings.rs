//! `/api/v1/settings`: the settings with their type, default, what they take and who gave the value that
//! holds.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{Setting, Settings};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

/// What takes a person's word back, in the query of a change.
const RESET: &str = "reset";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, change)).routes(routes!(one))
}

/// Lists the settings.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings", responses(
    (status = 200, description = "The settings, in the table's order.", body = Settings),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn list(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&view::settings::list(&app))
}

/// Shows one setting.
#[utoipa::path(get, path = "/api/v1/settings/{id}", tag = "settings",
    params(("id" = String, Path, description = "The setting's id.", example = "ButlerStartHour")),
    responses(
        (status = 200, description = "The setting.", body = Setting),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such setting.", body = Errors),
    ))]
async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    accept::json(&view::settings::one(&app, &id)?)
}

/// Changes settings, all that are named or none; answers those that have another value now.
#[utoipa::path(put, path = "/api/v1/settings", tag = "settings",
    params(
        ("ButlerStartHour" = Option<String>, Query, description = "A new value, by the setting's id; so for \
                                                                   each of them."),
        ("reset" = Option<Vec<String>>, Query, description = "The id of a setting that shall have its default \
                                                              again; may be given several times."),
    ),
    responses(
        (status = 200, description = "Done; the settings that have another value now.", body = Settings),
        (status = 400, description = "There is no such setting, or it does not take this value; the sentence \
                                      says what it takes.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 403, description = "The settings' file fixes one of them.", body = Errors),
        (status = 507, description = "They can't be stored, for the disk is full; none was changed.",
            body = Errors),
    ))]
async fn change(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let change = |(id, text): (&str, &str)| {
        if id == RESET { (text.to_owned(), None) } else { (id.to_owned(), Some(text.to_owned())) }
    };
    accept::json(&view::settings::change(&app, params.words().map(change).collect()).await?)
}
