//! The whole catalogue: what each task does and when, how it went last, and its switch.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Plan, Run, Task, Window};
use butler_api::{RunState, TaskName};
use butler_library::RunFilter;
use maud::{Markup, html};

use super::chart;
use super::frame::{Site, Tab, Viewer};
use super::words::{self, between, count, length};
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
    let plan = view::plan::recent(&app).await?;
    let body = html! {
        section.wide {
            div.row {
                h1 { "Tasks" }
                div.buttons { (site.button("/start", "Start all that is due", "main")) (site.button("/stop", "Stop all", "")) }
            }
            p.sub { (window_words(&site, &window)) " " a href=(site.at("/settings#hours")) { "Change the hours" } }
        }
        section.card.wide #tasks data-live {
            table.stack {
                caption.unseen { "All tasks" }
                thead { tr {
                    th scope="col" { "Task" } th scope="col" { "On" } th scope="col" { "Last" }
                    th scope="col" { "Lately" } th scope="col" { "Usually" } th scope="col" { "Next" }
                    th scope="col" { span.unseen { "Do" } }
                } }
                tbody { @for task in &tasks { (row(&site, task, runs_of(task), &plan)) } }
            }
        }
    };
    Ok(site.page(Tab::Tasks, "Tasks", body))
}

fn row(site: &Site, task: &Task, runs: &[&Run], plan: &Plan) -> Markup {
    let path = format!("/tasks/{}", task.name);
    let open = runs.iter().find(|run| !run.state.is_terminal());
    html! {
        tr.off[!task.enabled] {
            td { a.strong href=(site.at(&path)) { (task.title) } br; span.quiet { (rhythm(task)) } }
            td.side { (switch(site, task)) }
            td { (last(site, runs)) }
            td data-label="Lately" { (chart::spark(runs)) }
            td data-label="Usually" { @if task.usual_is_guess { span.quiet { "unknown" } } @else { (length(task.usual_seconds)) } }
            td data-label="Next" { (next(site, task, open.copied(), plan)) }
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
        a.plain href=(site.at(&format!("/runs/{}", run.id))) { (chart::went(run)) }
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

/// When it begins next by itself: the moment where it is known, else the night.
pub(super) fn next(site: &Site, task: &Task, open: Option<&Run>, plan: &Plan) -> Markup {
    let tonight = plan.nights.first().map_or(&[][..], |night| &night.runs);
    let mut planned = tonight.iter().filter(|run| run.task == task.name);
    let begins =
        planned.clone().find_map(|run| run.start).map(|start| start.at()).filter(|at| *at > site.clock.now);
    html! {
        @match (open, task.next_at.or(begins), planned.find_map(|run| run.due)) {
            (Some(run), ..) => { span.quiet { (chart::state_word(run.state)) } }
            _ if !task.enabled => { span.quiet { "off" } }
            (None, Some(at), _) => { (site.clock.moment(at)) }
            (None, None, Some(day)) => { "in the night of " (words::night(day, site.clock.civil(site.clock.now).date())) }
            (None, None, None) => { span.quiet { "when it is due" } }
        }
    }
}

/// The window in the zone that all times of the page are told in.
fn window_words(site: &Site, window: &Window) -> Markup {
    html! {
        @match (window.until, &window.next) {
            _ if window.whole_day => { "Maintenance all day." }
            (Some(until), _) => { "Maintenance now, until " (site.clock.time(until.at())) "." }
            (None, Some(next)) => { "No maintenance now; the next window opens " (site.clock.moment(next.from.at())) "." }
            (None, None) => { "There is no maintenance window: no day of the week has one." }
        }
    }
}
