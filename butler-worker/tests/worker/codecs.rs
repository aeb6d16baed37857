//! Every codec and container that the machine's ffmpeg can make is read inside the sandbox.

use butler_product::Value;

use crate::process::{BIF, Worker};
use crate::{films, kinds};

/// A name that ends with the container's extension, the coding, and libav's name of the codec.
const FILMS: &[(&str, &str, &str)] = &[
    ("h264.mkv", "-c:v libx264 -preset ultrafast -g 24", "h264"),
    ("h264.mp4", "-c:v libx264 -preset ultrafast -bf 2 -g 24", "h264"),
    ("h264.ts", "-c:v libx264 -preset ultrafast -g 24", "h264"),
    ("h264.m2ts", "-c:v libx264 -preset ultrafast -flags +ildct+ilme -g 24", "h264"),
    ("fragments.mp4", "-c:v libx264 -preset ultrafast -g 24 -movflags frag_keyframe+empty_moov", "h264"),
    ("h264.flv", "-c:v libx264 -preset ultrafast -g 24", "h264"),
    ("hevc.mkv", "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=24", "hevc"),
    (
        "hevc10.mp4",
        "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=24 -pix_fmt yuv420p10le",
        "hevc",
    ),
    ("vp8.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -g 24", "vp8"),
    ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24", "vp9"),
    ("av1.mkv", "-c:v libsvtav1 -preset 12 -g 24", "av1"),
    ("mpeg1.mpg", "-c:v mpeg1video -r 25 -g 24", "mpeg1video"),
    ("mpeg2.mpg", "-c:v mpeg2video -g 24", "mpeg2video"),
    ("mpeg2.ts", "-c:v mpeg2video -g 24", "mpeg2video"),
    ("mpeg4.avi", "-c:v mpeg4 -g 24", "mpeg4"),
    ("xvid.mkv", "-c:v mpeg4 -bf 2 -g 24", "mpeg4"),
    ("msmpeg4.avi", "-c:v msmpeg4 -g 24", "msmpeg4v3"),
    ("theora.ogv", "-c:v libtheora -g 24", "theora"),
    ("prores.mov", "-c:v prores_ks", "prores"),
    ("mjpeg.avi", "-c:v mjpeg", "mjpeg"),
    ("wmv2.wmv", "-c:v wmv2 -g 24", "wmv2"),
    ("flv1.flv", "-c:v flv1 -g 24", "flv1"),
    ("ffv1.mkv", "-c:v ffv1", "ffv1"),
    ("huffyuv.avi", "-c:v huffyuv -pix_fmt yuv422p", "huffyuv"),
    ("raw.avi", "-c:v rawvideo -r 2 -s 64x36", "rawvideo"),
];

#[test]
fn every_codec_is_decoded_inside_the_sandbox() {
    let worker = Worker::start();
    for (name, coding, codec) in FILMS {
        let film = films::film(name, coding);
        let info = worker.media_info(&film);
        let video = info.video().unwrap_or_else(|| panic!("{name} has no video"));
        assert_eq!(&video.codec, codec, "{name}");
        assert!(
            info.duration_ms.is_none_or(|ms| (24_500..25_600).contains(&ms)),
            "{name}: {:?}",
            info.duration_ms
        );
        let (summary, pictures) = worker.make(&film, &[BIF]).bif();
        assert_eq!((summary.pictures, summary.height * 16), (3, summary.width * 9), "{name}");
        let distinct = pictures.iter().collect::<std::collections::HashSet<_>>().len();
        assert_eq!(distinct, 3, "{name}: marks share a picture");
        // The one that is flagged as interlaced is shown by one field.
        let field = if *name == "h264.m2ts" { "field=top" } else { "" };
        if let Err(why) = kinds::wrong(&worker, &film, 10, (summary.width, summary.height), field) {
            panic!("{name}: {why}");
        }
    }
}

#[test]
fn music_is_described_and_has_no_preview() {
    let worker = Worker::start();
    for (name, coding, codec) in [
        ("a.flac", "-c:a flac", "flac"),
        ("a.mp3", "-c:a libmp3lame", "mp3"),
        ("a.m4a", "-c:a aac", "aac"),
        ("a.aac", "-c:a aac", "aac"),
        ("a.ogg", "-c:a libvorbis", "vorbis"),
        ("a.opus", "-c:a libopus", "opus"),
        ("a.wav", "-c:a pcm_s16le", "pcm_s16le"),
        ("a.ac3", "-c:a ac3", "ac3"),
        ("a.wma", "-c:a wmav2", "wmav2"),
    ] {
        let film = films::other(name, &format!("-f lavfi -i sine=d=5 -ac 2 -metadata title=Tune {coding}"));
        let info = worker.media_info(&film);
        assert_eq!(info.streams[0].codec, codec, "{name}");
        assert_eq!(info.streams[0].sound.as_ref().unwrap().channels, 2, "{name}");
        assert!((4_900..5_200).contains(&info.duration_ms.unwrap()), "{name}: {:?}", info.duration_ms);
        let answer = worker.make(&film, &[BIF]).answers.remove(0).unwrap().unwrap();
        assert!(matches!(answer, (Value::Nothing { .. }, None)), "{name}: {answer:?}");
    }
}

#[test]
fn pictures_are_described_and_have_no_duration() {
    let worker = Worker::start();
    for (name, codec) in [
        ("p.jpg", "mjpeg"),
        ("p.png", "png"),
        ("p.gif", "gif"),
        ("p.bmp", "bmp"),
        ("p.tiff", "tiff"),
        ("p.webp", "webp"),
    ] {
        let picture = films::other(name, "-f lavfi -i testsrc2=s=320x180 -frames:v 1");
        let info = worker.media_info(&picture);
        assert_eq!(
            (info.streams.len(), &*info.streams[0].codec, info.duration_ms),
            (1, codec, None),
            "{name}"
        );
        let shape = info.streams[0].picture.as_ref().unwrap();
        assert_eq!((shape.width, shape.height), (320, 180), "{name}");
        assert!(info.video().is_none(), "{name} is taken for a film");
    }
}
