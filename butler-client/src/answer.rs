//! An answer that was read to its end: as JSON or XML, or as the refusal that it is.

use butler_api::OUTCOME_HEADER;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Call, Error, Source};
use crate::lenient::Lenient;
use crate::refusal::{self, Refusal};
use crate::token::Token;
use crate::xml;

/// Characters of a body that an error shows.
const MAX_BODY_START: usize = 200;
/// Characters of a server's sentence, and of what a reader of JSON or XML says, that are kept.
const MAX_MESSAGE: usize = 300;
const MAX_SOURCE: usize = 300;
/// What an answer to an action may have: Plex's roots, and the fields of Butler's answers to starts and
/// stops.
const CONFIRMATIONS: [&str; 5] = ["MediaContainer", "Response", "task", "outcomes", "runs"];
/// Plex's name for the activity of an asynchronous call.
const ACTIVITY_HEADER: &str = "x-plex-activity";

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) call: Call,
    /// The HTTP status.
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The token of the request, which a server may have echoed.
    pub(crate) token: Option<Token>,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success())
    }

    /// The header that says what became of a start; Plex has none.
    pub(crate) fn outcome(&self) -> Option<&str> {
        self.headers.get(OUTCOME_HEADER)?.to_str().ok()
    }

    /// The activity that goes on behind an asynchronous answer; few servers name one.
    pub(crate) fn activity(&self) -> Option<&str> {
        self.headers.get(ACTIVITY_HEADER)?.to_str().ok()
    }

    /// The body as JSON in Butler's own form.
    pub(crate) fn json<T: DeserializeOwned>(self, expected: &'static str) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|source| self.unreadable(expected, source.into()))
    }

    /// The body in Plex's form, JSON or XML, as servers old and new give it.
    pub(crate) fn plex<T: DeserializeOwned>(self, expected: &'static str) -> Result<T, Error> {
        let body = self.value(expected)?;
        T::deserialize(Lenient(body)).map_err(|source| self.unreadable(expected, source.into()))
    }

    /// The body as a value, whether it is JSON or XML.
    pub(crate) fn value(&self, expected: &'static str) -> Result<Value, Error> {
        let is_xml = self.body.trim_ascii_start().starts_with(b"<");
        let body: Result<Value, Source> = if is_xml {
            xml::read(&String::from_utf8_lossy(&self.body)).map_err(Into::into)
        } else {
            serde_json::from_slice(&self.body).map_err(Into::into)
        };
        body.map_err(|source| self.unreadable(expected, source))
    }

    /// The body as it came, if it begins as it has to.
    pub(crate) fn bytes(self, expected: &'static str, start: &[u8]) -> Result<Vec<u8>, Error> {
        if self.body.starts_with(start) {
            return Ok(self.body);
        }
        Err(self.unreadable(expected, "it begins otherwise".into()))
    }

    /// The body as JSON where there is such a body: Plex's answers to starts and stops are empty or HTML.
    pub(crate) fn json_if_any<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Sees that the answer to an action is one of a Butler or a Plex Media Server: empty, a document of
    /// theirs, or Plex's page of the status. Whatever else was asked, a router that wants a password say, did
    /// nothing.
    pub(crate) fn of_action(self) -> Result<Self, Error> {
        let expected = "the confirmation of an action";
        let text = String::from_utf8_lossy(&self.body);
        if text.trim().is_empty() || refusal::is_page_of(self.status, &text) {
            return Ok(self);
        }
        let is_theirs = match self.value(expected)? {
            Value::Object(fields) => {
                fields.is_empty() || CONFIRMATIONS.iter().any(|field| fields.contains_key(*field))
            }
            _ => false,
        };
        if is_theirs { Ok(self) } else { Err(self.unreadable(expected, "it is somebody else's".into())) }
    }

    pub(crate) fn unreadable(&self, expected: &'static str, source: Source) -> Error {
        let body_start = self.shown(&String::from_utf8_lossy(&self.body), MAX_BODY_START);
        // What reads JSON and XML quotes values of the body, so its text is cleaned too.
        let source = self.shown(&source.to_string(), MAX_SOURCE).into();
        Error::Decode { call: self.call.clone(), expected, body_start, source }
    }

    /// What a status that is no success means.
    pub(crate) fn refused(self) -> Error {
        let body = String::from_utf8_lossy(&self.body);
        let Refusal { code, message } = Refusal::read(self.status, &body);
        let is_of_gateway = refusal::is_of_gateway(&body);
        let message = self.shown(&message, MAX_MESSAGE);
        let location = self.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let location = location.map(|location| self.shown(location, MAX_MESSAGE));
        let call = self.call;
        match self.status {
            status @ 401 => Error::Unauthorized { call, code, message, status },
            status @ 400 => Error::BadRequest { call, code, message, status },
            status @ 404 if !is_of_gateway => Error::NotFound { call, code, message, status },
            status => Error::Status { call, code, message, status, location },
        }
    }

    /// The start of a server's text as it may be shown: the token goes out of the whole, then it is cut.
    fn shown(&self, text: &str, most: usize) -> String {
        Token::hidden_in(self.token.as_ref(), text).chars().take(most).collect()
    }
}
