//! Connections: accepted, bounded, and ended within seconds when the server shuts down.
//!
//! `axum::serve` would do but for one thing: it waits for a request's head without end, so that a few clients that send
//! nothing would hold connections for ever.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::router::router;

/// A request's head must be there by then; also how long an idle connection is kept.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a request's head, above which the connection ends with 431.
const LARGEST_HEAD_BYTES: usize = 64 << 10;
/// Headers of one request.
const MOST_HEADERS: usize = 100;
/// Connections at a time; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 512;
/// What is being answered at shut-down may go on for so long.
const END_WITHIN: Duration = Duration::from_secs(3);
/// After a failed accept, for want of descriptors mostly.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is ready, then ends within seconds: idle connections at once, those in the middle of an answer
/// after it, or after 3 seconds. Those who listen to notifications are told.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let listeners = app.listeners.clone();
    let service = TowerToHyperService::new(router(app));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_headers(MOST_HEADERS).max_buf_size(LARGEST_HEAD_BYTES);
    let (end, ending) = watch::channel(false);
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = http.serve_connection(TokioIo::new(stream), service.clone()).with_upgrades();
                let mut ending = ending.clone();
                tokio::spawn(async move {
                    let mut connection = pin!(connection);
                    // How a connection ends is the client's affair.
                    tokio::select! {
                        _ = connection.as_mut() => {}
                        _ = async { ending.wait_for(|ending| *ending).await.is_ok() } => {
                            connection.as_mut().graceful_shutdown();
                            let _ = connection.await;
                        }
                    }
                    drop(place);
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
    let until = Instant::now() + END_WITHIN;
    // All places are free once the last one has gone.
    let connections = timeout_at(until, room.acquire_many(MOST_CONNECTIONS as u32)).await;
    if connections.is_err() || !listeners.gone(until).await {
        tracing::info!("some clients were in the middle of an answer");
    }
}

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and whole: waiting for more to send would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}
