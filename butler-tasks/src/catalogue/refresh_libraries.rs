//! Scans the sections' folders for new, changed, moved and missing files, and then wishes to know what the
//! headers of each new file say, the tags of music, and when photos were taken.
//!
//! Reads below the sections' roots and changes nothing there. How a scan goes is the library's business.

mod dry_run;

use std::sync::Arc;

use butler_api::{Reason, TaskName};
use butler_library::{
    LeftAlone, RealFiles, RootReport, ScanError, ScanObserver, ScanPhase, ScanProgress, ScanReport,
    ScanWorld, Section, SectionId, StoreError, scan_paths, scan_section,
};
use butler_product::Spec;
use butler_schedule::{Lane, Timing};

use crate::catalogue::garbage_collect_library_media::{empty_after_scan, missing};
use crate::report::Report;
use crate::settings::{Setting, Settings};
use crate::task::{Demand, OwnWork, Phases, Task};
use crate::work::{LibraryChange, News, SectionStep, Stage, TaskError, Work, WorkStep};

pub(crate) static TASK: Task = Task {
    name: TaskName::RefreshLibraries,
    title: "Refresh Libraries",
    description: "Scan the folders of all libraries for new, changed, moved and missing files",
    timing: Timing { lane: Lane::Scan, ..Timing::MEDIA },
    switch: &SWITCH,
    settings: &[],
    section_switch: None,
    phases: Phases { work: OwnWork::Shown { work, show: dry_run::show }, demands, ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskRefreshLibraries",
    "Update all libraries during maintenance",
    "Scan the folders of all libraries every night for files that are new, changed, moved or gone.",
    true,
);

/// What a run's report says before each file that its scan did not find any more.
const MISSING: &str = "missing";
/// So many links and mounts that were not followed are named.
const MOST_LEFT_ALONE: usize = 20;

fn demands(_: &Settings) -> Vec<Demand> {
    vec![Demand::of(Spec::MediaInfo), Demand::of(Spec::Tags), Demand::of(Spec::Photo)]
}

fn work(work: &mut Work<'_>) -> Result<Report, TaskError> {
    let (mut totals, mut trash, begun) = (Totals::default(), Report::default(), (work.now)());
    for section in sections(work)? {
        if (work.is_stopping)() {
            return Err(TaskError::Stopped);
        }
        let world = ScanWorld {
            root_threads: work.library.root_threads(),
            files: Arc::new(RealFiles),
            now: work.now,
            settle: work.wait,
            run: Some(work.run),
        };
        let mut teller = Teller {
            work,
            section: &section,
            before: totals.seen,
            read_before: totals.read,
            read: totals.read,
        };
        teller.step(0, 0, None, Stage::Begun);
        let scanned = match work.ask.paths.as_slice() {
            [] => scan_section(work.library, section.id, &world, &mut teller),
            paths => scan_paths(work.library, section.id, paths, &world, &mut teller),
        };
        match scanned {
            Ok(report) if report.stopped => return Err(TaskError::Stopped),
            Ok(report) => {
                tell_failures(&section, &report, work.news);
                totals.add(&report);
                totals.read = teller.read;
                teller.step(report.seen, report.seen, None, Stage::Ended);
                if report.added > 0 && section.scanned_at.is_some() {
                    work.news.changed(LibraryChange::ItemsAdded);
                }
                if report.added + report.changed + report.moved + report.back + report.missing > 0 {
                    work.news.changed(LibraryChange::Section(section.id));
                }
                if work.ask.paths.is_empty() && report.roots_away.is_empty() {
                    empty_after_scan(work, section.id, &mut trash)?;
                }
                if report.missing > 0 {
                    let now = (work.now)();
                    let of_this_scan = |since| since >= begun;
                    missing(work.library, work.settings, Some(section.id), now, of_this_scan)?
                        .into_iter()
                        .for_each(|sentence| trash.text(MISSING, sentence));
                }
            }
            // Somebody removed it while others were scanned: so it needs no scan.
            Err(ScanError::UnknownSection(_)) => teller.step(0, 0, None, Stage::Ended),
            Err(ScanError::Store(error)) => return Err(unreadable(&error)),
        }
    }
    let mut report = totals.report();
    report.append(trash);
    Ok(report)
}

/// The sections to scan.
fn sections(work: &Work<'_>) -> Result<Vec<Section>, TaskError> {
    let Some(id) = work.ask.section.map(SectionId) else {
        return work.library.sections().map_err(|error| unreadable(&error));
    };
    match work.library.section(id) {
        Ok(Some(section)) => Ok(vec![section]),
        Ok(None) => Err(TaskError::Failed(format!("There is no section {id} any more."))),
        Err(error) => Err(unreadable(&error)),
    }
}

fn unreadable(error: &StoreError) -> TaskError {
    TaskError::Failed(format!(
        "The library's database could not be read or written: {error}. See the server's log."
    ))
}

fn tell_failures(section: &Section, report: &ScanReport, news: &dyn News) {
    for failure in &report.failures {
        let root = section.roots.iter().find(|root| root.id == failure.root);
        let path = root.map_or_else(|| failure.path.clone(), |root| root.path.join(&failure.path));
        news.failed(&path, &failure.sentence);
    }
}

/// Turns a scan's words into a run's progress: a file that is known counts as done as soon as it is seen to
/// be unchanged.
struct Teller<'a> {
    work: &'a Work<'a>,
    section: &'a Section,
    /// Files of the sections before.
    before: u64,
    /// Files of the sections before whose contents were read.
    read_before: u64,
    /// With those of this section so far.
    read: u64,
}

impl Teller<'_> {
    /// So many files of the section are done of so many that are known.
    fn step(&self, done: u64, seen: u64, waits: Option<Reason>, stage: Stage) {
        let section = SectionStep { id: self.section.id, title: self.section.name.clone(), stage };
        let (done, total) = (self.before + done, self.before + seen);
        let new_contents = self.read;
        self.work.news.step(WorkStep { done, total, waits, section: Some(section), new_contents });
    }
}

impl ScanObserver for Teller<'_> {
    fn progress(&mut self, progress: ScanProgress) {
        let ScanProgress { phase, seen, read, to_read, settling } = progress;
        self.read = self.read_before + read;
        let done = match phase {
            ScanPhase::Walking => 0,
            ScanPhase::Reading | ScanPhase::Settling | ScanPhase::Ending => {
                seen.saturating_sub(to_read.saturating_sub(read))
            }
        };
        let waits = (phase == ScanPhase::Settling && settling > 0).then_some(Reason::SettlingFiles);
        let total = (phase != ScanPhase::Walking).then_some(seen);
        self.step(done, seen, waits, Stage::Under { done, total });
    }

    fn should_stop(&mut self) -> bool {
        (self.work.is_stopping)()
    }

    fn waits_for_growing(&self) -> bool {
        !self.work.is_of_watch
    }
}

/// What the scans of all sections found.
#[derive(Debug, Default)]
struct Totals {
    folders: u64,
    seen: u64,
    read: u64,
    added: u64,
    doubled: u64,
    changed: u64,
    moved: u64,
    back: u64,
    missing: u64,
    unsettled: u64,
    left_alone: Vec<LeftAlone>,
    roots_away: Vec<RootReport>,
}

impl Totals {
    fn add(&mut self, report: &ScanReport) {
        self.folders += report.folders;
        self.seen += report.seen;
        self.added += report.added;
        self.doubled += report.doubled;
        self.changed += report.changed;
        self.moved += report.moved;
        self.back += report.back;
        self.missing += report.missing;
        self.unsettled += report.unsettled;
        self.left_alone.extend(report.left_alone.iter().cloned());
        self.roots_away.extend(report.roots_away.iter().cloned());
    }

    /// The facts that are worth a line: what is zero is left out, but for the files seen.
    fn report(self) -> Report {
        let mut report = Report::default();
        report.roots_away = self.roots_away.iter().map(|root| root.path.display().to_string()).collect();
        report.count("folders read", self.folders);
        report.count("files seen", self.seen);
        let facts = [
            ("new files", self.added),
            ("of these with content known from another file", self.doubled),
            ("changed files", self.changed),
            ("moved files", self.moved),
            ("files back", self.back),
            ("missing files", self.missing),
            ("still being written, left for the next scan", self.unsettled),
            ("links and mounts that were not followed", self.left_alone.len() as u64),
        ];
        for (label, value) in facts.into_iter().filter(|(_, value)| *value > 0) {
            report.count(label, value);
        }
        for LeftAlone { path, sentence } in self.left_alone.into_iter().take(MOST_LEFT_ALONE) {
            report.text("not followed", format!("{}: {sentence}", path.display()));
        }
        // Why each is taken to be away, and what to do.
        for root in self.roots_away {
            report.text("folder that is away", root.sentence);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_away_is_reported_with_the_reason_and_what_to_do() {
        let sentence =
            "The folder /films was full and is empty now; if its disk is not mounted, mount it.".to_owned();
        let away = RootReport { path: "/films".into(), sentence: sentence.clone() };
        let mut totals = Totals::default();
        totals.add(&ScanReport { roots_away: vec![away], ..ScanReport::default() });
        let report = totals.report();
        assert_eq!(report.roots_away, ["/films"]);
        assert!(
            report.into_facts().contains(&butler_library::ReportFact::text("folder that is away", sentence))
        );
    }
}
