//! Tasks as they are shown: with their usual duration and next time, and what one would do if it ran now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use butler_api::v1::{DryRun, PlannedAction, Started, Task, Tasks, WaitingActions};
use butler_api::{Ask, TaskName};
use butler_engine::{Action, DryRunError, HousePlan, TaskView, Waiting};

use crate::app::App;
use crate::error::Problem;

/// Every task, in the catalogue's order.
pub(crate) async fn list(app: &App) -> Result<Tasks, Problem> {
    let waiting = app.library(|library| Ok::<_, Problem>(library.waiting_plans()?)).await?;
    let waits = |name: &TaskName| {
        let plan = waiting.iter().find(|plan| plan.task == *name && plan.confirmed_at.is_none());
        plan.map(|plan| plan.sentence.clone())
    };
    let tasks = app.handle.tasks().await?.into_iter();
    Ok(Tasks { tasks: tasks.map(|view| Task { waits_for: waits(&view.name), ..task(view) }).collect() })
}

/// What the task of a name in an address would do now; nothing of it is done.
pub(crate) async fn dry_run(app: &App, name: &str) -> Result<DryRun, Problem> {
    let task = TaskName::from(name);
    let plan = planned(app, &task).await?;
    Ok(shown(task, plan))
}

/// Confirms what waits of a task's plan, if it is still the plan of this digest, and starts the task.
pub(crate) async fn confirm(app: &App, name: &str, digest: &str) -> Result<Started, Problem> {
    let task = TaskName::from(name);
    let Some(waiting) = planned(app, &task).await?.waits else {
        return Err(Problem::conflict(format!("Nothing of {task} waits for a person's word.")));
    };
    if waiting.digest != digest {
        let sentence = format!("The plan of {task} has changed. Look at it again: {}", waiting.sentence);
        return Err(Problem::conflict(sentence));
    }
    let (confirmed, now) = (task.clone(), app.handle.clock().now());
    app.library(move |library| {
        Ok::<_, Problem>(library.confirm_plan(&confirmed, &waiting.digest, &waiting.sentence, now)?)
    })
    .await?;
    let reply = app.handle.start(task.clone(), Ask::all(true)).await?.ok_or_else(|| unknown(&task))?;
    Ok(Started { task, outcome: reply.outcome, message: reply.sentence })
}

fn unknown(task: &TaskName) -> Problem {
    Problem::not_found(format!("There is no task `{task}`; `GET /butler` lists those there are."))
}

async fn planned(app: &App, task: &TaskName) -> Result<HousePlan, Problem> {
    let (handle, asked) = (app.handle.clone(), task.clone());
    let waits = Waits::default();
    let is_gone = Arc::clone(&waits.is_gone);
    let planned =
        app.blocking(move || handle.dry_run(&asked, &mut || is_gone.load(Ordering::Relaxed))).await?;
    drop(waits);
    planned.ok_or_else(|| unknown(task))?.map_err(|error| match error {
        DryRunError::Failed(sentence) => Problem::conflict(sentence),
        other => Problem::conflict(format!("{task}: {other}.")),
    })
}

/// Who waits for a dry run. Dropped, also since its client has gone, it ends the dry run.
#[derive(Default)]
struct Waits {
    is_gone: Arc<AtomicBool>,
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }
}

fn shown(task: TaskName, plan: HousePlan) -> DryRun {
    let HousePlan { actions, waits, remarks } = plan;
    let bytes = |frees: bool| {
        let counted = |action: &&Action| if frees { action.deed.frees() } else { action.deed.writes() };
        actions.iter().filter(counted).map(|action| action.bytes).sum()
    };
    let (bytes_written, bytes_removed) = (bytes(false), bytes(true));
    let waits = waits.map(|Waiting { digest, sentence, actions }| WaitingActions {
        digest,
        sentence,
        actions: actions.into_iter().map(action).collect(),
    });
    let actions = actions.into_iter().map(action).collect();
    DryRun { task, actions, waits, remarks, bytes_written, bytes_removed }
}

fn action(action: Action) -> PlannedAction {
    PlannedAction {
        deed: action.deed.as_str().to_owned(),
        path: action.path.display().to_string(),
        bytes: action.bytes,
        reason: action.reason,
    }
}

fn task(view: TaskView) -> Task {
    let TaskView {
        name,
        title,
        description,
        every_days,
        randomized,
        enabled,
        due,
        usual_seconds,
        usual_is_guess,
        next_at,
    } = view;
    let (title, description) = (title.to_owned(), description.to_owned());
    Task {
        name,
        title,
        description,
        every_days,
        randomized,
        enabled,
        due,
        usual_seconds,
        usual_is_guess,
        next_at,
        waits_for: None,
    }
}
