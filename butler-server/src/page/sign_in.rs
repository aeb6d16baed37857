//! The way in: by a one-time code in an address, or by the token in a form; and out again.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use butler_library::{Token, WebSessionId};
use maud::html;

use super::flash::Flash;
use super::form::{self, Form};
use super::frame::{self, Bare};
use super::session::{self, Signed};
use crate::app::App;
use crate::error::{Presented, Problem};
use crate::params::Params;

/// The page that anybody may see.
pub(crate) const PATH: &str = "/sign-in";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(PATH, get(show).post(by_token))
        .route("/sign-out", post(sign_out))
        .route("/sessions/{id}/end", post(end))
}

/// Redeems the code of the address, if there is one; else shows the form.
async fn show(State(app): State<App>, params: Params, headers: HeaderMap) -> Result<Response, Problem> {
    session::check(&app, &Method::GET, &headers)?;
    let to = form::own_path(params.get("to").unwrap_or("/")).to_owned();
    let Some(code) = params.get("code") else { return Ok(form_page(&app, &to, None, StatusCode::OK)) };
    let code = Token::new(code).ok();
    if !code.is_some_and(|code| app.codes.redeem(&code, app.now())) {
        let sentence = "This address was used already, or is too old. A new one is printed when the server starts \
                        anew; or sign in with the token.";
        return Ok(form_page(&app, &to, Some(sentence), StatusCode::FORBIDDEN));
    }
    let secret = begin(&app, &headers).await?;
    // A redirect would be followed without the cookie if another site's page led here; the next page is
    // asked for by this one.
    let bare = Bare { title: "Signed in", refresh: Some(&to) };
    let mut response = frame::bare(
        &app,
        &bare,
        html! {
            h1 { "You are signed in." }
            p { a.button.main href=(frame::at(&app, &to)) { "Go on" } }
        },
    );
    response.headers_mut().insert(header::SET_COOKIE, session::cookie(&app, &secret));
    Ok(response)
}

/// Signs in who knows the token.
async fn by_token(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    session::check(&app, request.method(), request.headers())?;
    let headers = request.headers().clone();
    let form = <Form as axum::extract::FromRequest<()>>::from_request(request, &()).await?;
    let to = form::own_path(form.get("to").unwrap_or("/")).to_owned();
    let token = form.get("token").and_then(|text| Token::new(text).ok());
    let is_right = match token {
        Some(token) => app.library(move |library| library.lets_in(&token)).await?,
        None => false,
    };
    if !is_right {
        let sentence = "That is not the token. It stands in the file `token` of the data folder.";
        return Ok(form_page(&app, &to, Some(sentence), StatusCode::FORBIDDEN));
    }
    let secret = begin(&app, &headers).await?;
    let mut response = frame::redirect(&app, &to);
    response.headers_mut().insert(header::SET_COOKIE, session::cookie(&app, &secret));
    Ok(response)
}

async fn begin(app: &App, headers: &HeaderMap) -> Result<Token, Problem> {
    let secret = Token::random().map_err(|error| Problem::bug(&error))?;
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let (browser, now, stored) = (browser(agent), app.now(), secret.clone());
    app.library(move |library| library.begin_web_session(&stored, &browser, now)).await?;
    Ok(secret)
}

async fn sign_out(State(app): State<App>, Signed(session): Signed) -> Result<Response, Problem> {
    app.library(move |library| library.end_web_session(session)).await?;
    let mut response = frame::redirect(&app, PATH);
    response.headers_mut().insert(header::SET_COOKIE, session::no_cookie(&app));
    // What the browser kept of the pages goes too.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// Ends another session, or one's own.
async fn end(
    State(app): State<App>,
    Signed(own): Signed,
    axum::extract::Path(id): axum::extract::Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let id: WebSessionId =
        id.parse().map_err(|_| Problem::not_found(format!("There is no session {id}.")))?;
    let ended = app.library(move |library| library.end_web_session(id)).await?;
    let sentence = if ended { "That browser is signed out." } else { "That browser was signed out already." };
    app.flashes.put(own, Flash { sentence: sentence.to_owned(), is_good: true });
    Ok(frame::redirect(&app, form.back()))
}

fn form_page(app: &App, to: &str, trouble: Option<&str>, status: StatusCode) -> Response {
    let bare = Bare { title: "Sign in", refresh: None };
    let page = frame::bare(
        app,
        &bare,
        html! {
            h1 { "Sign in to " (app.friendly_name()) }
            @if let Some(trouble) = trouble { p.flash.bad role="alert" { (frame::coded(trouble)) } }
            form method="post" action=(frame::at(app, PATH)) {
                input type="hidden" name="to" value=(to);
                // A field of this kind is filled in by password managers only with a name beside it.
                input type="hidden" name="username" value="admin" autocomplete="username";
                label for="token" { "Token" }
                input #token type="password" name="token" required autocomplete="current-password" autofocus;
                button.main { "Sign in" }
            }
            p.quiet {
                "The token stands in the file " code { "token" } " of the data folder, which the server names when it \
                 starts. It also prints an address then that opens these pages without it; "
                code { "butler page --data-dir FOLDER" } " on the server's machine prints a new one."
            }
        },
    );
    (status, Extension(Presented), page).into_response()
}

/// A browser in few words, of what it says of itself: `Firefox on Linux`.
fn browser(agent: &str) -> String {
    let found = |names: &[(&str, &str)]| {
        names.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| (*name).to_owned())
    };
    // Nearly all say that they are Safari, and most of those that they are Chrome.
    let program = found(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chromium/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = found(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "A browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_by_its_own_name() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 \
                      Safari/537.36";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser(phone), "Safari on iPhone");
        assert_eq!(browser("<script>"), "A browser");
    }
}
