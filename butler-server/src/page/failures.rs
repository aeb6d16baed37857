//! What could not be made of which file, why, and when it is tried again.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Failure, FailureGroup};
use butler_api::{RunId, TaskName};
use butler_library::FailurePlace;
use butler_product::ProductKind;
use maud::{Markup, html};

use super::frame::{Site, Tab, Viewer, coded};
use super::tonight::title;
use super::words::{self, count, many};
use crate::app::App;
use crate::error::Problem;
use crate::params::{Page, Params};
use crate::view;
use crate::view::failures::Asked;

const PAGE: Page = Page { start: 0, size: 32 };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/failures", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, params: Params) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let before = params.parsed::<FailurePlace>("before", "a mark as the page before gives it")?;
    let task = params.get("task").filter(|task| !task.is_empty()).map(TaskName::from);
    let tasks = view::tasks::list(&app).await?.tasks;
    let summary = view::failures::summary(&app).await?;
    let run = params.parsed::<RunId>("run", "a run's id")?;
    let asked = Asked { before, task: task.clone(), run, ..Asked::default() };
    let list = view::failures::list(&app, asked, PAGE).await?;
    // The reasons are those of all runs.
    let is_meant =
        |group: &&FailureGroup| run.is_none() && task.as_ref().is_none_or(|task| group.tasks.contains(task));
    let groups: Vec<&FailureGroup> = summary.groups.iter().filter(is_meant).collect();
    let are_whole = run.is_none() && summary.group_count == summary.groups.len() as u64;
    let failed = match (&task, run) {
        (None, None) => summary.failed(),
        (_, Some(_)) => {
            list.total.filter(|total| *total > 0).map(|total| format!("{} failed", many(total, "product")))
        }
        // Of one task its groups tell the products; a file may be in several of them.
        (Some(_), None) => {
            let failures: u64 = groups.iter().map(|group| group.failures).sum();
            (failures > 0).then(|| format!("{} could not be made", many(failures, "product")))
        }
    };
    let here = |query: &str| {
        let narrowed =
            [task.as_ref().map(|task| format!("task={task}")), run.map(|run| format!("run={run}"))];
        let query: Vec<&str> = narrowed
            .iter()
            .flatten()
            .map(String::as_str)
            .chain([query])
            .filter(|word| !word.is_empty())
            .collect();
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
                @if let Some(run) = run {
                    " · " a href=(site.at(&format!("/runs/{run}"))) { "Run " (run) }
                    " · " a href=(site.at("/failures")) { "All failures" }
                }
            }
            h1 {
                "What could not be made"
                @if let Some(task) = &task { " by " (title(&tasks, task)) }
                @if let Some(run) = run { " in run " (run) }
            }
            p.sub {
                @match &failed {
                    None if before.is_some() => {}
                    None => { "Everything that was tried could be made." }
                    Some(failed) => { (failed) ". " (becomes(&groups, are_whole)) }
                }
            }
        }
        @if !groups.is_empty() {
            section.card.wide #groups data-live {
                h2 { "Why" }
                ul.plain { @for reason in reasons(groups) { (reason_row(&reason)) } }
            }
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

/// What becomes of all that failed, where the groups are all there is of it.
fn becomes(groups: &[&FailureGroup], are_whole: bool) -> String {
    let failures: u64 = groups.iter().map(|group| group.failures).sum();
    let resting: u64 = groups.iter().map(|group| group.resting).sum();
    let at_once = "a file that is replaced is tried at once";
    match resting {
        _ if !are_whole => format!("When each is tried again stands beside it; {at_once}."),
        0 => format!("Each is tried again by itself in a later night; {at_once}."),
        _ if resting == failures => {
            "Nothing of it is tried again by itself: it rests until the file is replaced or you ask."
                .to_owned()
        }
        _ => format!(
            "{} of {} rest until the file is replaced or you ask; the others are tried again in a later \
             night.",
            count(resting),
            many(failures, "product")
        ),
    }
}

/// Why something failed, whichever products it kept from being made.
pub(super) struct Reason<'a> {
    pub(super) error: &'a str,
    pub(super) products: Vec<&'a str>,
    /// Of files that several of its products are of, each counts once.
    pub(super) files: u64,
}

/// The groups of failures by their sentence, in their order: a file that is broken is one reason, however
/// much could not be made of it.
pub(super) fn reasons<'a>(groups: impl IntoIterator<Item = &'a FailureGroup>) -> Vec<Reason<'a>> {
    let mut reasons: Vec<Reason<'a>> = Vec::new();
    for FailureGroup { error, files, product, .. } in groups {
        match reasons.iter_mut().find(|reason| reason.error == error) {
            Some(reason) => {
                reason.files = reason.files.max(*files);
                reason.products.push(self::product(product));
            }
            None => reasons.push(Reason { error, products: vec![self::product(product)], files: *files }),
        }
    }
    reasons
}

fn reason_row(reason: &Reason<'_>) -> Markup {
    html! {
        li.row {
            span { (coded(reason.error)) " " span.quiet { (reason.products.join(", ")) } }
            span.num { (many(reason.files, "file")) }
        }
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
        "photo" => "what the camera wrote",
        "scan" => "the scan",
        "sonic" => "how it sounds",
        "tags" => "its tags",
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
    let is_asked_for = is_asked_for(site, failure);
    html! {
        tr {
            td {
                span.name title=(failure.part) { (file) }
                (words::path(folder))
                @if failure.file_count > 1 { span.quiet { "and " (many(failure.file_count - 1, "other file")) " with the same content" } }
            }
            td { (coded(&failure.error)) br; span.quiet { (product(&failure.product)) } }
            td data-label="Tried" { @if failure.tries > 0 { (many(u64::from(failure.tries), "time")) " " br; } span.quiet { (site.clock.moment(failure.failed_at)) } }
            td data-label="Again" { (again(site, failure)) @if is_asked_for { br; span.run { "as you asked" } } }
            td.num.side {
                @if !is_asked_for { (site.row_button(&format!("/failures/{}/retry", failure.id), "Retry", file)) }
            }
        }
    }
}

/// When a failure is tried again.
pub(super) fn again(site: &Site, failure: &Failure) -> Markup {
    html! { @match &failure.next_try { Some(at) => { (site.clock.moment(at.at())) } None => { span.quiet { "when the file changes" } } } }
}

/// Whether a person asked for a new try that was not made yet: its tries count anew, and nothing holds it
/// back.
fn is_asked_for(site: &Site, failure: &Failure) -> bool {
    failure.tries == 0 && failure.next_try_at.is_some_and(|at| at <= site.clock.now)
}

/// The failure of a part's headers, without which nothing else is made of it.
pub(super) fn of_headers(failures: &[Failure], part: i64) -> Option<&Failure> {
    let is_headers = |failure: &&Failure| failure.product == ProductKind::MediaInfo.as_str();
    failures.iter().filter(is_headers).find(|failure| failure.part_id == Some(part))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_rests_is_not_said_to_be_tried_again() {
        let group = |failures, resting| FailureGroup {
            product: "bif".to_owned(),
            tasks: Vec::new(),
            class: "content".to_owned(),
            error: "It ends.".to_owned(),
            failures,
            files: failures,
            resting,
            newest: Timestamp::UNIX_EPOCH,
        };
        let (tried, rests) = (group(2, 0), group(3, 3));
        assert!(becomes(&[&tried], true).starts_with("Each is tried again by itself"));
        assert!(becomes(&[&rests], true).starts_with("Nothing of it is tried again by itself"));
        assert!(becomes(&[&tried, &rests], true).starts_with("3 of 5 products rest"));
        assert!(becomes(&[&rests], false).starts_with("When each is tried again stands beside it"));
    }

    #[test]
    fn a_sentence_that_several_products_share_is_one_reason() {
        let group = |product: &str, error: &str, files| FailureGroup {
            product: product.to_owned(),
            tasks: Vec::new(),
            class: "content".to_owned(),
            error: error.to_owned(),
            failures: files,
            files,
            resting: 0,
            newest: Timestamp::UNIX_EPOCH,
        };
        let groups = [group("bif", "It ends.", 2), group("voice", "It ends.", 1), group("bif", "Other.", 1)];
        let reasons = reasons(&groups);
        let told: Vec<_> =
            reasons.iter().map(|reason| (reason.error, reason.products.join(", "), reason.files)).collect();
        assert_eq!(
            told,
            [
                ("It ends.", "preview thumbnails, speech".to_owned(), 2),
                ("Other.", "preview thumbnails".to_owned(), 1)
            ]
        );
    }
}
