//! Where a server is: its URL, cleaned of credentials before anything can show them.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::BuildError;

/// The query argument by which Plex takes a token.
const TOKEN_ARGUMENT: &str = "X-Plex-Token";

/// A server's URL: http or https, a host, perhaps a path in front of all paths, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl(Url);

impl ServerUrl {
    /// Reads a URL, and the token that was in its query, if there was one.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<String>), BuildError> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let invalid = |why: &str| BuildError::Url { url: without_query(text), why: why.to_owned() };
        let mut url = Url::parse(&whole).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("only http and https are spoken"));
        }
        let token = url
            .query_pairs()
            .find(|(name, _)| name.eq_ignore_ascii_case(TOKEN_ARGUMENT))
            .map(|(_, value)| value.into_owned());
        url.set_query(None);
        url.set_fragment(None);
        // Both fail only for URLs that have no host, which http ones always have.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok((Self(url), token.filter(|token| !token.is_empty())))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is this machine, as far as the name tells.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The URL of a resource below it. Segments are escaped; one that is empty, `.` or `..` a URL swallows,
    /// so who sends looks at [`is_segment`] first.
    pub(crate) fn resource(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// Whether a text can be one segment of a path: a URL swallows the others, and `DELETE /butler/..` would be
/// another call.
pub(crate) fn is_segment(text: &str) -> bool {
    !matches!(text.to_ascii_lowercase().as_str(), "" | "." | ".." | "%2e" | "%2e%2e" | ".%2e" | "%2e.")
}

/// An unreadable URL as it may be shown: neither its query nor what stands before an `@`.
fn without_query(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((_, host)) => host.to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, Option<String>) {
        let (server, token) = ServerUrl::parse(text).unwrap();
        (server.as_str().to_owned(), token)
    }

    #[test]
    fn a_host_alone_is_enough() {
        assert_eq!(parse("plex:32400"), ("http://plex:32400/".into(), None));
        assert_eq!(parse(" https://media.example/plex "), ("https://media.example/plex".into(), None));
    }

    #[test]
    fn a_token_in_the_query_is_taken_out() {
        assert_eq!(
            parse("http://plex:32400/?X-Plex-Token=abc"),
            ("http://plex:32400/".into(), Some("abc".into()))
        );
        assert_eq!(parse("http://plex/?x-plex-token="), ("http://plex/".into(), None));
    }

    #[test]
    fn a_bad_url_is_shown_without_its_secrets() {
        for text in [
            "http://me:secret@:x/?X-Plex-Token=secret",
            "ftp://me:secret@plex/?X-Plex-Token=secret",
            "http://?secret",
        ] {
            let error = ServerUrl::parse(text).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn resources_lie_below_the_servers_own_path() {
        for base in ["http://media/plex", "http://media/plex/"] {
            let (server, _) = ServerUrl::parse(base).unwrap();
            assert_eq!(
                server.resource(&["butler", "a/b ?"]).as_str(),
                "http://media/plex/butler/a%2Fb%20%3F"
            );
        }
    }

    #[test]
    fn this_machine_is_known_by_name_and_number() {
        for (url, is_here) in [
            ("localhost:1", true),
            ("127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("10.0.0.1:1", false),
            ("plex", false),
        ] {
            assert_eq!(ServerUrl::parse(url).unwrap().0.is_loopback(), is_here, "{url}");
        }
    }
}
