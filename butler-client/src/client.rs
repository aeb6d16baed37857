//! The client and how it is built.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;

use crate::butler::Butler;
use crate::error::BuildError;
use crate::server_url::ServerUrl;
use crate::tls;

/// How long a connection may take, unless told otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call may take, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Redirects that are followed, all on the same origin.
const MAX_REDIRECTS: usize = 5;

/// A client of one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) server: ServerUrl,
    pub(crate) token: Option<Token>,
    pub(crate) timeout: Duration,
}

/// The token as it is sent. Its header value is marked as sensitive, so that no layer below writes it into a
/// log.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    pub(crate) text: String,
}

impl Client {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The server's URL, without credentials.
    pub fn url(&self) -> &str {
        self.server.as_str()
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
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

/// What a client is made of. Only the URL is needed.
#[derive(Clone)]
pub struct ClientBuilder {
    url: String,
    token: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self { url: String::new(), token: None, connect_timeout: CONNECT_TIMEOUT, timeout: TIMEOUT }
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
        self.token = Some(token.into());
        self
    }

    /// Sets how long a connection may take; 5 s unless told otherwise.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets how long a whole call may take, its answer's last byte included; 30 s unless told otherwise.
    #[must_use]
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// If the URL is none that a server can have, the token can't stand in a header, or the system's
    /// certificates, which are read for https only, are unusable.
    pub fn build(self) -> Result<Client, BuildError> {
        let (server, url_token) = ServerUrl::parse(&self.url)?;
        let token = self.token.or(url_token).map(Token::new).transpose()?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("butler-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .redirect(same_origin());
        // A proxy for the outside world knows no way to this machine.
        if server.is_loopback() {
            http = http.no_proxy();
        }
        let http =
            tls::prepare(http, server.is_https())?.build().map_err(|error| BuildError::Http(error.into()))?;
        Ok(Client { http, server, token, timeout: self.timeout })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = ServerUrl::parse(&self.url).map(|(server, _)| server);
        f.debug_struct("ClientBuilder")
            .field("url", &url.as_ref().map_or("(invalid)", ServerUrl::as_str))
            .field("has_token", &self.token.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish()
    }
}

impl Token {
    fn new(text: String) -> Result<Self, BuildError> {
        let text = text.trim().to_owned();
        let mut header = HeaderValue::from_str(&text).map_err(|_| BuildError::Token)?;
        header.set_sensitive(true);
        Ok(Self { header, text })
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
}
