//! Bytes over time and key frames are those that ffprobe tells of the same packets, however they were come
//! by.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use butler_product::bandwidth::{Curve, Summary, ToldBy};
use butler_product::media_info::{MediaInfo, StreamKind};
use butler_product::{FailureClass, Spec, Value};

use crate::films::{bytes, cut, film, film_with_sound, noise, other};
use crate::process::{BIF, Outcome, Worker};

const H264: &str =
    "-c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g 24 -sc_threshold 0 -pix_fmt yuv420p -c:a aac";

/// The product of the only want.
fn made(outcome: Outcome) -> (Summary, Curve, u64) {
    let Outcome { mut answers, mut outputs, bytes_read } = outcome;
    let (summary, curve) = of(answers.remove(0), &mut outputs[0]);
    (summary, curve, bytes_read)
}

fn of(
    answer: Option<Result<(Value, Option<u64>), butler_product::Failure>>,
    output: &mut File,
) -> (Summary, Curve) {
    let Some(Ok((Value::Bandwidth(summary), Some(bytes)))) = answer else { panic!("{answer:?}") };
    assert_eq!(output.metadata().unwrap().len(), bytes);
    output.seek(SeekFrom::Start(0)).unwrap();
    (*summary, Curve::read(output).unwrap())
}

/// A packet as ffprobe tells it.
struct Probed {
    stream: u32,
    time: Option<i64>,
    bytes: u64,
    is_key: bool,
}

fn probed(film: &Path) -> Vec<Probed> {
    let entries = "packet=stream_index,pts_time,dts_time,size,flags";
    let mut command = butler_fixtures::command("ffprobe");
    let output =
        command.args(["-v", "quiet", "-show_entries", entries, "-of", "csv=p=0"]).arg(film).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let packet = |line: &str| {
        let fields: Vec<_> = line.split(',').collect();
        let micros = |field: &str| field.parse::<f64>().ok().map(|seconds| (seconds * 1e6).round() as i64);
        Probed {
            stream: fields[0].parse().unwrap(),
            time: micros(fields[1]).or_else(|| micros(fields[2])),
            bytes: fields[3].parse().unwrap(),
            is_key: fields[4].starts_with('K'),
        }
    };
    text.lines().filter(|line| !line.is_empty()).map(packet).collect()
}

/// What ffprobe's packets add up to, by the same rules.
fn expected(film: &Path, info: &MediaInfo) -> (BTreeMap<u32, Vec<u64>>, Vec<i64>) {
    let kind = |stream: u32| info.streams[stream as usize].kind;
    let packets: Vec<_> = probed(film)
        .into_iter()
        .filter(|packet| !matches!(kind(packet.stream), StreamKind::Picture | StreamKind::Other))
        .collect();
    let timed = packets
        .iter()
        .filter(|packet| kind(packet.stream) != StreamKind::Subtitle)
        .filter_map(|packet| packet.time);
    // An MP4's clock begins at zero: what comes late in it comes late.
    let first = timed.min().unwrap().max(0);
    let start = if info.container == "mov" && first >= 1_000_000 { 0 } else { first };
    let video = info.video().map(|video| video.index);
    let mut seconds: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    let (mut key_frames, mut before) = (Vec::new(), BTreeMap::new());
    for packet in packets {
        let second = packet.time.map(|time| (time - start).max(0) / 1_000_000);
        let second = second.unwrap_or_else(|| before.get(&packet.stream).copied().unwrap_or(0));
        before.insert(packet.stream, second);
        let bytes = seconds.entry(packet.stream).or_default();
        bytes.resize(bytes.len().max(second as usize + 1), 0);
        bytes[second as usize] += packet.bytes;
        if Some(packet.stream) == video && packet.is_key {
            key_frames.extend(packet.time.map(|time| time - start));
        }
    }
    key_frames.sort_unstable();
    (seconds, key_frames)
}

/// Checks a film against ffprobe, and answers with how much of it was read.
fn check(worker: &Worker, film: &Path, told_by: ToldBy) -> f64 {
    let info = worker.media_info(film);
    let mut order = crate::process::order(film, &[Spec::Bandwidth]);
    order.media_info = Some(Box::new(info.clone()));
    let (summary, curve, bytes_read) = made(worker.perform(film, &order));
    let (seconds, key_frames) = expected(film, &info);
    let name = film.display();
    let told: BTreeMap<_, _> =
        curve.streams.iter().map(|stream| (stream.index, stream.bytes.clone())).collect();
    assert_eq!(told.keys().collect::<Vec<_>>(), seconds.keys().collect::<Vec<_>>(), "{name}");
    for (stream, bytes) in &told {
        assert_eq!(bytes, &seconds[stream], "stream {stream} of {name}");
    }
    let times: Vec<_> = curve.key_frames.iter().map(|key_frame| key_frame.time_us).collect();
    let near = times.len() == key_frames.len()
        && times.iter().zip(&key_frames).all(|(one, other)| (one - other).abs() <= 1);
    assert!(near, "{name}: {times:?} instead of {key_frames:?}");
    assert_eq!(summary.told_by, told_by, "{name}");
    assert_eq!(summary.total.bytes, seconds.values().flatten().sum::<u64>());
    assert_eq!(summary.key_frames as usize, key_frames.len());
    assert!(summary.damaged.is_empty(), "{name}: {:?}", summary.damaged);
    bytes_read as f64 / std::fs::metadata(film).unwrap().len() as f64
}

/// A film stream-copied into another container, or with other options.
fn copied(of: &Path, name: &str, options: &str) -> PathBuf {
    other(name, &format!("-i {} -map 0 -c copy {options}", of.display()))
}

#[test]
fn mp4_and_matroska_are_told_by_their_headers_as_ffprobe_tells_them() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let films = [
        mkv.clone(),
        copied(&mkv, "bandwidth.mp4", ""),
        copied(&mkv, "bandwidth.mov", ""),
        copied(&mkv, "bandwidth-start.mp4", "-movflags +faststart"),
        copied(&mkv, "bandwidth-plain.mp4", "-use_editlist 0"),
        copied(&mkv, "bandwidth-fragments.mp4", "-movflags +frag_keyframe+empty_moov+default_base_moof"),
        copied(&mkv, "bandwidth-dash.mp4", "-movflags +dash+frag_keyframe -frag_duration 1500000"),
        copied(&mkv, "bandwidth-delayed.mp4", "-output_ts_offset 3.3"),
        copied(&mkv, "bandwidth-delayed.mkv", "-output_ts_offset 3.3"),
        copied(&mkv, "bandwidth-live.mkv", "-live 1"),
        copied(&mkv, "bandwidth-clusters.mkv", "-cluster_time_limit 300"),
        other("bandwidth-from-the-middle.mp4", &format!("-ss 7.3 -i {} -map 0 -c copy", mkv.display())),
        other("bandwidth-middle-and-end.mp4", &format!("-ss 7.3 -t 9.1 -i {} -map 0 -c copy", mkv.display())),
        film_with_sound(
            "bandwidth.webm",
            "-c:v libvpx -deadline realtime -cpu-used 8 -g 24 -b:v 300k -c:a libopus",
        ),
        film_with_sound("bandwidth-pcm.mov", "-c:v mpeg4 -g 12 -c:a pcm_s16le"),
        film_with_sound(
            "bandwidth-hevc.mp4",
            "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=24:open-gop=1 -c:a ac3",
        ),
        film("bandwidth-every.mkv", "-c:v mjpeg -q:v 20"),
        other("bandwidth.m4a", "-f lavfi -i sine=d=25 -c:a aac"),
        other("bandwidth.mka", "-f lavfi -i sine=d=25 -c:a flac"),
    ];
    for film in &films {
        check(&worker, film, ToldBy::Headers);
    }
}

#[test]
fn other_containers_are_told_by_their_packets_as_ffprobe_tells_them() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let mpeg2 = film_with_sound("bandwidth-mpeg2.ts", "-c:v mpeg2video -g 12 -bf 2 -c:a mp2");
    let films = [
        copied(&mkv, "bandwidth.ts", ""),
        film_with_sound(
            "bandwidth-ac3.m2ts",
            "-c:v libx264 -preset ultrafast -g 24 -pix_fmt yuv420p -c:a ac3",
        ),
        copied(&mkv, "bandwidth.flv", ""),
        copied(&mpeg2, "bandwidth.mpg", "-f vob"),
        mpeg2,
        film_with_sound("bandwidth.avi", "-c:v mpeg4 -g 12 -c:a mp3"),
        film_with_sound("bandwidth.wmv", "-c:v wmv2 -g 12 -c:a wmav2"),
        film_with_sound("bandwidth.ogv", "-c:v libtheora -g 12 -c:a libvorbis"),
        other("bandwidth.mp3", "-f lavfi -i sine=d=25 -c:a mp3"),
        other("bandwidth.flac", "-f lavfi -i sine=d=25 -c:a flac"),
    ];
    for film in &films {
        check(&worker, film, ToldBy::Packets);
    }
}

#[test]
fn the_payload_of_a_real_film_is_not_read() {
    let worker = Worker::start();
    let coding = "-f lavfi -i testsrc2=s=640x360:r=24:d=20 -f lavfi -i sine=d=20 -c:v libx264 -preset \
                  ultrafast -b:v 8M -minrate 8M -maxrate 8M -bufsize 8M -nal-hrd cbr -pix_fmt yuv420p -c:a \
                  aac";
    let mkv = other("bandwidth-large.mkv", coding);
    for film in [
        mkv.clone(),
        copied(&mkv, "bandwidth-large.mp4", ""),
        copied(&mkv, "bandwidth-large-f.mp4", "-movflags +frag_keyframe"),
    ] {
        let part = check(&worker, &film, ToldBy::Headers);
        assert!(part < 0.35, "{part:.2} of {} were read", film.display());
    }
}

#[test]
fn a_file_that_is_cut_off_is_a_failure_of_its_content_that_says_where() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let films = [
        mkv.clone(),
        copied(&mkv, "bandwidth-start.mp4", "-movflags +faststart"),
        copied(&mkv, "bandwidth.ts", ""),
        film_with_sound("bandwidth.avi", "-c:v mpeg4 -g 12 -c:a mp3"),
    ];
    for film in films {
        let cut = cut(&film, 50);
        let mut order = crate::process::order(&cut, &[Spec::Bandwidth]);
        order.media_info = Some(Box::new(worker.media_info(&film)));
        let failure = worker.perform(&cut, &order).failure();
        assert_eq!(failure.class, FailureClass::Content, "{}", film.display());
        assert!(failure.sentence.ends_with("it is cut off."), "{}: {}", film.display(), failure.sentence);
    }
}

#[test]
fn previews_and_bandwidth_of_one_unit_are_those_that_each_has_alone() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let ts = copied(&mkv, "bandwidth.ts", "");
    let flv = copied(&mkv, "bandwidth.flv", "");
    for film in [mkv, ts, flv] {
        let alone = made(worker.make(&film, &[Spec::Bandwidth]));
        let both = worker.make(&film, &[BIF, Spec::Bandwidth]);
        let Outcome { mut answers, mut outputs, .. } = both;
        assert_eq!(of(answers.remove(1), &mut outputs[1]), (alone.0, alone.1), "{}", film.display());
        let pictures = |mut outcome: Outcome| {
            let mut bytes = Vec::new();
            outcome.outputs[0].seek(SeekFrom::Start(0)).unwrap();
            std::io::Read::read_to_end(&mut outcome.outputs[0], &mut bytes).unwrap();
            bytes
        };
        let together = pictures(worker.make(&film, &[BIF, Spec::Bandwidth]));
        assert!(
            !together.is_empty() && together == pictures(worker.make(&film, &[BIF])),
            "{}",
            film.display()
        );
    }
}

#[test]
fn bandwidth_does_not_fail_with_the_pictures() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let mut order = crate::process::order(&mkv, &[BIF, Spec::Bandwidth]);
    order.limits.max_pixels = 1_000;
    order.media_info = Some(Box::new(worker.media_info(&mkv)));
    let answers = worker.perform(&mkv, &order).answers;
    assert!(matches!(answers[0], Some(Err(_))), "{:?}", answers[0]);
    assert!(matches!(answers[1], Some(Ok((Value::Bandwidth(_), Some(_))))), "{:?}", answers[1]);
}

#[test]
fn a_picture_has_no_bandwidth() {
    let worker = Worker::start();
    let photo = other("bandwidth.jpg", "-f lavfi -i testsrc2=s=64x64 -frames:v 1");
    let outcome = worker.make(&photo, &[Spec::Bandwidth]);
    assert!(
        matches!(&outcome.answers[0], Some(Ok((Value::Nothing { .. }, None)))),
        "{:?}",
        outcome.answers[0]
    );
}

#[test]
fn damage_of_a_stream_that_is_read_through_is_noted() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let ts = copied(&mkv, "bandwidth.ts", "");
    let mut content = std::fs::read(&ts).unwrap();
    let hole = content.len() / 2;
    content[hole..hole + 188 * 40].copy_from_slice(&noise(188 * 40));
    let (summary, ..) = made(worker.make(&bytes("bandwidth-hole.ts", &content), &[Spec::Bandwidth]));
    assert!(!summary.damaged.is_empty() && summary.damaged.len() < 5, "{:?}", summary.damaged);
    let first = summary.damaged[0];
    assert!((5_000..20_000).contains(&first.start_ms), "{first:?}");
}

#[test]
fn flips_in_small_films_end_as_a_product_or_a_failure_of_content() {
    let worker = Worker::start();
    let mkv = other(
        "bandwidth-small.mkv",
        "-f lavfi -i testsrc2=s=64x36:r=12:d=3 -f lavfi -i sine=d=3 -c:v libx264 -preset ultrafast -c:a aac",
    );
    let films = [
        copied(&mkv, "bandwidth-small.mp4", "-movflags +faststart"),
        copied(&mkv, "bandwidth-small-f.mp4", "-movflags +frag_keyframe+empty_moov"),
        mkv,
    ];
    let folder = butler_fixtures::tempdir().unwrap();
    let place = &folder.path().join("damaged");
    let mut random = noise(4_000).into_iter();
    for film in films {
        let sound = std::fs::read(&film).unwrap();
        let info = worker.media_info(&film);
        for _ in 0..60 {
            let mut content = sound.clone();
            for _ in 0..6 {
                // Mostly in the head, where the tables are.
                let at = usize::from(random.next().unwrap()) << 8 | usize::from(random.next().unwrap());
                let length = content.len();
                content[at % length.min(8_192)] = random.next().unwrap_or(7);
            }
            std::fs::write(place, &content).unwrap();
            let mut order = crate::process::order(place, &[Spec::Bandwidth]);
            order.media_info = Some(Box::new(info.clone()));
            match &worker.perform(place, &order).answers[0] {
                Some(Ok((Value::Bandwidth(_), Some(_)))) => {}
                Some(Err(failure)) => {
                    assert_eq!(failure.class, FailureClass::Content, "{}", failure.sentence)
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn streams_beside_video_and_sound_keep_their_numbers() {
    let worker = Worker::start();
    let mkv = film_with_sound("bandwidth.mkv", H264);
    let subtitles = bytes(
        "bandwidth.srt",
        b"1\n00:00:01,000 --> 00:00:03,000\nGuten Tag\n\n2\n00:00:05,000 --> 00:00:06,000\nJa\n",
    );
    let cover = other("bandwidth-cover.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1");
    let inputs = format!("-i {} -i {} -i {}", mkv.display(), subtitles.display(), cover.display());
    let in_order = "-map 0:v -map 1 -map 0:a -map 2 -c copy -disposition:v:1 attached_pic";
    let films = [
        other(
            "bandwidth-many.mkv",
            &format!(
                "{inputs} -map 0:v -map 1 -map 0:a -c copy -attach {} -metadata:s:t mimetype=image/png",
                cover.display()
            ),
        ),
        other("bandwidth-many.mp4", &format!("{inputs} {in_order} -c:s mov_text")),
    ];
    for film in &films {
        check(&worker, film, ToldBy::Headers);
    }
}
