//! JSON or XML: what a client's `Accept` prefers. Both forms come from one body.
//!
//! It never refuses a client: who wants neither gets XML, as from Plex.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Problem;

/// `Content-Type` of Plex's XML, as Plex writes it.
pub(crate) const XML: HeaderValue = HeaderValue::from_static("text/xml;charset=utf-8");
/// `Content-Type` of JSON.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// `Content-Type` of pages, and of Plex's empty bodies.
pub(crate) const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// What a client wants, read from its `Accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wants {
    /// Whether it would rather have JSON than XML.
    prefers_json: bool,
    /// Whether it says `application/json` in so many words.
    pub(crate) names_json: bool,
}

impl Wants {
    /// Reads all `Accept` headers of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut json = Quality::default();
        let mut xml = Quality::default();
        for value in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for range in value.split(',') {
                let (range, q) = weighed(range);
                let closeness = match range.as_str() {
                    "*/*" => 1,
                    "application/*" | "text/*" => 2,
                    _ => 3,
                };
                if matches!(range.as_str(), "*/*" | "application/*" | "application/json") {
                    json.heed(closeness, q);
                }
                if matches!(
                    range.as_str(),
                    "*/*" | "application/*" | "text/*" | "application/xml" | "text/xml"
                ) {
                    xml.heed(closeness, q);
                }
            }
        }
        // At equal weight it is JSON for who named it, as from Plex, and XML for `*/*`.
        let names_json = json.closeness == 3 && json.q > 0;
        Self { prefers_json: json.q > xml.q || (names_json && json.q == xml.q), names_json }
    }

    /// A body in the form wanted.
    pub(crate) fn answer(self, body: &impl Serialize) -> Result<Response, Problem> {
        if self.prefers_json {
            return json(body);
        }
        let text = butler_api::xml::to_xml(body).map_err(|error| Problem::bug(&error))?;
        Ok(([(header::CONTENT_TYPE, XML)], text).into_response())
    }

    /// The answer to an action: JSON for who names it, else empty, as Plex's is, for clients parse any other
    /// as XML.
    pub(crate) fn answer_action(
        self,
        status: StatusCode,
        body: &impl Serialize,
    ) -> Result<Response, Problem> {
        let mut response = if self.names_json { json(body)? } else { empty() };
        *response.status_mut() = status;
        Ok(response)
    }
}

/// Plex's empty body.
pub(crate) fn empty() -> Response {
    ([(header::CONTENT_TYPE, HTML)], ()).into_response()
}

/// A body in JSON, whatever the client prefers.
pub(crate) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::bug(&error))?;
    Ok(([(header::CONTENT_TYPE, JSON)], text).into_response())
}

impl<S: Sync> FromRequestParts<S> for Wants {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// The weight of one form: that of the range that comes closest to it.
#[derive(Debug, Clone, Copy, Default)]
struct Quality {
    closeness: u8,
    /// In thousandths.
    q: u16,
}

impl Quality {
    fn heed(&mut self, closeness: u8, q: u16) {
        if closeness > self.closeness {
            *self = Self { closeness, q };
        } else if closeness == self.closeness {
            self.q = self.q.max(q);
        }
    }
}

/// A range in lower case and its weight in thousandths, 1,000 where none or nonsense is given (RFC 9110,
/// section 12.4.2).
fn weighed(range: &str) -> (String, u16) {
    let mut pieces = range.split(';').map(str::trim);
    let name = pieces.next().unwrap_or_default().to_ascii_lowercase();
    let q = pieces.find_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")));
    let q = q.and_then(|q| q.parse::<f32>().ok()).filter(|q| (0.0..=1.0).contains(q)).unwrap_or(1.0);
    (name, (q * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, json: bool, names_json: bool) {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]);
        assert_eq!(Wants::of(&headers), Wants { prefers_json: json, names_json }, "{accept}");
    }

    #[test]
    fn a_client_without_accept_gets_xml() {
        assert_eq!(Wants::of(&HeaderMap::new()), Wants { prefers_json: false, names_json: false });
    }

    #[test]
    fn json_is_for_those_who_prefer_it() {
        check("application/json", true, true);
        check("application/json, text/plain, */*", true, true);
        check("Application/JSON; q=0.9, text/xml;q=0.8", true, true);
        check("application/json, application/xml", true, true);
        check("application/json;charset=utf-8", true, true);
    }

    #[test]
    fn xml_is_for_everyone_else() {
        check("*/*", false, false);
        check("", false, false);
        check("text/html", false, false);
        check("application/*", false, false);
        check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false, false);
        check("application/json;q=0.5, application/xml", false, true);
        check("application/json;q=0", false, false);
        check("application/json;q=0, */*", false, false);
    }

    #[test]
    fn several_headers_count_as_one() {
        let mut headers = HeaderMap::new();
        headers.append(header::ACCEPT, HeaderValue::from_static("text/xml;q=0.5"));
        headers.append(header::ACCEPT, HeaderValue::from_static("application/json"));
        assert!(Wants::of(&headers).prefers_json);
    }

    #[test]
    fn a_weight_that_is_none_counts_as_one() {
        check("application/json;q=nonsense, text/xml;q=0.9", true, true);
        check("application/json;q=7", true, true);
    }
}
