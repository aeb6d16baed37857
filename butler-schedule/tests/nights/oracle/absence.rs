//! Rule 8: absences, and what is owed for the night they took.

use butler_api::{Origin, RunState};

use super::{AWAY, CATCH_UP_AFTER, Oracle};
use crate::tally::Branch;

impl Oracle {
    /// Sees that it was away since it was last there.
    pub(super) fn note_absence(&mut self, now: i64) {
        let seen = self.seen.replace(now);
        let Some(seen) = seen.filter(|seen| now - seen > AWAY || now < *seen) else { return };
        for run in self.runs.iter_mut().filter(|run| run.since.is_some()) {
            run.rests(seen);
            run.since = Some(now);
            self.tally.count(Branch::WorkLeftOut);
        }
        if self.tally.met(Branch::ClockBack, now < seen) {
            return;
        }
        for run in &mut self.runs {
            if run.origin == Origin::CatchUp && run.state == RunState::Scheduled {
                self.tally.met(Branch::PutOff, run.scheduled_at < Some(now + CATCH_UP_AFTER));
                run.scheduled_at = run.scheduled_at.max(Some(now + CATCH_UP_AFTER));
            }
        }
        if let Some((_, back)) = &mut self.owes {
            *back = now;
        }
        if let Some(night) = self.calendar.last_between(seen, now) {
            self.tally.count(Branch::AwayFromWindow);
            self.owes = Some((night.day, now));
        }
    }

    /// Whether it was away for a part of a window that is not over.
    pub(crate) const fn owes(&self) -> bool {
        self.owes.is_some()
    }

    /// Makes the runs that are owed, once the window is over.
    pub(super) fn make_owed_runs(&mut self, now: i64) {
        let Some((day, back)) = self.owes else { return };
        let over = self.calendar.of_day(day).and_then(|night| night.until);
        if over.is_some_and(|over| now < over) {
            return;
        }
        self.owes = None;
        for task in 0..self.rows.len() {
            let of_task = || self.runs.iter().filter(|run| run.task == task);
            let cut = self.books[task].cut == Some(day)
                || of_task().any(|run| run.own() && run.why == Some("window-ended"));
            let caught = of_task().any(|run| run.own() && (run.waits() || run.works()));
            if !self.catches_up(task) || !self.is_due(task, day) {
                continue;
            }
            let is_cut = self.tally.met(Branch::NotOwedForCut, cut);
            if !self.tally.met(Branch::NotOwedForOwn, caught) && !is_cut {
                self.tally.count(Branch::Owed);
                let at = (back + CATCH_UP_AFTER).max(over.unwrap_or(now));
                self.tally.met(Branch::OwedInThePast, at < now);
                let at = at.max(now);
                let run = self.add(task, Origin::CatchUp, RunState::Scheduled);
                run.day = Some(day);
                run.scheduled_at = Some(at);
            }
        }
    }
}
