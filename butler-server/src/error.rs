//! The one place where the words of library and engine become a person's: a [`Problem`] is a status and one
//! sentence, and [`present`] gives it the form that the client reads: JSON where `Accept` names it, a page
//! for people where it names HTML, else Plex's short page.
//!
//! Input never leads to a 500: that status is for a fault of Butler's own, and its cause goes to the log
//! only.

use std::error::Error;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use butler_api::plex::{ErrorEntry, Errors};
use butler_library::{CheckBlobsError, OpenProductError, RootError, SectionError, StoreError};
use butler_product::bif::BifError;

use crate::accept::{self, Wants};
use crate::app::App;
use crate::page;

/// A request that can't be answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    sentence: String,
}

impl Problem {
    /// Something in the request is wrong; the sentence says what, and what would be right.
    pub(crate) fn bad_request(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// The token is missing or wrong. Plex's words, which clients know.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "User could not be authenticated")
    }

    /// It is not for who asks to change.
    pub(crate) fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, sentence)
    }

    /// What is asked for is not there.
    pub(crate) fn not_found(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, sentence)
    }

    /// It can't be done any more: the sentence says what is so.
    pub(crate) fn conflict(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, sentence)
    }

    /// It can't be done now, and may be later.
    pub(crate) fn unavailable(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
    }

    /// A fault of Butler's own.
    pub(crate) fn bug(error: &dyn Error) -> Self {
        tracing::error!(error = %chain(error), "a request met a fault of Butler's own");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Butler met a fault of its own. Its log says more; please report it.",
        )
    }

    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }

    /// Whether it is a fault of Butler's own.
    pub(crate) fn is_bug(&self) -> bool {
        self.status == StatusCode::INTERNAL_SERVER_ERROR
    }

    /// Whether it can't be done as things are.
    pub(crate) fn is_conflict(&self) -> bool {
        self.status == StatusCode::CONFLICT
    }

    /// What is wrong, for a person.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The number for programs: see [`ErrorEntry::code`].
    fn code(&self) -> u32 {
        match self.status {
            StatusCode::BAD_REQUEST => 1000,
            StatusCode::UNAUTHORIZED => 1001,
            StatusCode::NOT_FOUND => 1002,
            _ => 1003,
        }
    }

    fn page(&self) -> String {
        let status = self.status.as_u16();
        let words = self.status.canonical_reason().unwrap_or("Error");
        // Plex's pages for 401 and 404 are known and are given byte for byte; the others may say what is
        // wrong.
        let more = match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => String::new(),
            _ => format!("<p>{}</p>", escaped(&self.sentence)),
        };
        format!(
            "<html><head><title>{words}</title></head><body><h1>{status} {words}</h1>{more}</body></html>"
        )
    }
}

impl From<butler_engine::Gone> for Problem {
    fn from(_: butler_engine::Gone) -> Self {
        Self::unavailable("The server is shutting down. Try again when it is up.")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unknown { what, id } => Self::not_found(format!("There is no {what} {id}.")),
            StoreError::Full(_) => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "The disk that holds the data folder is full, so nothing can be stored. Free some space and \
                 try again.",
            ),
            StoreError::ReadOnly(_) => {
                Self::unavailable("The data folder or its disk is read-only. Make it writable and try again.")
            }
            StoreError::Locked(_) => {
                Self::unavailable("Another program holds the database. Close it and try again.")
            }
            StoreError::Closed => butler_engine::Gone.into(),
            _ => Self::bug(&error),
        }
    }
}

impl From<SectionError> for Problem {
    fn from(error: SectionError) -> Self {
        match error {
            SectionError::Store(error) => error.into(),
            SectionError::Root(error) => error.into(),
            SectionError::NoRandom => Self::bug(&error),
            _ => Self::bad_request(sentence(&error)),
        }
    }
}

impl From<RootError> for Problem {
    fn from(error: RootError) -> Self {
        match error {
            RootError::Store(error) => error.into(),
            RootError::Away(_) => Self::unavailable(sentence(&error)),
            _ => Self::bad_request(sentence(&error)),
        }
    }
}

impl From<OpenProductError> for Problem {
    /// What is lost is not there: the next run makes it anew.
    fn from(error: OpenProductError) -> Self {
        match error {
            OpenProductError::Store(error) => error.into(),
            OpenProductError::Lost { kind, loss } => Self::not_found(format!(
                "The {kind} of this file was made and is lost: {loss}. The next run of its task makes it \
                 anew."
            )),
            OpenProductError::Unreadable { kind, source } => Self::unavailable(format!(
                "The {kind} of this file is there and can't be read: {}. Mend that, or have it made anew: \
                 `butler remake`.",
                chain(&source)
            )),
        }
    }
}

impl From<CheckBlobsError> for Problem {
    fn from(error: CheckBlobsError) -> Self {
        match error {
            CheckBlobsError::Store(error) => error.into(),
            CheckBlobsError::Blob(error) => Self::unavailable(format!(
                "The folder of blobs can't be looked at: {}. Mend that and try again.",
                chain(&error)
            )),
        }
    }
}

impl From<BifError> for Problem {
    /// A blob that was made here and can't be read is no fault of the request.
    fn from(error: BifError) -> Self {
        Self::bug(&error)
    }
}

impl IntoResponse for Problem {
    /// Without a body: [`present`] knows the form that the client reads.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks an answer whose body says already what is wrong: a form that is shown again.
#[derive(Clone)]
pub(crate) struct Presented;

/// Gives every error its body, those of the framework too (404, 405, 413), and takes the body from answers to
/// `HEAD`.
pub(crate) async fn present(State(app): State<App>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let is_head = method == Method::HEAD;
    let in_json = Wants::of(request.headers()).names_json || is_json_only(uri.path());
    let is_for_people = !in_json && page::is_told_to_people(&method, request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let is_presented = response.extensions().get::<Presented>().is_some();
    if is_presented || (!status.is_client_error() && !status.is_server_error()) {
        return response;
    }
    let (mut head, _) = response.into_parts();
    let problem =
        head.extensions.remove::<Problem>().unwrap_or_else(|| Problem::new(status, sentence_of(status)));
    if is_for_people {
        let mut answer = page::present_problem(&app, &method, &uri, problem.status, &problem.sentence);
        head.headers.remove(header::CONTENT_TYPE);
        head.headers.remove(header::CONTENT_LENGTH);
        answer.headers_mut().extend(head.headers);
        return answer;
    }
    let (content_type, body) = if in_json {
        let entry = ErrorEntry { code: problem.code(), status: status.as_u16(), message: problem.sentence };
        (accept::JSON, serde_json::to_string(&Errors { errors: vec![entry] }).unwrap_or_default())
    } else {
        (accept::HTML, problem.page())
    };
    head.headers.insert(header::CONTENT_TYPE, content_type);
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(head, if is_head { Body::empty() } else { body.into() })
}

/// Whether everything below this path is JSON, whatever `Accept` says.
pub(crate) fn is_json_only(path: &str) -> bool {
    path.starts_with("/api/") || matches!(path, "/healthz" | "/openapi.json")
}

fn sentence_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing at this address.",
        StatusCode::METHOD_NOT_ALLOWED => {
            "This address does not take that method; the header `Allow` says which it takes."
        }
        StatusCode::PAYLOAD_TOO_LARGE => "The request's body is larger than anything here takes.",
        _ => "The request can't be answered.",
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace(|letter: char| letter.is_control(), "\u{fffd}")
}

/// A library's lower-case fragment as a sentence, without its causes, which are for the log.
pub(crate) fn sentence(error: &dyn Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// An error with its causes on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_401_and_404_are_those_of_plex() {
        assert_eq!(
            Problem::unauthorized().page(),
            "<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"
        );
        assert_eq!(
            Problem::not_found("There is no task `x`.").page(),
            "<html><head><title>Not Found</title></head><body><h1>404 Not Found</h1></body></html>"
        );
    }

    #[test]
    fn a_page_never_repeats_markup_of_the_request() {
        assert!(Problem::bad_request("`<script>` is no number.").page().contains("&lt;script&gt;"));
    }

    #[test]
    fn the_words_of_the_library_become_sentences() {
        let overlap = SectionError::RootsOverlap { inner: "/films/new".into(), outer: "/films".into() };
        let away = RootError::Away(butler_library::RootAway { root: "/mnt/nas".into(), seconds: 30 });
        let gone =
            RootError::Unreachable { path: "/films".into(), source: std::io::ErrorKind::NotFound.into() };
        let holds = RootError::HoldsDataFolder { root: "/".into(), data_dir: "/var/butler".into() };
        let outside = RootError::NotAllowed { path: "/etc".into(), allowed: "/films, /music".into() };
        let shown: Vec<String> = [
            StoreError::Unknown { what: "section", id: 7 }.into(),
            StoreError::Closed.into(),
            SectionError::NoName.into(),
            SectionError::UnfitName.into(),
            SectionError::NoRoots.into(),
            overlap.into(),
            SectionError::Root(gone).into(),
            RootError::Relative("films".into()).into(),
            RootError::NotAFolder("/films/Heat.mkv".into()).into(),
            RootError::InsideDataFolder("/var/butler/blobs".into()).into(),
            holds.into(),
            outside.into(),
            away.into(),
        ]
        .map(|problem: Problem| format!("{} {}", problem.status.as_u16(), problem.sentence))
        .into();
        assert_eq!(
            shown,
            [
                "404 There is no section 7.",
                "503 The server is shutting down. Try again when it is up.",
                "400 A section needs a name.",
                "400 A section's name is one line of at most 100 characters.",
                "400 A section needs at least one folder.",
                "400 The folders `/films/new` and `/films` of one section overlap: leave one of them out.",
                "400 `/films` can't be used: it does not exist.",
                "400 `films` is not an absolute path: begin it with a slash.",
                "400 `/films/Heat.mkv` is not a folder.",
                "400 `/var/butler/blobs` lies inside Butler's own data folder.",
                "400 `/` holds Butler's own data folder `/var/butler`: choose the folders of media beside \
                 it.",
                "400 `/etc` is not under an allowed root; allowed are: /films, /music.",
                "503 `/mnt/nas` did not answer within 30 s.",
            ]
        );
    }
}
