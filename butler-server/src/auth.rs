//! Who may ask: everything but `/identity`, `/healthz` and the pages' way in needs the token, in the header
//! `X-Plex-Token` or in the query, or a browser that is signed in.
//!
//! The token is compared by the library, in constant time, and never logged: nothing here or elsewhere logs a
//! query.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use butler_library::Token;

use crate::app::App;
use crate::error::Problem;
use crate::serve::Connection;
use crate::{page, params};

const TOKEN: &str = "X-Plex-Token";

/// What anybody may ask: whether there is a server, and whether it is well.
const OPEN: [&str; 2] = ["/identity", "/healthz"];

/// Lets a request through that is open, carries the token, or comes from a browser that is signed in.
pub(crate) async fn require_token(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if OPEN.contains(&path) || page::is_open(path) {
        return next.run(request).await;
    }
    let let_in = match token(request.headers(), request.uri()) {
        Some(text) => by_token(&app, text).await,
        None => page::require_session(&app, &mut request).await,
    };
    if let Err(problem) = let_in {
        return problem.into_response();
    }
    // A request that came without a socket has no connection.
    if let Some(connection) = request.extensions().get::<Connection>() {
        connection.known();
    }
    next.run(request).await
}

async fn by_token(app: &App, text: String) -> Result<(), Problem> {
    let token = Token::new(text).map_err(|_| Problem::unauthorized())?;
    let is_let_in = app.library(move |library| library.lets_in(&token)).await?;
    if is_let_in { Ok(()) } else { Err(Problem::unauthorized()) }
}

/// The token that a request carries: that of the header, else that of the query.
fn token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    if let Some(value) = headers.get(TOKEN) {
        return value.to_str().ok().map(|value| value.trim().to_owned());
    }
    params::query(uri).into_iter().find(|(name, _)| name.eq_ignore_ascii_case(TOKEN)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(header: Option<&'static str>, uri: &'static str, expect: Option<&str>) {
        let headers = header.map(|value| (TOKEN.parse().unwrap(), HeaderValue::from_static(value)));
        assert_eq!(
            token(&HeaderMap::from_iter(headers), &Uri::from_static(uri)).as_deref(),
            expect,
            "{header:?} {uri}"
        );
    }

    #[test]
    fn the_token_is_found_in_header_and_query() {
        check(Some("abc"), "/butler", Some("abc"));
        check(None, "/butler?X-Plex-Token=abc", Some("abc"));
        check(None, "/butler?a=b&x-plex-token=a%62c", Some("abc"));
        check(None, "/butler/?X-Plex-Token=abc&X-Plex-Client-Identifier=x", Some("abc"));
    }

    #[test]
    fn the_header_goes_before_the_query() {
        check(Some("abc"), "/butler?X-Plex-Token=def", Some("abc"));
    }

    #[test]
    fn nothing_else_is_taken_for_a_token() {
        check(None, "/butler", None);
        check(None, "/butler?token=abc", None);
        check(None, "/X-Plex-Token=abc", None);
    }
}
