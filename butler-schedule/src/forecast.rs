//! What the nights ahead bring: a copy of the schedule is driven forward through them, with runs that take as
//! long as they are expected to. So the plan follows the very rules that the nights will follow.
//!
//! It changes nothing and starts nothing, knows no cost and asks no clock: what work there is and how long it
//! takes is handed in. Start with [`Schedule::forecast`].

mod drive;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use butler_api::{Origin, Reason, TaskName};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::{Schedule, Settings, Window, day, window};
use drive::Drive;

/// How far ahead a window is looked for, in days.
const LOOK_AHEAD_DAYS: i64 = 400;
/// As many nights are driven at most to see where a backlog ends; further ones are reckoned from the last of
/// these.
const DRIVEN_NIGHTS: usize = 30;

/// How long everything is expected to take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expected {
    /// How many units are worked on at one time, from 1. Media tasks that run side by side share them evenly.
    pub units_at_once: u16,
    /// What there is to do, task by task. A run of a task that is left out takes as long as it usually does.
    pub work: BTreeMap<TaskName, Work>,
}

/// What a task has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Each run takes so long.
    Each(SignedDuration),
    /// There is a backlog of units that take so long one after the other; what a run leaves of it is there
    /// for the next.
    Backlog(SignedDuration),
}

/// The nights ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The next nights that have a window, that of the present moment first.
    pub nights: Vec<NightAhead>,
    /// What begins between the windows.
    pub between: Vec<RunAhead>,
    /// The backlogs, in the rows' order; those of tasks that are switched off too.
    pub backlogs: Vec<BacklogAhead>,
}

/// One night with its window.
#[derive(Debug, Clone, PartialEq)]
pub struct NightAhead {
    /// Its window.
    pub window: Window,
    /// What begins in it, in this order, and then what does not.
    pub runs: Vec<RunAhead>,
}

/// One run as it is expected, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct RunAhead {
    /// Its task.
    pub task: TaskName,
    /// Who asked for it.
    pub origin: Origin,
    /// When it begins; none if it does not.
    pub start: Option<Timestamp>,
    /// When it ends; none if it does not begin, or not end in the nights that were looked at.
    pub end: Option<Timestamp>,
    /// What becomes of it.
    pub how: How,
}

/// What becomes of a task in a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It comes to its end.
    Fits,
    /// It comes to its end after the window's, as it may.
    Overruns,
    /// The window's end stops it.
    Cut {
        /// What is left for the next night: of units one after the other, or of the run's own time.
        left: SignedDuration,
    },
    /// It still works where this forecast ends.
    GoesOn {
        /// What is left, as above.
        left: SignedDuration,
    },
    /// Its turn does not come in time.
    Missed(Reason),
    /// It is not begun at its turn.
    Skipped(Reason),
    /// It waits all night.
    Waits(Reason),
    /// Its work of this day was done before the forecast begins.
    Done {
        /// The day from which it is due again.
        until: Date,
    },
    /// Its interval has not passed.
    NotDue {
        /// The day from which it is due.
        until: Date,
    },
    /// It failed or a person stopped it on this day.
    GivenUp,
    /// Its switch is off.
    SwitchedOff {
        /// The setting that switches it on.
        switch: &'static str,
    },
}

/// How long a backlog lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogAhead {
    /// The task.
    pub task: TaskName,
    /// What there is now: units one after the other.
    pub work: SignedDuration,
    /// In how many nights it is done, tonight being the first; 0 if it is done before tonight's window, or
    /// there is none. None if it never is, as things are.
    pub nights: Option<u32>,
}

/// The windows from the present moment on, that one first which contains it.
pub fn windows_ahead(settings: &Settings, now: Timestamp) -> impl Iterator<Item = Window> {
    let first = day::of(&settings.window, &settings.zone, now);
    let dates = (0..LOOK_AHEAD_DAYS).filter_map(move |ahead| first.checked_add(ahead.days()).ok());
    let windows = dates.filter_map(|date| window::on(&settings.window, &settings.zone, date));
    windows.filter(move |window| window.until > now)
}

impl Schedule {
    /// Forecasts so many nights. Deterministic; its price grows with the nights (some hundred steps each) and
    /// with nothing else.
    pub fn forecast(&self, now: Timestamp, nights: usize, expected: &Expected) -> Forecast {
        let mut drive = Drive::new(self.clone(), now, expected);
        let mut ahead: Vec<NightAhead> = Vec::with_capacity(nights);
        let mut done_in = BTreeMap::new();
        let mut driven = 0;
        let mut last_gain = BTreeMap::new();
        for window in windows_ahead(self.settings(), now).take(nights.max(DRIVEN_NIGHTS)) {
            drive.until(window.from);
            note_done(&drive, driven, &mut done_in);
            if driven >= nights && drive.open_backlogs().next().is_none() {
                break;
            }
            let before = drive.left.clone();
            drive.until(last_moment(&window));
            let idle = idle(&drive, &window);
            drive.until(window.until);
            driven += 1;
            note_done(&drive, driven, &mut done_in);
            last_gain = gains(&before, &drive.left);
            if ahead.len() < nights {
                ahead.push(NightAhead { window, runs: idle });
            }
        }
        drive.let_end();
        let backlogs = self.backlogs(&drive, expected, &done_in, driven, &last_gain);
        let between = deal(drive.finish(), &mut ahead);
        Forecast { nights: ahead, between, backlogs }
    }

    fn backlogs(
        &self,
        drive: &Drive,
        expected: &Expected,
        done_in: &BTreeMap<TaskName, usize>,
        driven: usize,
        last_gain: &BTreeMap<TaskName, f64>,
    ) -> Vec<BacklogAhead> {
        let all_left: f64 = drive.open_backlogs().map(|(_, left)| left).sum();
        let all_gain: f64 = last_gain.values().sum();
        let backlog = |task: crate::Task<'_>| {
            let Some(Work::Backlog(work)) = expected.work.get(&task.row.name) else { return None };
            let reckoned = || {
                // They share the machine, and who is done leaves its share to the others: so all are reckoned
                // together.
                let works = last_gain.get(&task.row.name).is_some_and(|gain| *gain > 0.0);
                works.then(|| (all_left / all_gain).ceil() as usize + driven)
            };
            let nights = done_in.get(&task.row.name).copied().or_else(reckoned);
            Some(BacklogAhead {
                task: task.row.name.clone(),
                work: *work,
                nights: nights.and_then(|nights| u32::try_from(nights).ok()),
            })
        };
        self.tasks().filter_map(backlog).collect()
    }
}

/// Notes for each backlog that is done the night in which it was.
fn note_done(drive: &Drive, night: usize, done_in: &mut BTreeMap<TaskName, usize>) {
    for (task, _) in drive.left.iter().filter(|(_, left)| drive::is_done(**left)) {
        done_in.entry(task.clone()).or_insert(night);
    }
}

fn gains(before: &BTreeMap<TaskName, f64>, after: &BTreeMap<TaskName, f64>) -> BTreeMap<TaskName, f64> {
    before
        .iter()
        .map(|(task, before)| (task.clone(), before - after.get(task).copied().unwrap_or(0.0)))
        .collect()
}

/// The moment at which it is asked why a task did not run: the window's end, which misses what still waits. A
/// whole day's end misses nothing, and the next day begins with it.
fn last_moment(window: &Window) -> Timestamp {
    let just_before = || window.until.checked_sub(SignedDuration::from_millis(1)).unwrap_or(window.from);
    if window.whole_day { just_before().max(window.from) } else { window.until }
}

/// Why each task that neither began nor was missed in a night did not: asked at its end, of what the schedule
/// remembers then.
fn idle(drive: &Drive, window: &Window) -> Vec<RunAhead> {
    let idle = |task: crate::Task<'_>| {
        let name = &task.row.name;
        if drive.has_run_of(name, window) {
            return None;
        }
        let past = drive.schedule.past(name);
        let waits = task.live.filter(|run| run.started_at.is_none()).and_then(|run| run.reason.clone());
        let how = match (task.enabled, waits, past) {
            (false, ..) => How::SwitchedOff { switch: task.row.switch },
            (true, Some(reason), _) => How::Waits(reason),
            (true, None, past) => match past.and_then(|past| past.last_completed) {
                _ if past.is_some_and(|past| past.given_up == Some(window.day)) => How::GivenUp,
                Some(last) => {
                    let until =
                        last.checked_add(i64::from(task.row.timing.every_days).days()).unwrap_or(Date::MAX);
                    if last == window.day { How::Done { until } } else { How::NotDue { until } }
                }
                None => return None,
            },
        };
        Some(RunAhead { task: name.clone(), origin: Origin::Window, start: None, end: None, how })
    };
    drive.schedule.tasks().filter_map(idle).collect()
}

/// Deals the runs out to their nights; what is left over began between them.
fn deal(runs: Vec<drive::Driven>, nights: &mut [NightAhead]) -> Vec<RunAhead> {
    let mut between = Vec::new();
    let mut dealt: Vec<Vec<RunAhead>> = vec![Vec::new(); nights.len()];
    let horizon = nights.last().map(|night| night.window.until);
    for drive::Driven { run, at, day } in runs {
        let of = |night: &NightAhead| match run.start {
            Some(start) => night.window.contains(start),
            None => day.map_or_else(|| night.window.contains(at), |day| night.window.day == day),
        };
        match nights.iter().position(of) {
            Some(night) => dealt[night].push(run),
            None if horizon.is_none_or(|horizon| at < horizon) => between.push(run),
            // Beyond the nights that were asked for.
            None => {}
        }
    }
    for (night, mut runs) in nights.iter_mut().zip(dealt) {
        runs.sort_by_key(|run| run.start.unwrap_or(Timestamp::MAX));
        runs.append(&mut night.runs);
        night.runs = runs;
    }
    between
}
