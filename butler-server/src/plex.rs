//! Plex's API, as its published clients know it: one file a resource, each with its routes and handlers.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

mod bandwidth;
mod browse;
mod butler;
mod filters;
mod items;
mod media;
mod metadata;
mod parts;
mod photo;
mod refresh;
mod sections;
mod server;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(server::routes())
        .merge(butler::routes())
        .merge(sections::routes())
        .merge(refresh::routes())
        .merge(items::routes())
        .merge(filters::routes())
        .merge(parts::routes())
        .merge(browse::routes())
}
