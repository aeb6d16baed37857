//! Items with their media, parts, streams and chapters: `GET /library/sections/{id}/all`,
//! `/library/metadata/{id}` and `/library/metadata/{id}/children`, inside a [`super::Container`].
//!
//! In JSON every item is a `Metadata`; in XML its element is `Video`, `Directory`, `Track` or `Photo`, see
//! [`crate::xml`].

use serde::{Deserialize, Serialize};

use super::{Location, Meta};

/// A page of items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetadataPage {
    /// How many items this page has.
    pub size: u64,
    /// How many there are in all; only where a page was asked for, or where this is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_size: Option<u64>,
    /// The place of this page's first item among all, from 0; only where a page was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Always true: to clients it says that the token may do more than look.
    #[serde(default)]
    pub allow_sync: bool,
    /// Always [`super::LIBRARY_IDENTIFIER`].
    #[serde(default)]
    pub identifier: String,
    /// The section, where all items are of one.
    #[serde(rename = "librarySectionID", default, skip_serializing_if = "Option::is_none")]
    pub library_section_id: Option<i64>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library_section_title: Option<String>,
    /// Its name that is unique in the world.
    #[serde(rename = "librarySectionUUID", default, skip_serializing_if = "Option::is_none")]
    pub library_section_uuid: Option<String>,
    /// The first line of the list's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title1: Option<String>,
    /// The second line of the list's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title2: Option<String>,
    /// What the items are: `movie`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view_group: Option<String>,
    /// How the list can be filtered; only where `includeMeta=1` asks for it.
    #[serde(rename = "Meta", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// The items.
    #[serde(rename = "Metadata", default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Metadata>,
}

/// One item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Its id, as text.
    pub rating_key: String,
    /// Where to ask for it, or for its children where it has such.
    pub key: String,
    /// The id of the season, artist or album above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_rating_key: Option<String>,
    /// The id of the show or artist above that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grandparent_rating_key: Option<String>,
    /// A name for what it is; all editions of one film have the same.
    #[serde(default)]
    pub guid: String,
    /// Where to ask for the one above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_key: Option<String>,
    /// Where to ask for the one above that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grandparent_key: Option<String>,
    /// `movie`, `show`, `season`, `episode`, `artist`, `album`, `track`, `photo`, or `clip` for an extra.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of extra it is: `trailer`, `deletedScene`, `behindTheScenes`, `interview`, `sceneOrSample`,
    /// `featurette`, `short`, `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// The same as Plex's number, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_type: Option<u32>,
    /// Its title.
    pub title: String,
    /// Which edition of a film it is: `Director's Cut`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition_title: Option<String>,
    /// The title by which it is sorted, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_sort: Option<String>,
    /// The title of the one above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_title: Option<String>,
    /// The title of the one above that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grandparent_title: Option<String>,
    /// The name of its section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library_section_title: Option<String>,
    /// The id of its section.
    #[serde(rename = "librarySectionID", default, skip_serializing_if = "Option::is_none")]
    pub library_section_id: Option<i64>,
    /// Where to ask for its section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library_section_key: Option<String>,
    /// What happens in it; empty where unknown.
    #[serde(default)]
    pub summary: String,
    /// The blur hash of its poster, of an episode's picture, of a photo itself; absent before one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb_blur_hash: Option<String>,
    /// The blur hash of its background; absent before one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub art_blur_hash: Option<String>,
    /// Its number: of the season, the episode, the track.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// The number of an episode counted through all seasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute_index: Option<i64>,
    /// The number of the one above: of an episode's season, of a track's disc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_index: Option<i64>,
    /// Who performs a track, where that is not the artist above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_title: Option<String>,
    /// The year it came out; of a photo that in which it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i64>,
    /// The day on which it was shown first, `YYYY-MM-DD`; of a photo that on which it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originally_available_at: Option<String>,
    /// What says when a photo was taken: `local` its camera's clock, `name` its file's name, `file` its
    /// file's time of writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at_accuracy: Option<String>,
    /// Seconds by which that is ahead of UTC, where it is known; Plex writes the number as text.
    #[serde(rename = "createdAtTZOffset", default, skip_serializing_if = "Option::is_none")]
    pub created_at_tz_offset: Option<String>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// How many children it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child_count: Option<u64>,
    /// How many episodes or tracks it has, below its seasons or albums too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf_count: Option<u64>,
    /// How many of them were watched; always 0, for Butler does not play.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewed_leaf_count: Option<u64>,
    /// Unix seconds since which none of its files is there; absent while one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Unix seconds.
    #[serde(default)]
    pub added_at: i64,
    /// Unix seconds.
    #[serde(default)]
    pub updated_at: i64,
    /// How far a track sounds from the one that was asked of, 0 the same, 1 nothing alike; only among the
    /// nearest ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// 1 where it is known what a track sounds like: the version that clients look for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub music_analysis_version: Option<u32>,
    /// The folders of a show or artist; only where one item is asked for.
    #[serde(rename = "Location", default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    /// Its genres; of an album or artist only where one item is asked for.
    #[serde(rename = "Genre", default, skip_serializing_if = "Vec::is_empty")]
    pub genres: Vec<Tag>,
    /// What others know it by.
    #[serde(rename = "Guid", default, skip_serializing_if = "Vec::is_empty")]
    pub guids: Vec<Guid>,
    /// Its media: versions of it.
    #[serde(rename = "Media", default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Its chapters, where `includeChapters=1` asks for them.
    #[serde(rename = "Chapter", default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<Chapter>,
}

/// A word that items share: a genre.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tag {
    /// The word.
    pub tag: String,
}

/// What others know an item by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Guid {
    /// `imdb://tt0113277`, `tmdb://949`, `tvdb://123`.
    pub id: String,
}

/// One version of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// Its id.
    pub id: i64,
    /// What tells it from the item's other versions: `1080p`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Kilobits a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Width over height as it is shown, two decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<f64>,
    /// Channels of the sound that is played first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_channels: Option<u32>,
    /// Its codec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_codec: Option<String>,
    /// The video's codec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_codec: Option<String>,
    /// `sd`, `480`, `576`, `720`, `1080`, `2k`, `4k` or `8k`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_resolution: Option<String>,
    /// The container: `mkv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The F number of a photo: `f/1.8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aperture: Option<String>,
    /// Seconds for which a photo was exposed: `1/120`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
    /// The sensitivity with which a photo was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iso: Option<u32>,
    /// The lens with which a photo was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// Who made the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// The camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `24p`, `PAL`, `NTSC`, `60p`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_frame_rate: Option<String>,
    /// The video codec's profile, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_profile: Option<String>,
    /// Since when its files are gone, in Unix seconds; absent while they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Whether it is known where somebody speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_voice_activity: Option<bool>,
    /// Its files.
    #[serde(rename = "Part", default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// One file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its id, for `/library/parts/{id}`.
    pub id: i64,
    /// Where Plex would serve the file.
    pub key: String,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Its path on the server.
    pub file: String,
    /// Whether the file is on the disk; only with `checkFiles=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Whether the file can be read; only with `checkFiles=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessible: Option<bool>,
    /// Since when a scan has not found it, in Unix seconds; absent while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Bytes.
    #[serde(default)]
    pub size: u64,
    /// The container: `mkv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The version of its deep analysis; absent before there is one. Plex writes the number as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deep_analysis_version: Option<String>,
    /// Kilobits a second that the whole file needs, with commas, for eight sizes of a player's buffer, the
    /// smallest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_bandwidths: Option<String>,
    /// `sd` if it has preview thumbnails; absent if not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexes: Option<String>,
    /// The video codec's profile, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_profile: Option<String>,
    /// Its streams; only where one item is asked for.
    #[serde(rename = "Stream", default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<Stream>,
}

/// One stream of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// Its id.
    pub id: i64,
    /// 1 video, 2 audio, 3 subtitles.
    pub stream_type: u8,
    /// Whether a player takes it unless told otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// Whether it is shown even with subtitles off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// The codec.
    pub codec: String,
    /// Its place in the container, from 0.
    pub index: u32,
    /// Kilobits a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// Kilobits a second that it needs, with commas, for eight sizes of a player's buffer; only after a deep
    /// analysis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_bandwidths: Option<String>,
    /// ISO 639-2 code: `eng`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to show for it: `1080p (H264)`.
    pub display_title: String,
    /// The same, longer.
    pub extended_display_title: String,
    /// Bits of one sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_depth: Option<u8>,
    /// The transfer characteristic: `smpte2084` is PQ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color_trc: Option<String>,
    /// Frames a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Width of one pixel over its height, `64:45`; absent where they are square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel_aspect_ratio: Option<String>,
    /// The codec's profile, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// `progressive` or `interlaced`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_type: Option<String>,
    /// Channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
    /// The layout's name: `5.1(side)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_channel_layout: Option<String>,
    /// Samples a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_rate: Option<u32>,
    /// By how much a player turns the album up, dB, with two decimals: ReplayGain 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album_gain: Option<String>,
    /// The album's true peak, linear, with six decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album_peak: Option<String>,
    /// By how much a player turns it up, dB, with two decimals: ReplayGain 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<String>,
    /// Integrated loudness, LUFS, with two decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loudness: Option<String>,
    /// Loudness range, LU, with two decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lra: Option<String>,
    /// Its true peak, linear, with six decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<String>,
}

/// One chapter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Chapter {
    /// Its id.
    pub id: i64,
    /// Its number, from 1.
    pub index: u64,
    /// Milliseconds from the file's start.
    pub start_time_offset: u64,
    /// Milliseconds from the file's start.
    pub end_time_offset: u64,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Where its picture is, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb: Option<String>,
}
