//! How the server is: what is wrong and what to do, workers, room, backups, the libraries' folders, and which
//! browsers are signed in.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use butler_api::v1::{Disk, Health, SandboxState};
use butler_engine::Workers;
use butler_library::{Section, StoreError, WebSession, WebSessionId};
use maud::{Markup, html};

use super::frame::{Site, Tab, Viewer, coded};
use super::words::{self, bytes, count, many};
use crate::app::App;
use crate::error::Problem;
use crate::view;
use crate::view::outside::Seen;
use crate::view::standing::Standing;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/health", get(show))
}

async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Problem> {
    let site = Site::open(&app, &viewer).await?;
    let health = view::health::health(&app).await?;
    let standing = view::standing::standing(&app).await?;
    let now = site.clock.now;
    let (sections, sessions) = app
        .library(move |library| Ok::<_, StoreError>((library.sections()?, library.web_sessions(now)?)))
        .await?;
    let seen = view::outside::seen(&app).await;
    let unseen = unseen(&sections, &seen);
    let disks = view::disks::disks(&app).await?.disks;
    let body = html! {
        section.wide #verdict data-live { (verdict(&health, &seen, unseen)) }
        section.card #checks data-live {
            h2 { "What to look after" }
            @if health.checks.is_empty() && seen.away().next().is_none() { p.empty { "Nothing." } }
            ul.plain {
                @for check in &health.checks { li { strong { (name(&check.name)) } br; (coded(&check.message)) } }
                @for away in seen.away() { li { (words::path(&away.path.display().to_string())) (coded(&away.sentence)) } }
            }
        }
        aside { section.card #standing data-live { h2 { "Standing" } (facts(&site, &health, &standing, &seen)) } }
        section.card.wide #roots data-live {
            h2 { "The libraries' folders" }
            (roots(&site, &sections, &seen, &disks))
        }
        section.card.wide #sessions data-live { h2 { "Signed in" } (browsers(&site, &sessions, viewer.session())) }
    };
    Ok(site.page(Tab::Health, "Health", body))
}

/// How many folders nobody has looked at yet.
fn unseen(sections: &[Section], seen: &Seen) -> usize {
    let roots = sections.iter().flat_map(|section| &section.roots);
    roots.filter(|root| seen.root(&root.path).is_none()).count()
}

fn verdict(health: &Health, seen: &Seen, unseen: usize) -> Markup {
    html! {
        h1.fail[health.status != "ok"] {
            @if health.status != "ok" { "Something keeps Butler from its work." }
            @else if seen.away().any(|away| !away.is_refused) { "A folder does not answer." }
            @else if seen.away().next().is_some() { "A folder is not allowed, and not scanned." }
            @else if unseen > 0 { "All is well, as far as is known." }
            @else { "All is well." }
        }
        @if unseen > 0 { p.sub { (many(unseen as u64, "folder")) " not looked at yet." } }
        p.sub { "Butler " (health.version) }
    }
}

fn name(check: &str) -> &str {
    match check {
        "worker" => "Workers",
        "database" => "Database",
        "zone" => "Time zone",
        "sandbox" => "Sandbox",
        "pressure" => "Pressure",
        other => other,
    }
}

fn facts(site: &Site, health: &Health, standing: &Standing, seen: &Seen) -> Markup {
    let Workers { working, paused, idle, absent } = standing.workers;
    html! {
        dl.facts {
            dt { "Workers" } dd {
                (working) " at work, " @if paused > 0 { (paused) " held, " } (idle) " ready, " (absent) " not started"
            }
            dt { "Sandbox" } dd { @match health.sandbox {
                SandboxState::Full => { span.done { "full" } }
                SandboxState::Partial => { span.miss { "partial" } }
                SandboxState::Unknown => "seen once a worker has started",
            } }
            dt { "Room for data" } dd { @match standing.free_bytes { Some(free) => { (bytes(free)) " free" } None => "not known" } }
            dt { "Database" } dd { (bytes(standing.database_bytes)) }
            dt { "Newest backup" } dd { @match &seen.newest_backup {
                None => { span.quiet { "not looked for yet" } }
                Some(Ok(Some(at))) => { (site.clock.moment(*at)) ", " (site.clock.ago(*at)) }
                Some(Ok(None)) => { "none: " a href=(site.at("/tasks/BackupDatabase")) { "Backup Database" } " makes one" }
                Some(Err(why)) => { (coded(why)) }
            } }
            dt { "Data folder" } dd.file.whole { (standing.data_dir.display()) }
        }
    }
}

fn roots(site: &Site, sections: &[Section], seen: &Seen, disks: &[Disk]) -> Markup {
    html! {
        @if sections.is_empty() { p.empty { "There is no library yet. " a href=(site.at("/sections/add")) { "Add one" } } }
        ul.plain {
            @for section in sections {
                @for root in &section.roots {
                    @let path = root.path.display().to_string();
                    li.row {
                        span {
                            a href=(site.at(&format!("/sections/{}", section.id))) { (section.name) } " " (words::path(&path))
                            @for disk in disks.iter().filter(|disk| disk.folders.contains(&path)) {
                                br; span.quiet { (disk.message) }
                            }
                        }
                        @match seen.root(&root.path) {
                            None => { span.quiet { i.dot {} "not looked at yet" } }
                            Some(Err(away)) if away.is_refused => { span.fail { i.dot {} "not allowed" } }
                            Some(Err(_)) => { span.fail { i.dot {} "away" } }
                            Some(Ok(())) => { span.done { i.dot {} "there" } }
                        }
                    }
                }
            }
        }
    }
}

fn browsers(site: &Site, sessions: &[WebSession], own: Option<WebSessionId>) -> Markup {
    html! {
        @if sessions.is_empty() { p.empty { "No browser." } }
        @else { p.sub { "A browser that is not used for 30 days is signed out by itself; " (count(sessions.len() as u64)) " signed in." } }
        ul.plain {
            @for session in sessions {
                li.row {
                    span {
                        (session.browser) @if own == Some(session.id) { " " span.changed { "this browser" } } br;
                         span.quiet { "since " (site.clock.moment(session.created_at)) ", last used " (site.clock.ago(session.used_at)) }
                    }
                    (site.row_button(&format!("/sessions/{}/end", session.id), "Sign out", &session.browser))
                }
            }
        }
    }
}
