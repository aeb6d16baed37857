//! One name, of a film's file or folder, taken apart: title, year, ids, edition, piece, and what tells its
//! version.
//!
//! It knows nothing of the names around it; `movie.rs` weighs file against folder.

use super::super::ids::{self, Tags};
use super::super::title::{clean, without_site_in_front};
use super::super::{junk, stack, year};

/// A name taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct FilmName {
    /// Empty if nothing but a year or junk is there.
    pub(super) title: String,
    pub(super) year: Option<u16>,
    /// Whether brackets tell the year.
    pub(super) sure: bool,
    /// The title as it would be if the year were a part of it.
    pub(super) with_year: String,
    pub(super) tags: Tags,
    pub(super) version: Option<String>,
    pub(super) piece: Option<u32>,
    /// Whether junk stands in it: a folder of one release then.
    pub(super) is_release: bool,
    /// The name without tags and piece.
    pub(super) text: String,
    /// If the piece could be a title's end: the name with it.
    pub(super) with_piece: Option<String>,
}

impl FilmName {
    pub(super) fn parse(name: &str) -> Self {
        let (tags, text) = ids::take(name);
        let text = without_count_in_front(without_label_in_front(text.trim()));
        match stack::suffix(text) {
            Some(piece) => {
                let mut named = Self::parse_text(piece.name, tags);
                // `Part 2` is a piece only behind a year: in front of it, and without one, it is a title's
                // own.
                if piece.could_be_title && named.year.is_none() {
                    named.with_piece = Some(clean(text));
                }
                named.piece = Some(piece.number);
                named
            }
            None => Self::parse_text(text, tags),
        }
    }

    fn parse_text(text: &str, tags: Tags) -> Self {
        let text = junk::without_junk_in_front(text);
        let mut named =
            Self { tags, text: text.to_owned(), with_year: clean(junk::cut(text)), ..Self::default() };
        named.is_release = junk::start(text).is_some();
        let mut added = None;
        let mut titled = |title: &str, behind: &str| {
            let start = junk::start(title).unwrap_or(title.len());
            let behind = if start < title.len() { &title[start..] } else { behind };
            let (bare, words) = junk::without_added(&title[..start], behind);
            added = words.map(clean);
            clean(&bare)
        };
        let rest = match year::find(text) {
            Some(found) if found.start == 0 || clean(&text[..found.start]).is_empty() => {
                (named.year, named.sure) = (Some(found.year), true);
                let behind = &text[found.end..];
                named.title = titled(behind, "");
                &behind[junk::start(behind).unwrap_or(behind.len())..]
            }
            Some(found) if !found.span => {
                (named.year, named.sure) = (Some(found.year), found.sure);
                // `Heat.[Michael.Mann.1995]`
                let end = junk::bracket_before(text, found.start);
                named.title = titled(&text[..end], &text[found.start..]);
                &text[found.end..]
            }
            None if year::is_all(text) => "",
            found => {
                let end = found.map_or(text.len(), |found| found.start);
                named.title = titled(&text[..end], &text[end..]);
                &text[junk::start(&text[..end]).unwrap_or(end)..]
            }
        };
        if let Some(letter) = stack::bare_letter(rest).filter(|_| named.year.is_some()) {
            named.piece = Some(letter);
        } else {
            named.version = version(rest);
        }
        if let Some(added) = added.filter(|added| !added.is_empty()) {
            named.version = Some(named.version.map_or_else(|| added.clone(), |own| format!("{added} {own}")));
        }
        named
    }
}

/// `- 1080p`, `- [Director's Cut]` as they stand; of anything else what tells versions apart.
pub(super) fn version(rest: &str) -> Option<String> {
    let trimmed = rest.trim();
    let Some(label) = trimmed.strip_prefix(['-', '–', '—']).map(str::trim).filter(|label| !label.is_empty())
    else {
        return junk::version(trimmed);
    };
    if !label.contains(' ') && label.contains('.') {
        return junk::version(label);
    }
    let bare = label.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(label);
    let bare = if bare.contains(['[', ']']) { label } else { bare };
    Some(clean(bare)).filter(|label| !label.is_empty())
}

/// A name without the tracker's or group's label in front: `[www.site.org] Heat`, `www.site.org - Heat`.
fn without_label_in_front(text: &str) -> &str {
    let without = match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((label, rest))
            if label.contains('.')
                || junk::is_all(label)
                || ends_like_a_fansub(rest)
                || is_other_script(label, rest)
                || (rest.trim_start_matches([' ', '.']).starts_with(char::is_alphabetic)
                    && junk::start(rest).is_some()) =>
        {
            rest.trim_start_matches(['.', '_'])
        }
        _ => text,
    };
    let without = without_site_in_front(without);
    if clean(without).chars().any(char::is_alphanumeric) { without.trim() } else { text }
}

/// `[阿维达].Avida`: the title twice.
fn is_other_script(label: &str, rest: &str) -> bool {
    let is_wide = |c: char| c.is_alphabetic() && c >= '\u{2e80}';
    label.chars().any(is_wide) && !rest.chars().any(is_wide) && rest.chars().any(char::is_alphabetic)
}

/// `(1)Heat (1995)`, `01 - Heat (1995)`: a collection counts its films.
fn without_count_in_front(text: &str) -> &str {
    let padded = text.strip_prefix('0').and_then(|text| text.strip_prefix(|c: char| c.is_ascii_digit()));
    let title = padded.and_then(|rest| rest.strip_prefix(" - ").or_else(|| rest.strip_prefix(". ")));
    if let Some(title) = title.filter(|title| title.starts_with(char::is_alphabetic)) {
        return title;
    }
    let counted = text.strip_prefix('(').and_then(|inner| inner.split_once(')'));
    match counted {
        Some((count, rest))
            if (1..=2).contains(&count.len())
                && count.bytes().all(|byte| byte.is_ascii_digit())
                && rest.trim_start().starts_with(char::is_alphabetic) =>
        {
            rest.trim_start()
        }
        _ => text,
    }
}

/// `… [0A1B2C3D]`, `… [1080p]`, `… (BDRip 1920x1080)`: groups that put their name in front put these behind.
fn ends_like_a_fansub(rest: &str) -> bool {
    let rest = rest.trim_end();
    let inner = rest.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    let inner = inner.or_else(|| rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')));
    let Some((_, last)) = inner.filter(|(front, _)| front.chars().any(char::is_alphabetic)) else {
        return false;
    };
    (last.len() == 8 && last.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || junk::start(rest).is_some()
        || (last.is_ascii() && junk::without_brackets(rest).len() < rest.len())
}
