//! What the tasks wish by the settings that hold: each wish with the task whose runs make it come true, and where it is meant.
//!
//! States only; what is lacking the library says. The list here is the one that everybody asks: what is kept of lacks, and who shows
//! what is still to come of a file.

use butler_api::TaskName;
use butler_library::Scope;
use butler_product::Spec;
use butler_tasks::{Does, Settings};

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
pub(crate) fn wishes(settings: &Settings) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for task in butler_tasks::ALL {
        let demands = match task.does {
            Does::Analyse(demands) => demands(settings),
            Does::Work { then, .. } => then(),
            Does::KeepHouse(_) => Vec::new(),
        };
        let switch = task.section_switch.map(|switch| switch.id);
        wishes.extend(demands.into_iter().map(|demand| Wish {
            task: task.name.clone(),
            spec: demand.spec,
            scope: Scope { section: None, subjects: demand.subjects, switch },
        }));
    }
    wishes
}
