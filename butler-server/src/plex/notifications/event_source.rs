//! The event source: notifications as an answer that does not end by itself (HTML standard, section 9.2).
//! Each event is one object, without the sockets' container.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::filter::Filter;
use super::listeners::Place;
use crate::plex::activities::Notice;

/// The answer whose body is the stream. After `ping_after` without an event there is a ping.
pub(super) fn answer(
    notices: Receiver<Arc<Notice>>,
    filter: Filter,
    place: Place,
    ping_after: Duration,
) -> Response {
    let events = unfold((notices, filter, place), async |(mut notices, filter, mut place)| {
        let notice = tokio::select! {
            notice = next(&mut notices, &filter) => notice?,
            () = place.closing() => return None,
        };
        let event = Event::default().event(notice.kind).data(&notice.event);
        Some((Ok::<_, Infallible>(event), (notices, filter, place)))
    });
    let pings = KeepAlive::new().interval(ping_after).event(Event::default().event("ping").data("{}"));
    Sse::new(events).keep_alive(pings).into_response()
}

/// The next one that is wanted; none for who missed some, and may connect again.
async fn next(notices: &mut Receiver<Arc<Notice>>, filter: &Filter) -> Option<Arc<Notice>> {
    loop {
        match notices.recv().await {
            Ok(notice) if filter.takes(notice.kind) => return Some(notice),
            Ok(_) => {}
            Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use butler_api::plex::{Notification, StatusNotification};
    use tokio::sync::broadcast;

    use super::*;

    #[tokio::test]
    async fn who_does_not_keep_up_is_left_and_nothing_is_kept_for_it() {
        let params = crate::params::Params::default();
        let (notices, mut heard) = broadcast::channel(1);
        let notification = Notification::Status(StatusNotification::scan_complete("Films"));
        let notice = || Notice {
            kind: "status",
            frame: notification.frame().unwrap().into(),
            event: notification.event().unwrap(),
        };
        notices.send(Arc::new(notice())).unwrap();
        assert!(next(&mut heard, &Filter::of(&params)).await.is_some());
        notices.send(Arc::new(notice())).unwrap();
        notices.send(Arc::new(notice())).unwrap();
        assert!(next(&mut heard, &Filter::of(&params)).await.is_none());
    }
}
