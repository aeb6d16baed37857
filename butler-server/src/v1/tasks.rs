//! `/api/v1/tasks`: the tasks, with what Plex's list does not say of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{DryRun, PlannedAction, Started, Task, Tasks, WaitingActions};
use butler_api::{Ask, TaskName};
use butler_engine::{Action, DryRunError, HousePlan, TaskView, Waiting};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tasks)).routes(routes!(dry_run, confirm))
}

/// Lists the tasks: whether they are due, how long they usually take, when they begin next.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "plan", responses(
    (status = 200, description = "Every task.", body = Tasks),
    (status = 401, description = "The token is missing or wrong.", body = Errors),
))]
async fn tasks(State(app): State<App>) -> Result<Response, Problem> {
    let waiting = app.library(|library| Ok::<_, Problem>(library.waiting_plans()?)).await?;
    let waits = |name: &TaskName| {
        let plan = waiting.iter().find(|plan| plan.task == *name && plan.confirmed_at.is_none());
        plan.map(|plan| plan.sentence.clone())
    };
    let tasks = app.handle.tasks().await?.into_iter();
    accept::json(&Tasks {
        tasks: tasks.map(|view| Task { waits_for: waits(&view.name), ..task(view) }).collect(),
    })
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
    accept::json(&shown(task.clone(), planned(&app, &task).await?))
}

/// Confirms what waits of a task's plan, and starts the task. The word is for this very plan: one that has
/// changed since is refused.
#[utoipa::path(put, path = "/api/v1/tasks/{name}/plan", tag = "plan",
    params(
        ("name" = String, Path, description = "The task's name.", example = "GarbageCollectLibraryMedia"),
        ("digest" = String, Query, description = "What the plan's `waits` names as its digest."),
    ),
    responses(
        (status = 200, description = "Confirmed; what became of the start.", body = Started),
        (status = 400, description = "There is no `digest`.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such task.", body = Errors),
        (status = 409, description = "Nothing waits, or the plan has changed: the sentence says \
                                      which.", body = Errors),
    ))]
async fn confirm(
    State(app): State<App>,
    Path(name): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let task = TaskName::from(name.as_str());
    let digest = params.get("digest").filter(|digest| !digest.is_empty());
    let digest = digest.ok_or_else(|| Problem::bad_request("`digest` is missing; the plan names it."))?;
    let refused = |why: String| Problem::new(StatusCode::CONFLICT, why);
    let waiting = planned(&app, &task)
        .await?
        .waits
        .ok_or_else(|| refused(format!("Nothing of {task} waits for a person's word.")))?;
    if waiting.digest != digest {
        return Err(refused(format!(
            "The plan of {task} has changed. Look at it again: {}",
            waiting.sentence
        )));
    }
    let (confirmed, now) = (task.clone(), app.handle.clock().now());
    app.library(move |library| {
        Ok::<_, Problem>(library.confirm_plan(&confirmed, &waiting.digest, &waiting.sentence, now)?)
    })
    .await?;
    let reply = app.handle.start(task.clone(), Ask::all(true)).await?.ok_or_else(|| unknown(&task))?;
    accept::json(&Started { task, outcome: reply.outcome, message: reply.sentence })
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
        DryRunError::Failed(sentence) => Problem::new(StatusCode::CONFLICT, sentence),
        other => Problem::new(StatusCode::CONFLICT, format!("{task}: {other}.")),
    })
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
