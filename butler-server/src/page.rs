//! The pages for people: the night at a glance, tasks, runs, failures, the library, settings and health, as
//! HTML made here and nowhere else.
//!
//! A page is a view's body put into words: it asks [`crate::view`] as the API's handlers do and computes no
//! fact of its own. It is whole without a script; the one there is (`assets/page.js`) fetches a page again
//! when something happened and exchanges what differs. Nothing is loaded from elsewhere, and no style or
//! script stands in the markup. Start with [`tonight`]; what every page has round it is [`frame`], who may
//! see one is
//! [`session`] and [`guard`].

use axum::Router;

use crate::app::App;

mod act;
mod add_section;
mod assets;
mod axis;
mod backups;
mod below;
mod chart;
mod codes;
mod events;
mod failures;
mod film;
mod flash;
mod form;
mod frame;
mod guard;
mod health;
mod item;
mod library;
mod loudness_lane;
mod picture;
mod problem;
mod run;
mod runs;
mod session;
mod settings;
mod sign_in;
mod sounds_like;
mod task;
mod tasks;
mod tile;
mod tonight;
mod words;

pub(crate) use codes::{Codes, GOOD_FOR as CODE_GOOD_FOR};
pub(crate) use flash::Flashes;
pub(crate) use frame::Viewer;
pub(crate) use problem::{is_for_people, is_told_to_people, present as present_problem};
pub(crate) use session::require as require_session;
pub(crate) use sign_in::PATH as SIGN_IN;
pub(crate) use tonight::show as front;

/// What anybody may ask for: the way in, and what it looks like.
pub(crate) fn is_open(path: &str) -> bool {
    path == sign_in::PATH || path.starts_with(assets::FOLDER)
}

/// The pages' routes. They are no part of the API, and in no description of it.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .merge(assets::routes())
        .merge(sign_in::routes())
        .merge(events::routes())
        .merge(act::routes())
        .merge(tasks::routes())
        .merge(task::routes())
        .merge(runs::routes())
        .merge(run::routes())
        .merge(failures::routes())
        .merge(library::routes())
        .merge(item::routes())
        .merge(picture::routes())
        .merge(add_section::routes())
        .merge(settings::routes())
        .merge(backups::routes())
        .merge(health::routes())
}
