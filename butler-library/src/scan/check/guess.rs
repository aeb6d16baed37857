//! What a folder holds, where nobody says it: by the section that it belongs to, else by its files' names.

use std::path::Path;

use butler_names::{Named, Numbers};

use super::super::media_names::Medium;
use super::{CheckError, Walked, look, name};
use crate::{Library, SectionKind};

/// Media of one sort this many times as frequent as another's say what a folder is for: films have posters beside them,
/// albums a video now and then.
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

/// The kind of section that a folder looks like, and the walk for it.
pub(super) fn kind(library: &Library, folder: &Path, stop: &mut dyn FnMut() -> bool) -> Result<(SectionKind, Walked), CheckError> {
    let sections = library.sections()?;
    let around = sections.iter().find(|section| section.roots.iter().any(|root| folder.starts_with(&root.path)));
    if let Some(section) = around {
        return Ok((section.kind, look(library, folder, section.kind, stop)?));
    }
    let videos = look(library, folder, SectionKind::Show, stop)?;
    let sounds = look(library, folder, SectionKind::Artist, stop)?;
    let pictures = look(library, folder, SectionKind::Photo, stop)?;
    let is_episode =
        |named: &Named| matches!(named, Named::Episode(episode) if matches!(episode.numbers, Numbers::Range { .. } | Numbers::Date(_)));
    let episodes = videos.seen.iter().filter(|file| is_episode(&name(SectionKind::Show, file).0)).count();
    // A section of photos takes clips too, which say nothing here.
    let stills = pictures.seen.iter().filter(|file| file.medium == Medium::Photo).count();
    let found = Found { videos: videos.seen.len(), episodes, sounds: sounds.seen.len(), pictures: stills };
    match guess(found) {
        // Films are the same files as shows: a walk takes both by the same names.
        Some(kind @ (SectionKind::Movie | SectionKind::Show)) => Ok((kind, videos)),
        Some(SectionKind::Artist) => Ok((SectionKind::Artist, sounds)),
        Some(SectionKind::Photo) => Ok((SectionKind::Photo, pictures)),
        None if found == Found::default() => Err(CheckError::NoMedia(folder.display().to_string())),
        None => Err(CheckError::Unclear { folder: folder.display().to_string(), found: told(found) }),
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
    format!("{videos} videos, {episodes} of them named like episodes, {sounds} sound files, {pictures} pictures")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_by_far_the_most_says_what_a_folder_holds() {
        let check = |videos, episodes, sounds, pictures, expect| {
            assert_eq!(guess(Found { videos, episodes, sounds, pictures }), expect, "{videos} {episodes} {sounds} {pictures}");
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
