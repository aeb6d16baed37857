//! What a file is by its name and by what it says of itself, together: its tags, or when it was taken. Pure:
//! the same answer whether a scan asks or a product that came later, so that neither undoes the other's work.
//!
//! What a file says counts more than its name; where it is silent, its name speaks. Start with [`told`].

mod date;

use butler_names::{Named, Track, album_and_disc};
use butler_product::Value;
use butler_product::photo::{Photo, Taken};
use butler_product::tags::Tags;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) const VARIOUS_ARTISTS: &str = "Various Artists";

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) named: Named,
    pub(super) details: Details,
}

/// What an item shows beside its title, year and number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Details {
    /// The disc of a track.
    pub(super) disc: Option<u32>,
    /// Who performs a track, where that is not the artist above it.
    pub(super) performer: Option<String>,
    /// Of a track.
    pub(super) genres: Vec<String>,
    /// When a photo was taken, and what says so.
    pub(super) taken: Option<(Taken, TakenFrom)>,
}

/// What says when a photo was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenFrom {
    /// The file's own blocks: EXIF, XMP, IPTC.
    Exif,
    /// The file's name.
    Name,
    /// The file's time of writing, for want of a better.
    File,
}

impl TakenFrom {
    /// Its word in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Exif => "exif",
            Self::Name => "name",
            Self::File => "file",
        }
    }
}

/// What a file is, by its name, by what its content says (none while that is not known), and by when it was
/// written, in nanoseconds since 1970.
pub(super) fn merge(named: Named, says: Option<&Value>, mtime_ns: i64) -> Merged {
    match named {
        Named::Track(name) => match says.and_then(Value::get) {
            Some(tags) => {
                let tags = in_plain_form(tags);
                let track = by_tags(name, &tags);
                Merged {
                    details: Details { genres: tags.genres, ..of_track(&track) },
                    named: Named::Track(track),
                }
            }
            None => Merged { details: of_track(&name), named: Named::Track(name) },
        },
        Named::Photo(name) => {
            let taken = taken(says.and_then(Value::get), &name.title, mtime_ns);
            Merged { details: Details { taken, ..Details::default() }, named: Named::Photo(name) }
        }
        named => Merged { named, details: Details::default() },
    }
}

/// The tags that make an item, in the form of names: two artists that look the same are one.
fn in_plain_form(tags: &Tags) -> Tags {
    let text =
        |text: &String| Some(butler_names::plain(text).trim().to_owned()).filter(|text| !text.is_empty());
    let texts = |values: &[String]| values.iter().filter_map(text).collect();
    Tags {
        title: tags.title.as_ref().and_then(text),
        artists: texts(&tags.artists),
        album: tags.album.as_ref().and_then(text),
        album_artists: texts(&tags.album_artists),
        genres: texts(&tags.genres),
        ..tags.clone()
    }
}

fn of_track(track: &Track) -> Details {
    let performer = track.performer.clone().filter(|performer| !is_same(performer, &track.artist));
    Details { disc: track.disc, performer, ..Details::default() }
}

fn by_tags(name: Track, tags: &Tags) -> Track {
    let performer = joined(&tags.artists);
    let artist = album_artist(&name, tags);
    // Each disc of a box may be called an album of its own: `Album (Disc 2)`.
    let (album, disc) = match tags.album.as_deref().map(album_and_disc) {
        Some((album, disc)) => (Some(album.to_owned()), disc),
        None => (None, None),
    };
    let names_its_album = album.as_ref().is_none_or(|album| is_same(album, &name.album));
    Track {
        artist,
        album_year: tags.year().or(name.album_year.filter(|_| names_its_album)),
        album: album.unwrap_or(name.album),
        disc: disc.or(tags.disc).or(name.disc),
        number: tags.track.or(name.number),
        title: tags.title.clone().unwrap_or(name.title),
        performer: performer.or(name.performer),
    }
}

/// What a track says whose tags leave open whose its album is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// The title of its album, without the disc.
    pub(super) album: String,
    /// Who performs it, guests left out.
    pub(super) artist: String,
    /// Who performs it.
    pub(super) performer: String,
}

impl Open {
    /// None if tags or folders tell whose the album is, or the tags name no album or no performer.
    pub(super) fn of(name: &Track, tags: &Tags) -> Option<Self> {
        let tags = in_plain_form(tags);
        let is_told = !tags.album_artists.is_empty() || tags.compilation || is_various(&name.artist);
        let (album, _) = album_and_disc(tags.album.as_deref().filter(|_| !is_told)?);
        Some(Self {
            album: album.to_lowercase(),
            artist: without_guests(tags.artists.first()?).to_owned(),
            performer: joined(&tags.artists)?,
        })
    }
}

/// Whose an album is of which no track says it: the one's who performs more than half of it, else nobody's.
pub(super) fn artist_of_all<'a>(artists: &[&'a str]) -> &'a str {
    let count = |artist: &str| artists.iter().filter(|other| is_same(other, artist)).count();
    artists.iter().find(|artist| count(artist) * 2 > artists.len()).map_or(VARIOUS_ARTISTS, |artist| artist)
}

/// Whose album it is. A track that says only who performs it is on that one's album, guests left out.
fn album_artist(name: &Track, tags: &Tags) -> String {
    match joined(&tags.album_artists) {
        Some(artist) if is_various(&artist) => VARIOUS_ARTISTS.to_owned(),
        Some(artist) => artist,
        None if tags.compilation || is_various(&name.artist) => VARIOUS_ARTISTS.to_owned(),
        None => tags
            .artists
            .first()
            .map_or_else(|| name.artist.clone(), |artist| without_guests(artist).to_owned()),
    }
}

fn joined(values: &[String]) -> Option<String> {
    Some(values.join(", ")).filter(|joined| !joined.is_empty())
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The ways in which compilations are said to be nobody's; the last is iTunes' folder.
fn is_various(artist: &str) -> bool {
    let words = ["various artists", "various", "va", "v.a.", "v/a", "compilations"];
    words.contains(&artist.trim().to_lowercase().as_str())
}

/// `A feat. B` is A's.
fn without_guests(artist: &str) -> &str {
    // Cut by the places of lower-case ASCII, which are the same in the text as it stands.
    let lower = artist.to_ascii_lowercase();
    let marks = [" feat. ", " feat ", " ft. ", " ft ", " featuring ", " (feat", " [feat"];
    let end = marks.into_iter().filter_map(|mark| lower.find(mark)).filter(|end| *end > 0).min();
    end.and_then(|end| artist.get(..end)).map_or(artist, str::trim_end)
}

/// When a photo was taken: its camera's word, else its name's, else when it says that it was changed last,
/// else when the file was written, in UTC.
fn taken(photo: Option<&Photo>, name: &str, mtime_ns: i64) -> Option<(Taken, TakenFrom)> {
    let says = |which: fn(&Photo) -> &Option<Taken>| Some((which(photo?).clone()?, TakenFrom::Exif));
    says(|photo| &photo.taken)
        .or_else(|| Some((date::of_name(name)?, TakenFrom::Name)))
        .or_else(|| says(|photo| &photo.changed))
        .or_else(|| Some((written(mtime_ns)?, TakenFrom::File)))
}

fn written(mtime_ns: i64) -> Option<Taken> {
    let at = TimeZone::UTC.to_datetime(Timestamp::from_nanosecond(mtime_ns.into()).ok()?);
    let small = |number: i8| u8::try_from(number).ok();
    let date = (u16::try_from(at.year()).ok()?, small(at.month())?, small(at.day())?);
    Taken::of(date, (small(at.hour())?, small(at.minute())?, small(at.second())?), Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use butler_names::Photo as Name;

    const WRITTEN: i64 = 1_706_704_496_000_000_000; // 2024-01-31T12:34:56Z

    fn name() -> Track {
        Track {
            artist: "Folder Artist".into(),
            album: "Folder Album".into(),
            album_year: Some(1990),
            number: Some(7),
            title: "Folder Title".into(),
            ..Track::default()
        }
    }

    fn by(name: Track, tags: Tags) -> (Track, Details) {
        match merge(Named::Track(name), Some(&Value::Tags(Box::new(tags))), WRITTEN) {
            Merged { named: Named::Track(track), details } => (track, details),
            other => panic!("{other:?}"),
        }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_name_speaks_where_the_tags_are_silent() {
        let (track, _) = by(name(), Tags { title: text("So What"), ..Tags::default() });
        assert_eq!(track, Track { title: "So What".into(), ..name() });
        let nothing = Value::Nothing { why: "The file carries no tags.".into() };
        for says in [None, Some(&nothing)] {
            assert_eq!(merge(Named::Track(name()), says, WRITTEN).named, Named::Track(name()));
        }
    }

    #[test]
    fn texts_that_look_the_same_are_the_same() {
        let names = |artist: &str| vec![artist.to_owned()];
        let decomposed = Tags {
            artists: names("Bjo\u{308}rk"),
            album: text("Homogenic\u{202e}"),
            title: text("Jo\u{301}ga"),
            genres: names("E\u{301}lectro"),
            album_artists: names("\u{200b}"),
            ..Tags::default()
        };
        let (track, details) = by(name(), decomposed);
        assert_eq!([track.artist.as_str(), &track.album, &track.title], ["Björk", "Homogenic", "Jóga"]);
        assert_eq!(details.genres, ["Électro"]);
    }

    #[test]
    fn the_discs_of_a_box_are_one_album() {
        let of = |album: &str, disc: Option<u32>| {
            let (track, _) = by(name(), Tags { album: text(album), disc, ..Tags::default() });
            (track.album, track.disc)
        };
        assert_eq!(of("Kind of Blue (Disc 2)", None), ("Kind of Blue".into(), Some(2)));
        assert_eq!(of("Kind of Blue [CD 2]", Some(1)), ("Kind of Blue".into(), Some(2)));
        assert_eq!(of("Kind of Blue", Some(1)), ("Kind of Blue".into(), Some(1)));
    }

    #[test]
    fn another_album_than_the_folder_s_has_not_the_folder_s_year() {
        let year = |album: &str| by(name(), Tags { album: text(album), ..Tags::default() }).0.album_year;
        assert_eq!([year("FOLDER ALBUM"), year("Kind of Blue")], [Some(1990), None]);
    }

    #[test]
    fn an_album_is_its_album_artist_s_and_else_its_performer_s() {
        let check = |name: Track, tags: Tags, artist: &str, performer: Option<&str>| {
            let (track, details) = by(name, tags);
            assert_eq!((track.artist.as_str(), details.performer.as_deref()), (artist, performer));
        };
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let tags = |artists: &[&str], albums: &[&str]| Tags {
            artists: list(artists),
            album_artists: list(albums),
            ..Tags::default()
        };
        check(name(), tags(&["Nena"], &[]), "Nena", None);
        check(name(), tags(&["Nena feat. Kim Wilde"], &[]), "Nena", Some("Nena feat. Kim Wilde"));
        check(name(), tags(&["Nena"], &["nena"]), "nena", None);
        check(name(), tags(&["Nena", "Kim Wilde"], &["Nena"]), "Nena", Some("Nena, Kim Wilde"));
        check(name(), tags(&[], &[]), "Folder Artist", None);
        check(name(), tags(&["Nena"], &["VA"]), VARIOUS_ARTISTS, Some("Nena"));
        check(name(), Tags { compilation: true, ..tags(&["Nena"], &[]) }, VARIOUS_ARTISTS, Some("Nena"));
        check(name(), Tags { compilation: true, ..tags(&["Nena"], &["Bravo"]) }, "Bravo", Some("Nena"));
        check(
            Track { artist: "Various".into(), ..name() },
            tags(&["Nena"], &[]),
            VARIOUS_ARTISTS,
            Some("Nena"),
        );
    }

    #[test]
    fn an_album_of_many_is_the_one_s_who_performs_most_of_it_or_nobody_s() {
        for (artists, whose) in [
            (&["Nena"][..], "Nena"),
            (&["Nena", "NENA", "Falco"], "Nena"),
            (&["Nena", "Falco"], VARIOUS_ARTISTS),
            (&["Nena", "Nena", "Falco", "Opus"], VARIOUS_ARTISTS),
        ] {
            assert_eq!(artist_of_all(artists), whose, "{artists:?}");
        }
    }

    #[test]
    fn only_tags_that_name_no_album_artist_leave_it_open() {
        let tags =
            Tags { artists: vec!["Nena feat. Kim".into()], album: text("Hits (CD 2)"), ..Tags::default() };
        let open = Open { album: "hits".into(), artist: "Nena".into(), performer: "Nena feat. Kim".into() };
        assert_eq!(Open::of(&name(), &tags), Some(open));
        let various = Track { artist: "VA".into(), ..name() };
        assert_eq!(Open::of(&various, &tags), None);
        assert_eq!(Open::of(&name(), &Tags { compilation: true, ..tags.clone() }), None);
        assert_eq!(Open::of(&name(), &Tags { album_artists: vec!["X".into()], ..tags.clone() }), None);
        assert_eq!(Open::of(&name(), &Tags { album: None, ..tags }), None);
    }

    #[test]
    fn a_photo_was_taken_when_its_camera_says_else_its_name_else_its_file() {
        let photo = |title: &str| Named::Photo(Name { title: title.into() });
        let exif = Photo { taken: Taken::of((2020, 5, 6), (7, 8, 9), Some(-420)), ..Photo::default() };
        let taken = |title: &str, photo_says: Photo| {
            let (taken, from) = merge(photo(title), Some(&Value::Photo(Box::new(photo_says))), WRITTEN)
                .details
                .taken
                .unwrap();
            (taken.local, taken.offset_minutes, from)
        };
        assert_eq!(
            taken("IMG_20240101_000000", exif),
            ("2020-05-06T07:08:09".into(), Some(-420), TakenFrom::Exif)
        );
        assert_eq!(
            taken("IMG_20230101_010203", Photo::default()),
            ("2023-01-01T01:02:03".into(), None, TakenFrom::Name)
        );
        let changed = Photo { changed: Taken::of((2021, 2, 3), (4, 5, 6), None), ..Photo::default() };
        assert_eq!(
            taken("IMG_20230101_010203", changed.clone()),
            ("2023-01-01T01:02:03".into(), None, TakenFrom::Name),
            "a name is believed before the day of a change"
        );
        assert_eq!(taken("DSC00042", changed), ("2021-02-03T04:05:06".into(), None, TakenFrom::Exif));
        assert_eq!(
            taken("DSC00042", Photo::default()),
            ("2024-01-31T12:34:56".into(), Some(0), TakenFrom::File)
        );
    }
}
