//! Pauses: who holds everything, until when, and what that does to what works (docs/scheduling.md, Pauses).

use butler_api::{PauseOwner, RunState};
use butler_schedule::{Lane, Pause, PauseEnd};

use super::{Hold, Oracle, Said};
use crate::tally::Branch;

impl Oracle {
    pub(super) fn hold(&mut self, pause: &Pause, now: i64) -> Said {
        self.holds.retain(|hold| hold.owner != pause.owner);
        self.holds.push(Hold {
            owner: pause.owner,
            since: pause.since.as_second(),
            until: pause.until,
            drains: pause.drains,
        });
        self.end_pauses(now);
        self.say_pauses()
    }

    pub(super) fn lift(&mut self, owner: Option<PauseOwner>) -> Said {
        self.holds.retain(|hold| owner.is_some_and(|owner| owner != hold.owner));
        self.say_pauses()
    }

    fn say_pauses(&self) -> Said {
        let strongest_first =
            [PauseOwner::Person, PauseOwner::Window, PauseOwner::Playback, PauseOwner::Load];
        Said::Pauses(
            strongest_first
                .into_iter()
                .filter(|owner| self.holds.iter().any(|hold| hold.owner == *owner))
                .collect(),
        )
    }

    /// Pauses whose end came.
    pub(super) fn end_pauses(&mut self, now: i64) {
        let (calendar, tally) = (&self.calendar, &self.tally);
        self.holds.retain(|hold| match hold.until {
            PauseEnd::Lifted => true,
            PauseEnd::At(at) => !tally.met(Branch::PauseEnds, at.as_second() <= now),
            PauseEnd::WindowOpens => {
                let opened = calendar.open(now).is_some() || calendar.opened_between(hold.since, now);
                !tally.met(Branch::PauseEndsWithWindow, opened)
            }
        });
    }

    /// The pauses that outlive a restart.
    pub(super) fn keep_lasting_pauses(&mut self) {
        self.holds.retain(|hold| hold.owner == PauseOwner::Person || hold.until == PauseEnd::WindowOpens);
    }

    /// What works is frozen while a pause freezes it, and goes on afterwards.
    pub(super) fn freeze_and_thaw(&mut self, now: i64) {
        let frozen = self.holds.iter().any(|hold| !hold.drains);
        let held = !self.holds.is_empty();
        for run in &mut self.runs {
            let holds = frozen || held && self.rows[run.task].timing.lane == Lane::Media;
            if run.state == RunState::Running && holds {
                (run.state, run.why) = (RunState::Paused, Some("held"));
                run.rests(now);
                self.tally.count(Branch::Freezes);
            } else if run.state == RunState::Paused && !holds {
                (run.state, run.why, run.since) = (RunState::Running, None, Some(now));
                self.tally.count(Branch::Thaws);
            }
            self.tally.met(Branch::Drains, held && run.state == RunState::Running);
        }
    }
}
