//! A library with a section of films, and the tasks that keep house over it.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use butler_api::{Ask, RunId, TaskName};
use butler_library::{
    Library, NewSection, RealFiles, ReportFact, ScanObserver, ScanProgress, ScanWorld, SectionId,
    SectionKind, scan_section,
};
use butler_tasks::{
    Catalogue, Ground, LibraryChange, News, Plan, Report, Settings, TaskError, Work, WorkStep,
};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

pub(crate) const TODAY: Date = date(2027, 1, 15);

/// So many days after the moment at which everything begins.
pub(crate) fn day(number: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_hours(24 * number)
}

pub(crate) struct World {
    pub(crate) library: Library,
    pub(crate) section: SectionId,
    pub(crate) settings: Settings,
    pub(crate) folder: TempDir,
}

/// Who is told of a run.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) failed: Mutex<Vec<(PathBuf, String)>>,
    pub(crate) changed: Mutex<Vec<LibraryChange>>,
    /// After so many steps it shall stop.
    pub(crate) stop_after: Option<u64>,
    pub(crate) steps: AtomicU64,
}

impl News for Told {
    fn step(&self, step: WorkStep) {
        assert!(step.done <= step.total, "{step:?}");
        self.steps.store(step.done, Ordering::SeqCst);
    }

    fn failed(&self, path: &Path, sentence: &str) {
        self.failed.lock().unwrap().push((path.to_owned(), sentence.to_owned()));
    }

    fn changed(&self, change: LibraryChange) {
        self.changed.lock().unwrap().push(change);
    }
}

struct Patient;

impl ScanObserver for Patient {
    fn progress(&mut self, _: ScanProgress) {}

    fn should_stop(&mut self) -> bool {
        false
    }
}

impl World {
    /// So many films in a section that was scanned on day 0.
    pub(crate) fn new(films: u32) -> Self {
        let folder = butler_fixtures::tempdir().unwrap();
        let media = folder.path().join("media");
        fs::create_dir(&media).unwrap();
        let library = Library::open(&folder.path().join("data")).unwrap();
        let new = NewSection {
            name: "Films".into(),
            kind: SectionKind::Movie,
            roots: vec![media],
            agent: "none".into(),
            scanner: "none".into(),
            language: "en-US".into(),
        };
        let section = library.add_section(new, day(0)).unwrap();
        let world = Self { library, section, settings: Settings::default(), folder };
        (1..=films).for_each(|number| world.write(number));
        world.scan(day(0));
        world
    }

    pub(crate) fn film(&self, number: u32) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(format!("media/Film {number} (2001).mkv"))
    }

    pub(crate) fn write(&self, number: u32) {
        let content: Vec<u8> = (0..500u32).map(|index| (index * (number + 7) / 3) as u8).collect();
        fs::write(self.film(number), content).unwrap();
        set_times(&self.film(number), day(-30));
    }

    pub(crate) fn remove(&self, numbers: std::ops::RangeInclusive<u32>) {
        numbers.for_each(|number| fs::remove_file(self.film(number)).unwrap());
    }

    pub(crate) fn scan(&self, now: Timestamp) {
        let world = ScanWorld {
            root_threads: self.library.root_threads(),
            files: Arc::new(RealFiles),
            now: &|| now,
            settle: &|_| {},
            run: None,
        };
        scan_section(&self.library, self.section, &world, &mut Patient).unwrap();
        self.library.assert_sound();
    }

    pub(crate) fn set(&mut self, id: &str, value: &str) {
        self.settings = self.settings.change(&[(id.to_owned(), Some(value.to_owned()))]).unwrap();
    }

    /// A file of the data folder, used last at a moment.
    pub(crate) fn own(&self, name: &str, bytes: usize, used: Timestamp) -> PathBuf {
        let path = self.library.data_dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![b'x'; bytes]).unwrap();
        set_times(&path, used);
        path
    }

    pub(crate) fn plan(&self, task: &TaskName, now: Timestamp) -> Result<Plan, TaskError> {
        let work = Catalogue::default().find(task).unwrap().phases.work;
        let mut ground = Ground {
            library: &self.library,
            settings: &self.settings,
            section: None,
            now,
            today: TODAY,
            is_stopping: &mut || false,
        };
        work.plan(&mut ground).unwrap()
    }

    pub(crate) fn run(&self, task: &TaskName, now: Timestamp) -> Result<Report, TaskError> {
        self.run_by(task, now, None, &Told::default())
    }

    pub(crate) fn run_by(
        &self,
        task: &TaskName,
        now: Timestamp,
        section: Option<SectionId>,
        told: &Told,
    ) -> Result<Report, TaskError> {
        let ask = section.map_or(Ask::all(true), |section| Ask::of_section(section.0, Vec::new()));
        let is_stopping = || told.stop_after.is_some_and(|after| told.steps.load(Ordering::SeqCst) >= after);
        let mut work = Work {
            library: &self.library,
            ask: &ask,
            run: RunId(1),
            is_of_watch: false,
            settings: &self.settings,
            today: TODAY,
            now: &|| now,
            wait: &|_| {},
            is_stopping: &is_stopping,
            news: told,
        };
        let report = Catalogue::default().find(task).unwrap().phases.work.carry_out(&mut work);
        // What could not go on may have found the library so.
        if report.is_ok() {
            self.library.assert_sound();
        }
        report
    }

    /// Holds that a run does what its dry run showed, in that order, and no more; gives the plan and the
    /// run's facts.
    #[track_caller]
    pub(crate) fn does_what_it_shows(&self, task: &TaskName, now: Timestamp) -> (Plan, Vec<ReportFact>) {
        let plan = self.plan(task, now).unwrap();
        let again = self.plan(task, now).unwrap();
        assert_eq!(plan, again, "a dry run changes nothing");
        let facts = self.run(task, now).unwrap().into_facts();
        let shown: Vec<String> =
            plan.actions.iter().map(|action| format!("{} (", action.path.display())).collect();
        let done: Vec<&str> = facts
            .iter()
            .filter(|fact| fact.label != "to know")
            .filter_map(|fact| fact.value.as_str())
            .filter(|sentence| sentence.starts_with('/'))
            .collect();
        assert_eq!(shown.len(), done.len(), "{plan:#?} {facts:#?}");
        for (shown, done) in shown.iter().zip(done) {
            assert!(done.starts_with(shown), "{shown} {done}");
        }
        (plan, facts)
    }
}

/// What a report counts by this label.
pub(crate) fn counted(facts: &[ReportFact], label: &str) -> u64 {
    facts
        .iter()
        .find(|fact| fact.label == label && fact.value.is_u64())
        .map_or(0, |fact| fact.value.as_u64().unwrap())
}

pub(crate) fn set_times(path: &Path, at: Timestamp) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at.as_second().unsigned_abs());
    let times = FileTimes::new().set_accessed(at).set_modified(at);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}
