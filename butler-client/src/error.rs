//! What can go wrong between a client and its server. No text in here ever holds a token.

use std::fmt;
use std::time::Duration;

/// The message of [`Error::NotFound`] for a name that no URL can hold, for it is empty or dots: nothing was
/// sent.
pub const UNASKABLE: &str = "such a name can't be asked for";

/// A cause whose type is no promise.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// A client that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The URL is none that a server can have.
    #[error("`{url}` is no server's URL: {why}")]
    Url {
        /// The URL, without query and credentials.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token has characters that no header can carry.
    #[error("the token has characters that no header can carry")]
    Token,
    /// A word of the identity has characters that no header can carry.
    #[error("the value for the header `{header}` is none that a header can carry")]
    Identity {
        /// The header's name.
        header: String,
    },
    /// HTTP or TLS could not be made ready.
    #[error("HTTP could not be made ready")]
    Http(#[source] Source),
}

/// The call that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// The whole URL; a token is never in it.
    pub url: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// What went wrong with a call. `code` is the number that the server gives in its body, if it gives one
/// (Plex: 1001 for an unknown token), `message` its sentence or else the status's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 401: no token, or none that the server knows.
    #[error("{call}: the token is not accepted ({status}, {message})")]
    Unauthorized {
        /// The call.
        call: Call,
        /// The server's own code.
        code: Option<u32>,
        /// The server's sentence.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// 400: the server can do nothing with the request.
    #[error("{call}: the request is refused ({status}, {message})")]
    BadRequest {
        /// The call.
        call: Call,
        /// The server's own code.
        code: Option<u32>,
        /// The server's sentence.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// 404: no such thing; to a stop also: it isn't running. A name that is empty or dots, which no URL can
    /// hold, is the same, and nothing is sent: [`UNASKABLE`] is its message.
    #[error("{call}: there is no such thing ({status}, {message})")]
    NotFound {
        /// The call.
        call: Call,
        /// The server's own code.
        code: Option<u32>,
        /// The server's sentence.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// Any other status that is no success; a 404 that is a gateway's own, for a server that is away, among
    /// them.
    #[error("{call}: the server answers {status} ({message})")]
    Status {
        /// The call.
        call: Call,
        /// The server's own code.
        code: Option<u32>,
        /// The server's sentence.
        message: String,
        /// The HTTP status.
        status: u16,
        /// Where it points, of a redirect that was not followed: one to another server, or in a circle.
        location: Option<String>,
    },
    /// The answer, or the connection, took too long.
    #[error("{call}: no answer within {after:?}")]
    Timeout {
        /// The call.
        call: Call,
        /// The limit that has passed: that of the whole call, or that of the connection.
        after: Duration,
    },
    /// The token's provider had none; nothing was sent.
    #[error("{call}: there is no token")]
    Token {
        /// The call.
        call: Call,
        /// Why.
        #[source]
        source: Source,
    },
    /// No connection, or one that broke.
    #[error("{call}: the server can't be reached")]
    Connection {
        /// The call.
        call: Call,
        /// Why.
        #[source]
        source: Source,
    },
    /// The answer is not what was asked for.
    #[error("{call}: the answer is not {expected}")]
    Decode {
        /// The call.
        call: Call,
        /// What was asked for.
        expected: &'static str,
        /// How the answer begins.
        body_start: String,
        /// Why it can't be read.
        #[source]
        source: Source,
    },
}

impl Error {
    /// The call that went wrong.
    pub const fn call(&self) -> &Call {
        match self {
            Self::Unauthorized { call, .. }
            | Self::BadRequest { call, .. }
            | Self::NotFound { call, .. }
            | Self::Status { call, .. }
            | Self::Timeout { call, .. }
            | Self::Token { call, .. }
            | Self::Connection { call, .. }
            | Self::Decode { call, .. } => call,
        }
    }

    /// Whether the server was not there at all, so that the same call may succeed once it is: nobody
    /// answered, or a gateway did in its place.
    pub const fn is_away(&self) -> bool {
        // 520 to 530 are Cloudflare's words for it.
        matches!(
            self,
            Self::Timeout { .. }
                | Self::Connection { .. }
                | Self::Status { status: 404 | 502..=504 | 520..=526 | 530, .. }
        )
    }
}
