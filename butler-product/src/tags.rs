//! What the tags inside an audio file say: who, what, where on which album.
//!
//! It is what the file says, not what is true: nothing is looked up. Tags lie outside a source's fingerprint,
//! so their subject is the *tagged* source of a file: the content with its tags. Names are those of ID3v2.4,
//! Vorbis comments, MP4, APEv2, RIFF INFO and ASF, as MusicBrainz Picard maps them
//! (<https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html>).

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::one_line::one_line;
use crate::product::{Cost, CostPer, Line, Product};

/// At most this many characters of a text are kept: titles of classical works are long, and novels are no
/// titles.
pub const MAX_CHARS: usize = 512;
/// At most this many values of a field that may have several (artists, genres) are kept.
pub const MAX_VALUES: usize = 16;
/// The largest number of a track or disc that is taken for one.
pub const MAX_NUMBER: u32 = 9_999;

/// What a file's tags say. Texts are trimmed and never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = TagsValue))]
#[serde(default)]
pub struct Tags {
    /// The track's title.
    pub title: Option<String>,
    /// Who performs the track; several where the file lists several.
    pub artists: Vec<String>,
    /// The album's title.
    pub album: Option<String>,
    /// Whose album it is.
    pub album_artists: Vec<String>,
    /// The track's number on its disc, from 1.
    pub track: Option<u32>,
    /// How many tracks the disc has.
    pub track_total: Option<u32>,
    /// The disc's number, from 1.
    pub disc: Option<u32>,
    /// How many discs the album has.
    pub disc_total: Option<u32>,
    /// When it came out or was recorded: `1959`, `1959-08`, `1959-08-17`.
    pub date: Option<String>,
    /// When it came out first, in the same form.
    pub original_date: Option<String>,
    /// Its genres.
    pub genres: Vec<String>,
    /// Who composed it.
    pub composers: Vec<String>,
    /// Whether its album is a compilation of several artists.
    pub compilation: bool,
    /// Its ids at MusicBrainz.
    pub musicbrainz: MusicBrainz,
    /// Its gains and peaks, as found.
    pub gain: Gain,
    /// Whether the file carries lyrics.
    pub has_lyrics: bool,
    /// Whether the file carries a picture.
    pub has_picture: bool,
}

/// Ids at MusicBrainz, as found: UUIDs, unless somebody wrote something else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = TagsMusicBrainz))]
#[serde(default)]
pub struct MusicBrainz {
    /// The recording.
    pub recording: Option<String>,
    /// The track on its release.
    pub track: Option<String>,
    /// The release: one edition of an album.
    pub release: Option<String>,
    /// The release group: the album in all its editions.
    pub release_group: Option<String>,
    /// The track's artists.
    pub artists: Vec<String>,
    /// The album's artists.
    pub album_artists: Vec<String>,
}

/// Gains and peaks, word for word: `-7.03 dB`, `1.003000`, and for Opus `-1024` (RFC 7845, 5.2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = TagsGain))]
#[serde(default)]
pub struct Gain {
    /// `REPLAYGAIN_TRACK_GAIN`.
    pub track_gain: Option<String>,
    /// `REPLAYGAIN_TRACK_PEAK`.
    pub track_peak: Option<String>,
    /// `REPLAYGAIN_ALBUM_GAIN`.
    pub album_gain: Option<String>,
    /// `REPLAYGAIN_ALBUM_PEAK`.
    pub album_peak: Option<String>,
    /// `R128_TRACK_GAIN`, of Opus.
    pub r128_track_gain: Option<String>,
    /// `R128_ALBUM_GAIN`, of Opus.
    pub r128_album_gain: Option<String>,
}

impl Tags {
    /// The year in which the album came out: the first four digits of its date, from 1000 to 2999.
    pub fn year(&self) -> Option<u16> {
        self.date.as_deref().or(self.original_date.as_deref()).and_then(year)
    }

    /// The same within this page's bounds: texts cut and trimmed, empty ones and repeats left out, numbers
    /// that are none forgotten.
    #[must_use]
    pub fn bounded(self) -> Self {
        let MusicBrainz { recording, track, release, release_group, artists, album_artists } =
            self.musicbrainz;
        let Gain { track_gain, track_peak, album_gain, album_peak, r128_track_gain, r128_album_gain } =
            self.gain;
        Self {
            title: text(self.title),
            artists: texts(self.artists),
            album: text(self.album),
            album_artists: texts(self.album_artists),
            track: number(self.track),
            track_total: number(self.track_total),
            disc: number(self.disc),
            disc_total: number(self.disc_total),
            date: text(self.date),
            original_date: text(self.original_date),
            genres: texts(self.genres),
            composers: texts(self.composers),
            compilation: self.compilation,
            musicbrainz: MusicBrainz {
                recording: text(recording),
                track: text(track),
                release: text(release),
                release_group: text(release_group),
                artists: texts(artists),
                album_artists: texts(album_artists),
            },
            gain: Gain {
                track_gain: text(track_gain),
                track_peak: text(track_peak),
                album_gain: text(album_gain),
                album_peak: text(album_peak),
                r128_track_gain: text(r128_track_gain),
                r128_album_gain: text(r128_album_gain),
            },
            has_lyrics: self.has_lyrics,
            has_picture: self.has_picture,
        }
    }
}

impl Product for Tags {
    const NAME: &'static str = "tags";
    const VERSION: u32 = 2;
    const NEEDS: Traits = Traits::TAGGED;
    const AFTER_HEADERS: bool = false;
    const IS_BRIEF: bool = true;
    const COST: Cost = Cost { per: CostPer::Source, seconds: 0.02 };

    fn is_sound(&self) -> bool {
        self.clone().bounded() == *self
    }

    fn summary(&self) -> Vec<Line> {
        let named =
            [("by", self.artists.first()), ("on", self.album.as_ref()), ("title", self.title.as_ref())];
        named.into_iter().filter_map(|(label, text)| Some(Line::text(label, text?.clone()))).collect()
    }
}

/// The year at the start of a date.
fn year(date: &str) -> Option<u16> {
    date.get(..4)?.parse().ok().filter(|year| (1_000..3_000).contains(year))
}

fn number(number: Option<u32>) -> Option<u32> {
    number.filter(|number| (1..=MAX_NUMBER).contains(number))
}

fn text(text: Option<String>) -> Option<String> {
    text.map(|text| one_line(&text, MAX_CHARS)).filter(|text| !text.is_empty())
}

fn texts(texts: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts.iter().map(|text| one_line(text, MAX_CHARS)) {
        if kept.len() == MAX_VALUES {
            break;
        }
        if !text.is_empty() && !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_the_start_of_a_date() {
        let year = |date: &str| Tags { date: Some(date.into()), ..Tags::default() }.year();
        assert_eq!(
            [year("1959"), year("1959-08-17"), year("2003-12-31T00:00:00Z")],
            [Some(1959), Some(1959), Some(2003)]
        );
        assert_eq!([year(""), year("59"), year("0000"), year("next year"), year("19é9")], [None; 5]);
    }

    #[test]
    fn texts_are_cut_trimmed_and_kept_once() {
        let tags = Tags {
            title: Some(format!(" {}\0", "é".repeat(MAX_CHARS + 9))),
            album: Some(" \n ".into()),
            artists: ["A", "B ", "B", ""].map(str::to_owned).to_vec(),
            genres: (0..99).map(|number| number.to_string()).collect(),
            track: Some(0),
            disc: Some(10_000),
            ..Tags::default()
        };
        assert!(!tags.is_sound());
        let tags = tags.bounded();
        assert_eq!(tags.title.as_ref().map(|title| title.chars().count()), Some(MAX_CHARS));
        assert_eq!(
            (tags.album.as_deref(), tags.artists.as_slice()),
            (None, &["A".to_owned(), "B".to_owned()][..])
        );
        assert_eq!((tags.genres.len(), tags.track, tags.disc), (MAX_VALUES, None, None));
        assert!(tags.is_sound());
    }

    #[test]
    fn a_stored_value_of_an_older_build_still_reads() {
        let tags: Tags = serde_json::from_str(r#"{"title":"So What","track":1}"#).unwrap();
        assert_eq!((tags.title.as_deref(), tags.track, tags.compilation), (Some("So What"), Some(1), false));
    }
}
