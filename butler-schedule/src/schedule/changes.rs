//! What becomes of runs when settings change (docs/scheduling.md, rule 9). Nothing that works is stopped.

use butler_api::{Origin, Reason, RunState};

use super::Schedule;
use super::night::bound;
use crate::answer::Answer;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{Change, Effect, RunRecord, Settings, Window, window};

/// The setting behind catch-up.
const CATCH_UP: &str = "ButlerCatchUp";

impl Schedule {
    pub(super) fn settings_changed(
        &mut self,
        settings: Settings,
        present: Present,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        if !self.shutting_down {
            // A window that has ended by now ended before the change.
            self.end_windows(present, effects);
        }
        let moved = (settings.window, &settings.zone) != (self.settings.window, &self.settings.zone);
        self.settings = settings;
        self.attending.note_now();
        self.drop_switched_off(present, effects);
        if moved {
            self.stretch = None;
            let present = self.present(present.now);
            self.place_scheduled_anew(|_| true, present, effects);
            self.bind_anew(present, effects);
        }
        Answer::Nothing
    }

    /// What is scheduled for a task that is off leaves, and what waits for it that no person asked for.
    pub(super) fn drop_switched_off(&mut self, present: Present, effects: &mut Vec<Effect>) {
        for index in 0..self.live.len() {
            if let Some(reason) = self.switched_off(&self.live[index]) {
                self.close(index, Change::Skip, reason, present, effects);
            }
        }
        self.forget_ended();
    }

    fn switched_off(&self, run: &RunRecord) -> Option<Reason> {
        let row = self.row(&run.task)?;
        let is_scheduled = run.state == RunState::Scheduled;
        let waits_unasked = run.state == RunState::Queued && !run.was_asked_for() && run.started_at.is_none();
        let switch = if !self.is_on(&run.task) && (is_scheduled || waits_unasked) {
            row.switch
        } else if is_scheduled && run.origin == Origin::CatchUp && !self.catches_up(row) {
            CATCH_UP
        } else {
            return None;
        };
        Some(Reason::SwitchedOff { switch: switch.to_owned() })
    }

    /// At a start: the window may have been changed while the server was away, or in the very moment in which
    /// it went.
    pub(super) fn place_what_lost_its_window(&mut self, present: Present, effects: &mut Vec<Effect>) {
        let Settings { window: hours, zone, .. } = self.settings.clone();
        let is_lost = |run: &RunRecord| {
            let window = run.scheduled_at.and_then(|at| window::at(&hours, &zone, at));
            let is_its_own = |window: Window| run.bound_until.is_none() || run.bound_until == bound(&window);
            // One whose window has ended is missed.
            run.bound_until.is_none_or(|end| end > present.now) && !window.is_some_and(is_its_own)
        };
        self.place_scheduled_anew(is_lost, present, effects);
    }

    /// In what is left of the window that is open, else in the next one that opens.
    fn place_scheduled_anew(
        &mut self,
        which: impl Fn(&RunRecord) -> bool,
        present: Present,
        effects: &mut Vec<Effect>,
    ) {
        let Some(window) = present.window.or(present.next) else { return };
        for index in 0..self.live.len() {
            let run = &self.live[index];
            if run.state != RunState::Scheduled || run.origin == Origin::CatchUp || !which(run) {
                continue;
            }
            let anew = (Some(self.place(&run.task, &window, present.now)), bound(&window));
            let run = &mut self.live[index];
            if (run.scheduled_at, run.bound_until) != anew
                && run.undergo(Change::PlaceAnew, None, present.now).is_ok()
            {
                (run.scheduled_at, run.bound_until) = anew;
                effects.push(Effect::Save(run.clone()));
            }
        }
    }

    /// What is bound and waits in its lane or works takes the new end, if that window is open.
    fn bind_anew(&mut self, present: Present, effects: &mut Vec<Effect>) {
        let Some(window) = present.window else { return };
        for run in &mut self.live {
            if run.state != RunState::Scheduled
                && run.bound_until.is_some()
                && run.bound_until != bound(&window)
            {
                run.bound_until = bound(&window);
                effects.push(Effect::Save(run.clone()));
            }
        }
    }
}
