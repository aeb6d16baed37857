//! The door to the engine: what the server and the command line may ask of it. Every question is one message
//! to the engine's loop and one answer; nobody shares its state.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use butler_api::{Ask, Pause, PauseOwner, RunId, TaskName};
use butler_library::{Derivation, Library, RunLine, RunRow, StoreError};
use butler_product::ProductKind;
use butler_tasks::settings::{SectionSwitch, backup_folder};
use butler_tasks::{Catalogue, Plan, Setting, Settings, SettingsFile, TaskError};
use jiff::Timestamp;
use tokio::sync::{broadcast, oneshot, watch};

use crate::clock::Clock;
use crate::demands::{self, Wish};
use crate::door::answer::{
    ChangeError, DiskReaders, EngineHealth, Following, LiveRun, StartReply, StopReply, TaskView,
};
use crate::door::fact::Fact;
use crate::door::plan::PlanBasis;
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::run::work;
use crate::tags::TagWriter;

/// The engine's loop has ended: the server is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is shutting down")]
pub struct Gone;

/// Why there is no plan to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DryRunError {
    /// Its work is what is missing, which only doing it shows.
    #[error(
        "it makes no plan beforehand: what it does is what is missing, and `butler plan` tells how much that \
         is"
    )]
    MakesNoPlan,
    /// Who asked gave up.
    #[error("it was stopped")]
    Stopped,
    /// The plan could not be made: one sentence.
    #[error("{0}")]
    Failed(String),
}

/// The door to a running engine; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inbox: Inbox,
    pub(crate) library: Library,
    pub(crate) facts: broadcast::Sender<Arc<Fact>>,
    pub(crate) clock: Clock,
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) catalogue: Catalogue,
    pub(crate) tags: Arc<TagWriter>,
}

impl Handle {
    /// The library, for everything that is only read.
    pub const fn library(&self) -> &Library {
        &self.library
    }

    /// The engine's clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sets the clock if it is a driven one, and wakes the engine; as [`Clock::drive`].
    pub fn drive_clock(&self, at: Option<Timestamp>, rate: Option<u32>) -> Option<Timestamp> {
        let now = self.clock.drive(at, rate);
        self.inbox.tell(EngineEvent::ClockSet);
        now
    }

    /// Has a driven clock hurry to a moment, as [`Clock::hurry`]; none where it is the wall clock.
    pub fn hurry_clock(&self, until: Timestamp, rate: u32) -> Option<Timestamp> {
        let now = self.clock.hurry(until, rate);
        self.inbox.tell(EngineEvent::ClockSet);
        now
    }

    /// The settings that hold now; costs no round trip.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.borrow().clone()
    }

    /// Looks at the folders that changes of settings name, as far as they change; blocks for as long as those
    /// take to answer. What else is wrong with the changes [`Self::change_settings`] says.
    ///
    /// # Errors
    /// If one can't be used.
    pub fn check_folders(&self, changes: &[(String, Option<String>)]) -> Result<(), ChangeError> {
        let before = self.settings();
        let after = before.change(changes)?;
        match backup_folder(&after) {
            Some(folder) if backup_folder(&before).as_ref() != Some(&folder) => {
                self.library.check_backup_folder(&folder)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Changes settings, all of these or none: id and text, no text for what holds without a person's word.
    /// The ids of what has another value now.
    ///
    /// # Errors
    /// If the engine has ended; inside, if an id or a value is wrong, the settings' file fixes one, or they
    /// can't be stored.
    pub async fn change_settings(
        &self,
        changes: Vec<(String, Option<String>)>,
    ) -> Result<Result<Vec<&'static str>, ChangeError>, Gone> {
        self.ask(|answer| EngineEvent::SettingsChangeAsked { changes, answer }).await
    }

    /// Has what the settings' file says now hold. The ids of what has another value now.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn take_settings_file(&self, file: SettingsFile) -> Result<Vec<&'static str>, Gone> {
        self.ask(|answer| EngineEvent::SettingsFileRead { file, answer }).await
    }

    /// The settings of a task, its switch first; none if there is no such task.
    pub fn settings_of(&self, task: &TaskName) -> Vec<&'static Setting> {
        let task = self.catalogue.find(task);
        task.into_iter()
            .flat_map(|task| std::iter::once(task.switch).chain(task.settings.iter().copied()))
            .collect()
    }

    /// What the tasks wish by the settings that hold now; costs no round trip.
    pub fn wishes(&self) -> Vec<Wish> {
        demands::wishes(&self.catalogue, &self.settings.borrow())
    }

    /// The stream of facts from now on.
    pub fn facts(&self) -> broadcast::Receiver<Arc<Fact>> {
        self.facts.subscribe()
    }

    /// What is so now in the words of facts, and the stream of those that come after.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn follow(&self) -> Result<Following, Gone> {
        self.ask(|answer| EngineEvent::FollowAsked { answer }).await
    }

    /// Asks for one task's start; none if there is no such task.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn start(&self, task: TaskName, ask: Ask) -> Result<Option<StartReply>, Gone> {
        self.ask(|answer| EngineEvent::StartAsked { task, ask, answer }).await
    }

    /// Asks for a scan of a section, or (if there are any) of paths in it; none if there is no task that
    /// scans.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn refresh(&self, section: i64, paths: Vec<PathBuf>) -> Result<Option<StartReply>, Gone> {
        self.ask(|answer| EngineEvent::RefreshAsked { section, paths, answer }).await
    }

    /// Tells that a section was added, edited or removed.
    pub fn sections_changed(&self) {
        self.inbox.tell(EngineEvent::SectionsChanged);
    }

    /// Asks for the start of every task that is switched on; one reply a task.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn start_all(&self, force: bool) -> Result<Vec<(TaskName, StartReply)>, Gone> {
        self.ask(|answer| EngineEvent::StartAllAsked { force, answer }).await
    }

    /// Asks for the stop of one task's runs.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn stop(&self, task: TaskName) -> Result<StopReply, Gone> {
        self.ask(|answer| EngineEvent::StopAsked { task, answer }).await
    }

    /// Asks for the stop of one run, and of no other of its task.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn stop_run(&self, run: RunId) -> Result<StopReply, Gone> {
        self.ask(|answer| EngineEvent::StopRunAsked { run, answer }).await
    }

    /// Asks for the stop of everything; the runs it reached.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn stop_all(&self) -> Result<Vec<RunId>, Gone> {
        self.ask(|answer| EngineEvent::StopAllAsked { answer }).await
    }

    /// The tasks, in the catalogue's order.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn tasks(&self) -> Result<Vec<TaskView>, Gone> {
        self.ask(|answer| EngineEvent::TasksAsked { answer }).await
    }

    /// Asks that everything be held; all pauses that there are then.
    ///
    /// # Errors
    /// If the engine has ended; inside, if the pause can't be stored, and then nothing is held by it.
    pub async fn pause(&self, pause: Pause) -> Result<Result<Vec<Pause>, StoreError>, Gone> {
        self.ask(|answer| EngineEvent::PauseAsked { pause, answer }).await
    }

    /// Lifts an owner's pause, or (none) all of them; those that were lifted.
    ///
    /// # Errors
    /// If the engine has ended; inside, if that can't be stored, and then none was.
    pub async fn resume(&self, owner: Option<PauseOwner>) -> Result<Result<Vec<Pause>, StoreError>, Gone> {
        self.ask(|answer| EngineEvent::ResumeAsked { owner, answer }).await
    }

    /// How everything is now, for a plan to be made of elsewhere: the loop only gives a copy away.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn plan_basis(&self) -> Result<PlanBasis, Gone> {
        self.ask(|answer| EngineEvent::PlanAsked { answer }).await
    }

    /// What holds everything.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn pauses(&self) -> Result<Vec<Pause>, Gone> {
        self.ask(|answer| EngineEvent::PausesAsked { answer }).await
    }

    /// The runs whose newest state could not be stored, on a full disk say: of these the library knows an
    /// older one, or nothing. Who asks the library for runs asks here first.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn unsaved(&self) -> Result<Vec<RunRow>, Gone> {
        self.ask(|answer| EngineEvent::UnsavedAsked { answer }).await
    }

    /// The newest lines of a run's log, which are not stored yet; the library has the others.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn waiting_lines(&self, run: RunId) -> Result<Vec<RunLine>, Gone> {
        self.ask(|answer| EngineEvent::RunLinesAsked { run, answer }).await
    }

    /// What every run that is not at its end is doing right now.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn live(&self) -> Result<Vec<LiveRun>, Gone> {
        self.ask(|answer| EngineEvent::LiveAsked { answer }).await
    }

    /// How the engine and its workers are.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn health(&self) -> Result<EngineHealth, Gone> {
        self.ask(|answer| EngineEvent::HealthAsked { answer }).await
    }

    /// Which disks there are, and how many units read of each.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn disk_readers(&self) -> Result<DiskReaders, Gone> {
        self.ask(|answer| EngineEvent::DisksAsked { answer }).await
    }

    /// What a task would do if it ran now; nothing of it is done. None if there is no such task. Blocks while
    /// it looks: an integrity check of a large file takes its time, and `is_stopping` ends it early.
    ///
    /// # Errors
    /// If the task makes no plan, or could not: one sentence.
    pub fn dry_run(
        &self,
        task: &TaskName,
        is_stopping: &mut (dyn FnMut() -> bool + Send),
    ) -> Option<Result<Plan, DryRunError>> {
        let task = self.catalogue.find(task)?;
        let (work, settings) = (task.phases.work, self.settings());
        let planned = work::dry_run(work, &self.library, &settings, &self.clock, is_stopping);
        let Some(planned) = planned else { return Some(Err(DryRunError::MakesNoPlan)) };
        Some(planned.map_err(|error| match error {
            TaskError::Stopped => DryRunError::Stopped,
            TaskError::Failed(sentence) => DryRunError::Failed(sentence),
        }))
    }

    /// The tasks that make a product by the settings that hold; with none those that look at the sections'
    /// folders.
    pub fn makers(&self, kind: Option<ProductKind>) -> Vec<&'static TaskName> {
        self.catalogue.makers(kind, &self.settings())
    }

    /// What the tasks derive, each with its task.
    pub fn derivations(&self) -> impl Iterator<Item = (&'static TaskName, &'static Derivation)> {
        let tasks: Vec<_> = self.catalogue.tasks().collect();
        tasks
            .into_iter()
            .flat_map(|task| task.phases.derives.iter().map(move |derives| (&task.name, derives)))
    }

    /// What writes gains into music files, and takes them back.
    pub const fn tags(&self) -> &Arc<TagWriter> {
        &self.tags
    }

    /// The switch by which a section asks that gains be written into its music files.
    pub fn tags_switch(&self) -> Option<&'static SectionSwitch> {
        self.catalogue.tasks().find_map(|task| task.phases.writes_tags)
    }

    /// How many sources lack each product that a task which is on demands, held back by a failure or not.
    /// Blocks.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lacking(&self) -> Result<BTreeMap<ProductKind, u64>, StoreError> {
        demands::lacking(&self.library, &self.catalogue, &self.settings())
    }

    async fn ask<T>(&self, event: impl FnOnce(oneshot::Sender<T>) -> EngineEvent) -> Result<T, Gone> {
        let (sender, receiver) = oneshot::channel();
        self.inbox.tell_in_turn(event(sender)).await;
        receiver.await.map_err(|_| Gone)
    }
}
