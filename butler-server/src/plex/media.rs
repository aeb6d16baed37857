//! Plex's Media, Stream and Chapter out of what a file's headers say. Pure: the words of libav become Plex's
//! here.

use butler_api::plex::{Chapter, Media, Stream};
use butler_product::media_info::{
    self, MAX_CHAPTERS, MAX_STREAMS, MediaInfo, PictureShape, SoundShape, StreamKind,
};

/// What a version of an item says of itself, without its parts. `extension` is the file's, without the dot.
pub(crate) fn media(id: i64, info: Option<&MediaInfo>, extension: &str) -> Media {
    let Some(info) = info else { return Media { id, ..Media::default() } };
    let video = info.video().or_else(|| of_kind(info, StreamKind::Picture));
    let shape = video.and_then(|stream| stream.picture.as_ref());
    let is_film = info.video().is_some();
    let sound = of_kind(info, StreamKind::Audio);
    Media {
        id,
        title: None,
        duration: info.duration_ms,
        bitrate: info.bit_rate.map(kilobits),
        width: shape.map(|shape| shape.width),
        height: shape.map(|shape| shape.height),
        aspect_ratio: shape.and_then(aspect_ratio),
        audio_channels: sound.and_then(|stream| stream.sound.as_ref()).map(|sound| sound.channels),
        audio_codec: sound.map(|stream| codec(&stream.codec)),
        video_codec: info.video().map(|stream| codec(&stream.codec)),
        video_resolution: shape.filter(|_| is_film).map(|shape| shape.resolution().into()),
        container: Some(container(info, extension)),
        video_frame_rate: shape.filter(|_| is_film).and_then(frame_rate),
        video_profile: info.video().and_then(|stream| stream.profile.as_deref()).map(str::to_lowercase),
        ..Media::default()
    }
}

/// The container in Plex's words: `mkv`, `mp4`; for pictures the file's extension.
pub(crate) fn container(info: &MediaInfo, extension: &str) -> String {
    match info.container.as_str() {
        "matroska" => if extension == "webm" { "webm" } else { "mkv" }.into(),
        "mov" => if extension == "mov" { "mov" } else { "mp4" }.into(),
        "jpeg_pipe" => "jpeg".into(),
        pictures if pictures == "heif" || pictures.ends_with("_pipe") => extension.to_owned(),
        other => other.to_owned(),
    }
}

/// The streams that Plex shows: video, sound and subtitles.
pub(crate) fn streams(part: i64, info: &MediaInfo) -> Vec<Stream> {
    info.streams.iter().filter_map(|stream| plex_stream(part, stream)).collect()
}

/// The chapters.
pub(crate) fn chapters(part: i64, info: &MediaInfo) -> Vec<Chapter> {
    let numbered = info.chapters.iter().zip(1_u64..);
    let chapter = |(chapter, index): (&media_info::Chapter, u64)| Chapter {
        // Never more than these of one file, so that no two chapters get one id.
        id: part.saturating_mul(MAX_CHAPTERS as i64).saturating_add(index as i64 - 1),
        index,
        start_time_offset: chapter.start_ms,
        end_time_offset: chapter.end_ms,
        tag: chapter.title.clone(),
        thumb: None,
    };
    numbered.map(chapter).collect()
}

fn plex_stream(part: i64, stream: &media_info::Stream) -> Option<Stream> {
    let stream_type = match stream.kind {
        StreamKind::Video => 1,
        StreamKind::Audio => 2,
        StreamKind::Subtitle => 3,
        StreamKind::Picture | StreamKind::Other => return None,
    };
    let (picture, sound) = (stream.picture.as_ref(), stream.sound.as_ref());
    let display_title = display_title(stream);
    let extended = stream
        .title
        .as_ref()
        .map_or_else(|| display_title.clone(), |title| format!("{title} ({display_title})"));
    Some(Stream {
        id: part.saturating_mul(MAX_STREAMS as i64).saturating_add(stream.index.into()),
        stream_type,
        default: stream.default,
        forced: stream.forced,
        codec: codec(&stream.codec),
        index: stream.index,
        bitrate: stream.bit_rate.map(kilobits),
        language_code: stream.language.clone(),
        title: stream.title.clone(),
        display_title,
        extended_display_title: extended,
        bit_depth: picture.map(|shape| shape.bit_depth),
        color_trc: picture.and_then(|shape| shape.transfer.clone()),
        frame_rate: picture
            .filter(|shape| shape.frame_rate > 0.0)
            .map(|shape| rounded(shape.frame_rate, 1_000.0)),
        height: picture.map(|shape| shape.height),
        width: picture.map(|shape| shape.width),
        pixel_aspect_ratio: picture
            .map(|shape| shape.pixel_aspect)
            .filter(|(x, y)| x != y)
            .map(|(x, y)| format!("{x}:{y}")),
        profile: stream.profile.as_deref().map(str::to_lowercase),
        scan_type: picture.map(|shape| if shape.interlaced { "interlaced" } else { "progressive" }.into()),
        channels: sound.map(|sound| sound.channels),
        audio_channel_layout: sound.and_then(|sound| sound.layout.clone()),
        sampling_rate: sound.map(|sound| sound.sample_rate),
        ..Stream::default()
    })
}

/// `1080p (H264)`, `eng (AAC Stereo)`, `eng (SRT Forced)`.
fn display_title(stream: &media_info::Stream) -> String {
    let codec = codec(&stream.codec).to_uppercase();
    let language = stream.language.as_deref().unwrap_or("Unknown");
    match stream.kind {
        StreamKind::Video => match &stream.picture {
            Some(shape) => format!("{} ({codec})", spoken_resolution(shape)),
            None => codec,
        },
        StreamKind::Audio => match &stream.sound {
            Some(sound) => format!("{language} ({codec} {})", spoken_channels(sound)),
            None => format!("{language} ({codec})"),
        },
        _ => format!("{language} ({codec}{})", if stream.forced { " Forced" } else { "" }),
    }
}

fn of_kind(info: &MediaInfo, kind: StreamKind) -> Option<&media_info::Stream> {
    let mut streams = info.streams.iter().filter(|stream| stream.kind == kind);
    streams.clone().find(|stream| stream.default).or_else(|| streams.next())
}

/// libav's name of a codec in Plex's words.
fn codec(name: &str) -> String {
    match name {
        "subrip" => "srt".into(),
        "hdmv_pgs_subtitle" => "pgs".into(),
        "dvd_subtitle" => "vobsub".into(),
        "dts" => "dca".into(),
        pcm if pcm.starts_with("pcm_") => "pcm".into(),
        other => other.to_owned(),
    }
}

const fn kilobits(bits: u64) -> u64 {
    bits / 1_000
}

fn rounded(number: f64, steps: f64) -> f64 {
    (number * steps).round() / steps
}

/// Width over height as a viewer sees it.
fn aspect_ratio(shape: &PictureShape) -> Option<f64> {
    let (x, y) = shape.pixel_aspect;
    let ratio = f64::from(shape.width) * f64::from(x) / (f64::from(shape.height) * f64::from(y));
    let ratio = if matches!(shape.rotation, 90 | 270) { ratio.recip() } else { ratio };
    ratio.is_finite().then(|| rounded(ratio, 100.0)).filter(|ratio| *ratio > 0.0)
}

fn spoken_resolution(shape: &PictureShape) -> String {
    match shape.resolution() {
        "sd" => "SD".into(),
        big @ ("4k" | "8k") => big.to_uppercase(),
        lines => format!("{lines}{}", if shape.interlaced { "i" } else { "p" }),
    }
}

fn spoken_channels(sound: &SoundShape) -> String {
    match sound.channels {
        1 => "Mono".into(),
        2 => "Stereo".into(),
        6 => "5.1".into(),
        8 => "7.1".into(),
        other => format!("{other} channels"),
    }
}

/// `24p`, `PAL`, `NTSC`, `60p`.
fn frame_rate(shape: &PictureShape) -> Option<String> {
    if !(shape.frame_rate >= 1.0 && shape.frame_rate < 1_000.0) {
        return None;
    }
    Some(match shape.frame_rate.round() as u32 {
        25 => "PAL".into(),
        30 => "NTSC".into(),
        other => format!("{other}p"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> PictureShape {
        PictureShape {
            width,
            height,
            pixel_aspect: (1, 1),
            frame_rate: 23.976,
            rotation: 0,
            bit_depth: 8,
            pixel_format: None,
            transfer: None,
            interlaced: false,
            ..PictureShape::default()
        }
    }

    fn stream(index: u32, kind: StreamKind, codec: &str) -> media_info::Stream {
        media_info::Stream {
            index,
            kind,
            codec: codec.into(),
            profile: None,
            bit_rate: Some(128_000),
            language: Some("eng".into()),
            title: None,
            default: false,
            forced: false,
            encrypted: false,
            picture: None,
            sound: None,
        }
    }

    fn film() -> MediaInfo {
        let video = media_info::Stream {
            picture: Some(picture(1920, 800)),
            profile: Some("High".into()),
            ..stream(0, StreamKind::Video, "h264")
        };
        let sound = SoundShape { channels: 6, layout: Some("5.1(side)".into()), sample_rate: 48_000 };
        let sound = media_info::Stream {
            sound: Some(sound),
            title: Some("Director".into()),
            ..stream(1, StreamKind::Audio, "ac3")
        };
        let cover = media_info::Stream {
            picture: Some(picture(600, 800)),
            ..stream(3, StreamKind::Picture, "mjpeg")
        };
        MediaInfo {
            container: "matroska".into(),
            duration_ms: Some(60_000),
            bit_rate: Some(7_700_999),
            streams: vec![video, sound, stream(2, StreamKind::Subtitle, "subrip"), cover],
            chapters: vec![media_info::Chapter { start_ms: 0, end_ms: 30_000, title: Some("One".into()) }],
            ..MediaInfo::default()
        }
    }

    #[test]
    fn a_film_is_described_in_the_words_of_plex() {
        let media = media(5, Some(&film()), "mkv");
        assert_eq!(media.container.as_deref(), Some("mkv"));
        assert_eq!((media.width, media.height, media.aspect_ratio), (Some(1920), Some(800), Some(2.4)));
        assert_eq!(
            (media.video_resolution.as_deref(), media.video_frame_rate.as_deref()),
            (Some("1080"), Some("24p"))
        );
        assert_eq!(
            (media.video_codec.as_deref(), media.audio_codec.as_deref(), media.audio_channels),
            (Some("h264"), Some("ac3"), Some(6))
        );
        assert_eq!((media.bitrate, media.video_profile.as_deref()), (Some(7_700), Some("high")));
    }

    #[test]
    fn cover_pictures_are_no_streams() {
        let streams = streams(7, &film());
        assert_eq!(streams.iter().map(|stream| stream.stream_type).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(streams[0].display_title, "1080p (H264)");
        assert_eq!(streams[1].display_title, "eng (AC3 5.1)");
        assert_eq!(streams[1].extended_display_title, "Director (eng (AC3 5.1))");
        assert_eq!(streams[2].display_title, "eng (SRT)");
    }

    #[test]
    fn ids_of_two_files_never_meet() {
        let last = streams(
            7,
            &MediaInfo { streams: vec![stream(255, StreamKind::Audio, "aac")], ..MediaInfo::default() },
        )[0]
        .id;
        assert!(last < streams(8, &film())[0].id);
        assert_eq!(chapters(7, &film())[0].id, 7 * 4_096);
    }

    #[test]
    fn a_turned_film_is_upright() {
        assert_eq!(aspect_ratio(&PictureShape { rotation: 90, ..picture(1920, 1080) }), Some(0.56));
        assert_eq!(aspect_ratio(&PictureShape { pixel_aspect: (64, 45), ..picture(720, 576) }), Some(1.78));
    }

    #[test]
    fn nonsense_of_a_header_becomes_no_number() {
        assert_eq!(aspect_ratio(&picture(0, 0)), None);
        assert_eq!(aspect_ratio(&PictureShape { pixel_aspect: (1, 0), ..picture(10, 10) }), None);
        assert_eq!(frame_rate(&PictureShape { frame_rate: f64::NAN, ..picture(10, 10) }), None);
        assert_eq!(frame_rate(&PictureShape { frame_rate: 1e12, ..picture(10, 10) }), None);
    }

    #[test]
    fn a_photo_has_a_size_and_no_frame_rate() {
        let still = media_info::Stream {
            picture: Some(picture(4000, 3000)),
            ..stream(0, StreamKind::Picture, "mjpeg")
        };
        let photo = MediaInfo { container: "jpeg_pipe".into(), streams: vec![still], ..MediaInfo::default() };
        let media = media(1, Some(&photo), "jpg");
        assert_eq!(
            (media.container.as_deref(), media.width, media.video_resolution, media.video_codec),
            (Some("jpeg"), Some(4000), None, None)
        );
    }
}
