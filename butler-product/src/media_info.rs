//! What a file's headers say: container, duration, streams, chapters, rotation.

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// What a file's headers say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MediaInfoValue))]
pub struct MediaInfo {
    /// The container as libav's demuxer names it, first word: `matroska`, `mov`, `mpegts`, `avi`, `flac`,
    /// `jpeg_pipe`.
    pub container: String,
    /// Whole file's duration in milliseconds; none for pictures and where no header tells.
    pub duration_ms: Option<u64>,
    /// The length that the file's own tables state and its tracks bear out, in milliseconds from its first
    /// packet: a file that ends before it is cut off. None where nobody measured it: `duration_ms` is then
    /// unknown too, or follows from a bit rate. From version 3 on.
    #[serde(default)]
    pub stated_ms: Option<u64>,
    /// Average over all streams, bits a second.
    pub bit_rate: Option<u64>,
    /// Bytes.
    pub size_bytes: u64,
    /// The streams, in the container's order.
    pub streams: Vec<Stream>,
    /// The chapters, by start.
    pub chapters: Vec<Chapter>,
    /// Tags of the container, lower-case keys, at most [`MAX_TAGS`], by key.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<String>>))]
    pub tags: Vec<(String, String)>,
}

impl Product for MediaInfo {
    const NAME: &'static str = "media_info";
    const VERSION: u32 = 3;
    const NEEDS: Traits = Traits::CONTENT;
    const IS_BRIEF: bool = true;
    const COST: Cost = Cost { per: CostPer::Source, seconds: 0.05 };

    fn is_sound(&self) -> bool {
        let is_short = |(_, value): &(String, String)| value.chars().nth(MAX_TAG_CHARS).is_none();
        self.streams.len() <= MAX_STREAMS
            && self.chapters.len() <= MAX_CHAPTERS
            && self.tags.len() <= MAX_TAGS
            && self.tags.iter().all(is_short)
    }

    fn summary(&self) -> Vec<Line> {
        let stream = |stream: &Stream| {
            let text = match (&stream.picture, &stream.sound) {
                (Some(picture), _) => format!("{} {}×{}", stream.codec, picture.width, picture.height),
                (_, Some(sound)) => format!("{} {} ch", stream.codec, sound.channels),
                _ => stream.codec.clone(),
            };
            Line::text("", text)
        };
        let duration = self.duration_ms.map(|ms| Line::new("", Quantity::Milliseconds(ms)));
        let chapters = (!self.chapters.is_empty())
            .then(|| Line::new("chapters", Quantity::Count(self.chapters.len() as u64)));
        std::iter::once(Line::text("", self.container.clone()))
            .chain(duration)
            .chain(self.streams.iter().map(stream))
            .chain(chapters)
            .collect()
    }
}

/// How still pictures are coded, by libav's names.
const STILLS: &[&str] = &["mjpeg", "png", "bmp", "gif", "tiff", "webp", "jpeg2000"];

/// At most this many tags are kept: a file's say-so decides no allocation.
pub const MAX_TAGS: usize = 64;
/// At most this many characters of a tag's value are kept.
pub const MAX_TAG_CHARS: usize = 1_000;
/// At most this many streams are kept.
pub const MAX_STREAMS: usize = 256;
/// At most this many chapters are kept.
pub const MAX_CHAPTERS: usize = 4_096;

/// What kind of stream it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MediaInfoStreamKind))]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Text or picture subtitles.
    Subtitle,
    /// A still picture that rides along: cover art, or the picture of a picture file.
    Picture,
    /// Fonts, timecodes and the like.
    Other,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MediaInfoStream))]
pub struct Stream {
    /// Its place in the container, from 0.
    pub index: u32,
    /// What kind it is.
    pub kind: StreamKind,
    /// libav's name of the codec: `h264`, `aac`, `subrip`.
    pub codec: String,
    /// libav's name of the profile, if any: `High`.
    pub profile: Option<String>,
    /// Bits a second, where the header tells.
    pub bit_rate: Option<u64>,
    /// ISO 639-2 code: `eng`; none where unknown or `und`.
    pub language: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Whether a player takes it unless told otherwise.
    pub default: bool,
    /// Whether it is shown even with subtitles off.
    pub forced: bool,
    /// Whether it is encrypted: only a player that has its key shows it. From version 3 on.
    #[serde(default)]
    pub encrypted: bool,
    /// Set for video and pictures.
    pub picture: Option<PictureShape>,
    /// Set for audio.
    pub sound: Option<SoundShape>,
}

/// The shape of a video or picture stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MediaInfoPicture))]
pub struct PictureShape {
    /// Coded width, pixels.
    pub width: u32,
    /// Coded height, pixels.
    pub height: u32,
    /// Width of one pixel over its height, as a ratio; 1:1 where nothing says otherwise.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<u32>, min_items = 2, max_items = 2))]
    pub pixel_aspect: (u32, u32),
    /// Frames a second, 0 where unknown.
    pub frame_rate: f64,
    /// Clockwise degrees by which a player must turn it: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Bits of one sample.
    pub bit_depth: u8,
    /// libav's name of the pixel format: `yuv420p10le`.
    pub pixel_format: Option<String>,
    /// libav's name of the transfer characteristic: `smpte2084` is PQ, `arib-std-b67` HLG.
    pub transfer: Option<String>,
    /// Whether it is interlaced, by the header.
    pub interlaced: bool,
    /// Whether a player must swap left and right before it turns the picture. From version 2 on.
    #[serde(default)]
    pub mirrored: bool,
    /// ffmpeg's name of the colours of red, green and blue: `bt709`, `bt2020`. From version 2 on.
    #[serde(default)]
    pub primaries: Option<String>,
    /// ffmpeg's name of the way from red, green and blue to what is coded: `bt709`, `bt2020nc`, `smpte170m`.
    /// From version 2 on.
    #[serde(default)]
    pub matrix: Option<String>,
    /// Whether black is 0 rather than 16; none where no header tells. From version 2 on.
    #[serde(default)]
    pub full_range: Option<bool>,
    /// Dolby Vision's profile; none where the film has no Dolby Vision. From version 2 on.
    #[serde(default)]
    pub dolby_vision: Option<u8>,
}

/// The shape of an audio stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MediaInfoSound))]
pub struct SoundShape {
    /// Channels.
    pub channels: u32,
    /// Layout's name: `5.1(side)`; none where the header tells none.
    pub layout: Option<String>,
    /// Samples a second.
    pub sample_rate: u32,
}

/// One chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MediaInfoChapter))]
pub struct Chapter {
    /// Milliseconds from the file's start.
    pub start_ms: u64,
    /// Milliseconds from the file's start.
    pub end_ms: u64,
    /// Its name, if it has one.
    pub title: Option<String>,
}

impl MediaInfo {
    /// What the headers say that the file has.
    pub fn traits(&self) -> Traits {
        let has = |kind| self.streams.iter().any(|stream| stream.kind == kind);
        let mut traits = Traits::HEADERS;
        traits.set(Traits::VIDEO, has(StreamKind::Video));
        traits.set(Traits::SOUND, has(StreamKind::Audio));
        traits.set(Traits::CHAPTERS, !self.chapters.is_empty());
        // The picture of a picture file is the file itself.
        let is_embedded = traits.intersects(Traits::VIDEO | Traits::SOUND) && has(StreamKind::Picture);
        traits.set(Traits::EMBEDDED, is_embedded);
        traits
    }

    /// The stream that a player shows: the first default video stream, else the first. A cover that nothing
    /// marks as one, coded as still pictures are, is not shown where there is a film beside it.
    pub fn video(&self) -> Option<&Stream> {
        let is_video = |stream: &&Stream| stream.kind == StreamKind::Video;
        let is_film = |stream: &&Stream| is_video(stream) && !STILLS.contains(&&*stream.codec);
        let shown = |which: &dyn Fn(&&Stream) -> bool| {
            let mut videos = self.streams.iter().filter(which);
            videos.clone().find(|stream| stream.default).or_else(|| videos.next())
        };
        shown(&is_film).or_else(|| shown(&is_video))
    }

    /// The version from which on it says whether the tables state the length.
    pub const LENGTH_TOLD_FROM: u32 = 3;

    /// Takes the length that reading the file to its end found, where no table states one; whether that
    /// changed anything.
    pub fn learn_length(&mut self, found_ms: u64) -> bool {
        if self.stated_ms.is_some() || found_ms == 0 || self.duration_ms == Some(found_ms) {
            return false;
        }
        self.duration_ms = Some(found_ms);
        self.bit_rate = Self::average(self.size_bytes, found_ms);
        true
    }

    /// Bits a second of a file that lasts so long; none of one that lasts no time.
    pub fn average(size_bytes: u64, duration_ms: u64) -> Option<u64> {
        let bits = u128::from(size_bytes) * 8_000;
        bits.checked_div(duration_ms.into()).and_then(|rate| u64::try_from(rate).ok())
    }

    /// The resolution of the stream that a player shows; none where there is no video.
    pub fn resolution(&self) -> Option<&'static str> {
        self.video().and_then(|stream| stream.picture.as_ref()).map(PictureShape::resolution)
    }
}

impl PictureShape {
    /// `sd`, `480`, `576`, `720`, `1080`, `4k` or `8k`: by the longer side too, so that wide films that lack
    /// their bars count as what they were made as.
    pub fn resolution(&self) -> &'static str {
        let (long, short) = (self.width.max(self.height), self.width.min(self.height));
        match (long, short) {
            (7_000.., _) => "8k",
            (3_200.., _) | (_, 1_800..) => "4k",
            (1_800.., _) | (_, 1_000..) => "1080",
            (1_200.., _) | (_, 700..) => "720",
            (_, 560..) => "576",
            (_, 460..) => "480",
            _ => "sd",
        }
    }
}
