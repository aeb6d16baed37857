//! One run: its outcome, how far it came, what it read, what failed, what it reports and did, and its log.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Fact, Failures, Run};
use maud::{Markup, html};

use super::frame::{Site, Tab, Viewer, coded};
use super::tonight::{title, work};
use super::words::{self, bytes, count, length, many};
use super::{chart, failures};
use crate::app::App;
use crate::error::Problem;
use crate::params::Page;
use crate::view;
use crate::view::failures::Asked;

/// Failures that are named; their page has all.
const MOST_FAILURES: Page = Page { start: 0, size: 30 };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/runs/{id}", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, Path(id): Path<String>) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let run = view::runs::one(&app, &id).await?;
    let tasks = view::tasks::list(&app).await?.tasks;
    let name = title(&tasks, &run.task).to_owned();
    let its = Asked { run: Some(run.id), ..Asked::default() };
    let failed = view::failures::list(&app, its, MOST_FAILURES).await?;
    let body = html! {
        section.wide #head data-live {
            p.crumbs {
                a href=(site.at("/runs")) { "Runs" } " · "
                a href=(site.at(&format!("/tasks/{}", run.task))) { (name) }
            }
            h1 { (name) " " (chart::state(run.state)) }
            @if let Some(reason) = &run.reason { p.sub { (coded(reason)) } }
            @if !run.state.is_terminal() { div.card.open { (work(&site, &run, &name)) } }
        }
        section.card #facts data-live { h2 { "Run " (run.id) } (facts(&site, &run)) }
        aside { section.card #report data-live { h2 { "What it reports" } (report(&run.report)) } }
        @if run.report.iter().any(is_deed) { section.card.wide #deeds data-live { (deeds(&run.report)) } }
        @if let Some(what) = run.failed() {
            section.card.wide #failures data-live {
                h2 { "What could not be made" }
                (failures(&site, &run, what, &failed))
            }
        }
        section.card.wide #log data-live { h2 { "Its log" } (log(&site, &run)) }
    };
    Ok(site.page(Tab::Runs, &format!("{name}, run {}", run.id), body))
}

/// What failed in it and stands.
fn failures(site: &Site, run: &Run, what: String, failed: &Failures) -> Markup {
    let total = failed.total.unwrap_or(0);
    html! {
        @if failed.failures.is_empty() {
            p.sub {
                "In this run " (what) "; none of that stands any more, or a later run met it again. "
                a href=(site.at("/failures")) { "All failures" }
            }
        } @else { (failures::table(site, &failed.failures)) }
        @if total > failed.failures.len() as u64 {
            p { a href=(site.at(&format!("/failures?run={}", run.id))) { "All " (count(total)) " of its failures" } }
        }
    }
}

fn facts(site: &Site, run: &Run) -> Markup {
    let clock = &site.clock;
    html! {
        dl.facts {
            dt { "Asked for by" }
            dd { (chart::origin_word(run.origin)) @if run.forced { ", whatever day and window say" } }
            dt { "Asked for" } dd { (clock.moment(run.asked_at)) }
            @if let Some(at) = run.started_at { dt { "Began" } dd { (clock.moment(at)) } }
            @if let Some(at) = run.ended_at {
                dt { "Ended" }
                dd {
                    (clock.moment(at))
                    @if let Some(from) = run.started_at { ", " (words::worded("after", words::seconds(from, at))) }
                }
            }
            @if let Some(day) = run.day { dt { "Night" } dd {
                @let name = words::night(day, clock.civil(clock.now).date());
                @if run.origin.is_nightly() { a href=(site.at(&format!("/runs?night={day}"))) { (name) } }
                @else { "counts for " (name) }
            } }
            dt { "Done" } dd { (count(run.done)) @if run.total > 0 { " of " (count(run.total)) } }
            @if let Some(failed) = run.failed() { dt { "Failed" } dd.fail { (failed) } }
            dt { "Read" } dd { (bytes(run.bytes_read)) }
            @if let Some(section) = run.section {
                dt { "Only of" }
                dd { a href=(site.at(&format!("/sections/{section}"))) { "section " (section) } }
            }
            @for path in &run.paths { dt { "Only" } dd.file.whole { (path) } }
            @if let Some(files) = run.files {
                dt { "Only" } dd { (many(files, "file")) }
                @for file in &run.first_files { dd.file.whole { (file) } }
                @if files > run.first_files.len() as u64 && !run.first_files.is_empty() {
                    dd.quiet { "and " (count(files - run.first_files.len() as u64)) " more" }
                }
            }
        }
    }
}

/// The numbers of its report.
fn report(report: &[Fact]) -> Markup {
    html! {
        @if report.iter().all(is_deed) { p.empty { "Nothing beyond its numbers." } }
        dl.facts {
            @for fact in report.iter().filter(|fact| !is_deed(fact)) {
                dt { (fact.label) } dd { (value(fact)) }
            }
        }
    }
}

/// Whether a fact is a sentence, which needs room: a file that was removed, with its size and the reason.
fn is_deed(fact: &Fact) -> bool {
    fact.unit == "text"
}

/// What it did by name, below what was done.
fn deeds(report: &[Fact]) -> Markup {
    let mut by_label: Vec<(&str, Vec<&Fact>)> = Vec::new();
    for fact in report.iter().filter(|fact| is_deed(fact)) {
        match by_label.iter_mut().find(|(label, _)| *label == fact.label) {
            Some((_, facts)) => facts.push(fact),
            None => by_label.push((&fact.label, vec![fact])),
        }
    }
    html! {
        @for (label, facts) in by_label {
            h2 { (label) }
            ul.plain.deeds { @for fact in facts { li { (coded(&value(fact))) } } }
        }
    }
}

/// What happened in it, oldest first.
fn log(site: &Site, run: &Run) -> Markup {
    html! {
        @if run.log.is_empty() {
            p.empty {
                @if run.state.is_terminal() {
                    "An earlier version of Butler ran this, which kept no lines of it."
                }
                @else { "Nothing has happened yet." }
            }
        } @else {
            ol.log tabindex="0" aria-label="Its log" {
                @for line in &run.log {
                    li { (site.clock.second(line.at)) " " span.fail[line.is_bad] { (line.text) } }
                }
            }
        }
    }
}

fn value(fact: &Fact) -> String {
    match (fact.value.as_u64(), fact.unit.as_str()) {
        (Some(number), "bytes") => bytes(number),
        (Some(number), "ms") => length(number / 1000),
        (Some(number), _) => count(number),
        (None, _) => fact.value.as_str().map_or_else(|| fact.value.to_string(), str::to_owned),
    }
}
