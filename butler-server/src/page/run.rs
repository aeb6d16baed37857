//! One run: its outcome, how far it came, what it read, what failed and what it reports.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Fact, Failure, Run};
use maud::{Markup, html};

use super::frame::{Site, Tab, Viewer, coded};
use super::tonight::{title, work};
use super::words::{between, bytes, count, many};
use super::{chart, failures};
use crate::app::App;
use crate::error::Problem;
use crate::params::Page;
use crate::view;

/// So many of the newest failures are looked through for those of a run.
const LOOKED_THROUGH: Page = Page { start: 0, size: 1000 };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/runs/{id}", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, Path(id): Path<String>) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let run = view::runs::one(&app, &id).await?;
    let tasks = view::tasks::list(&app).await?.tasks;
    let name = title(&tasks, &run.task).to_owned();
    let failed: Vec<Failure> = if run.failures == 0 {
        Vec::new()
    } else {
        let all = view::failures::list(&app, None, None, LOOKED_THROUGH).await?.failures;
        all.into_iter().filter(|failure| failure.run == Some(run.id.0)).collect()
    };
    let body = html! {
        section.wide #head data-live {
            p.crumbs { a href=(site.at("/runs")) { "Runs" } " · " a href=(site.at(&format!("/tasks/{}", run.task))) { (name) } }
            h1 { (name) " " (chart::state(run.state)) }
            @if let Some(reason) = &run.reason { p.sub { (coded(reason)) } }
            @if !run.state.is_terminal() { div.card.open { (work(&site, &run, &name)) } }
        }
        section.card #facts data-live { h2 { "Run " (run.id) } (facts(&site, &run)) }
        aside { section.card #report data-live { h2 { "What it reports" } (report(&run.report)) } }
        @if run.failures > 0 {
            section.card.wide #failures data-live {
                h2 { "What could not be made" }
                @if failed.is_empty() {
                    p.sub { (many(run.failures, "file")) " failed in this run; none of that stands any more, or a later run met it again. " a href=(site.at("/failures")) { "All failures" } }
                } @else { (failures::table(&site, &failed)) }
            }
        }
    };
    Ok(site.page(Tab::Runs, &format!("{name}, run {}", run.id), body))
}

fn facts(site: &Site, run: &Run) -> Markup {
    let clock = &site.clock;
    html! {
        dl.facts {
            dt { "Asked for by" } dd { (chart::origin_word(run.origin)) @if run.forced { ", whatever day and window say" } }
            dt { "Asked for" } dd { (clock.moment(run.asked_at)) }
            @if let Some(at) = run.started_at { dt { "Began" } dd { (clock.moment(at)) } }
            @if let Some(at) = run.ended_at { dt { "Ended" } dd { (clock.moment(at)) @if let Some(from) = run.started_at { ", after " (between(from, at)) } } }
            @if let Some(day) = run.day { dt { "Night" } dd { (clock.day(day)) } }
            dt { "Done" } dd { (count(run.done)) @if run.total > 0 { " of " (count(run.total)) } }
            @if run.failures > 0 { dt { "Failed" } dd.fail { (count(run.failures)) } }
            dt { "Read" } dd { (bytes(run.bytes_read)) }
            @if let Some(section) = run.section { dt { "Only of" } dd { a href=(site.at(&format!("/sections/{section}"))) { "section " (section) } } }
            @for path in &run.paths { dt { "Only" } dd.file { (path) } }
        }
    }
}

fn report(report: &[Fact]) -> Markup {
    html! {
        @if report.is_empty() { p.empty { "Nothing beyond its numbers." } }
        dl.facts { @for fact in report { dt { (fact.label) } dd { (value(fact)) } } }
    }
}

fn value(fact: &Fact) -> String {
    match (fact.value.as_u64(), fact.unit.as_str()) {
        (Some(number), "bytes") => bytes(number),
        (Some(number), _) => count(number),
        (None, _) => fact.value.as_str().map_or_else(|| fact.value.to_string(), str::to_owned),
    }
}
