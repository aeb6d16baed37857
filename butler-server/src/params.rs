//! What a request says beside its path: the query, and Plex's `X-Plex-…` words, which may stand in the
//! headers or in the query. What can't be read is a 400 with the reason, never a guess.

use std::convert::Infallible;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use butler_engine::settings::read_bool;
use percent_encoding::percent_decode_str;

use crate::error::Problem;

/// The words of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    query: Vec<(String, String)>,
    /// The query as it came.
    raw_query: String,
    /// Headers whose name starts with `x-plex-`.
    plex_headers: Vec<(String, String)>,
}

impl Params {
    fn of(parts: &Parts) -> Self {
        let plex_headers = parts.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-plex-"));
        let plex_headers = plex_headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        Self { query: query(&parts.uri), raw_query, plex_headers: plex_headers.collect() }
    }

    /// The first value of a word of the query.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every word of the query, in its order, but for Plex's own of the client and its token.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().filter(|(key, _)| !is_plex(key)).map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Every word of a list's query but for Plex's own of the client and its token; one with an operator
    /// keeps it, but for the last `=`: `year>>=1990` is (`year>>`, `1990`), and `title==Heat` (`title=`,
    /// `Heat`).
    pub(crate) fn filters(&self) -> Vec<(String, String)> {
        let decoded =
            |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = self.raw_query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let pairs = pairs.map(|(key, value)| match value.strip_prefix('=') {
            // As it came: a value that begins with an encoded `=` is a value.
            Some(value) => (decoded(key) + "=", decoded(value)),
            None => (decoded(key), decoded(value)),
        });
        pairs.filter(|(key, _)| !is_plex(key)).collect()
    }

    /// Every path that stands in the query as `name` or as `name[]`: byte for byte, for a path need not be
    /// UTF-8.
    pub(crate) fn paths(&self, name: &str) -> Vec<PathBuf> {
        let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>();
        let is_it = |key: &str| {
            let key = decoded(key);
            key.strip_suffix(b"[]").unwrap_or(&key) == name.as_bytes()
        };
        let pairs = self.raw_query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .filter(|(key, _)| is_it(key))
            .map(|(_, value)| OsString::from_vec(decoded(value)).into())
            .collect()
    }

    /// A word of Plex's, from its header or else from the query: `X-Plex-Container-Size`.
    pub(crate) fn plex(&self, name: &str) -> Option<&str> {
        let is_it = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.plex_headers
            .iter()
            .find(is_it)
            .or_else(|| self.query.iter().find(is_it))
            .map(|(_, value)| value.as_str())
    }

    /// The same without the words that have no value, as a form that filters sends them.
    pub(crate) fn without_empty(mut self) -> Self {
        self.query.retain(|(_, value)| !value.is_empty());
        self
    }

    /// A switch of the query, read as every setting that is true or false; nothing is off.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        let text = self.get(name).filter(|text| !text.is_empty());
        let read = |text| {
            read_bool(text)
                .map_err(|_| Problem::bad_request(format!("`{name}` is `{text}`, and takes 1 or 0.")))
        };
        text.map_or(Ok(false), read)
    }

    /// A switch of the query that is on unless it is `0` or `false`.
    pub(crate) fn flag_on(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("") => Ok(true),
            Some(_) => self.flag(name),
        }
    }

    /// A value of the query that has a type of its own.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Problem> {
        self.get(name).map(|value| parsed(name, value, what)).transpose()
    }

    /// How many of something are wanted, within bounds; `usual` if the query does not say.
    pub(crate) fn count(
        &self,
        name: &str,
        usual: u32,
        allowed: RangeInclusive<u32>,
    ) -> Result<usize, Problem> {
        let takes = format!("a number from {} to {}", allowed.start(), allowed.end());
        let count = self.parsed(name, &takes)?.unwrap_or(usual);
        if !allowed.contains(&count) {
            return Err(Problem::bad_request(format!("`{name}` is {count}, and takes {takes}.")));
        }
        Ok(count as usize)
    }

    /// The page that is asked for by Plex's words.
    pub(crate) fn container(&self) -> Result<Window, Problem> {
        let (start, size) = ("X-Plex-Container-Start", "X-Plex-Container-Size");
        let number =
            |name: &str| self.plex(name).map(|value| parsed(name, value, "a number from 0 on")).transpose();
        Ok(match (number(start)?, number(size)?) {
            (None, None) => Window { page: Page { start: 0, size: Page::LARGEST }, asked: false },
            (start, size) => {
                let size = size.unwrap_or(Page::LARGEST).min(Page::LARGEST);
                Window { page: Page { start: start.unwrap_or(0), size }, asked: true }
            }
        })
    }

    /// The page that is asked for by `start` and `size`.
    pub(crate) fn page(&self) -> Result<Page, Problem> {
        let start = self.parsed("start", "a number from 0 on")?.unwrap_or(0);
        let size = self.parsed("size", "a number from 0 on")?.unwrap_or(Page::USUAL);
        Ok(Page { start, size: size.min(Page::LARGEST) })
    }
}

/// Whether a word is one of those that Plex's clients say of themselves, or the token.
pub(crate) fn is_plex(word: &str) -> bool {
    word.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("x-plex-"))
}

/// The words of a form, which is written like a query.
pub(crate) fn form(text: &str) -> Params {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = pairs.map(|(key, value)| (decoded(key), decoded(value))).collect();
    Params { query, raw_query: text.to_owned(), plex_headers: Vec::new() }
}

/// The query of an address, percent-decoded.
pub(crate) fn query(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn parsed<T: FromStr>(name: &str, value: &str, what: &str) -> Result<T, Problem> {
    value.parse().map_err(|_| Problem::bad_request(format!("`{name}` is `{value}`, and takes {what}.")))
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// The first one's place, from 0.
    pub(crate) start: u32,
    /// How many, at most [`Page::LARGEST`].
    pub(crate) size: u32,
}

impl Page {
    /// Of Butler's own lists, where none is asked for.
    const USUAL: u32 = 100;
    /// So that no request makes a body without bound.
    pub(crate) const LARGEST: u32 = 10_000;
}

/// The page of one of Plex's lists: every list is cut by it, so that a client that reads in pages meets each
/// entry once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) page: Page,
    /// Whether the client asked for a page.
    asked: bool,
}

/// What the container of a list says of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) size: u64,
    /// How many there are in all; where a page was asked for, or where this is not all.
    pub(crate) total_size: Option<u64>,
    /// The place of the page's first one; where `total_size` is.
    pub(crate) offset: Option<u64>,
}

impl Window {
    /// The page of a list that is there as a whole.
    pub(crate) fn cut<T>(
        self,
        list: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    ) -> (Vec<T>, Extent) {
        let list = list.into_iter();
        let total = list.len() as u64;
        let shown: Vec<T> = list.skip(self.page.start as usize).take(self.page.size as usize).collect();
        let extent = self.extent(shown.len(), total);
        (shown, extent)
    }

    /// What to say of a page that holds so many of so many.
    pub(crate) fn extent(self, shown: usize, total: u64) -> Extent {
        let size = shown as u64;
        let is_page = self.asked || size < total;
        Extent {
            size,
            total_size: is_page.then_some(total),
            offset: is_page.then_some(self.page.start.into()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn params(uri: &str, headers: &[(&str, &str)]) -> Params {
        let request =
            headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        Params::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_word_of_plex_counts_in_the_header_and_in_the_query() {
        let page = |start, size| Ok(Window { page: Page { start, size }, asked: true });
        assert_eq!(
            params("/a?X-Plex-Container-Start=5&X-Plex-Container-Size=10", &[]).container(),
            page(5, 10)
        );
        assert_eq!(
            params("/a", &[("x-plex-container-start", "5"), ("X-Plex-Container-Size", "0")]).container(),
            page(5, 0)
        );
        assert_eq!(
            params("/a?X-Plex-Container-Start=9", &[("X-Plex-Container-Start", "5")]).container(),
            page(5, Page::LARGEST)
        );
        assert_eq!(
            params("/a", &[]).container(),
            Ok(Window { page: Page { start: 0, size: Page::LARGEST }, asked: false })
        );
    }

    #[test]
    fn a_page_is_cut_and_says_of_how_many() {
        let extent = |size, total_size, offset| Extent { size, total_size, offset };
        let cut = |query: &str| params(&format!("/a?{query}"), &[]).container().unwrap().cut([1, 2, 3]);
        assert_eq!(cut(""), (vec![1, 2, 3], extent(3, None, None)));
        assert_eq!(
            cut("X-Plex-Container-Start=1&X-Plex-Container-Size=1"),
            (vec![2], extent(1, Some(3), Some(1)))
        );
        assert_eq!(cut("X-Plex-Container-Start=7"), (vec![], extent(0, Some(3), Some(7))));
        assert_eq!(cut("X-Plex-Container-Size=0"), (vec![], extent(0, Some(3), Some(0))));
    }

    #[test]
    fn an_operator_stays_with_its_word() {
        let query = "/a?year%3E%3E=1990&year%3E=1&title==Heat&title!%3D=A+b&title=%3Dx&X-Plex-Token=t&flag&&guid=a%3D=";
        let pairs = [
            ("year>>", "1990"),
            ("year>", "1"),
            ("title=", "Heat"),
            ("title!=", "A b"),
            ("title", "=x"),
            ("flag", ""),
            ("guid", "a=="),
        ];
        assert_eq!(
            params(query, &[]).filters(),
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_page_that_is_no_number_is_refused_with_the_reason() {
        for wrong in ["-1", "x", "", "1.5", "99999999999999999999"] {
            let problem = params(&format!("/a?X-Plex-Container-Start={wrong}"), &[]).container();
            assert!(problem.is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn repeated_paths_are_all_kept_and_decoded() {
        let params = params(
            "/a?location=%2Ffilms+new&location[]=%2Ftv%2Fa%20b&location%5B%5D=/c%2Bd&locations=%2Fno&location",
            &[],
        );
        assert_eq!(params.paths("location"), ["/films new", "/tv/a b", "/c+d", ""].map(PathBuf::from));
    }

    #[test]
    fn a_switch_takes_1_and_0_only() {
        assert_eq!(params("/a?force=1", &[]).flag("force"), Ok(true));
        assert_eq!(params("/a?force=0", &[]).flag("force"), Ok(false));
        assert_eq!(params("/a", &[]).flag("force"), Ok(false));
        assert!(params("/a?force=maybe", &[]).flag("force").is_err());
        let on = |uri| params(uri, &[]).flag_on("scan");
        assert_eq!((on("/a"), on("/a?scan=1"), on("/a?scan=0")), (Ok(true), Ok(true), Ok(false)));
        assert!(on("/a?scan=maybe").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_in_a_path_and_replaced_in_a_word() {
        let params = params("/a?location=%ff%fe", &[]);
        assert_eq!(params.paths("location"), [PathBuf::from(OsString::from_vec(vec![0xff, 0xfe]))]);
        assert_eq!(params.get("location"), Some("\u{fffd}\u{fffd}"));
    }
}
