//! What a name can say: the words that the parsers answer with. No parsing here.
//!
//! A field is empty where the name says nothing; [`Named::doubt`] tells what a person may want to rename.

use jiff::civil::Date;

use super::{junk, title, track};

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A film, or a version, edition or piece of one.
    Movie(Movie),
    /// An episode, or several in one file.
    Episode(Episode),
    /// A track.
    Track(Track),
    /// A photo.
    Photo(Photo),
    /// A trailer, a deleted scene and the like, which belongs to a film or show and is none.
    Extra(Extra),
}

/// Ids that a name carries, in file or folder, each in the form of its database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// `tt0113277`.
    pub(crate) imdb: Option<String>,
    /// Digits.
    pub(crate) tmdb: Option<String>,
    /// Digits.
    pub(crate) tvdb: Option<String>,
    /// Digits.
    pub(crate) anidb: Option<String>,
    /// A UUID in lower case.
    pub(crate) musicbrainz: Option<String>,
}

/// A film.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Movie {
    /// Never empty.
    pub(crate) title: String,
    /// Its year of release.
    pub(crate) year: Option<u16>,
    /// `Director's Cut` out of `{edition-Director's Cut}`: another edition is another item. At most 32 characters.
    pub(crate) edition: Option<String>,
    /// The ids of file and folder.
    pub(crate) ids: Ids,
    /// What tells this version of one film from another: `1080p`, `Director's Cut`.
    pub(crate) version: Option<String>,
    /// Which piece of a film in several files this is, from 1 on.
    pub(crate) stack: Option<u32>,
}

/// A show, by its folder or else by the file's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Show {
    /// Never empty.
    pub(crate) title: String,
    /// The year in which it began.
    pub(crate) year: Option<u16>,
    /// The ids of the show's folder.
    pub(crate) ids: Ids,
}

/// An episode, or several in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Episode {
    /// The show.
    pub(crate) show: Show,
    /// 0 for specials, a year for year seasons and dated episodes; none for absolute numbers and where nothing tells it.
    pub(crate) season: Option<u32>,
    /// Which of the season's episodes.
    pub(crate) numbers: Numbers,
    /// What stands behind the numbers; without numbers the cleaned name.
    pub(crate) title: Option<String>,
    /// What tells this version of one episode from another.
    pub(crate) version: Option<String>,
    /// Which piece of an episode in several files this is, from 1 on.
    pub(crate) stack: Option<u32>,
}

/// Which episodes a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// `S01E02`, or `S01E02-E04` from the first to the last; `first <= last`.
    Range {
        /// The first one.
        first: u32,
        /// The last one.
        last: u32,
    },
    /// The day on which it was shown.
    Date(Date),
    /// Counted through all seasons; `first <= last`.
    Absolute {
        /// The first one.
        first: u32,
        /// The last one.
        last: u32,
    },
    /// The name tells none.
    None,
}

/// A track, as its path says; tags come later and count more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Track {
    /// The artist of the album: never empty.
    pub(crate) artist: String,
    /// Never empty.
    pub(crate) album: String,
    /// The album's year.
    pub(crate) album_year: Option<u16>,
    /// Which disc of the album, from 1 on.
    pub(crate) disc: Option<u32>,
    /// Which track of the disc, from 1 on.
    pub(crate) number: Option<u32>,
    /// Never empty.
    pub(crate) title: String,
    /// Who performs this one track, on an album of several artists.
    pub(crate) performer: Option<String>,
}

/// A photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Photo {
    /// The file's name without its ending.
    pub(crate) title: String,
}

/// What belongs to a film or show and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extra {
    /// What it is.
    pub(crate) kind: ExtraKind,
    /// Never empty.
    pub(crate) title: String,
    /// What it belongs to.
    pub(crate) of: Owner,
}

/// What an extra is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ExtraKind {
    Trailer,
    DeletedScene,
    BehindTheScenes,
    Interview,
    Scene,
    Featurette,
    Short,
    /// A piece that a release group cut out as a proof: shown to nobody.
    Sample,
    Other,
}

impl ExtraKind {
    /// Whether its word is as often used for other things.
    pub(super) const fn is_vague(self) -> bool {
        matches!(self, Self::Other | Self::Short | Self::Scene)
    }

    /// Its word in the database and in our own API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Trailer => "trailer",
            Self::DeletedScene => "deleted-scene",
            Self::BehindTheScenes => "behind-the-scenes",
            Self::Interview => "interview",
            Self::Scene => "scene",
            Self::Featurette => "featurette",
            Self::Short => "short",
            Self::Sample => "sample",
            Self::Other => "other",
        }
    }
}

/// What an extra belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The film whose files lie in a folder.
    Film {
        /// How many leading components of the path make that folder.
        folder: usize,
        /// The film as the extra's own name says it, where it does (`Heat (1995)-trailer`): it counts in a folder of many films.
        film: Option<Movie>,
    },
    /// A show, one of its seasons, or one of its episodes.
    Show {
        /// The show.
        show: Show,
        /// The season, if it belongs to one.
        season: Option<u32>,
        /// The episode, if it belongs to one.
        numbers: Numbers,
    },
}

/// What a name leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// An episode of which nothing tells the number.
    NoNumber,
    /// A film without a year: another of its title can't be told from it.
    NoYear,
    /// A title in which no word is left, or none but junk.
    NoTitle,
    /// A name that is not UTF-8.
    NotUtf8,
    /// A track outside of an artist's and an album's folder.
    NoAlbum,
}

impl Doubt {
    /// A sentence for a person.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::NoNumber => "Nothing in the name tells which episode this is; name it like `Show - S01E02`.",
            Self::NoYear => "The name tells no year; name it like `Title (1999)`.",
            Self::NoTitle => "The name holds no title; name the file or its folder like `Title (1999)`.",
            Self::NotUtf8 => "The name is not UTF-8, so some of its letters are lost; rename it.",
            Self::NoAlbum => "It lies in no folder of an artist and an album; only its tags can tell what it is.",
        }
    }
}

impl Named {
    /// What the name leaves open, the weightiest first; nothing if it says all that it should.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        let (title, doubt) = match self {
            Self::Episode(episode) => (episode.show.title.as_str(), (episode.numbers == Numbers::None).then_some(Doubt::NoNumber)),
            Self::Movie(movie) => (movie.title.as_str(), (movie.year.is_none() && movie.ids == Ids::default()).then_some(Doubt::NoYear)),
            Self::Track(track) => (track.title.as_str(), track.is_placed_nowhere().then_some(Doubt::NoAlbum)),
            Self::Photo(photo) => (photo.title.as_str(), None),
            Self::Extra(extra) => (extra.title.as_str(), None),
        };
        let of_title = if title.contains(char::REPLACEMENT_CHARACTER) {
            Some(Doubt::NotUtf8)
        } else if !matches!(self, Self::Photo(_)) && (title == title::UNTITLED || junk::is_all(title)) {
            Some(Doubt::NoTitle)
        } else {
            None
        };
        of_title.or(doubt)
    }
}

impl Track {
    fn is_placed_nowhere(&self) -> bool {
        self.artist == track::UNKNOWN_ARTIST || self.album == track::UNKNOWN_ALBUM
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::named;
    use super::*;
    use crate::SectionKind;

    #[test]
    fn what_a_name_leaves_open_is_told() {
        for (kind, path, doubt) in [
            (SectionKind::Movie, "Heat (1995).mkv", None),
            (SectionKind::Movie, "Heat {tmdb-949}.mkv", None),
            (SectionKind::Movie, "Heat.mkv", Some(Doubt::NoYear)),
            (SectionKind::Movie, "1080p.x264.mkv", Some(Doubt::NoTitle)),
            (SectionKind::Movie, " .mkv", Some(Doubt::NoTitle)),
            (SectionKind::Movie, "Caf\u{fffd} (1990).mkv", Some(Doubt::NotUtf8)),
            (SectionKind::Show, "Show/S01E02.mkv", None),
            (SectionKind::Show, "Show/2009-02-10.mkv", None),
            (SectionKind::Show, "Show/01.mkv", None),
            (SectionKind::Show, "Show/pilot.mkv", Some(Doubt::NoNumber)),
            (SectionKind::Artist, "Nena/Nena/01 Kino.mp3", None),
            (SectionKind::Artist, "Nena/Kino.mp3", Some(Doubt::NoAlbum)),
            (SectionKind::Artist, "Kino.mp3", Some(Doubt::NoAlbum)),
            (SectionKind::Photo, "2024/1080p.jpg", None),
        ] {
            assert_eq!(named(kind, path).doubt(), doubt, "{path}");
        }
    }
}
