//! Follows what runs lack: it is counted when a run begins, once more when the run is asked for again, and
//! ahead of runs that are still to come. Counting reads a whole library, so it has a thread of its own; it
//! asks the library alone, and the disk for blobs that may be lost.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use butler_api::{Origin, RunId, RunRecord, RunState};
use butler_library::{Failed, Library, Scope, SectionId, SourceId, StoreError};
use butler_product::{ProductKind, Spec};
use butler_schedule::Lane;
use butler_tasks::{Demand, Task};
use jiff::Timestamp;

use super::blob_check;
use super::effects::log_unstored;
use crate::engine::Loop;
use crate::engine::event::{EngineEvent, Gathered, Occasion};
use crate::error_chain::{OWN_FAULT, with_causes};
use crate::run::brake::Brake;
use crate::run::phase::Phase;
use crate::run::{Look, Run};
use crate::unit::publish::MOST_UNSETTLED;
use crate::unit::retry;

impl Loop {
    /// A media run that waits to begin in this window, or is placed in it, will lack this and that: what is
    /// at work until then makes it too, where it reads the same file.
    pub(super) fn look_ahead(&mut self, record: &RunRecord) {
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
        if let Err(error) = self.gather(&run, demands, Occasion::Ahead) {
            tracing::warn!(run = %record.id, %error, "what it will lack is not looked for");
        }
    }

    /// A run shall look once more for what is lacking: at once, or when a count or derivation that is under
    /// way has ended, which may have passed what there is by now.
    pub(super) fn widen(&mut self, id: RunId, look: Look) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        match run.phase {
            // It counts when its own work has ended.
            Phase::Working => {}
            Phase::Counting | Phase::Deriving { .. } => run.looks_again = run.looks_again.max(Some(look)),
            Phase::Units => self.count(id, look),
            // Its window has ended, and it stops.
            Phase::Closing { .. } => {}
        }
    }

    /// The run's lacks are to be counted; where it wishes nothing there is nothing to count.
    pub(super) fn count(&mut self, id: RunId, look: Look) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.looks(look);
        let demands = run.task.demands(&self.settings.borrow());
        if demands.is_empty() {
            run.phase = Phase::Units;
            return self.end_if_done(id);
        }
        run.phase = Phase::Counting;
        run.answered = self.publisher.on_the_way(id);
        let Some(run) = self.runs.get(&id) else { return };
        let gathering = self.gather(run, demands, Occasion::ForUnits);
        self.fail_without_thread(id, gathering);
    }

    /// Files that a run's own work has placed lack something already: units make it meanwhile, as far as they
    /// come, and the count after the work takes the rest. So no core waits for a disk that lists folders.
    pub(super) fn count_during_work(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| run.may_count_during_work()) else { return };
        if self.backlog.open(id) >= MOST_UNSETTLED {
            return;
        }
        run.counts_during_work(self.publisher.on_the_way(id));
        let Some(run) = self.runs.get(&id) else { return };
        let demands = run.task.demands(&self.settings.borrow());
        let gathering = self.gather(run, demands, Occasion::DuringWork);
        self.fail_without_thread(id, gathering);
    }

    /// Counts what a run lacks, on a thread of its own: in a large library that takes its time.
    fn gather(&self, run: &Run, demands: Vec<Demand>, occasion: Occasion) -> std::io::Result<()> {
        let (library, inbox, clock) = (self.library.clone(), self.inbox.clone(), self.clock.clone());
        let (id, counting) = (run.id, Counting::of(run));
        std::thread::Builder::new().name(format!("lacks {id}")).spawn(move || {
            let count = || counting.count(&library, &demands, clock.now());
            let lacks = match std::panic::catch_unwind(AssertUnwindSafe(count)) {
                Ok(counted) => counted.map(|gathered| Gathered { occasion, ..gathered }).map_err(|error| {
                    format!("The library could not be read: {}. See the server's log.", with_causes(&error))
                }),
                Err(_) => Err(OWN_FAULT.to_owned()),
            };
            match lacks {
                // The run itself will say so, should it still be so when its units are counted.
                Err(sentence) if occasion != Occasion::ForUnits => {
                    tracing::warn!(run = %id, %sentence, "what it will lack is not known");
                    let lacks = Ok(Gathered { occasion, ..Gathered::default() });
                    inbox.tell(EngineEvent::Gathered { run: id, lacks });
                }
                lacks => inbox.tell(EngineEvent::Gathered { run: id, lacks }),
            }
        })?;
        Ok(())
    }

    pub(super) fn gathered(&mut self, id: RunId, lacks: Result<Gathered, String>) {
        let gathered = match lacks {
            Ok(gathered) => gathered,
            Err(sentence) => return self.fail_run(id, sentence),
        };
        let Some(run) = self.runs.get_mut(&id) else { return self.gathered_ahead(id, gathered) };
        let Gathered { lacks, held_back, occasion } = gathered;
        match (occasion, run.phase) {
            (Occasion::DuringWork, Phase::Working) => {
                run.counted_during_work();
                // It stops, and begins nothing more.
                if !run.is_asked_to_stop() {
                    self.take_up(id, lacks);
                }
            }
            (Occasion::ForUnits, Phase::Counting) => {
                run.phase = Phase::Units;
                run.leaves_alone(held_back);
                self.take_up(id, lacks);
                let Some(run) = self.runs.get(&id) else { return };
                log_unstored(id, "a run's total", self.library.set_run_total(id, run.total));
                match run.looks_again {
                    Some(look) => self.count(id, look),
                    None => self.end_if_done(id),
                }
            }
            // What was counted before that knows nothing of what was made meanwhile: it is counted anew.
            _ => return,
        }
        self.dispatch();
    }

    /// A run wants what it lacks, but for what was answered while that was counted.
    fn take_up(&mut self, id: RunId, lacks: Vec<(Spec, Vec<SourceId>)>) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let answered = std::mem::take(&mut run.answered);
        for (spec, sources) in lacks {
            let is_lacking = |source: &SourceId| !answered.contains(&(*source, spec.kind()));
            run.total += self.backlog.add(id, run.origin, &spec, sources.into_iter().filter(is_lacking));
        }
        let progress = run.progress(None);
        self.tell(progress);
        self.bind(id);
    }

    /// What a run that is still to come will lack was counted.
    fn gathered_ahead(&mut self, id: RunId, gathered: Gathered) {
        if self.done_ahead.contains_key(&id) {
            for (spec, sources) in gathered.lacks {
                self.backlog.add_ahead(id, spec, sources.into_iter().collect());
            }
        }
    }
}

/// What a run is about, as its lacks are counted.
struct Counting {
    section: Option<SectionId>,
    paths: Vec<PathBuf>,
    sources: Vec<SourceId>,
    newcomers_only: bool,
    /// Whether what rests after failures is taken too.
    force: bool,
    /// The end of the window that the run belongs to.
    bound_until: Option<Timestamp>,
    brake: Arc<Brake>,
}

impl Counting {
    fn of(run: &Run) -> Self {
        Self {
            section: run.ask.section.map(SectionId),
            paths: run.ask.paths.clone(),
            sources: run.ask.sources.iter().copied().map(SourceId).collect(),
            newcomers_only: run.origin == Origin::Asap,
            force: run.look == Look::AtAll,
            bound_until: run.bound_until,
            brake: run.brake(),
        }
    }

    fn count(&self, library: &Library, demands: &[Demand], now: Timestamp) -> Result<Gathered, StoreError> {
        let only = self.only(library)?;
        let only = only.as_deref();
        let due = retry::due_until(self.bound_until, now);
        let mut gathered = Gathered::default();
        if self.force {
            self.look_at_blobs(library, demands, only);
        }
        for demand in demands {
            let scope = Scope { only, ..demand.scope(self.section) };
            let lacks = library.lacks(&demand.spec, &scope, due, self.force)?;
            gathered.lacks.push((demand.spec.clone(), lacks.into_iter().map(|lack| lack.source).collect()));
        }
        if !self.force {
            let scope = |demand: &Demand| Scope { only, ..demand.scope(self.section) };
            let asked: Vec<_> = demands.iter().map(|demand| (demand.spec.clone(), scope(demand))).collect();
            gathered.held_back = library.held_back(&asked, &[], due)?.all;
        }
        if self.newcomers_only {
            return only_newcomers(library, gathered);
        }
        Ok(gathered)
    }

    /// The contents that the run is limited to; none: it is not.
    fn only(&self, library: &Library) -> Result<Option<Vec<SourceId>>, StoreError> {
        Ok(match self.section {
            Some(_) if !self.sources.is_empty() => Some(self.sources.clone()),
            Some(section) if !self.paths.is_empty() => Some(library.sources_at(section, &self.paths)?),
            _ => None,
        })
    }

    /// Who starts a task by force has a reason to doubt that its products are there: so the disk is asked,
    /// not the database. In all that the run is about, and until it is stopped.
    fn look_at_blobs(&self, library: &Library, demands: &[Demand], only: Option<&[SourceId]>) {
        let kinds: BTreeSet<ProductKind> =
            demands.iter().map(|demand| demand.spec.kind()).filter(|kind| kind.has_blob()).collect();
        let is_stopping = || self.brake.is_stopping();
        for kind in kinds {
            let looked = match self.section {
                None => library.check_blobs(Some(kind), &is_stopping).map(|check| blob_check::tell(&check)),
                Some(section) => library.check_blobs_of(section, only, &[kind], &is_stopping).map(
                    |lost| tracing::info!(%kind, %section, lost, "the blobs of a section were looked at"),
                ),
            };
            if let Err(error) = looked {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(%kind, error = cause, "its blobs could not be looked at");
            }
        }
    }
}

/// Of what is lacking, what came after its section's first scan (docs/scheduling.md, rule 7).
fn only_newcomers(library: &Library, gathered: Gathered) -> Result<Gathered, StoreError> {
    let newcomers = library.newcomers()?;
    let mut gathered = Gathered { held_back: Failed::default(), ..gathered };
    for (_, sources) in &mut gathered.lacks {
        sources.retain(|source| newcomers.contains(source));
    }
    Ok(gathered)
}
