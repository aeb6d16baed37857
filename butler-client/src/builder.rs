//! How a client is made. Only the URL is needed.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::client::{Client, Shared};
use crate::error::{BuildError, Source};
use crate::hooks::{Attempt, Hooks};
use crate::identity::Identity;
use crate::retry::RetryPolicy;
use crate::server_url::ServerUrl;
use crate::tls;
use crate::token::{Token, TokenSource};

/// How long a connection may take, unless told otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call may take, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Redirects that are followed, all on the same origin.
const MAX_REDIRECTS: usize = 5;

/// What a client is made of. Only the URL is needed.
///
/// ```
/// use std::time::Duration;
/// use butler_client::{Client, RetryPolicy};
///
/// let client = Client::builder()
///     .url("http://plex:32400")
///     .token_provider(|| async { std::fs::read_to_string("/run/secrets/plex") })
///     .client_identifier("7f3a-living-room")
///     .product("Night watch")
///     .timeout(Duration::from_secs(10))
///     .retry(RetryPolicy::default().elapsed_limit(Duration::from_secs(5)))
///     .after(|attempt| eprintln!("{} took {:?}", attempt.call, attempt.took))
///     .build()?;
/// # assert_eq!(client.url(), "http://plex:32400/");
/// # Ok::<(), butler_client::BuildError>(())
/// ```
#[derive(Clone)]
pub struct ClientBuilder {
    url: String,
    token: GivenToken,
    identity: Identity,
    connect_timeout: Duration,
    timeout: Duration,
    retry: RetryPolicy,
    http: Option<reqwest::Client>,
    hooks: Hooks,
}

/// The token as the program gave it: a value is checked when the client is built.
#[derive(Clone)]
enum GivenToken {
    None,
    Value(String),
    Source(TokenSource),
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: GivenToken::None,
            identity: Identity::default(),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            retry: RetryPolicy::default(),
            http: None,
            hooks: Hooks::default(),
        }
    }
}

impl ClientBuilder {
    /// Sets the server's URL. `http://` is assumed where no scheme is given; a token in its query
    /// (`X-Plex-Token=`) is taken out of it, and used if [`Self::token`] gives none.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// Sets the token, which travels in a header only.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = GivenToken::Value(token.into());
        self
    }

    /// Sets who is asked for the token at each try of a request, so that one which changes is never stale.
    /// What goes wrong there is the call's [`Error::Token`](crate::Error::Token).
    #[must_use]
    pub fn token_provider<F, E>(mut self, provider: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.token = GivenToken::Source(TokenSource::provider(provider));
        self
    }

    /// Sets the name that tells this installation from all others (`X-Plex-Client-Identifier`). A Plex Media
    /// Server lists devices by it; without one none is sent.
    #[must_use]
    pub fn client_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.identity.client_identifier = identifier.into();
        self
    }

    /// Sets the program's name (`X-Plex-Product`); `butler-client` unless told otherwise.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.identity.product = product.into();
        self
    }

    /// Sets the program's version (`X-Plex-Version`); that of this crate unless told otherwise.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.identity.version = version.into();
        self
    }

    /// Sets the platform (`X-Plex-Platform`); the operating system unless told otherwise.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.identity.platform = platform.into();
        self
    }

    /// Sets the device (`X-Plex-Device`); without one none is sent.
    #[must_use]
    pub fn device(mut self, device: impl Into<String>) -> Self {
        self.identity.device = device.into();
        self
    }

    /// Sets how long a connection may take; 5 s unless told otherwise.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets how long a whole call may take, from its first try to the last byte of its answer; 30 s unless
    /// told otherwise.
    #[must_use]
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Sets when a call is tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the HTTP client by which requests go: for a proxy, certificates or a pool of one's own. Its
    /// limits for connections and its TLS count then, not the builder's, and so does its redirect policy:
    /// one that follows redirects to other hosts carries the token there.
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Adds what is called before each try of a request. It may change the request: the token is put in only
    /// afterwards, so it neither sees nor keeps it, and only if the request still goes to the server.
    #[must_use]
    pub fn before(mut self, hook: impl Fn(&mut reqwest::Request) + Send + Sync + 'static) -> Self {
        self.hooks.add_before(hook);
        self
    }

    /// Adds what is called after each try of a request, with what became of it.
    #[must_use]
    pub fn after(mut self, hook: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.add_after(hook);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// If the URL is none that a server can have, the token or a word of the identity can't stand in a
    /// header, or the system's certificates, which are read for https only, are unusable.
    pub fn build(self) -> Result<Client, BuildError> {
        let (server, url_token) = ServerUrl::parse(&self.url)?;
        let value = |text: &str| Token::new(text).map(TokenSource::Value).map_err(|_| BuildError::Token);
        let token = match (self.token, url_token) {
            (GivenToken::Source(source), _) => source,
            (GivenToken::Value(text), _) | (GivenToken::None, Some(text)) => value(&text)?,
            (GivenToken::None, None) => TokenSource::None,
        };
        let connect_timeout = self.http.is_none().then_some(self.connect_timeout);
        let http = match self.http {
            Some(http) => http,
            None => default_http(&server, self.connect_timeout)?,
        };
        let identity = self.identity.headers()?;
        let (timeout, retry, hooks) = (self.timeout, self.retry, self.hooks);
        let shared = Shared { http, server, token, identity, connect_timeout, timeout, retry, hooks };
        Ok(Client { shared: Arc::new(shared) })
    }
}

fn default_http(server: &ServerUrl, connect_timeout: Duration) -> Result<reqwest::Client, BuildError> {
    let mut http = reqwest::Client::builder()
        .user_agent(concat!("butler-client/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .redirect(same_origin());
    // A proxy for the outside world knows no way to this machine.
    if server.is_loopback() {
        http = http.no_proxy();
    }
    tls::prepare(http, server.is_https())?
        .build()
        .map_err(|error| BuildError::Http(Source::from(error.without_url())))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = ServerUrl::parse(&self.url).map(|(server, _)| server);
        f.debug_struct("ClientBuilder")
            .field("url", &url.as_ref().map_or("(invalid)", ServerUrl::as_str))
            .field("has_token", &!matches!(self.token, GivenToken::None))
            .field("identity", &self.identity)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// Follows redirects on the same scheme, host and port only: the token's header would travel along to any
/// other.
fn same_origin() -> Policy {
    Policy::custom(|attempt| {
        let stays = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
        if stays && attempt.previous().len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_shows_a_token() {
        let builder = Client::builder()
            .url("http://me:pass-in-url@plex:32400/?X-Plex-Token=in-the-query")
            .token("in-the-builder");
        let shown = format!("{builder:?}");
        assert!(!shown.contains("in-the") && !shown.contains("pass-in"), "{shown}");
        let shown = format!("{:?}", builder.build().unwrap());
        assert!(!shown.contains("in-the") && !shown.contains("pass-in"), "{shown}");
        assert!(shown.contains("http://plex:32400/"), "{shown}");
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_without_being_shown() {
        let error = Client::builder().url("http://plex").token("two\nlines").build().unwrap_err();
        assert!(matches!(error, BuildError::Token));
        assert!(!format!("{error} {error:?}").contains("lines"));
    }

    #[test]
    fn a_word_of_the_identity_that_no_header_can_carry_is_refused_by_its_name() {
        let error = Client::builder().url("http://plex").product("two\nlines").build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the value for the header `x-plex-product` is none that a header can carry"
        );
    }
}
