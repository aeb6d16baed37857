//! Ids and editions that stand in a name: `{tmdb-949}`, `[imdbid-tt0113277]`, `{edition-Director's Cut}`.
//!
//! Every server's form is taken, in file and folder. What was read is taken out of the text. Start with
//! [`take`].

use std::sync::LazyLock;

use regex::Regex;

use super::Ids;

/// An edition's longest name, in characters.
const MAX_EDITION_CHARS: usize = 32;

/// `{word-value}` or `[word=value]`, the word perhaps with `id` at its end; a bare IMDb id.
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) [\{\[\(] \s* (imdb|tmdb|tvdb|anidb|mbid|musicbrainz|edition) (?:[-_\s]?id)? \s* [-=:] \s* ([^\]\}\)]+?) \s* [\}\]\)]
              | [\{\[\(] \s* (tt[0-9]{7,9}) \s* [\}\]\)]
              | \b (tt[0-9]{7,9}) \b",
    )
    .ok()
});

/// What was taken out of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) ids: Ids,
    pub(super) edition: Option<String>,
}

/// The tags of a name, and the name without them.
pub(super) fn take(text: &str) -> (Tags, String) {
    let mut tags = Tags::default();
    let Some(tag) = TAG.as_ref() else { return (tags, text.to_owned()) };
    let mut rest = String::with_capacity(text.len());
    let mut end = 0;
    for found in tag.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let taken = match (found.get(1), found.get(2)) {
            (Some(word), Some(value)) => tags.add(&word.as_str().to_ascii_lowercase(), value.as_str()),
            _ => found.get(3).or(found.get(4)).is_some_and(|id| tags.add("imdb", id.as_str())),
        };
        if taken {
            rest.push_str(&text[end..whole.start()]);
            rest.push(' ');
            end = whole.end();
        }
    }
    rest.push_str(&text[end..]);
    // A name with dots for blanks stays one: what the tag left at its end is no blank of its own.
    (tags, rest.trim().to_owned())
}

impl Tags {
    fn add(&mut self, word: &str, value: &str) -> bool {
        let digits = || {
            (value.len() <= 12 && !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| value.to_owned())
        };
        let (slot, value) = match word {
            "imdb" => {
                let digits = value
                    .strip_prefix(['t', 'T'])
                    .and_then(|rest| rest.strip_prefix(['t', 'T']))
                    .unwrap_or(value);
                let is_id =
                    (6..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
                (&mut self.ids.imdb, is_id.then(|| format!("tt{digits}")))
            }
            "tmdb" => (&mut self.ids.tmdb, digits()),
            "tvdb" => (&mut self.ids.tvdb, digits()),
            "anidb" => (&mut self.ids.anidb, digits()),
            "edition" => (
                &mut self.edition,
                Some(value.trim().chars().take(MAX_EDITION_CHARS).collect::<String>().trim().to_owned()),
            ),
            _ => {
                let is_uuid =
                    value.len() == 36 && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
                (&mut self.ids.musicbrainz, is_uuid.then(|| value.to_ascii_lowercase()))
            }
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else { return false };
        slot.get_or_insert(value);
        true
    }

    /// These, with another name's where these say nothing.
    pub(super) fn or(self, other: &Self) -> Self {
        let Ids { imdb, tmdb, tvdb, anidb, musicbrainz } = self.ids;
        let theirs = &other.ids;
        Self {
            ids: Ids {
                imdb: imdb.or_else(|| theirs.imdb.clone()),
                tmdb: tmdb.or_else(|| theirs.tmdb.clone()),
                tvdb: tvdb.or_else(|| theirs.tvdb.clone()),
                anidb: anidb.or_else(|| theirs.anidb.clone()),
                musicbrainz: musicbrainz.or_else(|| theirs.musicbrainz.clone()),
            },
            edition: self.edition.or_else(|| other.edition.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_id_is_taken() {
        for (text, id) in [
            ("Heat {imdb-tt0113277}", "imdb tt0113277"),
            ("Heat [imdb-tt0113277]", "imdb tt0113277"),
            ("Heat [imdbid-tt0113277]", "imdb tt0113277"),
            ("Heat [imdbid=tt0113277]", "imdb tt0113277"),
            ("Heat {imdb=tt0113277}", "imdb tt0113277"),
            ("Heat {IMDB-TT0113277}", "imdb tt0113277"),
            ("Heat (imdb-tt0113277)", "imdb tt0113277"),
            ("Heat [tt0113277]", "imdb tt0113277"),
            ("Heat tt0113277", "imdb tt0113277"),
            ("{tmdb-949} Heat", "tmdb 949"),
            ("Heat {tmdb-949}", "tmdb 949"),
            ("Heat [tmdbid-949]", "tmdb 949"),
            ("Heat [tmdbid=949]", "tmdb 949"),
            ("Heat {tmdbid 949}", ""),
            ("Heat {tmdb: 949}", "tmdb 949"),
            ("Heat {tvdb-123}", "tvdb 123"),
            ("Heat [tvdbid-123]", "tvdb 123"),
            ("Heat [tvdb=123]", "tvdb 123"),
            ("Heat [anidb-77]", "anidb 77"),
            ("Heat [anidbid-77]", "anidb 77"),
            ("Heat {mbid-F4A261D9-8FE2-4B1C-9F13-1A51A5D7F1B2}", "mb f4a261d9-8fe2-4b1c-9f13-1a51a5d7f1b2"),
            ("Heat {tmdb-abc}", ""),
            ("Heat {tmdb-}", ""),
            ("Heat {tmdb-1234567890123}", ""),
            ("Heat {imdb-nm0000134}", ""),
            ("Heat {omdb-1}", ""),
            ("Heat tt12", ""),
        ] {
            let (tags, rest) = take(text);
            let Ids { imdb, tmdb, tvdb, anidb, musicbrainz } = tags.ids;
            let mut told = Vec::new();
            for (word, id) in
                [("imdb", imdb), ("tmdb", tmdb), ("tvdb", tvdb), ("anidb", anidb), ("mb", musicbrainz)]
            {
                told.extend(id.map(|id| format!("{word} {id}")));
            }
            assert_eq!(told.join(", "), id, "{text}");
            assert_eq!(rest == "Heat", !id.is_empty(), "{text}: {rest}");
        }
    }

    #[test]
    fn an_edition_has_at_most_32_characters() {
        for (text, edition, rest) in [
            ("Heat (1995) {edition-Director's Cut}", Some("Director's Cut"), "Heat (1995)"),
            ("Heat {Edition-Final Cut} (1995)", Some("Final Cut"), "Heat   (1995)"),
            ("Heat {edition-}", None, "Heat {edition-}"),
            ("Heat {edition- }", None, "Heat {edition- }"),
            (
                "Heat {edition-An edition with a name that never ends}",
                Some("An edition with a name that neve"),
                "Heat",
            ),
            ("Ēdition {edition-日本語版}", Some("日本語版"), "Ēdition"),
        ] {
            let (tags, left) = take(text);
            assert_eq!((tags.edition.as_deref(), left.as_str()), (edition, rest), "{text}");
        }
    }
}
