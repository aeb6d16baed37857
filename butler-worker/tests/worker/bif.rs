//! Which pictures a BIF holds, and what they look like.

use butler_product::Spec;
use butler_product::bif::Params;
use butler_product::message::Order;

use crate::films;
use crate::process::{BIF, Worker, order};

fn every(interval_ms: u32) -> Spec {
    Spec::Bif(Params::new(interval_ms, 320).unwrap())
}

/// The seconds whose lightness the pictures have.
fn seconds(pictures: &[Vec<u8>]) -> Vec<u32> {
    // A film's 16 is a JPEG's 0, its 235 a JPEG's 255.
    pictures
        .iter()
        .map(|picture| (f64::from(films::lightness(picture)) * 219.0 / 255.0 / 6.0).round() as u32)
        .collect()
}

const CLOCKS: [(&str, &str); 6] = [
    ("clock.mkv", "-c:v libx264 -preset ultrafast -bf 2 -x264-params scenecut=0:keyint=999"),
    ("clock.mp4", "-c:v libx264 -preset ultrafast -bf 2 -x264-params scenecut=0:keyint=999"),
    ("clock.avi", "-c:v mpeg4 -g 999 -sc_threshold 1000000000 -q:v 2"),
    ("clock.ts", "-c:v libx264 -preset ultrafast -bf 2 -x264-params scenecut=0:keyint=999"),
    ("clock.mpg", "-c:v mpeg2video -r 25 -g 300 -sc_threshold 1000000000 -q:v 2"),
    ("late.mkv", "-c:v libx264 -preset ultrafast -x264-params scenecut=0:keyint=999 -output_ts_offset 100"),
];

#[test]
fn each_mark_has_the_nearest_key_frame_and_of_two_the_earlier() {
    let worker = Worker::start();
    for (name, coding) in CLOCKS {
        let film = films::clock(name, "0,8,12,17,23,28", coding);
        let (summary, pictures) = worker.make(&film, &[BIF]).bif();
        assert_eq!(summary.pictures, 3, "{name}");
        assert_eq!(seconds(&pictures), [0, 8, 17], "{name}");
    }
}

#[test]
fn a_step_shorter_than_the_key_frames_distance_takes_a_picture_again() {
    let worker = Worker::start();
    let film = films::clock("clock.mkv", "0,8,12,17,23,28", CLOCKS[0].1);
    let (_, pictures) = worker.make(&film, &[every(2_000)]).bif();
    assert_eq!(seconds(&pictures), [0, 0, 0, 8, 8, 8, 12, 12, 17, 17, 17, 23, 23, 28, 28]);
}

#[test]
fn the_bytes_depend_neither_on_threads_nor_on_what_is_known_before() {
    let worker = Worker::start();
    for name in ["clock.mkv", "clock.mp4", "clock.ts"] {
        let coding = CLOCKS.iter().find(|clock| clock.0 == name).unwrap().1;
        let film = films::clock(name, "0,8,12,17,23,28", coding);
        let base = order(&film, &[every(1_000)]);
        let info = Some(Box::new(worker.media_info(&film)));
        let (_, expect) = worker.perform(&film, &base).bif();
        for threads in [1, 5, 64] {
            let (_, pictures) =
                worker.perform(&film, &Order { threads, media_info: info.clone(), ..base.clone() }).bif();
            assert!(pictures == expect, "{name} on {threads} threads");
        }
    }
}

#[test]
fn two_wants_of_one_film_are_met_by_one_read() {
    let worker = Worker::start();
    let film = films::film("mpeg2.mpg", "-c:v mpeg2video -g 24");
    let one = worker.make(&film, &[BIF]);
    let both = worker.make(&film, &[every(5_000), BIF, Spec::MediaInfo]);
    assert!(both.answers.iter().all(|answer| matches!(answer, Some(Ok(_)))));
    assert_eq!(both.bytes_read, one.bytes_read);
}

#[test]
fn a_transport_stream_gives_the_same_pictures_however_it_is_read() {
    let worker = Worker::start();
    for (name, coding) in [
        CLOCKS[3],
        (
            "clock-hevc.ts",
            "-c:v libx265 -preset ultrafast -x265-params log-level=error:scenecut=0:keyint=999",
        ),
    ] {
        let film = films::clock(name, "0,8,12,17,23,28", coding);
        let (_, marked) = worker.make(&film, &[every(1_000)]).bif();
        let beside = worker.make(&film, &[every(1_000), Spec::Bandwidth]);
        assert!(matches!(beside.answers[1], Some(Ok(_))), "{name}");
        assert!(beside.bif().1 == marked, "{name}");
        let mut bytes = std::fs::read(&film).unwrap();
        // Without the marks of where a decoder may begin it has to be read through.
        for packet in bytes.chunks_exact_mut(188).filter(|packet| packet[3] & 0x20 != 0 && packet[4] > 0) {
            packet[5] &= !0x40;
        }
        let unmarked = films::bytes(&format!("unmarked-{name}"), &bytes);
        assert!(worker.make(&unmarked, &[every(1_000)]).bif().1 == marked, "{name}");
    }
}

#[test]
fn only_what_is_needed_is_read_of_an_indexed_film() {
    let worker = Worker::start();
    let film = films::other(
        "large.mkv",
        "-f lavfi -i testsrc2=s=640x360:r=24:d=60 -vf noise=alls=20:allf=t -c:v libx264 -preset ultrafast -g \
         48 -b:v 6M",
    );
    let mut order = order(&film, &[BIF]);
    order.media_info = Some(Box::new(worker.media_info(&film)));
    let outcome = worker.perform(&film, &order);
    assert!(
        outcome.bytes_read * 4 < order.size_bytes,
        "{} of {} bytes",
        outcome.bytes_read,
        order.size_bytes
    );
    assert_eq!(outcome.bif().0.pictures, 6);
}

#[test]
fn pictures_are_upright_with_square_pixels_and_never_wider_than_the_film() {
    let worker = Worker::start();
    let coding = "-c:v libx264 -preset ultrafast -g 24";
    let level = films::film("level.mp4", coding);
    let turned =
        films::other("turned.mp4", &format!("-i {} -c copy -metadata:s:v rotate=90", level.display()));
    let wide = films::film("wide.mkv", &format!("-vf scale=360:288,setsar=64/45 {coding}"));
    for (film, expect) in [(turned, (180, 320)), (wide, (320, 180))] {
        let (summary, _) = worker.make(&film, &[BIF]).bif();
        assert_eq!((summary.width, summary.height), expect, "{}", film.display());
    }
}
