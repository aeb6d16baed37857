//! What a folder holds, where nobody says it: by the section that it belongs to, else by its files' names.

use std::path::Path;

use butler_names::{Named, Numbers};

use super::super::media_names::Medium;
use super::{CheckError, Walked, look, name};
use crate::{Library, SectionKind};

/// Media of one sort this many times as frequent as another's say what a folder is for: films have posters
/// beside them, albums a video now and then.
const CLEARLY: usize = 4;
/// A film has a few pictures beside it; so many are an album of photos with a clip in it.
const MANY_PICTURES: usize = 10;

/// What was seen of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Found {
    videos: usize,
    /// Those of `videos` that are named like episodes.
    episodes: usize,
    sounds: usize,
    pictures: usize,
}

/// A folder, looked through for each sort of media.
pub(super) struct Looked {
    /// Films are the same files as shows: a walk takes both by the same names.
    videos: Walked,
    sounds: Walked,
    pictures: Walked,
    found: Found,
}

impl Looked {
    pub(super) fn at(
        library: &Library,
        folder: &Path,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<Self, CheckError> {
        let videos = look(library, folder, SectionKind::Show, stop)?;
        let sounds = look(library, folder, SectionKind::Artist, stop)?;
        let pictures = look(library, folder, SectionKind::Photo, stop)?;
        let is_episode = |named: &Named| matches!(named, Named::Episode(episode) if matches!(episode.numbers, Numbers::Range { .. } | Numbers::Date(_)));
        let episodes = videos.seen.iter().filter(|file| is_episode(&name(SectionKind::Show, file).0)).count();
        // A section of photos takes clips too, which say nothing here.
        let stills = pictures.seen.iter().filter(|file| file.medium == Medium::Photo).count();
        let found =
            Found { videos: videos.seen.len(), episodes, sounds: sounds.seen.len(), pictures: stills };
        Ok(Self { videos, sounds, pictures, found })
    }

    /// The kind of section that it belongs to, or looks like.
    pub(super) fn kind(&self, library: &Library, folder: &Path) -> Result<SectionKind, CheckError> {
        let sections = library.sections()?;
        let around =
            sections.iter().find(|section| section.roots.iter().any(|root| folder.starts_with(&root.path)));
        match around.map(|section| section.kind).or_else(|| guess(self.found)) {
            Some(kind) => Ok(kind),
            None if self.found == Found::default() => Err(CheckError::NoMedia(folder.display().to_string())),
            None => {
                Err(CheckError::Unclear { folder: folder.display().to_string(), found: told(self.found) })
            }
        }
    }

    /// What a section of this kind would leave alone or take for what it is not; none where that is only what
    /// usually lies beside it.
    pub(super) fn beside(&self, kind: SectionKind) -> Option<String> {
        beside(self.found, kind)
    }

    /// The walk for a section of this kind.
    pub(super) fn of(self, kind: SectionKind) -> Walked {
        match kind {
            SectionKind::Movie | SectionKind::Show => self.videos,
            SectionKind::Artist => self.sounds,
            SectionKind::Photo => self.pictures,
        }
    }
}

fn beside(found: Found, kind: SectionKind) -> Option<String> {
    let Found { videos, episodes, sounds, pictures } = found;
    // Posters, covers and a clip of a concert are no kind of their own.
    let (left, taken_for_films) = match kind {
        SectionKind::Movie => ((0, sounds, many(pictures, videos)), episodes),
        SectionKind::Show => ((0, sounds, many(pictures, videos)), 0),
        SectionKind::Artist => ((many(videos, sounds), 0, many(pictures, sounds)), 0),
        SectionKind::Photo => ((0, sounds, 0), episodes),
    };
    let words = [
        (left.0, "video"),
        (left.1, "sound file"),
        (left.2, "picture"),
        (taken_for_films, "video named like an episode"),
    ];
    let words: Vec<String> = words
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(
            |(number, noun)| {
                if *number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
            },
        )
        .collect();
    let advice = "one section holds one kind, so give each a folder and a section of its own";
    (!words.is_empty()).then(|| format!("It holds {} as well: {advice}.", words.join(" and ")))
}

/// So many, if they are more than lie beside `main` by the way.
fn many(number: usize, main: usize) -> usize {
    if number >= main.saturating_mul(CLEARLY).max(1) { number } else { 0 }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix("named like an episode") {
        Some(start) => format!("{}s named like episodes", start.trim_end()),
        None => format!("{noun}s"),
    }
}

fn guess(found: Found) -> Option<SectionKind> {
    let Found { videos, episodes, sounds, pictures } = found;
    if pictures > 0 && sounds == 0 && episodes == 0 && pictures >= videos * MANY_PICTURES {
        return Some(SectionKind::Photo);
    }
    if videos > 0 && videos >= sounds * CLEARLY {
        return match (episodes * CLEARLY >= videos * (CLEARLY - 1), episodes * CLEARLY <= videos) {
            (true, _) => Some(SectionKind::Show),
            (_, true) => Some(SectionKind::Movie),
            _ => None,
        };
    }
    if sounds > 0 && sounds >= videos * CLEARLY {
        return Some(SectionKind::Artist);
    }
    None
}

fn told(found: Found) -> String {
    let Found { videos, episodes, sounds, pictures } = found;
    format!(
        "{videos} videos, {episodes} of them named like episodes, {sounds} sound files, {pictures} pictures"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_several_kinds_is_told_and_what_usually_lies_beside_one_is_not() {
        let check = |videos, episodes, sounds, pictures, kind, expect: Option<&str>| {
            let told = beside(Found { videos, episodes, sounds, pictures }, kind);
            let told = told
                .as_deref()
                .and_then(|told| told.strip_prefix("It holds ")?.split_once(" as well"))
                .map(|told| told.0);
            assert_eq!(told, expect, "{videos} {episodes} {sounds} {pictures}");
        };
        check(7, 0, 0, 14, SectionKind::Movie, None);
        check(10, 3, 3, 4, SectionKind::Movie, Some("3 sound files and 3 videos named like episodes"));
        check(3, 1, 0, 40, SectionKind::Movie, Some("40 pictures and 1 video named like an episode"));
        check(20, 19, 0, 20, SectionKind::Show, None);
        check(20, 0, 1, 0, SectionKind::Show, Some("1 sound file"));
        check(1, 0, 200, 20, SectionKind::Artist, None);
        check(10, 0, 1, 0, SectionKind::Artist, Some("10 videos"));
        check(2, 0, 0, 20, SectionKind::Photo, None);
    }

    #[test]
    fn what_is_by_far_the_most_says_what_a_folder_holds() {
        let check = |videos, episodes, sounds, pictures, expect| {
            assert_eq!(
                guess(Found { videos, episodes, sounds, pictures }),
                expect,
                "{videos} {episodes} {sounds} {pictures}"
            );
        };
        check(3, 0, 0, 9, Some(SectionKind::Movie));
        check(20, 19, 1, 20, Some(SectionKind::Show));
        check(1, 0, 200, 20, Some(SectionKind::Artist));
        check(0, 0, 0, 20, Some(SectionKind::Photo));
        check(2, 0, 0, 20, Some(SectionKind::Photo));
        check(0, 0, 1, 20, Some(SectionKind::Artist));
        check(10, 5, 0, 0, None);
        check(10, 0, 10, 0, None);
        check(0, 0, 0, 0, None);
    }
}
