//! Starts and stops by a task's name, and what became of them in one sentence each.

use butler_api::v1::{Started, StartedAll, Stopped};
use butler_api::{Ask, TaskName};
use butler_engine::{StartReply, StopReply};

use crate::app::App;
use crate::error::Problem;

/// Asks for one task's start; with force, whatever day, switch and window say.
pub(crate) async fn start(app: &App, name: &str, force: bool) -> Result<Started, Problem> {
    ask(app, TaskName::from(name), Ask::all(force)).await
}

/// Asks for one task's start, of as much as is asked for.
pub(crate) async fn ask(app: &App, task: TaskName, ask: Ask) -> Result<Started, Problem> {
    let reply = app.handle.start(task.clone(), ask).await?.ok_or_else(|| unknown(&task))?;
    Ok(started(task, reply))
}

/// Asks for the start of every task that is switched on.
pub(crate) async fn start_all(app: &App, force: bool) -> Result<StartedAll, Problem> {
    let replies = app.handle.start_all(force).await?;
    Ok(StartedAll { outcomes: replies.into_iter().map(|(task, reply)| started(task, reply)).collect() })
}

/// Stops one task, and takes what waits of it out of the queue.
pub(crate) async fn stop(app: &App, name: &str) -> Result<Stopped, Problem> {
    let task = TaskName::from(name);
    match app.handle.stop(task.clone()).await? {
        StopReply::Stopped(runs) => Ok(Stopped { runs }),
        StopReply::NotRunning => Err(Problem::not_found(format!("{task} neither runs nor waits."))),
        StopReply::Unknown => Err(unknown(&task)),
    }
}

/// Stops everything, and takes what waits out of the queue.
pub(crate) async fn stop_all(app: &App) -> Result<Stopped, Problem> {
    Ok(Stopped { runs: app.handle.stop_all().await? })
}

fn unknown(task: &TaskName) -> Problem {
    Problem::not_found(format!("There is no task `{task}`; `GET /butler` lists those there are."))
}

fn started(task: TaskName, reply: StartReply) -> Started {
    Started { task, outcome: reply.outcome, message: reply.sentence }
}
