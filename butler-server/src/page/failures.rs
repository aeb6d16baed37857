//! What could not be made of which file, why, and when it is tried again.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Failure, FailureGroup};
use butler_library::FailurePlace;
use maud::{Markup, html};

use super::frame::{Site, Tab, Viewer, coded};
use super::words::many;
use crate::app::App;
use crate::error::Problem;
use crate::params::{Page, Params};
use crate::view;

const PAGE: Page = Page { start: 0, size: 50 };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/failures", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, params: Params) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let before = params.parsed::<FailurePlace>("before", "a mark as the page before gives it")?;
    let summary = view::failures::summary(&app).await?;
    let list = view::failures::list(&app, before, None, PAGE).await?;
    let body = html! {
        section.wide {
            p.crumbs { a href=(site.at("/runs")) { "Runs" } }
            h1 { "What could not be made" }
            p.sub {
                @if summary.failures == 0 { "Everything that was tried could be made." }
                @else { (many(summary.failures, "product")) " of " (many(summary.files, "file")) ". Each is tried again by itself in a later night; a file that is replaced is tried at once." }
            }
        }
        @if summary.failures > 0 {
            section.card.wide #groups data-live { h2 { "Why" } ul.plain { @for group in &summary.groups { (reason(group)) } } }
            section.card.wide #failures data-live {
                (table(&site, &list.failures))
                @if before.is_some() || list.next.is_some() { p.pages {
                    @if before.is_some() { a.button href=(site.at("/failures")) { "Newest" } " " }
                    @if let Some(next) = &list.next { a.button href=(site.at(&format!("/failures?before={next}"))) { "Older" } }
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
            thead { tr { th scope="col" { "File" } th scope="col" { "Why" } th.wideonly scope="col" { "Tried" } th.wideonly scope="col" { "Again" } th scope="col" { span.unseen { "Do" } } } }
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
            td.wideonly { @if failure.tries > 0 { (many(u64::from(failure.tries), "time")) br; } span.quiet { (site.clock.moment(failure.failed_at)) } }
            td.wideonly { @match &failure.next_try { Some(at) => { (site.clock.moment(at.at())) } None => { span.quiet { "when the file changes" } } } }
            td.num.side { (site.row_button(&format!("/failures/{}/retry", failure.id), "Retry", file)) }
        }
    }
}
