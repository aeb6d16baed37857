//! What tasks wish by the settings that hold, walked in one place: each wish with the task whose runs make it
//! come true and where it is meant; all together, whose lacks are kept whether the tasks are on or off; and
//! those of tasks that are on, which is what is left to do. What is lacking the library says.

use std::collections::BTreeMap;

use butler_api::TaskName;
use butler_library::{Library, Scope, StoreError, Versions};
use butler_product::{ProductKind, Spec, Traits};
use butler_tasks::{Catalogue, Settings, Task};

/// A wish of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The task.
    pub task: TaskName,
    /// The product.
    pub spec: Spec,
    /// The sources that shall have it, in every section where the task is on.
    pub scope: Scope<'static>,
}

impl Wish {
    /// Whether it is for what is not there, and not for what an older version made.
    pub fn is_for_lacking(&self) -> bool {
        self.scope.versions == Versions::Usable
    }
}

/// Every wish of every task, in the catalogue's order.
pub(crate) fn wishes(catalogue: &Catalogue, settings: &Settings) -> Vec<Wish> {
    catalogue.tasks().flat_map(|task| of_task(task, settings)).collect()
}

fn of_task(task: &'static Task, settings: &Settings) -> impl Iterator<Item = Wish> {
    task.demands(settings).into_iter().map(move |demand| Wish {
        task: task.name.clone(),
        scope: demand.scope(None),
        spec: demand.spec,
    })
}

/// What all tasks demand together, each once: what is lacking, not what would be made anew.
pub(crate) fn of_all(catalogue: &Catalogue, settings: &Settings) -> Vec<(Spec, Traits)> {
    let lacking = wishes(catalogue, settings).into_iter().filter(Wish::is_for_lacking);
    once(lacking.map(|wish| (wish.spec, wish.scope.needs)))
}

/// Each demand once, however many tasks state it.
fn once(stated: impl Iterator<Item = (Spec, Traits)>) -> Vec<(Spec, Traits)> {
    let mut all = Vec::new();
    for demand in stated {
        if !all.contains(&demand) {
            all.push(demand);
        }
    }
    all
}

/// How many sources lack each product that a task which is on demands, in the sections where it is on; none
/// lack a product that is demanded by tasks only which are off. What is derived is not counted here: this is
/// asked every few seconds, and the digests of all items' inputs take longer than that in a large library.
pub(crate) fn lacking(
    library: &Library,
    catalogue: &Catalogue,
    settings: &Settings,
) -> Result<BTreeMap<ProductKind, u64>, StoreError> {
    let (mut lacking, mut asked) = (BTreeMap::new(), Vec::new());
    for task in catalogue.tasks() {
        let is_on = settings.is_on(task.switch);
        for Wish { spec, scope, .. } in of_task(task, settings).filter(Wish::is_for_lacking) {
            let count = lacking.entry(spec.kind()).or_insert(0);
            let demand = (spec, scope);
            if is_on && !asked.contains(&demand) {
                *count += library.lack_count(&demand.0, &demand.1)?;
                asked.push(demand);
            }
        }
    }
    Ok(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_tasks_demand_is_kept_once() {
        let (headers, tags) = ((Spec::MediaInfo, Traits::CONTENT), (Spec::Tags, Traits::TAGGED));
        let stated = [headers.clone(), tags.clone(), headers.clone()];
        assert_eq!(once(stated.into_iter()), [headers.clone(), tags]);
        assert!(of_all(&Catalogue::default(), &Settings::default()).contains(&headers));
    }
}
