//! Titles as they stand in names: dots for blanks, the article in front, two of them compared. Never a year
//! or a number.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a title is called of which nothing is left.
pub(super) const UNTITLED: &str = "Untitled";

const DASHES: [char; 3] = ['-', '–', '—'];
const ARTICLES: [&str; 3] = ["the", "a", "an"];

/// A name as a title: blanks where dots or underscores stand for them, and none at the ends. Empty if nothing
/// is left.
pub(super) fn clean(text: &str) -> String {
    let spaced = text.replace('_', " ");
    let spaced = if spaced.trim().contains(' ') { spaced } else { without_dots(&spaced) };
    let mut title = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    for empty in ["()", "[]", "{}", "( )", "[ ]", "{ }"] {
        title = title.replace(empty, " ");
    }
    let mut trimmed = title
        .trim_matches(|c: char| c == ' ' || c == ',' || DASHES.contains(&c))
        .trim_start_matches(['.', ' ']);
    // A bracket that was cut in two is none.
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
        if trimmed.ends_with(open) && !trimmed.contains(close) {
            trimmed = trimmed.trim_end_matches([open, ' ']);
        }
    }
    trimmed
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .trim_matches(|c: char| c == ' ' || DASHES.contains(&c))
        .to_owned()
}

/// A name without the site in front of which it was taken: `www.site.org - Heat`.
pub(super) fn without_site_in_front(text: &str) -> &str {
    match text.trim_start().split_once(' ') {
        Some((site, rest)) if site.to_ascii_lowercase().starts_with("www.") => {
            rest.trim_start().trim_start_matches('-').trim_start()
        }
        _ => text,
    }
}

/// A title that is never empty: the cleaned text, else the text, else a word for it.
pub(super) fn titled(text: &str) -> String {
    let title = clean(text);
    if !title.is_empty() {
        return title;
    }
    let text = text.trim();
    if text.is_empty() { UNTITLED.to_owned() } else { text.to_owned() }
}

/// Blanks for dots, but `S.W.A.T.` keeps its own.
fn without_dots(text: &str) -> String {
    let words: Vec<_> = text.split('.').collect();
    let is_letter = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
    };
    let mut spaced = String::with_capacity(text.len());
    let mut at = 0;
    while at < words.len() {
        let letters = words[at..].iter().take_while(|word| is_letter(word)).count();
        let capitals = words[at..at + letters].iter().all(|word| word.chars().all(char::is_uppercase));
        if letters >= 2 && capitals {
            spaced.extend(words[at..at + letters].iter().flat_map(|word| [*word, "."]));
            spaced.push(' ');
            at += letters;
        } else {
            spaced.push_str(words[at]);
            spaced.push(' ');
            at += 1;
        }
    }
    spaced
}

/// What two titles have in common that are written differently: letters and digits in lower case, without
/// marks and article.
pub(super) fn comparable(title: &str) -> String {
    let key = words(title).concat();
    if key.is_empty() { title.trim().to_lowercase() } else { key }
}

/// Whether two titles are one, though one may write umlauts as two letters: `Über Uns`, `Ueber.Uns`.
pub(super) fn is_one_title(one: &str, other: &str) -> bool {
    let has_umlaut = |title: &str| title.nfc().any(|c| "äöüøåÄÖÜØÅ".contains(c));
    let (own, others) = (comparable(one), comparable(other));
    let short = |key: &str| {
        [("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")]
            .iter()
            .fold(key.to_owned(), |key, (two, one)| key.replace(two, one))
    };
    own == others || ((has_umlaut(one) || has_umlaut(other)) && short(&own) == short(&others))
}

/// Small letters that no composed form has, in those by which names without them write them.
fn plain_letters(text: &str) -> Cow<'_, str> {
    const LETTERS: [(char, &str); 8] =
        [('ø', "o"), ('æ', "ae"), ('œ', "oe"), ('ß', "ss"), ('ł', "l"), ('đ', "d"), ('ð', "d"), ('þ', "th")];
    let plain = |c: char| LETTERS.iter().find(|(letter, _)| *letter == c).map(|(_, plain)| *plain);
    if text.is_ascii() || !text.chars().any(|c| plain(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match plain(c) {
            Some(plain) => written.push_str(plain),
            None => written.push(c),
        }
    }
    Cow::Owned(written)
}

/// The words of a title in lower case, without marks, without its article in front.
pub(super) fn words(title: &str) -> Vec<String> {
    let bare: String = title
        .replace('&', " and ")
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '’' | '`'))
        .collect();
    let words: Vec<_> = plain_letters(&bare.to_lowercase())
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    match words.split_first() {
        Some((first, rest)) if !rest.is_empty() && ARTICLES.contains(&first.as_str()) => rest.to_vec(),
        _ => words,
    }
}

/// The title by which an item is sorted: without its English article and without accents.
pub fn sort_title(title: &str) -> String {
    let rest = ["The ", "A ", "An "].into_iter().find_map(|article| {
        let head = title.get(..article.len())?;
        head.eq_ignore_ascii_case(article).then(|| title[article.len()..].trim())
    });
    let kept = rest.filter(|rest| !rest.is_empty()).unwrap_or(title);
    kept.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_to_titles() {
        for (text, title) in [
            ("Wild.Strawberries", "Wild Strawberries"),
            ("wild_strawberries", "wild strawberries"),
            ("Mr. Nobody", "Mr. Nobody"),
            ("S.W.A.T.", "S.W.A.T."),
            ("Agents.of.S.H.I.E.L.D", "Agents of S.H.I.E.L.D."),
            ("A.I.Artificial.Intelligence", "A.I. Artificial Intelligence"),
            ("I.Robot", "I Robot"),
            (" - Heat - ", "Heat"),
            ("Heat ( )", "Heat"),
            ("Heat [", "Heat"),
            ("– ça va", "ça va"),
            ("(500) Days of Summer", "(500) Days of Summer"),
            ("Heat   2", "Heat 2"),
            ("...", ""),
            ("---", ""),
        ] {
            assert_eq!(clean(text), title, "{text}");
        }
        assert_eq!((titled("---").as_str(), titled("  ").as_str()), ("---", UNTITLED));
    }

    #[test]
    fn titles_are_compared_by_their_letters() {
        for (a, b) in [
            ("Amélie", "amelie"),
            ("The Office", "Office"),
            ("Spider-Man", "Spider Man"),
            ("Law & Order", "Law and Order"),
            ("Ocean’s", "Ocean's"),
            ("Smørrebrød", "Smorrebrod"),
            ("Æon Flux", "Aeon Flux"),
            ("Die Straße", "die strasse"),
        ] {
            assert_eq!(comparable(a), comparable(b));
        }
        assert!(is_one_title("Über uns", "Ueber.Uns") && is_one_title("Über uns", "Uber uns"));
        assert!(!is_one_title("Blue", "Blu") && !is_one_title("Über uns", "Über euch"));
        for (a, b) in [("Alien", "Aliens"), ("Alien 3", "Alien"), ("?", "!"), ("The", "A")] {
            assert_ne!(comparable(a), comparable(b));
        }
    }

    #[test]
    fn titles_are_sorted_without_article_and_accents() {
        let check = |title: &str, sort: &str| assert_eq!(sort_title(title), sort);
        check("The Third Man", "Third Man");
        check("A Serious Man", "Serious Man");
        check("an Education", "Education");
        check("The ", "The ");
        check("Amélie", "Amelie");
        check("Theodora", "Theodora");
    }
}
