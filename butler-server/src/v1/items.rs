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
use crate::openapi::values::{FileProduct, of_files};
use crate::params::Params;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(items))
}

/// Lists files with their items: those whose content lacks a product that a task wishes, or the one at a
/// path.
#[utoipa::path(get, path = "/api/v1/items", tag = "products",
    params(
        ("lacking" = inline(Option<FileProduct>), Query, description = "A product that is made of files; \
                                                                        docs/analyse.md says what each is.",
            example = "bif"),
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
        (status = 409, description = "No task that is switched on makes this product of files.",
            body = Errors),
    ))]
async fn items(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let kinds = of_files().map(ProductKind::as_str).collect::<Vec<_>>().join(", ");
    let lacking = params.parsed::<ProductKind>("lacking", &kinds)?;
    if let Some(derived) = lacking.filter(|kind| kind.is_derived()) {
        return Err(Problem::bad_request(format!(
            "`lacking` is `{derived}`, which is made of no file by itself; it takes {kinds}."
        )));
    }
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
