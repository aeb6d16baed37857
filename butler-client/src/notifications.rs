//! Notifications: what a server tells by itself, over a WebSocket or an event source, on Butler and on a Plex
//! Media Server.
//!
//! The stream outlives its connections: it connects again, with pauses that grow, and says when it may have
//! missed something, so that the program can look for itself. `notifications/feed.rs` holds that life,
//! `socket.rs` and `event_source.rs` the two ways, `words.rs` reads what comes.

mod event_source;
mod feed;
mod socket;
mod words;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use butler_api::plex::{ActivityNotification, StatusNotification};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{Stream, StreamExt};
use serde_json::Value;

use self::feed::Feed;
use crate::client::Client;
use crate::error::Error;

/// How long a connection may be silent, unless told otherwise: Butler pings every 10 s, and a WebSocket is
/// asked by us.
const SILENCE_LIMIT: Duration = Duration::from_secs(90);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a server tells, and what becomes of the connection to it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// An activity began, came further or ended.
    Activity(ActivityNotification),
    /// Something of note, for people: a scan is complete.
    Status(StatusNotification),
    /// What this version has no words for: its type (`timeline`, `playing`), and what is told of it.
    Other {
        /// Its type.
        kind: String,
        /// What the server says of it.
        value: Value,
    },
    /// The connection is lost. The stream goes on: it tries to connect again.
    Disconnected(Error),
    /// Something may have been missed: there is a new connection, or a notification could not be read. What
    /// holds now is found by asking ([`Client::activities`]).
    Missed,
}

/// The way by which notifications come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// A WebSocket, as Plex's own clients use.
    #[default]
    WebSocket,
    /// Server-sent events, which pass through any proxy that knows HTTP.
    EventSource,
}

/// What is listened to, and how. Begun by [`Client::notifications`].
#[derive(Debug, Clone)]
#[must_use = "nothing is listened to before it connects"]
pub struct Listening {
    client: Client,
    transport: Transport,
    kinds: Vec<String>,
    silence_limit: Duration,
    first_pause: Duration,
    longest_pause: Duration,
}

impl Client {
    /// Begins to listen to what the server tells.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).token(butler_fixtures::plex::TOKEN).build().unwrap();
    /// use butler_client::Notice;
    ///
    /// let mut notifications = client.notifications().only(["activity"]).connect().await?;
    /// # plex.begin("media.generate.loudness", "Generating loudness data");
    /// while let Some(notice) = notifications.next().await {
    ///     match notice? {
    ///         Notice::Activity(told) => println!("{:?}: {}", told.event, told.activity.title),
    ///         Notice::Missed => println!("now: {:?}", client.activities().await?),
    ///         _ => {}
    ///     }
    /// #   break;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn notifications(&self) -> Listening {
        Listening {
            client: self.clone(),
            transport: Transport::default(),
            kinds: Vec::new(),
            silence_limit: SILENCE_LIMIT,
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
        }
    }
}

impl Listening {
    /// Sets the way by which they come.
    pub const fn over(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Wants these types only, as in `activity` and `status`; unless told otherwise all but those of the log.
    pub fn only(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.kinds = kinds.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how long the server may say nothing, not even a ping, before the connection is taken for lost;
    /// 90 s unless told otherwise.
    pub const fn silence_limit(mut self, limit: Duration) -> Self {
        self.silence_limit = limit;
        self
    }

    /// Sets the pause before the first try to connect again, and the longest one; each is twice the one
    /// before it, less a jitter, until a connection has lived for a while (10 s, or as long as the longest
    /// pause if that is shorter).
    pub const fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_pause, self.longest_pause) = (first, longest);
        self
    }

    /// Connects. What happens from now on is told.
    ///
    /// # Errors
    /// If the server can't be asked or refuses. Later on only a refusal ends the stream, as its last item.
    pub async fn connect(self) -> Result<Notifications, Error> {
        let feed = Feed::open(self).await?;
        let notices = unfold(feed, async |mut feed| Some((feed.next().await?, feed)));
        Ok(Notifications { notices: notices.boxed() })
    }
}

/// What a server tells, without end: a [`Stream`] of [`Notice`].
pub struct Notifications {
    notices: BoxStream<'static, Result<Notice, Error>>,
}

impl Notifications {
    /// The next one. Dropping what this gives before it is ready loses nothing.
    #[expect(
        clippy::should_implement_trait,
        reason = "the word of every stream, whose extension this stands in for"
    )]
    pub fn next(&mut self) -> impl Future<Output = Option<Result<Notice, Error>>> + Send + '_ {
        StreamExt::next(&mut self.notices)
    }
}

impl Stream for Notifications {
    type Item = Result<Notice, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.notices.poll_next_unpin(context)
    }
}

impl std::fmt::Debug for Notifications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}
