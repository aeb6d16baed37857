//! Connections: accepted, bounded, and ended within seconds when the server shuts down. Nobody who has not
//! shown the token can keep others out, neither by silence nor by taking nothing of what it asked for.
//!
//! `axum::serve` would do but for that: it waits for a request's head, and for an answer to be taken, without
//! end. Start with [`serve`]; who gets a place, and who loses it, is decided in `serve/places.rs`.

mod arriving;
mod places;
mod room;
mod sending;

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::app::App;
use crate::router::router;
pub(crate) use room::Connection;
use room::{Room, Seated};

/// Bytes of a request's head, above which the connection ends with 431.
const LARGEST_HEAD_BYTES: usize = 64 << 10;
/// Headers of one request.
const MOST_HEADERS: usize = 100;
/// What is being answered at shut-down may go on for so long.
const END_WITHIN: Duration = Duration::from_secs(3);
/// After a failed accept, for want of descriptors mostly.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is ready, then ends within seconds: idle connections at once, those in the middle
/// of an answer after it, or after 3 seconds. Those who listen to notifications are told.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let (listeners, bounds) = (app.listeners.clone(), app.bounds.clone());
    let router = router(app);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head_within);
    http.max_headers(MOST_HEADERS).max_buf_size(LARGEST_HEAD_BYTES);
    let (end, ending) = watch::channel(false);
    let room = Room::new(&bounds);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok((stream, lost)) => {
                let connection = stream.connection();
                let mut stream = TimeoutStream::new(stream);
                stream.set_write_timeout(Some(bounds.taken_within));
                let router = router.clone();
                let service = service_fn(move |request| answer(router.clone(), connection.clone(), request));
                let served = http.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades();
                let mut ending = ending.clone();
                tokio::spawn(async move {
                    let mut served = pin!(served);
                    // How a connection ends is the client's affair.
                    tokio::select! {
                        _ = served.as_mut() => {}
                        // Another one has its place: this one closes as it is dropped.
                        _ = lost => {}
                        _ = async { ending.wait_for(|ending| *ending).await.is_ok() } => {
                            served.as_mut().graceful_shutdown();
                            let _ = served.await;
                        }
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
    drop(listener);
    listeners.close();
    end.send_replace(true);
    if timeout(END_WITHIN, room.emptied()).await.is_err() {
        tracing::info!("some clients were in the middle of an answer");
    }
}

/// The next connection, once there is a place for it.
async fn accept(listener: &TcpListener, room: &Room) -> io::Result<(Seated, oneshot::Receiver<()>)> {
    let (stream, _): (TcpStream, _) = listener.accept().await?;
    // Answers are small and whole: waiting for more to send would only delay them. One that has gone already
    // is noticed later.
    let _ = stream.set_nodelay(true);
    Ok(room.enter(stream).await)
}

/// Answers one request. A connection that left HTTP behind stays in hand.
async fn answer(
    router: Router,
    connection: Connection,
    mut request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    request.extensions_mut().insert(connection.clone());
    let request = arriving::request(request, &connection);
    let response = router.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    connection.answered();
    Ok(response.map(|body| sending::body(body, connection)))
}
