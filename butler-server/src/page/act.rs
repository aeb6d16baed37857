//! What a page's buttons do: each asks what the API's handlers ask, leads back to its page, and has the
//! sentence of what became of it shown there.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use butler_api::{Outcome, TaskName};

use super::failures;
use super::flash::Flash;
use super::form::Form;
use super::frame;
use super::session::Signed;
use super::tonight::title;
use super::words::{many, mark};
use crate::app::App;
use crate::error::Problem;
use crate::view;
use crate::view::pauses::Hold;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/start", post(start_all))
        .route("/stop", post(stop_all))
        .route("/tasks/{name}/start", post(start))
        .route("/tasks/{name}/stop", post(stop))
        .route("/runs/{id}/stop", post(stop_run))
        .route("/hold", post(hold))
        .route("/hold/lift", post(lift))
        .route("/failures/{id}/retry", post(retry))
}

/// Back to the page, with a sentence of what became of it.
pub(super) fn told(
    app: &App,
    session: &Signed,
    back: &str,
    done: Result<String, Problem>,
) -> Result<Response, Problem> {
    let flash = match done {
        Ok(sentence) => Flash { sentence, is_good: true },
        // A fault of the server's own is no sentence beside others.
        Err(problem) if problem.is_bug() => return Err(problem),
        Err(problem) => Flash { sentence: problem.sentence().to_owned(), is_good: false },
    };
    app.flashes.put(session.0, flash);
    Ok(frame::redirect(app, back))
}

/// Starts all that is due, or the task that the form names.
async fn start_all(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    if let Some(task) = form.get("task").filter(|task| !task.is_empty()) {
        return start_one(&app, &session, task, &form).await;
    }
    let done = view::start::start_all(&app, form.flag("force")?).await.map(|started| {
        let begun = started.outcomes.iter().filter(|one| one.outcome.run().is_some()).count() as u64;
        let skipped = started.outcomes.len() as u64 - begun;
        match (begun, skipped) {
            (0, _) => "Nothing is due: each task is switched off, or has done its work for now.".to_owned(),
            (_, 0) => format!("{} started.", many(begun, "task")),
            _ => format!("{} started; {} not due or switched off.", many(begun, "task"), are(skipped)),
        }
    });
    told(&app, &session, form.back(), done)
}

fn are(number: u64) -> String {
    if number == 1 { "1 is".to_owned() } else { format!("{number} are") }
}

async fn stop_all(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let done = view::start::stop_all(&app).await.map(|stopped| match stopped.runs.len() as u64 {
        0 => "Nothing was running.".to_owned(),
        runs => format!("{} stop after the step in hand.", many(runs, "run")),
    });
    told(&app, &session, form.back(), done)
}

/// A task's name for people; of one that there is not, what was asked for.
async fn title_of(app: &App, name: &str) -> Result<String, Problem> {
    let tasks = view::tasks::list(app).await?.tasks;
    Ok(title(&tasks, &TaskName::from(name)).to_owned())
}

async fn start(
    State(app): State<App>,
    session: Signed,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    start_one(&app, &session, &name, &form).await
}

async fn start_one(app: &App, session: &Signed, name: &str, form: &Form) -> Result<Response, Problem> {
    let title = title_of(app, name).await?;
    let done =
        view::start::start(app, name, form.flag("force")?).await.map(|started| match started.outcome {
            Outcome::Started { waits: None, .. } => format!("{title} was started."),
            Outcome::Running { .. } => format!("{title} runs or waits already."),
            // Whose run it is stands before the reason for which it waits, was skipped, or begins later.
            _ => match started.message.split_once(". ") {
                Some((_, reason)) => format!("{title}: {reason}"),
                None => format!("{title} begins later in this window."),
            },
        });
    told(app, session, form.back(), done)
}

async fn stop(
    State(app): State<App>,
    session: Signed,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let title = title_of(&app, &name).await?;
    let done = view::start::stop(&app, &name).await;
    told(&app, &session, form.back(), done.map(|_| format!("{title} stops after the step in hand.")))
}

async fn stop_run(
    State(app): State<App>,
    session: Signed,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let done = match view::runs::stop(&app, &id).await {
        Ok(run) => Ok(format!("{} stops after the step in hand.", title_of(&app, run.task.as_str()).await?)),
        Err(problem) => Err(problem),
    };
    told(&app, &session, form.back(), done)
}

async fn hold(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let hold = Hold { time: form.get("for"), note: form.get("note"), drains: form.flag("drain")? };
    let done = view::pauses::hold(&app, "person", hold).await;
    told(&app, &session, form.back(), done.map(|_| "Everything is held.".to_owned()))
}

async fn lift(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let done = view::pauses::lift(&app, None).await.map(|lifted| match lifted.pauses.is_empty() {
        true => "Nothing was held.".to_owned(),
        false => "It goes on.".to_owned(),
    });
    told(&app, &session, form.back(), done)
}

async fn retry(
    State(app): State<App>,
    session: Signed,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let done = view::failures::retried(&app, &id).await.map(|failure| {
        let file = failure.part.rsplit('/').next().unwrap_or_default();
        let when = failure
            .next_try
            .map_or_else(|| " with the next run".to_owned(), |at| format!(" {}", mark(at.at())));
        let what = failures::product(&failure.product);
        format!("`{file}` ({what}) is tried again{when}, or as soon as its task is started.")
    });
    told(&app, &session, form.back(), done)
}
