//! Checks the folder of blobs once after a start, on a thread of its own: a million files take their time,
//! and nothing waits for them. What it does is the library's; here it is begun, told to the log, and ended
//! with the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use butler_library::{BlobCheck, Library};

/// The check of a start. Dropped, it goes on to its end by itself.
#[derive(Debug)]
pub(crate) struct StartCheck {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StartCheck {
    pub(crate) fn begin(library: Library) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stopping);
        let thread = std::thread::Builder::new().name("blob check".to_owned()).spawn(move || {
            match library.check_blobs(None, &|| flag.load(Ordering::Relaxed)) {
                Ok(check) => tell(&check),
                // What could not be checked is found when it is asked for; the next start tries again.
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the folder of blobs could not be checked"
                ),
            }
        })?;
        Ok(Self { stopping, thread: Some(thread) })
    }

    /// Ends it, wherever it is.
    pub(crate) fn end(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the check of blobs panicked");
        }
    }
}

/// Tells the log what a check did.
pub(crate) fn tell(check: &BlobCheck) {
    let BlobCheck { whole, lost, staging_files, unknown, bytes, is_cut, is_away } = *check;
    if is_away {
        tracing::warn!(
            "products have files in the folder `blobs`, and its disk is not there: mount it and start Butler \
             again; if they are gone for good, `butler start TASK --force` makes them anew"
        );
        return;
    }
    tracing::info!(
        whole,
        lost,
        unknown,
        is_cut,
        staging_files,
        bytes,
        "blobs checked; what an earlier process was writing was removed, and files that nobody knows are \
         left to GarbageCollectBlobs"
    );
    if lost > 0 {
        tracing::warn!(
            lost,
            "products were lost from the folder of blobs; the next runs of their tasks make them anew"
        );
    }
}
