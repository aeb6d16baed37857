//! Makes `media_info`: what the headers say. Decodes nothing unless a header keeps a stream's shape to
//! itself.

use butler_product::media_info::{
    Chapter, MAX_CHAPTERS, MAX_STREAMS, MAX_TAG_CHARS, MAX_TAGS, MediaInfo, PictureShape, SoundShape, Stream,
    StreamKind,
};

use crate::ffi::{Demuxer, Medium, StreamHeader};
use crate::key_frames::{LATE, Origin};
use crate::open::{Media, Stop};
use crate::products::photo;
use crate::scale::upright;

/// Reads the headers.
pub(crate) fn read(media: &Media) -> Result<MediaInfo, Stop> {
    if let Some(info) = photo::headers(&media.source) {
        return Ok(info);
    }
    let mut demuxer = media.demuxer()?;
    let whole = demuxer.stream_count() > 0
        && (0..demuxer.stream_count()).filter_map(|at| demuxer.stream(at)).all(|stream| stream.is_whole());
    if !whole || demuxer.duration().is_none() {
        media.get_to_know(&mut demuxer)?;
    }
    Ok(of(media, &demuxer))
}

fn of(media: &Media, demuxer: &Demuxer) -> MediaInfo {
    let streams: Vec<_> = (0..demuxer.stream_count().min(MAX_STREAMS))
        .filter_map(|at| Some(stream(media, at, &demuxer.stream(at)?)))
        .collect();
    let Length { duration_ms, stated_ms } = length(media, demuxer, &streams);
    let size_bytes = media.source.size();
    let info = MediaInfo {
        container: media.container().to_owned(),
        duration_ms,
        stated_ms,
        bit_rate: duration_ms.and_then(|ms| MediaInfo::average(size_bytes, ms)),
        size_bytes,
        streams,
        chapters: Vec::new(),
        tags: tags(demuxer),
    };
    MediaInfo { chapters: chapters(demuxer, Origin::of(&info)), ..info }
}

/// A file's length, milliseconds.
struct Length {
    duration_ms: Option<u64>,
    stated_ms: Option<u64>,
}

fn length(media: &Media, demuxer: &Demuxer, streams: &[Stream]) -> Length {
    let none = Length { duration_ms: None, stated_ms: None };
    let Some((duration, guessed)) = demuxer.duration().filter(|_| !media.is_picture()) else { return none };
    let has_video = streams.iter().any(|stream| stream.kind == StreamKind::Video);
    // A length guessed from a bit rate may do for sound, whose rate is steady, and for nothing else.
    if has_video && guessed || is_length_open(media, demuxer) {
        return none;
    }
    let duration = duration.saturating_sub(late_start(media, demuxer));
    let ms = |micros: i64| u64::try_from(micros.saturating_add(500) / 1_000).ok();
    let stated = if media.container() == "mov" { borne_out(demuxer, duration) } else { duration };
    Length { duration_ms: ms(duration), stated_ms: ms(stated).filter(|_| !guessed) }
}

/// Whether an MP4's movie has a length of nothing but ones, which stands for an unknown one. Where tables
/// count the samples they tell the length, whatever the movie says. An AVI of which even the size was left open
/// was written in one go, with a guess for its length.
fn is_length_open(media: &Media, demuxer: &Demuxer) -> bool {
    if media.container() == "avi" {
        let head = media.source.head(8).unwrap_or_default();
        return matches!(head.get(4..), Some([0, 0, 0, 0] | [0xFF, 0xFF, 0xFF, 0xFF]));
    }
    media.container() == "mov"
        && !(0..demuxer.stream_count()).filter_map(|at| demuxer.stream(at)).any(|stream| stream.is_counted())
        && media.mp4_facts().is_length_open
}

/// How much of an MP4's length its video and sound bear out, microseconds from the first of them on: chapters
/// and subtitles may last longer, and a film may begin late.
fn borne_out(demuxer: &Demuxer, duration: i64) -> i64 {
    let counted = (0..demuxer.stream_count())
        .filter_map(|at| demuxer.stream(at))
        .filter(|stream| matches!(stream.medium(), Medium::Video | Medium::Audio) && stream.is_counted());
    let spans: Vec<(i64, i64)> = counted.filter_map(|stream| stream.span()).collect();
    let end = spans.iter().map(|(start, length)| start.saturating_add(*length)).max();
    let start = spans.iter().map(|(start, _)| *start).min().filter(|start| *start >= LATE).unwrap_or(0);
    end.map_or(duration, |end| end.min(duration)).saturating_sub(start)
}

/// Microseconds by which a file's clock starts late. Matroska files keep their clock's end as their duration;
/// a recording that begins at an hour would else be an hour too long.
fn late_start(media: &Media, demuxer: &Demuxer) -> i64 {
    let start = demuxer.start().filter(|&start| media.container() == "matroska" && start >= LATE);
    start.filter(|&start| demuxer.duration().is_some_and(|(end, _)| start < end)).unwrap_or(0)
}

fn stream(media: &Media, at: usize, header: &StreamHeader<'_>) -> Stream {
    let kind = match header.medium() {
        Medium::Video if media.is_picture() || header.is_attached_picture() => StreamKind::Picture,
        Medium::Video => StreamKind::Video,
        Medium::Audio => StreamKind::Audio,
        Medium::Subtitle => StreamKind::Subtitle,
        Medium::Other => StreamKind::Other,
    };
    Stream {
        index: at as u32,
        kind,
        codec: header.codec(),
        profile: header.profile(),
        // Matroska keeps it in a tag that most muxers write.
        bit_rate: header.bit_rate().or_else(|| header.tag(c"BPS")?.parse().ok()),
        language: header.tag(c"language").and_then(|tag| language(&tag)),
        title: header.tag(c"title").map(shortened),
        default: header.is_default(),
        forced: header.is_forced(),
        encrypted: media.is_encrypted(header, at),
        picture: matches!(kind, StreamKind::Video | StreamKind::Picture).then(|| picture(header)),
        sound: (kind == StreamKind::Audio).then(|| SoundShape {
            channels: header.channels(),
            layout: header.layout(),
            sample_rate: header.sample_rate(),
        }),
    }
}

fn picture(header: &StreamHeader<'_>) -> PictureShape {
    let (rotation, mirrored) = header.placing().map_or((0, false), upright);
    PictureShape {
        width: header.width(),
        height: header.height(),
        pixel_aspect: header.pixel_aspect(),
        frame_rate: header.frame_rate(),
        rotation,
        bit_depth: header.bit_depth(),
        pixel_format: header.pixel_format(),
        transfer: header.transfer(),
        interlaced: header.is_interlaced(),
        mirrored,
        primaries: header.primaries().map(str::to_owned),
        matrix: header.matrix().map(str::to_owned),
        full_range: header.full_range(),
        dolby_vision: header.dolby_vision().map(|(profile, _)| profile),
    }
}

fn chapters(demuxer: &Demuxer, origin: Origin) -> Vec<Chapter> {
    let start = demuxer.start().map_or(0, |first| origin.start(first)).max(0);
    let ms = |micros: i64| u64::try_from(micros.saturating_sub(start) / 1_000).unwrap_or(0);
    let mut chapters: Vec<_> = demuxer
        .chapters(MAX_CHAPTERS)
        .into_iter()
        .map(|chapter| Chapter {
            start_ms: ms(chapter.start),
            end_ms: ms(chapter.end),
            title: chapter.title.map(shortened),
        })
        .collect();
    chapters.sort_by_key(|chapter| (chapter.start_ms, chapter.end_ms));
    chapters
}

fn tags(demuxer: &Demuxer) -> Vec<(String, String)> {
    let mut tags = demuxer.tags(MAX_TAGS);
    if tags.is_empty() {
        // Ogg has its tags on the stream.
        tags = demuxer.stream(0).map(|stream| stream.tags(MAX_TAGS)).unwrap_or_default();
    }
    let mut tags: Vec<_> =
        tags.into_iter().map(|(key, value)| (shortened(key.to_lowercase()), shortened(value))).collect();
    tags.sort();
    tags
}

/// A three-letter code, unless it says that it is unknown.
fn language(tag: &str) -> Option<String> {
    let code = tag.to_ascii_lowercase();
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()) && code != "und";
    is_code.then_some(code)
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_TAG_CHARS) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_are_languages() {
        assert_eq!(language("ENG"), Some("eng".to_owned()));
        for tag in ["und", "en", "English", "", "e1g"] {
            assert_eq!(language(tag), None, "{tag}");
        }
    }

    #[test]
    fn a_long_tag_is_shortened_between_characters() {
        assert_eq!(shortened("é".repeat(MAX_TAG_CHARS + 5)), "é".repeat(MAX_TAG_CHARS));
        assert_eq!(shortened("short".to_owned()), "short");
    }
}
