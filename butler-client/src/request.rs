//! The one place that sends a request and reads its answer: the token, the limits, the statuses, the errors.

use std::time::Duration;

use butler_api::OUTCOME_HEADER;
use reqwest::header::{ACCEPT, HeaderName};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::{Call, Error};
use crate::refusal::Refusal;

/// Bytes of an answer that are read; the largest honest one, a page of runs, is far below.
const MAX_BODY_BYTES: usize = 64 << 20;
/// Characters of a body that an error shows.
const MAX_BODY_START: usize = 200;
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-plex-token");

/// One request, as yet unsent.
#[must_use]
pub(crate) struct Request<'a> {
    client: &'a Client,
    method: Method,
    url: Url,
    within: Duration,
}

/// An answer that was read to its end.
pub(crate) struct Answer<'a> {
    client: &'a Client,
    call: Call,
    /// The HTTP status.
    pub(crate) status: u16,
    /// The header that says what became of a start; Plex has none.
    pub(crate) outcome: Option<String>,
    body: Vec<u8>,
}

impl Client {
    pub(crate) fn get(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::GET, segments)
    }

    pub(crate) fn post(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::POST, segments)
    }

    pub(crate) fn put(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::PUT, segments)
    }

    pub(crate) fn delete(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::DELETE, segments)
    }

    fn request(&self, method: Method, segments: &[&str]) -> Request<'_> {
        Request { client: self, method, url: self.server.resource(segments), within: self.timeout }
    }

    /// Takes the token out of a text that a server sent: one that echoes requests would have it printed.
    fn without_token(&self, text: String) -> String {
        match &self.token {
            Some(token) if !token.text.is_empty() => text.replace(&token.text, "***"),
            _ => text,
        }
    }
}

impl<'a> Request<'a> {
    /// Waits at least so long for the answer.
    pub(crate) fn within(self, limit: Duration) -> Self {
        Self { within: self.within.max(limit), ..self }
    }

    /// Adds an argument to the query.
    pub(crate) fn argument(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds an argument if there is one.
    pub(crate) fn maybe_argument(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.argument(name, &value.to_string()),
            None => self,
        }
    }

    /// Adds an argument that is already escaped.
    pub(crate) fn escaped_argument(mut self, name: &str, escaped: &str) -> Self {
        let query = self
            .url
            .query()
            .filter(|query| !query.is_empty())
            .map_or_else(String::new, |query| format!("{query}&"));
        self.url.set_query(Some(&format!("{query}{name}={escaped}")));
        self
    }

    pub(crate) fn call(&self) -> Call {
        Call { method: self.method.to_string(), url: self.url.to_string() }
    }

    /// Sends it; any status that is no success is an error.
    pub(crate) async fn send(self) -> Result<Answer<'a>, Error> {
        self.send_also(None).await
    }

    /// Sends it; `also` is a status that counts as a success here.
    pub(crate) async fn send_also(self, also: Option<u16>) -> Result<Answer<'a>, Error> {
        let (client, call, within) = (self.client, self.call(), self.within);
        let request = client.http.request(self.method, self.url).timeout(within);
        let mut request = request.header(ACCEPT, "application/json");
        if let Some(token) = &client.token {
            request = request.header(TOKEN_HEADER, &token.header);
        }
        let broken = |error: reqwest::Error, call: Call| {
            // The URL, which reqwest would repeat, stands in the call already.
            if error.is_timeout() {
                Error::Timeout { call, after: within }
            } else {
                Error::Connection { call, source: error.without_url().into() }
            }
        };
        let response = request.send().await.map_err(|error| broken(error, call.clone()))?;
        let status = response.status();
        let outcome =
            response.headers().get(OUTCOME_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = read_body(response).await.map_err(|error| broken(error, call.clone()))?;
        let answer = Answer { client, call, status: status.as_u16(), outcome, body };
        if status.is_success() || also == Some(status.as_u16()) {
            Ok(answer)
        } else {
            Err(answer.refused(status))
        }
    }
}

/// Reads a body up to the limit; what is longer is cut, and then no JSON any more.
async fn read_body(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < MAX_BODY_BYTES {
        let Some(chunk) = response.chunk().await? else { break };
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Answer<'_> {
    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(self, expected: &'static str) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|source| {
            let body_start: String =
                String::from_utf8_lossy(&self.body).chars().take(MAX_BODY_START).collect();
            // serde_json quotes values of the body, so its text is cleaned too.
            let source = self.client.without_token(source.to_string()).into();
            Error::Decode {
                call: self.call,
                expected,
                body_start: self.client.without_token(body_start),
                source,
            }
        })
    }

    /// The body as it came.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.body
    }

    /// The body as JSON where there is such a body: Plex's answers to starts and stops are empty or HTML.
    pub(crate) fn json_if_any<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    fn refused(self, status: StatusCode) -> Error {
        let Refusal { code, message } = Refusal::read(self.status, &String::from_utf8_lossy(&self.body));
        let (call, message) = (self.call, self.client.without_token(message));
        let status = status.as_u16();
        match status {
            401 => Error::Unauthorized { call, code, message, status },
            400 => Error::BadRequest { call, code, message, status },
            404 => Error::NotFound { call, code, message, status },
            _ => Error::Status { call, code, message, status },
        }
    }
}
