//! A form that a page posts: the only bodies that this server reads, and small ones. What it says is read
//! like a query.

use std::path::PathBuf;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{StatusCode, header};

use crate::error::Problem;
use crate::params::{self, Params};

/// The largest form, with a note and a folder's path in percent-encoding.
const LARGEST_BYTES: usize = 16 << 10;

/// All of it must be there within this time.
const WITHIN: Duration = Duration::from_secs(10);

/// The fields of a form.
pub(super) struct Form(Params);

impl Form {
    /// A field that is not blank.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// Whether a box is ticked.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        self.0.flag(name)
    }

    /// A path, byte for byte.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.paths(name).into_iter().next()
    }

    /// Every field but that which says where to go back to; of one that is there twice the last, as a box
    /// that is ticked stands behind the hidden field that says "no".
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in self.0.words().filter(|(name, _)| *name != "back") {
            match fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => value.clone_into(known),
                None => fields.push((name.to_owned(), value.to_owned())),
            }
        }
        fields
    }

    /// The page to go back to: a path of this server, never another's address.
    pub(super) fn back(&self) -> &str {
        own_path(self.get("back").unwrap_or("/"))
    }
}

/// A path of this server, or `/` in place of what leads elsewhere.
pub(super) fn own_path(path: &str) -> &str {
    let leads_elsewhere = !path.starts_with('/')
        || path[1..].starts_with(['/', '\\'])
        || path.contains(|letter: char| letter.is_control());
    if leads_elsewhere { "/" } else { path }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This address takes the form of its page.",
            ));
        }
        let bytes = arrived(request, WITHIN).await?;
        Ok(Self(params::form(&String::from_utf8_lossy(&bytes))))
    }
}

async fn arrived(mut request: Request, within: Duration) -> Result<Bytes, Problem> {
    DefaultBodyLimit::max(LARGEST_BYTES).apply(&mut request);
    let bytes = tokio::time::timeout(within, Bytes::from_request(request, &())).await.map_err(|_| {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive. Send it again.")
    })?;
    bytes.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The form is larger than any of these pages.")
        }
        // The connection broke off, or what it sent is no HTTP.
        _ => Problem::bad_request("The form did not arrive whole. Send it again."),
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use axum::body::Body;
    use axum::response::IntoResponse;
    use futures_util::stream;

    use super::*;

    fn form(text: &str) -> Form {
        Form(params::form(text))
    }

    #[test]
    fn a_ticked_box_stands_over_the_hidden_no() {
        let fields = form("a=0&a=1&b=x+y&back=%2Ftasks").fields();
        assert_eq!(fields, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x y".to_owned())]);
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        for (back, expect) in [
            ("/tasks", "/tasks"),
            ("/runs?task=X", "/runs?task=X"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a%0d%0ab", "/"),
            ("", "/"),
        ] {
            assert_eq!(form(&format!("back={back}")).back(), expect, "{back}");
        }
    }

    #[tokio::test]
    async fn a_form_that_does_not_come_is_given_up() {
        let request = Request::new(Body::from_stream(stream::pending::<Result<Bytes, io::Error>>()));
        let problem = arrived(request, Duration::from_millis(1)).await.unwrap_err();
        assert_eq!(problem.into_response().status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_is_not_called_too_large() {
        let status = async |parts: Vec<Result<Bytes, io::Error>>| {
            let request = Request::new(Body::from_stream(stream::iter(parts)));
            let arrived = arrived(request, WITHIN).await;
            arrived.map_or_else(|problem| problem.into_response().status(), |_| StatusCode::OK)
        };
        let part = || Ok(Bytes::from(vec![b'a'; LARGEST_BYTES]));
        let broken = || Err(io::ErrorKind::ConnectionReset.into());
        assert_eq!(status(vec![part()]).await, StatusCode::OK);
        assert_eq!(status(vec![Ok(Bytes::from("a=1")), broken()]).await, StatusCode::BAD_REQUEST);
        assert_eq!(status(vec![part(), part()]).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
