//! Tasks as they are shown: with their usual duration and next time, and what one would do if it ran now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use butler_api::TaskName;
use butler_api::v1::{DryRun, PlannedAction, Task, Tasks};
use butler_engine::{Deed, DryRunError, HousePlan, TaskView};

use crate::app::App;
use crate::error::Problem;

/// Every task, in the catalogue's order.
pub(crate) async fn list(app: &App) -> Result<Tasks, Problem> {
    Ok(Tasks { tasks: app.handle.tasks().await?.into_iter().map(task).collect() })
}

/// What the task of a name in an address would do now; nothing of it is done.
pub(crate) async fn dry_run(app: &App, name: &str) -> Result<DryRun, Problem> {
    let task = TaskName::from(name);
    let (handle, asked) = (app.handle.clone(), task.clone());
    let waits = Waits::default();
    let is_gone = Arc::clone(&waits.is_gone);
    let planned =
        app.blocking(move || handle.dry_run(&asked, &mut || is_gone.load(Ordering::Relaxed))).await?;
    drop(waits);
    let planned = planned.ok_or_else(|| {
        Problem::not_found(format!("There is no task `{task}`; `GET /butler` lists those there are."))
    })?;
    let plan = planned.map_err(|error| match error {
        DryRunError::Failed(sentence) => Problem::new(StatusCode::CONFLICT, sentence),
        other => Problem::new(StatusCode::CONFLICT, format!("{task}: {other}.")),
    })?;
    Ok(shown(task, plan))
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
    let bytes = |deed: Deed| {
        plan.actions.iter().filter(|action| action.deed == deed).map(|action| action.bytes).sum()
    };
    let (bytes_written, bytes_removed) = (bytes(Deed::Write), bytes(Deed::Remove));
    let actions = plan.actions.into_iter().map(|action| PlannedAction {
        deed: action.deed.as_str().to_owned(),
        path: action.path.display().to_string(),
        bytes: action.bytes,
        reason: action.reason,
    });
    DryRun { task, actions: actions.collect(), remarks: plan.remarks, bytes_written, bytes_removed }
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
    }
}
