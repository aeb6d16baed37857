//! `/api/v1/remake`: has products made anew on purpose. What that means is the library's business, and who
//! makes what when the engine's; here it is put into words.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use butler_api::TaskName;
use butler_api::plex::Errors;
use butler_api::v1::{LocalTime, Remade as RemadeBody, RemadeBy};
use butler_engine::PlanBasis;
use butler_library::{ItemId, PartId, Remade, RemakeScope, SectionId};
use butler_product::ProductKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

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
        ("file" = Option<String>, Query, description = "Of the file at this whole path."),
        ("section" = Option<i64>, Query, description = "Of all files of this section."),
        ("products" = Option<String>, Query, description = "Only these kinds, apart by commas: \
                                                            `bif,bandwidth`."),
        ("missing" = Option<u8>, Query, description = "1: only what is not there, because it failed, or was \
                                                       lost from the data folder."),
    ),
    responses(
        (status = 200, description = "What is made anew, by which tasks, and when.", body = RemadeBody),
        (status = 400, description = "Not one thing is named, or a product that there is \
                                      not.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such item, part, file or section.", body = Errors),
    ))]
async fn remake(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let (scope, what) = scope(&params)?;
    let kinds = kinds(&params)?;
    let missing_only = params.flag("missing")?;
    let now = app.now();
    let (asked, of) = (kinds.clone(), scope.clone());
    let remade = app.library(move |library| library.remake(&of, &asked, missing_only, now)).await?;
    let remade = remade.ok_or_else(|| Problem::not_found(format!("There is no {what}.")))?;
    let basis = app.handle.plan_basis().await?;
    let tasks = by_task(&remade, &kinds, &basis);
    accept::json(&RemadeBody {
        files: remade.sources,
        products: remade.products.values().sum(),
        failures: remade.failures.values().sum(),
        message: sentence(&remade, &tasks, missing_only),
        tasks,
    })
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

/// Which task makes how much of it, and when.
fn by_task(remade: &Remade, kinds: &[ProductKind], basis: &PlanBasis) -> Vec<RemadeBy> {
    let mut tasks: BTreeMap<TaskName, RemadeBy> = BTreeMap::new();
    for kind in kinds {
        let count = [&remade.products, &remade.failures]
            .into_iter()
            .filter_map(|counts| counts.get(kind))
            .sum::<u64>();
        // One that several tasks make is made by the first that comes to it; it is told of that one.
        let Some(task) = (count > 0).then(|| basis.makers(Some(*kind)).into_iter().next()).flatten() else {
            continue;
        };
        let next = basis.next_night(task, basis.now).map(|night| LocalTime::of(night.from, basis.zone()));
        let by = tasks.entry(task.clone()).or_insert_with(|| RemadeBy {
            task: task.clone(),
            kinds: Vec::new(),
            count: 0,
            next,
        });
        by.kinds.push(kind.as_str().to_owned());
        by.count += count;
    }
    tasks.into_values().collect()
}

fn sentence(remade: &Remade, tasks: &[RemadeBy], missing_only: bool) -> String {
    let many =
        |number: u64, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
    let files = many(remade.sources, "file");
    if tasks.is_empty() {
        return match missing_only {
            true => format!(
                "Nothing of {files} is lost or failed; what was never made is made without being asked for."
            ),
            false => {
                format!("Nothing was made of {files} yet; what is lacking is made without being asked for.")
            }
        };
    }
    let part = |by: &RemadeBy| {
        let products = many(by.count, "product");
        match by.next {
            Some(at) => format!(
                "{products} by {} in the night of {} (from {})",
                by.task,
                at.civil().date(),
                at.clock()
            ),
            None => format!("{products} when {} is started, for it does not run by itself", by.task),
        }
    };
    let parts: Vec<String> = tasks.iter().map(part).collect();
    format!("Of {files} is made anew: {}. Until then what is there serves.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_how_much_is_made_by_which_task_and_when() {
        let remade = |sources| Remade { sources, ..Remade::default() };
        let by = |count, next: Option<&str>| RemadeBy {
            task: TaskName::GenerateMediaIndexFiles,
            kinds: vec!["bif".to_owned()],
            count,
            next: next.map(|at| at.parse().unwrap()),
        };
        assert_eq!(
            sentence(&remade(3), &[by(2, Some("2026-11-24T02:00:00+01:00"))], false),
            "Of 3 files is made anew: 2 products by GenerateMediaIndexFiles in the night of 2026-11-24 (from \
             02:00). Until then what is there serves."
        );
        assert!(
            sentence(&remade(1), &[by(1, None)], false)
                .starts_with("Of 1 file is made anew: 1 product when GenerateMediaIndexFiles is")
        );
        assert!(sentence(&remade(1), &[], true).starts_with("Nothing of 1 file is lost or failed"));
    }
}
