//! The engine's loop: takes one event at a time, asks the schedule, carries its effects out, forms units and
//! gives them to workers. It runs on a thread of its own and shares nothing: everybody else tells it things
//! or asks it.
//!
//! Start with [`Engine::start`] and `Loop::handle`. The parts: `effects.rs` carries out what the schedule
//! orders, `lacks.rs` follows what runs lack, `units.rs` a unit from its forming to its result,
//! `questions.rs` answers.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use butler_api::{Origin, RunId};
use butler_library::{Disks, FailPoint, Library, VitalThread};
use butler_product::message::Sandbox;
use butler_schedule::{Answer, Effect, Event, Pause, RunEnd, Schedule, StartAnswer};
use butler_tasks::{Catalogue, LibraryChange, Settings, Task};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{broadcast, watch};

use self::recovery::Plan;
use crate::clock::Clock;
use crate::door::answer::{EngineHealth, StartReply, StopReply};
use crate::door::fact::{Fact, What};
use crate::door::handle::Handle;
use crate::door::surroundings::EngineSettings;
use crate::engine::blob_check::StartCheck;
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::engine::run_logs::RunLogs;
use crate::engine::unsaved::{RunEnding, Unsaved};
use crate::engine::watching::Watching;
use crate::pressure::Pressure;
use crate::run::Run;
use crate::schedule_settings::of_schedule;
use crate::tags::TagWriter;
use crate::unit::backlog::Backlog;
use crate::unit::estimate::Estimates;
use crate::unit::publish::Publisher;
use crate::workers::Pool;

mod blob_check;
mod disks;
mod effects;
pub(crate) mod event;
pub(crate) mod inbox;
mod kept_lacks;
mod lacks;
mod load;
mod pauses;
mod questions;
mod recovery;
mod run_logs;
pub(crate) mod settings;
mod units;
mod unsaved;
mod watching;

use disks::KnownDisks;
use kept_lacks::KeptLacks;
use load::Sampler;

/// How long a shutdown waits for what is in hand.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(8);
/// The clock is read again at least this often, so that suspend and jumps are seen (docs/scheduling.md, rule
/// 10).
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// The schedule is told at least this often, by its own clock, that time has passed.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// So many moments of a driven clock that were not looked at in time are gone through in one go.
const MOST_LOOKS: usize = 1_000;
/// How many facts a slow reader may fall behind before it misses some.
const FACTS_KEPT: usize = 4_096;

/// The engine can't start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The library can't be read.
    #[error("the state of earlier runs could not be read")]
    Library(#[from] butler_library::StoreError),
    /// No thread can be had.
    #[error("no thread could be started")]
    Thread(#[from] std::io::Error),
}

/// A running engine. Dropping it shuts it down.
pub struct Engine {
    inbox: Inbox,
    thread: Option<VitalThread>,
}

impl Engine {
    /// Starts the engine on a library: what a crash or shutdown left goes on or is ended first.
    ///
    /// # Errors
    /// If the state of earlier runs can't be read, or no thread can be started.
    pub fn start(library: Library, settings: EngineSettings) -> Result<(Self, Handle), EngineError> {
        let (inbox, events) = Inbox::new();
        let (facts, _) = broadcast::channel(FACTS_KEPT);
        let known = Arc::new(settings::at_start(&library, settings.settings_file.clone())?);
        let (known, seen) = watch::channel(known);
        let threads = library.vital_threads().clone();
        let (mut engine, effects) =
            Loop::new(library.clone(), &settings, inbox.clone(), facts.clone(), known)?;
        engine.tags.begin(settings.clock.clone())?;
        let handle = Handle {
            inbox: inbox.clone(),
            library,
            facts,
            clock: settings.clock.clone(),
            settings: seen,
            catalogue: settings.catalogue.clone(),
            tags: Arc::clone(&engine.tags),
        };
        let thread = threads.spawn("engine", move |fail_point| {
            engine.kept_lacks.renew();
            engine.perform(effects);
            engine.dispatch();
            engine.run(events, fail_point);
        })?;
        Ok((Self { inbox, thread: Some(thread) }, handle))
    }

    /// Stops everything and ends: runs that were in the middle are kept as interrupted and go on at the next
    /// start. Blocks for some seconds at most.
    pub fn shutdown(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        thread.may_return();
        let (done, ended) = mpsc::channel();
        let within = SHUTDOWN_GRACE + Duration::from_secs(2);
        self.inbox.tell_until(EngineEvent::ShutdownAsked { done }, Instant::now() + within);
        // A loop that hangs is left behind: the start after it recovers what it leaves.
        let ended = ended.recv_timeout(within);
        if !matches!(ended, Err(mpsc::RecvTimeoutError::Timeout)) && thread.join().is_err() {
            tracing::error!("the engine's loop panicked");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end();
    }
}

/// The loop's state. Only its own thread touches it.
struct Loop {
    clock: Clock,
    library: Library,
    schedule: Schedule,
    backlog: Backlog,
    runs: BTreeMap<RunId, Run>,
    unsaved: Unsaved,
    run_logs: RunLogs,
    pool: Pool,
    publisher: Publisher,
    start_check: StartCheck,
    facts: broadcast::Sender<Arc<Fact>>,
    settings: watch::Sender<Arc<Settings>>,
    catalogue: Catalogue,
    kept_lacks: KeptLacks,
    watching: Watching,
    disks: KnownDisks,
    pressure: Pressure,
    _sampler: Sampler,
    /// Writes gains into music files, for runs and for people.
    tags: Arc<TagWriter>,
    inbox: Inbox,
    /// Effects that are ordered and not yet carried out.
    orders: VecDeque<Effect>,
    is_performing: bool,
    wake_at: Option<Timestamp>,
    /// When the schedule was last told of anything, by its clock, and the clock's jumps until then.
    looked_at: Timestamp,
    jumps: Option<u64>,
    /// What holds everything.
    pauses: Vec<Pause>,
    /// The pauses as the library has them.
    stored_pauses: Vec<Pause>,
    estimates: Estimates,
    /// Steps that were done ahead for runs that are still to come.
    done_ahead: BTreeMap<RunId, u64>,
    /// What workers said of themselves; what they are doing the pool knows.
    health: EngineHealth,
    shutdown: Option<Shutdown>,
}

/// A shutdown under way.
struct Shutdown {
    until: Instant,
    done: mpsc::Sender<()>,
}

impl Loop {
    /// A loop with what goes on from before, not yet begun, and the effects that begin it.
    fn new(
        library: Library,
        settings: &EngineSettings,
        inbox: Inbox,
        facts: broadcast::Sender<Arc<Fact>>,
        known: watch::Sender<Arc<Settings>>,
    ) -> Result<(Self, Vec<Effect>), EngineError> {
        let clock = settings.clock.clone();
        let (started_at, jumps) = (clock.now(), clock.jumps());
        let remembered = recovery::remembered(&library)?;
        let (pauses, unfinished) = (remembered.pauses.clone(), remembered.unfinished.clone());
        let rows = settings.catalogue.tasks().map(Task::row).collect();
        let (schedule, effects) =
            Schedule::restore(rows, of_schedule(&known.borrow(), &library), remembered, started_at);
        Plan::of(&unfinished, &effects).tell();
        let estimates = units::estimates(&library);
        let engine = Self {
            clock,
            pool: Pool::start(settings, &library, &inbox)?,
            publisher: Publisher::start(
                library.clone(),
                known.subscribe(),
                inbox.clone(),
                settings.clock.clone(),
            )?,
            start_check: StartCheck::begin(library.clone())?,
            kept_lacks: KeptLacks::new(&library, known.subscribe(), settings.catalogue.clone()),
            catalogue: settings.catalogue.clone(),
            watching: Watching::start(library.clone(), known.subscribe(), inbox.clone())?,
            disks: KnownDisks::new(Disks::now),
            pressure: Pressure::default(),
            _sampler: Sampler::start(known.subscribe(), inbox.clone())?,
            tags: Arc::new(TagWriter::new(&library, settings)),
            library,
            schedule,
            backlog: Backlog::default(),
            runs: BTreeMap::new(),
            unsaved: Unsaved::default(),
            run_logs: RunLogs::default(),
            facts,
            settings: known,
            inbox,
            orders: VecDeque::new(),
            is_performing: false,
            wake_at: None,
            looked_at: started_at,
            jumps,
            stored_pauses: recovery::kept_pauses(&pauses),
            pauses,
            estimates,
            done_ahead: BTreeMap::new(),
            health: EngineHealth::default(),
            shutdown: None,
        };
        Ok((engine, effects))
    }

    fn run(&mut self, events: mpsc::Receiver<EngineEvent>, fail_point: &FailPoint) {
        loop {
            match events.recv_timeout(self.sleep()) {
                Ok(event) => {
                    fail_point.pass();
                    self.handle(event);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            self.look();
            self.save_what_was_not();
            self.store_lines();
            if self
                .shutdown
                .as_ref()
                .is_some_and(|shutdown| self.runs.is_empty() || Instant::now() >= shutdown.until)
            {
                break;
            }
        }
        // Who waits to tell something is let go: its thread is waited for now.
        drop(events);
        self.pool.end();
        self.publisher.end();
        self.start_check.end();
        if let Some(shutdown) = self.shutdown.take() {
            let _ = shutdown.done.send(());
        }
    }

    fn sleep(&self) -> Duration {
        let until_look = self.clock.real(self.next_look().duration_since(self.clock.now()), LONGEST_SLEEP);
        let until_end = self
            .shutdown
            .as_ref()
            .map_or(LONGEST_SLEEP, |shutdown| shutdown.until.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        let to_store = [self.unsaved.wait(now), self.run_logs.wait(now)].into_iter().flatten();
        to_store.fold(until_look.min(until_end).min(LONGEST_SLEEP), Duration::min)
    }

    /// The next moment at which something happens by itself: half a minute on at the latest.
    fn next_look(&self) -> Timestamp {
        let latest = self.looked_at.saturating_add(LOOK_EVERY).unwrap_or(Timestamp::MAX);
        let ends = self.runs.values().filter_map(|run| run.phase.detach_at());
        ends.chain(self.wake_at).fold(latest, Timestamp::min)
    }

    /// Looks at the clock. The wall clock may have slept or been set: then only the present counts. Of a
    /// driven one every moment passes between two jumps, even if this loop was late: else a busy machine
    /// would look like one that slept.
    fn look(&mut self) {
        let (now, jumps) = (self.clock.now(), self.clock.jumps());
        if jumps.is_none() || jumps != self.jumps {
            let has_jumped = jumps != self.jumps || now < self.looked_at;
            self.jumps = jumps;
            if has_jumped || self.next_look() <= now {
                self.time_passed(now);
            }
            return;
        }
        for _ in 0..MOST_LOOKS {
            let next = self.next_look().max(self.looked_at);
            if next > now {
                return;
            }
            self.time_passed(next);
        }
    }

    fn time_passed(&mut self, now: Timestamp) {
        self.wake_at = self.wake_at.filter(|at| *at > now);
        self.tell_schedule(now, Event::Woke);
        self.detach_overdue(now);
    }

    /// One event: every change of the loop's state begins here.
    fn handle(&mut self, event: EngineEvent) {
        match event {
            EngineEvent::StartAsked { task, ask, answer } => {
                let reply = match self.ask_schedule(Event::StartAsked { task, ask }) {
                    Answer::Start(start) => Some(reply(&start)),
                    _ => None,
                };
                let _ = answer.send(reply);
            }
            EngineEvent::RefreshAsked { section, paths, answer } => {
                let _ = answer.send(self.refresh(section, paths, Origin::Person));
            }
            EngineEvent::WatchLimitsMet { limits } => self.health.watch_limits = limits,
            EngineEvent::SectionsChanged => self.watching.look_again(),
            EngineEvent::FilesChanged { section, paths } => _ = self.refresh(section, paths, Origin::Watch),
            EngineEvent::StartAllAsked { force, answer } => {
                let replies = match self.ask_schedule(Event::StartAllAsked { force }) {
                    Answer::StartAll(starts) => {
                        starts.into_iter().map(|(task, start)| (task, reply(&start))).collect()
                    }
                    _ => Vec::new(),
                };
                let _ = answer.send(replies);
            }
            EngineEvent::StopAsked { task, answer } => {
                let _ = answer.send(self.stop(Event::StopAsked { task }));
            }
            EngineEvent::StopRunAsked { run, answer } => {
                let _ = answer.send(self.stop(Event::StopRunAsked { run }));
            }
            EngineEvent::StopAllAsked { answer } => {
                let runs = match self.ask_schedule(Event::StopAllAsked) {
                    Answer::Stopped(runs) => runs,
                    _ => Vec::new(),
                };
                let _ = answer.send(runs);
            }
            EngineEvent::PlanAsked { answer } => {
                self.disks.look(Instant::now(), &self.settings.borrow());
                _ = answer.send(self.plan_basis());
            }
            EngineEvent::TasksAsked { answer } => _ = answer.send(self.tasks()),
            EngineEvent::UnsavedAsked { answer } => _ = answer.send(self.unsaved.rows()),
            EngineEvent::RunLinesAsked { run, answer } => _ = answer.send(self.run_logs.waiting(run)),
            EngineEvent::LiveAsked { answer } => _ = answer.send(self.live()),
            EngineEvent::FollowAsked { answer } => _ = answer.send(self.following()),
            EngineEvent::DisksAsked { answer } => {
                self.disks.look(Instant::now(), &self.settings.borrow());
                _ = answer.send(self.disk_readers());
            }
            EngineEvent::HealthAsked { answer } => _ = answer.send(self.health()),
            EngineEvent::Gathered { run, lacks } => self.gathered(run, lacks),
            EngineEvent::WorkStepped { run, step } => self.work_stepped(run, step),
            EngineEvent::WorkFailed { run, path, sentence } => self.work_failed(run, path, sentence),
            EngineEvent::LibraryChanged(LibraryChange::Section(section)) => {
                self.tell(What::SectionChanged { section: section.0 })
            }
            EngineEvent::LibraryChanged(LibraryChange::ItemsAdded) => {
                _ = self.ask_schedule(Event::ItemsAdded)
            }
            EngineEvent::SettingsChangeAsked { changes, answer } => {
                _ = answer.send(self.change_settings(&changes))
            }
            EngineEvent::SettingsFileRead { file, answer } => _ = answer.send(self.take_settings_file(file)),
            EngineEvent::ClockSet => self.look(),
            EngineEvent::PressureSampled { sample } => self.pressure_sampled(sample),
            EngineEvent::PauseAsked { pause, answer } => _ = answer.send(self.pause(pause)),
            EngineEvent::ResumeAsked { owner, answer } => _ = answer.send(self.resume(owner)),
            EngineEvent::PausesAsked { answer } => _ = answer.send(self.pauses.clone()),
            EngineEvent::DerivingCounted { run, total } => self.deriving_counted(run, total),
            EngineEvent::Derived { run, came, failed, gone, facts } => {
                self.derived(run, &came, failed, gone, facts)
            }
            EngineEvent::TagsWritten { run, tally } => self.tags_written(run, tally),
            EngineEvent::DerivingEnded { run, end } => self.deriving_ended(run, end),
            EngineEvent::WorkEnded { run, end } => self.work_ended(run, end),
            EngineEvent::UnitsOpened { units } => self.units_opened(units),
            EngineEvent::UnitProgressed { unit, bytes_read } => self.unit_progressed(unit, bytes_read),
            EngineEvent::UnitsOver { slot, units } => self.units_over(slot, units),
            EngineEvent::WorkerKnown { slot, sandbox } => self.worker_known(slot, sandbox),
            EngineEvent::WorkerGone { slot } => self.pool.worker_is(slot, false),
            EngineEvent::Settled { unit, settled } => {
                let was_behind = self.publisher.is_behind();
                self.publisher.settled(unit);
                self.settled(settled);
                if was_behind {
                    self.dispatch();
                }
            }
            EngineEvent::ShutdownAsked { done } => {
                self.shutdown = Some(Shutdown { until: Instant::now() + SHUTDOWN_GRACE, done });
                self.ask_schedule(Event::ShutdownAsked);
            }
        }
    }

    fn worker_known(&mut self, slot: usize, sandbox: Result<Sandbox, String>) {
        self.pool.worker_is(slot, sandbox.is_ok());
        let (sandbox, worker_trouble) =
            sandbox.map_or_else(|trouble| (None, Some(trouble)), |sandbox| (Some(sandbox), None));
        (self.health.sandbox, self.health.worker_trouble) = (sandbox, worker_trouble);
    }

    fn refresh(&mut self, section: i64, paths: Vec<PathBuf>, origin: Origin) -> Option<StartReply> {
        match self.ask_schedule(Event::RefreshAsked { section, paths, origin }) {
            Answer::Start(start) => Some(reply(&start)),
            _ => None,
        }
    }

    fn stop(&mut self, asked: Event) -> StopReply {
        match self.ask_schedule(asked) {
            Answer::Stopped(runs) => StopReply::Stopped(runs),
            Answer::UnknownTask => StopReply::Unknown,
            _ => StopReply::NotRunning,
        }
    }

    /// Tells the schedule what happened and carries out what it orders.
    fn ask_schedule(&mut self, event: Event) -> Answer {
        self.look();
        self.tell_schedule(self.clock.now(), event)
    }

    fn tell_schedule(&mut self, now: Timestamp, event: Event) -> Answer {
        self.looked_at = now;
        let step = self.schedule.handle(now, event);
        self.perform(step.effects);
        self.dispatch();
        step.answer
    }

    /// A run is over: it leaves the engine, and the schedule hears how it ended.
    fn end_run(&mut self, run: RunId, end: RunEnd) {
        let Some(ended) = self.runs.remove(&run) else { return };
        for withdrawal in self.backlog.drop_run(run) {
            self.pool.withdraw(withdrawal);
        }
        // What was left is no part of it any more.
        let is_counted = ended.phase.is_counted();
        let total = if is_counted { self.library.set_run_total(run, ended.total) } else { Ok(()) };
        let (progress, failed_files) = (ended.stored_progress(), ended.failed_files());
        let report = ended.into_report().into_facts();
        let stored = total.and_then(|()| self.library.set_run_report(run, report.clone()));
        if stored.is_err() {
            self.unsaved.note_end(run, RunEnding { progress, failed_files, report }, Instant::now());
        }
        effects::log_unstored(run, "what a run came to", stored);
        self.ask_schedule(Event::RunEnded { run, end });
    }

    fn tell(&self, what: What) {
        // No reader is no error.
        let _ = self.facts.send(Arc::new(Fact { at: self.clock.now(), what }));
    }
}

fn reply(start: &StartAnswer) -> StartReply {
    StartReply { outcome: start.outcome(), sentence: start.to_string() }
}

#[cfg(test)]
mod derive_tests;
#[cfg(test)]
mod lacks_tests;
#[cfg(test)]
mod night_tests;
#[cfg(test)]
mod tests;
