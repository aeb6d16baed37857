//! One WebSocket: notifications out, and nothing in but the words of the protocol itself. It holds a few
//! frames and no more: a client that is too slow, or silent for too long, is hung up on.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval_at, timeout};

use super::notices::Notices;
use crate::live::Place;

/// Clients have nothing to say here; what one sends all the same may be this long.
const LARGEST_MESSAGE_BYTES: usize = 4 << 10;
/// What is not taken by the system yet.
const LARGEST_BACKLOG_BYTES: usize = 256 << 10;
/// Who has answered no ping for so long is gone.
const SILENT_AT_MOST: Duration = Duration::from_secs(70);
/// A frame must be taken by then.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// A farewell is no more than a courtesy.
const BYE_WITHIN: Duration = Duration::from_secs(1);

/// Why a socket ends.
enum End {
    /// The client went, or does not answer any more.
    Gone,
    /// It did not keep up, and would miss something.
    Slow,
    /// The server shuts down.
    Closing,
}

/// The answer that opens a socket. A ping goes out every so often: it finds out who is gone, keeps what lies
/// between from hanging up, and clients from taking the server for dead.
pub(super) fn answer(
    upgrade: WebSocketUpgrade,
    mut notices: Notices,
    mut place: Place,
    ping_every: Duration,
) -> Response {
    let upgrade = upgrade.max_message_size(LARGEST_MESSAGE_BYTES).max_frame_size(LARGEST_MESSAGE_BYTES);
    let upgrade = upgrade.write_buffer_size(0).max_write_buffer_size(LARGEST_BACKLOG_BYTES);
    upgrade.on_upgrade(async move |mut socket| {
        let end = tokio::select! {
            end = talk(&mut socket, &mut notices, ping_every) => end,
            () = place.closing() => End::Closing,
        };
        let (code, reason) = match end {
            End::Gone => return,
            End::Slow => (close_code::AGAIN, "too slow: some notifications would be missed"),
            End::Closing => (close_code::AWAY, "the server is shutting down"),
        };
        let _ = timeout(BYE_WITHIN, bye(&mut socket, CloseFrame { code, reason: reason.into() })).await;
    })
}

async fn talk(socket: &mut WebSocket, notices: &mut Notices, ping_every: Duration) -> End {
    let mut pings = interval_at(Instant::now() + ping_every, ping_every);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            said = socket.recv() => match said {
                None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
            notification = notices.next() => match notification {
                Ok(notification) => match notification.frame() {
                    Ok(frame) => Message::Text(frame.into()),
                    Err(error) => {
                        tracing::error!(%error, "a notification could not be written");
                        continue;
                    }
                },
                Err(RecvError::Lagged(_)) => return End::Slow,
                Err(RecvError::Closed) => return End::Closing,
            },
            _ = pings.tick() => {
                if heard.elapsed() > SILENT_AT_MOST {
                    return End::Gone;
                }
                Message::Ping(Vec::new().into())
            }
        };
        match timeout(SEND_WITHIN, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return End::Gone,
        }
    }
}

/// Says why, and waits for the client to have heard it.
async fn bye(socket: &mut WebSocket, frame: CloseFrame) {
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}
