//! A task's own work, on a thread of its own: what it tells goes to the loop as events, and the loop's stop reaches it by a
//! flag.

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use butler_api::{Reason, RunId};
use butler_library::{Library, SectionId};
use butler_tasks::{Observer, Report, TaskError, Work};

use crate::causes::OWN_FAULT;
use crate::clock::Clock;
use crate::event::EngineEvent;
use crate::inbox::Inbox;
use crate::run::Run;

/// How often progress is told at most.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Starts a run's own work. Its end comes as [`EngineEvent::WorkEnded`], a panic of its thread too.
pub(crate) fn start(
    run: &Run,
    work: fn(&mut Work<'_>) -> Result<Report, TaskError>,
    library: &Library,
    inbox: &Inbox,
    clock: Clock,
) -> io::Result<()> {
    let (library, inbox) = (library.clone(), inbox.clone());
    let (id, section) = (run.id, run.section.map(SectionId));
    let stop = run.stop_flag();
    let mut teller = Teller { run: id, inbox: inbox.clone(), stop: Arc::clone(&stop), told: None };
    std::thread::Builder::new().name(format!("run {id}")).spawn(move || {
        let (now, wait) = (|| clock.now(), |duration| wait(&stop, duration));
        let mut task = Work { library: &library, section, run: id, now: &now, wait: &wait, observer: &mut teller };
        let end = std::panic::catch_unwind(AssertUnwindSafe(|| work(&mut task)));
        let end = end.unwrap_or_else(|_| Err(TaskError::Failed(OWN_FAULT.to_owned())));
        inbox.tell(EngineEvent::WorkEnded { run: id, end });
    })?;
    Ok(())
}

/// Tells the loop how the work comes on.
struct Teller {
    run: RunId,
    inbox: Inbox,
    stop: Arc<AtomicBool>,
    told: Option<Instant>,
}

impl Observer for Teller {
    fn progress(&mut self, done: u64, total: u64, waits: Option<Reason>) {
        if done < total && self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        self.inbox.tell(EngineEvent::WorkProgressed { run: self.run, done, total, waits });
    }

    fn failed(&mut self, path: &Path, sentence: &str) {
        self.inbox.tell(EngineEvent::WorkFailed { run: self.run, path: path.display().to_string(), sentence: sentence.to_owned() });
    }

    fn section_changed(&mut self, section: SectionId) {
        self.inbox.tell(EngineEvent::SectionChanged { section: section.0 });
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Waits so long, or until the flag is up.
fn wait(stop: &AtomicBool, duration: Duration) {
    let until = Instant::now() + duration;
    while !stop.load(Ordering::Relaxed) && Instant::now() < until {
        std::thread::sleep(until.saturating_duration_since(Instant::now()).min(Duration::from_millis(100)));
    }
}
