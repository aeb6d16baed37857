//! A client of one server: what all its calls share. How it is made is in `builder.rs`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::builder::ClientBuilder;
use crate::butler::Butler;
use crate::hooks::Hooks;
use crate::retry::RetryPolicy;
use crate::server_url::ServerUrl;
use crate::token::{Token, TokenSource};

/// A client of one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

/// What the clones of a client share.
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) server: ServerUrl,
    pub(crate) token: TokenSource,
    pub(crate) identity: HeaderMap,
    /// None where the HTTP client is somebody else's, with limits of its own.
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) hooks: Hooks,
}

impl Client {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The server's URL, without credentials.
    pub fn url(&self) -> &str {
        self.shared.server.as_str()
    }

    /// A text of the server's without the token, in whatever form it stands there: a Plex Media Server gives
    /// its own among its settings, and whoever prints or logs these wants it out of them.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let client = Client::builder().url("http://127.0.0.1:32400").token("s3cret").build().unwrap();
    /// assert_eq!(client.redacted("?X-Plex-Token=s3cret").await, "?X-Plex-Token=***");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Of a token whose provider has none at the moment nothing is known, and the text stays.
    pub async fn redacted(&self, text: &str) -> String {
        let token = self.shared.token.token().await.ok().flatten();
        Token::hidden_in(token.as_ref(), text)
    }

    /// The five operations of Plex's Butler.
    pub const fn butler(&self) -> Butler<'_> {
        Butler::new(self)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url())
            .field("has_token", &self.shared.token.is_some())
            .finish_non_exhaustive()
    }
}
