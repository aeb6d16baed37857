//! What an open container's headers say, copied out of libav's own structures.
//!
//! Enumerations are read as plain numbers: a file, or a newer libav, may put in one that this build has no
//! name for.

use std::ffi::{CStr, c_int};
use std::ptr;

use ffmpeg_next::ffi as av;
use ffmpeg_next::ffi::AVPacketSideDataType as Kind;

use super::frame::Colours;
use super::{AvError, Demuxer, light, micros, name};

/// Reads a field that C knows as an enumeration as the number it is.
macro_rules! number {
    // SAFETY: the place is that of a live structure's field, four bytes long.
    ($structure:expr, $field:ident) => {
        unsafe { (&raw const (*$structure).$field).cast::<std::ffi::c_int>().read() }
    };
}
pub(super) use number;

/// A chapter, in microseconds of the container's own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChapterHeader {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) title: Option<String>,
}

impl Demuxer {
    /// Whole file's duration, microseconds; `guessed` where it follows from a bit rate only.
    pub(crate) fn duration(&self) -> Option<(i64, bool)> {
        const FROM_BITRATE: c_int = av::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE as c_int;
        let guessed = number!(self.context_pointer(), duration_estimation_method) == FROM_BITRATE;
        Some((self.context().duration, guessed)).filter(|(duration, _)| *duration > 0)
    }

    /// The clock's value at the file's start, microseconds.
    pub(crate) fn start(&self) -> Option<i64> {
        Some(self.context().start_time).filter(|&start| start != av::AV_NOPTS_VALUE)
    }

    /// The chapters, at most `most`.
    pub(crate) fn chapters(&self, most: usize) -> Vec<ChapterHeader> {
        let context = self.context();
        let count = (context.nb_chapters as usize).min(most);
        let chapter = |at| {
            // SAFETY: libav keeps `nb_chapters` valid pointers.
            let chapter = unsafe { &**context.chapters.add(at) };
            Some(ChapterHeader {
                start: micros(chapter.start, chapter.time_base)?,
                end: micros(chapter.end, chapter.time_base)?,
                title: tag(chapter.metadata, c"title"),
            })
        };
        (0..count).filter_map(chapter).collect()
    }

    /// The container's tags, at most `most`.
    pub(crate) fn tags(&self, most: usize) -> Vec<(String, String)> {
        tags(self.context().metadata, most)
    }
}

/// What the headers say of one stream.
pub(crate) struct StreamHeader<'a> {
    stream: &'a av::AVStream,
    pointer: *mut av::AVStream,
    codec: &'a av::AVCodecParameters,
    demuxer: &'a Demuxer,
}

/// The great kinds of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Video,
    Audio,
    Subtitle,
    Other,
}

impl<'a> StreamHeader<'a> {
    pub(super) fn new(demuxer: &'a Demuxer, stream: usize) -> Option<Self> {
        let pointer = demuxer.stream_pointer(stream)?;
        // SAFETY: a valid stream has valid parameters, and both live as long as the demuxer that is borrowed.
        let (stream, codec) = unsafe { (&*pointer, &*(*pointer).codecpar) };
        Some(Self { stream, pointer, codec, demuxer })
    }

    pub(super) const fn parameters(&self) -> *const av::AVCodecParameters {
        self.codec
    }

    pub(super) const fn time_base(&self) -> av::AVRational {
        self.stream.time_base
    }

    pub(crate) fn medium(&self) -> Medium {
        match number!(self.parameters(), codec_type) {
            0 => Medium::Video,
            1 => Medium::Audio,
            3 => Medium::Subtitle,
            _ => Medium::Other,
        }
    }

    /// Whether the header alone tells what a decoder would have to look for.
    pub(crate) fn is_whole(&self) -> bool {
        match self.medium() {
            Medium::Video => self.codec.width > 0 && self.codec.format >= 0,
            Medium::Audio => self.codec.sample_rate > 0 && self.channels() > 0,
            Medium::Subtitle | Medium::Other => true,
        }
    }

    /// Whether the container says that the stream is encrypted, where libav passes that on: Matroska's
    /// streams have their key's id, and a Windows Media file says it of all of its streams.
    pub(crate) fn is_encrypted(&self) -> bool {
        let whole_file = [c"ASF_Protection_Type", c"ASF_Key_ID", c"ASF_License_URL"];
        self.tag(c"enc_key_id").is_some()
            || whole_file.into_iter().any(|key| tag(self.demuxer.context().metadata, key).is_some())
    }

    /// How long its own table says that it lasts, and when that begins, microseconds.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let (start, length) = (self.stream.start_time, self.stream.duration);
        let start = if start == av::AV_NOPTS_VALUE { 0 } else { start };
        let length = Some(length).filter(|&length| length > 0 && length != i64::MAX)?;
        Some((micros(start, self.stream.time_base)?, micros(length, self.stream.time_base)?))
    }

    /// When it ends, microseconds by the container's clock, as the container says of this stream alone: by a
    /// table that counts its packets, or by the tag that muxers of Matroska write.
    pub(crate) fn own_end(&self) -> Option<i64> {
        let counted = || self.span().map(|(start, length)| start.saturating_add(length));
        if self.is_counted() { counted() } else { clock(&self.tag(c"DURATION")?) }
    }

    /// Whether a table of the container counts its packets.
    pub(crate) const fn is_counted(&self) -> bool {
        self.stream.nb_frames > 0
    }

    pub(crate) fn codec(&self) -> String {
        // SAFETY: answers a static name for any number.
        name(unsafe { av::avcodec_get_name(self.codec.codec_id) }).unwrap_or_default()
    }

    pub(crate) fn profile(&self) -> Option<String> {
        // SAFETY: answers null for what it doesn't know.
        name(unsafe { av::avcodec_profile_name(self.codec.codec_id, self.codec.profile) })
    }

    pub(crate) fn bit_rate(&self) -> Option<u64> {
        u64::try_from(self.codec.bit_rate).ok().filter(|&rate| rate > 0)
    }

    /// A tag of the stream.
    pub(crate) fn tag(&self, key: &CStr) -> Option<String> {
        tag(self.stream.metadata, key)
    }

    /// The stream's tags, at most `most`.
    pub(crate) fn tags(&self, most: usize) -> Vec<(String, String)> {
        tags(self.stream.metadata, most)
    }

    pub(crate) const fn is_default(&self) -> bool {
        self.stream.disposition & av::AV_DISPOSITION_DEFAULT != 0
    }

    pub(crate) const fn is_forced(&self) -> bool {
        self.stream.disposition & av::AV_DISPOSITION_FORCED != 0
    }

    pub(crate) const fn is_attached_picture(&self) -> bool {
        self.stream.disposition & av::AV_DISPOSITION_ATTACHED_PIC != 0
    }

    pub(crate) fn width(&self) -> u32 {
        u32::try_from(self.codec.width).unwrap_or(0)
    }

    pub(crate) fn height(&self) -> u32 {
        u32::try_from(self.codec.height).unwrap_or(0)
    }

    /// A pixel's width over its height; 1:1 where nothing says otherwise.
    pub(crate) fn pixel_aspect(&self) -> (u32, u32) {
        // SAFETY: both pointers are of the borrowed demuxer; null stands for no frame.
        let aspect = unsafe {
            av::av_guess_sample_aspect_ratio(self.demuxer.context_pointer(), self.pointer, ptr::null_mut())
        };
        match (u32::try_from(aspect.num), u32::try_from(aspect.den)) {
            (Ok(width @ 1..), Ok(height @ 1..)) => (width, height),
            _ => (1, 1),
        }
    }

    /// Pictures a second; 0 where nothing tells them. A thousand and more is the clock of a container that
    /// counts in milliseconds, as ASF does.
    pub(crate) fn frame_rate(&self) -> f64 {
        let is_told = |rate: &av::AVRational| rate.num > 0 && rate.den > 0 && rate.num / rate.den < 1_000;
        let rate = [self.stream.avg_frame_rate, self.stream.r_frame_rate].into_iter().find(is_told);
        rate.map_or(0.0, |rate| f64::from(rate.num) / f64::from(rate.den))
    }

    /// The matrix by which a player must place the picture (ISO/IEC 14496-12, 8.3.2): its first four factors
    /// of x and y, as libav writes them: the picture's right is shown at `(0, 1)`, its below at `(2, 3)`.
    pub(crate) fn placing(&self) -> Option<[i32; 4]> {
        let record = self.side_data(Kind::AV_PKT_DATA_DISPLAYMATRIX)?;
        let factor = |at: usize| Some(i32::from_ne_bytes(record.get(at * 4..at * 4 + 4)?.try_into().ok()?));
        Some([factor(0)?, factor(1)?, factor(3)?, factor(4)?])
    }

    /// Dolby Vision's profile and the kind of its compatible base layer, 0 for none, by the stream's
    /// configuration record.
    pub(crate) fn dolby_vision(&self) -> Option<(u8, u8)> {
        // `AVDOVIDecoderConfigurationRecord`: version, profile, level, three flags and the kind, a byte each.
        let record = self.side_data(Kind::AV_PKT_DATA_DOVI_CONF)?;
        Some((*record.get(2)?, *record.get(7)?))
    }

    fn side_data(&self, kind: Kind) -> Option<&[u8]> {
        let mut length = 0;
        // SAFETY: null is asked for; libav keeps the bytes as long as the stream, and says how many.
        unsafe {
            let record = av::av_stream_get_side_data(self.stream, kind, &mut length);
            (!record.is_null()).then(|| std::slice::from_raw_parts(record.cast_const(), length))
        }
    }

    /// What the container says of the colours.
    pub(super) fn colours(&self) -> Colours {
        Colours {
            colorspace: number!(self.parameters(), color_space),
            color_trc: number!(self.parameters(), color_trc),
            color_primaries: number!(self.parameters(), color_primaries),
            color_range: number!(self.parameters(), color_range),
            peak: light::of_content(self.side_data(Kind::AV_PKT_DATA_CONTENT_LIGHT_LEVEL))
                .or_else(|| light::of_display(self.side_data(Kind::AV_PKT_DATA_MASTERING_DISPLAY_METADATA))),
        }
    }

    /// The colours of red, green and blue, by the words of ffmpeg.
    pub(crate) fn primaries(&self) -> Option<&'static str> {
        Some(match self.colours().color_primaries {
            1 => "bt709",
            4 => "bt470m",
            5 => "bt470bg",
            6 => "smpte170m",
            7 => "smpte240m",
            8 => "film",
            9 => "bt2020",
            10 => "smpte428",
            11 => "smpte431",
            12 => "smpte432",
            _ => return None,
        })
    }

    /// The way from red, green and blue to what is coded, by the words of ffmpeg.
    pub(crate) fn matrix(&self) -> Option<&'static str> {
        Some(match self.colours().colorspace {
            0 => "gbr",
            1 => "bt709",
            4 => "fcc",
            5 => "bt470bg",
            6 => "smpte170m",
            7 => "smpte240m",
            8 => "ycgco",
            9 => "bt2020nc",
            10 => "bt2020c",
            14 => "ictcp",
            _ => return None,
        })
    }

    /// Whether black is 0 rather than 16; nothing where no header says.
    pub(crate) fn full_range(&self) -> Option<bool> {
        match self.colours().color_range {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }

    pub(crate) fn pixel_format(&self) -> Option<String> {
        // SAFETY: answers null for what it doesn't know.
        pixel_format(self.codec.format).and_then(|format| name(unsafe { av::av_get_pix_fmt_name(format) }))
    }

    pub(crate) fn bit_depth(&self) -> u8 {
        // SAFETY: null is asked for; descriptors are static.
        let descriptor = pixel_format(self.codec.format)
            .and_then(|format| unsafe { av::av_pix_fmt_desc_get(format).as_ref() });
        descriptor.map_or(8, |descriptor| u8::try_from(descriptor.comp[0].depth).unwrap_or(8))
    }

    pub(crate) fn transfer(&self) -> Option<String> {
        const UNSPECIFIED: c_int = av::AVColorTransferCharacteristic::AVCOL_TRC_UNSPECIFIED as c_int;
        const LAST: c_int = av::AVColorTransferCharacteristic::AVCOL_TRC_ARIB_STD_B67 as c_int;
        match number!(self.parameters(), color_trc) {
            UNSPECIFIED | c_int::MIN..=0 | 3 => None,
            // SAFETY: the number is one that this build's enumeration holds.
            value @ 1..=LAST => name(unsafe { av::av_color_transfer_name(self.codec_transfer(value)) }),
            _ => None,
        }
    }

    /// The field itself, once its number is known to be one of the enumeration's.
    const fn codec_transfer(&self, _checked: c_int) -> av::AVColorTransferCharacteristic {
        self.codec.color_trc
    }

    pub(crate) fn is_interlaced(&self) -> bool {
        // 0 is unknown, 1 progressive, the others are orders of fields.
        number!(self.parameters(), field_order) > 1
    }

    pub(crate) fn channels(&self) -> u32 {
        u32::try_from(self.codec.ch_layout.nb_channels).unwrap_or(0)
    }

    pub(crate) fn sample_rate(&self) -> u32 {
        u32::try_from(self.codec.sample_rate).unwrap_or(0)
    }

    pub(crate) fn layout(&self) -> Option<String> {
        if number!(&raw const self.codec.ch_layout, order) == 0 {
            return None;
        }
        let mut text = [0u8; 64];
        // SAFETY: libav writes at most the length and ends with a zero.
        let length = unsafe {
            av::av_channel_layout_describe(&self.codec.ch_layout, text.as_mut_ptr().cast(), text.len())
        };
        AvError::check(length).ok()?;
        CStr::from_bytes_until_nul(&text).ok().map(|text| text.to_string_lossy().into_owned())
    }
}

/// The pixel format of a number, if this build has it.
pub(super) fn pixel_format(number: c_int) -> Option<av::AVPixelFormat> {
    let known = (0..av::AVPixelFormat::AV_PIX_FMT_NB as c_int).contains(&number);
    // SAFETY: the enumeration has no gaps between 0 and its end.
    known.then(|| unsafe { std::mem::transmute::<c_int, av::AVPixelFormat>(number) })
}

/// The microseconds of `01:32:07.250000000`.
fn clock(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let mut parts = whole.split(':').map(|part| part.parse::<i64>().ok().filter(|part| *part >= 0));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let micros: i64 = format!("{fraction:0<6.6}").parse().ok()?;
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?;
    seconds.checked_mul(1_000_000)?.checked_add(micros).filter(|_| parts.next().is_none())
}

fn tag(dictionary: *const av::AVDictionary, key: &CStr) -> Option<String> {
    // SAFETY: a null dictionary is an empty one; a found entry's value is a string.
    unsafe { av::av_dict_get(dictionary, key.as_ptr(), ptr::null(), 0).as_ref() }
        .and_then(|entry| name(entry.value))
}

fn tags(dictionary: *const av::AVDictionary, most: usize) -> Vec<(String, String)> {
    let mut entry: *const av::AVDictionaryEntry = ptr::null();
    let next = || {
        // SAFETY: the walk that the manual names: an empty key that matches all, from the entry before.
        entry = unsafe { av::av_dict_get(dictionary, c"".as_ptr(), entry, av::AV_DICT_IGNORE_SUFFIX) };
        // SAFETY: null is asked for; keys and values are strings.
        unsafe { entry.as_ref() }
            .map(|entry| (name(entry.key).unwrap_or_default(), name(entry.value).unwrap_or_default()))
    };
    std::iter::from_fn(next).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_s_clock_is_read_to_the_microsecond() {
        assert_eq!(clock("01:32:07.250000000"), Some(5_527_250_000));
        assert_eq!(clock("00:00:10"), Some(10_000_000));
        for text in ["", "10", "1:2", "1:2:3:4", "a:b:c", "-1:0:0", "0:0:1.x", "9999999999999999:0:0"] {
            assert_eq!(clock(text), None, "{text}");
        }
    }
}
