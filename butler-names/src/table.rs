//! What a path is named, in one line: the form of the tables of cases.

use super::{Episode, Extra, Ids, Movie, Named, Numbers, Owner, Show, Track, read_sized};
use crate::Kind;

/// Checks a table of paths, each with its line; tells all that differ at once.
#[track_caller]
pub(super) fn check(kind: Kind, table: &[(&str, &str)]) {
    let wrong: Vec<_> = table
        .iter()
        .map(|(path, expected)| (path, expected, line(&named(kind, path))))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(path, expected, found)| format!("{path}\n     is {found}\n  not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

/// A path's name, of a file of 1 GB, or of 50 MB if the path ends in ` <small>`.
pub(super) fn named(kind: Kind, path: &str) -> Named {
    let (path, size) = path.strip_suffix(" <small>").map_or((path, 1_000_000_000), |path| (path, 50_000_000));
    read_sized(path, kind, size)
}

pub(super) fn line(named: &Named) -> String {
    match named {
        Named::Movie(movie) => film(movie),
        Named::Episode(found) => episode(found),
        Named::Track(found) => track(found),
        Named::Photo(photo) => photo.title.clone(),
        Named::Extra(Extra { kind, title, of }) => {
            let owner = match of {
                Owner::Film { folder, film: None } => format!("folder {folder}"),
                Owner::Film { folder, film: Some(of) } => format!("folder {folder}, {}", film(of)),
                Owner::Show { show: of, season, numbers: of_numbers } => {
                    format!("{}{}", show(of), numbers(*season, of_numbers))
                }
            };
            format!("{} | {title} | {owner}", kind.as_str())
        }
    }
}

fn film(movie: &Movie) -> String {
    let Movie { title, year, edition, ids, version, stack } = movie;
    let mut line = with_year(title, *year);
    line.extend(edition.iter().map(|edition| format!(" | edition {edition}")));
    line.extend(version.iter().map(|version| format!(" | {version}")));
    line.extend(stack.map(|piece| format!(" | #{piece}")));
    line + &of_ids(ids)
}

fn of_ids(ids: &Ids) -> String {
    let Ids { imdb, tmdb, tvdb, anidb, musicbrainz } = ids;
    let mut line = String::new();
    for (word, id) in [("imdb", imdb), ("tmdb", tmdb), ("tvdb", tvdb), ("anidb", anidb), ("mb", musicbrainz)]
    {
        line.extend(id.iter().map(|id| format!(" | {word} {id}")));
    }
    line
}

fn show(Show { title, year, ids }: &Show) -> String {
    with_year(title, *year) + &of_ids(ids)
}

fn with_year(title: &str, year: Option<u16>) -> String {
    year.map_or_else(|| title.to_owned(), |year| format!("{title} ({year})"))
}

fn numbers(season: Option<u32>, of: &Numbers) -> String {
    let season = season.map_or_else(String::new, |season| format!(" S{season}"));
    let range =
        |first: u32, last: u32| if first == last { first.to_string() } else { format!("{first}-{last}") };
    match of {
        Numbers::Range { first, last } => format!("{season} E{}", range(*first, *last)),
        Numbers::Absolute { first, last } => format!("{season} #{}", range(*first, *last)),
        Numbers::Date(date) => format!("{season} {date}"),
        Numbers::None => season,
    }
}

fn episode(found: &Episode) -> String {
    let Episode { show: of, season, numbers: which, aired, title, version, stack } = found;
    let mut line = show(of) + &numbers(*season, which);
    line.extend(aired.map(|day| format!(" on {day}")));
    line.extend(title.iter().map(|title| format!(" | {title}")));
    line.extend(version.iter().map(|version| format!(" | v {version}")));
    line.extend(stack.map(|piece| format!(" | piece {piece}")));
    line
}

fn track(found: &Track) -> String {
    let Track { artist, album, album_year, disc, number, title, performer } = found;
    let mut line = format!("{artist} | {} |", with_year(album, *album_year));
    line.extend(disc.map(|disc| format!(" {disc}-")));
    line.extend(number.map(|number| format!(" {number}")));
    line.push_str(&format!(" | {title}"));
    line.extend(performer.iter().map(|performer| format!(" | by {performer}")));
    line
}
