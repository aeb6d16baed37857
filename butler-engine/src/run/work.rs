//! A task's own work, on a thread of its own: what it tells goes to the loop as events, and the loop's stop
//! reaches it by a brake.

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use butler_api::{Origin, RunId};
use butler_library::Library;
use butler_tasks::{Ground, LibraryChange, News, OwnWork, Plan, Settings, Stage, TaskError, Work, WorkStep};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::error_chain::OWN_FAULT;
use crate::run::Run;

/// How often progress is told at most.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Starts a run's own work. Its end comes as [`EngineEvent::WorkEnded`], a panic of its thread too.
pub(crate) fn start(
    run: &Run,
    library: &Library,
    settings: Arc<Settings>,
    inbox: &Inbox,
    clock: Clock,
) -> io::Result<()> {
    let (library, inbox) = (library.clone(), inbox.clone());
    let (id, ask, work, brake) = (run.id, run.ask.clone(), run.task.phases.work, run.brake());
    let is_of_watch = run.origin == Origin::Watch;
    let teller = Teller { run: id, inbox: inbox.clone(), told: Mutex::default() };
    std::thread::Builder::new().name(format!("run {id}")).spawn(move || {
        let mut bag = Work {
            library: &library,
            ask: &ask,
            run: id,
            is_of_watch,
            settings: &settings,
            today: local_date(&clock),
            now: &|| clock.now(),
            wait: &|duration| brake.wait(duration),
            is_stopping: &|| brake.step(),
            news: &teller,
        };
        let end = std::panic::catch_unwind(AssertUnwindSafe(|| work.carry_out(&mut bag)));
        let end = end.unwrap_or_else(|_| Err(TaskError::Failed(OWN_FAULT.to_owned())));
        inbox.tell(EngineEvent::WorkEnded { run: id, end });
    })?;
    Ok(())
}

/// Makes a plan of what a task would do, and does nothing of it; none if it makes no plan. Blocks.
pub(crate) fn dry_run(
    work: OwnWork,
    library: &Library,
    settings: &Settings,
    clock: &Clock,
    is_stopping: &mut (dyn FnMut() -> bool + Send),
) -> Option<Result<Plan, TaskError>> {
    let (now, today) = (clock.now(), local_date(clock));
    let mut ground = Ground { library, settings, section: None, now, today, is_stopping };
    work.plan(&mut ground)
}

/// The date on the server's wall.
fn local_date(clock: &Clock) -> Date {
    TimeZone::system().to_datetime(clock.now()).date()
}

/// Tells the loop how the work comes on.
struct Teller {
    run: RunId,
    inbox: Inbox,
    /// When the loop was told of a step last.
    told: Mutex<Option<Instant>>,
}

impl News for Teller {
    fn step(&self, step: WorkStep) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // A step is worth a word by itself where a section begins or ends, or nothing is left to do.
        let in_the_middle = match &step.section {
            Some(section) => matches!(section.stage, Stage::Under { .. }),
            None => step.done < step.total,
        };
        if in_the_middle && told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        *told = Some(Instant::now());
        self.inbox.tell(EngineEvent::WorkStepped { run: self.run, step });
    }

    fn failed(&self, path: &Path, sentence: &str) {
        let (path, sentence) = (path.display().to_string(), sentence.to_owned());
        self.inbox.tell(EngineEvent::WorkFailed { run: self.run, path, sentence });
    }

    fn changed(&self, change: LibraryChange) {
        self.inbox.tell(EngineEvent::LibraryChanged(change));
    }
}
