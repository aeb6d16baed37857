//! Holds everything while a pause says so: nothing new begins, and what works is frozen where it is unless
//! every pause lets it come to its end. Which pauses there are, the schedule decides.

use butler_api::{Pause, PauseOwner};
use butler_schedule::Event;

use crate::engine::Loop;
use crate::fact::What;
use crate::recovery;

impl Loop {
    /// Asks the schedule for a pause; all that there are then.
    pub(super) fn pause(&mut self, pause: Pause) -> Vec<Pause> {
        self.ask_schedule(Event::PauseAsked(pause));
        self.pauses.clone()
    }

    /// Lifts an owner's pause, or all; those that were lifted.
    pub(super) fn resume(&mut self, owner: Option<PauseOwner>) -> Vec<Pause> {
        let mut lifted = self.pauses.clone();
        self.ask_schedule(Event::ResumeAsked { owner });
        lifted.retain(|pause| !self.pauses.iter().any(|still| still.owner == pause.owner));
        lifted
    }

    /// Keeps these pauses and acts on them.
    pub(super) fn keep_pauses(&mut self, pauses: Vec<Pause>) {
        let kept = recovery::kept_pauses(&pauses);
        if kept != recovery::kept_pauses(&self.pauses)
            && let Err(error) = self.library.keep_pauses(kept)
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the pauses could not be stored; a restart would forget them"
            );
        }
        let has_changed = pauses != self.pauses;
        self.pauses = pauses;
        let frozen = self.is_frozen();
        self.pool.freeze(frozen);
        self.runs.values().for_each(|run| run.freeze(frozen));
        if has_changed {
            self.tell(What::PausesChanged { pauses: self.pauses.clone() });
        }
    }

    /// Whether what works is held where it is.
    pub(super) fn is_frozen(&self) -> bool {
        self.pauses.iter().any(|pause| !pause.drains)
    }
}
