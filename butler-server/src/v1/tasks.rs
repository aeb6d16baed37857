//! `/api/v1/tasks`: the tasks, with what Plex's list does not say of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use butler_api::TaskName;
use butler_api::plex::Errors;
use butler_api::v1::{DryRun, PlannedAction, Task, Tasks};
use butler_engine::{Deed, DryRunError, HousePlan, TaskView};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tasks)).routes(routes!(dry_run))
}

/// Lists the tasks: whether they are due, how long they usually take, when they begin next.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "plan", responses(
    (status = 200, description = "Every task.", body = Tasks),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn tasks(State(app): State<App>) -> Result<Response, Problem> {
    accept::json(&Tasks { tasks: app.handle.tasks().await?.into_iter().map(task).collect() })
}

/// Tells what a task that keeps house would do if it ran now; nothing of it is done.
#[utoipa::path(get, path = "/api/v1/tasks/{name}/plan", tag = "plan",
    params(("name" = String, Path, description = "The task's name, as `GET \
                                                  /butler` lists it.", example = "BackupDatabase")),
    responses(
        (status = 200, description = "What it would write and remove, with the reason of \
                                      each.", body = DryRun),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task.", body = Errors),
        (status = 409, description = "It makes no plan beforehand, or no plan can be made: the sentence says \
                                      why.", body = Errors),
    ))]
async fn dry_run(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Problem> {
    let task = TaskName::from(name.as_str());
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
    accept::json(&shown(task, plan))
}

/// Whether a path is that of a dry run, which may take longer than other answers.
pub(crate) fn is_dry_run(path: &str) -> bool {
    path.starts_with("/api/v1/tasks/") && path.trim_end_matches('/').ends_with("/plan")
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
