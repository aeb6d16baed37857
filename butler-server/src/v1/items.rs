//! `/api/v1/items`: the files that lack a product, and the one that lies at a path, each with its item.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::FilePath;
use butler_api::v1::ItemFiles;
use butler_library::{PartId, SectionId};
use butler_product::ProductKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::params::Params;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(items))
}

/// Lists files with their items: those whose content lacks a product that a task wishes, or the one at a
/// path.
#[utoipa::path(get, path = "/api/v1/items", tag = "products",
    params(
        ("lacking" = Option<String>, Query, description = "A product that a task makes of files, as `bif`; \
                                                           docs/analyse.md has all.", example = "bif"),
        ("section" = Option<i64>, Query, description = "Of those only the ones of this section."),
        ("file" = inline(Option<FilePath>), Query, description = "A whole path on the server; this or \
                                                                  `lacking` must be \
                                                        given."),
        ("after" = Option<i64>, Query, description = "A part's id, as the last of a page has it: only those \
                                                      behind it, and no total."),
        ("start" = Option<u32>, Query, description = "The place of the first one, from 0."),
        ("size" = Option<u32>, Query, description = "How many, 100 if nothing is said, 10,000 at most."),
    ),
    responses(
        (status = 200, description = "A page of files, and how many there are in all.", body = ItemFiles),
        (status = 400, description = "A parameter can't be read, or neither `lacking` nor \
                                      `file` is given.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such section, or no such part to be behind of.",
            body = Errors),
    ))]
async fn items(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let kinds = ProductKind::ALL.map(ProductKind::as_str).join(", ");
    let lacking = params.parsed::<ProductKind>("lacking", &kinds)?;
    let section = params.parsed::<SectionId>("section", "a section's id")?;
    let path = params.paths("file").into_iter().next();
    let after = params.parsed::<PartId>("after", "a part's id")?;
    let page = params.page()?;
    let found = match (lacking, path) {
        (Some(kind), None) => view::items::lacking(&app, kind, section, after, page).await?,
        (None, Some(path)) => view::items::at(&app, path).await?,
        _ => {
            return Err(Problem::bad_request(
                "Either `lacking` or `file` must be given: a product, or the whole path of a file.",
            ));
        }
    };
    accept::json(&found)
}
