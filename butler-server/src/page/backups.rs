//! The database's copies on the page of settings: which there are, whether one is sound, and how one is
//! brought back.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use maud::{Markup, html};

use super::act::told;
use super::form::Form;
use super::frame::Site;
use super::session::Signed;
use super::words::bytes;
use crate::app::App;
use crate::error::Problem;
use crate::view;
use crate::view::backups::{Backup, Backups};

/// Names the field with the copy's name.
const NAME: &str = "name";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/settings/backups/check", post(check))
}

/// What stands of them on the page.
pub(super) fn card(site: &Site, backups: &Backups) -> Markup {
    let folder = backups.folder.display().to_string();
    html! {
        div.row { h2 { "Backups" } (site.button("/tasks/BackupDatabase/start", "Back up if due", "")) }
        @match &backups.copies {
            Err(sentence) => { p.fail { (sentence) } }
            Ok(copies) if copies.is_empty() => { p.empty { "None yet: the task " a href=(site.at("/tasks/BackupDatabase")) { "Backup Database" } " makes them." } }
            Ok(copies) => {
                table.stack {
                    caption.unseen { "Backups, newest first" }
                    thead { tr { th scope="col" { "Backup" } th scope="col" { "Made" } th.num scope="col" { "Size" } th scope="col" { "Verified" } th scope="col" { span.unseen { "Do" } } } }
                    tbody { @for copy in copies { (row(site, copy)) } }
                }
            }
        }
        p.sub { "They lie in " span.file.whole { (folder) } }
        details.more {
            summary { "How to bring one back" }
            ol {
                li { "Stop the server." }
                li { code { "butler backup restore --newest" @if backups.is_elsewhere { " --folder " (folder) } } " takes the newest copy that is sound; "
                    code { "butler backup restore FILE" } " takes one of the list." }
                li { "Start the server. The database that was there is kept beside it, and what a copy does not hold is made again by itself." }
            }
        }
    }
}

fn row(site: &Site, copy: &Backup) -> Markup {
    html! {
        tr {
            td { code { (copy.name) } }
            td data-label="Made" { @if let Some(at) = copy.made_at { (site.clock.moment(at)) } @else { span.quiet { "not known" } } }
            td.num data-label="Size" { (bytes(copy.bytes)) }
            // One that did not agree with the database never got its name.
            td data-label="Verified" { "when it was made" }
            td.num.side {
                (site.form("/settings/backups/check", html! {
                    input type="hidden" name=(NAME) value=(copy.name);
                    button.small aria-label={ "Check now: " (copy.name) } { "Check now" }
                }))
            }
        }
    }
}

async fn check(State(app): State<App>, session: Signed, form: Form) -> Result<Response, Problem> {
    let done = view::backups::check(&app, form.get(NAME).unwrap_or_default()).await;
    told(&app, &session, form.back(), done)
}
