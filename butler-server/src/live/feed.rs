//! Turns the engine's facts into news, once for all who listen: sockets, event sources and pages. It begins
//! with the first of them, since who comes late finds what runs in the list of activities; it never waits for
//! anybody: who does not keep up misses some.

use std::sync::Arc;
use std::time::Instant;

use butler_engine::{Following, Gone, Handle};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::board::{Board, News};

/// So many of the news a listener may be behind.
const KEPT: usize = 256;

/// The stream of news.
pub(crate) struct Feed {
    news: broadcast::Sender<Arc<News>>,
}

impl Feed {
    /// Begins to follow the engine, on the runtime of the caller.
    pub(crate) async fn start(handle: Handle) -> Result<Self, Gone> {
        let (news, _) = broadcast::channel(KEPT);
        let following = handle.follow().await?;
        tokio::spawn(keep(handle, following, news.clone()));
        Ok(Self { news })
    }

    /// Tells all who listen that something else that is shown is different.
    pub(crate) fn tell_changed(&self) {
        // Nobody need listen.
        let _ = self.news.send(Arc::new(News::Changed));
    }

    /// All news from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<News>> {
        self.news.subscribe()
    }
}

async fn keep(handle: Handle, mut following: Following, news: broadcast::Sender<Arc<News>>) {
    let mut board = Board::default();
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
        let told = match fact {
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
        told.into_iter().for_each(|one| _ = news.send(Arc::new(one)));
    }
}
