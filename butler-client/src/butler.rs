//! The five operations of Plex's Butler, which Butler and a Plex Media Server both answer.

use butler_api::plex::{ButlerTask, ButlerTasks};
use butler_api::v1::{Started, StartedAll, Stopped};
use butler_api::{Outcome, RunId, TaskName};

use crate::client::Client;
use crate::error::Error;
use crate::request::{Answer, Request};
use crate::server_url::is_segment;

/// The Butler of one server.
#[derive(Debug, Clone, Copy)]
pub struct Butler<'a> {
    client: &'a Client,
}

/// What a server says of one task's start, as exactly as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

impl<'a> Butler<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// The tasks that the server knows.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn tasks(self) -> Result<Vec<ButlerTask>, Error> {
        let tasks: ButlerTasks = self.client.get(&["butler"]).send().await?.json("a list of tasks")?;
        Ok(tasks.list.tasks)
    }

    /// Starts every task that is switched on and on its day; `force` (Butler's extension) starts them
    /// whatever the day. None where the server doesn't say what became of each, as Plex.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn start_all(self, force: bool) -> Result<Option<Vec<Start>>, Error> {
        let answer = forced(self.client.post(&["butler"]), force).send().await?;
        Ok(answer.json_if_any::<StartedAll>().map(|all| all.outcomes.into_iter().map(Start::from).collect()))
    }

    /// Stops whatever runs and empties the queue. The runs it reached; none where the server doesn't say, as
    /// Plex.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn stop_all(self) -> Result<Option<Vec<RunId>>, Error> {
        Ok(stopped(&self.client.delete(&["butler"]).send().await?))
    }

    /// Starts one task; `force` (Butler's extension) starts it whatever day, switch, window and back-off say.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the server has no such task; else if it can't be asked or refuses.
    pub async fn start(self, task: &TaskName, force: bool) -> Result<Start, Error> {
        let answer = forced(self.one(task, Client::post)?, force).send().await?;
        Ok(Start::read(task, &answer))
    }

    /// Stops one task or takes it out of the queue. The runs it reached; none where the server doesn't say,
    /// as Plex.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the server has no such task or it doesn't run; else if it can't be asked or
    /// refuses.
    pub async fn stop(self, task: &TaskName) -> Result<Option<Vec<RunId>>, Error> {
        Ok(stopped(&self.one(task, Client::delete)?.send().await?))
    }

    /// A request on one task. A name that a URL would swallow is no task's; sent, it would be a call on all
    /// of them.
    fn one(
        self,
        task: &TaskName,
        method: fn(&'a Client, &[&str]) -> Request<'a>,
    ) -> Result<Request<'a>, Error> {
        if is_segment(task.as_str()) {
            return Ok(method(self.client, &["butler", task.as_str()]));
        }
        let call = method(self.client, &["butler"]).call();
        Err(Error::NotFound { call, code: None, message: "Not Found".to_owned(), status: 404 })
    }
}

fn forced(request: Request<'_>, force: bool) -> Request<'_> {
    request.maybe_argument("force", force.then_some(1))
}

fn stopped(answer: &Answer<'_>) -> Option<Vec<RunId>> {
    answer.json_if_any::<Stopped>().map(|stopped| stopped.runs)
}

impl Start {
    pub(crate) fn read(task: &TaskName, answer: &Answer<'_>) -> Self {
        let said = answer.json_if_any::<Started>();
        let header = answer.outcome.as_deref().and_then(|text| text.parse().ok());
        let (from_body, message) = said.map_or((None, None), |said| (Some(said.outcome), Some(said.message)));
        let outcome = header.or(from_body);
        let already_running = answer.status == 202 || matches!(outcome, Some(Outcome::Running { .. }));
        Self { task: task.clone(), outcome, already_running, message }
    }
}

impl From<Started> for Start {
    fn from(said: Started) -> Self {
        let already_running = matches!(said.outcome, Outcome::Running { .. });
        Self { task: said.task, outcome: Some(said.outcome), already_running, message: Some(said.message) }
    }
}
