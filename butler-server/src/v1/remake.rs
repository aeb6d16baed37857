//! `/api/v1/remake`: has products made anew on purpose. What that means is the library's business, and who
//! makes what when the engine's; here it is put into words.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::schema::{FilePath, Switch};
use butler_api::v1::Remade as RemadeBody;
use butler_library::{ItemId, PartId, RemakeScope, SectionId};
use butler_product::ProductKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use crate::openapi::values::ProductList;
use crate::params::Params;
use crate::view::remake::Remake;
use crate::{accept, view};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(remake))
}

/// Has the products of an item, a file or a section made anew by the next runs of their tasks.
///
/// The old ones serve until then.
#[utoipa::path(post, path = "/api/v1/remake", tag = "products",
    params(
        ("item" = Option<i64>, Query, description = "Of the files of this item, and of all below it."),
        ("part" = Option<i64>, Query, description = "Of this part's file."),
        ("file" = inline(Option<FilePath>), Query, description = "Of the file at this whole path, a picture \
                                                                  beside the media too."),
        ("section" = Option<i64>, Query, description = "Of all files of this section."),
        ("products" = inline(Option<ProductList>), Query, description = "Only these kinds, apart by commas: \
                                                            `bif,bandwidth`."),
        ("missing" = inline(Option<Switch>), Query, description = "1: only what is not there, because it \
                                                                   failed, or was \
                                                       lost from the data folder."),
        ("now" = inline(Option<Switch>), Query, description = "1: starts the tasks that make it, of these \
                                                               files only, whatever day, switch and window \
                                                               say. What is asked for while such a run \
                                                               works is made by one behind it."),
    ),
    responses(
        (status = 200, description = "What is made anew, by which tasks, and when.", body = RemadeBody),
        (status = 400, description = "Not one thing is named, or a product that there is not; or, with \
                                      `now`, one that has more files than a run is limited to.",
            body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item, part, file or section.", body = Errors),
    ))]
async fn remake(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let (scope, what) = scope(&params)?;
    let (missing_only, now) = (params.flag("missing")?, params.flag("now")?);
    let asked = Remake { scope, what, kinds: kinds(&params)?, missing_only, now };
    accept::json(&view::remake::remake(&app, asked).await?)
}

/// The one thing that is named, and how it is called.
fn scope(params: &Params) -> Result<(RemakeScope, String), Problem> {
    let id = |name: &str| params.parsed::<i64>(name, "an id");
    let [item, part, section] = [id("item")?, id("part")?, id("section")?];
    let file = params.paths("file").into_iter().next();
    let scopes = [
        item.map(|id| (RemakeScope::Item(ItemId(id)), format!("item {id}"))),
        part.map(|id| (RemakeScope::Part(PartId(id)), format!("part {id}"))),
        section.map(|id| (RemakeScope::Section(SectionId(id)), format!("section {id}"))),
        file.map(|path| {
            let what = format!("file `{}` in any section, as of the last scan", path.display());
            (RemakeScope::File(path), what)
        }),
    ];
    let mut named = scopes.into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(scope), None) => Ok(scope),
        _ => Err(Problem::bad_request("Name one of `item`, `part`, `file` and `section`.")),
    }
}

fn kinds(params: &Params) -> Result<Vec<ProductKind>, Problem> {
    let Some(words) = params.get("products") else { return Ok(ProductKind::ALL.to_vec()) };
    let kind = |word: &str| {
        word.trim()
            .parse::<ProductKind>()
            .map_err(|error| Problem::bad_request(format!("`products`: {error}.")))
    };
    words.split(',').map(kind).collect()
}
