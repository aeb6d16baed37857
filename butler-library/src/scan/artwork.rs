//! Which picture beside the media is what of which item, by its name: `poster.jpg`, `fanart.png`,
//! `Heat (1995)-poster.jpg`, `season02-poster.jpg`. Pure: what belongs to whom is looked up in `pictures`.
//!
//! The names are those that Kodi, Plex and Jellyfin read (<https://kodi.wiki/view/Artwork_types>,
//! <https://support.plex.tv/articles/200220677-local-media-assets-movies/>,
//! <https://jellyfin.org/docs/general/server/media/movies/>).

use crate::SectionKind;
use crate::store::pictures::PictureRole;

/// What a picture belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// What its folder holds: a film, a show, a season, an album, an artist.
    Folder,
    /// A season of the show whose folder it lies in.
    Season(u32),
    /// What the media file of this name in the same folder holds, its extension apart.
    File(Vec<u8>),
}

const EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "webp"];

const ROLES: &[(&str, PictureRole)] = &[
    ("poster", PictureRole::Poster),
    ("folder", PictureRole::Poster),
    ("cover", PictureRole::Poster),
    ("front", PictureRole::Poster),
    ("movie", PictureRole::Poster),
    ("show", PictureRole::Poster),
    ("album", PictureRole::Poster),
    ("artist", PictureRole::Poster),
    ("fanart", PictureRole::Background),
    ("backdrop", PictureRole::Background),
    ("background", PictureRole::Background),
    ("art", PictureRole::Background),
    ("banner", PictureRole::Banner),
    ("logo", PictureRole::Logo),
    ("clearlogo", PictureRole::Logo),
    ("thumb", PictureRole::Thumb),
    ("landscape", PictureRole::Thumb),
];

/// What a file of a section of this kind is a picture of, by its name; none if it is no picture of an item.
pub(super) fn read(kind: SectionKind, name: &[u8]) -> Option<(PictureRole, Owner)> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let (stem, extension) = (&name[..dot], &name[dot + 1..]);
    let is_picture = EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()));
    // In a section of photos every picture is an item of its own.
    if !is_picture || kind == SectionKind::Photo {
        return None;
    }
    if let Some(role) = role(stem) {
        return Some((role, Owner::Folder));
    }
    if let Some((number, role)) = (kind == SectionKind::Show).then(|| season(stem)).flatten() {
        return Some((role, Owner::Season(number)));
    }
    let dash = stem.iter().rposition(|byte| *byte == b'-').filter(|dash| *dash > 0)?;
    Some((role(&stem[dash + 1..])?, Owner::File(stem[..dash].to_vec())))
}

fn role(word: &[u8]) -> Option<PictureRole> {
    ROLES.iter().find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes())).map(|(_, role)| *role)
}

/// `season02-poster`, `season-specials-banner`, `Season 2`.
fn season(stem: &[u8]) -> Option<(u32, PictureRole)> {
    let stem = std::str::from_utf8(stem).ok()?.to_ascii_lowercase();
    let rest = stem.strip_prefix("season")?;
    let (number, role_word) = match rest.strip_prefix("-specials") {
        Some(rest) => ("0", rest),
        None => rest.split_at(rest.find('-').unwrap_or(rest.len())),
    };
    let role = match role_word.strip_prefix('-') {
        Some(word) => role(word.as_bytes())?,
        None if role_word.is_empty() => PictureRole::Poster,
        None => return None,
    };
    Some((number.trim().parse().ok()?, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pictures_name_says_what_it_is_and_of_what() {
        let check = |kind, name: &str, expect: Option<(PictureRole, Owner)>| {
            assert_eq!(read(kind, name.as_bytes()), expect, "{name}");
        };
        let file = |stem: &str| Owner::File(stem.into());
        let (movie, show, artist) = (SectionKind::Movie, SectionKind::Show, SectionKind::Artist);
        check(movie, "Poster.JPG", Some((PictureRole::Poster, Owner::Folder)));
        check(movie, "fanart.png", Some((PictureRole::Background, Owner::Folder)));
        check(movie, "Heat (1995)-poster.jpg", Some((PictureRole::Poster, file("Heat (1995)"))));
        check(show, "Dark - S01E01-thumb.jpg", Some((PictureRole::Thumb, file("Dark - S01E01"))));
        check(show, "season02-poster.jpg", Some((PictureRole::Poster, Owner::Season(2))));
        check(show, "season-specials-banner.jpg", Some((PictureRole::Banner, Owner::Season(0))));
        check(show, "Season 3.png", Some((PictureRole::Poster, Owner::Season(3))));
        check(artist, "cover.jpeg", Some((PictureRole::Poster, Owner::Folder)));
        for (kind, name) in [
            (SectionKind::Photo, "poster.jpg"),
            (movie, "holiday.jpg"),
            (movie, "poster.mkv"),
            (movie, "-poster.jpg"),
            (movie, "season02-poster"),
            (show, "seasonal.jpg"),
        ] {
            check(kind, name, None);
        }
    }
}
