//! What `media_info` says of a film.

use butler_product::media_info::StreamKind;

use crate::films;
use crate::process::Worker;

#[test]
fn streams_chapters_languages_and_tags_are_told() {
    let notes = films::bytes(
        "notes.txt",
        b";FFMETADATA1\ntitle=Heat\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=10000\ntitle=One\n\
          [CHAPTER]\nTIMEBASE=1/1000\nSTART=10000\nEND=25000\ntitle=Two\n",
    );
    let texts = films::bytes("texts.srt", b"1\n00:00:01,000 --> 00:00:03,000\nHello\n");
    let film = films::film_with_sound("plain.mkv", "-c:v libx264 -preset ultrafast -g 24 -c:a aac -ac 2");
    let arguments = format!(
        "-i {} -i {} -i {} -map 0 -map 1 -map_metadata 2 -map_chapters 2 -c copy -c:s srt -metadata:s:a \
         language=ger -metadata:s:s language=eng -metadata:s:s title=Signs -disposition:s forced",
        film.display(),
        texts.display(),
        notes.display()
    );
    let info = Worker::start().media_info(&films::other("rich.mkv", &arguments));

    assert_eq!((&*info.container, info.size_bytes > 0, info.bit_rate.is_some()), ("matroska", true, true));
    let kinds: Vec<_> =
        info.streams.iter().map(|stream| (stream.kind, &*stream.codec, stream.language.as_deref())).collect();
    let expect = [
        (StreamKind::Video, "h264", None),
        (StreamKind::Audio, "aac", Some("ger")),
        (StreamKind::Subtitle, "subrip", Some("eng")),
    ];
    assert_eq!(kinds, expect);
    let shape = info.streams[0].picture.as_ref().unwrap();
    assert_eq!((shape.width, shape.height, shape.bit_depth, shape.rotation), (320, 180, 8, 0));
    assert_eq!(
        (shape.frame_rate, shape.pixel_format.as_deref(), shape.interlaced),
        (12.0, Some("yuv420p"), false)
    );
    let sound = info.streams[1].sound.as_ref().unwrap();
    assert_eq!((sound.channels, sound.layout.as_deref(), sound.sample_rate), (2, Some("stereo"), 44_100));
    assert!(info.streams[2].forced);
    assert_eq!(info.streams[2].title.as_deref(), Some("Signs"));
    let chapters: Vec<_> = info
        .chapters
        .iter()
        .map(|chapter| (chapter.start_ms, chapter.end_ms, chapter.title.as_deref()))
        .collect();
    assert_eq!(chapters, [(0, 10_000, Some("One")), (10_000, 25_000, Some("Two"))]);
    assert!(info.tags.contains(&("title".into(), "Heat".into())));
}

#[test]
fn cover_art_is_a_picture_and_no_video() {
    let cover = films::other("cover.png", "-f lavfi -i testsrc2=s=100x100 -frames:v 1");
    let sound = "-f lavfi -i sine=d=3";
    let arguments = format!(
        "{sound} -i {} -map 0 -map 1 -c:a flac -c:v copy -disposition:v attached_pic",
        cover.display()
    );
    let info = Worker::start().media_info(&films::other("covered.flac", &arguments));
    assert!(info.streams.iter().any(|stream| stream.kind == StreamKind::Picture && stream.codec == "png"));
    assert!(info.video().is_none());
}

#[test]
fn transfer_and_depth_of_hdr_are_told() {
    let coding = "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc \
                  smpte2084 -colorspace bt2020nc -x265-params log-level=error:keyint=24";
    let info = Worker::start().media_info(&films::film("hdr.mkv", coding));
    let shape = info.streams[0].picture.as_ref().unwrap();
    assert_eq!((shape.bit_depth, shape.transfer.as_deref()), (10, Some("smpte2084")));
}
