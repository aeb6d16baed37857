//! The one style sheet, the one script and the icon: in the program, and kept by browsers until they change.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::app::App;

/// Everything below it is open.
pub(super) const FOLDER: &str = "/assets/";

pub(super) const STYLE: &str = "/assets/page.css";
pub(super) const SCRIPT: &str = "/assets/page.js";
pub(super) const ICON: &str = "/assets/icon.svg";

const STYLE_TEXT: &str = include_str!("../../assets/page.css");
const SCRIPT_TEXT: &str = include_str!("../../assets/page.js");
const ICON_TEXT: &str = include_str!("../../assets/icon.svg");

/// Another one for each content, in the query of an asset's address.
static CONTENT: LazyLock<String> = LazyLock::new(|| {
    let digest = [STYLE_TEXT, SCRIPT_TEXT, ICON_TEXT].concat();
    Sha256::digest(digest.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(STYLE, get(|| async { asset("text/css; charset=utf-8", STYLE_TEXT) }))
        .route(SCRIPT, get(|| async { asset("text/javascript; charset=utf-8", SCRIPT_TEXT) }))
        .route(ICON, get(|| async { asset("image/svg+xml", ICON_TEXT) }))
}

/// The address of an asset, for a page.
pub(super) fn address(path: &str) -> String {
    format!("{path}?v={}", *CONTENT)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_stays_small_and_nothing_is_fetched_from_elsewhere() {
        assert!(SCRIPT_TEXT.len() < 10_000, "{} bytes", SCRIPT_TEXT.len());
        for text in [STYLE_TEXT, SCRIPT_TEXT] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
    }
}
