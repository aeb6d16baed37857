//! Has the library keep the lacks of what the tasks demand by the settings that hold: at the start and when
//! settings change, on a thread of its own, since what is demanded for the first time has to be counted.
//! Until then the library answers all the same, slower.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use butler_library::Library;
use butler_tasks::{Catalogue, Settings};
use tokio::sync::watch;

use crate::demands;

/// What the thread works with; clones do one after the other.
#[derive(Clone)]
pub(super) struct KeptLacks {
    library: Library,
    settings: watch::Receiver<Arc<Settings>>,
    catalogue: Catalogue,
    one_by_one: Arc<Mutex<()>>,
    /// A thread waits for its turn, and will see the newest settings.
    is_awaited: Arc<AtomicBool>,
}

impl KeptLacks {
    pub(super) fn new(
        library: &Library,
        settings: watch::Receiver<Arc<Settings>>,
        catalogue: Catalogue,
    ) -> Self {
        Self {
            library: library.clone(),
            settings,
            catalogue,
            one_by_one: Arc::default(),
            is_awaited: Arc::default(),
        }
    }

    /// Sees to it that what is kept is what is demanded by now.
    pub(super) fn renew(&self) {
        if self.is_awaited.swap(true, Ordering::AcqRel) {
            return;
        }
        let kept = self.clone();
        let started = std::thread::Builder::new().name("kept lacks".to_owned()).spawn(move || {
            let _turn = kept.one_by_one.lock().unwrap_or_else(PoisonError::into_inner);
            kept.is_awaited.store(false, Ordering::Release);
            let demands = demands::of_all(&kept.catalogue, &kept.settings.borrow());
            if let Err(error) = kept.library.keep_lacks(&demands) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the lacks could not be counted; each question counts them"
                );
            }
        });
        if let Err(error) = started {
            self.is_awaited.store(false, Ordering::Release);
            tracing::warn!(%error, "no thread could be started to count the lacks; each question counts \
                                    them");
        }
    }
}
