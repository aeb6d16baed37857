//! What tasks demand by the settings that hold: all tasks together, whose lacks are kept whether they are on
//! or off; and those that are on, which is what is left to do.

use std::collections::BTreeMap;

use butler_library::{Library, Scope, StoreError};
use butler_product::{ProductKind, Spec, Traits};
use butler_tasks::{Catalogue, Demand, Settings};

/// What all tasks demand together, each once.
pub(crate) fn of_all(catalogue: &Catalogue, settings: &Settings) -> Vec<(Spec, Traits)> {
    let stated = catalogue.tasks().flat_map(|task| task.demands(settings));
    once(stated.map(|demand| (demand.spec, demand.needs)))
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
/// lack a product that is demanded by tasks only which are off.
pub(crate) fn lacking(
    library: &Library,
    catalogue: &Catalogue,
    settings: &Settings,
) -> Result<BTreeMap<ProductKind, u64>, StoreError> {
    let (mut lacking, mut asked) = (BTreeMap::new(), Vec::new());
    for task in catalogue.tasks() {
        let is_on = settings.is_on(task.switch);
        for Demand { spec, needs } in task.demands(settings) {
            let count = lacking.entry(spec.kind()).or_insert(0);
            let demand =
                (spec, Scope { section: None, needs, switch: task.section_switch.map(|switch| switch.id) });
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
