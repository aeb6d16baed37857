//! A naive scheduler: the rules of docs/scheduling.md written down once more, plainly, with a list of runs
//! and a loop. It shares no rule code with the machine; of its crate it takes only the words. Times are in
//! seconds since 1970, days in days since then. Start with [`Oracle::step`]; the files beside it are the
//! rules by subject.

mod absence;
mod lanes;
mod night;
mod pauses;
mod restart;
mod starts;

use std::path::PathBuf;

use butler_api::{Origin, PauseOwner, RunState};
use butler_schedule::{Ask, AtWindowEnd, CatchUp, Event, Lane, PauseEnd, Row, RunEnd, Settings};

use crate::calendar::{Calendar, Night};
use crate::tally::{Branch, Tally};

/// Later than this is slept through, and without a word for longer than this is away.
pub(crate) const AWAY: i64 = 60;
const CATCH_UP_AFTER: i64 = 600;
const FIVE_MINUTES: i64 = 300;

/// A run, as far as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: u64,
    /// Its row's place.
    pub(crate) task: usize,
    pub(crate) origin: Origin,
    pub(crate) forced: bool,
    pub(crate) section: Option<i64>,
    /// The paths of that section, a bit each; none for all of it.
    pub(crate) paths: u64,
    pub(crate) state: RunState,
    /// The code of its reason.
    pub(crate) why: Option<&'static str>,
    pub(crate) scheduled_at: Option<i64>,
    pub(crate) started_at: Option<i64>,
    /// How long it worked up to `since`, or until it stopped working.
    pub(crate) worked: i64,
    /// Since when it works.
    pub(crate) since: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) day: Option<i32>,
    pub(crate) ended_day: Option<i32>,
    pub(crate) bound_until: Option<i64>,
}

impl Run {
    pub(crate) fn works(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Paused | RunState::Stopping)
    }

    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, RunState::Queued | RunState::Scheduled)
    }

    /// It does not work on from this moment.
    fn rests(&mut self, from: i64) {
        self.worked += self.since.take().map_or(0, |since| (from - since).max(0));
    }

    /// Somebody asked for it, or for more of it by force.
    fn was_asked_for(&self) -> bool {
        self.forced || matches!(self.origin, Origin::Person | Origin::Watch)
    }

    /// Whether it counts for its task: neither limited to a section nor to new items.
    pub(crate) fn own(&self) -> bool {
        self.section.is_none() && self.origin != Origin::Asap
    }
}

/// What is remembered of one task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    /// Days of its completed runs, in the order of their end.
    pub(crate) completed: Vec<i32>,
    /// How long those worked.
    pub(crate) took: Vec<i64>,
    /// The day on which a run of it last failed or was stopped by a person.
    pub(crate) given_up: Option<i32>,
    /// The day on which the window's end last stopped a run of it.
    pub(crate) cut: Option<i32>,
    /// The day on which it was last missed.
    pub(crate) missed: Option<i32>,
    /// The last day on which it crashed, and how often.
    pub(crate) crashes: (i32, u32),
}

/// Somebody's pause.
#[derive(Debug, Clone, Copy)]
struct Hold {
    owner: PauseOwner,
    since: i64,
    until: PauseEnd,
    drains: bool,
}

/// What is answered to one start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    Started { run: u64, waits: Option<&'static str> },
    Scheduled { run: u64, at: i64 },
    Running { run: u64 },
    Skipped { why: &'static str, due: Option<i32>, run: Option<u64> },
}

/// What is answered to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    Start(Became),
    StartAll(Vec<(usize, Became)>),
    Stopped(Vec<u64>),
    /// Whose pauses there are, the strongest first.
    Pauses(Vec<PauseOwner>),
    UnknownTask,
    NotRunning,
    Refused,
}

/// Paths as bits: each ends in its number, and none lies in another.
pub(crate) fn path_bits(paths: &[PathBuf]) -> u64 {
    paths
        .iter()
        .map(|path| 1 << path.file_name().unwrap().to_str().unwrap().parse::<u32>().unwrap())
        .fold(0, |all, bit: u64| all | bit)
}

/// The scheduler.
pub(crate) struct Oracle {
    pub(crate) rows: Vec<Row>,
    pub(crate) settings: Settings,
    pub(crate) calendar: Calendar,
    /// Runs that are not over, by id; those that a shutdown interrupted and that may go on among them.
    pub(crate) runs: Vec<Run>,
    /// Runs that this event ended.
    pub(crate) over: Vec<Run>,
    pub(crate) books: Vec<Book>,
    holds: Vec<Hold>,
    next: u64,
    seen: Option<i64>,
    /// The day of a window that it was away for a part of and that may not be over, and since when it is
    /// back.
    owes: Option<(i32, i64)>,
    shutting_down: bool,
    pub(crate) tally: Tally,
}

impl Oracle {
    pub(crate) fn new(rows: Vec<Row>, settings: Settings, now: i64) -> Self {
        let calendar = Calendar::new(&settings.zone, settings.window, now);
        let books = vec![Book::default(); rows.len()];
        let (runs, over, holds) = (Vec::new(), Vec::new(), Vec::new());
        let mut oracle = Self {
            rows,
            settings,
            calendar,
            runs,
            over,
            books,
            holds,
            next: 1,
            seen: None,
            owes: None,
            shutting_down: false,
            tally: Tally::default(),
        };
        oracle.pass(now);
        oracle.settle(now);
        oracle
    }

    /// Takes in what happened, and says what the answer is.
    pub(crate) fn step(&mut self, now: i64, event: &Event) -> Said {
        self.over.clear();
        self.calendar.look_around(now);
        self.pass(now);
        let said = match event {
            Event::Woke => Said::Nothing,
            Event::StartAsked { task, ask: Ask { force, section, .. } } => {
                match self.rows.iter().position(|row| row.name == *task) {
                    None => Said::UnknownTask,
                    Some(task) => {
                        Said::Start(self.start_one(task, *force || section.is_some(), *section, now))
                    }
                }
            }
            Event::RefreshAsked { section, paths, origin } => {
                let scan = self.rows.iter().position(|row| row.timing.lane == Lane::Scan).unwrap();
                Said::Start(self.refresh(scan, *section, path_bits(paths), *origin))
            }
            Event::StartAllAsked { force } => self.start_all(*force, now),
            Event::StopAsked { task } => match self.rows.iter().position(|row| row.name == *task) {
                None => Said::UnknownTask,
                Some(task) => match self.stop(|run| run.task == task, "stopped-by-person", now) {
                    ids if ids.is_empty() => Said::NotRunning,
                    ids => Said::Stopped(ids),
                },
            },
            Event::StopRunAsked { run: id } => {
                match self.stop(|run| run.id == id.0, "stopped-by-person", now) {
                    ids if ids.is_empty() => Said::NotRunning,
                    ids => Said::Stopped(ids),
                }
            }
            Event::StopAllAsked => Said::Stopped(self.stop(|_| true, "all-stopped-by-person", now)),
            Event::RunEnded { run, end } => self.run_ended(run.0, end, now),
            Event::SettingsChanged(settings) => self.change(settings, now),
            Event::ItemsAdded => self.items_added(),
            Event::PauseAsked(pause) => self.hold(pause, now),
            Event::ResumeAsked { owner } => self.lift(*owner),
            Event::ShutdownAsked => self.shut_down(now),
        };
        self.settle(now);
        // What was said of a start that waits is what stands there in the end.
        match said {
            Said::Start(became) => Said::Start(self.as_it_stands(became)),
            Said::StartAll(all) => Said::StartAll(
                all.into_iter().map(|(task, became)| (task, self.as_it_stands(became))).collect(),
            ),
            other => other,
        }
    }

    /// What time alone does.
    fn pass(&mut self, now: i64) {
        // What comes to its end in a shutdown is still seen.
        self.note_absence(now);
        if self.shutting_down {
            return;
        }
        self.end_pauses(now);
        self.end_windows(now);
        self.make_owed_runs(now);
        self.bring_moments(now);
    }

    /// What follows from where things are now.
    fn settle(&mut self, now: i64) {
        if self.shutting_down {
            return;
        }
        loop {
            if let Some(night) = self.calendar.open(now) {
                self.queue_what_is_due(night, now);
            }
            // A run that was skipped or missed at its turn makes room for a fresh one.
            let before = self.over.len();
            self.let_begin(now);
            if before == self.over.len() {
                break;
            }
        }
        self.freeze_and_thaw(now);
    }

    fn as_it_stands(&self, became: Became) -> Became {
        match became {
            Became::Started { run, .. } => match self.runs.iter().find(|other| other.id == run) {
                Some(run) if run.state == RunState::Queued => Became::Started { run: run.id, waits: run.why },
                _ => became,
            },
            other => other,
        }
    }

    fn run_ended(&mut self, id: u64, end: &RunEnd, now: i64) -> Said {
        let Some(run) = self.runs.iter().find(|run| run.id == id && !run.state.is_terminal()).copied() else {
            return Said::NotRunning;
        };
        if !run.works() {
            return Said::Refused;
        }
        match end {
            RunEnd::Completed(reason) => {
                self.finish(id, RunState::Completed, Some(reason.code()), now);
                if run.own() {
                    let worked = self.over.last().unwrap().worked;
                    self.books[run.task].completed.push(run.day.unwrap());
                    self.books[run.task].took.push(worked);
                }
            }
            RunEnd::Failed(reason) => self.finish(id, RunState::Failed, Some(reason.code()), now),
            RunEnd::Stopped if run.state != RunState::Stopping => return Said::Refused,
            RunEnd::Stopped if run.why == Some("server-stopped") => self.interrupt(id, "server-stopped", now),
            RunEnd::Stopped => self.finish(id, RunState::Stopped, run.why, now),
        }
        Said::Nothing
    }

    /// Ends a run, and notes what that means for its task.
    fn finish(&mut self, id: u64, state: RunState, why: Option<&'static str>, now: i64) {
        let place = self.runs.iter().position(|run| run.id == id).unwrap();
        let mut run = self.runs.remove(place);
        run.rests(now);
        let today = self.calendar.day(now);
        (run.state, run.why, run.ended_at, run.ended_day) = (state, why, Some(now), Some(today));
        if run.own() {
            let book = &mut self.books[run.task];
            match state {
                RunState::Failed => book.given_up = Some(today),
                RunState::Stopped if why == Some("window-ended") => book.cut = Some(today),
                RunState::Stopped => book.given_up = Some(today),
                _ => {}
            }
        } else {
            self.tally.met(Branch::StopsSection, state == RunState::Stopped && run.section.is_some());
        }
        self.over.push(run);
    }

    fn add(&mut self, task: usize, origin: Origin, state: RunState) -> &mut Run {
        let id = self.next;
        self.next += 1;
        self.runs.push(Run {
            id,
            task,
            origin,
            forced: false,
            section: None,
            paths: 0,
            state,
            why: None,
            scheduled_at: None,
            started_at: None,
            worked: 0,
            since: None,
            ended_at: None,
            day: None,
            ended_day: None,
            bound_until: None,
        });
        self.runs.last_mut().unwrap()
    }

    fn get(&mut self, id: u64) -> &mut Run {
        self.runs.iter_mut().find(|run| run.id == id).unwrap()
    }

    /// Gives runs that were made by this event the ids that the machine gave them: in which order it makes
    /// those of one moment, no rule says.
    pub(crate) fn rename(&mut self, names: &[(u64, u64)]) {
        let new = |id: u64| names.iter().find(|(old, _)| *old == id).map_or(id, |(_, new)| *new);
        self.runs.iter_mut().chain(&mut self.over).for_each(|run| run.id = new(run.id));
        self.runs.sort_unstable_by_key(|run| run.id);
    }

    /// The id that the next run would get.
    pub(crate) fn next_id(&self) -> u64 {
        self.next
    }

    pub(crate) fn is_on(&self, task: usize) -> bool {
        !self.settings.switched_off.contains(&self.rows[task].name)
    }

    fn finishes(&self, task: usize) -> bool {
        self.rows[task].timing.at_window_end == AtWindowEnd::Finish
    }

    /// Days since the last completion, as seen from a day: a last day of tomorrow counts as today, a later
    /// one as never.
    fn days_since(&self, task: usize, day: i32) -> Option<i32> {
        let last = *self.books[task].completed.last()?;
        self.tally.met(Branch::LastDayTomorrow, last == day + 1);
        self.tally.met(Branch::LastDayFarAhead, last > day + 1);
        (last <= day + 1).then(|| (day - last).max(0))
    }

    /// Rule 1.
    pub(crate) fn is_due(&self, task: usize, day: i32) -> bool {
        self.is_on(task)
            && self.books[task].given_up != Some(day)
            && self.days_since(task, day).is_none_or(|days| days >= self.rows[task].timing.every_days as i32)
    }

    /// Why it is not due, in the order of rule 1.
    fn why_not_due(&self, task: usize, day: i32) -> &'static str {
        if !self.is_on(task) {
            "switched-off"
        } else if self.books[task].given_up == Some(day) {
            "ended-that-day"
        } else {
            "not-its-day"
        }
    }

    /// The median of its last five completed runs.
    pub(crate) fn usual(&self, task: usize) -> i64 {
        let took = &self.books[task].took;
        let mut last: Vec<i64> = took[took.len().saturating_sub(5)..].to_vec();
        last.sort_unstable();
        match last.len() {
            0 => FIVE_MINUTES,
            odd if odd % 2 == 1 => last[odd / 2],
            even => (last[even / 2 - 1] + last[even / 2]) / 2,
        }
    }

    /// What must be left of a window for it to begin.
    fn room_needed(&self, task: usize) -> i64 {
        self.usual(task).min(FIVE_MINUTES)
    }

    fn has_room(&self, task: usize, night: &Night, now: i64) -> bool {
        night.whole_day || night.until.unwrap() - now >= self.room_needed(task)
    }

    /// The moment of rule 2.
    pub(crate) fn moment(&self, task: usize, night: &Night, placing: i64) -> i64 {
        let (start, end) = (night.from, night.until.unwrap());
        let from = start.max(placing);
        let latest = from.max(end - self.usual(task).max(FIVE_MINUTES).min((end - start) / 2));
        let text = format!(
            "{}\0{}\0{}",
            self.settings.server_id,
            self.rows[task].name,
            crate::calendar::date(night.day)
        );
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^= hash >> 31;
        from + i64::try_from((u128::from(hash) * u128::try_from(latest - from).unwrap()) >> 64).unwrap()
    }

    fn catches_up(&self, task: usize) -> bool {
        match self.settings.catch_up {
            CatchUp::Off => false,
            CatchUp::Housekeeping => self.rows[task].timing.lane != Lane::Media,
            CatchUp::All => true,
        }
    }

    /// The next moment at which time alone does something.
    pub(crate) fn next_moment(&self, now: i64) -> Option<i64> {
        let placed = self
            .runs
            .iter()
            .filter(|run| run.state == RunState::Scheduled)
            .filter_map(|run| run.scheduled_at);
        let paused = self.holds.iter().filter_map(|hold| match hold.until {
            PauseEnd::At(at) => Some(at.as_second()),
            _ => None,
        });
        let night = match self.calendar.open(now) {
            Some(night) => night.until,
            None => self.calendar.next(now).map(|night| night.from),
        };
        placed.chain(paused).chain(night).filter(|at| *at > now).min()
    }

    /// Days on which it was missed or given up, for the invariants.
    pub(crate) fn has_excuse(&self, task: usize, day: i32) -> bool {
        let book = &self.books[task];
        book.missed >= Some(day) || book.given_up == Some(day) || book.cut == Some(day)
    }
}
