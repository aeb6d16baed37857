//! The words that release groups and rippers add to a title: `1080p`, `BluRay`, `x264`. Never a title's own
//! words.
//!
//! A hard word ends a title wherever it stands (never the whole of it). A soft one, which titles hold too
//! (`German`, `Extended`), counts only behind a year or in front of a hard one.

use std::borrow::Cow;

use super::title::clean;

/// One word of a name, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

const HARD: &[&str] = &[
    "4k",
    "8k",
    "uhd",
    "fhd",
    "ultrahd",
    "bluray",
    "bdrip",
    "brrip",
    "webdlrip",
    "dlrip",
    "hdlight",
    "bdremux",
    "uhdremux",
    "dvdremux",
    "bdmv",
    "bd25",
    "bd50",
    "bd66",
    "dvd5",
    "dvd9",
    "remux",
    "webdl",
    "webrip",
    "webhd",
    "hdtv",
    "hdtvrip",
    "uhdtv",
    "pdtv",
    "dsr",
    "dsrip",
    "satrip",
    "dvbrip",
    "tvrip",
    "hdrip",
    "dvdrip",
    "dvdscr",
    "dvdr",
    "vhsrip",
    "hddvd",
    "hdcam",
    "camrip",
    "hdts",
    "hdtc",
    "dvdscreener",
    "bdscr",
    "telesync",
    "telecine",
    "ppvrip",
    "vodrip",
    "ldrip",
    "xvid",
    "divx",
    "x264",
    "x265",
    "h264",
    "h265",
    "hevc",
    "avc",
    "av1",
    "vc1",
    "vp8",
    "vp9",
    "mpeg2",
    "mpeg4",
    "aac",
    "aac2",
    "ac3",
    "eac3",
    "lpcm",
    "dts",
    "dtshd",
    "dtsma",
    "truehd",
    "atmos",
    "flac",
    "ddp",
    "ddp2",
    "ddp5",
    "ddp7",
    "dd2",
    "dd5",
    "hdr",
    "hdr10",
    "hdr10plus",
    "hdr10+",
    "hlg",
    "10bit",
    "8bit",
    "10bits",
    "hi10p",
    "hi10",
    "hsbs",
    "hou",
    "remastered",
    "unrated",
    "repack",
    "rerip",
    "proper",
    "yify",
    "rarbg",
    "yts",
    "amzn",
    "dsnp",
    "hmax",
    "atvp",
    "pcok",
    "crunchyroll",
    "dvdfull",
    "bdfull",
    "hd1080",
    "hd720",
];
/// Two words that are one hard one.
const HARD_PAIRS: &[(&str, &str)] = &[
    ("blu", "ray"),
    ("web", "dl"),
    ("web", "rip"),
    ("web", "dlrip"),
    ("h", "264"),
    ("h", "265"),
    ("x", "264"),
    ("x", "265"),
    ("bd", "rip"),
    ("dvd", "rip"),
    ("hd", "tv"),
    ("hd", "rip"),
    ("dolby", "vision"),
    ("dolby", "digital"),
    ("dolby", "atmos"),
    ("vc", "1"),
    ("hdr", "10"),
    ("10", "bit"),
    ("e", "ac3"),
    ("mpeg", "2"),
];
const SOFT: &[&str] = &[
    "extended",
    "uncut",
    "uncensored",
    "theatrical",
    "directors",
    "director's",
    "director",
    "cut",
    "dc",
    "final",
    "ultimate",
    "collectors",
    "collector's",
    "special",
    "edition",
    "anniversary",
    "criterion",
    "imax",
    "open",
    "matte",
    "fanedit",
    "redux",
    "despecialized",
    "limited",
    "internal",
    "real",
    "read",
    "nfo",
    "complete",
    "festival",
    "remaster",
    "restored",
    "version",
    "colorized",
    "convert",
    "om",
    "hybrid",
    "web",
    "dvd",
    "vhs",
    "ld",
    "ntsc",
    "pal",
    "multi",
    "dual",
    "dl",
    "ml",
    "audio",
    "subbed",
    "dubbed",
    "sub",
    "subs",
    "dub",
    "ws",
    "fs",
    "3d",
    "sbs",
    "dv",
    "sdr",
    "hd",
    "sd",
    "nf",
    "it",
    "hulu",
    "stan",
    "bbc",
    "german",
    "french",
    "truefrench",
    "vff",
    "vf",
    "vostfr",
    "vost",
    "subforced",
    "english",
    "eng",
    "ita",
    "italian",
    "spanish",
    "esp",
    "castellano",
    "latino",
    "nordic",
    "swedish",
    "norwegian",
    "danish",
    "finnish",
    "dutch",
    "flemish",
    "polish",
    "pl",
    "czech",
    "cz",
    "hungarian",
    "hun",
    "russian",
    "rus",
    "ukr",
    "japanese",
    "jap",
    "jpn",
    "korean",
    "kor",
    "chinese",
    "chs",
    "cht",
    "hindi",
    "tamil",
    "telugu",
    "turkish",
    "portuguese",
    "brazilian",
    "greek",
    "hebrew",
    "cam",
    "ts",
    "tc",
    "r5",
    "screener",
    "scr",
    "retail",
    "custom",
    "sample",
    "part",
    "cd1",
    "cd2",
    "disc",
    "remastering",
    "60fps",
];
/// Soft words that say nothing of a release beside other soft words either: `Make It Real`.
const WEAK: &[&str] = &["it", "real", "read", "part", "stan", "open", "hulu", "bbc", "nfo"];
/// Of the soft words, those that a release name in capitals has in front of the hard ones.
const TRAILING: &[&str] = &[
    "dl",
    "multi",
    "dual",
    "nf",
    "web",
    "internal",
    "dubbed",
    "subbed",
    "vff",
    "vostfr",
    "truefrench",
    "ws",
    "ml",
];

/// The words of a name, at blanks, dots, hyphens, underscores and brackets.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let parts = c.is_whitespace()
            || matches!(c, '.' | '_' | '-' | '–' | '—' | ',' | '(' | ')' | '[' | ']' | '{' | '}' | '/' | '~');
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
    if HARD.contains(&bare) || HARD.contains(&lower.as_str()) || is_resolution(&lower) {
        return true;
    }
    let next = words.get(at + 1).map(|next| next.text.to_lowercase());
    next.is_some_and(|next| HARD_PAIRS.iter().any(|(first, second)| *first == lower && *second == next))
}

pub(super) fn is_soft(word: &str) -> bool {
    SOFT.contains(&word.to_lowercase().as_str())
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
fn bracket_before(text: &str, at: usize) -> usize {
    let open = text[..at].rfind(['(', '[', '{']);
    open.filter(|open| !text[*open..at].contains([')', ']', '}'])).unwrap_or(at)
}

/// A name without its junk, and without the words in capitals in front of it.
pub(super) fn cut(text: &str) -> &str {
    let Some(start) = start(text) else { return text };
    let mut kept = &text[..start];
    while let Some(last) = words(kept).last().copied() {
        let is_added = last.start > 0
            && TRAILING.contains(&last.text.to_lowercase().as_str())
            && last.text.chars().any(char::is_uppercase);
        if !is_added || text.contains(' ') || clean(&kept[..last.start]).is_empty() {
            break;
        }
        kept = &kept[..last.start];
    }
    kept
}

/// A name without the brackets that hold nothing but junk: `Show (DVD)`, `Film [Dual-Audio] (1995)`.
pub(super) fn without_brackets(text: &str) -> Cow<'_, str> {
    let mut kept = Cow::Borrowed(text);
    let mut from = 0;
    while let Some(open) = kept[from..].find(['(', '[', '{']).map(|at| from + at) {
        let close = kept[open..].find([')', ']', '}']).map(|at| open + at);
        let Some(close) = close else { break };
        let is_junk = is_added(&kept[open + 1..close]) && !clean(&kept[..open]).is_empty();
        if is_junk {
            kept = Cow::Owned(format!("{}{}", kept[..open].trim_end(), &kept[close + 1..]));
        }
        from = if is_junk { kept.floor_char_boundary(open.saturating_sub(1)) } else { open + 1 };
    }
    kept
}

/// A title without the soft words at its end, where a year or a hard word follows them: `EXTENDED`, `Criterion
/// Edition`, `(VHS)`; and those words.
pub(super) fn without_added(title: &str) -> (Cow<'_, str>, Option<&str>) {
    let bare = without_brackets(title);
    let Cow::Borrowed(title) = bare else { return (bare, None) };
    let words = words(title);
    let strong = |word: &Word<'_>| is_soft(word.text) && !WEAK.contains(&word.text.to_lowercase().as_str());
    // Kept are the first word, and the next behind an article.
    let least = if words.first().is_some_and(|word| is_article(word.text)) { 2 } else { 1 };
    let run = words.iter().skip(least).rev().take_while(|word| strong(word)).count();
    let is_mixed = words[..words.len() - run].iter().any(|word| word.text.chars().any(char::is_lowercase));
    let capitals =
        words[words.len() - run..].iter().rev().take_while(|word| is_in_capitals(word.text)).count();
    let added = if run >= 2 {
        run
    } else if is_mixed {
        capitals
    } else {
        0
    };
    match words.get(words.len() - added) {
        Some(first) if added > 0 => (Cow::Borrowed(&title[..first.start]), Some(&title[first.start..])),
        _ => (Cow::Borrowed(title), None),
    }
}

fn is_article(word: &str) -> bool {
    ["the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "il"]
        .contains(&word.to_lowercase().as_str())
}

/// `EXTENDED`, `LiMiTED`, `3D`.
fn is_in_capitals(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let small = word.chars().filter(|c| c.is_lowercase()).count();
    capitals > small && (small == 0 || capitals > 2)
}

/// Whether every word of a text is one that is added to titles.
fn is_added(text: &str) -> bool {
    let words = words(text);
    !words.is_empty() && (0..words.len()).all(|at| is_junk(&words, at))
}

fn is_junk(words: &[Word<'_>], at: usize) -> bool {
    is_hard(words, at) || (at > 0 && is_hard(words, at - 1)) || is_soft(words[at].text)
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
