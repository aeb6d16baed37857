//! Files that are not what their names say, or not whole: one clear sentence each, and the worker goes on.

use std::fs;
use std::path::Path;

use butler_product::message::{Limits, Order};
use butler_product::{FailureClass, Spec};

use crate::films;
use crate::process::{BIF, Worker, order};

const CODING: &str = "-c:v libx264 -preset ultrafast -g 24";

#[test]
fn each_stranger_fails_with_its_own_sentence_and_the_worker_goes_on() {
    let worker = Worker::start();
    let check = |film: &Path, sentence: &str| {
        for want in [Spec::MediaInfo, BIF] {
            let failure = worker.make(film, &[want]).failure();
            assert_eq!(
                (failure.class, &*failure.sentence),
                (FailureClass::Content, sentence),
                "{}",
                film.display()
            );
        }
    };
    check(&films::bytes("empty.mkv", b""), "The file is empty.");
    check(
        &films::bytes("text.mp4", "Dear diary,\n".repeat(500).as_bytes()),
        "This is not a media file: it holds plain text.",
    );
    for name in ["noise.mkv", "noise.mp4", "noise.ts", "noise.mp3"] {
        check(
            &films::bytes(name, &films::noise(2_000_000)),
            "This is not a media file of a kind Butler reads.",
        );
    }
    let without_contents = films::cut(&films::film("plain.mp4", CODING), 60);
    check(
        &without_contents,
        "The file's table of contents is missing or damaged; the file was cut off or never finished.",
    );
    worker.make(&films::film("h264.mkv", CODING), &[BIF]).bif();
}

#[test]
fn a_file_that_was_cut_off_fails_and_says_where() {
    let worker = Worker::start();
    for (name, coding, sentence) in [
        ("h264.mkv", CODING, "The file ends after 12 of 25 seconds; it is cut off."),
        ("front.mp4", &format!("{CODING} -movflags +faststart"), "of 25 seconds; it is cut off."),
        ("mpeg4.avi", "-c:v mpeg4 -g 24", "kB; it is cut off."),
    ] {
        let failure = worker.make(&films::cut(&films::film(name, coding), 50), &[BIF]).failure();
        assert_eq!(failure.class, FailureClass::Content, "{name}");
        assert!(
            failure.sentence.starts_with("The file ends after") && failure.sentence.ends_with(sentence),
            "{name}: {}",
            failure.sentence
        );
    }
}

#[test]
fn what_the_headers_keep_from_being_met_fails_with_the_same_words() {
    let outcome = Worker::start().make(&films::bytes("empty.mkv", b""), &[BIF, Spec::MediaInfo]);
    let failures: Vec<_> = outcome.answers.into_iter().map(|answer| answer.unwrap().unwrap_err()).collect();
    assert_eq!(failures[0], failures[1]);
}

/// A film with a key frame every second, and these of them overwritten.
fn with_damaged_key_frames(name: &str, damaged: std::ops::Range<usize>) -> std::path::PathBuf {
    let whole = films::film(
        "often.mkv",
        "-c:v libx264 -preset ultrafast -g 12 -keyint_min 12 -x264-params scenecut=0:aud=1",
    );
    let mut content = fs::read(whole).unwrap();
    // Each access unit begins with a delimiter, whose second byte says that only intra slices follow.
    let starts: Vec<_> =
        (0..content.len() - 6).filter(|&at| content[at..at + 6] == [0, 0, 0, 2, 9, 0x10]).collect();
    assert_eq!(starts.len(), 25);
    for &start in &starts[damaged] {
        content[start + 6..start + 1_500].fill(0xFF);
    }
    films::bytes(name, &content)
}

#[test]
fn a_few_damaged_key_frames_are_stood_in_for_by_their_neighbours() {
    let film = with_damaged_key_frames("scratched.mkv", 7..9);
    let want = Spec::Bif(butler_product::bif::Params::new(1_000, 320).unwrap());
    let (summary, pictures) = Worker::start().make(&film, &[want]).bif();
    assert_eq!(summary.pictures, 25);
    assert_eq!((&pictures[7], &pictures[8]), (&pictures[9], &pictures[9]));
    assert_ne!(pictures[6], pictures[7]);
}

#[test]
fn a_film_damaged_all_over_fails_and_says_where() {
    let film = with_damaged_key_frames("broken.mkv", 12..25);
    let want = Spec::Bif(butler_product::bif::Params::new(1_000, 320).unwrap());
    let failure = Worker::start().make(&film, &[want]).failure();
    assert_eq!(failure.sentence, "The video is damaged from 0:00:12 on: 13 of 25 pictures can't be decoded.");
}

#[test]
fn damage_anywhere_never_takes_the_worker_down() {
    let worker = Worker::start();
    for name in ["h264.mkv", "h264.mp4", "h264.ts", "mpeg4.avi"] {
        let coding = if name.ends_with("avi") { "-c:v mpeg4 -g 24" } else { CODING };
        let whole = fs::read(films::film(name, coding)).unwrap();
        let noise = films::noise(4_000);
        for case in 0..24 {
            let mut content = whole.clone();
            for spot in noise[case * 100..][..100].chunks(4) {
                let at = u32::from_le_bytes([spot[0], spot[1], spot[2], 0]) as usize;
                let place = if case % 2 == 0 { at % 2_000 } else { at % content.len() };
                content[place] = spot[3];
            }
            let film = films::bytes(&format!("{case}-{name}"), &content);
            worker.make(&film, &[Spec::MediaInfo, BIF]);
        }
    }
}

#[test]
fn a_picture_beyond_the_limit_is_refused_before_it_is_decoded() {
    let film = films::film("h264.mkv", CODING);
    let worker = Worker::start();
    let limits = Limits { max_pixels: 320 * 180 - 1, ..Limits::default() };
    let failure = worker.perform(&film, &Order { limits, ..order(&film, &[BIF]) }).failure();
    assert_eq!(failure.class, FailureClass::Content);
    assert!(failure.sentence.contains("320 x 180 pixels is larger than the limit"), "{}", failure.sentence);
}

#[test]
fn an_output_beyond_the_limit_is_refused() {
    let film = films::film("h264.mkv", CODING);
    let limits = Limits { max_output_bytes: 5_000, ..Limits::default() };
    let failure = Worker::start().perform(&film, &Order { limits, ..order(&film, &[BIF]) }).failure();
    assert_eq!(failure.class, FailureClass::Content);
}

#[test]
fn a_file_that_changed_since_it_was_opened_is_the_sources_failure() {
    let film = films::film("h264.mkv", CODING);
    let mut order = order(&film, &[BIF]);
    order.size_bytes += 1;
    assert_eq!(Worker::start().perform(&film, &order).failure().class, FailureClass::Source);
}

#[test]
fn what_the_system_refuses_to_read_is_the_sources_failure() {
    // A folder opens like a file, and answers each read with an error.
    let folder = films::film("h264.mkv", CODING).parent().unwrap().to_owned();
    let failure = Worker::start().make(&folder, &[BIF]).failure();
    assert_eq!(
        (failure.class, &*failure.sentence),
        (FailureClass::Source, "The file can't be read; the system says: Is a directory.")
    );
}
