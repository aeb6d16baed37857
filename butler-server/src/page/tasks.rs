//! The whole catalogue: what each task does and when, how it went last, and its switch.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Run, Task};
use butler_api::{RunState, TaskName};
use butler_library::RunFilter;
use maud::{Markup, html};

use super::chart;
use super::frame::{Site, Tab, Viewer};
use super::words::{between, count, length};
use crate::app::App;
use crate::error::Problem;
use crate::params::Page;
use crate::view;

/// Some weeks of a whole catalogue.
const NEWEST: Page = Page { start: 0, size: 600 };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/tasks", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let tasks = view::tasks::list(&app).await?.tasks;
    let runs = view::runs::list(&app, RunFilter::default(), NEWEST).await?.runs;
    let mut by_task: HashMap<&TaskName, Vec<&Run>> = HashMap::new();
    for run in &runs {
        by_task.entry(&run.task).or_default().push(run);
    }
    let runs_of = |task: &Task| by_task.get(&task.name).map_or(&[][..], Vec::as_slice);
    let window = view::window::window(&app).await?;
    let body = html! {
        section.wide {
            div.row {
                h1 { "Tasks" }
                div.buttons { (site.button("/start", "Start all that is due", "main")) (site.button("/stop", "Stop all", "")) }
            }
            p.sub { (window.sentence) " " a href=(site.at("/settings#hours")) { "Change the hours" } }
        }
        section.card.wide #tasks data-live {
            table.stack {
                caption.unseen { "All tasks" }
                thead { tr {
                    th scope="col" { "Task" } th scope="col" { "On" } th scope="col" { "Last" }
                    th.wideonly scope="col" { "Lately" } th.wideonly scope="col" { "Usually" } th.wideonly scope="col" { "Next" }
                    th scope="col" { span.unseen { "Do" } }
                } }
                tbody { @for task in &tasks { (row(&site, task, runs_of(task))) } }
            }
        }
    };
    Ok(site.page(Tab::Tasks, "Tasks", body))
}

fn row(site: &Site, task: &Task, runs: &[&Run]) -> Markup {
    let path = format!("/tasks/{}", task.name);
    let open = runs.iter().find(|run| !run.state.is_terminal());
    html! {
        tr.off[!task.enabled] {
            td { a.strong href=(site.at(&path)) { (task.title) } br; span.quiet { (rhythm(task)) } }
            td.side { (switch(site, task)) }
            td { (last(site, runs)) }
            td.wideonly { (chart::spark(runs)) }
            td.wideonly.num { @if task.usual_is_guess { span.quiet { "not known yet" } } @else { (length(task.usual_seconds)) } }
            td.wideonly { (next(site, task, open.copied())) }
            td.num.side {
                @match open {
                    Some(_) => { (site.row_button(&format!("{path}/stop"), "Stop", &task.title)) }
                    None => { (site.row_button(&format!("{path}/start"), "Start", &task.title)) }
                }
            }
        }
    }
}

/// How often it runs: `Every night`, `Every 7 days, at a random time`.
pub(super) fn rhythm(task: &Task) -> String {
    let every = match task.every_days {
        1 => "Every night".to_owned(),
        7 => "Once a week".to_owned(),
        days => format!("Every {days} days"),
    };
    if task.randomized { format!("{every}, at a random time") } else { every }
}

/// Its switch: a button that says how things are and turns them.
pub(super) fn switch(site: &Site, task: &Task) -> Markup {
    let (label, to) = if task.enabled { ("on", "0") } else { ("off", "1") };
    site.form(
        &format!("/tasks/{}/switch", task.name),
        html! {
            input type="hidden" name="on" value=(to);
            button.switch.on[task.enabled] role="switch" aria-checked=(if task.enabled { "true" } else { "false" })
                aria-label={ (task.title) } title=(label) { span {} }
        },
    )
}

fn last(site: &Site, runs: &[&Run]) -> Markup {
    let Some(run) = runs.iter().find(|run| !matches!(run.state, RunState::Queued | RunState::Scheduled))
    else {
        return html! { span.quiet { "never" } };
    };
    html! {
        a.plain href=(site.at(&format!("/runs/{}", run.id))) { (chart::state(run.state)) }
        br;
        span.quiet {
            @match (run.started_at, run.ended_at) {
                (Some(from), Some(until)) => { (site.clock.moment(until)) ", " (between(from, until)) }
                (Some(from), None) if run.total > 0 => { (count(run.done)) " of " (count(run.total)) ", since " (site.clock.time(from)) }
                (Some(from), None) => { "since " (site.clock.time(from)) }
                (None, Some(until)) => { (site.clock.moment(until)) }
                (None, None) => {}
            }
        }
    }
}

fn next(site: &Site, task: &Task, open: Option<&Run>) -> Markup {
    html! {
        @match (open, task.next_at) {
            (Some(run), _) => { span.quiet { (chart::state_word(run.state)) } }
            (None, Some(at)) => { (site.clock.moment(at)) }
            (None, None) if !task.enabled => { span.quiet { "off" } }
            (None, None) => { span.quiet { "when it is due" } }
        }
    }
}
