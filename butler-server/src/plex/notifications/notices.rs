//! What one listener is told: of the news those of the types that it wants, in Plex's words.

use std::sync::Arc;

use butler_api::plex::Notification;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::filter::Filter;
use crate::app::App;
use crate::error::Problem;
use crate::live::News;
use crate::params::Params;
use crate::plex::activities::notification;

/// The notifications of one listener, from the moment on at which it came.
pub(super) struct Notices {
    news: Receiver<Arc<News>>,
    filter: Filter,
    server_id: String,
}

impl Notices {
    /// Those of the types that a request names.
    pub(super) async fn listen(app: &App, params: &Params) -> Result<Self, Problem> {
        let server_id = app.handle.library().server_id().to_owned();
        Ok(Self { news: app.feed().await?.listen(), filter: Filter::of(params), server_id })
    }

    /// The next one that is wanted.
    ///
    /// # Errors
    /// If this listener missed some, or the server shuts down.
    pub(super) async fn next(&mut self) -> Result<Notification, RecvError> {
        loop {
            let news = self.news.recv().await?;
            if let Some(notification) = notification(&self.server_id, &news)
                && self.filter.takes(notification.kind())
            {
                return Ok(notification);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;

    use super::*;

    #[tokio::test]
    async fn who_does_not_keep_up_is_left_and_nothing_is_kept_for_it() {
        let (news, receiver) = broadcast::channel(1);
        let filter = Filter::of(&Params::default());
        let mut notices = Notices { news: receiver, filter, server_id: "server".into() };
        let scanned = || Arc::new(News::ScanEnded("Films".into()));
        news.send(scanned()).unwrap();
        assert!(notices.next().await.is_ok());
        news.send(scanned()).unwrap();
        news.send(scanned()).unwrap();
        assert_eq!(notices.next().await, Err(RecvError::Lagged(1)));
    }
}
