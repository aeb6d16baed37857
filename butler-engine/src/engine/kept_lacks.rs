//! Has the library keep the lacks of what the tasks demand by the settings that hold: at the start and when settings change, on a
//! thread of its own, since what is demanded for the first time has to be counted. Until then the library answers all the same, slower.

use std::sync::{Arc, Mutex, PoisonError};

use butler_library::{Library, Subjects};
use butler_product::Spec;
use butler_tasks::Settings;
use tokio::sync::watch;

use crate::wish::wishes;

/// What the thread works with; clones do one after the other.
#[derive(Clone)]
pub(super) struct KeptLacks {
    library: Library,
    settings: watch::Receiver<Arc<Settings>>,
    one_by_one: Arc<Mutex<()>>,
}

impl KeptLacks {
    pub(super) fn new(library: &Library, settings: watch::Receiver<Arc<Settings>>) -> Self {
        Self { library: library.clone(), settings, one_by_one: Arc::default() }
    }

    /// Sees to it that what is kept is what is demanded by now.
    pub(super) fn renew(&self) {
        let kept = self.clone();
        let started = std::thread::Builder::new().name("kept lacks".to_owned()).spawn(move || {
            let _turn = kept.one_by_one.lock().unwrap_or_else(PoisonError::into_inner);
            let demands = demands(&kept.settings.borrow());
            if let Err(error) = kept.library.keep_lacks(&demands) {
                tracing::warn!(error = &error as &dyn std::error::Error, "the lacks could not be counted; each question counts them");
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "no thread could be started to count the lacks; each question counts them");
        }
    }
}

/// What all tasks demand together.
fn demands(settings: &Settings) -> Vec<(Spec, Subjects)> {
    let mut all = Vec::new();
    for demand in wishes(settings).into_iter().map(|wish| (wish.spec, wish.scope.subjects)) {
        if !all.contains(&demand) {
            all.push(demand);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_tasks_demand_is_kept_once() {
        let demands = demands(&Settings::default());
        assert!(demands.contains(&(Spec::MediaInfo, Subjects::AllParts)));
        let mut once = demands.clone();
        once.dedup();
        assert_eq!(once, demands);
    }
}
