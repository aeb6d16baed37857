//! One task: its history as a chart and a table, what could not be made, its settings, and what it would do
//! if it ran now.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use butler_api::TaskName;
use butler_api::v1::{DryRun, Failures, Plan, PlannedBacklog, Run, Setting, Task};
use butler_library::RunFilter;
use maud::{Markup, html};

use super::act::told;
use super::form::Form;
use super::frame::{Site, Tab, Viewer, coded};
use super::session::Signed;
use super::words::{self, bytes, count, length, many};
use super::{chart, failures, runs, settings, tasks, tonight};
use crate::app::App;
use crate::error::Problem;
use crate::params::Page;
use crate::view;
use crate::view::failures::Asked;

/// Most of a year of a daily task.
const NEWEST: Page = Page { start: 0, size: 300 };
/// Rows of the table below the chart; the page of runs has all.
const MOST_ROWS: usize = 12;
/// Deeds of a dry run that are named: a page stays small.
const MOST_ACTIONS: usize = 120;
/// Failures that are named; their page has all.
const MOST_FAILURES: Page = Page { start: 0, size: 8 };

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tasks/{name}", get(show))
        .route("/tasks/{name}/plan", get(plan))
        .route("/tasks/{name}/switch", post(switch))
}

async fn show(State(app): State<App>, viewer: Viewer, Path(name): Path<String>) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let task = known(&app, &name).await?;
    let of_task = RunFilter { task: Some(task.name.clone()), ..RunFilter::default() };
    let runs = view::runs::list(&app, of_task, NEWEST).await?.runs;
    let its = Asked { task: Some(task.name.clone()), ..Asked::default() };
    let failures = view::failures::list(&app, its, MOST_FAILURES).await?;
    let plan = view::plan::recent(&app).await?;
    let backlog = plan.backlogs.iter().find(|backlog| backlog.task == task.name);
    let own = view::settings::of_task(&app, &task.name);
    let body = html! {
        section.wide #head data-live { (head(&site, &task, &runs, &plan)) }
        div.stack {
            section.card #chart data-live {
                h2 { "Its nights" }
                (chart::history(&runs, &site.clock))
            }
            (failed(&site, &task, &failures))
            section.card #runs data-live {
                (runs::table(&site, &runs[..runs.len().min(MOST_ROWS)], None))
                @if runs.len() > MOST_ROWS { p { a href=(site.at(&format!("/runs?task={}", task.name))) { "All its runs" } } }
            }
        }
        aside {
            @if let Some(backlog) = backlog { (todo(&site, backlog)) }
            (own_settings(&site, &own))
        }
    };
    Ok(site.page(Tab::Tasks, &task.title, body))
}

async fn known(app: &App, name: &str) -> Result<Task, Problem> {
    let tasks = view::tasks::list(app).await?.tasks;
    let unknown = || Problem::not_found(format!("There is no task `{name}`."));
    tasks.into_iter().find(|task| task.name == TaskName::from(name)).ok_or_else(unknown)
}

fn head(site: &Site, task: &Task, runs: &[Run], plan: &Plan) -> Markup {
    let path = format!("/tasks/{}", task.name);
    let open = runs.iter().find(|run| !run.state.is_terminal());
    html! {
        p.crumbs { a href=(site.at("/tasks")) { "Tasks" } }
        div.row {
            h1 { (task.title) " " (tasks::switch(site, task)) }
            div.buttons {
                @if open.is_some() { (site.button(&format!("{path}/stop"), "Stop", "")) }
                @else {
                    (site.button(&format!("{path}/start"), "Start if due", "main"))
                    (site.form(&format!("{path}/start"), html! {
                        input type="hidden" name="force" value="1";
                        button aria-describedby="anyway" { "Start anyway" }
                    }))
                }
                a.button href=(site.at(&format!("{path}/plan"))) { "Dry run" }
            }
        }
        p.sub { (coded(task.description.trim_end_matches('.'))) "." }
        p.sub {
            (tasks::rhythm(task)) ", "
            @if task.usual_is_guess { "no run of it has completed yet" } @else { "usually " (length(task.usual_seconds)) }
            @if !task.enabled { ", switched off" }
            @else if open.is_none() { ", next " (tasks::next(site, task, None, plan)) }
            "."
        }
        @if open.is_none() { p.sub #anyway { "\u{201c}Start anyway\u{201d} starts it also where it is not due, switched off, or has just run." } }
        @if let Some(run) = open { div.card.open { (tonight::work(site, run, &task.title)) } }
    }
}

fn todo(site: &Site, backlog: &PlannedBacklog) -> Markup {
    let PlannedBacklog {
        lacks,
        bytes: size,
        seconds,
        is_guess,
        nights,
        held_back,
        held_back_files: files,
        tried_again_files: tried,
        next_try,
        ..
    } = backlog;
    html! {
        section.card {
            h2 { "Still to do" }
            @if *lacks == 0 && *held_back > 0 { p.empty { "Nothing but what failed." } }
            @else if *lacks == 0 { p.empty { "Nothing: everything has what this task makes." } }
            @else {
                ul.plain.lines {
                    li.row { span { "Products" } span { (count(*lacks)) } }
                    li.row { span { "To read" } span { (bytes(*size)) } }
                    li.row { span { "Work" } span { @if *is_guess { "perhaps " } (length(*seconds)) } }
                    li.row { span { "Done in" } span {
                        @match nights { Some(0) => "the time before the window", Some(nights) => (many(u64::from(*nights), "night")), None => "no night, as things are" }
                    } }
                }
            }
            @if let Some(failed) = backlog.failed() {
                p.sub {
                    (failed) ". "
                    @match next_try {
                        Some(at) if tried == files => { "Tried again " (site.clock.moment(at.at())) "." }
                        Some(at) => {
                            (count(*tried)) " of them tried again " (site.clock.moment(at.at()))
                            ", the rest when the file changes or you ask."
                        }
                        None => "Tried again when the file changes or you ask.",
                    }
                }
            }
        }
    }
}

/// Its failures, each with its file, reason and retry.
fn failed(site: &Site, task: &Task, failures: &Failures) -> Markup {
    let total = failures.total.unwrap_or(0);
    html! {
        @if !failures.failures.is_empty() {
            section.card #failures data-live {
                h2 { "What could not be made" }
                (failures::table(site, &failures.failures))
                @if total > failures.failures.len() as u64 {
                    p { a href=(site.at(&format!("/failures?task={}", task.name))) { "All " (count(total)) " of its failures" } }
                }
            }
        }
    }
}

fn own_settings(site: &Site, own: &[Setting]) -> Markup {
    html! {
        @if !own.is_empty() {
            section.card #settings data-live { h2 { "Settings" } @for setting in own { (settings::row(site, setting)) } }
        }
    }
}

/// What it would do if it ran now.
async fn plan(State(app): State<App>, viewer: Viewer, Path(name): Path<String>) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let task = known(&app, &name).await?;
    let planned = match view::tasks::dry_run(&app, &name).await {
        Ok(plan) => actions(&plan),
        // It makes none for a reason that a person may read; what it would work on is known all the same.
        Err(problem) if problem.is_conflict() => {
            let ahead = view::plan::recent(&app).await?;
            let backlog = ahead.backlogs.iter().find(|backlog| backlog.task == task.name);
            html! {
                @match backlog {
                    Some(backlog) => { (todo(&site, backlog)) }
                    None => { section.card.wide { p { (coded(problem.sentence())) } } }
                }
            }
        }
        Err(problem) => return Err(problem),
    };
    let body = html! {
        section.wide {
            p.crumbs { a href=(site.at("/tasks")) { "Tasks" } " · " a href=(site.at(&format!("/tasks/{}", task.name))) { (task.title) } }
            h1 { "If it ran now" }
            p.sub { "Nothing of this was done." }
        }
        (planned)
    };
    Ok(site.page(Tab::Tasks, &format!("{}, a dry run", task.title), body))
}

fn actions(plan: &DryRun) -> Markup {
    html! {
        section.card.wide {
            @if plan.actions.is_empty() { p.empty { "It would change nothing." } }
            @else {
                p { "It would write " strong { (bytes(plan.bytes_written)) } " and remove " strong { (bytes(plan.bytes_removed)) } "." }
                table.stack {
                    thead { tr { th scope="col" { "Deed" } th scope="col" { "File" } th.num scope="col" { "Size" } th scope="col" { "Why" } } }
                    tbody { @for action in plan.actions.iter().take(MOST_ACTIONS) {
                        tr {
                            td { (action.deed) } td { (words::path(&action.path)) }
                            td.num { (bytes(action.bytes)) } td { (coded(&action.reason)) }
                        }
                    } }
                }
            }
            @if let Some(more) = plan.actions.len().checked_sub(MOST_ACTIONS).filter(|more| *more > 0) {
                p.sub {
                    "And " (count(more as u64)) " more; "
                    code { "butler start " (plan.task) " --dry-run" } " lists them all."
                }
            }
            @if let Some(waits) = &plan.waits {
                p { span.miss { (coded(&waits.sentence)) } }
                p.sub { (many(waits.actions.len() as u64, "deed")) " wait for that." }
            }
            @for remark in &plan.remarks { p.sub { (coded(remark)) } }
        }
    }
}

/// Turns the switch, whose setting is a flag or says when.
async fn switch(
    State(app): State<App>,
    session: Signed,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let task = known(&app, &name).await?;
    let is_on = form.flag("on")?;
    let done = view::settings::turn(&app, &task.name, is_on)
        .await
        .map(|()| format!("{} is switched {}.", task.title, if is_on { "on" } else { "off" }));
    told(&app, &session, form.back(), done)
}
