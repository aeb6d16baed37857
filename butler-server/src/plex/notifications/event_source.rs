//! The event source: notifications as an answer that does not end by itself (HTML standard, section 9.2).
//! Each event is one object, without the sockets' container.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;

use super::notices::Notices;
use crate::live::Place;

/// The answer whose body is the stream. After `ping_after` without an event there is a ping.
pub(super) fn answer(notices: Notices, place: Place, ping_after: Duration) -> Response {
    let events = unfold((notices, place), async |(mut notices, mut place)| {
        let notification = tokio::select! {
            // Who missed some may connect again.
            notification = notices.next() => notification.ok()?,
            () = place.closing() => return None,
        };
        let data = notification.event().ok()?;
        let event = Event::default().event(notification.kind()).data(data);
        Some((Ok::<_, Infallible>(event), (notices, place)))
    });
    let pings = KeepAlive::new().interval(ping_after).event(Event::default().event("ping").data("{}"));
    Sse::new(events).keep_alive(pings).into_response()
}
