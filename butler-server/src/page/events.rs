//! Tells a page that something happened, as server-sent events without a word of what: the page's script asks
//! for the page again and exchanges what differs, so that only one place says how things are.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::app::App;
use crate::error::Problem;

/// What happens within this time is told as one.
const TOGETHER: Duration = Duration::from_millis(300);

pub(super) fn routes() -> Router<App> {
    Router::new().route("/events", get(events))
}

async fn events(State(app): State<App>) -> Result<Response, Problem> {
    let place = app.listeners.place()?;
    let news = app.feed().await?.listen();
    let stream = unfold((news, place), async |(mut news, mut place)| {
        let told = tokio::select! {
            told = news.recv() => told,
            () = place.closing() => return None,
        };
        // Who missed some has missed nothing: the page is asked for as a whole.
        if told == Err(RecvError::Closed) {
            return None;
        }
        tokio::time::sleep(TOGETHER).await;
        while matches!(news.try_recv(), Ok(_) | Err(TryRecvError::Lagged(_))) {}
        // A browser leaves an event without data out.
        Some((Ok::<_, Infallible>(Event::default().event("changed").data("{}")), (news, place)))
    });
    let pings =
        KeepAlive::new().interval(app.bounds.ping_every).event(Event::default().event("ping").data("{}"));
    Ok(Sse::new(stream).keep_alive(pings).into_response())
}
