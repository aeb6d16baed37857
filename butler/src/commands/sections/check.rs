//! `butler sections check`: what a folder would become as a section, as a tree, and what to rename.

use std::path::PathBuf;

use butler_client::{Check, CheckItem, CheckNote, CheckVersion, Client};

use super::{Kind, whole};
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::words::count;
use crate::print::{Colour, Out, Text, json};

pub(super) async fn run(
    client: &Client,
    folder: PathBuf,
    kind: Option<Kind>,
    out: Out,
) -> Result<Exit, Trouble> {
    let folder = whole(vec![folder])?.remove(0);
    let check = client.check_folder(&folder, kind.map(Kind::as_str)).await?;
    if out.json {
        json::print(&check)?;
        return Ok(Exit::Done);
    }
    lines(&check).into_iter().try_for_each(|line| out.line(line))?;
    Ok(Exit::Done)
}

fn lines(check: &Check) -> Vec<Text> {
    let mut lines = vec![summary(check).into()];
    let remarks = check.mixed.iter().chain(&check.nested);
    lines.extend(remarks.map(|remark| Text::painted(remark, Colour::Yellow)));
    for item in &check.items {
        lines.push(format!("  {}", told(item)).into());
        below(item, "    ", &mut lines);
    }
    let left_out = &check.left_out;
    lines.extend(more(left_out.items));
    notes("doubtful", (&check.doubts, left_out.doubts), Colour::Yellow, &mut lines);
    notes("left alone", (&check.ignored, left_out.ignored), Colour::Grey, &mut lines);
    notes("unreadable", (&check.unreadable, left_out.unreadable), Colour::Red, &mut lines);
    lines
}

/// `/films would be a section of type movie (found out): 3 movies, 2 extras in 6 files.`
fn summary(check: &Check) -> String {
    let counts = &check.counts;
    let found = [
        (counts.movies, "movie"),
        (counts.shows, "show"),
        (counts.seasons, "season"),
        (counts.episodes, "episode"),
        (counts.artists, "artist"),
        (counts.albums, "album"),
        (counts.tracks, "track"),
        (counts.photos, "photo"),
        (counts.extras, "extra"),
    ];
    let found: Vec<String> =
        found.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    let guessed = if check.guessed { " (found out)" } else { "" };
    let files = count(counts.files, "file");
    format!("{} would be a section of type {}{guessed}: {found} in {files}.", check.folder, check.kind)
}

/// What stands below an item: seasons with their episodes' number and numbers, versions, extras.
fn below(item: &CheckItem, indent: &str, lines: &mut Vec<Text>) {
    let is_several = item.versions.len() > 1 || item.versions.iter().any(|version| version.files.len() > 1);
    if is_several {
        lines.extend(item.versions.iter().map(|version| format!("{indent}{}", told_version(version)).into()));
    }
    for child in &item.children {
        match child.kind.as_str() {
            "season" => {
                let episodes = count(child.children.len() as u64, "episode");
                lines.push(format!("{indent}{}: {episodes}{}", told(child), numbers(&child.children)).into());
            }
            "album" => lines.push(
                format!("{indent}{}: {}", told(child), count(child.children.len() as u64, "track")).into(),
            ),
            _ => lines.push(format!("{indent}{}", told(child)).into()),
        }
        extras(child, &format!("{indent}  "), lines);
        for episode in &child.children {
            extras(episode, &format!("{indent}  "), lines);
        }
    }
    extras(item, indent, lines);
}

/// ` (1-3, 5)`: which episodes these are, so that a gap is seen; nothing where one has no number.
fn numbers(episodes: &[CheckItem]) -> String {
    let numbers: Option<Vec<u32>> = episodes.iter().map(|episode| episode.number).collect();
    let mut numbers = numbers.unwrap_or_default();
    numbers.sort_unstable();
    numbers.dedup();
    let spans: Vec<String> = numbers
        .chunk_by(|one, next| one.checked_add(1) == Some(*next))
        .filter_map(|span| match span {
            [] => None,
            [only] => Some(only.to_string()),
            [first, .., last] => Some(format!("{first}-{last}")),
        })
        .collect();
    if spans.is_empty() { String::new() } else { format!(" ({})", spans.join(", ")) }
}

fn extras(item: &CheckItem, indent: &str, lines: &mut Vec<Text>) {
    for extra in &item.extras {
        let kind = extra.extra.as_deref().unwrap_or("extra").replace('-', " ");
        lines.push(format!("{indent}{kind}: {}", extra.title).into());
    }
}

/// `Heat (1995), Director's Cut`.
fn told(item: &CheckItem) -> String {
    let year = item.year.map(|year| format!(" ({year})")).unwrap_or_default();
    let edition = item.edition.as_ref().map(|edition| format!(", {edition}")).unwrap_or_default();
    let ids = if item.ids.is_empty() { String::new() } else { format!(" [{}]", item.ids.join(", ")) };
    format!("{}{year}{edition}{ids}", item.title)
}

/// `1080p: Heat (1995) - cd1.avi + Heat (1995) - cd2.avi`.
fn told_version(version: &CheckVersion) -> String {
    let names: Vec<&str> = version.files.iter().map(|file| file.rsplit('/').next().unwrap_or(file)).collect();
    let label = version.label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
    format!("{label}{}", names.join(" + "))
}

fn notes(what: &str, (notes, left_out): (&[CheckNote], u64), colour: Colour, lines: &mut Vec<Text>) {
    if notes.is_empty() {
        return;
    }
    lines.push(Text::default());
    lines.push(Text::painted(format!("{} {what}:", notes.len() as u64 + left_out), colour));
    lines.extend(notes.iter().map(|note| format!("  {}: {}", note.path, note.message).into()));
    lines.extend(more(left_out));
}

/// The line that says how many are left out, if some are.
fn more(left_out: u64) -> Option<Text> {
    (left_out > 0).then(|| format!("  ... and {left_out} more").into())
}

#[cfg(test)]
mod tests {
    use butler_client::{CheckCounts, CheckLeftOut};

    use super::*;

    fn item(kind: &str, title: &str) -> CheckItem {
        CheckItem { kind: kind.into(), title: title.into(), ..CheckItem::default() }
    }

    fn version(label: Option<&str>, files: &[&str]) -> CheckVersion {
        CheckVersion {
            label: label.map(str::to_owned),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        }
    }

    fn check(kind: &str, counts: CheckCounts, items: Vec<CheckItem>) -> Check {
        let note = |path: &str, message: &str| CheckNote { path: path.into(), message: message.into() };
        Check {
            folder: "/media".into(),
            kind: kind.into(),
            guessed: true,
            mixed: None,
            nested: Vec::new(),
            counts,
            items,
            doubts: vec![note("odd.mkv", "The name tells no year.")],
            ignored: vec![note("Subs", "It is hidden.")],
            unreadable: Vec::new(),
            left_out: CheckLeftOut::default(),
        }
    }

    fn text(check: &Check) -> String {
        lines(check).into_iter().map(|line| line.plain() + "\n").collect()
    }

    #[test]
    fn films_are_told_with_versions_pieces_and_extras() {
        let trailer = CheckItem { extra: Some("trailer".into()), ..item("extra", "Teaser") };
        let versions = vec![
            version(Some("4K"), &["Heat/Heat 4K.mkv"]),
            version(None, &["Heat/Heat-cd1.avi", "Heat/Heat-cd2.avi"]),
        ];
        let heat = CheckItem { year: Some(1995), versions, extras: vec![trailer], ..item("movie", "Heat") };
        let cut = CheckItem {
            edition: Some("Final Cut".into()),
            ids: vec!["tmdb://78".into()],
            ..item("movie", "Blade Runner")
        };
        let counts = CheckCounts { files: 5, movies: 2, extras: 1, ..CheckCounts::default() };
        assert_eq!(
            text(&check("movie", counts, vec![cut, heat])),
            "/media would be a section of type movie (found out): 2 movies, 1 extra in 5 files.\n  \
             Blade Runner, Final Cut [tmdb://78]\n  Heat (1995)\n    4K: Heat 4K.mkv\n    Heat-cd1.avi + \
             Heat-cd2.avi\n    trailer: Teaser\n\n\
             1 doubtful:\n  odd.mkv: The name tells no year.\n\n1 left alone:\n  Subs: It is hidden.\n"
        );
    }

    #[test]
    fn what_an_answer_leaves_out_is_counted() {
        let mut check = check("movie", CheckCounts::default(), vec![item("movie", "Heat")]);
        check.left_out = CheckLeftOut { items: 7, ignored: 2, ..CheckLeftOut::default() };
        check.nested = vec!["`/media` lies in `/`.".to_owned()];
        let text = text(&check);
        assert!(text.contains("in 0 files.\n`/media` lies in `/`.\n"), "{text}");
        assert!(text.contains("  Heat\n  ... and 7 more\n"), "{text}");
        assert!(text.contains("3 left alone:\n  Subs: It is hidden.\n  ... and 2 more\n"), "{text}");
    }

    #[test]
    fn a_season_tells_which_episodes_are_there() {
        let told = |of: &[u32]| {
            numbers(
                &of.iter()
                    .map(|number| CheckItem { number: Some(*number), ..item("episode", "A") })
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!([told(&[1, 2, 3, 5]), told(&[7]), told(&[2, 1, 2])], [" (1-3, 5)", " (7)", " (1-2)"]);
        assert_eq!([told(&[u32::MAX]), numbers(&[item("episode", "Pilot")])], [" (4294967295)", ""]);
    }

    #[test]
    fn shows_are_told_by_season_with_their_number_of_episodes() {
        let season = CheckItem {
            children: vec![item("episode", "A"), item("episode", "B\u{1b}[2J")],
            ..item("season", "Season 1")
        };
        let dark = CheckItem { children: vec![season], ..item("show", "Dark\u{1b}[2J") };
        let counts = CheckCounts { files: 2, shows: 1, seasons: 1, episodes: 2, ..CheckCounts::default() };
        let text = text(&check("show", counts, vec![dark]));
        assert!(
            text.contains(
                "1 show, 1 season, 2 episodes in 2 files.\n  Dark\u{fffd}[2J\n    Season 1: 2 episodes\n"
            ),
            "{text}"
        );
    }
}
