//! A word of the query that a route of Butler's own API does not know is refused by name: `?limit=5` where
//! the word is `size` would else be answered as if nothing had been asked. What a route knows is what its
//! description names. All of it stands in the query: a body, which nobody would read, is refused too.
//!
//! Plex's routes are no matter of this layer: their clients send words to all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use crate::error::Problem;
use crate::params;

/// Butler's own API.
const OWN: &str = "/api/v1/";
const UNREAD_BODY: &str =
    "This address reads no body: write what it takes into the query, as in `?NAME=VALUE`.";
/// Its words are the settings' ids, and its handler refuses those that are none.
const TAKES_SETTINGS: (Method, &str) = (Method::PUT, "/api/v1/settings");

/// The words of a path's routes, by their method.
type OfPath = Vec<(Method, Vec<String>)>;

/// The words of each route, by its path and method.
#[derive(Clone)]
pub(crate) struct KnownWords(Arc<BTreeMap<String, OfPath>>);

impl KnownWords {
    /// Those that the routes' descriptions name.
    pub(crate) fn of(described: &OpenApi) -> Self {
        let own = described.paths.paths.iter().filter(|(path, _)| path.starts_with(OWN));
        let of_path = own.map(|(path, item)| {
            let operations = [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::DELETE, &item.delete),
            ];
            let described = operations
                .into_iter()
                .filter_map(|(method, operation)| Some((method, words(operation.as_ref()?))));
            let described = described
                .filter(|(method, _)| (method, path.as_str()) != (&TAKES_SETTINGS.0, TAKES_SETTINGS.1));
            (path.clone(), described.collect())
        });
        Self(Arc::new(of_path.collect()))
    }

    fn of_route(&self, path: &str, method: &Method) -> Option<&[String]> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.get(path)?.iter().find(|(known, _)| known == method).map(|(_, words)| words.as_slice())
    }
}

fn words(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    parameters
        .filter(|parameter| parameter.parameter_in == ParameterIn::Query)
        .map(|parameter| parameter.name.clone())
        .collect()
}

/// Lets a request through whose words its route knows.
pub(crate) async fn refuse_unknown(
    State(known): State<KnownWords>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route.is_some_and(|path| path.starts_with(OWN)) && request.body().size_hint().upper() != Some(0) {
        return Problem::bad_request(UNREAD_BODY).into_response();
    }
    if let Some(known) = route.and_then(|path| known.of_route(path, request.method()))
        && let Some(problem) = unknown(known, params::query(request.uri()))
    {
        return problem.into_response();
    }
    next.run(request).await
}

fn unknown(known: &[String], query: Vec<(String, String)>) -> Option<Problem> {
    let mut words = query.into_iter().map(|(word, _)| word).filter(|word| !params::is_plex(word));
    let word = words.find(|word| !known.contains(word))?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let takes = if known.is_empty() { "none".into() } else { known.join(", ") };
    Some(Problem::bad_request(format!("`{word}` is no parameter of this address; it takes: {takes}.")))
}
