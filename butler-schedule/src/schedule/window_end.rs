//! What the window's end does to the runs it binds (docs/scheduling.md, rules 2 and 6): it stops what works,
//! and misses what waits. Optimise and backup may finish, and stay queued.

use butler_api::{Reason, RunState};
use jiff::SignedDuration;

use super::Schedule;
use crate::calendar::Present;
use crate::{Change, Effect, RunRecord, day};

impl Schedule {
    /// Asked after every event: an end that was slept through counts as well.
    pub(super) fn end_windows(&mut self, present: Present, effects: &mut Vec<Effect>) {
        for index in 0..self.live.len() {
            let run = &self.live[index];
            let is_over = run.bound_until.is_some_and(|end| end <= present.now);
            if is_over && !self.finishes(&run.task) {
                self.end_window_of(index, present, effects);
            }
        }
        self.forget_ended();
    }

    fn end_window_of(&mut self, index: usize, present: Present, effects: &mut Vec<Effect>) {
        let run = &self.live[index];
        match run.state {
            RunState::Running | RunState::Paused => self.stop(index, &Reason::WindowEnded, present, effects),
            // It waited to go on after a restart.
            RunState::Queued | RunState::Scheduled if run.started_at.is_some() => {
                self.close(index, Change::Stop, Reason::WindowEnded, present, effects);
            }
            RunState::Queued | RunState::Scheduled => {
                let held = run.reason.clone().filter(|reason| matches!(reason, Reason::Held { .. }));
                self.miss(index, held.unwrap_or(Reason::WindowOver), present, effects);
            }
            _ => {}
        }
    }

    /// A run is missed: it counts for the day of the window that it was bound to.
    pub(super) fn miss(&mut self, index: usize, why: Reason, present: Present, effects: &mut Vec<Effect>) {
        self.live[index].day = Some(self.day_bound_to(&self.live[index], present));
        self.close(index, Change::Miss, why, present, effects);
    }

    fn day_bound_to(&self, run: &RunRecord, present: Present) -> jiff::civil::Date {
        let last_instant =
            run.bound_until.and_then(|end| end.checked_sub(SignedDuration::from_nanos(1)).ok());
        last_instant
            .map_or(present.day, |instant| day::of(&self.settings.window, &self.settings.zone, instant))
    }
}
