//! Lanes and turns: who begins, who waits and for whom (docs/scheduling.md, rule 2, rule 11, Lanes).

use butler_api::{Origin, RunState};
use butler_schedule::Lane;

use super::{Oracle, Run};
use crate::tally::Branch;

impl Oracle {
    /// Lets everything begin whose turn it is, one after the other.
    pub(super) fn let_begin(&mut self, now: i64) {
        if self.holds.is_empty() {
            while let Some(id) = self.next_turn(now) {
                self.take_turn(id, now);
            }
        }
        for place in 0..self.runs.len() {
            if self.runs[place].state == RunState::Queued {
                self.runs[place].why = Some(self.why_it_waits(&self.runs[place]));
            }
        }
    }

    fn queued(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.state == RunState::Queued)
    }

    fn works_on(&self, task: usize) -> bool {
        self.runs.iter().any(|run| run.task == task && run.works())
    }

    fn lane(&self, run: &Run) -> Lane {
        self.rows[run.task].timing.lane
    }

    fn scan_is_there(&self) -> bool {
        self.runs
            .iter()
            .any(|run| self.lane(run) == Lane::Scan && (run.works() || run.state == RunState::Queued))
    }

    /// Its place among what waits: what goes on after a restart comes first, what asap asked for last; then
    /// by rank, then in the order of asking.
    fn place_in_line(&self, run: &Run) -> (bool, bool, u8, u64) {
        (run.started_at.is_none(), run.origin == Origin::Asap, self.rows[run.task].timing.rank, run.id)
    }

    fn next_turn(&self, now: i64) -> Option<u64> {
        for lane in [Lane::Scan, Lane::Media, Lane::Housekeeping] {
            if lane != Lane::Scan && self.scan_is_there() {
                return None;
            }
            if lane == Lane::Housekeeping && self.runs.iter().any(|run| run.works() && self.lane(run) == lane)
            {
                return None;
            }
            let mut line: Vec<&Run> =
                self.queued().filter(|run| self.lane(run) == lane && !self.works_on(run.task)).collect();
            line.sort_by_key(|run| self.place_in_line(run));
            let starving = line.iter().find(|run| self.would_starve(run, now));
            if let Some(first) = starving.or(line.first()) {
                self.tally
                    .met(Branch::WouldStarve, starving.is_some_and(|starving| starving.id != line[0].id));
                return Some(first.id);
            }
        }
        None
    }

    fn would_starve(&self, run: &Run, now: i64) -> bool {
        let all: i64 = self
            .queued()
            .filter(|run| self.lane(run) == Lane::Housekeeping)
            .map(|run| self.usual(run.task))
            .sum();
        self.rows[run.task].timing.never_starves && run.bound_until.is_some_and(|end| end - now < all)
    }

    fn take_turn(&mut self, id: u64, now: i64) {
        let today = self.calendar.day(now);
        let run = *self.get(id);
        // A run that goes on after a restart had its turn.
        let first_turn = run.started_at.is_none();
        if first_turn && run.origin == Origin::Window && !self.is_due(run.task, today) {
            self.tally.count(Branch::NotDueAtTurn);
            let why = self.why_not_due(run.task, today);
            return self.finish(id, RunState::Skipped, Some(why), now);
        }
        if let Some(end) = run.bound_until
            && first_turn
            && !self.finishes(run.task)
            && end - now < self.room_needed(run.task)
        {
            self.tally.count(Branch::NoRoomAtTurn);
            return self.miss(id, self.calendar.day(end - 1), "no-room", now);
        }
        let little = run.bound_until.is_some_and(|end| end - now < self.room_needed(run.task));
        self.tally.met(Branch::NeverMissed, first_turn && little);
        let run = self.get(id);
        run.state = RunState::Running;
        run.since = Some(now);
        run.why = None;
        run.started_at = run.started_at.or(Some(now));
        run.day = run.day.or(Some(today));
    }

    fn why_it_waits(&self, run: &Run) -> &'static str {
        if !self.holds.is_empty() {
            "held"
        } else if self.works_on(run.task) {
            "behind-itself"
        } else if self.scan_is_there() && self.lane(run) != Lane::Scan {
            "behind-scan"
        } else {
            "behind-lane"
        }
    }
}
