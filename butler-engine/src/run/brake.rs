//! The brake of a run: by it the loop stops, or holds at its next step, what a run does on threads of its
//! own.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Stops a run's threads, or holds them at their next step.
#[derive(Debug, Default)]
pub(crate) struct Brake {
    state: Mutex<BrakeState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct BrakeState {
    stopping: bool,
    frozen: bool,
}

impl Brake {
    /// Tells the work to stop; it does, frozen or not.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    /// Holds the work at its next step, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.lock().frozen = frozen;
        self.changed.notify_all();
    }

    /// Whether the work may go on just now; it waits for nothing.
    pub(crate) fn is_let_go(&self) -> bool {
        let state = self.lock();
        !state.stopping && !state.frozen
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// A step of the work: waits while it is frozen, and says whether it shall stop.
    pub(crate) fn step(&self) -> bool {
        let state = self.changed.wait_while(self.lock(), |state| state.frozen && !state.stopping);
        state.unwrap_or_else(PoisonError::into_inner).stopping
    }

    /// Waits so long, or until it shall stop.
    pub(crate) fn wait(&self, duration: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), duration, |state| !state.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.step();
    }

    fn lock(&self) -> MutexGuard<'_, BrakeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn frozen_work_waits_at_its_next_step_until_it_is_let_go_on_and_a_stop_reaches_it_all_the_same() {
        let brake = Arc::new(Brake::default());
        assert!(!brake.step());
        for stop in [false, true] {
            brake.freeze(true);
            let (stepped, steps) = std::sync::mpsc::channel();
            let held = Arc::clone(&brake);
            let work = std::thread::spawn(move || stepped.send(held.step()).unwrap());
            assert!(steps.recv_timeout(Duration::from_millis(30)).is_err(), "it is held");
            if stop {
                brake.stop()
            } else {
                brake.freeze(false)
            }
            assert_eq!(steps.recv().unwrap(), stop);
            work.join().unwrap();
        }
    }
}
