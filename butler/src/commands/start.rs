//! `butler start`: starts tasks and says what became of each; with `--wait` it follows their runs to the end.

mod confirm;
mod dry_run;

use std::collections::BTreeSet;

use butler_api::{Reason, date};
use butler_client::{
    Activity, ButlerTask, Client, Error, Notifications, Outcome, Run, RunId, RunState, Start, TaskName,
};
use clap::Args;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::candidates;
use crate::cli;
use crate::exit::Exit;
use crate::follow::activities::Awaited;
use crate::follow::{self, View};
use crate::near;
use crate::observer::{self, Observer};
use crate::print::error::Trouble;
use crate::print::words::exact_time;
use crate::print::{Out, json};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["names", "all"]))]
pub(crate) struct Arguments {
    /// The tasks' names, as `butler tasks` lists them
    #[arg(value_name = "NAME", value_parser = cli::task, add = ArgValueCandidates::new(candidates::tasks))]
    names: Vec<TaskName>,

    /// Start every task that is switched on and on its day
    #[arg(long)]
    all: bool,

    /// Start now, whatever the day, the switch and the maintenance window. What failed is tried again, even
    /// what rests, and what is lost from the data folder is made anew; what is there stays as it is: `butler
    /// remake` makes that anew
    #[arg(long)]
    force: bool,

    /// Only tell what the tasks would write and remove, with the reason of each; nothing of it is done
    #[arg(long, conflicts_with_all = ["all", "force", "wait"])]
    dry_run: bool,

    /// Confirm what of the tasks waits for a person's word, as `--dry-run` shows it, and start them; with the
    /// DIGEST that it shows only if the plan is still that one
    #[arg(
        long,
        value_name = "DIGEST",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["all", "force", "dry_run"]
    )]
    confirm: Option<String>,

    /// Wait for the runs to end, and show their progress; a task that runs already is waited for as well. A
    /// Plex Media Server keeps no runs: there its activities are waited for that begin after the start
    #[arg(long)]
    wait: bool,
}

/// What is known of a start of all where the server says no more.
const TAKEN: &str = "The server took the request; it does not say what became of each task.";

/// What became of a start, for programs. `result` is the run at its end, with `--wait`.
#[derive(Serialize)]
struct Report<'a> {
    /// None where all were started, and the server doesn't say what became of each.
    task: Option<&'a TaskName>,
    #[serde(flatten)]
    outcome: Option<&'a Outcome>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Run>,
}

impl<'a> Report<'a> {
    fn new(start: &'a Start, results: &'a [Run]) -> Self {
        let run = start.outcome.as_ref().and_then(Outcome::run);
        let result = results.iter().find(|result| run == Some(result.id));
        Self { task: Some(&start.task), outcome: start.outcome.as_ref(), message: sentence(start), result }
    }

    /// All reports; `starts` is none where the server took the request for all and says no more.
    fn all(starts: Option<&'a [Start]>, results: &'a [Run]) -> Vec<Self> {
        match starts {
            Some(starts) => starts.iter().map(|start| Self::new(start, results)).collect(),
            None => vec![Self { task: None, outcome: None, message: TAKEN.to_owned(), result: None }],
        }
    }
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    if arguments.dry_run {
        return dry_run::run(client, &arguments.names, out).await;
    }
    let mut waiting = if arguments.wait { Some(Waiting::begin(client).await?) } else { None };
    let (starts, exit) = if arguments.all {
        start_all(client, arguments.force).await?
    } else {
        let (starts, exit) = match &arguments.confirm {
            Some(digest) => confirm::confirm_each(client, &arguments.names, digest, out).await?,
            None => start_each(client, &arguments, out).await?,
        };
        if starts.is_empty() {
            waiting = None;
        }
        (Some(starts), exit)
    };
    tell(client, starts.as_deref(), arguments.force, exit, waiting, out).await
}

/// What listens to a server since before something was started, so that no end is missed, and what it was
/// busy with then.
pub(crate) struct Waiting {
    notifications: Option<Notifications>,
    /// The activities' ids.
    before: BTreeSet<String>,
}

impl Waiting {
    pub(crate) async fn begin(client: &Client) -> Result<Self, Trouble> {
        // One that does not answer at all is found at once, and not by all ways of listening before the
        // start.
        let asked = client.server_info().await;
        if let Err(error @ (Error::Timeout { .. } | Error::Connection { .. })) = asked {
            return Err(error.into());
        }
        let notifications = observer::listen(client).await?;
        // A server that can't say that can't be waited for by it either.
        let activities = client.activities().await.unwrap_or_default();
        let before = activities.into_iter().map(|activity| activity.uuid).collect();
        Ok(Self { notifications, before })
    }
}

/// Says what became of each start, and of the runs that are waited for. Starts are none where the server took
/// the request for all and says no more.
pub(crate) async fn tell(
    client: &Client,
    known: Option<&[Start]>,
    forced: bool,
    mut exit: Exit,
    waiting: Option<Waiting>,
    out: Out,
) -> Result<Exit, Trouble> {
    let starts = known.unwrap_or_default();
    if known.is_none() {
        out.remark(TAKEN);
    }
    if !out.json {
        for start in starts {
            out.line(format!("{}: {}", start.task, sentence(start)))?;
        }
    }
    let mut results = Vec::new();
    if let Some(waiting) = waiting {
        let ended = match runs_of(starts) {
            Some(runs) => wait(client, &runs, waiting.notifications, out).await?,
            None => wait_for_activities(client, starts, waiting, out).await?.map(|()| Vec::new()),
        };
        let Some(ended) = ended else { return Ok(Exit::Interrupted) };
        results = ended;
        exit = results.iter().map(follow::verdict).fold(exit, Exit::worse);
        if results.iter().any(|run| run.failures > 0) {
            out.remark("`butler failures` says what could not be made, and why.");
        }
        for run in &results {
            // The scan's own words: since when, and how long they stay.
            let missing = run.report.iter().filter(|fact| fact.label == "missing");
            missing.filter_map(|fact| fact.value.as_str()).for_each(|sentence| out.remark(sentence));
        }
        let had_nothing =
            |run: &&Run| run.state == RunState::Completed && run.total == 0 && run.report.is_empty();
        let idle: Vec<&Run> = results.iter().filter(|_| forced).filter(had_nothing).collect();
        if !idle.is_empty() && makes_products(client, &idle).await {
            out.remark("--force makes nothing anew that is there: `butler remake` does.");
        }
    }
    if out.json {
        json::print(&Report::all(known, &results))?;
    }
    Ok(exit)
}

/// Whether some of these runs are of tasks that make something of files, rather than of those that keep house.
async fn makes_products(client: &Client, runs: &[&Run]) -> bool {
    let plan = client.plan(1).await;
    plan.is_ok_and(|plan| runs.iter().any(|run| plan.backlogs.iter().any(|of| of.task == run.task)))
}

/// Starts each named task. One that can't be started doesn't keep the others back.
async fn start_each(client: &Client, arguments: &Arguments, out: Out) -> Result<(Vec<Start>, Exit), Trouble> {
    let mut starts = Vec::with_capacity(arguments.names.len());
    let mut exit = Exit::Done;
    for name in &arguments.names {
        match client.butler().start(name).force(arguments.force).await {
            Ok(start) => {
                exit = exit.worse(if is_skipped(&start) { Exit::Skipped } else { Exit::Done });
                starts.push(start);
            }
            Err(error) => {
                let trouble = match error {
                    Error::NotFound { .. } => unknown_task(client, name).await,
                    other => other.into(),
                };
                // The last one's trouble ends the command if nothing else has been started.
                if arguments.names.len() == 1 || trouble.exit == Exit::NoServer {
                    return Err(trouble);
                }
                exit = exit.worse(trouble.print());
            }
        }
    }
    if !out.json && starts.is_empty() {
        out.remark("Nothing was started.");
    }
    Ok((starts, exit))
}

/// Starts all that are due. That some are not is as asked; that none is, is told by the exit code.
async fn start_all(client: &Client, force: bool) -> Result<(Option<Vec<Start>>, Exit), Trouble> {
    let starts = client.butler().start_all().force(force).await?;
    let is_nothing = starts.as_ref().is_some_and(|all| !all.is_empty() && all.iter().all(is_skipped));
    Ok((starts, if is_nothing { Exit::Skipped } else { Exit::Done }))
}

const fn is_skipped(start: &Start) -> bool {
    matches!(start.outcome, Some(Outcome::Skipped { .. }))
}

/// The error for a name that the server doesn't know, with near ones; or that it knows of no tasks at all.
pub(crate) async fn unknown_task(client: &Client, name: &TaskName) -> Trouble {
    match client.butler().tasks().await {
        Ok(tasks) => no_such_task(&tasks, name),
        Err(error) => error.into(),
    }
}

/// The same, if it is one that the server doesn't know.
pub(crate) async fn if_unknown(client: &Client, name: &TaskName) -> Result<Option<Trouble>, Error> {
    let tasks = client.butler().tasks().await?;
    let is_known = tasks.iter().any(|task| task.name == *name);
    Ok((!is_known).then(|| no_such_task(&tasks, name)))
}

fn no_such_task(tasks: &[ButlerTask], name: &TaskName) -> Trouble {
    Trouble::new(Exit::NotThere, format!("There is no task `{name}`."))
        .hint(near::task_hint(tasks, name.as_str()))
}

/// What became of a start: the server's sentence, or one made of what else it says.
fn sentence(start: &Start) -> String {
    match (&start.message, &start.outcome) {
        (Some(message), _) => message.clone(),
        (None, Some(outcome)) => in_words(outcome),
        (None, None) if start.already_running => "It runs already.".to_owned(),
        (None, None) => "The server took the request; it does not say what became of it.".to_owned(),
    }
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Started { run, waits: None } => format!("Started, run {run}."),
        Outcome::Started { run, waits: Some(code) } => format!("Queued as run {run}{}.", because(code)),
        Outcome::Scheduled { run, at } => format!("Scheduled for {}, run {run}.", exact_time(*at)),
        Outcome::Running { run } => format!("It runs already, run {run}."),
        Outcome::Skipped { reason, due: None } => format!("Skipped{}.", because(reason)),
        Outcome::Skipped { reason, due: Some(due) } => {
            format!("Skipped{}; it is due on {}.", because(reason), date(*due))
        }
    }
}

/// A reason's code in words, as the end of a sentence; nothing where it is none that this build knows.
fn because(code: &str) -> String {
    Reason::in_short(code).map_or_else(String::new, |words| format!(": {words}"))
}

/// The runs to wait for; none where the server doesn't say which they are.
fn runs_of(starts: &[Start]) -> Option<Vec<RunId>> {
    let says_all = !starts.is_empty() && starts.iter().all(|start| start.outcome.is_some());
    says_all.then(|| starts.iter().filter_map(|start| start.outcome.as_ref()?.run()).collect())
}

/// Waits for runs, until Ctrl-C: then none.
async fn wait(
    client: &Client,
    runs: &[RunId],
    notifications: Option<Notifications>,
    out: Out,
) -> Result<Option<Vec<Run>>, Trouble> {
    let mut view = View::new(out);
    let ended = tokio::select! {
        // Heard before anything is shown.
        biased;
        _ = tokio::signal::ctrl_c() => None,
        ended = follow::to_the_end(client, runs, notifications, &mut view, out) => Some(ended),
    };
    view.clear();
    if ended.is_none() {
        out.remark("What was started goes on: `butler watch` shows it, `butler stop NAME` ends it.");
    }
    ended.transpose()
}

/// Waits for what a server without runs does after a start, until Ctrl-C: then none.
async fn wait_for_activities(
    client: &Client,
    starts: &[Start],
    Waiting { notifications, before }: Waiting,
    out: Out,
) -> Result<Option<()>, Trouble> {
    let mut view = View::new(out);
    let named = match starts {
        [start] => start.activity.clone(),
        _ => None,
    };
    // What ran already is waited for as well.
    let before = if starts.iter().any(|start| start.already_running) { BTreeSet::new() } else { before };
    let awaited = Awaited::new(starts.iter().map(|start| start.task.clone()).collect(), named, before);
    let mut observer = Observer::with(client, notifications);
    let ended = tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => None,
        ended = follow::activities::to_the_end(&mut observer, awaited, &mut view, out) => Some(ended),
    };
    view.clear();
    match ended.transpose()? {
        None => {
            out.remark("What was started goes on: `butler watch` shows it, `butler stop NAME` ends it.");
            return Ok(None);
        }
        Some(over) if over.is_empty() => out.remark(
            "The server shows no activity of it: it ended at once, did nothing, or is one that is never shown.",
        ),
        Some(over) if !out.json => {
            for activity in &over {
                out.line(ended_activity(activity))?;
            }
        }
        Some(_) => {}
    }
    Ok(Some(()))
}

/// How an activity ended, as far as a server without runs says.
fn ended_activity(activity: &Activity) -> String {
    match activity.progress {
        0..=99 => format!("{}: ended at {} %.", activity.title, activity.progress),
        _ => format!("{}: ended.", activity.title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_told_in_words_of_ours_and_in_no_code() {
        let told = |outcome: &str| in_words(&outcome.parse().unwrap());
        assert_eq!(
            told("started; run=2; waits=behind-itself"),
            "Queued as run 2: it waits for an earlier run of the same task to end."
        );
        assert_eq!(told("started; run=2; waits=of-a-later-server"), "Queued as run 2.");
        assert_eq!(
            told("skipped; reason=not-its-day; due=2026-11-29"),
            "Skipped: it ran lately, and its interval has not passed; it is due on Sun 29 Nov 2026."
        );
    }
}
