//! Drives a copy of the schedule forward: time passes from one moment at which something happens to the next,
//! runs come on, what is done ends. Inside a window, and while something is to be caught up on, the schedule
//! is told that it is there as often as the rules want.

use std::collections::{BTreeMap, VecDeque};

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Expected, How, RunAhead, Work};
use crate::placement::GLANCE;
use crate::run_rules::RunRules;
use crate::{Effect, Event, RunEnd, RunRecord, Schedule, Window};

/// How often the schedule is told that it is there: a longer gap counts as an absence (rule 8), in which
/// nothing works.
const TICK: SignedDuration = SignedDuration::from_secs(60);
/// A run of new items only, or of one section: what it takes of the backlog is not known.
const PARTIAL: f64 = 300.0;
/// Less work than this is none.
const NOTHING: f64 = 1e-6;
/// How long what may go on after the last night is followed.
const AFTERMATH: SignedDuration = SignedDuration::from_hours(24);

/// Whether a backlog of so many seconds is done.
pub(super) fn is_done(left: f64) -> bool {
    left <= NOTHING
}

/// A schedule on its way through the nights.
pub(super) struct Drive {
    pub(super) schedule: Schedule,
    /// What is left of each backlog, in seconds of units one after the other.
    pub(super) left: BTreeMap<TaskName, f64>,
    now: Timestamp,
    each: BTreeMap<TaskName, f64>,
    units_at_once: f64,
    working: Vec<Working>,
    driven: Vec<Driven>,
}

/// A run that came to its end, or never began.
#[derive(Debug)]
pub(super) struct Driven {
    pub(super) run: RunAhead,
    /// When that was clear.
    pub(super) at: Timestamp,
    /// The day it counts for, where it has one.
    pub(super) day: Option<Date>,
}

/// A run that works.
struct Working {
    id: RunId,
    task: TaskName,
    origin: Origin,
    start: Timestamp,
    /// Seconds of its own that are left.
    own: f64,
    /// Whether it works on its task's backlog.
    on_backlog: bool,
}

impl Drive {
    pub(super) fn new(schedule: Schedule, now: Timestamp, expected: &Expected) -> Self {
        let (mut left, mut each) = (BTreeMap::new(), BTreeMap::new());
        for (task, work) in &expected.work {
            match work {
                Work::Backlog(work) => left.insert(task.clone(), work.as_secs_f64().max(0.0)),
                Work::Each(each_run) => each.insert(task.clone(), each_run.as_secs_f64().max(0.0)),
            };
        }
        let mut drive = Self {
            left,
            now,
            each,
            units_at_once: f64::from(expected.units_at_once.max(1)),
            working: Vec::new(),
            driven: Vec::new(),
            schedule,
        };
        let at_work: Vec<RunRecord> =
            drive.schedule.live().iter().filter(|run| run.is_active()).cloned().collect();
        for run in at_work {
            drive.begin(&run);
        }
        drive.tell(Event::Woke);
        drive
    }

    /// Lets time pass up to a moment.
    pub(super) fn until(&mut self, limit: Timestamp) {
        while self.now < limit {
            let next = self.next_moment().min(limit);
            self.work(next);
            let done: Vec<RunId> =
                self.working.iter().filter(|run| self.is_finished(run)).map(|run| run.id).collect();
            for run in &done {
                self.tell(Event::RunEnded { run: *run, end: RunEnd::Completed(Reason::AllDone) });
            }
            if done.is_empty() || self.now == limit {
                self.tell(Event::Woke);
            }
        }
    }

    /// Lets what may go on after the last window come to its end.
    pub(super) fn let_end(&mut self) {
        let limit = self.now.checked_add(AFTERMATH).unwrap_or(self.now);
        let next_window =
            super::windows_ahead(self.schedule.settings(), self.now).next().map(|window| window.from);
        let limit = next_window.map_or(limit, |from| limit.min(from));
        while self.now < limit && !self.working.is_empty() {
            let next = self.next_moment().min(limit);
            self.until(next);
        }
    }

    /// The backlogs of tasks that are switched on, with what is left of them.
    pub(super) fn open_backlogs(&self) -> impl Iterator<Item = (&TaskName, f64)> {
        let on = |name: &TaskName| self.schedule.tasks().any(|task| task.row.name == *name && task.enabled);
        self.left
            .iter()
            .map(|(task, left)| (task, *left))
            .filter(move |(task, left)| !is_done(*left) && on(task))
    }

    /// Whether a run of a task began in a window, or is known to have been missed in it.
    pub(super) fn has_run_of(&self, task: &TaskName, window: &Window) -> bool {
        let works = self.working.iter().any(|run| run.task == *task);
        let in_window = |driven: &Driven| match driven.run.start {
            Some(start) => window.contains(start),
            None => driven.day == Some(window.day),
        };
        works || self.driven.iter().any(|driven| driven.run.task == *task && in_window(driven))
    }

    /// Everything that ended, and what still works.
    pub(super) fn finish(mut self) -> Vec<Driven> {
        for run in std::mem::take(&mut self.working) {
            let how = How::GoesOn { left: self.left_of(&run) };
            let ahead =
                RunAhead { task: run.task, origin: run.origin, start: Some(run.start), end: None, how };
            self.driven.push(Driven { run: ahead, at: self.now, day: None });
        }
        self.driven.sort_by_key(|driven| driven.run.start.unwrap_or(driven.at));
        self.driven
    }

    /// The next moment at which something happens.
    fn next_moment(&self) -> Timestamp {
        // An absence would put it off again and again.
        let is_owed = |run: &RunRecord| run.origin == Origin::CatchUp && run.state == RunState::Scheduled;
        let owes = self.schedule.live().iter().any(is_owed);
        let is_watched = owes || self.schedule.window(self.now).is_some();
        let tick = self.now.checked_add(TICK).ok().filter(|_| is_watched);
        let ends = self.working.iter().filter_map(|run| self.end_of(run));
        ends.chain(self.schedule.wake())
            .chain(tick)
            .filter(|at| *at > self.now)
            .min()
            .unwrap_or(Timestamp::MAX)
    }

    /// When a run comes to its end, if all goes on as it does.
    fn end_of(&self, run: &Working) -> Option<Timestamp> {
        let seconds = self.rest(run) / self.pace(run)?;
        // Whole milliseconds, and at least one, so that time goes on.
        let millis = (seconds * 1_000.0).ceil().clamp(1.0, 1e14) as i64;
        Some(self.now.checked_add(SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX))
    }

    /// Seconds of work that a run does in a second; none while a pause holds it.
    fn pace(&self, run: &Working) -> Option<f64> {
        let is_held = |run: &Working| {
            self.schedule.live().iter().any(|live| live.id == run.id && live.state == RunState::Paused)
        };
        if is_held(run) {
            return None;
        }
        if !run.on_backlog || is_done(self.left_to(&run.task)) {
            return Some(1.0);
        }
        let shares =
            |other: &&Working| other.on_backlog && !is_done(self.left_to(&other.task)) && !is_held(other);
        Some(self.units_at_once / self.working.iter().filter(shares).count().max(1) as f64)
    }

    fn rest(&self, run: &Working) -> f64 {
        let backlog = if run.on_backlog { self.left_to(&run.task) } else { 0.0 };
        if is_done(backlog) { run.own } else { backlog }
    }

    fn left_to(&self, task: &TaskName) -> f64 {
        self.left.get(task).copied().unwrap_or(0.0)
    }

    fn left_of(&self, run: &Working) -> SignedDuration {
        SignedDuration::try_from_secs_f64(self.rest(run).ceil()).unwrap_or(SignedDuration::MAX)
    }

    fn is_finished(&self, run: &Working) -> bool {
        is_done(self.rest(run))
    }

    /// Lets all that works do so until then.
    fn work(&mut self, until: Timestamp) {
        let seconds = self.now.duration_until(until).as_secs_f64();
        let paces: Vec<f64> = self.working.iter().map(|run| self.pace(run).unwrap_or(0.0)).collect();
        for (run, pace) in self.working.iter_mut().zip(paces) {
            let done = seconds * pace;
            match self.left.get_mut(&run.task).filter(|left| run.on_backlog && !is_done(**left)) {
                Some(left) => *left = (*left - done).max(0.0),
                None => run.own = (run.own - done).max(0.0),
            }
        }
        self.now = until;
    }

    fn tell(&mut self, event: Event) {
        let mut effects: VecDeque<Effect> = self.schedule.handle(self.now, event).effects.into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Save(run) => self.saved(&run),
                Effect::Begin { run } => {
                    let run = self.schedule.live().iter().find(|live| live.id == run).cloned();
                    run.iter().for_each(|run| self.begin(run));
                }
                Effect::Stop { run, .. } => {
                    effects.extend(
                        self.schedule.handle(self.now, Event::RunEnded { run, end: RunEnd::Stopped }).effects,
                    );
                }
                // The schedule itself says when it wants to be woken.
                Effect::WakeAt { .. }
                | Effect::Widen { .. }
                | Effect::KeepPauses(_)
                | Effect::Attend(_)
                | Effect::LogError(_) => {}
            }
        }
    }

    fn begin(&mut self, run: &RunRecord) {
        if self.working.iter().any(|working| working.id == run.id) {
            return;
        }
        let start = run.started_at.unwrap_or(self.now);
        let usual = || {
            self.each.get(&run.task).copied().unwrap_or_else(|| self.schedule.takes(&run.task).as_secs_f64())
        };
        let on_backlog = run.counts() && self.left.contains_key(&run.task);
        let own = match (on_backlog, run.counts()) {
            // It ends with its backlog; without one it only looks.
            (true, _) if !is_done(self.left_to(&run.task)) => 0.0,
            (true, _) => GLANCE.as_secs_f64(),
            (false, true) => (usual() - run.worked_by(self.now).as_secs_f64()).max(GLANCE.as_secs_f64()),
            (false, false) => PARTIAL,
        };
        self.working.push(Working {
            id: run.id,
            task: run.task.clone(),
            origin: run.origin,
            start,
            own,
            on_backlog,
        });
    }

    /// Notes a run that is at its end.
    fn saved(&mut self, run: &RunRecord) {
        // Nothing interrupts a run here: one that goes on after a restart is never saved as such.
        if !run.state.is_terminal() {
            return;
        }
        let reason = || run.reason.clone().unwrap_or(Reason::WindowOver);
        let worked = self
            .working
            .iter()
            .position(|working| working.id == run.id)
            .map(|index| self.working.remove(index));
        let how = match (&worked, run.state) {
            (Some(worked), RunState::Stopped) => How::Cut { left: self.left_of(worked) },
            (Some(_), _) if run.bound_until.is_some_and(|end| end < self.now) => How::Overruns,
            (Some(_), _) => How::Fits,
            (None, RunState::Missed) => How::Missed(reason()),
            (None, _) => How::Skipped(reason()),
        };
        let end = worked.is_some().then_some(self.now);
        let ahead = RunAhead {
            task: run.task.clone(),
            origin: run.origin,
            start: worked.map(|worked| worked.start),
            end,
            how,
        };
        self.driven.push(Driven { run: ahead, at: self.now, day: run.day });
    }
}
