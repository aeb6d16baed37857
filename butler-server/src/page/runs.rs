//! What ran: a list with filters, all of which stand in the address, so that a view can be linked.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Run, Task};
use butler_api::{Origin, RunState};
use jiff::civil::Date;
use maud::{Markup, html};

use super::chart;
use super::frame::{Site, Tab, Viewer, coded};
use super::tonight::title;
use super::words::{self, between, bytes, count, many};
use crate::app::App;
use crate::error::Problem;
use crate::params::{Page, Params};
use crate::view;

const PAGE: Page = Page { start: 0, size: 50 };
/// What is coded in an address; days and names are read as they are.
const CODED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

pub(super) fn routes() -> Router<App> {
    Router::new().route("/runs", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, params: Params) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let tasks = view::tasks::list(&app).await?.tasks;
    // A form sends its empty fields too.
    let params = params.without_empty();
    let runs = view::runs::list(&app, view::runs::filter(&params)?, PAGE).await?;
    // This view but for a word, which may be given another value.
    let with = |word: &str, value: Option<String>| {
        let mut words: Vec<(String, String)> = params
            .words()
            .filter(|(name, _)| *name != "before" && *name != word)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        words.extend(value.map(|value| (word.to_owned(), value)));
        site.at(&format!("/runs?{}", query(&words)))
    };
    let older = runs.next.map(|next| with("before", Some(next.to_string())));
    let is_filtered = params.words().any(|(name, _)| name != "before");
    let night = params.parsed::<Date>("night", "a day as in `2026-11-23`")?;
    let today = site.clock.civil(site.clock.now).date();
    let body = html! {
        section.wide {
            div.row {
                h1 { @match night { Some(day) => { "The night of " (words::night(day, today)) } None => "Runs" } }
                @if let Some(day) = night {
                    div.buttons {
                        @if let Ok(before) = day.yesterday() {
                            a.button href=(with("night", Some(before.to_string()))) { "The night before" }
                        }
                        @if let Ok(next) = day.tomorrow() && next <= today {
                            a.button href=(with("night", Some(next.to_string()))) { "The next night" }
                        }
                    }
                }
            }
        }
        section.card.wide { (filters(&site, &params, &tasks)) }
        section.card.wide #runs data-live {
            @if let Some(total) = runs.total { p.sub { (many(total, "run")) @if is_filtered { " like this" } "." } }
            @if runs.runs.is_empty() {
                p.empty {
                    @if night.is_some() { "Nothing of the night ran." }
                    @else if is_filtered { "No run is like this: choose \u{201c}all\u{201d} above, or another day." }
                    @else {
                        "Nothing has run yet. The next window begins by itself; a task is started on the page of "
                        a href=(site.at("/tasks")) { "tasks" } "."
                    }
                }
            } @else { (table(&site, &runs.runs, Some(&tasks))) }
            @if params.get("before").is_some() || older.is_some() {
                p.pages {
                    @if params.get("before").is_some() { a.button href=(with("before", None)) { "Newest" } " " }
                    @if let Some(older) = older { a.button href=(older) { "Older" } }
                }
            }
        }
    };
    Ok(site.page(Tab::Runs, "Runs", body))
}

fn query(words: &[(String, String)]) -> String {
    let coded = |text: &str| percent_encoding::utf8_percent_encode(text, CODED).to_string();
    words
        .iter()
        .map(|(name, value)| format!("{}={}", coded(name), coded(value)))
        .collect::<Vec<_>>()
        .join("&")
}

fn filters(site: &Site, params: &Params, tasks: &[Task]) -> Markup {
    let now = |name: &str| params.get(name).unwrap_or_default().to_owned();
    let (task, state, origin, night) = (now("task"), now("state"), now("origin"), now("night"));
    html! {
        form.filters method="get" action=(site.at("/runs")) role="search" aria-label="Filter the runs" {
            label { span { "Task" }
                select name="task" {
                    option value="" { "all" }
                    @for known in tasks { option value=(known.name) selected[known.name.as_str() == task] { (known.title) } }
                }
            }
            label { span { "State" }
                select name="state" {
                    option value="" { "all" }
                    @for known in RunState::ALL { option value=(known) selected[known.as_str() == state] { (chart::state_word(*known)) } }
                }
            }
            label { span { "Asked for by" }
                select name="origin" {
                    option value="" { "all" }
                    @for known in Origin::ALL { option value=(known) selected[known.as_str() == origin] { (chart::origin_word(*known)) } }
                }
            }
            label { span { "Night of" } input type="date" name="night" value=(night); }
            button { "Show" }
        }
    }
}

/// Runs as a table; the task's column is for lists of several tasks.
pub(super) fn table(site: &Site, runs: &[Run], tasks: Option<&[Task]>) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Runs, newest first" }
            thead { tr {
                @if tasks.is_some() { th scope="col" { "Task" } }
                th scope="col" { "When" } th scope="col" { "How it went" } th.num scope="col" { "Lasted" }
                th.num scope="col" { "Done" } th.num scope="col" { "Read" } th scope="col" { "Asked for by" }
            } }
            tbody { @for run in runs { (row(site, run, tasks)) } }
        }
    }
}

fn row(site: &Site, run: &Run, tasks: Option<&[Task]>) -> Markup {
    let path = site.at(&format!("/runs/{}", run.id));
    let when = run.started_at.unwrap_or(run.asked_at);
    html! {
        tr {
            @if let Some(tasks) = tasks { td { a.strong href=(path) { (title(tasks, &run.task)) } } }
            td { @if tasks.is_some() { (site.clock.moment(when)) } @else { a.plain href=(path) { (site.clock.moment(when)) } } }
            td {
                (chart::went(run))
                @if let Some(reason) = run.reason.as_ref().filter(|_| run.state != RunState::Completed) { br; span.quiet { (coded(reason)) } }
            }
            td.num.side { @if let (Some(from), Some(until)) = (run.started_at, run.ended_at) { (between(from, until)) } }
            td.num data-label="Done" { @if run.total > 0 { (count(run.done)) " of " (count(run.total)) } @else { (count(run.done)) } }
            td.num data-label="Read" { @if run.bytes_read > 0 { (bytes(run.bytes_read)) } }
            td data-label="By" { span.quiet { (chart::origin_word(run.origin)) } }
        }
    }
}
