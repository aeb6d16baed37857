//! Holds everything while a pause says so: nothing new begins, and what works is frozen where it is unless
//! every pause lets it come to its end. Which pauses there are, the schedule decides.

use std::time::Instant;

use butler_api::{Pause, PauseOwner};
use butler_library::StoreError;
use butler_schedule::Event;

use crate::door::fact::What;
use crate::engine::Loop;
use crate::engine::recovery;

impl Loop {
    /// Asks the schedule for a pause; all that there are then. One that can't be stored is none: a restart
    /// would forget it.
    pub(super) fn pause(&mut self, pause: Pause) -> Result<Vec<Pause>, StoreError> {
        self.change_pauses(Event::PauseAsked(pause))?;
        Ok(self.pauses.clone())
    }

    /// Lifts an owner's pause, or all; those that were lifted. Where that can't be stored none is: a restart
    /// would bring it back.
    pub(super) fn resume(&mut self, owner: Option<PauseOwner>) -> Result<Vec<Pause>, StoreError> {
        let mut lifted = self.pauses.clone();
        self.change_pauses(Event::ResumeAsked { owner })?;
        lifted.retain(|pause| !self.pauses.iter().any(|still| still.owner == pause.owner));
        Ok(lifted)
    }

    /// Stores what the pauses will be by the schedule's word, and only then has it so.
    fn change_pauses(&mut self, event: Event) -> Result<(), StoreError> {
        self.look();
        let mut tried = self.schedule.clone();
        // Nothing of what it orders is carried out.
        let _orders = tried.handle(self.clock.now(), event.clone());
        self.try_to_store(recovery::kept_pauses(tried.pauses()))?;
        self.ask_schedule(event);
        Ok(())
    }

    /// Keeps these pauses and acts on them.
    pub(super) fn keep_pauses(&mut self, pauses: Vec<Pause>) {
        let has_changed = pauses != self.pauses;
        self.pauses = pauses;
        self.store_pauses();
        let frozen = self.is_frozen();
        self.pool.freeze(frozen);
        self.runs.values().for_each(|run| run.freeze(frozen));
        if has_changed {
            self.tell(What::PausesChanged { pauses: self.pauses.clone() });
        }
    }

    /// Stores the pauses, and tries again later where that can't be: one that ended by itself, say.
    pub(super) fn store_pauses(&mut self) {
        if let Err(error) = self.try_to_store(recovery::kept_pauses(&self.pauses)) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the pauses could not be stored; a restart would not know them"
            );
            self.unsaved.try_again(Instant::now());
        }
    }

    fn try_to_store(&mut self, pauses: Vec<Pause>) -> Result<(), StoreError> {
        if pauses != self.stored_pauses {
            self.library.keep_pauses(pauses.clone())?;
            self.stored_pauses = pauses;
        }
        Ok(())
    }

    /// Whether what works is held where it is.
    pub(super) fn is_frozen(&self) -> bool {
        self.pauses.iter().any(|pause| !pause.drains)
    }
}
