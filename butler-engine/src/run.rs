//! One live run as the engine carries it out: how far it came, what it has in hand, what it will say at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use butler_api::{Origin, Reason, RunId, TaskName};
use butler_library::RunProgress;
use butler_tasks::{Does, Report, ScanStep, Task};
use jiff::Timestamp;

use crate::answer::LiveRun;
use crate::backlog::UnitId;
use crate::fact::What;
use crate::rate::Rate;
use crate::work::Brake;

/// A run that works.
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) task: &'static Task,
    pub(crate) origin: Origin,
    pub(crate) forced: bool,
    pub(crate) section: Option<i64>,
    /// The files and folders of it that it is limited to; none for all of it.
    pub(crate) paths: Vec<PathBuf>,
    /// Steps done, units and the task's own together.
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) failures: u64,
    /// Of units that ended.
    pub(crate) bytes_read: u64,
    pub(crate) report: Report,
    pub(crate) roots_away: BTreeSet<String>,
    /// Whether its lacks are counted, so that none open means that it is done.
    pub(crate) is_gathered: bool,
    /// Whether its lacks are counted once more, for it shall take all of them now.
    pub(crate) is_widening: bool,
    /// Whether something that it found to do was left when its window ended.
    pub(crate) is_cut: bool,
    /// The window's end that binds it.
    pub(crate) bound_until: Option<Timestamp>,
    /// Lacks that are left alone until their next try.
    pub(crate) held_back: u64,
    /// When it is detached from the units that it still has in hand: its window has ended.
    pub(crate) detach_at: Option<Timestamp>,
    in_hand: BTreeMap<UnitId, (String, u64)>,
    is_working: bool,
    waits: Option<Reason>,
    /// The section that is being scanned, its name and how far the scan is.
    scan: Option<(i64, String, ScanStep)>,
    work_done: u64,
    work_total: u64,
    rate: Rate,
    brake: Arc<Brake>,
}

impl Run {
    pub(crate) fn new(id: RunId, task: &'static Task, origin: Origin, forced: bool, section: Option<i64>) -> Self {
        Self {
            id,
            task,
            origin,
            forced,
            section,
            paths: Vec::new(),
            done: 0,
            total: 0,
            failures: 0,
            bytes_read: 0,
            report: Report::default(),
            roots_away: BTreeSet::new(),
            is_gathered: false,
            is_widening: false,
            is_cut: false,
            bound_until: None,
            held_back: 0,
            detach_at: None,
            in_hand: BTreeMap::new(),
            is_working: matches!(task.does, Does::Work { .. } | Does::KeepHouse(_)),
            waits: None,
            scan: None,
            work_done: 0,
            work_total: 0,
            rate: Rate::default(),
            brake: Arc::default(),
        }
    }

    /// Takes over what it did before a restart. A task's own work begins anew and counts anew: only what was read stays read.
    pub(crate) fn resume(&mut self, before: &RunProgress) {
        self.bytes_read = before.bytes_read;
        if !self.is_working {
            (self.done, self.total, self.failures) = (before.done, before.done, before.failures);
        }
    }

    pub(crate) fn stored_progress(&self) -> RunProgress {
        RunProgress { done: self.done, total: self.total, failures: self.failures, bytes_read: self.bytes_read }
    }

    /// Whether it can be stopped at once, since it has no work of its own under way: only units, which go on without it.
    pub(crate) const fn is_detachable(&self) -> bool {
        !self.is_working
    }

    pub(crate) fn name(&self) -> &TaskName {
        &self.task.name
    }

    /// By which the run's own work is stopped or held.
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

    /// The task's own work came to `done` of `total`.
    pub(crate) fn work_progressed(&mut self, done: u64, total: u64, waits: Option<Reason>) {
        self.done = self.done - self.work_done + done;
        self.total = self.total - self.work_total + total;
        (self.work_done, self.work_total) = (done, total);
        self.waits = waits;
        self.rate.note(Instant::now(), self.done);
    }

    pub(crate) fn work_ended(&mut self) {
        self.is_working = false;
        self.waits = None;
        self.scan = None;
        // The next phase has a pace of its own.
        self.rate = Rate::default();
    }

    /// The scan of a section came to a step.
    pub(crate) fn section_scan(&mut self, section: i64, title: String, step: ScanStep) {
        self.scan = (step != ScanStep::Ended).then_some((section, title, step));
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

    /// One product more, or one failure more.
    pub(crate) fn step_done(&mut self, failed: bool) {
        self.done += 1;
        self.failures += u64::from(failed);
        self.rate.note(Instant::now(), self.done);
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
            is_counted: self.is_gathered,
            failures: self.failures,
            file: file.or_else(|| self.in_hand.values().next().map(|(file, _)| file.clone())),
            waits: self.waits.clone(),
        }
    }

    /// The facts that say how far it is.
    pub(crate) fn standing(&self) -> Vec<What> {
        let scan = self.scan.iter().map(|(section, title, step)| {
            let (run, section, title, step) = (self.id, *section, title.clone(), *step);
            What::SectionScan { run, section, title, step }
        });
        std::iter::once(self.progress(None)).chain(scan).collect()
    }

    /// Why it is complete.
    pub(crate) fn completed_reason(&self) -> Reason {
        if !self.roots_away.is_empty() {
            Reason::RootsAway { roots: self.roots_away.iter().cloned().collect(), failures: self.failures }
        } else if self.failures > 0 {
            Reason::DoneWithFailures { failures: self.failures }
        } else if self.held_back > 0 {
            Reason::HeldBack { held_back: self.held_back }
        } else if self.total == 0 {
            Reason::NothingToDo
        } else {
            Reason::AllDone
        }
    }
}
