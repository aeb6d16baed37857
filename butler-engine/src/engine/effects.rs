//! Carries out what the schedule orders: saves runs, begins them, stops them, sets the next wake-up. And
//! follows a run's own work and the count of its lacks.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use butler_api::{Attendance, Reason, RunId, RunRecord, RunState};
use butler_schedule::{Effect, Lane, RunEnd};
use butler_tasks::{Demand, Report, Task, TaskError, WorkStep};
use jiff::{SignedDuration, Timestamp};

use super::counting::Counting;
use crate::causes::{OWN_FAULT, with_causes};
use crate::door::fact::{Came, What};
use crate::engine::Loop;
use crate::engine::event::{EngineEvent, Gathered};
use crate::engine::unsaved::{RunEnding, Unstored};
use crate::run::Run;
use crate::run::phase::Phase;
use crate::run::{derive, work};

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
                Effect::Widen { run } => self.widen(run),
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
        self.store(record);
        self.tell(self.changed(record));
        self.heed(record);
    }

    fn store(&mut self, record: &RunRecord) {
        match self.library.save_run(record) {
            Ok(()) => {
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
            .set_run_progress(run, end.progress)
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
    fn bind(&mut self, id: RunId) {
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

    /// A media run that waits to begin in this window, or is placed in it, will lack this and that: what is
    /// at work until then makes it too, where it reads the same file.
    fn look_ahead(&mut self, record: &RunRecord) {
        let is_to_come =
            matches!(record.state, RunState::Queued | RunState::Scheduled) && record.bound_until.is_some();
        let is_media = |task: &&Task| task.timing.lane == Lane::Media;
        let Some(task) = self.catalogue.find(&record.task).filter(is_media) else { return };
        if !is_to_come || self.done_ahead.contains_key(&record.id) {
            return;
        }
        self.done_ahead.insert(record.id, 0);
        let demands = task.demands(&self.settings.borrow());
        let run = Run::new(record, task);
        if let Err(error) = self.gather(&run, demands, true) {
            tracing::warn!(run = %record.id, %error, "what it will lack is not looked for");
        }
    }

    /// A run that was about new items shall take all lacks.
    fn widen(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        if !run.is_detachable() {
            return;
        }
        run.phase = Phase::Counting { is_widening: true };
        self.count(id);
    }

    fn begin(&mut self, id: RunId) {
        let Some(record) = self.schedule.live().iter().find(|record| record.id == id) else { return };
        let Some(task) = self.catalogue.find(&record.task) else { return };
        let mut run = Run::new(record, task);
        run.freeze(self.is_frozen());
        // A run that goes on after a restart keeps what it did before.
        match self.library.run(id) {
            Ok(Some(stored)) => run.resume(&stored.progress),
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
            log_unstored(id, "a run's progress", self.library.set_run_progress(id, run.stored_progress()));
        }
        if !run.has_own_work() {
            self.runs.insert(id, run);
            return self.count(id);
        }
        let settings = self.settings.borrow().clone();
        let begun = work::start(&run, &self.library, settings, &self.inbox, self.clock.clone());
        self.runs.insert(id, run);
        self.fail_without_thread(id, begun);
    }

    /// The run's lacks are to be counted; where it wishes nothing there is nothing to count.
    fn count(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let demands = run.task.demands(&self.settings.borrow());
        if demands.is_empty() {
            run.phase = Phase::Units;
            return self.end_if_done(id);
        }
        let Some(run) = self.runs.get(&id) else { return };
        let gathering = self.gather(run, demands, false);
        self.fail_without_thread(id, gathering);
    }

    /// Counts what a run lacks, on a thread of its own: in a large library that takes its time.
    fn gather(&self, run: &Run, demands: Vec<Demand>, is_ahead: bool) -> std::io::Result<()> {
        let (library, inbox, clock) = (self.library.clone(), self.inbox.clone(), self.clock.clone());
        let (id, counting) = (run.id, Counting::of(run));
        std::thread::Builder::new().name(format!("lacks {id}")).spawn(move || {
            let count = || counting.count(&library, &demands, clock.now());
            let lacks = match std::panic::catch_unwind(AssertUnwindSafe(count)) {
                Ok(counted) => counted.map(|gathered| Gathered { is_ahead, ..gathered }).map_err(|error| {
                    format!("The library could not be read: {}. See the server's log.", with_causes(&error))
                }),
                Err(_) => Err(OWN_FAULT.to_owned()),
            };
            inbox.tell(EngineEvent::Gathered { run: id, lacks });
        })?;
        Ok(())
    }

    pub(super) fn gathered(&mut self, id: RunId, lacks: Result<Gathered, String>) {
        let Some(run) = self.runs.get_mut(&id) else { return self.gathered_ahead(id, lacks) };
        let Gathered { lacks, held_back, newcomers_only, is_ahead } = match lacks {
            Ok(gathered) => gathered,
            Err(sentence) => return self.fail_run(id, sentence),
        };
        // The run has begun by now, and what it lacks is counted anew: the older count knows nothing of what
        // was made meanwhile.
        let Phase::Counting { is_widening } = run.phase else { return };
        if is_ahead {
            return;
        }
        // What was begun for new items only, and shall take all by now, is counted whole by the one that
        // comes behind.
        if !(is_widening && newcomers_only) {
            run.phase = Phase::Units;
        }
        run.held_back = held_back;
        for (spec, sources) in lacks {
            run.total += self.backlog.add(id, run.origin, &spec, sources);
        }
        log_unstored(id, "a run's total", self.library.set_run_total(id, run.total));
        let progress = run.progress(None);
        self.tell(progress);
        self.bind(id);
        self.end_if_done(id);
        self.dispatch();
    }

    /// What a run that is still to come will lack was counted.
    fn gathered_ahead(&mut self, id: RunId, lacks: Result<Gathered, String>) {
        match lacks {
            Ok(gathered) if self.done_ahead.contains_key(&id) => {
                for (spec, sources) in gathered.lacks {
                    self.backlog.add_ahead(id, spec, sources.into_iter().collect());
                }
            }
            Ok(_) => {}
            // The run itself will say so, should it still be so when it begins.
            Err(sentence) => tracing::warn!(run = %id, %sentence, "what it will lack is not known"),
        }
    }

    pub(super) fn work_stepped(&mut self, id: RunId, step: WorkStep) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        for fact in run.work_stepped(step) {
            self.tell(fact);
        }
    }

    pub(super) fn work_failed(&mut self, id: RunId, path: String, sentence: String) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.failures += 1;
        let task = run.name().clone();
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
                log_unstored(
                    id,
                    "a run's progress",
                    self.library.set_run_progress(id, run.stored_progress()),
                );
                self.count(id);
            }
        }
    }

    /// A run whose thread could not be started can't go on.
    fn fail_without_thread(&mut self, id: RunId, started: std::io::Result<()>) {
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
            false => {}
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
            Phase::Working | Phase::Counting { .. } | Phase::Deriving { .. } => return,
            Phase::Closing { is_cut: true, .. } => return self.end_run(id, RunEnd::Stopped),
            Phase::Closing { until, is_cut: false } => Some(until),
            Phase::Units => None,
        };
        if run.task.phases.derives.is_empty() {
            let reason = run.completed_reason();
            return self.end_run(id, RunEnd::Completed(reason));
        }
        run.phase = Phase::Deriving { until };
        let deriving = derive::start(run, &self.library, &self.inbox, self.clock.clone());
        self.fail_without_thread(id, deriving);
    }

    pub(super) fn deriving_counted(&mut self, id: RunId, total: u64) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.total += total;
        log_unstored(id, "a run's total", self.library.set_run_total(id, run.total));
        let progress = run.progress(None);
        self.tell(progress);
    }

    pub(super) fn derived(&mut self, id: RunId, came: &[Came], gone: u64, facts: Vec<What>) {
        if let Some(run) = self.runs.get_mut(&id) {
            came.iter().for_each(|came| run.step_done(*came));
            (0..gone).for_each(|_| run.step_left(None));
            let progress = run.progress(None);
            self.tell(progress);
        }
        facts.into_iter().for_each(|fact| self.tell(fact));
    }

    pub(super) fn deriving_ended(&mut self, id: RunId, end: Result<(), String>) {
        let Some(run) = self.runs.get(&id).filter(|run| matches!(run.phase, Phase::Deriving { .. })) else {
            return;
        };
        let reason = run.completed_reason();
        match end {
            Ok(()) => self.end_run(id, RunEnd::Completed(reason)),
            Err(sentence) => self.fail_run(id, sentence),
        }
    }
}

/// What of a run's figures could not be stored goes to the log: the run itself goes on.
pub(super) fn log_unstored(run: RunId, what: &str, stored: Result<(), butler_library::StoreError>) {
    if let Err(error) = stored {
        tracing::error!(%run, what, error = &error as &dyn std::error::Error, "could not be stored");
    }
}
