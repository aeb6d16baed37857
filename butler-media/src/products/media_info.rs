//! Makes `media_info`: what the headers say. Decodes nothing unless a header keeps a stream's shape to
//! itself.

use butler_product::media_info::{
    Chapter, MAX_CHAPTERS, MAX_STREAMS, MAX_TAG_CHARS, MAX_TAGS, MediaInfo, PictureShape, SoundShape, Stream,
    StreamKind,
};

use crate::ffi::{Demuxer, Medium, StreamHeader};
use crate::open::{Media, Stop};
use crate::products::photo;
use crate::scale::upright;

/// A clock that starts later than this was not set to zero, microseconds; less is a codec's delay.
const LATE: i64 = 1_000_000;

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
    let has_video = streams.iter().any(|stream| stream.kind == StreamKind::Video);
    // A length guessed from a bit rate holds for sound, whose rate is steady, and for nothing else.
    let duration = demuxer.duration().filter(|(_, guessed)| !(media.is_picture() || has_video && *guessed));
    let duration_ms = duration
        .and_then(|(micros, _)| u64::try_from((micros - late_start(media, demuxer) + 500) / 1_000).ok());
    let size_bytes = media.source.size();
    MediaInfo {
        container: media.container().to_owned(),
        duration_ms,
        bit_rate: duration_ms
            .filter(|&ms| ms > 0)
            .map(|ms| (u128::from(size_bytes) * 8_000 / u128::from(ms)) as u64),
        size_bytes,
        streams,
        chapters: chapters(demuxer),
        tags: tags(demuxer),
    }
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

fn chapters(demuxer: &Demuxer) -> Vec<Chapter> {
    let start = demuxer.start().unwrap_or(0).max(0);
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
