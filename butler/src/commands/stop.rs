//! `butler stop`: stops tasks or single runs, or takes them out of the queue.

use butler_client::{Client, Error, RunId, TaskName};
use clap::Args;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::candidates;
use crate::cli::{number, task};
use crate::commands::runs::not_there;
use crate::exit::Exit;
use crate::near;
use crate::print::error::Trouble;
use crate::print::{Out, json};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["names", "runs", "all"]))]
pub(crate) struct Arguments {
    /// The tasks' names, as `butler tasks` lists them
    #[arg(value_name = "NAME", value_parser = task, add = ArgValueCandidates::new(candidates::tasks))]
    names: Vec<TaskName>,

    /// Stop this run only, and no other of its task; may be given several times
    #[arg(long = "run", value_name = "ID", value_parser = number::<RunId>("`butler runs` lists the runs"))]
    runs: Vec<RunId>,

    /// Stop whatever runs and empty the queue
    #[arg(long)]
    all: bool,
}

/// The runs that a stop reached, for programs; none where the server doesn't say.
#[derive(Serialize)]
struct Report<'a> {
    task: Option<&'a TaskName>,
    runs: Option<Vec<RunId>>,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let mut reports = Vec::new();
    let mut exit = Exit::Done;
    if arguments.all {
        reports.push(Report { task: None, runs: client.butler().stop_all().await? });
    }
    let orders = arguments.names.iter().map(Order::Task).chain(arguments.runs.iter().map(Order::Run));
    for order in orders {
        match stop(client, order).await {
            Ok(report) => reports.push(report),
            Err(trouble)
                if arguments.names.len() + arguments.runs.len() == 1 || trouble.exit == Exit::NoServer =>
            {
                return Err(trouble);
            }
            Err(trouble) => exit = exit.worse(trouble.print()),
        }
    }
    if out.json {
        json::print(&reports)?;
    } else {
        for report in &reports {
            out.line(sentence(report))?;
        }
    }
    Ok(exit)
}

/// What is to be stopped.
#[derive(Clone, Copy)]
enum Order<'a> {
    Task(&'a TaskName),
    Run(&'a RunId),
}

async fn stop<'a>(client: &Client, order: Order<'a>) -> Result<Report<'a>, Trouble> {
    match order {
        Order::Task(name) => match client.butler().stop(name).await {
            Ok(runs) => Ok(Report { task: Some(name), runs }),
            Err(Error::NotFound { .. }) => Err(not_stopped(client, name).await),
            Err(other) => Err(other.into()),
        },
        Order::Run(id) => match client.stop_run(*id).await {
            Ok(_) => Ok(Report { task: None, runs: Some(vec![*id]) }),
            Err(Error::Status { status: 409, message, .. }) => Err(Trouble::new(Exit::NotThere, message)),
            Err(other) => Err(not_there(other, *id)),
        },
    }
}

/// Plex's 404 means both: no such task, or it doesn't run.
async fn not_stopped(client: &Client, name: &TaskName) -> Trouble {
    match client.butler().tasks().await {
        Err(error) => error.into(),
        Ok(tasks) if tasks.iter().any(|task| task.name == *name) => {
            Trouble::new(Exit::NotThere, format!("`{name}` does not run and is not queued."))
                .hint("`butler watch` shows what runs.")
        }
        Ok(tasks) => Trouble::new(Exit::NotThere, format!("There is no task `{name}`."))
            .hint(near::task_hint(&tasks, name.as_str())),
    }
}

fn sentence(report: &Report<'_>) -> String {
    let runs = report.runs.as_deref().map(|runs| runs.iter().map(RunId::to_string).collect::<Vec<_>>());
    let what = match runs.as_deref() {
        None => "The server took the request.".to_owned(),
        Some([]) => "Nothing was running or queued.".to_owned(),
        Some([one]) => format!("Run {one} stops."),
        Some(several) => format!("Runs {} stop.", several.join(", ")),
    };
    report.task.map_or(what.clone(), |task| format!("{}: {what}", task))
}
