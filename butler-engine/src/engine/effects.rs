//! Carries out what the schedule orders: saves runs, begins them, stops them, sets the next wake-up. And
//! follows a run's own work; what it lacks is counted in `lacks.rs`.

use std::path::Path;
use std::time::Instant;

use butler_api::{Attendance, Reason, RunId, RunRecord, RunState};
use butler_library::{FileMark, Library, RunGain, RunLine, RunRow, StoreError};
use butler_schedule::{Effect, Lane, RunEnd};
use butler_tasks::{Report, Stage, TaskError, WorkStep};
use jiff::{SignedDuration, Timestamp};

use crate::door::fact::{Came, What};
use crate::engine::Loop;
use crate::engine::unsaved::{RunEnding, Unstored};
use crate::run::phase::Phase;
use crate::run::{Look, Run};
use crate::run::{derive, work};
use crate::tags::TagsTally;

/// How long the units in hand have when the window ends (docs/scheduling.md, rule 6).
const UNITS_GRACE: SignedDuration = SignedDuration::from_secs(60);

impl Loop {
    /// Carries effects out in the order in which the schedule gave them: what one of them leads to comes
    /// behind all that were ordered before, so that an older record of a run never overwrites a newer one.
    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        self.orders.extend(effects);
        if std::mem::replace(&mut self.is_performing, true) {
            return;
        }
        while let Some(effect) = self.orders.pop_front() {
            match effect {
                Effect::Save(record) => self.save(&record),
                Effect::Begin { run } => self.begin(run),
                Effect::Widen { run, force } => self.widen(run, Look::of(force)),
                Effect::KeepPauses(pauses) => self.keep_pauses(pauses),
                Effect::Attend(attendance) => self.attend(attendance),
                Effect::Stop { run, why } => self.stop_run(run, &why),
                Effect::LogError(error) => tracing::error!(%error, "the schedule contradicts itself"),
                Effect::WakeAt { at, why } => {
                    tracing::debug!(%at, %why, "the next wake-up");
                    self.wake_at = Some(at);
                }
            }
        }
        self.is_performing = false;
    }

    fn save(&mut self, record: &RunRecord) {
        let RunRecord { id, state, reason, .. } = record;
        let why = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        self.note_line(*id, &format!("{state}{why}"), *state == RunState::Failed);
        self.store(record);
        self.tell(self.changed(record));
        self.heed(record);
    }

    fn note_line(&mut self, run: RunId, words: &str, is_bad: bool) {
        let line = RunLine::new(self.clock.now(), words, is_bad);
        self.run_logs.note(run, line, Instant::now());
    }

    /// Stores the lines of logs that no record took along.
    pub(super) fn store_lines(&mut self) {
        if !self.run_logs.is_due(Instant::now()) {
            return;
        }
        let logs = self.run_logs.all();
        if logs.is_empty() {
            return;
        }
        let runs: Vec<RunId> = logs.iter().map(|(run, _)| *run).collect();
        match self.library.add_run_lines(logs) {
            Ok(()) => runs.into_iter().for_each(|run| self.run_logs.stored(run)),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "lines of runs could not be stored");
                self.run_logs.try_again(Instant::now());
            }
        }
    }

    fn store(&mut self, record: &RunRecord) {
        match self.library.save_run_and_lines(record, self.run_logs.waiting(record.id)) {
            Ok(()) => {
                match record.state.is_terminal() {
                    true => self.run_logs.ended(record.id),
                    false => self.run_logs.stored(record.id),
                }
                if let Some(end) = self.unsaved.recorded(record.id) {
                    self.store_end(record.id, end);
                }
            }
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::error!(run = %record.id, error = cause, "a run could not be stored");
                self.unsaved.note(record.clone(), Instant::now());
            }
        }
    }

    /// Tries again what could not be stored: there may be room by now.
    pub(super) fn save_what_was_not(&mut self) {
        if !self.unsaved.is_due(Instant::now()) {
            return;
        }
        for (run, Unstored { record, end }) in self.unsaved.take() {
            if let Some(end) = end {
                self.unsaved.note_end(run, end, Instant::now());
            }
            match record {
                Some(record) => self.store(&record),
                None => _ = self.unsaved.recorded(run).map(|end| self.store_end(run, end)),
            }
        }
        self.store_pauses();
    }

    /// Stores what a run came to, and keeps it for later where that can't be.
    pub(super) fn store_end(&mut self, run: RunId, end: RunEnding) {
        let stored = self
            .library
            .set_run_progress(run, end.progress, end.failed_files.clone())
            .and_then(|()| self.library.set_run_report(run, end.report.clone()));
        if stored.is_err() {
            self.unsaved.note_end(run, end, Instant::now());
        }
        log_unstored(run, "what a run came to", stored);
    }

    /// A live run's record says anew whose it is and what binds it; one to come is no more, or is to come
    /// now.
    fn heed(&mut self, record: &RunRecord) {
        if let Some(run) = self.runs.get_mut(&record.id) {
            (run.origin, run.bound_until) = (record.origin, record.bound_until);
            run.ask.clone_from(&record.ask);
            self.bind(record.id);
        } else if record.state.is_terminal() {
            self.backlog.forget_ahead(record.id);
            self.done_ahead.remove(&record.id);
        } else {
            self.look_ahead(record);
        }
    }

    /// Tells the backlog whose a run is, and by when its units must end.
    pub(super) fn bind(&mut self, id: RunId) {
        let Some(run) = self.runs.get(&id) else { return };
        let until = run.bound_until.map(|end| end.saturating_add(UNITS_GRACE).unwrap_or(end));
        self.backlog.bind(id, run.origin, until, run.task.timing.lane == Lane::Media);
    }

    fn attend(&self, attendance: Attendance) {
        if let Err(error) = self.library.attend(attendance) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "that Butler is there could not be noted"
            );
        }
    }

    fn begin(&mut self, id: RunId) {
        let Some(record) = self.schedule.live().iter().find(|record| record.id == id) else { return };
        let Some(task) = self.catalogue.find(&record.task) else { return };
        let mut run = Run::new(record, task);
        run.freeze(self.is_frozen());
        // A run that goes on after a restart keeps what it did before.
        match self.before_restart(id) {
            Ok(Some((stored, failed))) => {
                run.resume(&stored.progress, failed);
                if run.stored_progress() != stored.progress {
                    log_unstored(id, "a run's progress", store_progress(&self.library, &run));
                }
            }
            Ok(None) => {}
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::error!(run = %id, error = cause, "a run could not be read")
            }
        }
        // What was made ahead counts now that it has come.
        self.backlog.forget_ahead(id);
        if let Some(ahead) = self.done_ahead.remove(&id).filter(|ahead| *ahead > 0) {
            run.begins_with(ahead);
            log_unstored(id, "a run's progress", store_progress(&self.library, &run));
        }
        if !run.has_own_work() {
            let look = run.first_look();
            self.runs.insert(id, run);
            return self.count(id, look);
        }
        let settings = self.settings.borrow().clone();
        let begun = work::start(&run, &self.library, settings, &self.inbox, self.clock.clone());
        self.runs.insert(id, run);
        self.fail_without_thread(id, begun);
    }

    /// What a run had done, and which files had failed in it, when the server was stopped; of a new one
    /// nothing.
    fn before_restart(&self, id: RunId) -> Result<Option<(RunRow, Vec<FileMark>)>, StoreError> {
        let Some(stored) = self.library.run(id)? else { return Ok(None) };
        Ok(Some((stored, self.library.failed_files(id)?)))
    }

    pub(super) fn work_stepped(&mut self, id: RunId, step: WorkStep) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        for fact in run.work_stepped(step) {
            match &fact {
                What::SectionStep { title, stage: Stage::Begun, .. } => {
                    self.note_line(id, &format!("{title} is begun"), false)
                }
                What::SectionStep { title, stage: Stage::Ended, .. } => {
                    self.note_line(id, &format!("{title} is gone through"), false)
                }
                _ => {}
            }
            self.tell(fact);
        }
        self.count_during_work(id);
    }

    pub(super) fn work_failed(&mut self, id: RunId, path: String, sentence: String) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.failures += 1;
        // What keeps house does something to files, and makes nothing of them.
        if run.task.timing.lane != Lane::Housekeeping {
            run.files_failed([FileMark::of_path(Path::new(&path))]);
        }
        let task = run.name().clone();
        self.note_line(id, &format!("{path}: {sentence}"), true);
        self.tell(What::WorkFailed { task, path, sentence });
    }

    /// The run's own work is over: its wishes come next, if it has any and was not stopped.
    pub(super) fn work_ended(&mut self, id: RunId, end: Result<Report, TaskError>) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.work_ended();
        match end {
            Err(TaskError::Stopped) => self.end_run(id, RunEnd::Stopped),
            Err(TaskError::Failed(sentence)) => self.fail_run(id, sentence),
            // The work's end and the stop crossed.
            Ok(report) if run.is_asked_to_stop() => {
                run.report = report;
                self.end_run(id, RunEnd::Stopped);
            }
            Ok(report) => {
                run.roots_away.extend(report.roots_away.iter().cloned());
                run.report = report;
                log_unstored(id, "a run's progress", self.library.add_to_run(run.gain_of_work()));
                let look = run.first_look();
                self.count(id, look);
            }
        }
    }

    /// A run whose thread could not be started can't go on.
    pub(super) fn fail_without_thread(&mut self, id: RunId, started: std::io::Result<()>) {
        if let Err(error) = started {
            self.fail_run(
                id,
                format!(
                    "No thread could be started for it: {error}. Close other programs and start it again."
                ),
            );
        }
    }

    pub(super) fn fail_run(&mut self, id: RunId, sentence: String) {
        self.end_run(id, RunEnd::Failed(Reason::TaskFailed { sentence }));
    }

    /// A media run is detached at once; a run's own work is told, and ends its step.
    fn stop_run(&mut self, id: RunId, why: &Reason) {
        let Some(run) = self.runs.get(&id) else { return };
        tracing::info!(run = %id, %why, "stopping");
        run.ask_to_stop();
        match run.is_detachable() {
            true if *why == Reason::WindowEnded => self.close(id),
            true => self.end_run(id, RunEnd::Stopped),
            // What units make beside its work is no reason to wait.
            false => _ = self.backlog.close(id),
        }
    }

    /// The window has ended: the run begins no unit any more, and those in hand have a while.
    fn close(&mut self, id: RunId) {
        let left = self.backlog.close(id);
        let Some(run) = self.runs.get_mut(&id) else { return };
        let until = self.looked_at.saturating_add(UNITS_GRACE).unwrap_or(self.looked_at);
        run.phase = run.phase.closed(until, left);
        self.end_if_done(id);
    }

    /// Detaches the runs whose units had their time.
    pub(super) fn detach_overdue(&mut self, now: Timestamp) {
        let overdue: Vec<RunId> = self
            .runs
            .values()
            .filter(|run| run.phase.detach_at().is_some_and(|at| at <= now))
            .map(|run| run.id)
            .collect();
        for run in overdue {
            self.end_run(run, RunEnd::Stopped);
        }
    }

    /// The fact that a run is in its state.
    pub(super) fn changed(&self, record: &RunRecord) -> What {
        What::RunChanged {
            run: record.id,
            task: record.task.clone(),
            title: self.catalogue.find(&record.task).map_or("", |task| task.title),
            section: record.ask.section,
            origin: record.origin,
            state: record.state,
            reason: record.reason.clone(),
        }
    }

    /// Nothing that units shall make for the run may be open any more: then it derives what its task derives,
    /// and ends.
    pub(super) fn end_if_done(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        if self.backlog.open(id) > 0 {
            return;
        }
        let until = match run.phase {
            Phase::Working | Phase::Counting | Phase::Deriving { .. } => return,
            Phase::Closing { is_cut: true, .. } => return self.end_run(id, RunEnd::Stopped),
            Phase::Closing { until, is_cut: false } => Some(until),
            Phase::Units => None,
        };
        if run.task.phases.derives.is_empty() && run.task.phases.writes_tags.is_none() {
            let reason = run.completed_reason();
            return self.end_run(id, RunEnd::Completed(reason));
        }
        run.phase = Phase::Deriving { until };
        let deriving = derive::start(run, &self.library, &self.inbox, self.clock.clone(), &self.tags);
        self.fail_without_thread(id, deriving);
    }

    pub(super) fn deriving_counted(&mut self, id: RunId, total: u64) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.total += total;
        log_unstored(id, "a run's total", self.library.set_run_total(id, run.total));
        let progress = run.progress(None);
        self.tell(progress);
    }

    pub(super) fn derived(
        &mut self,
        id: RunId,
        came: &[Came],
        failed: Vec<FileMark>,
        gone: u64,
        facts: Vec<What>,
    ) {
        if let Some(run) = self.runs.get_mut(&id) {
            came.iter().for_each(|came| run.step_done(*came));
            run.files_failed(failed);
            (0..gone).for_each(|_| run.step_left(None));
            let progress = run.progress(None);
            self.tell(progress);
        }
        facts.into_iter().for_each(|fact| self.tell(fact));
    }

    pub(super) fn tags_written(&mut self, id: RunId, tally: TagsTally) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        // Files that were written are steps as products are: the run did something.
        let gain = RunGain {
            run: id,
            done: tally.written,
            failures: 0,
            failed_files: Vec::new(),
            bytes_read: 0,
            lines: Vec::new(),
        };
        (run.done, run.total) = (run.done + tally.written, run.total + tally.written);
        log_unstored(id, "a run's progress", self.library.add_to_run(gain));
        for (label, count) in [
            ("music files whose gain tags were written", tally.written),
            ("music files whose tags were left alone", tally.left),
        ] {
            if count > 0 {
                run.report.count(label, count);
            }
        }
    }

    pub(super) fn deriving_ended(&mut self, id: RunId, end: Result<(), String>) {
        let Some(run) = self.runs.get(&id) else { return };
        let Phase::Deriving { until } = run.phase else { return };
        let reason = run.completed_reason();
        match (end, run.looks_again) {
            (Ok(()), Some(look)) if until.is_none() => self.count(id, look),
            // There may be more to do, and its window has ended.
            (Ok(()), Some(_)) => self.end_run(id, RunEnd::Stopped),
            (Ok(()), None) => self.end_run(id, RunEnd::Completed(reason)),
            (Err(sentence), _) => self.fail_run(id, sentence),
        }
    }
}

fn store_progress(library: &Library, run: &Run) -> Result<(), StoreError> {
    library.set_run_progress(run.id, run.stored_progress(), run.failed_files())
}

/// What of a run's figures could not be stored goes to the log: the run itself goes on.
pub(super) fn log_unstored(run: RunId, what: &str, stored: Result<(), StoreError>) {
    if let Err(error) = stored {
        tracing::error!(%run, what, error = &error as &dyn std::error::Error, "could not be stored");
    }
}
