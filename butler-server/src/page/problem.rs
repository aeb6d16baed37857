//! A request that can't be answered, as a page: for browsers only, which ask for one by name.

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use maud::html;

use super::frame::{self, Bare};
use super::sign_in;
use crate::app::App;

/// Whether a page is asked for, as browsers do where a person looks: clients of Plex's name no HTML.
pub(crate) fn is_for_people(headers: &HeaderMap) -> bool {
    names(headers, "text/html")
}

/// Whether an error is told to a person: to a browser that looks, or that sends a form. Plex's actions answer
/// an empty page, so that some of its clients name HTML where they act; no browser does without XHTML beside.
pub(crate) fn is_told_to_people(method: &Method, headers: &HeaderMap) -> bool {
    is_for_people(headers)
        && (matches!(*method, Method::GET | Method::HEAD) || names(headers, "application/xhtml+xml"))
}

fn names(headers: &HeaderMap, wanted: &str) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted)))
}

/// The page; for who is not signed in, the way to the form.
pub(crate) fn present(app: &App, method: &Method, uri: &Uri, status: StatusCode, sentence: &str) -> Response {
    if status == StatusCode::UNAUTHORIZED {
        let to =
            if *method == Method::GET { uri.path_and_query().map_or("/", |path| path.as_str()) } else { "/" };
        let to = percent_encoding::utf8_percent_encode(to, percent_encoding::NON_ALPHANUMERIC);
        return frame::redirect(app, &format!("{}?to={to}", sign_in::PATH));
    }
    let title = match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::SERVICE_UNAVAILABLE => "Not now",
        StatusCode::INTERNAL_SERVER_ERROR => "A fault",
        _ => "That did not work",
    };
    let mut page = frame::bare(
        app,
        &Bare { title, refresh: None },
        html! {
            h1 { (title) }
            p { (frame::coded(sentence)) }
            p { a.button href=(frame::at(app, "/")) { "To the first page" } }
        },
    );
    *page.status_mut() = status;
    page
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_who_names_html_is_a_person() {
        let is_person = |accept: &'static str| {
            is_for_people(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert!(is_person("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        for program in
            ["*/*", "application/json", "text/*", "application/xml", "image/avif,image/webp,*/*;q=0.8"]
        {
            assert!(!is_person(program), "{program}");
        }
        assert!(!is_for_people(&HeaderMap::new()));
    }
}
