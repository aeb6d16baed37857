//! Rules 2, 6, 7 and 9: what a window queues and ends, moments that come, new items, changes of settings.

use butler_api::{Origin, RunState};
use butler_schedule::Settings;

use super::{AWAY, Oracle, Said};
use crate::calendar::{Calendar, Night};
use crate::tally::Branch;

impl Oracle {
    /// Rule 2, while a window is open.
    pub(super) fn queue_what_is_due(&mut self, night: Night, now: i64) {
        for task in 0..self.rows.len() {
            if !self.is_due(task, night.day) {
                continue;
            }
            let of_task = |run: &&super::Run| run.task == task;
            let catch_up = self
                .runs
                .iter()
                .filter(of_task)
                .find(|run| run.origin == Origin::CatchUp && run.state == RunState::Scheduled)
                .map(|run| run.id);
            let others =
                || self.runs.iter().filter(of_task).filter(|run| run.own() && Some(run.id) != catch_up);
            if others().any(|run| run.waits())
                || others().any(|run| run.works() && run.day.is_some_and(|day| day >= night.day))
            {
                continue;
            }
            if !self.finishes(task) && !self.has_room(task, &night, now) {
                if self.books[task].missed != Some(night.day) {
                    self.tally.count(Branch::NoRoomToQueue);
                    let id = self.add(task, Origin::Window, RunState::Queued).id;
                    self.miss(id, night.day, "no-room", now);
                }
                continue;
            }
            let asap = self
                .runs
                .iter()
                .filter(of_task)
                .find(|run| run.origin == Origin::Asap && run.state != RunState::Stopping)
                .map(|run| run.id);
            let follows = others().any(|run| run.works());
            self.tally.met(Branch::BehindEarlierDay, follows);
            self.tally.met(Branch::OwedTakenOver, catch_up.is_some());
            self.tally.met(Branch::AsapTurnedByWindow, catch_up.is_none() && asap.is_some());
            let id = catch_up.or(asap).unwrap_or_else(|| self.add(task, Origin::Window, RunState::Queued).id);
            self.make_the_windows(id, night, now);
        }
    }

    /// A run becomes the window's own: a new one, a catch-up run's entry, or one on new items.
    fn make_the_windows(&mut self, id: u64, night: Night, now: i64) {
        let task = self.get(id).task;
        let moment = self.rows[task].timing.randomized.then(|| self.moment(task, &night, now));
        let run = self.get(id);
        run.origin = Origin::Window;
        run.bound_until = night.until.filter(|_| !night.whole_day);
        if run.works() {
            run.day = Some(night.day);
        } else {
            run.day = None;
            run.why = None;
            run.scheduled_at = moment;
            let is_placed = moment.is_some_and(|moment| moment > now);
            run.state = if is_placed { RunState::Scheduled } else { RunState::Queued };
            self.tally.count(if is_placed { Branch::WindowPlaces } else { Branch::WindowQueues });
        }
    }

    /// Writes down that a run was missed.
    pub(super) fn miss(&mut self, id: u64, day: i32, why: &'static str, now: i64) {
        let run = self.get(id);
        run.day = Some(day);
        let task = run.task;
        if run.own() {
            self.books[task].missed = Some(day);
        }
        self.finish(id, RunState::Missed, Some(why), now);
    }

    /// Rule 6: what the end of its window does to each bound run.
    pub(super) fn end_windows(&mut self, now: i64) {
        let is_over = |run: &&super::Run| run.bound_until.is_some_and(|end| end <= now);
        let ended: Vec<u64> = self
            .runs
            .iter()
            .filter(is_over)
            .filter(|run| !self.tally.met(Branch::EndLetsFinish, self.finishes(run.task)))
            .map(|run| run.id)
            .collect();
        for id in ended {
            let run = *self.get(id);
            match run.state {
                RunState::Running | RunState::Paused => {
                    self.tally.count(Branch::EndStops);
                    let run = self.get(id);
                    run.state = RunState::Stopping;
                    run.why = Some("window-ended");
                }
                RunState::Queued if run.started_at.is_some() => {
                    self.tally.count(Branch::EndStopsWaiting);
                    self.finish(id, RunState::Stopped, Some("window-ended"), now);
                }
                RunState::Queued | RunState::Scheduled => {
                    let day = self.calendar.day(run.bound_until.unwrap() - 1);
                    let is_held = run.why == Some("held");
                    self.tally.count(if is_held { Branch::EndMissesHeld } else { Branch::EndMisses });
                    self.miss(id, day, if is_held { "held" } else { "window-over" }, now);
                }
                _ => {}
            }
        }
    }

    /// Runs whose moment came enter their lane; what was slept through is placed anew.
    pub(super) fn bring_moments(&mut self, now: i64) {
        let come: Vec<u64> = self
            .runs
            .iter()
            .filter(|run| run.state == RunState::Scheduled && run.scheduled_at.is_some_and(|at| at <= now))
            .map(|run| run.id)
            .collect();
        for id in come {
            let run = *self.get(id);
            let mut at = run.scheduled_at.unwrap();
            if run.origin != Origin::CatchUp && now - at > AWAY {
                at = self.calendar.open(now).map_or(now, |night| self.moment(run.task, &night, now));
                self.get(id).scheduled_at = Some(at);
                self.tally.count(Branch::PlacedAnew);
            }
            self.tally.met(Branch::MomentCame, at <= now);
            if at <= now {
                self.get(id).state = RunState::Queued;
            }
        }
    }

    /// Rule 7.
    pub(super) fn items_added(&mut self) -> Said {
        for task in 0..self.rows.len() {
            let wanted =
                self.settings.as_soon_as_possible.contains(&self.rows[task].name) && self.is_on(task);
            if !wanted {
                continue;
            }
            let seen = self.runs.iter().any(|run| run.task == task && run.section.is_none() && run.waits());
            if !self.tally.met(Branch::AsapSeen, seen) {
                self.tally.count(Branch::AsapMade);
                self.add(task, Origin::Asap, RunState::Queued);
            }
        }
        Said::Nothing
    }

    /// Rule 9: what leaves once a task is off, or catch-up does not cover it any more.
    pub(super) fn drop_switched_off(&mut self, now: i64) {
        let gone: Vec<u64> = self
            .runs
            .iter()
            .filter(|run| {
                let waits_unasked =
                    run.state == RunState::Queued && !run.was_asked_for() && run.started_at.is_none();
                let free_to_go = run.state == RunState::Scheduled || waits_unasked;
                let uncovered = run.origin == Origin::CatchUp
                    && run.state == RunState::Scheduled
                    && !self.catches_up(run.task);
                let is_off = free_to_go && !self.is_on(run.task);
                self.tally.met(Branch::OffDropsScheduled, is_off && run.state == RunState::Scheduled);
                self.tally.met(Branch::OffDropsQueued, is_off && run.state == RunState::Queued);
                self.tally.met(Branch::CatchUpDrops, uncovered && !is_off);
                uncovered || is_off
            })
            .map(|run| run.id)
            .collect();
        for id in gone {
            self.finish(id, RunState::Skipped, Some("switched-off"), now);
        }
    }

    /// Rule 9, for a window that was changed while the server was away.
    pub(super) fn place_what_lost_its_window(&mut self, now: i64) {
        let Some(night) = self.calendar.open(now).or_else(|| self.calendar.next(now)) else { return };
        for place in 0..self.runs.len() {
            let run = self.runs[place];
            if run.state != RunState::Scheduled
                || run.origin == Origin::CatchUp
                || run.bound_until.is_some_and(|end| end <= now)
            {
                continue;
            }
            let own = self.calendar.open(run.scheduled_at.unwrap());
            if own
                .is_none_or(|own| run.bound_until.is_some_and(|end| own.whole_day || own.until != Some(end)))
            {
                self.tally.count(Branch::LostItsWindow);
                let at = self.moment(run.task, &night, now);
                let run = &mut self.runs[place];
                (run.scheduled_at, run.bound_until) = (Some(at), night.until.filter(|_| !night.whole_day));
            }
        }
    }

    /// Rule 9.
    pub(super) fn change(&mut self, settings: &Settings, now: i64) -> Said {
        let moved = settings.zone != self.settings.zone || settings.window != self.settings.window;
        self.settings = settings.clone();
        self.drop_switched_off(now);
        if !moved {
            return Said::Nothing;
        }
        self.calendar = Calendar::new(&self.settings.zone, self.settings.window, now);
        self.end_pauses(now);
        let open = self.calendar.open(now);
        for place in 0..self.runs.len() {
            let run = self.runs[place];
            if run.state == RunState::Scheduled && run.origin != Origin::CatchUp {
                let Some(night) = open.or_else(|| self.calendar.next(now)) else { continue };
                self.tally.count(Branch::MovedScheduled);
                let at = self.moment(run.task, &night, now);
                let run = &mut self.runs[place];
                run.scheduled_at = Some(at);
                run.bound_until = night.until.filter(|_| !night.whole_day);
                if at <= now {
                    run.state = RunState::Queued;
                }
            } else if let (Some(night), Some(_)) = (open, run.bound_until) {
                self.tally.met(Branch::MovedEnd, run.bound_until != night.until);
                self.runs[place].bound_until = night.until.filter(|_| !night.whole_day);
            }
        }
        self.make_owed_runs(now);
        self.bring_moments(now);
        Said::Nothing
    }
}
