//! Tracks: `Artist/Album/01 - Track`, disc folders between album and track skipped. Tags come later and count more.

use super::Named;
use super::title::{clean, title_and_year};

const UNKNOWN_ARTIST: &str = "Unknown Artist";
const UNKNOWN_ALBUM: &str = "Unknown Album";

pub(super) fn name(folders: &[String], stem: &str) -> Named {
    let (folders, disc) = match folders.split_last() {
        Some((last, before)) if !before.is_empty() && disc_of_folder(last).is_some() => (before, disc_of_folder(last)),
        _ => (folders, None),
    };
    let (artist, album) = match folders {
        [.., artist, album] => (clean(artist), album.as_str()),
        [only] => only.split_once(" - ").map_or_else(|| (clean(only), UNKNOWN_ALBUM), |(artist, album)| (clean(artist), album)),
        [] => (UNKNOWN_ARTIST.to_owned(), UNKNOWN_ALBUM),
    };
    let (album, album_year) = title_and_year(album).map_or_else(|| (clean(album), None), |(title, year)| (title, Some(year)));
    let (number, title) = number_and_title(stem);
    Named::Track { artist, album, album_year, disc, number, title }
}

/// `01 - Track`, `01. Track`, `01 Track`; `7 Rings` is a title.
fn number_and_title(stem: &str) -> (Option<u32>, String) {
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &stem[digits..];
    let marked = rest.trim_start().starts_with(['-', '.', '_', ')']);
    let title = clean(rest.trim_start_matches([' ', '-', '.', '_', ')']));
    let is_number = (1..=3).contains(&digits) && !title.is_empty() && (marked || (digits >= 2 && rest.starts_with(' ')));
    match stem[..digits].parse() {
        Ok(number) if is_number => (Some(number), title),
        _ => (None, clean(stem)),
    }
}

/// `CD1`, `Disc 2`, `disk 03`.
fn disc_of_folder(folder: &str) -> Option<u32> {
    let lower = folder.trim().to_lowercase();
    let rest = ["cd", "disc", "disk"].into_iter().find_map(|word| lower.strip_prefix(word))?;
    rest.trim_matches(|c: char| " ._-".contains(c)).parse().ok().filter(|disc| (1..=99).contains(disc))
}

#[cfg(test)]
mod tests {
    use super::super::{components, name};
    use super::*;
    use crate::SectionKind;

    #[test]
    fn tracks_are_named_by_artist_album_and_number() {
        let check = |path: &str, artist: &str, album: (&str, Option<u16>), disc: Option<u32>, number: Option<u32>, title: &str| {
            let expected =
                Named::Track { artist: artist.into(), album: album.0.into(), album_year: album.1, disc, number, title: title.into() };
            assert_eq!(name(SectionKind::Artist, &components(path)), expected, "{path}");
        };
        check("Miles Davis/Kind of Blue/01 - So What.flac", "Miles Davis", ("Kind of Blue", None), None, Some(1), "So What");
        check(
            "Miles Davis/Kind of Blue (1959)/02. Freddie Freeloader.mp3",
            "Miles Davis",
            ("Kind of Blue", Some(1959)),
            None,
            Some(2),
            "Freddie Freeloader",
        );
        check("Jazz/Miles Davis/Kind of Blue/03 Blue in Green.mp3", "Miles Davis", ("Kind of Blue", None), None, Some(3), "Blue in Green");
        check("Nena/Nena/CD2/04_Kino.mp3", "Nena", ("Nena", None), Some(2), Some(4), "Kino");
        check("Ariana Grande/Thank U, Next/7 Rings.mp3", "Ariana Grande", ("Thank U, Next", None), None, None, "7 Rings");
        check("Nena - 99 Luftballons/01 - Intro.mp3", "Nena", ("99 Luftballons", None), None, Some(1), "Intro");
        check("Nena/Kino.mp3", "Nena", ("Unknown Album", None), None, None, "Kino");
        check("Kino.mp3", "Unknown Artist", ("Unknown Album", None), None, None, "Kino");
    }
}
