//! Pauses: who holds everything, until when, and what that does to what works (docs/scheduling.md, Pauses).

use butler_api::{PauseOwner, RunState};
use butler_schedule::{Lane, Pause, PauseEnd};

use super::{Hold, Oracle, Said};

impl Oracle {
    pub(super) fn hold(&mut self, pause: &Pause, now: i64) -> Said {
        self.holds.retain(|hold| hold.owner != pause.owner);
        self.holds.push(Hold { owner: pause.owner, since: pause.since.as_second(), until: pause.until, drains: pause.drains });
        self.end_pauses(now);
        self.say_pauses()
    }

    pub(super) fn lift(&mut self, owner: Option<PauseOwner>) -> Said {
        self.holds.retain(|hold| owner.is_some_and(|owner| owner != hold.owner));
        self.say_pauses()
    }

    fn say_pauses(&self) -> Said {
        let strongest_first = [PauseOwner::Person, PauseOwner::Window, PauseOwner::Playback, PauseOwner::Load];
        Said::Pauses(strongest_first.into_iter().filter(|owner| self.holds.iter().any(|hold| hold.owner == *owner)).collect())
    }

    /// Pauses whose end came.
    pub(super) fn end_pauses(&mut self, now: i64) {
        let calendar = &self.calendar;
        self.holds.retain(|hold| match hold.until {
            PauseEnd::Lifted => true,
            PauseEnd::At(at) => now < at.as_second(),
            PauseEnd::WindowOpens => calendar.open(now).is_none() && !calendar.opened_between(hold.since, now),
        });
    }

    /// The pauses that outlive a restart.
    pub(super) fn keep_lasting_pauses(&mut self) {
        self.holds.retain(|hold| hold.owner == PauseOwner::Person || hold.until == PauseEnd::WindowOpens);
    }

    /// What works is frozen while a pause freezes it, and goes on afterwards.
    pub(super) fn freeze_and_thaw(&mut self) {
        let frozen = self.holds.iter().any(|hold| !hold.drains);
        let held = !self.holds.is_empty();
        for run in &mut self.runs {
            let holds = frozen || held && self.rows[run.task].lane == Lane::Media;
            if run.state == RunState::Running && holds {
                (run.state, run.why) = (RunState::Paused, Some("held"));
            } else if run.state == RunState::Paused && !holds {
                (run.state, run.why) = (RunState::Running, None);
            }
        }
    }
}
