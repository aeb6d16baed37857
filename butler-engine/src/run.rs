//! One live run as the engine carries it out: how far it came, what it has in hand, what it will say at its
//! end.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

use butler_api::{Ask, Origin, Reason, RunId, RunRecord, TaskName};
use butler_library::{Failed, FileMark, RunGain, RunProgress, SourceId};
use butler_product::ProductKind;
use butler_tasks::{Report, SectionStep, Stage, Task, WorkStep};
use jiff::Timestamp;

use crate::door::answer::LiveRun;
use crate::door::fact::{Came, What};
use crate::run::brake::Brake;
use crate::run::during_work::DuringWork;
use crate::run::phase::Phase;
use crate::run::rate::Rate;
use crate::unit::backlog::UnitId;

pub(crate) mod brake;
pub(crate) mod derive;
mod during_work;
pub(crate) mod phase;
mod rate;
pub(crate) mod work;

/// What a run takes up when it looks for what is lacking; the later one takes up more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// What does not rest after failures.
    AtDue,
    /// What rests, too.
    AtAll,
}

impl Look {
    pub(crate) const fn of(force: bool) -> Self {
        if force { Self::AtAll } else { Self::AtDue }
    }
}

/// A run that works.
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) task: &'static Task,
    pub(crate) origin: Origin,
    pub(crate) ask: Ask,
    /// Steps done, units and the task's own together.
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) failures: u64,
    /// The files that they are of; as many as there are failures, at most.
    failed_files: BTreeSet<FileMark>,
    /// Bytes that the units which ended have read.
    pub(crate) bytes_read: u64,
    pub(crate) report: Report,
    pub(crate) roots_away: BTreeSet<String>,
    pub(crate) phase: Phase,
    /// How it looked last for what it lacks.
    pub(crate) look: Look,
    /// The most of its looks since it derived last.
    look_of_derivations: Look,
    /// How it is to look once more for what it lacks when the present count, or derivation, has ended.
    pub(crate) looks_again: Option<Look>,
    /// What units of the run answered since its lacks are being counted, and what was on its way into the
    /// database then: the count may take that for lacking.
    pub(crate) answered: HashSet<(SourceId, ProductKind)>,
    /// The window's end that binds it.
    pub(crate) bound_until: Option<Timestamp>,
    /// What failed before and is left alone.
    pub(crate) held_back: Failed,
    in_hand: BTreeMap<UnitId, (String, u64)>,
    waits: Option<Reason>,
    /// The section that the run's own work goes through.
    section: Option<SectionStep>,
    work_done: u64,
    work_total: u64,
    during_work: DuringWork,
    rate: Rate,
    brake: Arc<Brake>,
    tally: Tally,
}

/// What came of the wishes of a run, for its report.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    made: u64,
    nothing: u64,
    failed: u64,
    /// Made, or found to have nothing, by this run before the server was restarted.
    before: u64,
    /// Made ahead, before this run began.
    ahead: u64,
    /// Left under roots that are away.
    away: u64,
    /// Left since no file holds the source any more.
    gone: u64,
}

impl Run {
    pub(crate) fn new(record: &RunRecord, task: &'static Task) -> Self {
        Self {
            id: record.id,
            task,
            origin: record.origin,
            ask: record.ask.clone(),
            done: 0,
            total: 0,
            failures: 0,
            failed_files: BTreeSet::new(),
            bytes_read: 0,
            report: Report::default(),
            roots_away: BTreeSet::new(),
            phase: match has_own_work(task, &record.ask) {
                true => Phase::Working,
                false => Phase::Counting,
            },
            look: Look::of(tries_again(&record.ask, record.origin)),
            look_of_derivations: Look::AtDue,
            looks_again: None,
            answered: HashSet::new(),
            bound_until: record.bound_until,
            held_back: Failed::default(),
            in_hand: BTreeMap::new(),
            waits: None,
            section: None,
            work_done: 0,
            work_total: 0,
            during_work: DuringWork::default(),
            rate: Rate::default(),
            brake: Arc::default(),
            tally: Tally::default(),
        }
    }

    /// Takes over what it did before a restart. A task's own work begins anew and counts anew: only what was
    /// read stays read.
    pub(crate) fn resume(&mut self, before: &RunProgress, failed_files: Vec<FileMark>) {
        self.bytes_read = before.bytes_read;
        if self.phase != Phase::Working {
            (self.done, self.total, self.failures) = (before.done, before.done, before.failures);
            self.failed_files = failed_files.into_iter().collect();
            self.tally.failed = before.failures;
            self.tally.before = before.done.saturating_sub(before.failures);
        }
    }

    /// So many steps were done ahead of its beginning.
    pub(crate) fn begins_with(&mut self, ahead: u64) {
        (self.done, self.total) = (self.done + ahead, self.total + ahead);
        self.tally.ahead = ahead;
    }

    pub(crate) fn stored_progress(&self) -> RunProgress {
        RunProgress {
            done: self.done,
            total: self.total,
            failures: self.failures,
            failed_files: self.failed_files.len() as u64,
            bytes_read: self.bytes_read,
        }
    }

    /// The files that failed.
    pub(crate) fn failed_files(&self) -> Vec<FileMark> {
        self.failed_files.iter().copied().collect()
    }

    /// Files failed: each counts once, whatever of it could not be made or done.
    pub(crate) fn files_failed(&mut self, files: impl IntoIterator<Item = FileMark>) {
        self.failed_files.extend(files);
    }

    /// Whether it can be stopped at once, since it has no work of its own under way: only units, which go on
    /// without it.
    pub(crate) fn is_detachable(&self) -> bool {
        self.phase != Phase::Working
    }

    /// Whether it begins with its task's own work.
    pub(crate) fn has_own_work(&self) -> bool {
        has_own_work(self.task, &self.ask)
    }

    pub(crate) fn name(&self) -> &TaskName {
        &self.task.name
    }

    /// Whether it was asked to try again what rests after failures.
    pub(crate) fn tries_again(&self) -> bool {
        tries_again(&self.ask, self.origin)
    }

    /// How it looks for what it lacks before anybody asked for it once more.
    pub(crate) fn first_look(&self) -> Look {
        Look::of(self.tries_again())
    }

    /// It looks for what it lacks.
    pub(crate) fn looks(&mut self, look: Look) {
        (self.look, self.looks_again) = (look, None);
        self.look_of_derivations = self.look_of_derivations.max(look);
    }

    /// How it looks for what it is to derive.
    pub(crate) fn looks_for_derivations(&mut self) -> Look {
        std::mem::replace(&mut self.look_of_derivations, Look::AtDue)
    }

    /// The brake of the threads that work for the run.
    pub(crate) fn brake(&self) -> Arc<Brake> {
        Arc::clone(&self.brake)
    }

    pub(crate) fn ask_to_stop(&self) {
        self.brake.stop();
    }

    pub(crate) fn freeze(&self, frozen: bool) {
        self.brake.freeze(frozen);
    }

    pub(crate) fn is_asked_to_stop(&self) -> bool {
        self.brake.is_stopping()
    }

    /// The task's own work came to a step. The facts that this makes.
    pub(crate) fn work_stepped(&mut self, step: WorkStep) -> Vec<What> {
        let WorkStep { done, total, waits, section, new_contents } = step;
        self.during_work.came_to(new_contents);
        let is_further = (done, total, &waits) != (self.work_done, self.work_total, &self.waits);
        self.done = self.done - self.work_done + done;
        self.total = self.total - self.work_total + total;
        (self.work_done, self.work_total) = (done, total);
        self.waits = waits;
        self.rate.note(Instant::now(), self.done);
        let in_section = section.as_ref().map(|step| self.in_section(step));
        self.section = section.filter(|step| step.stage != Stage::Ended);
        is_further.then(|| self.progress(None)).into_iter().chain(in_section).collect()
    }

    fn in_section(&self, step: &SectionStep) -> What {
        let SectionStep { id, title, stage } = step;
        What::SectionStep { run: self.id, section: id.0, title: title.clone(), stage: *stage }
    }

    pub(crate) fn work_ended(&mut self) {
        self.phase = Phase::Counting;
        self.waits = None;
        self.section = None;
        // The next phase has a pace of its own.
        self.rate = Rate::default();
    }

    /// Whether its own work came to files that lack something by now. Newcomers are known as such when all is
    /// placed, and who has it try again what failed wants that once.
    pub(crate) fn may_count_during_work(&self) -> bool {
        self.phase == Phase::Working
            && self.during_work.is_due()
            && !self.tries_again()
            && self.origin != Origin::Asap
            && !self.is_asked_to_stop()
    }

    /// Its lacks are being counted beside its own work; `on_the_way` is answered and not stored yet.
    pub(crate) fn counts_during_work(&mut self, on_the_way: HashSet<(SourceId, ProductKind)>) {
        self.during_work.begins();
        self.answered = on_the_way;
    }

    pub(crate) fn counted_during_work(&mut self) {
        self.during_work.ends();
    }

    /// What its own work did: more than units have added by themselves.
    pub(crate) fn gain_of_work(&self) -> RunGain {
        RunGain {
            run: self.id,
            done: self.work_done,
            failures: self.failures - self.tally.failed,
            failed_files: self.failed_files(),
            bytes_read: 0,
            // They wait for the run's next record.
            lines: Vec::new(),
        }
    }

    /// So much rests after failures. What it tried and failed at itself is not left alone by it.
    pub(crate) fn leaves_alone(&mut self, held_back: Failed) {
        let of_work = self.failures - self.tally.failed;
        let files = (self.failed_files.len() as u64).saturating_sub(of_work);
        self.held_back = match self.tries_again() {
            true => Failed::default(),
            false => Failed {
                products: held_back.products.saturating_sub(self.tally.failed),
                files: held_back.files.saturating_sub(files),
            },
        };
    }

    pub(crate) fn unit_opened(&mut self, unit: UnitId, file: String) {
        self.in_hand.insert(unit, (file, 0));
    }

    pub(crate) fn unit_progressed(&mut self, unit: UnitId, bytes_read: u64) {
        if let Some((_, read)) = self.in_hand.get_mut(&unit) {
            *read = bytes_read;
        }
    }

    pub(crate) fn unit_ended(&mut self, unit: UnitId, bytes_read: u64) {
        if self.in_hand.remove(&unit).is_some() {
            self.bytes_read += bytes_read;
        }
    }

    /// A unit of the run answered this: a count that is under way may not know of it yet.
    pub(crate) fn unit_answered(&mut self, source: SourceId, kind: ProductKind) {
        if self.phase == Phase::Counting || self.during_work.is_counting() {
            self.answered.insert((source, kind));
        }
    }

    /// The run has one product more, or one failure more.
    pub(crate) fn step_done(&mut self, came: Came) {
        self.done += 1;
        match came {
            Came::Made => self.tally.made += 1,
            Came::Nothing => self.tally.nothing += 1,
            Came::Failed => self.tally.failed += 1,
        }
        self.failures += u64::from(came == Came::Failed);
        self.rate.note(Instant::now(), self.done);
    }

    /// The run has one step less: a file can't be had, since its root is away or (none) since it is gone.
    pub(crate) fn step_left(&mut self, root: Option<String>) {
        self.total = self.total.saturating_sub(1);
        match root {
            Some(_) => self.tally.away += 1,
            None => self.tally.gone += 1,
        }
        self.roots_away.extend(root);
    }

    /// What it says at its end: what its own work found, and what came of its wishes.
    pub(crate) fn into_report(self) -> Report {
        let left = if self.phase.is_counted() { self.total.saturating_sub(self.done) } else { 0 };
        let (mut report, bytes_read, held_back) = (self.report, self.bytes_read, self.held_back);
        let Tally { made, nothing, failed, before, ahead, away, gone } = self.tally;
        let failed_files = if failed > 0 { self.failed_files.len() as u64 } else { 0 };
        let facts = [
            ("products made", made),
            ("nothing there to make one of", nothing),
            ("files that failed", failed_files),
            ("products that could not be made", failed),
            ("settled before the server was restarted", before),
            ("made before it began, while others read the same files", ahead),
            ("files that failed before, left alone", held_back.files),
            ("left, for their folder is away", away),
            ("left, for their file is gone", gone),
            ("left for a later run", left),
        ];
        for (label, count) in facts.into_iter().filter(|(_, count)| *count > 0) {
            report.count(label, count);
        }
        if bytes_read > 0 {
            report.bytes("read from media files", bytes_read);
        }
        report
    }

    pub(crate) fn live(&self) -> LiveRun {
        let now = Instant::now();
        let files = self.in_hand.values().map(|(file, _)| file.clone()).collect();
        let reading: u64 = self.in_hand.values().map(|(_, read)| read).sum();
        LiveRun {
            run: self.id,
            done: self.done,
            total: self.total,
            failures: self.failures,
            failed_files: self.failed_files.len() as u64,
            bytes_read: self.bytes_read + reading,
            files,
            waits: self.waits.clone(),
            rate: self.rate.per_second(now),
            eta_seconds: self.rate.eta_seconds(now, self.total.saturating_sub(self.done)),
        }
    }

    /// How far it is; `file` goes before the others that are in hand.
    pub(crate) fn progress(&self, file: Option<String>) -> What {
        What::RunProgressed {
            run: self.id,
            task: self.name().clone(),
            done: self.done,
            total: self.total,
            is_counted: self.phase.is_counted(),
            failures: self.failures,
            file: file
                .or_else(|| self.in_hand.values().next().map(|(file, _)| file.clone()))
                .or_else(|| self.limited_to()),
            waits: self.waits.clone(),
        }
    }

    /// The files and folders that it is limited to, in a few words.
    fn limited_to(&self) -> Option<String> {
        let first = self.ask.paths.first()?.display();
        Some(match self.ask.paths.len() {
            1 => first.to_string(),
            several => format!("{first} and {} more", several - 1),
        })
    }

    /// The facts that say how far it is.
    pub(crate) fn standing(&self) -> Vec<What> {
        let in_section = self.section.as_ref().map(|step| self.in_section(step));
        std::iter::once(self.progress(None)).chain(in_section).collect()
    }

    /// Why it is complete.
    pub(crate) fn completed_reason(&self) -> Reason {
        let (failures, files) = (self.failures, self.failed_files.len() as u64);
        if !self.roots_away.is_empty() {
            Reason::RootsAway { roots: self.roots_away.iter().cloned().collect(), failures, files }
        } else if failures > 0 {
            // What is about products is told by their files.
            let undone = self.report.undone.clone().filter(|_| self.tally.failed == 0);
            Reason::DoneWithFailures { failures, files, undone }
        } else if self.held_back.products > 0 {
            Reason::HeldBack { held_back: self.held_back.products, files: self.held_back.files }
        } else if self.total == 0 {
            Reason::NothingToDo
        } else {
            Reason::AllDone
        }
    }
}

/// What is asked for by force tries again what rests after failures, but not whenever a file beside it
/// changes.
fn tries_again(ask: &Ask, origin: Origin) -> bool {
    ask.force && origin != Origin::Watch
}

/// A run of some contents does none of its task's own work, which is about folders.
fn has_own_work(task: &Task, ask: &Ask) -> bool {
    !task.phases.work.is_none() && ask.sources.is_empty()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use butler_library::ReportFact;
    use butler_tasks::Catalogue;

    use super::*;

    fn run() -> Run {
        let catalogue = Catalogue::default();
        let (task, at) = (TaskName::GenerateMediaIndexFiles, Timestamp::UNIX_EPOCH);
        let record = RunRecord::new(RunId(7), task.clone(), Origin::Window, Ask::default(), at);
        Run::new(&record, catalogue.find(&task).unwrap())
    }

    #[test]
    fn a_media_runs_report_says_what_came_of_its_wishes_and_why_some_were_left() {
        let mut run = run();
        (run.phase, run.total, run.held_back) = (Phase::Units, 10, Failed { products: 1, files: 2 });
        for came in [Came::Made, Came::Made, Came::Nothing, Came::Failed, Came::Failed] {
            run.step_done(came);
        }
        // Both of one file.
        (0..2).for_each(|_| run.files_failed([FileMark::of_path(Path::new("/films/film.mkv"))]));
        assert_eq!(run.completed_reason(), Reason::DoneWithFailures { failures: 2, files: 1, undone: None });
        run.step_left(Some("/films".to_owned()));
        run.step_left(None);
        run.unit_opened(1, "film.mkv".to_owned());
        run.unit_ended(1, 4_096);
        let expect = [
            ReportFact::count("products made", 2),
            ReportFact::count("nothing there to make one of", 1),
            ReportFact::count("files that failed", 1),
            ReportFact::count("products that could not be made", 2),
            ReportFact::count("files that failed before, left alone", 2),
            ReportFact::count("left, for their folder is away", 1),
            ReportFact::count("left, for their file is gone", 1),
            ReportFact::count("left for a later run", 3),
            ReportFact::bytes("read from media files", 4_096),
        ];
        assert_eq!(run.into_report().into_facts(), expect);
    }

    #[test]
    fn a_run_that_is_limited_to_folders_shows_them_while_no_file_is_in_hand() {
        let file = |run: &Run| match run.progress(None) {
            What::RunProgressed { file, .. } => file,
            _ => None,
        };
        let mut run = run();
        assert_eq!(file(&run), None);
        run.ask.paths = vec!["/films/Heat".into(), "/films/Ronin".into()];
        assert_eq!(file(&run).as_deref(), Some("/films/Heat and 1 more"));
        run.unit_opened(1, "Heat.mkv".to_owned());
        assert_eq!(file(&run).as_deref(), Some("Heat.mkv"));
    }

    #[test]
    fn what_was_done_before_a_restart_or_ahead_is_in_the_report() {
        let mut run = run();
        let before = RunProgress { done: 5, total: 9, failures: 1, failed_files: 1, bytes_read: 100 };
        run.resume(&before, vec![FileMark::of_path(Path::new("/films/film.mkv"))]);
        run.begins_with(2);
        run.phase = Phase::Units;
        let expect = [
            ReportFact::count("files that failed", 1),
            ReportFact::count("products that could not be made", 1),
            ReportFact::count("settled before the server was restarted", 4),
            ReportFact::count("made before it began, while others read the same files", 2),
            ReportFact::bytes("read from media files", 100),
        ];
        assert_eq!(run.into_report().into_facts(), expect);
    }
}
