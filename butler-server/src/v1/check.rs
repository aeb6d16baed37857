//! `/api/v1/sections/check`: what a folder would become as a section, found by a dry run of a scan that
//! writes nothing.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::{FilePath, SectionType};
use butler_api::v1::Check;
use butler_library::SectionKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Says what a folder would become as a section: items, versions, extras, and names that leave something
/// open.
#[utoipa::path(get, path = "/api/v1/sections/check", tag = "sections",
    params(
        ("folder" = inline(FilePath), Query, description = "The folder's whole path on the server's machine, \
                                                            under an \
                                                  allowed root."),
        ("type" = inline(Option<SectionType>), Query, description = "`movie`, `show`, `artist` or `photo`; \
                                                                     found out if \
                                                        nothing is said."),
    ),
    responses(
        (status = 200, description = "What it would become. Nothing was written.", body = Check),
        (status = 400, description = "The folder is missing or not allowed, or its type is neither said nor \
                                      clear.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 503, description = "The folder does not answer, or is too large for one \
                                      answer.", body = Errors),
    ))]
async fn check(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let folder = params.paths("folder").into_iter().next();
    let folder =
        folder.ok_or_else(|| Problem::bad_request("`folder` is missing: the whole path of a folder."))?;
    let kind = params.parsed::<SectionKind>("type", "movie, show, artist or photo")?;
    accept::json(&view::check::check(&app, folder, kind).await?)
}
