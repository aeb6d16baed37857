//! Episodes: `S01E02` or `1x02` in the file's name, `Show (Year)` and `Season 01` by its folders.
//!
//! A file that tells no number is listed all the same, by its name.

use super::Named;
use super::title::{clean, title_and_year};

pub(super) fn name(folders: &[String], stem: &str) -> Named {
    let numbers = season_and_episode(stem);
    let (folders, season_folder) = match folders.split_last() {
        Some((last, before)) => match season_of_folder(last) {
            Some(season) => (before, Some(season)),
            None => (folders, None),
        },
        None => (folders, None),
    };
    let before = numbers.as_ref().map_or("", |numbers| &stem[..numbers.start]);
    let show = match folders.last() {
        Some(folder) => folder.as_str(),
        None if !clean(before).is_empty() => before,
        None => stem,
    };
    let (show, show_year) = title_and_year(show).map_or_else(|| (clean(show), None), |(title, year)| (title, Some(year)));
    match numbers {
        Some(Numbers { season, episode, end, .. }) => {
            let title = clean(&stem[end..]);
            let title = if title.is_empty() { format!("Episode {episode}") } else { title };
            Named::Episode { show, show_year, season, number: Some(episode), title }
        }
        None => Named::Episode { show, show_year, season: season_folder.unwrap_or(0), number: None, title: clean(stem) },
    }
}

/// The numbers in a name, and where they stand.
struct Numbers {
    season: u32,
    episode: u32,
    start: usize,
    end: usize,
}

/// `S01E02`, `s1.e2`, `S01 - E02`, `1x02`.
fn season_and_episode(stem: &str) -> Option<Numbers> {
    let bytes = stem.as_bytes();
    (0..bytes.len()).find_map(|start| {
        // Not in the middle of a word or number: `1920x1080` is no episode.
        if start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
            return None;
        }
        if bytes[start].eq_ignore_ascii_case(&b's') {
            let (season, at) = number(bytes, start + 1, 4)?;
            let at = at + bytes[at..].iter().take_while(|byte| b" ._-".contains(byte)).count();
            if !bytes.get(at)?.eq_ignore_ascii_case(&b'e') {
                return None;
            }
            let (episode, end) = number(bytes, at + 1, 4)?;
            return Some(Numbers { season, episode, start, end });
        }
        let (season, at) = number(bytes, start, 2)?;
        if !bytes.get(at)?.eq_ignore_ascii_case(&b'x') {
            return None;
        }
        let (episode, end) = number(bytes, at + 1, 3)?;
        Some(Numbers { season, episode, start, end })
    })
}

/// The number of at most `most` digits at a place, and where it ends.
fn number(bytes: &[u8], start: usize, most: usize) -> Option<(u32, usize)> {
    let digits = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > most {
        return None;
    }
    let text = std::str::from_utf8(&bytes[start..start + digits]).ok()?;
    Some((text.parse().ok()?, start + digits))
}

/// `Season 01`, `Staffel 1`, `S01`, `Specials`.
fn season_of_folder(folder: &str) -> Option<u32> {
    let lower = folder.trim().to_lowercase();
    if lower == "specials" {
        return Some(0);
    }
    let rest = ["season", "staffel", "series", "saison", "temporada", "s"].into_iter().find_map(|word| lower.strip_prefix(word))?;
    let digits = rest.trim_matches(|c: char| " ._-".contains(c));
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{components, name};
    use super::*;
    use crate::SectionKind;

    fn check(path: &str, show: (&str, Option<u16>), season: u32, number: Option<u32>, title: &str) {
        let expected = Named::Episode { show: show.0.into(), show_year: show.1, season, number, title: title.into() };
        assert_eq!(name(SectionKind::Show, &components(path)), expected, "{path}");
    }

    #[test]
    fn episodes_are_named_by_number_and_folders() {
        check("Show (2010)/Season 01/Show (2010) - S01E02 - Title.mkv", ("Show", Some(2010)), 1, Some(2), "Title");
        check("Show (2010)/Season 01/Show - s01e02.mkv", ("Show", Some(2010)), 1, Some(2), "Episode 2");
        check("Show/Season 2/2x13 The End.mkv", ("Show", None), 2, Some(13), "The End");
        check("Show/S03/Show.S03.E04.Name.Of.It.mkv", ("Show", None), 3, Some(4), "Name Of It");
        check("Show/S01 - E05.mkv", ("Show", None), 1, Some(5), "Episode 5");
        check("Drama/Show/Specials/Show S00E01.mkv", ("Show", None), 0, Some(1), "Episode 1");
        check("Some Show S01E01.mkv", ("Some Show", None), 1, Some(1), "Episode 1");
        check("Season 1/Other Show S01E01.mkv", ("Other Show", None), 1, Some(1), "Episode 1");
        check("Show/Season 1/Épisode S01E07 – ça va.mkv", ("Show", None), 1, Some(7), "– ça va");
    }

    #[test]
    fn a_name_without_numbers_is_kept_as_it_is() {
        check("Show/Season 4/1920x1080 making of.mkv", ("Show", None), 4, None, "1920x1080 making of");
        check("Show/pilot.mkv", ("Show", None), 0, None, "pilot");
        check("lonely.mkv", ("lonely", None), 0, None, "lonely");
    }
}
