//! The words that release groups and rippers add to a title: `1080p`, `BluRay`, `x264`. Never a title's own
//! words.
//!
//! A hard word ends a title wherever it stands (never the whole of it). A soft one, which titles hold too
//! (`German`, `Extended`), counts only behind a year or in front of a hard one: `added.rs` says when.

mod added;
mod words;

pub(super) use added::{is_of_an_edition, without_added, without_brackets};

use self::words::{HARD, HARD_PAIRS, SOFT, TRAILING};
use super::title::clean;

/// One word of a name, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The words of a name, at blanks, dots, hyphens, underscores and brackets.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let parts = c.is_whitespace()
            || matches!(
                c,
                '.' | '_' | '-' | '–' | '—' | ',' | '(' | ')' | '[' | ']' | '{' | '}' | '/' | '~' | '+'
            );
        match start {
            Some(begin) if parts => {
                found.push(Word { text: &text[begin..at], start: begin, end: at });
                start = None;
            }
            None if !parts => start = Some(at),
            _ => {}
        }
    }
    found
}

/// Whether the word at a place is one that no title holds.
pub(super) fn is_hard(words: &[Word<'_>], at: usize) -> bool {
    let Some(word) = words.get(at) else { return false };
    let lower = word.text.to_lowercase();
    // `BDRipMux` is a rip put together with other sound.
    let bare = lower.strip_suffix("mux").filter(|bare| bare.len() > 2).unwrap_or(&lower);
    if HARD.contains(bare) || HARD.contains(lower.as_str()) || is_resolution(&lower) {
        return true;
    }
    let next = words.get(at + 1).map(|next| next.text.to_lowercase());
    next.is_some_and(|next| HARD_PAIRS.iter().any(|(first, second)| *first == lower && *second == next))
}

pub(super) fn is_soft(word: &str) -> bool {
    SOFT.contains(word.to_lowercase().as_str())
}

/// `1080p`, `576i`, `1920x1080`, `2160p60`.
pub(super) fn is_resolution(lower: &str) -> bool {
    let digits = lower.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &lower[digits..];
    (3..=4).contains(&digits)
        && (matches!(rest, "p" | "i" | "p24" | "p25" | "p30" | "p50" | "p60" | "i25" | "i30" | "i50" | "i60")
            || rest.strip_prefix(['x', '×']).is_some_and(|height| {
                (3..=4).contains(&height.len()) && height.bytes().all(|byte| byte.is_ascii_digit())
            }))
}

/// Where the junk of a name begins: at its first hard word that leaves a title in front of it.
pub(super) fn start(text: &str) -> Option<usize> {
    let words = words(text);
    (0..words.len()).find_map(|at| {
        let start = bracket_before(text, words[at].start);
        (is_hard(&words, at) && !clean(&text[..start]).is_empty()).then_some(start)
    })
}

/// Where the bracket begins that a place is inside of, else the place.
pub(super) fn bracket_before(text: &str, at: usize) -> usize {
    let open = text[..at].rfind(['(', '[', '{']);
    open.filter(|open| !text[*open..at].contains([')', ']', '}'])).unwrap_or(at)
}

/// A name without its junk, and without the words in capitals in front of it.
pub(super) fn cut(text: &str) -> &str {
    let Some(start) = start(text) else { return text };
    let mut kept = &text[..start];
    while let Some(last) = words(kept).last().copied() {
        let is_trailing = TRAILING.contains(&last.text.to_lowercase().as_str())
            && last.text.chars().any(char::is_uppercase);
        let is_added = last.start > 0
            && (is_trailing
                || added::is_service(&words(kept), text[kept.len()..].trim_start_matches(['.', '_'])));
        if !is_added || text.contains(' ') || clean(&kept[..last.start]).is_empty() {
            break;
        }
        kept = &kept[..last.start];
    }
    kept
}

/// A name without the hard words at its beginning, of which one alone can be a title: `h265 - HEVC Heat`.
pub(super) fn without_junk_in_front(text: &str) -> &str {
    let words = words(text);
    let run = (0..words.len()).take_while(|at| is_hard(&words, *at)).count();
    match words.get(run) {
        Some(first) if run >= 2 => &text[first.start..],
        _ => text,
    }
}

/// Whether every word of a text is one that is added to titles.
fn is_added(text: &str) -> bool {
    let words = words(text);
    !words.is_empty() && (0..words.len()).all(|at| is_junk(&words, at))
}

fn is_junk(words: &[Word<'_>], at: usize) -> bool {
    is_hard(words, at)
        || (at > 0 && is_hard(words, at - 1))
        || is_soft(words[at].text)
        || is_of_an_edition(words, at)
}

/// Whether a text holds nothing but junk.
pub(super) fn is_all(text: &str) -> bool {
    let words = words(text);
    is_added(text) && (0..words.len()).any(|at| is_hard(&words, at))
}

/// What tells versions apart, out of what stands behind a title: the words in front of the junk, and the
/// resolution.
pub(super) fn version(rest: &str) -> Option<String> {
    let words = words(rest);
    let hard = (0..words.len()).find(|at| is_hard(&words, *at));
    let front = hard.map_or(rest, |at| &rest[..words[at].start]);
    let mut parts: Vec<String> = self::words(front).iter().map(|word| word.text.to_owned()).collect();
    parts.extend(
        words
            .iter()
            .find(|word| {
                is_resolution(&word.text.to_lowercase())
                    || matches!(word.text.to_lowercase().as_str(), "4k" | "8k" | "uhd")
            })
            .map(|word| word.text.to_owned()),
    );
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_begins_at_the_first_hard_word_and_is_never_the_whole() {
        for (text, kept) in [
            ("Heat.1080p.BluRay.x264-GRP", "Heat"),
            ("Heat [1080p]", "Heat"),
            ("Heat (some 1080p thing)", "Heat"),
            ("Heat.Blu-Ray", "Heat"),
            ("Heat.WEB-DL.720p", "Heat"),
            ("Heat 1920x1080", "Heat"),
            ("Heat.GERMAN.DL.1080p", "Heat GERMAN"),
            ("The.English.1080p", "The English"),
            ("4K", "4K"),
            ("1080p.x264", "1080p"),
            ("HDR - A Film", "HDR - A Film"),
            ("Atmosphere", "Atmosphere"),
            ("Heat", "Heat"),
        ] {
            assert_eq!(clean(cut(text)), kept, "{text}");
        }
    }

    #[test]
    fn a_version_is_told_by_its_words_and_its_resolution() {
        for (rest, told) in [
            (".1080p.BluRay.x264-GRP", Some("1080p")),
            (".Directors.Cut.1080p.BluRay", Some("Directors Cut 1080p")),
            (" (Final Cut) [2160p]", Some("Final Cut 2160p")),
            (".BluRay.x264", None),
            ("", None),
            (" - ", None),
        ] {
            assert_eq!(version(rest).as_deref(), told, "{rest}");
        }
    }
}
