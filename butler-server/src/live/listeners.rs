//! Who listens: a bounded number, and all of them end when the server shuts down. An answer that never ends
//! by itself, and a socket that left HTTP behind, would hold up the end for ever otherwise.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::Problem;

/// Sockets and event sources at a time; each costs a task and its buffers.
const MOST: usize = 128;

/// The places for listeners; cheap to clone.
#[derive(Clone)]
pub(crate) struct Listeners {
    places: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// A listener's place; given back when it is dropped.
pub(crate) struct Place {
    closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Listeners {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), closing: watch::Sender::new(false) }
    }

    /// Takes a place, if there is one.
    pub(crate) fn place(&self) -> Result<Place, Problem> {
        if *self.closing.borrow() {
            return Err(butler_engine::Gone.into());
        }
        let full = |_| {
            Problem::unavailable(format!(
                "{MOST} clients listen already, and no more can. Close one of them and try again."
            ))
        };
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        Ok(Place { closing: self.closing.subscribe(), _permit: permit })
    }

    /// Tells every listener that it is over. A later one is refused.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }
}

impl Place {
    /// Ready when the server shuts down.
    pub(crate) async fn closing(&mut self) {
        // No sender any more is an end too.
        let _ = self.closing.wait_for(|closing| *closing).await;
    }
}
