//! Turns the engine's facts into notifications, once for all who listen. It begins with the first of them,
//! since who comes late finds what runs in the list of activities; it never waits for anybody: who does not
//! keep up misses some.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::ws::Utf8Bytes;
use butler_api::plex::Notification;
use butler_engine::{Following, Gone, Handle};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::board::Board;

/// So many notifications a listener may be behind.
const KEPT: usize = 256;

/// A notification in the forms in which it is sent.
#[derive(Debug)]
pub(crate) struct Notice {
    /// Its type: `activity`.
    pub(crate) kind: &'static str,
    /// For sockets.
    pub(crate) frame: Utf8Bytes,
    /// For the event source.
    pub(crate) event: String,
}

/// The stream of notifications.
pub(crate) struct Feed {
    notices: broadcast::Sender<Arc<Notice>>,
}

impl Feed {
    /// Begins to follow the engine, on the runtime of the caller.
    pub(crate) async fn start(handle: Handle) -> Result<Self, Gone> {
        let (notices, _) = broadcast::channel(KEPT);
        let following = handle.follow().await?;
        tokio::spawn(keep(handle, following, notices.clone()));
        Ok(Self { notices })
    }

    /// Every notification from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.notices.subscribe()
    }
}

async fn keep(handle: Handle, mut following: Following, notices: broadcast::Sender<Arc<Notice>>) {
    let mut board = Board::new(handle.library().server_id());
    // What runs already is told to nobody.
    board.follow(Instant::now(), &following.now);
    loop {
        let late = async {
            match board.due() {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        let fact = tokio::select! {
            fact = following.then.recv() => Some(fact),
            () = late => None,
        };
        let news = match fact {
            None => board.tell_late(Instant::now()),
            Some(Ok(fact)) => board.hear(Instant::now(), &fact.what),
            Some(Err(RecvError::Lagged(missed))) => {
                tracing::debug!(missed, "facts were missed, and are looked up");
                let Ok(anew) = handle.follow().await else { return };
                following = anew;
                board.follow(Instant::now(), &following.now)
            }
            Some(Err(RecvError::Closed)) => return,
        };
        news.into_iter().filter_map(notice).for_each(|notice| _ = notices.send(Arc::new(notice)));
    }
}

fn notice(notification: Notification) -> Option<Notice> {
    match (notification.frame(), notification.event()) {
        (Ok(frame), Ok(event)) => Some(Notice { kind: notification.kind(), frame: frame.into(), event }),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "a notification could not be written");
            None
        }
    }
}
