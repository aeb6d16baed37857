//! Plex's API, as its published clients know it: one file a resource, each with its routes and handlers.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

mod activities;
mod bandwidth;
mod browse;
mod butler;
mod chapter_images;
mod fields;
mod filters;
mod housekeeping;
mod items;
mod location;
mod loudness;
mod media;
mod metadata;
mod nearest;
mod notifications;
mod parts;
mod photo;
mod prefs;
mod providers;
mod query;
mod refresh;
mod sections;
mod server;
mod streams;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(server::routes())
        .merge(providers::routes())
        .merge(butler::routes())
        .merge(activities::routes())
        .merge(sections::routes())
        .merge(prefs::routes())
        .merge(refresh::routes())
        .merge(housekeeping::routes())
        .merge(items::routes())
        .merge(filters::routes())
        .merge(parts::routes())
        .merge(streams::routes())
        .merge(nearest::routes())
        .merge(chapter_images::routes())
        .merge(browse::routes())
}

/// The routes whose address has a segment that begins with a colon, as in `/:/prefs`; each begins with
/// [`colon_router`].
pub(crate) fn routes_with_colons() -> OpenApiRouter<App> {
    colon_router().merge(notifications::routes()).merge(prefs::routes_with_colons())
}

/// An empty router that takes a colon for what it is: the framework sees an old form of a parameter in it.
fn colon_router() -> OpenApiRouter<App> {
    axum::Router::new().without_v07_checks().into()
}
