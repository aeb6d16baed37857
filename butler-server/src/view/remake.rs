//! Products that are made anew on purpose. What that means is the library's business, and who makes what when
//! the engine's; here it is put into words.

use std::collections::BTreeMap;

use butler_api::TaskName;
use butler_api::v1::{LocalTime, Remade as RemadeBody, RemadeBy};
use butler_engine::PlanBasis;
use butler_library::{Remade, RemakeScope};
use butler_product::ProductKind;

use crate::app::App;
use crate::error::Problem;

/// What shall be made anew.
pub(crate) struct Remake {
    pub(crate) scope: RemakeScope,
    /// How the scope is called: `item 7`.
    pub(crate) what: String,
    pub(crate) kinds: Vec<ProductKind>,
    /// Only what is not there, because it failed or was lost.
    pub(crate) missing_only: bool,
}

/// Has products made anew by the next runs of their tasks.
pub(crate) async fn remake(app: &App, asked: Remake) -> Result<RemadeBody, Problem> {
    let Remake { scope, what, kinds, missing_only } = asked;
    let now = app.now();
    let of_kinds = kinds.clone();
    let remade = app.library(move |library| library.remake(&scope, &of_kinds, missing_only, now)).await?;
    let remade = remade.ok_or_else(|| Problem::not_found(format!("There is no {what}.")))?;
    let basis = app.handle.plan_basis().await?;
    let tasks = by_task(&remade, &kinds, &basis);
    Ok(RemadeBody {
        files: remade.sources,
        products: remade.products.values().sum(),
        failures: remade.failures.values().sum(),
        message: sentence(&remade, &tasks, missing_only),
        tasks,
    })
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
