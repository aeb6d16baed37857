//! Who is signed in: the cookie, and the door that it opens. The library keeps the sessions, so that they
//! outlive a restart.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use butler_engine::settings::{HOST_NAMES, PATH_PREFIX};
use butler_library::{Token, WEB_SESSION_LASTS, WebSession, WebSessionId};

use super::guard::KnownHosts;
use crate::app::App;
use crate::error::Problem;

/// The session of a request, once the door let it through by its cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed(pub(super) WebSessionId);

/// Lets a request through whose browser is signed in: it came under a known name, and a change came from a
/// page of this server.
pub(crate) async fn require(app: &App, request: &mut Request) -> Result<(), Problem> {
    let secret = secret(request.headers(), &cookie_name(app)).ok_or_else(Problem::unauthorized)?;
    check(app, request.method(), request.headers())?;
    let now = app.now();
    let session = app.library(move |library| library.web_session(&secret, now)).await?;
    let WebSession { id, .. } = session.ok_or_else(Problem::unauthorized)?;
    request.extensions_mut().insert(Signed(id));
    Ok(())
}

/// Refuses what may be asked for by another site.
pub(super) fn check(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let settings = app.handle.settings();
    let further = settings.text(&HOST_NAMES);
    KnownHosts { machine: &app.about.host_name, further: &further }.check(method, headers)
}

/// The header that gives a browser its secret.
pub(super) fn cookie(app: &App, secret: &Token) -> HeaderValue {
    let seconds = WEB_SESSION_LASTS.as_secs();
    written(app, &format!("{}; Max-Age={seconds}", secret.reveal()))
}

/// The header that takes it back.
pub(super) fn no_cookie(app: &App) -> HeaderValue {
    written(app, "; Max-Age=0")
}

fn written(app: &App, value: &str) -> HeaderValue {
    let settings = app.handle.settings();
    let prefix = settings.text(&PATH_PREFIX);
    let path = if prefix.is_empty() { "/" } else { &*prefix };
    let text = format!("{}={value}; Path={path}; HttpOnly; SameSite=Strict", cookie_name(app));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Cookies are shared by all ports of a machine, so each server has one of its own name.
fn cookie_name(app: &App) -> String {
    let id = app.handle.library().server_id();
    format!("butler_{}", id.get(..8).unwrap_or(id))
}

fn secret(headers: &HeaderMap, name: &str) -> Option<Token> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).and_then(|(_, value)| Token::new(value).ok())
}

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Who has the token and no session is a program, and may see pages too; it has no forms to post.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Problem::forbidden("This address is for browsers that are signed in; programs have `/api/v1`.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_that_of_the_cookie_of_this_name() {
        let found = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
            secret(&headers, "butler_1").map(|token| token.reveal().to_owned())
        };
        assert_eq!(found("a=b; butler_1=abc; c=d").as_deref(), Some("abc"));
        assert_eq!(found("butler_1=abc").as_deref(), Some("abc"));
        assert_eq!(found("butler_2=abc"), None);
        assert_eq!(found("xbutler_1=abc"), None);
        assert_eq!(found("butler_1="), None);
    }
}
