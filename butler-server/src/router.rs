//! The router, with all that goes round it: bounds, token, time limit, errors.
//!
//! It holds no route: those stand beside their handlers, below [`crate::plex`], [`crate::v1`] and
//! [`crate::page`].

use std::any::Any;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::error::{self, Problem};
use crate::metrics::Metrics;
use crate::words::{self, KnownWords};
use crate::{accept, auth, metrics, openapi, page, plex, v1};

/// Nothing but the pages' forms is read, and these have a limit of their own; what a client sends all the
/// same may be this long.
const LARGEST_BODY_BYTES: usize = 64 << 10;
/// A path of 4,096 bytes in base64 and percent-encoded fits, with room for a few locations.
const LONGEST_URL_BYTES: usize = 16 << 10;
/// Names and values of all headers together.
const LARGEST_HEADERS_BYTES: usize = 32 << 10;
/// A handler that has not begun to answer by then is given up. A mount that hangs is given 30 seconds
/// elsewhere.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A dry run reads what its task would read, a whole database say.
const DRY_RUN_WITHIN: Duration = Duration::from_secs(30 * 60);

/// Every route, and their description; the document is made of the same.
fn routes() -> (Router<App>, OpenApi) {
    let all = OpenApiRouter::with_openapi(openapi::head())
        .merge(plex::routes())
        .merge(v1::routes())
        .merge(openapi::routes())
        .merge(metrics::routes());
    let (routes, mut described) = all.split_for_parts();
    // The framework takes a colon for a mistake unless it is told otherwise, and forgets that when routers
    // are merged.
    let (with_colons, too) = plex::routes_with_colons().split_for_parts();
    described.merge(too);
    (routes.without_v07_checks().merge(with_colons), described)
}

/// The server as a service, without a socket.
pub fn router(app: App) -> Router {
    let counted = (app.metrics.clone(), own_version(&app));
    let presents = app.clone();
    let (mut routes, described) = routes();
    // They are for people, and so described to nobody.
    routes = routes.merge(page::routes());
    // For tests only, and described to nobody either.
    if app.clock.is_driven() {
        routes = routes.merge(v1::clock_routes());
    }
    let routes = routes
        .fallback(|| async { Problem::not_found("There is nothing at this address.") })
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(KnownWords::of(&described), words::refuse_unknown))
        .layer(Extension(openapi::document(described)))
        .layer(from_fn_with_state(app.clone(), auth::require_token))
        .with_state(app);
    // Slashes are cut before the routes are looked at, so this layer stands outside of them.
    Router::new()
        .fallback_service(map_request(without_last_slash).layer(routes))
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(bounded))
        .layer(from_fn_with_state(presents, error::present))
        .layer(from_fn_with_state(counted, told))
}

/// `OPTIONS` is answered with the header `Allow`, which the framework adds to this answer as to a 405.
async fn no_such_method(method: Method) -> Response {
    if method == Method::OPTIONS { accept::empty() } else { StatusCode::METHOD_NOT_ALLOWED.into_response() }
}

/// Plex's routes are known with and without a slash at the end.
async fn without_last_slash(mut request: Request<Body>) -> Request<Body> {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    // A path in base64 may end in a slash that means something; its handler tries both.
    if trimmed.len() == path.len() || trimmed.starts_with("/services/browse/") {
        return request;
    }
    let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
    let text = request.uri().query().map_or_else(|| trimmed.to_owned(), |query| format!("{trimmed}?{query}"));
    if let Ok(path_and_query) = PathAndQuery::try_from(text) {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Refuses what is too long or does not say which host it is for, and gives up on what takes too long.
async fn bounded(request: Request, next: Next) -> Response {
    // RFC 9112, section 3.2: between two of them each proxy on the way may choose another.
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Problem::bad_request(format!("The request has {hosts} headers `Host`; it needs one."))
            .into_response();
    }
    if request.uri().path().len() + request.uri().query().map_or(0, str::len) > LONGEST_URL_BYTES {
        return Problem::new(
            StatusCode::URI_TOO_LONG,
            format!("The address is longer than {LONGEST_URL_BYTES} bytes."),
        )
        .into_response();
    }
    if request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
        > LARGEST_HEADERS_BYTES
    {
        let sentence = format!("The headers are longer than {LARGEST_HEADERS_BYTES} bytes.");
        return Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, sentence).into_response();
    }
    let given_up = || {
        Problem::unavailable(
            "The answer took too long, perhaps since a disk or mount does not answer. Try again later.",
        )
    };
    let path = request.uri().path();
    let is_slow = v1::is_dry_run(path) || v1::is_step(path);
    let within = if is_slow { DRY_RUN_WITHIN } else { ANSWER_WITHIN };
    tokio::time::timeout(within, next.run(request)).await.unwrap_or_else(|_| given_up().into_response())
}

/// Adds the headers of every answer, and tells the log of it: the path only, for a query may hold the token.
async fn told(
    State((metrics, own_version)): State<(Metrics, HeaderValue)>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path, since) = (request.method().clone(), request.uri().path().to_owned(), Instant::now());
    let mut response = next.run(request).await;
    metrics.answered(&method, response.status().as_u16(), since.elapsed());
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-plex-protocol"), HeaderValue::from_static("1.0"));
    headers.insert(HeaderName::from_static("x-butler-version"), own_version);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    tracing::debug!(%method, path, status = response.status().as_u16(), micros = since.elapsed().as_micros() as u64, "answered");
    response
}

fn own_version(app: &App) -> HeaderValue {
    HeaderValue::from_str(&app.about.version).unwrap_or(HeaderValue::from_static("unknown"))
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let words =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::bug(&std::io::Error::other(words.unwrap_or("a handler panicked").to_owned())).into_response()
}
