//! What could not be made of which file, why, and when it is tried again.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::TaskName;
use butler_api::v1::{Failure, FailureGroup};
use butler_library::FailurePlace;
use butler_product::ProductKind;
use maud::{Markup, html};

use super::frame::{Site, Tab, Viewer, coded};
use super::tonight::title;
use super::words::many;
use crate::app::App;
use crate::error::Problem;
use crate::params::{Page, Params};
use crate::view;
use crate::view::failures::Asked;

const PAGE: Page = Page { start: 0, size: 40 };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/failures", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, params: Params) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let before = params.parsed::<FailurePlace>("before", "a mark as the page before gives it")?;
    let task = params.get("task").filter(|task| !task.is_empty()).map(TaskName::from);
    let tasks = view::tasks::list(&app).await?.tasks;
    let summary = view::failures::summary(&app).await?;
    let list = view::failures::list(&app, Asked { before, after: None, task: task.clone() }, PAGE).await?;
    let is_meant = |group: &&FailureGroup| task.as_ref().is_none_or(|task| group.tasks.contains(task));
    let groups: Vec<&FailureGroup> = summary.groups.iter().filter(is_meant).collect();
    let failed = match task {
        None => summary.failed(),
        // Of one task its groups tell the products; a file may be in several of them.
        Some(_) => {
            let failures: u64 = groups.iter().map(|group| group.failures).sum();
            (failures > 0).then(|| format!("{} could not be made", many(failures, "product")))
        }
    };
    let here = |query: &str| {
        let task = task.as_ref().map(|task| format!("task={task}"));
        let query: Vec<&str> =
            task.as_deref().into_iter().chain([query]).filter(|word| !word.is_empty()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        site.at(&format!("/failures{mark}{}", query.join("&")))
    };
    let body = html! {
        section.wide {
            p.crumbs {
                a href=(site.at("/runs")) { "Runs" }
                @if let Some(task) = &task {
                    " · " a href=(site.at(&format!("/tasks/{task}"))) { (title(&tasks, task)) }
                    " · " a href=(site.at("/failures")) { "All failures" }
                }
            }
            h1 { "What could not be made" @if let Some(task) = &task { " by " (title(&tasks, task)) } }
            p.sub {
                @match &failed {
                    None => { "Everything that was tried could be made." }
                    Some(failed) => { (failed) ". Each is tried again by itself in a later night; a file that is replaced is tried at once." }
                }
            }
        }
        @if !groups.is_empty() {
            section.card.wide #groups data-live { h2 { "Why" } ul.plain { @for group in &groups { (reason(group)) } } }
        }
        @if !list.failures.is_empty() || before.is_some() {
            section.card.wide #failures data-live {
                (table(&site, &list.failures))
                @if before.is_some() || list.next.is_some() { p.pages {
                    @if before.is_some() { a.button href=(here("")) { "Newest" } " " }
                    @if let Some(next) = &list.next { a.button href=(here(&format!("before={next}"))) { "Older" } }
                } }
            }
        }
    };
    Ok(site.page(Tab::Runs, "Failures", body))
}

fn reason(group: &FailureGroup) -> Markup {
    html! {
        li.row { span { (coded(&group.error)) " " span.quiet { (product(&group.product)) } } span.num { (many(group.files, "file")) } }
    }
}

/// A product's name for people.
pub(super) fn product(word: &str) -> &str {
    match word {
        "album_loudness" => "loudness as an album",
        "bif" => "preview thumbnails",
        "blur_hash" => "blur of its colours",
        "chapter_thumbs" => "chapter thumbnails",
        "needed_bandwidth" => "bandwidth needed",
        "chroma" => "sound fingerprints",
        "media_info" => "headers",
        "photo" => "photo's data",
        "scan" => "the scan",
        "voice" => "speech",
        other => other,
    }
}

/// Failures as a table, each with its retry.
pub(super) fn table(site: &Site, failures: &[Failure]) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Failures, newest first" }
            thead { tr { th scope="col" { "File" } th scope="col" { "Why" } th scope="col" { "Tried" } th scope="col" { "Again" } th scope="col" { span.unseen { "Do" } } } }
            tbody { @for failure in failures { (row(site, failure)) } }
        }
    }
}

fn row(site: &Site, failure: &Failure) -> Markup {
    let (folder, file) = failure.part.rsplit_once('/').unwrap_or(("", &failure.part));
    html! {
        tr {
            td {
                span.name title=(failure.part) { (file) }
                span.file { (folder) }
                @if failure.file_count > 1 { span.quiet { "and " (many(failure.file_count - 1, "other file")) " with the same content" } }
            }
            td { (coded(&failure.error)) br; span.quiet { (product(&failure.product)) } }
            td data-label="Tried" { @if failure.tries > 0 { (many(u64::from(failure.tries), "time")) " " br; } span.quiet { (site.clock.moment(failure.failed_at)) } }
            td data-label="Again" { (again(site, failure)) }
            td.num.side { (site.row_button(&format!("/failures/{}/retry", failure.id), "Retry", file)) }
        }
    }
}

/// When a failure is tried again.
pub(super) fn again(site: &Site, failure: &Failure) -> Markup {
    html! { @match &failure.next_try { Some(at) => { (site.clock.moment(at.at())) } None => { span.quiet { "when the file changes" } } } }
}

/// The failure of a part's headers, without which nothing else is made of it.
pub(super) fn of_headers(failures: &[Failure], part: i64) -> Option<&Failure> {
    let is_headers = |failure: &&Failure| failure.product == ProductKind::MediaInfo.as_str();
    failures.iter().filter(is_headers).find(|failure| failure.part_id == Some(part))
}
