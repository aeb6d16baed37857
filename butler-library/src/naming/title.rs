//! Titles as they stand in names: the year behind them, dots for blanks, the article in front.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The years that a film can be from; other numbers in brackets are part of something else.
const YEARS: std::ops::RangeInclusive<u16> = 1880..=2199;

/// `Title (1995)` and what may follow, taken apart; also with square brackets.
pub(super) fn title_and_year(text: &str) -> Option<(String, u16)> {
    // The last one counts: `2001 (1968)`, `Blade Runner (2049) (2017)`.
    let mut found = None;
    for (open, close) in [('(', ')'), ('[', ']')] {
        for (at, _) in text.match_indices(open) {
            let inside = text[at + 1..].split_once(close).map_or("", |(inside, _)| inside);
            let year = inside.parse().ok().filter(|year| inside.len() == 4 && YEARS.contains(year));
            let title = clean(&text[..at]);
            if let Some(year) = year
                && !title.is_empty()
                && found.as_ref().is_none_or(|(before, _, _)| *before < at)
            {
                found = Some((at, title, year));
            }
        }
    }
    found.map(|(_, title, year)| (title, year))
}

/// A name as a title: blanks where dots or underscores stand for them, and none at the ends.
pub(super) fn clean(text: &str) -> String {
    let spaced = if text.trim().contains(' ') { text.to_owned() } else { text.replace(['.', '_'], " ") };
    let trimmed = spaced.trim().trim_matches(|c: char| c == '-' || c == '_').trim();
    if trimmed.is_empty() { text.trim().to_owned() } else { trimmed.to_owned() }
}

/// The title by which an item is sorted: without its English article and without accents.
pub(crate) fn sort_title(title: &str) -> String {
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
    fn a_year_in_brackets_ends_the_title() {
        let check = |text: &str, title: &str, year: u16| assert_eq!(title_and_year(text), Some((title.to_owned(), year)), "{text}");
        check("Heat (1995)", "Heat", 1995);
        check("Heat [1995]", "Heat", 1995);
        check("Heat.(1995).1080p", "Heat", 1995);
        check("Heat (1995) - 4K", "Heat", 1995);
        check("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968);
        check("Blade Runner (2049) (2017)", "Blade Runner (2049)", 2017);
        check("(500) Days of Summer (2009)", "(500) Days of Summer", 2009);
    }

    #[test]
    fn other_brackets_are_no_year() {
        for text in ["Heat", "Heat (95)", "(1995)", "Heat (12345)", "Heat (abcd)", "Heat (1995", "Heat (+199)"] {
            assert_eq!(title_and_year(text), None, "{text}");
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
