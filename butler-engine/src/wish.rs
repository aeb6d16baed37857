//! What the tasks of the catalogue wish by the settings that hold: each wish with the task whose runs make it
//! come true, and where it is meant. Who shows what is still to come of a file asks this list; what is
//! lacking the library says.

use butler_api::TaskName;
use butler_library::Scope;
use butler_product::Spec;
use butler_tasks::{Catalogue, Settings};

/// A wish of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The task.
    pub task: TaskName,
    /// The product.
    pub spec: Spec,
    /// The sources that shall have it, in every section where the task is on.
    pub scope: Scope,
}

/// Every wish of every task, in the catalogue's order.
pub(crate) fn wishes(catalogue: &Catalogue, settings: &Settings) -> Vec<Wish> {
    let of_task = |task: &'static butler_tasks::Task| {
        let switch = task.section_switch.map(|switch| switch.id);
        task.demands(settings).into_iter().map(move |demand| Wish {
            task: task.name.clone(),
            spec: demand.spec,
            scope: Scope { section: None, needs: demand.needs, switch },
        })
    };
    catalogue.tasks().flat_map(of_task).collect()
}
