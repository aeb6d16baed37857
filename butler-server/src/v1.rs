//! Butler's own API under `/api/v1`, for what Plex's never had, and `/healthz`: one file a resource. Always JSON.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

mod check;
mod failures;
mod health;
mod products;
mod runs;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(runs::routes())
        .merge(failures::routes())
        .merge(health::routes())
        .merge(check::routes())
        .merge(products::routes())
}
