//! A stand-in for engine and library: carries effects out in order, keeps what is saved, and holds after
//! every event what must always hold. What it hands to `restore` is what the engine must hand in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use butler_schedule::{
    Answer, Ask, AtWindowEnd, Attendance, CatchUp, Crashes, Effect, Event, Lane, Past, Pause, Remembered,
    Row, RunEnd, RunRecord, Schedule, Settings, StartAnswer, Step, Timing, WindowSettings,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub(crate) const SCAN: TaskName = TaskName::RefreshLibraries;
pub(crate) const BIF: TaskName = TaskName::GenerateMediaIndexFiles;
pub(crate) const DEEP: TaskName = TaskName::DeepMediaAnalysis;
pub(crate) const BUNDLES: TaskName = TaskName::CleanOldBundles;
pub(crate) const OPTIMIZE: TaskName = TaskName::OptimizeDatabase;
pub(crate) const BACKUP: TaskName = TaskName::BackupDatabase;
pub(crate) const METADATA: TaskName = TaskName::RefreshPeriodicMetadata;

fn row(name: TaskName, every_days: u32, randomized: bool, lane: Lane, rank: u8) -> Row {
    let finishes = name == OPTIMIZE || name == BACKUP;
    let at_window_end = if finishes { AtWindowEnd::Finish } else { AtWindowEnd::Stop };
    let never_starves = name == BACKUP;
    let timing = Timing { every_days, randomized, lane, rank, at_window_end, never_starves };
    Row { name, timing, switch: "ItsSwitch" }
}

/// A task of each nature; on purpose not in the order in which they begin.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(BACKUP, 3, false, Lane::Housekeeping, 90),
        row(BUNDLES, 7, false, Lane::Housekeeping, 50),
        row(BIF, 1, false, Lane::Media, 10),
        row(DEEP, 7, false, Lane::Media, 10),
        row(OPTIMIZE, 7, false, Lane::Housekeeping, 80),
        row(SCAN, 1, false, Lane::Scan, 0),
        row(METADATA, 1, true, Lane::Housekeeping, 10),
    ]
}

/// The instant of a local time in Berlin: `2026-11-23T12:00`.
pub(crate) fn berlin(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    TimeZone::get("Europe/Berlin").unwrap().to_ambiguous_timestamp(local).unambiguous().unwrap()
}

/// A task that completed on this day.
pub(crate) fn done_on(day: jiff::civil::Date) -> Past {
    Past { last_completed: Some(day), ..Past::default() }
}

pub(crate) struct World {
    pub(crate) schedule: Schedule,
    pub(crate) settings: Settings,
    pub(crate) now: Timestamp,
    /// The library's table of runs.
    pub(crate) stored: BTreeMap<RunId, RunRecord>,
    /// The runs that the engine works on.
    pub(crate) at_work: BTreeSet<RunId>,
    /// Those of them that were told to stop.
    pub(crate) told_to_stop: BTreeSet<RunId>,
    pub(crate) wake: Option<Timestamp>,
    /// The last note of attendance, and how many there were.
    pub(crate) attendance: Option<Attendance>,
    pub(crate) notes: usize,
    /// The pauses that hold.
    pub(crate) pauses: Vec<Pause>,
    /// The runs that were told to look again for what is lacking, and how often.
    pub(crate) widened: BTreeMap<RunId, u32>,
    /// What was remembered of tasks at the first start.
    before: BTreeMap<TaskName, Past>,
    shutting_down: bool,
}

impl World {
    /// A server that was started for the first time, at a local time in Berlin, with a window from 02:00 to
    /// 05:00, and that never catches up.
    pub(crate) fn at(local: &str) -> Self {
        let settings = Settings {
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            window: WindowSettings::default(),
            switched_off: BTreeSet::new(),
            as_soon_as_possible: BTreeSet::new(),
            catch_up: CatchUp::Off,
            server_id: "3f1c".into(),
        };
        Self::with(settings, berlin(local))
    }

    /// One on which every task completed on the present day: nothing is due, and everything may be started.
    pub(crate) fn rested(local: &str) -> Self {
        let mut world = Self::at("2026-01-01T12:00");
        world.now = berlin(local);
        let day = world.day();
        Self::remembering(
            world.settings,
            rows().into_iter().map(|row| (row.name, done_on(day))).collect(),
            berlin(local),
        )
    }

    pub(crate) fn with(settings: Settings, now: Timestamp) -> Self {
        Self::remembering(settings, BTreeMap::new(), now)
    }

    pub(crate) fn remembering(settings: Settings, before: BTreeMap<TaskName, Past>, now: Timestamp) -> Self {
        let nothing = Remembered {
            unfinished: Vec::new(),
            past: before.clone(),
            next_run: RunId(1),
            attendance: None,
            pauses: Vec::new(),
        };
        let (schedule, effects) = Schedule::restore(rows(), settings.clone(), nothing, now);
        let (stored, at_work, told_to_stop, widened) =
            (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        let (wake, attendance, notes, pauses, shutting_down) = (None, None, 0, Vec::new(), false);
        let mut world = Self {
            schedule,
            settings,
            now,
            stored,
            at_work,
            told_to_stop,
            wake,
            attendance,
            notes,
            pauses,
            widened,
            before,
            shutting_down,
        };
        world.carry_out(effects);
        world.assert_sound();
        world
    }

    /// The maintenance day of the present moment, with a window that starts at two.
    fn day(&self) -> jiff::civil::Date {
        self.settings.zone.to_datetime(self.now.checked_sub(SignedDuration::from_hours(2)).unwrap()).date()
    }

    /// The runs of a task, by id.
    pub(crate) fn runs_of(&self, task: &TaskName) -> Vec<&RunRecord> {
        self.stored.values().filter(|run| run.task == *task).collect()
    }

    /// The last run of a task.
    pub(crate) fn last_of(&self, task: &TaskName) -> RunRecord {
        self.runs_of(task).last().map_or_else(|| panic!("no run of {task}"), |run| (*run).clone())
    }

    /// The moments at which something happens come one by one, and each half minute between them, up to a
    /// local time.
    pub(crate) fn live_until(&mut self, local: &str) -> &mut Self {
        let until = berlin(local);
        while self.now < until {
            let tick = self.now.checked_add(SignedDuration::from_secs(30)).unwrap();
            self.now = self.wake.filter(|&at| at > self.now).unwrap_or(tick).min(tick).min(until);
            self.feed(Event::Woke);
        }
        self
    }

    /// It is this local time, and nobody was there in between.
    pub(crate) fn wake_at(&mut self, local: &str) -> &mut Self {
        self.on(local);
        self.feed(Event::Woke);
        self
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.feed(Event::SettingsChanged(self.settings.clone()));
    }

    pub(crate) fn fail(&mut self, run: RunId) {
        let why = Reason::TaskFailed { sentence: "The disk is full.".into() };
        assert_eq!(self.feed(Event::RunEnded { run, end: RunEnd::Failed(why) }), Answer::Nothing);
    }

    pub(crate) fn off(mut self, task: TaskName) -> Self {
        self.settings.switched_off.insert(task);
        let _ = self.feed(Event::SettingsChanged(self.settings.clone()));
        self
    }

    /// Now it is this local time in Berlin.
    pub(crate) fn on(&mut self, local: &str) -> &mut Self {
        self.now = berlin(local);
        self
    }

    pub(crate) fn feed(&mut self, event: Event) -> Answer {
        self.shutting_down |= event == Event::ShutdownAsked;
        let Step { answer, effects } = self.schedule.handle(self.now, event);
        self.carry_out(effects);
        self.assert_sound();
        answer
    }

    pub(crate) fn start(&mut self, task: TaskName) -> StartAnswer {
        self.ask(task, false, None)
    }

    pub(crate) fn force(&mut self, task: TaskName) -> StartAnswer {
        self.ask(task, true, None)
    }

    pub(crate) fn ask(&mut self, task: TaskName, force: bool, section: Option<i64>) -> StartAnswer {
        match self.feed(Event::StartAsked { task, ask: Ask { section, ..Ask::all(force) } }) {
            Answer::Start(answer) => answer,
            other => panic!("a start was answered with {other:?}"),
        }
    }

    pub(crate) fn refresh(&mut self, section: i64, paths: &[&str], origin: Origin) -> StartAnswer {
        let paths = paths.iter().map(PathBuf::from).collect();
        match self.feed(Event::RefreshAsked { section, paths, origin }) {
            Answer::Start(answer) => answer,
            other => panic!("a refresh was answered with {other:?}"),
        }
    }

    pub(crate) fn start_all(&mut self) -> BTreeMap<TaskName, StartAnswer> {
        match self.feed(Event::StartAllAsked { force: false }) {
            Answer::StartAll(answers) => answers.into_iter().collect(),
            other => panic!("start all was answered with {other:?}"),
        }
    }

    /// Starts a task and says its run's id.
    pub(crate) fn begun(&mut self, task: TaskName) -> RunId {
        match self.start(task) {
            StartAnswer::Started { run, .. } => run,
            other => panic!("it was not started: {other:?}"),
        }
    }

    pub(crate) fn complete(&mut self, run: RunId) {
        assert_eq!(
            self.feed(Event::RunEnded { run, end: RunEnd::Completed(Reason::AllDone) }),
            Answer::Nothing
        );
    }

    pub(crate) fn confirm_stop(&mut self, run: RunId) {
        assert_eq!(self.feed(Event::RunEnded { run, end: RunEnd::Stopped }), Answer::Nothing);
    }

    pub(crate) fn state(&self, run: RunId) -> RunState {
        self.stored[&run].state
    }

    pub(crate) fn reason(&self, run: RunId) -> Option<Reason> {
        self.stored[&run].reason.clone()
    }

    /// The server goes away without a word, and is there again.
    pub(crate) fn crash(&mut self) {
        let remembered = self.remembered();
        let (schedule, effects) = Schedule::restore(rows(), self.settings.clone(), remembered, self.now);
        self.schedule = schedule;
        self.at_work.clear();
        self.told_to_stop.clear();
        self.widened.clear();
        self.wake = None;
        self.shutting_down = false;
        self.carry_out(effects);
        self.assert_sound();
    }

    /// The server is shut down in order, and is there again.
    pub(crate) fn restart(&mut self) {
        self.shut_down();
        self.crash();
    }

    pub(crate) fn shut_down(&mut self) {
        assert_eq!(self.feed(Event::ShutdownAsked), Answer::Nothing);
        for run in self.told_to_stop.clone() {
            self.confirm_stop(run);
        }
        assert!(self.at_work.is_empty());
    }

    /// What the engine reads from the library at start-up.
    pub(crate) fn remembered(&self) -> Remembered {
        let mut past = self.before.clone();
        let mut completed: Vec<_> =
            self.stored.values().filter(|run| run.state == RunState::Completed && run.counts()).collect();
        completed.sort_by_key(|run| run.ended_at);
        for run in completed {
            let past = past.entry(run.task.clone()).or_default();
            past.last_completed = run.day;
            past.durations.push(run.worked);
        }
        for run in self.stored.values().filter(|run| run.counts()) {
            let past = past.entry(run.task.clone()).or_default();
            match (run.state, &run.reason) {
                (RunState::Failed, _)
                | (RunState::Stopped, Some(Reason::StoppedByPerson | Reason::AllStoppedByPerson)) => {
                    past.given_up = past.given_up.max(run.ended_day);
                }
                (RunState::Stopped, _) => past.cut = past.cut.max(run.ended_day),
                (RunState::Missed, _) => past.missed = past.missed.max(run.day),
                _ => {}
            }
        }
        for run in self.stored.values() {
            let Some(crashes) = run.crashes else { continue };
            let past = past.entry(run.task.clone()).or_default();
            past.crashes = Some(match past.crashes {
                Some(before) if before.day > crashes.day => before,
                Some(before) if before.day == crashes.day => {
                    Crashes { day: before.day, count: before.count + crashes.count }
                }
                _ => crashes,
            });
        }
        Remembered {
            unfinished: self.stored.values().filter(|run| run.ended_at.is_none()).cloned().collect(),
            past,
            next_run: RunId(self.stored.keys().next_back().map_or(1, |last| last.0 + 1)),
            attendance: self.attendance,
            pauses: self.pauses.clone(),
        }
    }

    pub(crate) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Save(run) => {
                    if let Some(before) = self.stored.get(&run.id) {
                        assert!(before.ended_at.is_none(), "{before:?} had ended and became {run:?}");
                        assert_ne!(*before, run, "saved for nothing");
                    }
                    if run.ended_at.is_some() || run.state == RunState::Interrupted {
                        self.at_work.remove(&run.id);
                        self.told_to_stop.remove(&run.id);
                    }
                    self.stored.insert(run.id, run);
                }
                Effect::Begin { run } => {
                    assert_eq!(self.state(run), RunState::Running, "it began before it was saved as running");
                    let at_scan = |other: &&RunId| self.stored[other].task == SCAN;
                    let beside = self.at_work.iter().find(at_scan).filter(|_| self.stored[&run].task != SCAN);
                    assert_eq!(beside, None, "run {run} began during a scan");
                    assert!(self.at_work.insert(run), "run {run} began twice");
                }
                Effect::Stop { run, why } => {
                    assert_eq!(self.reason(run), Some(why));
                    assert!(self.at_work.contains(&run), "run {run} was stopped and does not work");
                    assert!(self.told_to_stop.insert(run), "run {run} was told to stop twice");
                }
                Effect::Widen { run } => {
                    assert!(self.at_work.contains(&run), "run {run} was widened and does not work");
                    *self.widened.entry(run).or_default() += 1;
                }
                Effect::KeepPauses(pauses) => {
                    self.pauses = pauses;
                }
                Effect::Attend(note) => {
                    self.attendance = Some(note);
                    self.notes += 1;
                }
                Effect::WakeAt { at, .. } => self.wake = Some(at),
                Effect::LogError(error) => panic!("{error}"),
            }
        }
    }

    /// What holds after every event.
    pub(crate) fn assert_sound(&self) {
        let unfinished: Vec<_> =
            self.stored.values().filter(|run| !run.state.is_terminal()).cloned().collect();
        assert_eq!(self.schedule.live(), unfinished, "what is live is what is stored as not terminal");

        let rows = rows();
        let lane = |run: &RunRecord| rows.iter().find(|row| row.name == run.task).unwrap().timing.lane;
        let active: Vec<_> = unfinished
            .iter()
            .filter(|run| matches!(run.state, RunState::Running | RunState::Paused | RunState::Stopping))
            .collect();
        let at_work: BTreeSet<_> = active.iter().map(|run| run.id).collect();
        assert_eq!(at_work, self.at_work, "what is stored as running is what works");
        let tasks: BTreeSet<_> = active.iter().map(|run| &run.task).collect();
        assert_eq!(tasks.len(), active.len(), "one run of a task at a time: {active:?}");
        assert!(
            active.iter().filter(|run| lane(run) == Lane::Housekeeping).count() <= 1,
            "housekeeping goes one at a time: {active:?}"
        );

        for run in self.stored.values() {
            let interrupted_for_now = run.state == RunState::Interrupted && run.ended_at.is_none();
            assert_eq!(run.ended_at.is_some(), run.state.is_terminal() && !interrupted_for_now, "{run:?}");
            assert_eq!(
                run.reason.is_none(),
                matches!(run.state, RunState::Running | RunState::Scheduled),
                "{run:?}"
            );
            assert_eq!(run.ended_at.is_some(), run.ended_day.is_some(), "{run:?}");
            assert!(run.started_at.is_none() || run.day.is_some(), "{run:?}");
            match run.state {
                RunState::Stopping => assert!(self.told_to_stop.contains(&run.id), "{run:?}"),
                RunState::Scheduled => {
                    let at = run.scheduled_at.unwrap();
                    assert!(run.bound_until.is_none_or(|end| at < end), "placed outside its window: {run:?}");
                    assert!(
                        self.shutting_down || self.wake.is_some_and(|wake| wake <= at),
                        "nobody wakes us for {run:?}"
                    );
                }
                RunState::Paused => assert!(!self.pauses.is_empty(), "nothing holds {run:?}"),
                RunState::Queued if self.shutting_down => {}
                RunState::Queued => match run.reason.clone().unwrap() {
                    Reason::BehindItself { run }
                    | Reason::BehindScan { run }
                    | Reason::BehindLane { run, .. } => {
                        assert!(!self.state(run).is_terminal(), "it waits for run {run}, which has ended");
                    }
                    Reason::Held { .. } => assert!(!self.pauses.is_empty(), "nothing holds {run:?}"),
                    other => panic!("no reason to wait: {other}"),
                },
                _ => {}
            }
        }
    }

    pub(crate) fn later(&mut self, by: SignedDuration) -> &mut Self {
        self.now = self.now.checked_add(by).unwrap();
        self
    }
}
