//! The same client for programs without async: every call waits for its answer on the calling thread. Built
//! with the feature `blocking`.
//!
//! ```
//! # let plex = butler_fixtures::plex::Plex::start();
//! # let (url, token) = (plex.url(), butler_fixtures::plex::TOKEN);
//! use butler_client::{TaskName, blocking};
//!
//! let client = blocking::Client::new(butler_client::Client::builder().url(url).token(token).build()?)?;
//! for task in client.butler().tasks()? {
//!     println!("{}", task.name);
//! }
//! client.butler().start(TaskName::BackupDatabase, false)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Never to be used within async code: there a call would hold up the whole thread, and panics instead.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use butler_api::plex::{Activity, ButlerTask, Directory, Metadata, Preference};
use butler_api::v1::{
    FailureSummary, Failures, Health, LastNight, NearTracks, Pauses, Plan, Products, Remade, Retried, Run,
    Runs, Settings, TagsStep, Tasks, Window, WrittenTags,
};
use butler_api::{PauseOwner, RunId, TaskName};
use tokio::runtime::{Builder, Runtime};

use crate::{
    BuildError, Error, Listening, NewSection, Notice, PauseOrder, RemakeOf, RunFilter, SectionEdit,
    ServerInfo, Start,
};

/// A client whose calls wait for their answers. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Arc<Runtime>,
}

impl Client {
    /// Makes a client that waits, of one that does not.
    ///
    /// # Errors
    /// If the system has no descriptors left to wait by.
    pub fn new(client: crate::Client) -> Result<Self, BuildError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| BuildError::Http(error.into()))?;
        Ok(Self { client, runtime: Arc::new(runtime) })
    }

    /// The five operations of Plex's Butler.
    pub const fn butler(&self) -> Butler<'_> {
        Butler { client: self }
    }

    /// Waits for any call of the client, for those that have no form of their own here.
    ///
    /// ```
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = butler_client::Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build()?;
    /// # let client = butler_client::blocking::Client::new(client)?;
    /// let sections = client.wait_for(async |client| client.sections().await)?;
    /// # assert!(!sections.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_for<T>(&self, call: impl AsyncFnOnce(&crate::Client) -> T) -> T {
        self.wait(call(&self.client))
    }

    /// Listens to what the server tells; `listening` says to what, and how.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub fn notifications(
        &self,
        listening: impl FnOnce(Listening) -> Listening,
    ) -> Result<Notifications, Error> {
        let notifications = self.wait(listening(self.client.notifications()).connect())?;
        Ok(Notifications { notifications, runtime: Arc::clone(&self.runtime) })
    }

    fn wait<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }
}

/// Calls that are those of the client, word by word.
macro_rules! same_as_the_client {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl Client {
            $(
                #[doc = concat!("See [`Client::", stringify!($name), "`](crate::Client::", stringify!($name), ").")]
                ///
                /// # Errors
                /// Those of the call that it waits for.
                pub fn $name(&self, $($argument: $type),*) -> Result<$result, Error> {
                    self.wait(self.client.$name($($argument),*))
                }
            )*
        }
    };
}

same_as_the_client! {
    server_info() -> ServerInfo;
    preferences() -> Vec<Preference>;
    set_preferences(changes: &[(&str, &str)]) -> ();
    activities() -> Vec<Activity>;
    cancel_activity(uuid: &str) -> ();
    sections() -> Vec<Directory>;
    add_section(section: &NewSection) -> Directory;
    edit_section(id: i64, edit: &SectionEdit) -> ();
    refresh_section(id: i64, paths: &[PathBuf]) -> Start;
    remove_section(id: i64) -> ();
    health() -> Health;
    runs(filter: &RunFilter) -> Runs;
    run(id: RunId) -> Run;
    stop_run(id: RunId) -> Run;
    failures_behind(mark: Option<&str>, size: u32) -> Failures;
    failure_summary() -> FailureSummary;
    retry_failure(id: i64) -> Retried;
    plan(nights: u32) -> Plan;
    tasks_ahead() -> Tasks;
    last_night() -> LastNight;
    window() -> Window;
    products(item: i64) -> Products;
    nearest(track: i64, limit: u32) -> NearTracks;
    path(from: i64, to: i64, length: u32) -> NearTracks;
    tracks_titled(title: &str, most: u32) -> (Vec<Metadata>, u64);
    remake(of: &RemakeOf, kinds: &[String], missing_only: bool) -> Remade;
    remake_now(of: &RemakeOf, kinds: &[String], missing_only: bool) -> Remade;
    written_tags(section: i64, after: i64) -> WrittenTags;
    set_writes_tags(section: i64, on: bool) -> ();
    write_tags(section: i64, after: i64, dry_run: bool) -> TagsStep;
    undo_tags(section: i64, after: i64, dry_run: bool) -> TagsStep;
    settings() -> Settings;
    change_settings(changes: &[(&str, Option<&str>)]) -> Settings;
    pauses() -> Pauses;
    pause(owner: PauseOwner, order: &PauseOrder) -> Pauses;
    resume(owner: Option<PauseOwner>) -> Pauses;
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}

/// The Butler of one server.
#[derive(Debug, Clone, Copy)]
pub struct Butler<'a> {
    client: &'a Client,
}

impl Butler<'_> {
    /// See [`Butler::tasks`](crate::Butler::tasks).
    ///
    /// # Errors
    /// Those of the call that it waits for.
    pub fn tasks(self) -> Result<Vec<ButlerTask>, Error> {
        self.client.wait(self.client.client.butler().tasks())
    }

    /// See [`Butler::start_all`](crate::Butler::start_all).
    ///
    /// # Errors
    /// Those of the call that it waits for.
    pub fn start_all(self, force: bool) -> Result<Option<Vec<Start>>, Error> {
        self.client.wait(self.client.client.butler().start_all().force(force).into_future())
    }

    /// See [`Butler::stop_all`](crate::Butler::stop_all).
    ///
    /// # Errors
    /// Those of the call that it waits for.
    pub fn stop_all(self) -> Result<Option<Vec<RunId>>, Error> {
        self.client.wait(self.client.client.butler().stop_all())
    }

    /// See [`Butler::start`](crate::Butler::start).
    ///
    /// # Errors
    /// Those of the call that it waits for.
    pub fn start(self, task: impl Into<TaskName>, force: bool) -> Result<Start, Error> {
        self.client.wait(self.client.client.butler().start(task).force(force).into_future())
    }

    /// See [`Butler::stop`](crate::Butler::stop).
    ///
    /// # Errors
    /// Those of the call that it waits for.
    pub fn stop(self, task: impl Into<TaskName>) -> Result<Option<Vec<RunId>>, Error> {
        self.client.wait(self.client.client.butler().stop(task))
    }
}

/// What a server tells: an iterator that waits for the next.
pub struct Notifications {
    notifications: crate::Notifications,
    runtime: Arc<Runtime>,
}

impl Iterator for Notifications {
    type Item = Result<Notice, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.runtime.block_on(self.notifications.next())
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.notifications.fmt(f)
    }
}
