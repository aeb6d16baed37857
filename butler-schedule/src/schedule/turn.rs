//! Whose turn it is (docs/scheduling.md, rules 2 and 11, and the lanes): what was placed enters its lane at
//! its moment, and the first in each lane begins, or is found not due any more, or without room.

use butler_api::{Origin, Reason, RunId, RunState};
use jiff::{SignedDuration, Timestamp};

use super::Schedule;
use super::catch_up::AWAY;
use crate::calendar::Present;
use crate::run_rules::RunRules;
use crate::{Change, Effect, Lane, RunRecord, order, placement};

/// What becomes of a queued run.
enum Turn {
    Waits(Reason),
    Begins,
    Skipped(Reason),
    Missed,
}

impl Schedule {
    /// Scheduled runs whose moment has come enter their lane; those that were slept through are placed anew
    /// in what is left.
    pub(super) fn admit_placed(&mut self, present: Present, effects: &mut Vec<Effect>) {
        for index in 0..self.live.len() {
            let run = &self.live[index];
            let Some(at) =
                run.scheduled_at.filter(|&at| run.state == RunState::Scheduled && at <= present.now)
            else {
                continue;
            };
            let at = self.placed_anew(run, at, present);
            let run = &mut self.live[index];
            let change = if at > present.now { Change::PlaceAnew } else { Change::Enter };
            if run.undergo(change, None, present.now).is_ok() {
                run.scheduled_at = Some(at);
            }
            // One that entered its lane is saved when everything is settled.
            if run.state == RunState::Scheduled {
                effects.push(Effect::Save(run.clone()));
            }
        }
    }

    /// Another moment in what is left, for one that was slept through: the present one if no choice is left.
    fn placed_anew(&self, run: &RunRecord, at: Timestamp, present: Present) -> Timestamp {
        if run.origin == Origin::CatchUp || at.duration_until(present.now) <= AWAY {
            return at;
        }
        present.window.map_or(present.now, |window| self.place(&run.task, &window, present.now))
    }

    pub(super) fn begin_whose_turn_it_is(&mut self, present: Present, effects: &mut Vec<Effect>) {
        for id in self.queue(present.now) {
            let Some(index) = self.live.iter().position(|run| run.id == id) else { continue };
            match self.turn(&self.live[index], present) {
                Turn::Waits(reason) => self.wait(index, reason, effects),
                Turn::Begins => self.begin(index, present, effects),
                Turn::Skipped(reason) => self.close(index, Change::Skip, reason, present, effects),
                Turn::Missed => self.miss(index, Reason::NoRoom, present, effects),
            }
        }
    }

    /// The queued runs, in the order in which they begin.
    fn queue(&self, now: Timestamp) -> Vec<RunId> {
        let queued = || self.live.iter().filter(|run| run.state == RunState::Queued);
        let starving = queued().find(|run| self.would_starve(run, now)).map(|run| run.id);
        let mut turns: Vec<_> = queued()
            .filter_map(|run| {
                Some((order::turn(self.row(&run.task)?, run, starving == Some(run.id)), run.id))
            })
            .collect();
        turns.sort_unstable();
        turns.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether a queued run must go first: what is left of its window is less than all queued housekeeping
    /// usually takes.
    fn would_starve(&self, run: &RunRecord, now: Timestamp) -> bool {
        let Some(end) =
            run.bound_until.filter(|_| self.row(&run.task).is_some_and(|row| row.timing.never_starves))
        else {
            return false;
        };
        let in_lane =
            |run: &&RunRecord| self.row(&run.task).is_some_and(|row| row.timing.lane == Lane::Housekeeping);
        let queued = self.live.iter().filter(|run| run.state == RunState::Queued).filter(in_lane);
        let needed = queued
            .map(|run| self.usual(&run.task))
            .fold(SignedDuration::ZERO, SignedDuration::saturating_add);
        now.duration_until(end) < needed
    }

    fn turn(&self, run: &RunRecord, present: Present) -> Turn {
        if self.shutting_down {
            return Turn::Waits(run.reason.clone().unwrap_or(Reason::ServerStopped));
        }
        if let Some(reason) = self.waits_for(run) {
            return Turn::Waits(reason);
        }
        // What goes on after a restart had its turn.
        let Some(row) = self.row(&run.task).filter(|_| run.started_at.is_none()) else { return Turn::Begins };
        if run.origin == Origin::Window
            && let Err(reason) = self.due(row, present.day)
        {
            return Turn::Skipped(reason);
        }
        let is_short = |end| !placement::has_room(end, self.usual(&run.task), present.now);
        if run.bound_until.is_some_and(is_short) && !self.finishes(&run.task) {
            return Turn::Missed;
        }
        Turn::Begins
    }

    fn waits_for(&self, run: &RunRecord) -> Option<Reason> {
        let lane_of = |run: &RunRecord| self.row(&run.task).map(|row| row.timing.lane);
        let behind = || order::waits_for(run, self.row(&run.task)?, &self.live, lane_of);
        self.held_back().or_else(behind)
    }

    fn wait(&mut self, index: usize, reason: Reason, effects: &mut Vec<Effect>) {
        let run = &mut self.live[index];
        if run.reason.as_ref() != Some(&reason) {
            run.reason = Some(reason);
            effects.push(Effect::Save(run.clone()));
        }
    }

    fn begin(&mut self, index: usize, present: Present, effects: &mut Vec<Effect>) {
        let run = &mut self.live[index];
        if run.undergo(Change::Begin, None, present.now).is_ok() {
            run.started_at.get_or_insert(present.now);
            run.day.get_or_insert(present.day);
            effects.extend([Effect::Save(run.clone()), Effect::Begin { run: run.id }]);
        }
    }
}
