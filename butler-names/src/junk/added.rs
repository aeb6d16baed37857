//! The words that stand between a title and the year or hard word behind it: `EXTENDED`, `Criterion Edition`,
//! `[Dual-Audio]`, `AMZN`. They end a title only where something follows them, or where they name an edition.

use std::borrow::Cow;

use super::words::{ALONE, EDITIONS, LANGUAGES, SERVICES, WEAK};
use super::{Word, is_added, is_hard, is_soft, words};
use crate::title::clean;

/// A name without the brackets that hold nothing but junk: `Show (DVD)`, `Film [Dual-Audio] (1995)`.
pub(crate) fn without_brackets(text: &str) -> Cow<'_, str> {
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

/// A title without the words at its end that are added to it, and those words. `behind` is what follows it.
pub(crate) fn without_added<'a>(title: &'a str, behind: &str) -> (Cow<'a, str>, Option<&'a str>) {
    let bare = without_brackets(title);
    let Cow::Borrowed(title) = bare else { return (bare, None) };
    let words = words(title);
    let is_followed = !clean(behind).is_empty();
    // Kept are the first word, and the next behind an article.
    let least = if words.first().is_some_and(|word| is_article(word.text)) { 2 } else { 1 };
    let service = usize::from(words.len() > least && is_service(&words, behind));
    let words = &words[..words.len() - service];
    let is_strong = |at: &usize| {
        let word = words[*at].text;
        (is_soft(word) && !WEAK.contains(&word.to_lowercase().as_str())) || is_of_an_edition(words, *at)
    };
    let run = (least.min(words.len())..words.len()).rev().take_while(is_strong).count();
    let (kept, last) = words.split_at(words.len() - run);
    let names_edition =
        last.iter().any(|word| names_an_edition(word.text) || word.text.eq_ignore_ascii_case("collection"));
    let is_mixed = kept.iter().any(|word| word.text.chars().any(char::is_lowercase));
    // `Fight Club French 1080p`, and `Heat.German.2010.BDRip` as German groups have it; not `Johnny English
    // 1080p`, `Get Him to the Greek 1080p`, `The Good German (2006)`.
    let behind = super::words(behind);
    let is_german = !title.contains(' ') && is_year_of_a_release(&behind) && ends_in(last, "german");
    let least = if is_german && least == 1 { 1 } else { least + 1 };
    let may_have_a_language = (is_german || is_hard(&behind, 0))
        && kept.len() >= least
        && kept.last().is_some_and(|word| !is_article(word.text));
    let alone = |word: &Word<'_>| {
        let lower = word.text.to_lowercase();
        ALONE.contains(&lower.as_str())
            || (is_mixed && is_in_capitals(word.text))
            || (may_have_a_language && LANGUAGES.contains(&lower.as_str()))
    };
    let added = match run {
        2.. if is_followed || names_edition => run,
        1.. if is_followed => last.iter().rev().take_while(|word| alone(word)).count(),
        _ => 0,
    };
    let mut kept = words.len() - added;
    // `Heat.The.Directors.Cut`
    if added > 0 && kept > 1 && ends_in(&words[..kept], "the") {
        kept -= 1;
    }
    let end = if added + service > 0 {
        Some(words.get(kept).map_or_else(|| words[kept - 1].end, |word| word.start))
    } else {
        None
    };
    match end {
        Some(end) => (Cow::Borrowed(&title[..end]), Some(&title[end..])),
        None => (Cow::Borrowed(title), None),
    }
}

/// Whether a word is one of those that name an edition together, of which each alone can be a title's:
/// `Rogue Cut`, `Criterion Collection`, `30th Anniversary`.
pub(crate) fn is_of_an_edition(words: &[Word<'_>], at: usize) -> bool {
    let lower = |at: usize| words.get(at).map(|word| word.text.to_lowercase()).unwrap_or_default();
    let (own, next) = (lower(at), lower(at + 1));
    let is_collected =
        |word: &str| matches!(word, "fan" | "criterion" | "ultimate" | "collector's" | "collectors");
    let is_ordinal = own.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<u8>().is_ok();
    (EDITIONS.contains(&own.as_str()) && names_an_edition(&next))
        || (next == "collection" && is_collected(&own))
        || (own == "collection" && at > 0 && is_collected(&lower(at - 1)))
        || (next == "anniversary" && is_ordinal)
}

/// Whether a year without brackets follows, and a release's words behind it.
fn is_year_of_a_release(behind: &[Word<'_>]) -> bool {
    let year = behind.first().filter(|word| word.start == 0 && word.text.len() == 4);
    year.is_some_and(|year| year.text.parse::<u16>().is_ok())
        && (1..behind.len()).any(|at| is_hard(behind, at))
}

fn ends_in(words: &[Word<'_>], text: &str) -> bool {
    words.last().is_some_and(|word| word.text.eq_ignore_ascii_case(text))
}

fn names_an_edition(word: &str) -> bool {
    ["edition", "édition", "cut", "version"].contains(&word.to_lowercase().as_str())
}

/// Whether a title's last word is the service that a release from the web was taken from.
pub(super) fn is_service(words: &[Word<'_>], behind: &str) -> bool {
    let web = super::words(behind).first().is_some_and(|word| word.text.to_lowercase().starts_with("web"));
    let last = words.last().map(|word| word.text.to_uppercase());
    web && last.is_some_and(|last| {
        SERVICES.contains(&last.as_str())
            && words.last().is_some_and(|word| is_in_capitals(word.text) || word.text == "iP")
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_a_title_is_taken_off_where_something_follows() {
        for (title, behind, kept) in [
            ("Heat.EXTENDED.", "1995", "Heat"),
            ("Heat.Extended.", "1080p", "Heat"),
            ("Heat LiMiTED ", "DVDRip", "Heat"),
            ("Heat German DL ", "1080p", "Heat"),
            ("Heat Criterion Edition ", "(1995)", "Heat"),
            ("Heat Criterion Edition", "", "Heat"),
            ("Heat Criterion Collection ", "1080p", "Heat"),
            ("Heat Rogue Cut", "", "Heat"),
            ("Heat.30th.Anniversary.Edition.", "1995", "Heat"),
            ("Neil Diamond Collection ", "(2005)", "Neil Diamond Collection"),
            ("The Deer Hunter ", "(1978)", "The Deer Hunter"),
            ("Ronin Kill French ", "1080p", "Ronin Kill"),
            ("Ronin Kill French ", "(1998)", "Ronin Kill French"),
            ("Heat.German.", "2010.AC3.BDRip", "Heat"),
            ("The.Good.German.", "2006.1080p", "The.Good.German"),
            ("Heat.German.", "2010", "Heat.German"),
            ("Heat.The.Directors.Cut.", "1995", "Heat"),
            ("Get Him to the Greek ", "1080p", "Get Him to the Greek"),
            ("The Good German ", "1080p", "The Good German"),
            ("Heat [Dual-Audio] ", "1080p", "Heat"),
            ("Heat (VHS) ", "[1995]", "Heat"),
            ("Heat.AMZN.", "WEB-DL", "Heat"),
            ("Heat.AMZN.", "BluRay", "Heat.AMZN"),
            ("The English ", "1080p", "The English"),
            ("Johnny English ", "1080p", "Johnny English"),
            ("The Darjeeling Limited ", "(2007)", "The Darjeeling Limited"),
            ("The Final Cut ", "(2004)", "The Final Cut"),
            ("Make It Real ", "1080p", "Make It Real"),
            ("HEAT EXTENDED", "", "HEAT EXTENDED"),
            ("Uncut", "1080p", "Uncut"),
            ("(500) Days of Summer ", "(2009)", "(500) Days of Summer"),
        ] {
            let (bare, _) = without_added(title, behind);
            assert_eq!(bare.trim_end_matches([' ', '.', '(', '[']), kept, "{title}{behind}");
        }
    }
}
