//! What a name can say: the words that the parsers answer with. No parsing here.
//!
//! A field is empty where the name says nothing; [`Named::doubt`] tells what a person may want to rename.

use jiff::civil::Date;

use super::{junk, title, track};

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
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
pub struct Ids {
    /// `tt0113277`.
    pub imdb: Option<String>,
    /// Digits.
    pub tmdb: Option<String>,
    /// Digits.
    pub tvdb: Option<String>,
    /// Digits.
    pub anidb: Option<String>,
    /// A UUID in lower case.
    pub musicbrainz: Option<String>,
}

/// A film.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Movie {
    /// Never empty.
    pub title: String,
    /// Its year of release.
    pub year: Option<u16>,
    /// `Director's Cut` out of `{edition-Director's Cut}`: another edition is another item. At most 32
    /// characters.
    pub edition: Option<String>,
    /// The ids of file and folder.
    pub ids: Ids,
    /// What tells this version of one film from another: `1080p`, `Director's Cut`.
    pub version: Option<String>,
    /// Which piece of a film in several files this is, from 1 on.
    pub stack: Option<u32>,
}

/// A show, by its folder or else by the file's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Show {
    /// Never empty.
    pub title: String,
    /// The year in which it began.
    pub year: Option<u16>,
    /// The ids of the show's folder.
    pub ids: Ids,
}

/// An episode, or several in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// The show.
    pub show: Show,
    /// 0 for specials, a year for year seasons and dated episodes; none for absolute numbers and where
    /// nothing tells it.
    pub season: Option<u32>,
    /// Which of the season's episodes.
    pub numbers: Numbers,
    /// The day on which it was shown, where the name tells it beside the numbers.
    pub aired: Option<Date>,
    /// What stands behind the numbers; without numbers the cleaned name.
    pub title: Option<String>,
    /// What tells this version of one episode from another.
    pub version: Option<String>,
    /// Which piece of an episode in several files this is, from 1 on.
    pub stack: Option<u32>,
}

/// Which episodes a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
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
pub struct Track {
    /// The artist of the album: never empty.
    pub artist: String,
    /// Never empty.
    pub album: String,
    /// The album's year.
    pub album_year: Option<u16>,
    /// Which disc of the album, from 1 on.
    pub disc: Option<u32>,
    /// Which track of the disc, from 1 on.
    pub number: Option<u32>,
    /// Never empty.
    pub title: String,
    /// Who performs this one track, on an album of several artists.
    pub performer: Option<String>,
}

/// A photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Photo {
    /// The file's name without its ending.
    pub title: String,
}

/// What belongs to a film or show and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// What it is.
    pub kind: ExtraKind,
    /// Never empty.
    pub title: String,
    /// What it belongs to.
    pub of: Owner,
}

/// What an extra is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExtraKind {
    /// An advertisement of the film or show.
    Trailer,
    /// A scene that was left out.
    DeletedScene,
    /// How it was made.
    BehindTheScenes,
    /// Somebody who made it tells of it.
    Interview,
    /// One scene of it.
    Scene,
    /// A short film about it.
    Featurette,
    /// A short film of its own.
    Short,
    /// A piece that a release group cut out as a proof: shown to nobody.
    Sample,
    /// Anything else.
    Other,
}

impl ExtraKind {
    /// Whether its word is as often used for other things.
    pub(super) const fn is_vague(self) -> bool {
        matches!(self, Self::Other | Self::Short | Self::Scene)
    }

    /// Its word in the database and in our own API.
    pub const fn as_str(self) -> &'static str {
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
pub enum Owner {
    /// The film whose files lie in a folder.
    Film {
        /// How many leading components of the path make that folder.
        folder: usize,
        /// The film as the extra's own name says it, where it does (`Heat (1995)-trailer`): it counts in a
        /// folder of many films.
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
pub enum Doubt {
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
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoNumber => {
                "Nothing in the name tells which episode this is; name it like `Show - S01E02`."
            }
            Self::NoYear => "The name tells no year; name it like `Title (1999)`.",
            Self::NoTitle => "The name holds no title; name the file or its folder like `Title (1999)`.",
            Self::NotUtf8 => "The name is not UTF-8, so some of its letters are lost; rename it.",
            Self::NoAlbum => {
                "It lies in no folder of an artist and an album; only its tags can tell what it is."
            }
        }
    }
}

impl Named {
    /// What the name leaves open, the weightiest first; nothing if it says all that it should.
    pub fn doubt(&self) -> Option<Doubt> {
        let (title, doubt) = match self {
            Self::Episode(episode) => {
                (episode.show.title.as_str(), (episode.numbers == Numbers::None).then_some(Doubt::NoNumber))
            }
            Self::Movie(movie) => (
                movie.title.as_str(),
                (movie.year.is_none() && movie.ids == Ids::default()).then_some(Doubt::NoYear),
            ),
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
    use super::super::table::named;
    use super::*;
    use crate::Kind;

    #[test]
    fn what_a_name_leaves_open_is_told() {
        for (kind, path, doubt) in [
            (Kind::Movie, "Heat (1995).mkv", None),
            (Kind::Movie, "Heat {tmdb-949}.mkv", None),
            (Kind::Movie, "Heat.mkv", Some(Doubt::NoYear)),
            (Kind::Movie, "1080p.x264.mkv", Some(Doubt::NoTitle)),
            (Kind::Movie, " .mkv", Some(Doubt::NoTitle)),
            (Kind::Movie, "Caf\u{fffd} (1990).mkv", Some(Doubt::NotUtf8)),
            (Kind::Show, "Show/S01E02.mkv", None),
            (Kind::Show, "Show/2009-02-10.mkv", None),
            (Kind::Show, "Show/01.mkv", None),
            (Kind::Show, "Show/pilot.mkv", Some(Doubt::NoNumber)),
            (Kind::Artist, "Nena/Nena/01 Kino.mp3", None),
            (Kind::Artist, "Nena/Kino.mp3", Some(Doubt::NoAlbum)),
            (Kind::Artist, "Kino.mp3", Some(Doubt::NoAlbum)),
            (Kind::Photo, "2024/1080p.jpg", None),
        ] {
            assert_eq!(named(kind, path).doubt(), doubt, "{path}");
        }
    }
}
