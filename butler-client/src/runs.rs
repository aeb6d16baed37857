//! Runs: Butler's own, a Plex Media Server has none (404).

use butler_api::v1::{Run, Runs};
use butler_api::{Origin, RunId, RunState, TaskName};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::client::Client;
use crate::error::Error;

/// Which runs are wanted. The default: the newest, as many as the server gives on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFilter {
    /// Only those of this task.
    pub task: Option<TaskName>,
    /// Only those in this state.
    pub state: Option<RunState>,
    /// Only those of this origin.
    pub origin: Option<Origin>,
    /// Only those that count for this maintenance day, or ended on it.
    pub day: Option<Date>,
    /// Only those of this day's night: the window began them, or they made good for it.
    pub night: Option<Date>,
    /// Only those that were asked for at this instant or later.
    pub since: Option<Timestamp>,
    /// Only those that were asked for before this instant.
    pub until: Option<Timestamp>,
    /// Only those behind this one in the list, the older ones: the mark that the page before gave as
    /// [`Runs::next`].
    pub before: Option<RunId>,
    /// Only those before this one in the list, the newer ones.
    pub after: Option<RunId>,
    /// Without so many of the newest.
    pub start: Option<u64>,
    /// At most so many.
    pub size: Option<u32>,
}

impl RunFilter {
    /// Narrows it to one task.
    #[must_use]
    pub fn task(mut self, task: TaskName) -> Self {
        self.task = Some(task);
        self
    }

    /// Narrows it to one state.
    #[must_use]
    pub const fn state(mut self, state: RunState) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets how many of the newest are left out, and how many are wanted at most.
    #[must_use]
    pub const fn page(mut self, start: u64, size: u32) -> Self {
        (self.start, self.size) = (Some(start), Some(size));
        self
    }
}

impl Client {
    /// A page of runs, newest first.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// use butler_client::{RunFilter, TaskName};
    ///
    /// let wanted = RunFilter::default().task(TaskName::BackupDatabase).page(0, 10);
    /// for run in client.runs(&wanted).await?.runs {
    ///     println!("{}: {}", run.id, run.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Runs, Error> {
        self.get(&["api", "v1", "runs"])
            .maybe_argument("task", filter.task.as_ref())
            .maybe_argument("state", filter.state)
            .maybe_argument("origin", filter.origin)
            .maybe_argument("day", filter.day)
            .maybe_argument("night", filter.night)
            .maybe_argument("since", filter.since)
            .maybe_argument("until", filter.until)
            .maybe_argument("before", filter.before)
            .maybe_argument("after", filter.after)
            .maybe_argument("start", filter.start)
            .maybe_argument("size", filter.size)
            .send()
            .await?
            .json("a list of runs")
    }

    /// One run.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let run = client.run("7".parse().unwrap()).await?;
    /// println!("{} of {}", run.done, run.total);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such run; else if the server can't be asked or refuses.
    pub async fn run(&self, id: RunId) -> Result<Run, Error> {
        self.get(&["api", "v1", "runs", &id.to_string()]).send().await?.json("a run")
    }

    /// Stops one run, or takes it out of the queue, and no other of its task; the run as it is then.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let run = client.stop_run("7".parse().unwrap()).await?;
    /// println!("it is {} now", run.state);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such run; [`Error::Status`] with 409 if it has ended, with how;
    /// else if the server can't be asked or refuses.
    pub async fn stop_run(&self, id: RunId) -> Result<Run, Error> {
        self.delete(&["api", "v1", "runs", &id.to_string()]).send().await?.json("a run")
    }
}
