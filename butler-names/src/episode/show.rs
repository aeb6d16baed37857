//! Which show a file belongs to: its folder's, or that of its own name.

use std::sync::LazyLock;

use regex::Regex;

use super::super::title::{clean, comparable, titled, words};
use super::super::{Show, ids, junk, year};
use super::numbers;
use super::season::{self, SeasonFolder};

/// `S01-S05`, `Seasons 1-3`, `Complete Series` behind a show's name.
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[\s._\-\[(]+(?:S[0-9]{1,2}\s*-\s*S?[0-9]{1,2}|seasons?[\s._]*[0-9]{1,2}\s*-\s*[0-9]{1,2}|(?:the[\s._])?complete[\s._](?:series|collection)|\(?(?:mini[\s\-]?series|tv)\)?$).*$").ok()
});

/// Words that make no other show: `The Office US` in the folder `The Office`.
const COUNTRIES: &[&str] = &["us", "uk", "au", "nz", "ca", "de", "fr", "jp", "usa"];

/// The show of a file: `folder` above its season, the season's folder, and what stands in front of its
/// numbers.
pub(super) fn of(folder: Option<&str>, season: Option<&SeasonFolder>, prefix: &str, stem: &str) -> Show {
    if let Some(title) = folder.and_then(|folder| with_own_junk(folder, prefix)) {
        return Show { title, ..Show::default() };
    }
    let own = Some(named(prefix)).filter(|own| !own.title.is_empty());
    let above = folder.map(named).filter(|show| !show.title.is_empty());
    let of_season =
        season.and_then(|season| season.show.as_deref()).map(named).filter(|show| !show.title.is_empty());
    let chosen = match (above, of_season, season) {
        // `Drama/Show S01/…`
        (Some(above), Some(of_season), _) if !is_sure(&above) && !is_one(&of_season.title, &above.title) => {
            Some(of_season)
        }
        (Some(above), _, Some(_)) => Some(above),
        (None, Some(of_season), _) => Some(of_season),
        (Some(above), _, None) => match own {
            Some(own)
                if !is_sure(&above)
                    && !is_one(&own.title, &above.title)
                    && !is_told_within(stem, &above.title)
                    && !is_marked(stem, &own.title, &above.title)
                    && !is_behind_a_year(&own.title, &above.title)
                    && !is_parted_by_a_dash(&own.title, &above.title)
                    && !is_behind_junk(&own.title, &above.title)
                    && own.title.chars().any(char::is_alphabetic) =>
            {
                Some(own)
            }
            _ => Some(above),
        },
        (None, None, _) => own,
    };
    chosen.unwrap_or_else(|| Show { title: titled(junk::cut(stem)), ..Show::default() })
}

/// The folder above the one that a file lies in, if its year or id makes it sure and the file names its show:
/// `Show (2010)/Arc Two/Show - 05.mkv`.
pub(super) fn further_up<'a>(folders: &'a [String], nearest: Option<&str>, prefix: &str) -> Option<&'a str> {
    let own = named(prefix).title;
    let at = folders.iter().position(|folder| nearest == Some(folder.as_str()))?;
    if own.is_empty() || is_sure(&named(&folders[at])) {
        return None;
    }
    let is_it = |folder: &&String| {
        let show = named(folder);
        is_sure(&show) && comparable(&show.title) == comparable(&own)
    };
    folders[..at].iter().rev().find(is_it).map(String::as_str)
}

fn is_sure(show: &Show) -> bool {
    show.year.is_some() || show.ids != super::super::Ids::default()
}

/// Whether a file's own words mean the show that a folder names: the same ones, fewer of them, or their
/// initials.
fn is_one(own: &str, folder: &str) -> bool {
    let (own_words, folder_words) = (words(own), words(folder));
    let (own_key, folder_key) = (comparable(own), comparable(folder));
    let initials: String = folder_words.iter().filter_map(|word| word.chars().next()).collect();
    let is_short = own_words.len() == 1 && own_key.len() <= 4;
    own_key == folder_key
        || own_words.iter().all(|word| folder_words.contains(word))
        || (folder_words.iter().all(|word| own_words.contains(word))
            && own_words
                .iter()
                .filter(|word| !folder_words.contains(word))
                .all(|word| COUNTRIES.contains(&word.as_str()) || is_year(word)))
        || (is_short && own_key.len() >= 2 && initials.contains(&own_key))
        || (is_short
            && own_key.chars().next() == folder_key.chars().next()
            && is_within(&own_key, &folder_key))
}

/// Whether a name tells the folder's show in a bracket, or in a script, of its own: `[Group][番組 / Show][05]`,
/// `番組.Show.S01E01`. `[Group] Show Two - 05` is another one.
fn is_told_within(stem: &str, folder: &str) -> bool {
    let key = comparable(folder);
    let is_wide = |c: char| c.is_alphabetic() && c >= '\u{2e80}';
    let is_it = |part: &str| {
        let (before, behind) = (part.split(is_wide).next(), part.rsplit(is_wide).next());
        [Some(part), before, behind].into_iter().flatten().any(|part| {
            let season = season::in_name(part).map_or(part.len(), |season| season.start);
            let numbers = numbers::find(part).map_or(part.len(), |found| found.start);
            comparable(&part[..season.min(numbers)]) == key
        })
    };
    let may = stem.trim_start().starts_with('[') || stem.chars().any(is_wide);
    let parts = stem.split(['[', ']', '|', '/']).flat_map(|part| part.split(" _ "));
    may && key.chars().count() >= 4 && { parts }.any(is_it)
}

/// Whether a scene group's mark stands in front of the folder's show: `grp-show.s01e02`.
fn is_marked(stem: &str, own: &str, folder: &str) -> bool {
    let Some((mark, _)) = stem.split_once('-') else { return false };
    (2..=10).contains(&mark.len())
        && !stem.chars().any(|c| c.is_uppercase() || c == ' ')
        && comparable(own).strip_prefix(mark).is_some_and(|rest| rest == comparable(folder))
}

/// Whether what a file calls its show is the folder's with its year, and more behind it: `Doctor Who 2005
/// The Day of the Doctor`.
fn is_behind_a_year(own: &str, folder: &str) -> bool {
    let (own, folder) = (words(own), words(folder));
    !folder.is_empty() && own.starts_with(&folder) && own.get(folder.len()).is_some_and(|word| is_year(word))
}

/// Whether what a file calls its show is the folder's, and behind a dash the title of the episode or of a
/// part of the show: `Dark - Lies - S01E02` in the folder `Dark`.
fn is_parted_by_a_dash(own: &str, folder: &str) -> bool {
    own.match_indices(" - ").any(|(dash, _)| comparable(&own[..dash]) == comparable(folder))
}

/// Whether nothing but a release's words stand in front of the folder's show: `HD 720p: Dark.S01E02`.
fn is_behind_junk(own: &str, folder: &str) -> bool {
    let own = own.trim_end_matches(['.', ' ']);
    let front = own.len().checked_sub(folder.len()).filter(|at| own.is_char_boundary(*at));
    front.is_some_and(|at| {
        junk::is_all(&own[..at].replace(':', " ")) && comparable(&own[at..]) == comparable(folder)
    })
}

/// A show's title with the junk in it, where folder and file both write that, and a plain word behind it:
/// `The 4K Show/The 4K Show S01E02.mkv`.
fn with_own_junk(folder: &str, prefix: &str) -> Option<String> {
    if !folder.contains(' ') || folder.contains(['[', '(', '{', '-']) {
        return None;
    }
    let title = clean(folder);
    let words = junk::words(&title);
    let mut hard = (0..words.len()).filter(|at| junk::is_hard(&words, *at));
    let is_within = hard.next().is_some_and(|at| at + 1 < words.len()) && hard.next().is_none();
    (is_within && title == clean(prefix)).then_some(title)
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the letters of a short form follow each other in the long one: `BrBa`.
fn is_within(short: &str, long: &str) -> bool {
    let mut left = long.chars();
    short.chars().all(|c| left.any(|other| other == c))
}

/// A show by a text: its title, year and ids. The title is empty if there is none.
pub(super) fn named(text: &str) -> Show {
    let (tags, text) = ids::take(text);
    let text = text.trim();
    let text = match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((_, rest)) if rest.chars().any(char::is_alphabetic) => rest.trim_start_matches(['.', '_', ' ']),
        _ => text,
    };
    let text = junk::without_brackets(one_of_brackets(text));
    let text = text.as_ref();
    let text = SPAN
        .as_ref()
        .and_then(|span| span.find(text))
        .filter(|span| span.start() > 0)
        .map_or(text, |span| &text[..span.start()]);
    // A bare year belongs to the title, `Space 1999`, unless a release has it between its dots.
    let dotted = !text.trim().contains(' ') && text.contains(['.', '_']);
    let found = year::in_brackets(text).or_else(|| {
        year::find(text.trim_end_matches(['.', '_', '-', ' '])).filter(|found| dotted && found.start > 0)
    });
    let (title, year) = match found {
        Some(found) if found.start == 0 => (&text[found.end..], Some(found.year)),
        Some(found) => (&text[..found.start], Some(found.year)),
        None => (text, None),
    };
    Show { title: clean(junk::cut(title)), year, ids: tags.ids }
}

/// Of `[番組][Show][2019]`, a name in brackets alone, the last title that Latin letters write, else the first.
fn one_of_brackets(text: &str) -> &str {
    let inner = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let Some(groups) = inner.map(|inner| inner.split("][")) else { return text };
    let titles = || groups.clone().filter(|group| group.chars().any(char::is_alphabetic));
    titles().filter(|group| group.is_ascii()).last().or_else(|| titles().next()).unwrap_or(text)
}
