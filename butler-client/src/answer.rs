//! An answer that was read to its end: as JSON or XML, or as the refusal that it is.

use butler_api::OUTCOME_HEADER;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Call, Error, Source};
use crate::lenient::Lenient;
use crate::refusal::Refusal;
use crate::token::Token;
use crate::xml;

/// Characters of a body that an error shows.
const MAX_BODY_START: usize = 200;
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

    /// The body as it came.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.body
    }

    /// The body as JSON where there is such a body: Plex's answers to starts and stops are empty or HTML.
    pub(crate) fn json_if_any<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn unreadable(&self, expected: &'static str, source: Source) -> Error {
        let body_start: String = String::from_utf8_lossy(&self.body).chars().take(MAX_BODY_START).collect();
        let hidden = |text| Token::hidden_in(self.token.as_ref(), text);
        // What reads JSON and XML quotes values of the body, so its text is cleaned too.
        let (body_start, source) = (hidden(body_start), hidden(source.to_string()).into());
        Error::Decode { call: self.call.clone(), expected, body_start, source }
    }

    /// What a status that is no success means.
    pub(crate) fn refused(self) -> Error {
        let Refusal { code, message } = Refusal::read(self.status, &String::from_utf8_lossy(&self.body));
        let (call, message) = (self.call, Token::hidden_in(self.token.as_ref(), message));
        match self.status {
            status @ 401 => Error::Unauthorized { call, code, message, status },
            status @ 400 => Error::BadRequest { call, code, message, status },
            status @ 404 => Error::NotFound { call, code, message, status },
            status => Error::Status { call, code, message, status },
        }
    }
}
