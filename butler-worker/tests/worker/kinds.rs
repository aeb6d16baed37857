//! Films of every kind, each made by ffmpeg: the BIF's pictures are ffmpeg's own frames at the same times,
//! upright, whole and in the right colours.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use butler_fixtures::{Mp4, field_coded_h264, packed_avi, wmv3};
use butler_product::bif::Params;
use butler_product::{FailureClass, Spec, Value};

use crate::process::{BIF, Worker};
use crate::{films, frames};

/// Seconds from mark to mark.
const EVERY: u32 = 2;

/// What a kind is made of: `@` stands for eight seconds of moving shapes, `SOUND` for as much sound, `X264`
/// for an encoder that is quick.
const SOURCES: [(&str, &str); 3] = [
    ("@", "-f lavfi -i testsrc2=s=320x180:r=12:d=8"),
    ("SOUND", "-f lavfi -i sine=d=8"),
    ("X264", "-c:v libx264 -preset ultrafast -bf 2 -g 24"),
];

/// A name that ends with the container's extension, how ffmpeg makes it, the size of its pictures, and what
/// ffmpeg needs to be told before it compares.
type Kind = (&'static str, &'static str, (u32, u32), &'static str);

const WIDE: (u32, u32) = (320, 180);
/// High definition that doesn't name its colours has those of BT.709, which ffmpeg's scaler doesn't know.
const HD: &str = "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int,format=gbrp";
const TOP: &str = "field=top";

const KINDS: &[Kind] = &[
    // Codecs that the other table hasn't, and forms of those that it has.
    ("h264-10.mkv", "@ X264 -pix_fmt yuv420p10le", WIDE, ""),
    ("h264-422.mp4", "@ X264 -pix_fmt yuv422p", WIDE, ""),
    ("h264-422-10.ts", "@ X264 -pix_fmt yuv422p10le", WIDE, ""),
    ("h264-444.mkv", "@ X264 -pix_fmt yuv444p", WIDE, ""),
    ("h264-gray.mkv", "@ X264 -pix_fmt gray", WIDE, ""),
    ("h264-rgb.mkv", "@ -c:v libx264rgb -preset ultrafast -g 24", WIDE, ""),
    ("h264-full.mp4", "@ -vf scale=out_range=pc,format=yuvj420p X264", WIDE, ""),
    (
        "h264-open.mkv",
        "@ -c:v libx264 -preset veryfast -bf 3 -g 24 -x264-params open-gop=1:scenecut=0",
        WIDE,
        "",
    ),
    (
        "hevc-open.mkv",
        "@ -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=24:open-gop=1:bframes=4",
        WIDE,
        "",
    ),
    (
        "hevc-444-12.mkv",
        "@ -c:v libx265 -preset ultrafast -pix_fmt yuv444p12le -x265-params log-level=error:keyint=24",
        WIDE,
        "",
    ),
    ("hevc.ts", "@ -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=24", WIDE, ""),
    (
        "vp9-10.webm",
        "@ -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24 -profile:v 2 -pix_fmt yuv420p10le",
        WIDE,
        "",
    ),
    (
        "vp9-444.webm",
        "@ -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24 -profile:v 1 -pix_fmt yuv444p",
        WIDE,
        "",
    ),
    (
        "vp9-alpha.webm",
        "@ -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24 -auto-alt-ref 0 -pix_fmt yuva420p",
        WIDE,
        "",
    ),
    ("av1-10.mp4", "@ -c:v libsvtav1 -preset 12 -g 24 -pix_fmt yuv420p10le", WIDE, ""),
    ("prores4444.mov", "@ -c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le", WIDE, ""),
    ("dnxhr.mov", "@ -c:v dnxhd -profile:v dnxhr_sq -pix_fmt yuv422p", WIDE, ""),
    ("dnxhr.mxf", "@ -vf fps=25 -c:v dnxhd -profile:v dnxhr_sq -pix_fmt yuv422p", WIDE, ""),
    ("v210.mov", "@ -r 2 -c:v v210", WIDE, ""),
    ("animation.mov", "@ -r 2 -c:v qtrle", WIDE, ""),
    ("png.mov", "@ -r 2 -c:v png -pix_fmt rgb24", WIDE, ""),
    ("ffv1-rgb.mkv", "@ -r 4 -c:v ffv1 -pix_fmt bgr0", WIDE, ""),
    ("utvideo.avi", "@ -r 4 -c:v utvideo -pix_fmt yuv422p", WIDE, ""),
    ("raw-rgb.avi", "@ -r 2 -c:v rawvideo -pix_fmt bgr24", WIDE, ""),
    ("h263.3gp", "@ -vf scale=352:288,setsar=1 -c:v h263 -g 24", (320, 262), ""),
    ("sorenson.mov", "@ -c:v svq1 -g 24", WIDE, ""),
    ("real.rm", "@ -c:v rv20 -g 24", WIDE, ""),
    ("recorded.wtv", "@ -c:v mpeg2video -q:v 3 -g 24", WIDE, ""),
    ("wmv1.asf", "@ -c:v wmv1 -g 24", WIDE, ""),
    ("cinepak.avi", "-f lavfi -i testsrc2=s=320x180:r=2:d=8 -vf crop=320:180 -c:v cinepak -g 4", WIDE, ""),
    ("mpeg4-b.mp4", "@ -c:v mpeg4 -bf 2 -q:v 3 -g 24", WIDE, ""),
    ("theora-444.ogv", "@ -c:v libtheora -q:v 8 -g 24 -pix_fmt yuv444p", WIDE, ""),
    (
        "dvd.vob",
        "@ SOUND -vf fps=25,scale=720:576,setsar=64/45 -c:v mpeg2video -q:v 3 -g 12 -c:a ac3",
        WIDE,
        "",
    ),
    ("vp8.mkv", "@ -c:v libvpx -deadline realtime -cpu-used 8 -g 24", WIDE, ""),
    // Shapes.
    ("vol-shape.avi", "@ -vf scale=360:288,setsar=64/45 -c:v mpeg4 -q:v 3 -g 24", WIDE, ""),
    ("tall-pixels.mkv", "@ -vf setsar=1/2 X264", (160, 180), ""),
    ("odd.mkv", "@ -vf scale=641:361,setsar=1 -c:v ffv1 -r 4 -pix_fmt yuv420p", (320, 180), ""),
    (
        "odd.webm",
        "@ -vf scale=643:363,setsar=1 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24",
        (320, 180),
        "",
    ),
    ("cropped.ts", "@ -vf scale=326:182,setsar=1 X264", (320, 178), ""),
    ("portrait.mp4", "@ -vf transpose=1,setsar=1 X264", (180, 320), ""),
    // Colours.
    ("named-709.mkv", "@ -vf scale=out_color_matrix=bt709 X264 -colorspace bt709", WIDE, ""),
    ("named-601.mp4", "-f lavfi -i testsrc2=s=1280x720:r=4:d=8 X264 -g 8 -colorspace smpte170m", WIDE, ""),
    (
        "unnamed-hd.mp4",
        "-f lavfi -i testsrc2=s=1280x720:r=4:d=8 -vf scale=out_color_matrix=bt709 X264 -g 8",
        WIDE,
        HD,
    ),
    ("mjpeg.mov", "@ -c:v mjpeg -q:v 2 -r 4", WIDE, ""),
    ("limited-mjpeg.avi", "@ -vf format=yuv420p -c:v mjpeg -strict unofficial -q:v 2 -r 4", WIDE, ""),
    // Times.
    (
        "vfr.mkv",
        "@ -vf select=not(mod(floor(n/5)\\,3)) -fps_mode vfr X264 -force_key_frames 0,2.1,4.2,6.2",
        WIDE,
        "",
    ),
    ("hours.ts", "@ SOUND X264 -output_ts_offset 90000", WIDE, ""),
    ("hours.mkv", "@ SOUND X264 -output_ts_offset 90000", WIDE, ""),
    ("hours.m2ts", "@ SOUND X264 -c:a ac3 -output_ts_offset 600", WIDE, ""),
    ("sound-first.ts", "-itsoffset 1.5 @ SOUND X264 -c:a aac", WIDE, ""),
    ("sound-first.mp4", "-itsoffset 1.5 @ SOUND X264 -c:a aac", WIDE, ""),
    ("sound-first.mkv", "-itsoffset 1.5 @ SOUND X264 -c:a aac", WIDE, ""),
    ("one-key-frame.mkv", "@ X264 -g 999 -x264-params scenecut=0", WIDE, ""),
    ("fragments.mp4", "@ SOUND X264 -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof", WIDE, ""),
    // Fields.
    (
        "mpeg2-tff.mpg",
        "MOVING tinterlace=interleave_top,setfield=tff -c:v mpeg2video -q:v 2 -g 12 -flags +ildct+ilme -top \
         1",
        (320, 240),
        TOP,
    ),
    (
        "mpeg2-bff.ts",
        "MOVING tinterlace=interleave_bottom,setfield=bff -c:v mpeg2video -q:v 2 -g 12 -flags +ildct+ilme \
         -top 0",
        (320, 240),
        TOP,
    ),
    (
        "mbaff.mkv",
        "MOVING tinterlace=interleave_top,setfield=tff -c:v libx264 -preset ultrafast -g 25 -x264-params \
         tff=1",
        (320, 240),
        TOP,
    ),
    (
        "mbaff.ts",
        "MOVING tinterlace=interleave_top,setfield=tff -c:v libx264 -preset ultrafast -g 25 -x264-params \
         tff=1",
        (320, 240),
        TOP,
    ),
    (
        "dv.avi",
        "MOVING tinterlace=interleave_bottom,setfield=bff,scale=720:576:interl=1,setsar=16/15 -c:v dvvideo",
        (320, 240),
        TOP,
    ),
    (
        "dv.dv",
        "MOVING tinterlace=interleave_bottom,setfield=bff,scale=720:576:interl=1,setsar=16/15 -c:v dvvideo",
        (320, 240),
        TOP,
    ),
    (
        "prores.mov",
        "MOVING tinterlace=interleave_top,setfield=tff -r 2 -c:v prores_ks -flags +ildct",
        (320, 240),
        TOP,
    ),
];

/// What moves so fast that two fields never match.
const MOVING: &str = "-f lavfi -i testsrc=s=320x240:r=50:d=8 -vf scroll=h=0.02,format=yuv420p,";

pub(crate) fn make(name: &str, arguments: &str) -> PathBuf {
    let arguments = SOURCES
        .iter()
        .fold(arguments.replace("MOVING ", MOVING), |text, (word, what)| text.replace(word, what));
    films::other(name, &arguments)
}

/// What is wrong with a film's pictures beside ffmpeg's own, if anything is.
pub(crate) fn wrong(
    worker: &Worker,
    film: &Path,
    every: u32,
    size: (u32, u32),
    filter: &str,
) -> Result<(), String> {
    let outcome = worker.make(film, &[Spec::Bif(Params::new(every * 1_000, 320).unwrap())]);
    if let Some(Some(Err(failure))) = outcome.answers.first() {
        return Err(failure.sentence.clone());
    }
    let (summary, pictures) = outcome.bif();
    let is = (summary.width, summary.height);
    if is != size {
        return Err(format!("pictures of {is:?}"));
    }
    let theirs = frames::of_film(film, size, f64::from(every), pictures.len(), filter)?;
    let apart = frames::apart(&frames::of_jpegs(&pictures, size), &theirs, size);
    // Another matrix, another field, another second or a pixel's shift are all further apart.
    if apart.mean > 2.2 || apart.most > 24.0 {
        Err(format!("{} pictures, {apart:?}", pictures.len()))
    } else {
        Ok(())
    }
}

#[test]
fn every_kind_of_film_shows_what_ffmpeg_shows() {
    let worker = Worker::start();
    let mut report = String::new();
    for &(name, arguments, size, filter) in KINDS {
        if let Err(why) = wrong(&worker, &make(name, arguments), EVERY, size, filter) {
            let _ = writeln!(report, "{name}: {why}");
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn another_matrix_or_second_would_not_pass_for_the_same() {
    let worker = Worker::start();
    let film = make(
        "unnamed-hd.mp4",
        "-f lavfi -i testsrc2=s=1280x720:r=4:d=8 -vf scale=out_color_matrix=bt709 X264 -g 8",
    );
    assert!(wrong(&worker, &film, EVERY, WIDE, "scale=in_color_matrix=bt601,format=gbrp").is_err());
    assert!(wrong(&worker, &film, EVERY, WIDE, &format!("{HD},rgbashift=rh=0,scroll=hpos=0.01")).is_err());
}

/// A film that is turned by its track header, as phones write it.
fn placed(name: &str, right: (i32, i32), below: (i32, i32)) -> PathBuf {
    let film = make("level.mp4", "@ X264");
    let bytes = Mp4::read(&film).unwrap().place(right, below).unwrap().into_bytes();
    films::bytes(name, &bytes)
}

#[test]
fn turned_and_mirrored_films_are_upright() {
    let worker = Worker::start();
    let mut report = String::new();
    for (name, right, below, size) in [
        ("turned-90.mov", (0, 1), (-1, 0), (180, 320)),
        ("turned-180.mp4", (-1, 0), (0, -1), WIDE),
        ("turned-270.mp4", (0, -1), (1, 0), (180, 320)),
        ("mirrored.mp4", (-1, 0), (0, 1), WIDE),
        ("upside-down.mp4", (1, 0), (0, -1), WIDE),
        ("mirrored-90.mp4", (0, 1), (1, 0), (180, 320)),
        ("mirrored-270.mp4", (0, -1), (-1, 0), (180, 320)),
    ] {
        if let Err(why) = wrong(&worker, &placed(name, right, below), EVERY, size, "") {
            let _ = writeln!(report, "{name}: {why}");
        }
    }
    assert!(report.is_empty(), "\n{report}");
    let info = worker.media_info(&placed("mirrored-90.mp4", (0, 1), (1, 0)));
    let shape = info.video().unwrap().picture.clone().unwrap();
    assert_eq!((shape.rotation, shape.mirrored), (270, true));
}

#[test]
fn no_combs_are_left_of_two_fields() {
    let worker = Worker::start();
    for name in ["mpeg2-tff.mpg", "mpeg2-bff.ts", "mbaff.ts", "prores.mov"] {
        let &(_, arguments, size, filter) = KINDS.iter().find(|kind| kind.0 == name).unwrap();
        let film = make(name, arguments);
        let (_, pictures) = worker.make(&film, &[Spec::Bif(Params::new(EVERY * 1_000, 320).unwrap())]).bif();
        let clean = frames::of_film(&film, size, f64::from(EVERY), pictures.len(), filter).unwrap();
        let combed = frames::of_film(&film, size, f64::from(EVERY), pictures.len(), "").unwrap();
        let most = |pictures: &[Vec<u8>]| {
            pictures.iter().map(|picture| frames::combs(picture, size)).fold(f64::MIN, f64::max)
        };
        let (ours, clean, combed) = (most(&frames::of_jpegs(&pictures, size)), most(&clean), most(&combed));
        assert!(ours <= clean + 0.3 && combed > 2.0, "{name}: {ours}, without {clean}, with {combed}");
    }
}

#[test]
fn a_film_coded_field_by_field_shows_one_of_them() {
    let worker = Worker::start();
    // A bar that stands further right in each field.
    let bar = |frame: u32, lower: bool, x: u32, _: u32| {
        if x / 32 == frame * 2 + u32::from(lower) { 200 } else { 60 }
    };
    // A container may take each second field for a key frame, too.
    for (references, named) in [(2, "fields"), (1, "keys")] {
        let raw = films::bytes(&format!("{named}.h264"), &field_coded_h264(320, 192, 5, references, bar));
        for container in ["ts", "mkv", "mp4", "live.mkv"] {
            let name = format!("{named}.{container}");
            let live = if container == "live.mkv" { "-f matroska -live 1" } else { "" };
            let film =
                films::other(&name, &format!("-f h264 -framerate 1 -i {} -c copy {live}", raw.display()));
            // The second field is nearer to each third mark.
            for every in [1_000, 700] {
                let (summary, pictures) =
                    worker.make(&film, &[Spec::Bif(Params::new(every, 320).unwrap()), Spec::Bandwidth]).bif();
                let size = (summary.width, summary.height);
                assert_eq!(size, (320, 192), "{name}");
                assert!(pictures.len() >= 4, "{name}: {}", pictures.len());
                for picture in frames::of_jpegs(&pictures, size) {
                    let bright: Vec<_> =
                        (0..10).filter(|bar| picture[(96 * 320 + bar * 32 + 16) * 3] > 150).collect();
                    assert_eq!(bright.len(), 1, "{name}: both fields show, at {bright:?}");
                    assert!(bright[0] % 2 == 0, "{name}: the lower field shows");
                    assert!(frames::combs(&picture, size) < 1.0, "{name}");
                }
            }
        }
    }
}

#[test]
fn windows_media_of_the_ninth_kind_is_decoded() {
    let worker = Worker::start();
    let raw = films::bytes("grey.rcv", &wmv3(64, 32, &[0, 1, -1, 0, 1, -1]));
    for name in ["wmv3.wmv", "wmv3.mkv", "wmv3.avi"] {
        let film = films::other(name, &format!("-f vc1test -i {} -c copy", raw.display()));
        assert_eq!(worker.media_info(&film).video().unwrap().codec, "wmv3", "{name}");
        let (_, pictures) = worker.make(&film, &[Spec::Bif(Params::new(1_000, 320).unwrap())]).bif();
        let greys: Vec<_> = pictures.iter().take(3).map(|picture| films::lightness(picture)).collect();
        let expect = [144, 174, 114].map(|grey: u32| ((grey - 16) * 255 / 219) as u8);
        assert!(
            greys.iter().zip(expect).all(|(is, expect)| is.abs_diff(expect) <= 2),
            "{name}: {greys:?} instead of {expect:?}"
        );
    }
}

#[test]
fn packed_mpeg4_shows_the_key_frames_and_not_what_is_packed_with_them() {
    let worker = Worker::start();
    let grey = "-f lavfi -i color=black:s=64x36:r=10:d=30,geq=lum='16+6*T':cb=128:cr=128";
    let raw = films::other(
        "packed.m4v",
        &format!("{grey} -c:v mpeg4 -bf 1 -b_strategy 0 -g 20 -sc_threshold 1000000000 -q:v 2"),
    );
    let film = films::bytes("packed.avi", &packed_avi(&fs::read(raw).unwrap(), 64, 36, 10).unwrap());
    let (_, pictures) = worker.make(&film, &[Spec::Bif(Params::new(10_000, 320).unwrap())]).bif();
    let seconds: Vec<_> =
        pictures.iter().map(|picture| f64::from(films::lightness(picture)) * 219.0 / 255.0 / 6.0).collect();
    assert!(
        seconds.len() == 3
            && seconds.iter().zip([0.0, 10.0, 20.0]).all(|(is, expect)| (is - expect).abs() < 0.5),
        "{seconds:?}"
    );
}

#[test]
fn a_trimmed_film_shows_nothing_of_what_was_cut_away() {
    let worker = Worker::start();
    let whole = films::clock(
        "whole.mp4",
        "expr:gte(t,n_forced*2)",
        "-c:v libx264 -preset ultrafast -bf 2 -x264-params scenecut=0:keyint=999",
    );
    // Begins between two key frames: the one before stays in the file, outside the edit list.
    let film = films::other("trimmed.mp4", &format!("-ss 9.5 -i {} -c copy", whole.display()));
    let (_, pictures) = worker.make(&film, &[Spec::Bif(Params::new(2_000, 320).unwrap())]).bif();
    let seconds: Vec<_> =
        pictures.iter().map(|picture| f64::from(films::lightness(picture)) * 219.0 / 255.0 / 6.0).collect();
    assert!(seconds[0] >= 9.4 && seconds.windows(2).all(|pair| pair[0] <= pair[1] + 0.2), "{seconds:?}");
    assert!((9..=11).contains(&pictures.len()), "{seconds:?}");
}

#[test]
fn a_film_refreshed_strip_by_strip_shows_whole_pictures() {
    let worker = Worker::start();
    // A still picture, for each is taken once all strips were seen, some seconds after its mark.
    let coding = "@ -vf select=eq(n\\,0),loop=95:1:0,setpts=N/12/TB -c:v libx264 -preset veryfast \
                  -x264-params intra-refresh=1:keyint=12";
    for (name, more) in [
        ("strips.mkv", ""),
        ("strips.mp4", ""),
        ("strips.ts", ""),
        ("live-strips.mkv", " -f matroska -live 1"),
    ] {
        // With pictures out of order each comes out of the decoder late.
        for order in ["-bf 0", "-bf 3"] {
            let film = make(&format!("{order}-{name}").replace(' ', ""), &format!("{coding} {order}{more}"));
            if let Err(why) = wrong(&worker, &film, EVERY, WIDE, "") {
                panic!("{name} {order}: {why}");
            }
            // What is read for others, too, shows the same.
            let alone = worker.make(&film, &[Spec::Bif(Params::new(2_000, 320).unwrap())]).bif();
            let beside =
                worker.make(&film, &[Spec::Bif(Params::new(2_000, 320).unwrap()), Spec::Bandwidth]).bif();
            let differ: Vec<_> =
                (0..alone.1.len()).filter(|at| alone.1.get(*at) != beside.1.get(*at)).collect();
            assert_eq!(
                (alone.0, differ),
                (beside.0, Vec::new()),
                "{name} {order}: whoever else reads changes the pictures"
            );
        }
    }
}

#[test]
fn a_film_whose_pictures_end_long_before_its_sound_shows_the_last_of_them_to_its_end() {
    let worker = Worker::start();
    let coding = "-f lavfi -i testsrc2=s=320x180:r=12:d=20 -f lavfi -i sine=d=60 X264 -c:a aac";
    for name in ["video-ends.mkv", "video-ends.mp4", "video-ends.ts"] {
        let (_, pictures) = worker.make(&make(name, coding), &[BIF]).bif();
        // One of each ten seconds: the pictures end in the second ten.
        assert!(pictures.len() >= 6 && pictures[0] != pictures[2], "{name}: {}", pictures.len());
        assert!(pictures[2..].iter().all(|picture| *picture == pictures[2]), "{name}");
    }
}

#[test]
fn a_recording_that_begins_in_the_middle_shows_its_first_whole_picture() {
    let worker = Worker::start();
    let film = make("broadcast.ts", "@ SOUND X264 -c:a aac");
    let bytes = fs::read(film).unwrap();
    let packets = bytes.len() / 188;
    let tail = films::bytes("middle.ts", &bytes[packets / 8 * 188..]);
    if let Err(why) = wrong(&worker, &tail, EVERY, WIDE, "") {
        panic!("{why}");
    }
}

#[test]
fn sound_alone_and_with_a_cover_has_no_preview() {
    let worker = Worker::start();
    let cover = films::other("front.jpg", "-f lavfi -i testsrc2=s=100x100 -frames:v 1");
    for (name, arguments) in [
        ("alone.mkv", "SOUND -c:a aac".to_owned()),
        ("alone.mp4", "SOUND -c:a aac".to_owned()),
        ("cover.mp3", format!("SOUND -i {} -map 0 -map 1 -c:a libmp3lame -c:v copy", cover.display())),
        (
            "cover.m4a",
            format!(
                "SOUND -i {} -map 0 -map 1 -c:a aac -c:v copy -disposition:v attached_pic",
                cover.display()
            ),
        ),
        (
            "cover.mkv",
            format!("SOUND -c:a aac -attach {} -metadata:s:t mimetype=image/jpeg", cover.display()),
        ),
    ] {
        let answer = worker.make(&make(name, &arguments), &[BIF]).answers.remove(0).unwrap();
        assert!(matches!(answer, Ok((Value::Nothing { .. }, None))), "{name}: {answer:?}");
    }
    // A film's poster is no second film.
    let film = make(
        "poster.mp4",
        &format!("@ -i {} -map 1 -map 0 X264 -c:v:0 copy -disposition:v:0 attached_pic", cover.display()),
    );
    let (summary, pictures) = worker.make(&film, &[BIF]).bif();
    assert_eq!((summary.width, summary.height, pictures.len()), (320, 180, 1));
}

#[test]
fn dolby_vision_is_shown_only_by_a_base_layer() {
    let worker = Worker::start();
    let plain = make(
        "base.mp4",
        "@ -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -tag:v hvc1 -x265-params \
         log-level=error:keyint=24",
    );
    let film = |name, profile, compatible| {
        films::bytes(
            name,
            &Mp4::read(&plain).unwrap().with_dolby_vision(profile, compatible).unwrap().into_bytes(),
        )
    };
    let five = film("five.mp4", 5, 0);
    let failure = worker.make(&five, &[BIF]).failure();
    assert_eq!(
        (failure.class, &*failure.sentence),
        (
            FailureClass::Content,
            "The film is Dolby Vision of profile 5 without a picture for other displays, whose colours Butler \
             can't read; a file with an HDR10 or SDR base layer (profile 7 or 8) would do."
        )
    );
    let told = |film: &Path| worker.media_info(film).video().unwrap().picture.clone().unwrap().dolby_vision;
    assert_eq!((told(&five), told(&plain)), (Some(5), None));
    for (name, profile, compatible) in [("eight-1.mp4", 8, 1), ("eight-4.mp4", 8, 4), ("seven.mp4", 7, 6)] {
        let film = film(name, profile, compatible);
        assert_eq!(told(&film), Some(profile), "{name}");
        if let Err(why) = wrong(&worker, &film, EVERY, WIDE, "") {
            panic!("{name}: {why}");
        }
    }
}
