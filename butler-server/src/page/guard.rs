//! What keeps other sites out of a signed-in browser: the name by which it asked (`Host`), and the page that
//! asked (`Origin`). Pure.
//!
//! A site that points its own name at this machine (DNS rebinding) asks with that name, so only addresses,
//! this machine's own names and those of a setting are taken. A form of another site says whose it is.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, header};

use crate::error::Problem;

/// The names under which a browser may ask.
pub(super) struct KnownHosts<'a> {
    /// This machine's own name.
    pub(super) machine: &'a str,
    /// Further ones, as the setting has them.
    pub(super) further: &'a str,
}

impl KnownHosts<'_> {
    /// Refuses a request under a name that nobody gave this server, and a change that another site's page
    /// asks for.
    pub(super) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        let host = text(headers, header::HOST);
        let name = host_name(host);
        if !self.knows(name) {
            return Err(Problem::forbidden(format!(
                "The pages are not served under the name `{name}`. If it is this server's, add it to the setting \
                 ButlerHostNames."
            )));
        }
        // A WebSocket is opened by a GET, and no browser keeps another site from reading it.
        let is_read = method.is_safe() && !headers.contains_key(header::UPGRADE) && !is_embedded(headers);
        if is_read || self.is_own(headers, host) {
            Ok(())
        } else {
            Err(Problem::forbidden("The change was asked for by a page of another site, and was not made."))
        }
    }

    fn knows(&self, name: &str) -> bool {
        name.parse::<IpAddr>().is_ok()
            || ["localhost", self.machine].iter().any(|own| is_own_name(own, name))
            || self.further().any(|further| name.eq_ignore_ascii_case(further))
    }

    /// Whether the page that asks is of this server. A browser names it with every change.
    fn is_own(&self, headers: &HeaderMap, host: &str) -> bool {
        let origin = text(headers, header::ORIGIN);
        let Some((_, authority)) = origin.split_once("://") else { return false };
        // A proxy may ask under another name than the browser did; then the name must be a known one.
        authority.eq_ignore_ascii_case(host)
            || self.further().any(|further| host_name(authority).eq_ignore_ascii_case(further))
    }

    /// No name is none.
    fn further(&self) -> impl Iterator<Item = &str> {
        self.further.split(',').filter(|name| !name.is_empty())
    }
}

/// Whether a browser says that another site's page asks for something to put into itself. A link that a
/// person follows is no such thing; a cookie goes with requests of other ports of this machine too, and
/// Plex's API has changes that are asked for by GET.
fn is_embedded(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let mode = headers.get("sec-fetch-mode").and_then(|mode| mode.to_str().ok());
    !matches!(site, None | Some("same-origin" | "none")) && mode != Some("navigate")
}

/// `nas`, and `nas.local` as it is called on its network.
fn is_own_name(own: &str, name: &str) -> bool {
    let short = name.strip_suffix(".local").unwrap_or(name);
    !own.is_empty() && (name.eq_ignore_ascii_case(own) || short.eq_ignore_ascii_case(own))
}

/// The name of an authority without its port; an address without its brackets.
fn host_name(authority: &str) -> &str {
    if let Some(address) = authority.strip_prefix('[') {
        return address.split_once(']').map_or(address, |(address, _)| address);
    }
    authority.rsplit_once(':').map_or(authority, |(name, _)| name)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const KNOWN: KnownHosts<'_> = KnownHosts { machine: "nas", further: "butler.example.org,media" };

    fn check(method: Method, host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        KNOWN.check(&method, &headers).is_ok()
    }

    #[test]
    fn a_page_is_served_under_addresses_and_known_names_only() {
        for host in [
            "127.0.0.1:32500",
            "[::1]:32500",
            "localhost:32500",
            "nas:32500",
            "NAS.local",
            "butler.example.org",
            "media:80",
        ] {
            assert!(check(Method::GET, host, None), "{host}");
        }
        for host in ["evil.example", "nas.evil.example", "localhost.evil.example:32500", "", "nas.local.evil"]
        {
            assert!(!check(Method::GET, host, None), "{host}");
        }
    }

    #[test]
    fn a_change_must_come_from_a_page_of_this_server() {
        let host = "127.0.0.1:32500";
        assert!(check(Method::POST, host, Some("http://127.0.0.1:32500")));
        assert!(check(Method::POST, host, Some("https://butler.example.org")));
        for origin in [
            None,
            Some("null"),
            Some(""),
            Some("http://127.0.0.1:8080"),
            Some("http://evil.example"),
            Some("https://butler.example.org.evil"),
        ] {
            assert!(!check(Method::POST, host, origin), "{origin:?}");
        }
    }

    #[test]
    fn nothing_is_put_into_pages_of_others() {
        let check = |site: &'static str, mode: &'static str| {
            let headers = HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static("localhost:32500")),
                ("sec-fetch-site".parse().unwrap(), HeaderValue::from_static(site)),
                ("sec-fetch-mode".parse().unwrap(), HeaderValue::from_static(mode)),
            ]);
            KNOWN.check(&Method::GET, &headers).is_ok()
        };
        assert!(
            check("same-origin", "no-cors") && check("none", "navigate") && check("same-site", "navigate")
        );
        assert!(!check("same-site", "no-cors") && !check("cross-site", "cors"));
    }

    #[test]
    fn a_socket_is_opened_for_pages_of_this_server_only() {
        let mut headers = HeaderMap::from_iter([
            (header::HOST, HeaderValue::from_static("localhost:32500")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::ORIGIN, HeaderValue::from_static("http://localhost:8080")),
        ]);
        assert!(KNOWN.check(&Method::GET, &headers).is_err());
        headers.insert(header::ORIGIN, HeaderValue::from_static("http://localhost:32500"));
        assert!(KNOWN.check(&Method::GET, &headers).is_ok());
    }

    #[test]
    fn no_further_name_lets_no_nameless_origin_in() {
        let known = KnownHosts { machine: "", further: "" };
        let headers = HeaderMap::from_iter([
            (header::HOST, HeaderValue::from_static("127.0.0.1")),
            (header::ORIGIN, HeaderValue::from_static("http://")),
        ]);
        assert!(known.check(&Method::POST, &headers).is_err());
        let nameless = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(""))]);
        assert!(known.check(&Method::GET, &nameless).is_err());
    }
}
