//! `/api/v1/items`: the files that lack a product, and the one that lies at a path, each with its item.

use axum::extract::State;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{ItemFile as Body, ItemFiles};
use butler_engine::Wish;
use butler_library::{Ancestor, ItemFile, ItemKind, ItemRow, Library, PartId, Scope, SectionId, StoreError};
use butler_product::ProductKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::{self, Params};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(items))
}

/// Lists files with their items: those whose content lacks a product that a task wishes, or the one at a
/// path.
#[utoipa::path(get, path = "/api/v1/items", tag = "products",
    params(
        ("lacking" = Option<String>, Query, description = "`media_info`, `bif`, `bandwidth`, `tags` or \
                                                           `photo`.", example = "bif"),
        ("section" = Option<i64>, Query, description = "Of those only the ones of this section."),
        ("file" = Option<String>, Query, description = "A whole path on the server; this or `lacking` must be \
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
        (status = 404, description = "There is no such section, or no such part to be behind of.", body = Errors),
    ))]
async fn items(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let lacking = params.parsed::<ProductKind>("lacking", "media_info, bif, bandwidth, tags or photo")?;
    let section = params.parsed::<SectionId>("section", "a section's id")?;
    let path = params.paths("file").into_iter().next();
    let after = params.parsed::<PartId>("after", "a part's id")?;
    let page = params.page()?;
    let (files, total) = match (lacking, path) {
        (Some(kind), None) => {
            let wishes = app.handle.wishes();
            app.library(move |library| lacking_files(library, wishes, kind, section, (after, page))).await?
        }
        (None, Some(path)) => {
            let file = app.library(move |library| library.file_at(&path)).await?;
            let total = u64::from(file.is_some());
            (file.into_iter().collect(), Some(total))
        }
        _ => {
            return Err(Problem::bad_request(
                "Either `lacking` or `file` must be given: a product, or the whole path of a file.",
            ));
        }
    };
    accept::json(&ItemFiles { files: files.into_iter().map(body).collect(), total })
}

/// The files of the first wish of this product: no two tasks wish one product of different sources.
fn lacking_files(
    library: &Library,
    wishes: Vec<Wish>,
    kind: ProductKind,
    section: Option<SectionId>,
    (after, page): (Option<PartId>, params::Page),
) -> Result<(Vec<ItemFile>, Option<u64>), Problem> {
    if let Some(id) = section
        && library.section(id)?.is_none()
    {
        return Err(StoreError::Unknown { what: "section", id: id.0 }.into());
    }
    match wishes.into_iter().find(|wish| wish.spec.kind() == kind) {
        Some(wish) => {
            let scope = Scope { section, ..wish.scope };
            Ok(library.files_lacking(&wish.spec, &scope, after, (page.start.into(), page.size.into()))?)
        }
        None => Ok((Vec::new(), Some(0))),
    }
}

fn body(file: ItemFile) -> Body {
    let ItemFile { item, part, path, size } = file;
    Body {
        item: item.id.0,
        kind: item.kind.as_str().into(),
        title: title(&item),
        section: item.section.0,
        part: part.0,
        file: path.to_string_lossy().into_owned(),
        bytes: size,
    }
}

/// An item with what it belongs to, in one line.
fn title(item: &ItemRow) -> String {
    let own = item.year.map_or_else(|| item.title.clone(), |year| format!("{} ({year})", item.title));
    let above = |ancestor: &Ancestor| match (ancestor.kind, ancestor.number) {
        (ItemKind::Season, Some(number)) => format!("season {number}"),
        _ => ancestor.title.clone(),
    };
    let above: Vec<String> = [&item.grandparent, &item.parent].into_iter().flatten().map(above).collect();
    match (item.kind, item.number) {
        _ if above.is_empty() => {
            item.edition.as_ref().map_or(own.clone(), |edition| format!("{own}, {edition}"))
        }
        (ItemKind::Episode, Some(number)) => format!("{}, episode {number}: {own}", above.join(", ")),
        (ItemKind::Track, Some(number)) => format!("{}, track {number}: {own}", above.join(", ")),
        _ => format!("{}: {own}", above.join(", ")),
    }
}
