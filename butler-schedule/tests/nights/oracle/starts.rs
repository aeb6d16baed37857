//! Rules 3, 4 and 5: what persons start and stop.

use butler_api::{Origin, RunState};
use butler_schedule::Lane;

use super::{Became, Oracle, Run, Said};
use crate::tally::Branch;

/// A scan of more paths is one of the whole section.
const MOST_PATHS: u32 = 32;

impl Oracle {
    pub(super) fn start_all(&mut self, force: bool, now: i64) -> Said {
        let off = Became::Skipped { why: "switched-off", due: None, run: None };
        let all = 0..self.rows.len();
        let one = |task: usize| {
            let is_off = self.tally.met(Branch::OffAtStartAll, !self.is_on(task));
            (task, if is_off { off } else { self.start(task, force, None, now) })
        };
        Said::StartAll(all.map(one).collect())
    }

    /// One task by its name.
    pub(super) fn start_one(&mut self, task: usize, forced: bool, section: Option<i64>, now: i64) -> Became {
        match section.filter(|_| self.rows[task].timing.lane == Lane::Scan) {
            Some(section) => self.refresh(task, section, 0, Origin::Person),
            None => self.start(task, forced, section, now),
        }
    }

    /// Rule 11: a scan of a section, or of paths of it.
    pub(super) fn refresh(&mut self, scan: usize, section: i64, paths: u64, origin: Origin) -> Became {
        let few = |paths: u64| if paths.count_ones() > MOST_PATHS { 0 } else { paths };
        let paths = few(paths);
        let queued = |run: &Run| run.task == scan && run.state == RunState::Queued;
        let is_in = |run: &Run| run.paths == 0 || (paths != 0 && paths & !run.paths == 0);
        let holds = |run: &Run| run.section.is_none() || (run.section == Some(section) && is_in(run));
        if let Some(run) = self.runs.iter_mut().find(|run| queued(run) && holds(run) && is_sure(run)) {
            if origin == Origin::Person && (!run.forced || run.origin == Origin::Watch) {
                (run.forced, run.origin, run.bound_until) = (true, origin, None);
            }
            return Became::Running { run: run.id };
        }
        if let Some(run) = self.runs.iter_mut().find(|run| queued(run) && run.section == Some(section)) {
            run.paths = if paths == 0 { 0 } else { few(run.paths | paths) };
            if origin == Origin::Person {
                run.origin = origin;
            }
            return Became::Running { run: run.id };
        }
        let run = self.add(scan, origin, RunState::Queued);
        (run.forced, run.section, run.paths) = (true, Some(section), paths);
        Became::Started { run: run.id, waits: None }
    }

    /// A scan looks once more at what one that works has passed, and so does what keeps house in one section.
    fn start(&mut self, task: usize, forced: bool, section: Option<i64>, now: i64) -> Became {
        let lane = self.rows[task].timing.lane;
        let anew = lane == Lane::Scan || lane == Lane::Housekeeping && section.is_some();
        let does_section = |run: &Run| match lane {
            Lane::Scan => run.section.is_none() || run.section == section,
            Lane::Housekeeping => run.section == section,
            Lane::Media => {
                run.section.is_none() && (section.is_none() || run.forced) || run.section == section
            }
        };
        let does_it = |run: &&Run| {
            run.task == task
                && run.origin != Origin::Asap
                && does_section(run)
                && run.state != RunState::Stopping
                && !(anew && (run.works() || forced && run.state == RunState::Queued && !is_sure(run)))
        };
        let there = self.runs.iter().filter(does_it).find(|run| run.state != RunState::Scheduled);
        if let Some(run) = there.map(|run| run.id) {
            self.tally.count(Branch::AlreadyThere);
            // What watched folders ask for tries nothing again.
            let asked = self.get(run);
            let tries_anew = forced && (!asked.forced || asked.origin == Origin::Watch);
            if self.tally.met(Branch::ForcedAnew, tries_anew) {
                let run = self.get(run);
                (run.forced, run.origin, run.bound_until) = (true, Origin::Person, None);
            }
            return Became::Running { run };
        }
        let beside = self.runs.iter().any(|run| run.task == task && run.works() && run.section.is_none());
        self.tally.met(Branch::ScanBehindScan, lane == Lane::Scan && !forced && beside);
        self.tally.met(Branch::OfSection, section.is_some());
        let scheduled = self
            .runs
            .iter()
            .filter(does_it)
            .find(|run| run.state == RunState::Scheduled && section.is_none())
            .map(|run| run.id);
        let night = self.calendar.open(now).filter(|_| !forced);
        if let Some(id) = scheduled
            && night.is_some()
        {
            self.tally.count(Branch::StaysScheduled);
            return Became::Scheduled { run: id, at: self.get(id).scheduled_at.unwrap() };
        }
        if !forced && let Some(skipped) = self.skip(task, now) {
            return skipped;
        }
        let asap =
            |run: &&Run| run.task == task && run.origin == Origin::Asap && run.state != RunState::Stopping;
        let asap = self.runs.iter().find(asap).filter(|_| section.is_none()).map(|run| run.id);
        let id = scheduled.or(asap).unwrap_or_else(|| self.add(task, Origin::Person, RunState::Queued).id);

        if scheduled.is_some() {
            self.tally.count(if forced { Branch::ForceTakesScheduled } else { Branch::PersonTakesScheduled });
        }
        self.tally.met(Branch::AsapTurnedByPerson, scheduled.is_none() && asap.is_some());
        let bound_until = night
            .filter(|night| !night.whole_day && self.has_room(task, night, now))
            .and_then(|night| night.until);
        let moment =
            night.filter(|_| self.rows[task].timing.randomized).map(|night| self.moment(task, &night, now));
        if night.is_some_and(|night| !night.whole_day) {
            self.tally.count(if bound_until.is_some() { Branch::StartedBound } else { Branch::StartedFree });
        }
        self.tally.met(Branch::PersonPlaced, moment.is_some_and(|moment| moment > now));
        let today = self.calendar.day(now);
        let run = self.get(id);
        (run.origin, run.forced, run.section, run.bound_until) =
            (Origin::Person, forced, section, bound_until);
        if run.works() {
            run.day = Some(today);
            return Became::Started { run: id, waits: None };
        }
        (run.state, run.why, run.day) = (RunState::Queued, None, None);
        run.scheduled_at = run.scheduled_at.or(moment);
        match moment.filter(|moment| *moment > now) {
            Some(at) => {
                run.state = RunState::Scheduled;
                Became::Scheduled { run: id, at }
            }
            None => Became::Started { run: id, waits: None },
        }
    }

    /// Whether it is off, or not on its day (rule 3): then that is written down.
    fn skip(&mut self, task: usize, now: i64) -> Option<Became> {
        let every = self.rows[task].timing.every_days as i32;
        let days = self.days_since(task, self.calendar.day(now));
        let not_its_day = days.is_some_and(|days| days != 0 && days < every);
        self.tally.met(Branch::StartsOnThatDay, days == Some(0));
        self.tally.met(Branch::NotItsDay, not_its_day);
        let (why, due) = if self.tally.met(Branch::OffAtStart, !self.is_on(task)) {
            ("switched-off", None)
        } else if not_its_day {
            ("not-its-day", self.books[task].completed.last().map(|last| last + every))
        } else {
            return None;
        };
        let id = self.add(task, Origin::Person, RunState::Queued).id;
        self.finish(id, RunState::Skipped, Some(why), now);
        Some(Became::Skipped { why, due, run: Some(id) })
    }

    /// Stops those runs.
    pub(super) fn stop(&mut self, which: impl Fn(&Run) -> bool, why: &'static str, now: i64) -> Vec<u64> {
        let reached: Vec<u64> =
            self.runs.iter().filter(|run| which(run) && !run.state.is_terminal()).map(|run| run.id).collect();
        for id in &reached {
            let run = *self.get(*id);
            let by_person = matches!(run.why, Some("stopped-by-person" | "all-stopped-by-person"));
            if self.tally.met(Branch::StopsAgain, run.state == RunState::Stopping && by_person) {
                // A second stop changes nothing; a person's counts for more than the window's end and a
                // shutdown.
            } else if run.works() {
                self.tally.count(match run.why.filter(|_| run.state == RunState::Stopping) {
                    Some("window-ended") => Branch::StopOverWindow,
                    Some("server-stopped") => Branch::StopOverShutdown,
                    _ => Branch::StopsWorking,
                });
                let run = self.get(*id);
                (run.state, run.why) = (RunState::Stopping, Some(why));
            } else {
                self.tally.count(Branch::StopsWaiting);
                self.finish(*id, RunState::Stopped, Some(why), now);
            }
        }
        reached
    }
}

/// Neither the window's end nor a switch takes it away.
fn is_sure(run: &Run) -> bool {
    run.bound_until.is_none() && matches!(run.origin, Origin::Person | Origin::Watch)
}
