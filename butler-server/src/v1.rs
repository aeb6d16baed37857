//! Butler's own API under `/api/v1`, for what Plex's never had, and `/healthz`: one file a resource. Always
//! JSON.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

mod check;
mod clock;
mod disks;
mod failures;
mod gain_tags;
mod health;
mod items;
mod nearest;
mod nights;
mod pauses;
mod plan;
mod products;
mod remake;
mod runs;
mod settings;
mod sign_in;
mod tasks;
mod window;

pub(crate) use clock::routes as clock_routes;
pub(crate) use gain_tags::is_step;
pub(crate) use tasks::is_dry_run;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(runs::routes())
        .merge(settings::routes())
        .merge(failures::routes())
        .merge(disks::routes())
        .merge(gain_tags::routes())
        .merge(health::routes())
        .merge(pauses::routes())
        .merge(plan::routes())
        .merge(tasks::routes())
        .merge(window::routes())
        .merge(nights::routes())
        .merge(check::routes())
        .merge(products::routes())
        .merge(items::routes())
        .merge(nearest::routes())
        .merge(remake::routes())
        .merge(sign_in::routes())
}
