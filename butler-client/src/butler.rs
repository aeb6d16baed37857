//! The five operations of Plex's Butler, which Butler and a Plex Media Server both answer.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use butler_api::plex::{ButlerTask, ButlerTaskList};
use butler_api::v1::{Started, StartedAll, Stopped};
use butler_api::{Outcome, RunId, TaskName};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::Answer;
use crate::client::Client;
use crate::error::Error;
use crate::lenient::Lenient;
use crate::request::Request;

/// The Butler of one server.
#[derive(Debug, Clone, Copy)]
pub struct Butler<'a> {
    client: &'a Client,
}

/// What a server says of one task's start, as exactly as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Start {
    /// The task.
    pub task: TaskName,
    /// What became of it; none where the server doesn't say, as Plex, whose 200 may also mean that nothing
    /// was done.
    pub outcome: Option<Outcome>,
    /// Whether the server says that it was running or queued already.
    pub already_running: bool,
    /// The outcome as the server's own English sentence, where it gives one.
    pub message: Option<String>,
    /// The activity that the work is, where the server names it.
    pub activity: Option<String>,
}

/// What a call gives when it is awaited.
type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A start of one task that is sent when it is awaited.
#[derive(Debug, Clone)]
#[must_use = "nothing is started before it is awaited"]
pub struct StartTask<'a> {
    client: &'a Client,
    task: TaskName,
    force: bool,
}

/// A start of all tasks that is sent when it is awaited.
#[derive(Debug, Clone)]
#[must_use = "nothing is started before it is awaited"]
pub struct StartAll<'a> {
    client: &'a Client,
    force: bool,
}

impl<'a> Butler<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// The tasks that the server knows (`getButlerTasks`).
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// for task in client.butler().tasks().await? {
    ///     println!("{} every {} days: {}", task.name, task.interval, task.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn tasks(self) -> Result<Vec<ButlerTask>, Error> {
        const EXPECTED: &str = "a list of tasks";
        let answer = self.client.get(&["butler"]).send().await?;
        // Plex's root is `ButlerTasks`; some servers wrap the list as they wrap everything else.
        let root = match answer.value(EXPECTED)? {
            Value::Object(mut body) => body.remove("ButlerTasks").or_else(|| body.remove("MediaContainer")),
            _ => None,
        };
        let root = root.ok_or_else(|| answer.unreadable(EXPECTED, "it has no `ButlerTasks`".into()))?;
        let list = ButlerTaskList::deserialize(Lenient(root));
        list.map(|list| list.tasks).map_err(|source| answer.unreadable(EXPECTED, source.into()))
    }

    /// Starts every task that is switched on and on its day (`startAllTasks`). Gives none where the server
    /// doesn't say what became of each, as Plex.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// match client.butler().start_all().await? {
    ///     Some(starts) => println!("{} tasks were asked", starts.len()),
    ///     None => println!("a Plex Media Server took the request"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: if the server can't be asked or refuses.
    pub const fn start_all(self) -> StartAll<'a> {
        StartAll { client: self.client, force: false }
    }

    /// Stops whatever runs and empties the queue (`stopAllTasks`). The runs it reached; none where the server
    /// doesn't say, as Plex.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// client.butler().stop_all().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn stop_all(self) -> Result<Option<Vec<RunId>>, Error> {
        Ok(stopped(&self.client.delete(&["butler"]).act().await?))
    }

    /// Starts one task (`startTask`): a [`TaskName`], or any text that a server may know as one.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// use butler_client::{Outcome, TaskName};
    ///
    /// let start = client.butler().start(TaskName::BackupDatabase).await?;
    /// match start.outcome {
    ///     Some(Outcome::Skipped { reason, .. }) => println!("not started: {reason}"),
    ///     Some(outcome) => println!("run {:?}", outcome.run()),
    ///     None if start.already_running => println!("it runs already"),
    ///     None => println!("Plex took the request"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: [`Error::NotFound`] if the server has no such task; else if it can't be asked or
    /// refuses.
    pub fn start(self, task: impl Into<TaskName>) -> StartTask<'a> {
        StartTask { client: self.client, task: task.into(), force: false }
    }

    /// Stops one task or takes it out of the queue (`stopTask`). The runs it reached; none where the server
    /// doesn't say, as Plex.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// use butler_client::{Error, TaskName};
    ///
    /// match client.butler().stop(TaskName::BackupDatabase).await {
    ///     Ok(_) => println!("it stops"),
    ///     Err(Error::NotFound { .. }) => println!("it does not run"),
    ///     Err(other) => return Err(other),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if the server has no such task or it doesn't run; else if it can't be asked or
    /// refuses.
    pub async fn stop(self, task: impl Into<TaskName>) -> Result<Option<Vec<RunId>>, Error> {
        Ok(stopped(&self.client.delete(&["butler", task.into().as_str()]).act().await?))
    }
}

impl StartTask<'_> {
    /// Starts it whatever day, switch, window and back-off say; an extension of Butler's, which a Plex Media
    /// Server does not heed.
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }
}

impl<'a> IntoFuture for StartTask<'a> {
    type Output = Result<Start, Error>;
    type IntoFuture = Answering<'a, Start>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = forced(self.client.post(&["butler", self.task.as_str()]), self.force);
            Ok(Start::read(&self.task, &request.act().await?))
        })
    }
}

impl StartAll<'_> {
    /// Starts them whatever the day; an extension of Butler's, which a Plex Media Server does not heed.
    pub const fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }
}

impl<'a> IntoFuture for StartAll<'a> {
    type Output = Result<Option<Vec<Start>>, Error>;
    type IntoFuture = Answering<'a, Option<Vec<Start>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let answer = forced(self.client.post(&["butler"]), self.force).act().await?;
            let all = answer.json_if_any::<StartedAll>();
            Ok(all.map(|all| all.outcomes.into_iter().map(Start::from).collect()))
        })
    }
}

fn forced(request: Request<'_>, force: bool) -> Request<'_> {
    request.maybe_argument("force", force.then_some(1))
}

fn stopped(answer: &Answer) -> Option<Vec<RunId>> {
    answer.json_if_any::<Stopped>().map(|stopped| stopped.runs)
}

impl Start {
    pub(crate) fn read(task: &TaskName, answer: &Answer) -> Self {
        let body = answer.json_if_any::<Started>();
        let header = answer.outcome().and_then(|text| text.parse().ok());
        let (from_body, message) = body.map_or((None, None), |body| (Some(body.outcome), Some(body.message)));
        let outcome = header.or(from_body);
        let already_running = answer.status == 202 || matches!(outcome, Some(Outcome::Running { .. }));
        let activity = answer.activity().map(str::to_owned);
        Self { task: task.clone(), outcome, already_running, message, activity }
    }
}

impl From<Started> for Start {
    fn from(started: Started) -> Self {
        let already_running = matches!(started.outcome, Outcome::Running { .. });
        let (task, message) = (started.task, Some(started.message));
        Self { task, outcome: Some(started.outcome), already_running, message, activity: None }
    }
}
