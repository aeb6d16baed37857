//! Carries out what the schedule orders: saves runs, begins them, stops them, sets the next wake-up. And follows a run's
//! own work and the count of its lacks.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use butler_api::{Reason, RunId};
use butler_library::{Scope, SectionId};
use butler_schedule::{Effect, RunEnd, RunRecord};
use butler_tasks::{Demand, Does, Report, TaskError};

use crate::causes::{OWN_FAULT, with_causes};
use crate::engine::Loop;
use crate::event::{EngineEvent, Gathered};
use crate::fact::What;
use crate::run::Run;
use crate::{recovery, work};

impl Loop {
    /// Carries effects out in the order in which the schedule gave them: what one of them leads to comes behind all that
    /// were ordered before, so that an older record of a run never overwrites a newer one.
    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        self.orders.extend(effects);
        if std::mem::replace(&mut self.is_performing, true) {
            return;
        }
        while let Some(effect) = self.orders.pop_front() {
            match effect {
                Effect::Save(record) => self.save(&record),
                Effect::Begin { run } => self.begin(run),
                Effect::Widen { .. } | Effect::KeepPauses(_) | Effect::Attend(_) => {}
                Effect::Stop { run, why } => self.stop_run(run, &why),
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
        let reason = record.reason.clone();
        self.tell(What::RunChanged { run: record.id, task: record.task.clone(), origin: record.origin, state: record.state, reason });
    }

    fn store(&mut self, record: &RunRecord) {
        match self.library.save_run(&recovery::stored(record)) {
            Ok(()) => self.unsaved.forget(record.id),
            Err(error) => {
                tracing::error!(run = %record.id, error = &error as &dyn std::error::Error, "a run could not be stored");
                self.unsaved.note(record.clone(), Instant::now());
            }
        }
    }

    /// Tries again what could not be stored: there may be room by now.
    pub(super) fn save_what_was_not(&mut self) {
        for record in self.unsaved.due(Instant::now()) {
            self.store(&record);
        }
    }

    fn begin(&mut self, id: RunId) {
        let Some(record) = self.schedule.live().iter().find(|record| record.id == id) else { return };
        let Some(task) = butler_tasks::find(&record.task) else { return };
        let mut run = Run::new(id, task, record.origin, record.forced, record.section);
        // A run that goes on after a restart keeps what it did before.
        match self.library.run(id) {
            Ok(Some(stored)) => run.resume(&stored.progress),
            Ok(None) => {}
            Err(error) => tracing::error!(run = %id, error = &error as &dyn std::error::Error, "a run could not be read"),
        }
        let begun = match task.does {
            Does::Analyse(demands) => self.gather(&run, demands()),
            Does::Work { work, .. } => work::start(&run, work, &self.library, &self.inbox, self.clock),
        };
        self.runs.insert(id, run);
        self.fail_without_thread(id, begun);
    }

    /// Counts what a run lacks, on a thread of its own: in a large library that takes its time.
    fn gather(&self, run: &Run, demands: Vec<Demand>) -> std::io::Result<()> {
        let (library, inbox, clock) = (self.library.clone(), self.inbox.clone(), self.clock);
        let (id, force, section) = (run.id, run.forced, run.section.map(SectionId));
        std::thread::Builder::new().name(format!("lacks {id}")).spawn(move || {
            let count = || count_lacks(&library, &demands, section, force, clock.now());
            let lacks = match std::panic::catch_unwind(AssertUnwindSafe(count)) {
                Ok(counted) => {
                    counted.map_err(|error| format!("The library could not be read: {}. See the server's log.", with_causes(&error)))
                }
                Err(_) => Err(OWN_FAULT.to_owned()),
            };
            inbox.tell(EngineEvent::Gathered { run: id, lacks });
        })?;
        Ok(())
    }

    pub(super) fn gathered(&mut self, id: RunId, lacks: Result<Gathered, String>) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Gathered { lacks, held_back } = match lacks {
            Ok(gathered) => gathered,
            Err(sentence) => return self.fail_run(id, sentence),
        };
        run.is_gathered = true;
        run.held_back = held_back;
        if held_back > 0 {
            run.report.count("left alone until their next try", held_back);
        }
        for (spec, sources) in lacks {
            run.total += sources.len() as u64;
            self.backlog.add(id, run.origin, &spec, sources);
        }
        log_unstored(id, "a run's total", self.library.set_run_total(id, run.total));
        let progress = run.progress(None);
        self.tell(progress);
        self.end_if_done(id);
        self.dispatch();
    }

    pub(super) fn work_progressed(&mut self, id: RunId, done: u64, total: u64, waits: Option<Reason>) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.work_progressed(done, total, waits);
        let progress = run.progress(None);
        self.tell(progress);
    }

    pub(super) fn work_failed(&mut self, id: RunId, path: String, sentence: String) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.failures += 1;
        self.tell(What::PartFailed { part: path, product: "scan", sentence });
    }

    /// The run's own work is over: its wishes come next, if it has any and was not stopped.
    pub(super) fn work_ended(&mut self, id: RunId, end: Result<Report, TaskError>) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.work_ended();
        match end {
            Err(TaskError::Stopped) => self.end_run(id, RunEnd::Stopped),
            Err(TaskError::Failed(sentence)) => self.fail_run(id, sentence),
            // Its end and the stop crossed.
            Ok(report) if run.is_asked_to_stop() => {
                run.report = report;
                self.end_run(id, RunEnd::Stopped);
            }
            Ok(report) => {
                run.roots_away.extend(report.roots_away.iter().cloned());
                run.report = report;
                log_unstored(id, "a run's progress", self.library.set_run_progress(id, run.stored_progress()));
                let Does::Work { then, .. } = run.task.does else { return };
                let Some(run) = self.runs.get(&id) else { return };
                let gathering = self.gather(run, then());
                self.fail_without_thread(id, gathering);
            }
        }
    }

    /// A run whose thread could not be started can't go on.
    fn fail_without_thread(&mut self, id: RunId, started: std::io::Result<()>) {
        if let Err(error) = started {
            self.fail_run(id, format!("No thread could be started for it: {error}. Close other programs and start it again."));
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
        if run.is_detachable() {
            self.end_run(id, RunEnd::Stopped);
        }
    }

    pub(super) fn end_if_done(&mut self, id: RunId) {
        let Some(run) = self.runs.get(&id) else { return };
        if run.is_gathered && self.backlog.open(id) == 0 {
            let reason = run.completed_reason();
            self.end_run(id, RunEnd::Completed(reason));
        }
    }
}

/// What of a run's figures could not be stored goes to the log: the run itself goes on.
pub(super) fn log_unstored(run: RunId, what: &str, stored: Result<(), butler_library::StoreError>) {
    if let Err(error) = stored {
        tracing::error!(%run, what, error = &error as &dyn std::error::Error, "could not be stored");
    }
}

fn count_lacks(
    library: &butler_library::Library,
    demands: &[Demand],
    section: Option<SectionId>,
    force: bool,
    now: jiff::Timestamp,
) -> Result<Gathered, butler_library::StoreError> {
    let mut gathered = Gathered::default();
    for demand in demands {
        let scope = Scope { section, subjects: demand.subjects };
        let lacks = library.lacks(&demand.spec, &scope, now, force)?;
        if !force {
            gathered.held_back += library.held_back(&demand.spec, &scope, now)?;
        }
        gathered.lacks.push((demand.spec.clone(), lacks.into_iter().map(|lack| lack.source).collect()));
    }
    Ok(gathered)
}
