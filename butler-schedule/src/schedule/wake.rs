//! The next moment at which the schedule wants to be woken: a run was placed there, a window opens or ends, a
//! pause ends.

use butler_api::RunState;
use jiff::Timestamp;

use super::Schedule;
use crate::calendar::Present;
use crate::{Effect, PauseEnd, WakeReason};

impl Schedule {
    pub(super) fn ask_to_be_woken(&mut self, present: Present, effects: &mut Vec<Effect>) {
        if self.shutting_down {
            return;
        }
        let next =
            [self.next_placed(), self.next_edge(present), self.next_bound(present), self.next_pause_end()];
        let next = next.into_iter().flatten().min_by_key(|(at, _)| *at);
        // A wake-up that has come is spent, even if the moment it was for stays the next one.
        let asked = self.wake.filter(|&at| at > present.now);
        self.wake = next.as_ref().map(|(at, _)| *at);
        if let Some((at, why)) = next.filter(|(at, _)| Some(*at) != asked) {
            effects.push(Effect::WakeAt { at, why });
        }
    }

    fn next_placed(&self) -> Option<(Timestamp, WakeReason)> {
        let placed = self.live.iter().filter(|run| run.state == RunState::Scheduled);
        let (at, run) =
            placed.filter_map(|run| Some((run.scheduled_at?, run))).min_by_key(|(at, run)| (*at, run.id))?;
        Some((at, WakeReason::Placed { run: run.id, task: run.task.clone() }))
    }

    fn next_edge(&self, present: Present) -> Option<(Timestamp, WakeReason)> {
        match present.window {
            Some(open) => Some((open.until, WakeReason::WindowEnds)),
            None => present.next.map(|next| (next.from, WakeReason::WindowOpens)),
        }
    }

    /// A run keeps the end of its window though the window was moved.
    fn next_bound(&self, present: Present) -> Option<(Timestamp, WakeReason)> {
        let ends = self.live.iter().filter_map(|run| run.bound_until).filter(|&end| end > present.now);
        ends.min().map(|end| (end, WakeReason::WindowEnds))
    }

    fn next_pause_end(&self) -> Option<(Timestamp, WakeReason)> {
        let ends = self.pauses.iter().filter_map(|pause| match pause.until {
            PauseEnd::At(at) => Some(at),
            PauseEnd::Lifted | PauseEnd::WindowOpens => None,
        });
        ends.min().map(|end| (end, WakeReason::PauseEnds))
    }
}
