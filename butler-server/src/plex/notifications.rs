//! Notifications: `/:/websockets/notifications`, the same under the name that Plex's documentation has for
//! it, and `/:/eventsource/notifications`. What is told comes from the one feed of [`crate::live`]; who
//! listens, and how many, is kept in [`crate::live::Listeners`].

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use butler_api::plex::Errors;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::notices::Notices;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

mod event_source;
mod filter;
mod notices;
mod socket;

pub(crate) fn routes() -> OpenApiRouter<App> {
    super::colon_router().routes(routes!(websockets)).routes(routes!(websocket)).routes(routes!(event_source))
}

/// Opens a WebSocket on which notifications come: activities that start, come further and end, and scans that
/// are complete.
#[utoipa::path(get, path = "/:/websockets/notifications", tag = "notifications",
    params(("filters" = Option<String>, Query, description = "`activity,status`: only these types; `-log`: \
                                                              all but these, and what holds if nothing is \
                                                              said; empty: all. `filter` is taken too.")),
    responses(
        (status = 101, description = "The WebSocket is open: text frames with one `NotificationContainer` \
                                      each. Who does not keep up is hung up on with code 1013, finds what \
                                      runs at `/activities`, and may come again."),
        (status = 400, description = "It is no WebSocket's request.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 503, description = "Too many listen already, or the server is shutting \
                                      down.", body = Errors),
    ))]
async fn websockets(
    State(app): State<App>,
    params: Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    open(app, &params, upgrade).await
}

/// The same under the name that Plex's documentation has for it.
#[utoipa::path(get, path = "/:/websocket/notifications", tag = "notifications",
    params(("filters" = Option<String>, Query, description = "As above.")),
    responses(
        (status = 101, description = "The WebSocket is open."),
        (status = 400, description = "It is no WebSocket's request.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 503, description = "Too many listen already, or the server is shutting \
                                      down.", body = Errors),
    ))]
async fn websocket(
    State(app): State<App>,
    params: Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    open(app, &params, upgrade).await
}

async fn open(
    app: App,
    params: &Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| {
        Problem::bad_request("This address speaks WebSocket only; `/:/eventsource/notifications` does not.")
    })?;
    let place = app.listeners.place()?;
    let notices = Notices::listen(&app, params).await?;
    Ok(socket::answer(upgrade, notices, place, app.bounds.ping_every))
}

/// Streams notifications as server-sent events, each named after its type.
#[utoipa::path(get, path = "/:/eventsource/notifications", tag = "notifications",
    params(("filters" = Option<String>, Query, description = "`activity,status`: only these types; `-log`: \
                                                              all but these, and what holds if nothing is \
                                                              said; empty: all. `filter` is taken too.")),
    responses(
        (status = 200, description = "The events, without end: `event: activity` with one \
                                      `ActivityNotification`, and `event: ping` now and then. It ends for who \
                                      does not keep up.", content_type = "text/event-stream"),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 503, description = "Too many listen already, or the server is shutting \
                                      down.", body = Errors),
    ))]
async fn event_source(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let place = app.listeners.place()?;
    let notices = Notices::listen(&app, &params).await?;
    Ok(event_source::answer(notices, place, app.bounds.ping_every))
}
