//! The loop through a night, by a driven clock: nobody sleeps here.

use std::collections::BTreeSet;
use std::path::PathBuf;

use butler_api::{Ask, PauseEnd, PauseOwner, Reason, RunState, TaskName};
use butler_library::{
    NewSection, RealFiles, ScanObserver, ScanProgress, ScanWorld, SectionId, SectionKind, SourceId,
};
use butler_product::Spec;
use butler_schedule::Lane;
use butler_tasks::{Report, SettingsFile};
use jiff::SignedDuration;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::door::surroundings::Patience;
use crate::engine::event::{Gathered, Occasion};
use crate::unit::{Spent, UnitOutcome, UnitOver};

const BIF: TaskName = TaskName::GenerateMediaIndexFiles;

/// A loop over a library, by a clock that stands at ten in the evening; its events the test hands on by
/// itself.
pub(super) struct Night {
    pub(super) engine: Loop,
    pub(super) clock: Clock,
    pub(super) events: mpsc::Receiver<EngineEvent>,
    folder: TempDir,
}

/// Looks on while a section is scanned.
struct Onlooker;

impl ScanObserver for Onlooker {
    fn progress(&mut self, _: ScanProgress) {}

    fn should_stop(&mut self) -> bool {
        false
    }
}

impl Night {
    pub(super) fn new() -> Self {
        Self::of_cores(1)
    }

    /// Makes a section of music of these folders, and scans it.
    pub(super) fn music(&self, roots: Vec<PathBuf>) -> SectionId {
        let library = &self.engine.library;
        let section = NewSection {
            name: "Music".into(),
            kind: SectionKind::Artist,
            roots,
            agent: "none".into(),
            scanner: "none".into(),
            language: "en-US".into(),
        };
        let section = library.add_section(section, self.clock.now()).unwrap();
        let world = ScanWorld {
            root_threads: library.root_threads(),
            files: Arc::new(RealFiles),
            now: &|| self.clock.now(),
            settle: &|_| {},
            run: None,
        };
        butler_library::scan_section(library, section, &world, &mut Onlooker).unwrap();
        section
    }

    pub(super) fn of_cores(cores: u16) -> Self {
        Self::over(butler_fixtures::tempdir().unwrap(), "2027-03-20T22:00:00", cores)
    }

    fn over(folder: TempDir, at: &str, cores: u16) -> Self {
        let clock = Clock::driven(local(at));
        clock.drive(Some(local(at)), Some(0));
        // A thread of the loop before may hold the folder a moment longer.
        let library = std::iter::repeat_with(|| Library::open(folder.path())).find_map(Result::ok).unwrap();
        let (inbox, events) = Inbox::new();
        let settings = EngineSettings {
            worker_program: folder.path().join("no worker"),
            cores,
            patience: Patience::default(),
            clock: clock.clone(),
            settings_file: SettingsFile::default(),
            catalogue: Catalogue::default(),
        };
        let known =
            watch::channel(Arc::new(settings::at_start(&library, SettingsFile::default()).unwrap())).0;
        let (mut engine, effects) =
            Loop::new(library, &settings, inbox, broadcast::channel(64).0, known).unwrap();
        engine.perform(effects);
        Self { engine, clock, events, folder }
    }

    /// The clock comes to this moment in steps, as it does by itself.
    pub(super) fn until(&mut self, at: &str) {
        let (now, at) = (self.clock.now(), local(at));
        let seconds = at.duration_since(now).as_secs();
        for step in 1..=seconds / 30 {
            self.clock.drive(Some(now + SignedDuration::from_secs(30 * step)), None);
            self.engine.handle(EngineEvent::ClockSet);
        }
        self.clock.drive(Some(at), None);
        self.engine.handle(EngineEvent::ClockSet);
    }

    pub(super) fn start(&mut self, task: &TaskName) -> RunId {
        let (answer, mut asked) = oneshot::channel();
        let (task, ask) = (task.clone(), Ask::all(true));
        self.engine.handle(EngineEvent::StartAsked { task, ask, answer });
        assert!(asked.try_recv().unwrap().is_some());
        *self.engine.runs.keys().next_back().unwrap()
    }

    fn pause(&mut self, owner: PauseOwner, until: PauseEnd, drains: bool) {
        let (answer, mut asked) = oneshot::channel();
        let (since, note) = (self.clock.now(), Some("guests".to_owned()));
        let pause = Pause { owner, note, since, until, drains };
        self.engine.handle(EngineEvent::PauseAsked { pause, answer });
        assert!(asked.try_recv().unwrap().unwrap().iter().any(|pause| pause.owner == owner));
    }

    pub(super) fn gathered(&mut self, run: RunId, sources: &[i64]) {
        let lacks = vec![(Spec::Tags, sources.iter().copied().map(SourceId).collect())];
        self.engine
            .handle(EngineEvent::Gathered { run, lacks: Ok(Gathered { lacks, ..Gathered::default() }) });
    }

    pub(super) fn state(&self, run: RunId) -> RunState {
        self.engine.library.run(run).unwrap().unwrap().record.state
    }

    /// The worker of this unit is done with it, and answered nothing.
    fn over_unit(&mut self, unit: u64) {
        let over = UnitOver {
            answers: Vec::new(),
            bytes_read: 0,
            spent: Spent::default(),
            end: UnitOutcome::Left { root: None },
        };
        self.engine.handle(EngineEvent::UnitsOver { slot: 0, units: vec![(unit, over)] });
    }

    /// The server goes away without a word and comes back.
    pub(super) fn crash(self) -> Self {
        let Self { mut engine, folder, clock, .. } = self;
        let (at, cores) = (clock.now(), engine.pool.cores());
        engine.pool.end();
        engine.publisher.end();
        drop(engine);
        Self::over(folder, &at.to_zoned_datetime(zone()).datetime().to_string(), cores)
    }
}

fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::system()
}

/// A moment by this machine's zone, in which the schedule counts.
fn local(at: &str) -> Timestamp {
    zone().to_ambiguous_timestamp(at.parse::<jiff::civil::DateTime>().unwrap()).compatible().unwrap()
}

#[test]
fn what_is_made_good_after_a_night_that_was_slept_through_is_what_the_setting_says() {
    let those = |which: fn(Lane) -> bool| {
        let tasks = Catalogue::default();
        tasks.tasks().filter(|task| which(task.timing.lane)).map(|task| task.name.clone()).collect()
    };
    let all: Vec<TaskName> = those(|_| true);
    assert!(all.contains(&TaskName::BackupDatabase) && all.contains(&BIF));
    for (value, expect) in
        [("off", vec![]), ("housekeeping", those(|lane| lane != Lane::Media)), ("all", all)]
    {
        let mut night = Night::new();
        night.engine.change_settings(&[("ButlerCatchUp".to_owned(), Some(value.to_owned()))]).unwrap();
        night.clock.drive(Some(local("2027-03-21T08:00:00")), None);
        night.engine.handle(EngineEvent::ClockSet);
        let mut owed: Vec<TaskName> =
            night.engine.schedule.live().iter().map(|run| run.task.clone()).collect();
        owed.sort_by(|one, next| one.as_str().cmp(next.as_str()));
        assert_eq!(owed, expect, "{value}");
    }
}

#[test]
fn the_window_opens_by_itself_and_its_due_tasks_begin_and_are_bound() {
    let mut night = Night::new();
    assert!(night.engine.runs.is_empty());
    night.until("2027-03-21T03:30:00");
    let scan =
        night.engine.schedule.live().iter().find(|run| run.task == TaskName::RefreshLibraries).unwrap();
    assert_eq!((scan.state, scan.bound_until), (RunState::Running, Some(local("2027-03-21T05:00:00"))));
    assert!(
        night
            .engine
            .library
            .attendance()
            .unwrap()
            .is_some_and(|there| there.seen_at >= local("2027-03-21T03:29:30"))
    );
}

#[test]
fn at_the_windows_end_no_unit_begins_and_what_is_in_hand_has_a_minute() {
    let mut night = Night::new();
    night.until("2027-03-21T03:30:00");
    let scan =
        night.engine.schedule.live().iter().find(|run| run.task == TaskName::RefreshLibraries).unwrap().id;
    night.engine.handle(EngineEvent::WorkEnded { run: scan, end: Ok(Report::default()) });
    night.gathered(scan, &[1, 2]);
    assert_eq!(night.engine.backlog.open(scan), 2);
    night.until("2027-03-21T05:00:00");
    assert_eq!(night.state(scan), RunState::Stopping);
    assert_eq!(night.engine.backlog.open(scan), 1, "one is in hand, and the other will not begin");
    night.until("2027-03-21T05:00:59");
    assert_eq!(night.state(scan), RunState::Stopping);
    night.until("2027-03-21T05:01:00");
    assert_eq!(night.state(scan), RunState::Stopped);
    assert_eq!(night.engine.library.run(scan).unwrap().unwrap().record.reason, Some(Reason::WindowEnded));
}

#[test]
fn a_run_whose_last_unit_ends_in_that_minute_is_complete() {
    let mut night = Night::new();
    night.until("2027-03-21T03:30:00");
    let scan =
        night.engine.schedule.live().iter().find(|run| run.task == TaskName::RefreshLibraries).unwrap().id;
    night.engine.handle(EngineEvent::WorkEnded { run: scan, end: Ok(Report::default()) });
    night.gathered(scan, &[1]);
    night.until("2027-03-21T05:00:30");
    assert_eq!(night.state(scan), RunState::Stopping);
    night.over_unit(1);
    assert_eq!(night.state(scan), RunState::Completed);
}

#[test]
fn a_run_whose_last_unit_falls_in_that_minute_is_stopped_and_stays_due() {
    let mut night = Night::new();
    night.until("2027-03-21T03:30:00");
    let scan =
        night.engine.schedule.live().iter().find(|run| run.task == TaskName::RefreshLibraries).unwrap().id;
    night.engine.handle(EngineEvent::WorkEnded { run: scan, end: Ok(Report::default()) });
    night.gathered(scan, &[1]);
    night.until("2027-03-21T05:00:30");
    let end = UnitOutcome::Fell {
        how: crate::unit::backlog::Fall::ByItself,
        sentence: "The worker hung.".to_owned(),
    };
    let over = UnitOver { answers: Vec::new(), bytes_read: 0, spent: Spent::default(), end };
    night.engine.handle(EngineEvent::UnitsOver { slot: 0, units: vec![(1, over)] });
    assert_eq!(night.state(scan), RunState::Stopped);
    assert!(night.engine.schedule.is_due(&TaskName::RefreshLibraries, local("2027-03-22T03:00:00")));
}

#[test]
fn a_pause_freezes_begins_nothing_and_ends_by_itself() {
    let mut night = Night::new();
    night.pause(PauseOwner::Person, PauseEnd::At(night.clock.now() + SignedDuration::from_mins(30)), false);
    assert!(night.engine.is_frozen());
    let (answer, _asked) = oneshot::channel();
    night.engine.handle(EngineEvent::StartAsked { task: BIF, ask: Ask::all(true), answer });
    assert!(night.engine.runs.is_empty(), "what is asked for waits");
    night.until("2027-03-20T22:29:59");
    assert!(night.engine.is_frozen() && night.engine.runs.is_empty());
    night.until("2027-03-20T22:30:00");
    assert!(!night.engine.is_frozen() && night.engine.pauses.is_empty());
    assert_eq!(night.engine.runs.len(), 1);
}

#[test]
fn a_pause_that_drains_freezes_nothing_and_begins_no_unit() {
    let mut night = Night::new();
    let run = night.start(&BIF);
    night.pause(PauseOwner::Person, PauseEnd::Lifted, true);
    assert!(!night.engine.is_frozen());
    night.gathered(run, &[1]);
    assert!(night.engine.backlog.runs_of(1).is_empty(), "no unit was formed");
    let (answer, mut asked) = oneshot::channel();
    night.engine.handle(EngineEvent::ResumeAsked { owner: Some(PauseOwner::Person), answer });
    assert_eq!(asked.try_recv().unwrap().unwrap().len(), 1);
    assert!(night.engine.backlog.runs_of(1).contains(&run));
}

#[test]
fn a_persons_pause_survives_a_crash_and_that_of_a_player_does_not() {
    let mut night = Night::new();
    night.pause(PauseOwner::Person, PauseEnd::At(night.clock.now() + SignedDuration::from_hours(1)), false);
    night.pause(PauseOwner::Playback, PauseEnd::Lifted, false);
    let mut night = night.crash();
    let owners: Vec<PauseOwner> = night.engine.pauses.iter().map(|pause| pause.owner).collect();
    assert_eq!(owners, [PauseOwner::Person]);
    assert!(night.engine.is_frozen());
    night.until("2027-03-20T23:00:00");
    assert!(!night.engine.is_frozen());
}

#[test]
fn media_runs_of_the_window_that_wait_for_the_scan_are_looked_ahead_for() {
    let mut night = Night::new();
    night.until("2027-03-21T03:30:00");
    let waiting: Vec<RunId> = night
        .engine
        .schedule
        .live()
        .iter()
        .filter(|run| {
            run.state == RunState::Queued
                && night.engine.catalogue.find(&run.task).is_some_and(|task| task.timing.lane == Lane::Media)
        })
        .map(|run| run.id)
        .collect();
    assert!(!waiting.is_empty());
    assert!(waiting.iter().all(|run| night.engine.done_ahead.contains_key(run)));
    // What each will lack is counted, ahead of its beginning.
    let mut uncounted: BTreeSet<RunId> = waiting.into_iter().collect();
    while !uncounted.is_empty() {
        if let EngineEvent::Gathered { run, lacks } =
            night.events.recv_timeout(Duration::from_secs(60)).unwrap()
        {
            assert!(lacks.unwrap().occasion == Occasion::Ahead && uncounted.remove(&run), "{run}");
        }
    }
}

#[test]
fn what_was_counted_ahead_and_comes_after_the_runs_beginning_is_not_taken_for_its_own() {
    let mut night = Night::new();
    let run = night.start(&BIF);
    let lacks = vec![(Spec::Tags, vec![SourceId(1)])];
    night.engine.handle(EngineEvent::Gathered {
        run,
        lacks: Ok(Gathered { lacks, occasion: Occasion::Ahead, ..Gathered::default() }),
    });
    assert_eq!((night.engine.backlog.open(run), night.engine.runs[&run].phase.is_counted()), (0, false));
    night.gathered(run, &[2]);
    assert_eq!((night.engine.backlog.open(run), night.engine.runs[&run].total), (1, 1));
}

#[test]
fn a_driven_clock_that_runs_ahead_of_the_loop_does_not_look_like_a_suspend() {
    let mut night = Night::new();
    // Set to a rate, it runs on while nobody looks: every moment is gone through all the same.
    night.clock.drive(None, Some(crate::clock::FASTEST_RATE));
    while night.clock.now() < local("2027-03-21T04:30:00") {
        std::thread::yield_now();
    }
    night.clock.drive(None, Some(0));
    while night.engine.looked_at < local("2027-03-21T04:30:00") {
        night.engine.handle(EngineEvent::ClockSet);
    }
    let scan =
        night.engine.schedule.live().iter().find(|run| run.task == TaskName::RefreshLibraries).unwrap();
    let started = scan.started_at.unwrap();
    assert!(
        started < local("2027-03-21T02:00:31"),
        "it began when the window opened, by its clock: {started}"
    );
}

#[test]
fn each_task_says_in_which_night_it_is_next_however_seldom_it_is_due() {
    let mut night = Night::new();
    let next = |night: &Night, task: &TaskName| {
        night.engine.tasks().into_iter().find(|view| view.name == *task).unwrap().next_at
    };
    let tonight = Some(local("2027-03-21T02:00:00"));
    for view in night.engine.tasks() {
        assert_eq!(view.next_at, tonight, "{}", view.name);
        assert!(view.usual_seconds >= 2, "as the plan has it");
    }
    let backup = TaskName::BackupDatabase;
    let run = night.start(&backup);
    assert_eq!(next(&night, &backup), tonight, "while it works it is known when it comes again");
    night.engine.handle(EngineEvent::WorkEnded { run, end: Ok(Report::default()) });
    assert_eq!(next(&night, &backup), Some(local("2027-03-23T02:00:00")), "three days after its day");
    assert_eq!(next(&night, &BIF), tonight);
}

#[test]
fn a_run_of_some_files_does_none_of_its_tasks_own_work() {
    let mut night = Night::new();
    let (answer, _asked) = oneshot::channel();
    let (task, ask) = (TaskName::RefreshLibraries, Ask::of_sources(1, vec![9, 7]));
    night.engine.handle(EngineEvent::StartAsked { task, ask, answer });
    let (id, run) = night.engine.runs.iter().next().unwrap();
    assert!(run.is_detachable() && !run.has_own_work(), "it begins with counting what they lack");
    assert_eq!(night.engine.library.run(*id).unwrap().unwrap().record.ask.sources, [7, 9]);
}
