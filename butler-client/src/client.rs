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
use crate::token::TokenSource;

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
