//! Pauses (docs/scheduling.md, Pauses): they stack by owner, and while there is one nothing begins. Whether
//! units in hand are frozen or come to their end is the engine's, by [`Effect::KeepPauses`].

use butler_api::{PauseOwner, Reason, RunState};
use jiff::Timestamp;

use super::Schedule;
use crate::answer::Answer;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{Change, Effect, Lane, Pause, PauseEnd, RunRecord, Settings, window};

impl Schedule {
    pub(super) fn pause(&mut self, pause: Pause, present: Present, effects: &mut Vec<Effect>) -> Answer {
        let before = self.pauses.clone();
        self.pauses.retain(|other| other.owner != pause.owner);
        self.pauses.push(pause);
        self.pauses.sort_by_key(|pause| weakness(pause.owner));
        self.drop_over(present);
        self.keep_if_changed(&before, effects);
        Answer::Pauses(self.pauses.clone())
    }

    /// None: all of them.
    pub(super) fn resume(&mut self, owner: Option<PauseOwner>, effects: &mut Vec<Effect>) -> Answer {
        let before = self.pauses.clone();
        self.pauses.retain(|pause| owner.is_some_and(|owner| owner != pause.owner));
        self.keep_if_changed(&before, effects);
        Answer::Pauses(self.pauses.clone())
    }

    /// Those that outlive a restart, if their end has not come. The engine is told them as they are now.
    pub(super) fn take_over_pauses(
        &mut self,
        mut pauses: Vec<Pause>,
        present: Present,
        effects: &mut Vec<Effect>,
    ) {
        let before = pauses.clone();
        pauses.retain(outlives_a_restart);
        pauses.sort_by_key(|pause| weakness(pause.owner));
        self.pauses = pauses;
        self.drop_over(present);
        if !before.is_empty() {
            effects.push(Effect::KeepPauses(self.pauses.clone()));
        }
    }

    /// A pause ends at its moment, or when the window opens.
    pub(super) fn lift_what_is_over(&mut self, present: Present, effects: &mut Vec<Effect>) {
        let before = self.pauses.len();
        self.drop_over(present);
        if self.pauses.len() < before {
            effects.push(Effect::KeepPauses(self.pauses.clone()));
        }
    }

    fn drop_over(&mut self, present: Present) {
        let Settings { window: hours, zone, .. } = &self.settings;
        self.pauses.retain(|pause| match pause.until {
            PauseEnd::Lifted => true,
            PauseEnd::At(at) => present.now < at,
            // One that opened and ended while Butler was away counts as well.
            PauseEnd::WindowOpens => {
                present.window.is_none() && !window::opened_between(hours, zone, pause.since, present.now)
            }
        });
    }

    /// What works is paused while a pause holds it, and works on when none does.
    pub(super) fn hold_or_let_go(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        for index in 0..self.live.len() {
            let held = self.held(&self.live[index]);
            let run = &mut self.live[index];
            let change = match (run.state, &held) {
                (RunState::Running, Some(_)) => Change::Pause,
                (RunState::Paused, None) => Change::Unpause,
                (RunState::Paused, Some(_)) if run.reason != held => {
                    run.reason = held;
                    effects.push(Effect::Save(run.clone()));
                    continue;
                }
                _ => continue,
            };
            if run.undergo(change, held, now).is_ok() {
                effects.push(Effect::Save(run.clone()));
            }
        }
    }

    /// Why a run that works is held: by a pause that freezes, or as a media run, which takes its work unit by
    /// unit, by any.
    fn held(&self, run: &RunRecord) -> Option<Reason> {
        let is_media = self.row(&run.task).is_some_and(|row| row.timing.lane == Lane::Media);
        self.pauses.iter().find(|pause| !pause.drains || is_media).map(Pause::reason)
    }

    /// Why nothing may begin.
    pub(super) fn held_back(&self) -> Option<Reason> {
        self.pauses.first().map(Pause::reason)
    }

    fn keep_if_changed(&self, before: &[Pause], effects: &mut Vec<Effect>) {
        if self.pauses != before {
            effects.push(Effect::KeepPauses(self.pauses.clone()));
        }
    }
}

/// The least is the strongest: its reason is shown.
fn weakness(owner: PauseOwner) -> u8 {
    match owner {
        PauseOwner::Person => 0,
        PauseOwner::Window => 1,
        PauseOwner::Playback => 2,
        PauseOwner::Load => 3,
    }
}

/// What plays and how busy the machine is, the next start sees for itself.
fn outlives_a_restart(pause: &Pause) -> bool {
    pause.owner == PauseOwner::Person || pause.until == PauseEnd::WindowOpens
}
