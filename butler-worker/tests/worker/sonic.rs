//! What sounds alike lies near: pieces of four kinds of music and a talk, and one piece in many codings.

use std::path::{Path, PathBuf};

use butler_fixtures::{Bed, Piece, Talk};
use butler_product::sonic::Sonic;
use butler_product::{Spec, Value};

use crate::films::{once, other};
use crate::process::{Outcome, Worker};

fn piece(kind: Piece, seed: u32, seconds: u32, coding: &str) -> PathBuf {
    let (extension, arguments) = coding.split_once(' ').unwrap_or((coding, ""));
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let recipe = format!("{kind:?} {seed} {seconds} {coding}, as of its second form");
    let name = format!("{kind:?}-{seed}.{extension}");
    once(&name, recipe.as_bytes(), |path| kind.make(path, seed, seconds, &[], &arguments).unwrap())
}

fn answer(outcome: Outcome) -> Value {
    let answer = { outcome }.answers.remove(0);
    let Some(Ok((value, None))) = answer else { panic!("{answer:?}") };
    value
}

fn sonic(worker: &Worker, file: &Path) -> Sonic {
    answer(worker.make(file, &[Spec::Sonic])).take().unwrap()
}

#[test]
fn each_piece_is_nearer_to_those_of_its_kind_than_to_any_other() {
    let worker = Worker::start();
    let mut pieces: Vec<(String, Sonic)> = Vec::new();
    for kind in Piece::ALL {
        for seed in 1..=3 {
            pieces.push((format!("{kind:?}"), sonic(&worker, &piece(kind, seed, 20, "flac"))));
        }
    }
    let talk = |bed: Bed| {
        let name = format!("sonic-talk-{bed:?}.wav");
        once(&name, name.as_bytes(), |path| drop(Talk::write(path, bed, Some(30.0)).unwrap()))
    };
    for bed in [Bed::Silence, Bed::Music] {
        pieces.push(("Talk".into(), sonic(&worker, &talk(bed))));
    }
    for (kind, own) in &pieces {
        let to = |(_, other): &&(String, Sonic)| own.point().distance(&other.point());
        let (same, others): (Vec<_>, Vec<_>) =
            pieces.iter().filter(|(_, other)| other != own).partition(|(other, _)| other == kind);
        let farthest = same.iter().map(to).fold(0.0, f32::max);
        let nearest = others.iter().map(to).fold(1.0, f32::min);
        println!("{kind}: its own are at most {farthest:.3} away, others at least {nearest:.3}");
        assert!(farthest < nearest, "{kind}: {farthest} {nearest}");
    }
}

#[test]
fn one_piece_sounds_the_same_whatever_it_is_coded_in() {
    let worker = Worker::start();
    let whole = sonic(&worker, &piece(Piece::Strings, 1, 20, "flac"));
    let far = sonic(&worker, &piece(Piece::Drums, 1, 20, "flac")).point().distance(&whole.point());
    for (coding, at_most) in [
        ("mp3 -b:a 192k", 0.04),
        ("ogg -c:a libvorbis", 0.04),
        ("opus -c:a libopus -b:a 96k", 0.04),
        ("m4a -c:a aac -b:a 128k", 0.04),
        ("flac -ac 2", 0.04),
        ("flac -ac 6", 0.1),
        ("flac -ar 192000", 0.04),
        ("wav -ar 8000", 0.2),
        ("wav -c:a pcm_f64le", 0.002),
    ] {
        let coded = sonic(&worker, &piece(Piece::Strings, 1, 20, coding));
        let distance = coded.point().distance(&whole.point());
        println!("{coding}: {distance:.4} away from the FLAC; drums are {far:.4}");
        assert!(distance <= at_most && distance < far / 2.0, "{coding}: {distance}");
    }
}

#[test]
fn a_second_is_heard_and_silence_and_less_than_a_moment_are_nothing() {
    let worker = Worker::start();
    assert_eq!(sonic(&worker, &piece(Piece::Bells, 1, 1, "flac")).heard_ms, 1_000);
    let nothing = |name: &str, arguments: &str| {
        let value = answer(worker.make(&other(name, arguments), &[Spec::Sonic]));
        let Value::Nothing { why } = value else { panic!("{value:?}") };
        why
    };
    let silent = nothing("sonic-silence.flac", "-f lavfi -i anullsrc=r=44100:cl=stereo -t 5 -c:a flac");
    assert_eq!(silent, "The track is silent.");
    let moment = nothing("sonic-moment.flac", "-f lavfi -i sine=f=440:r=44100:d=0.2 -c:a flac");
    assert_eq!(moment, "The track is too short to sound like another.");
    let none = nothing("sonic-none.mkv", "-f lavfi -i testsrc2=s=64x36:r=5:d=3 -c:v mpeg4");
    assert_eq!(none, "The file has no sound.");
}

#[test]
fn of_a_long_track_the_middle_is_heard_and_beside_its_loudness_it_is_the_same() {
    let worker = Worker::start();
    // Noise at both ends, strings for all of the middle: as if the strings were alone.
    let strings = piece(Piece::Strings, 1, 320, "flac");
    let ends = piece(Piece::Noise, 1, 60, "flac");
    let long = other(
        "sonic-long.flac",
        &format!(
            "-i {ends} -i {strings} -i {ends} -filter_complex [0][1][2]concat=n=3:v=0:a=1 -c:a flac",
            ends = ends.display(),
            strings = strings.display()
        ),
    );
    let middle = sonic(&worker, &long);
    assert_eq!((middle.from_ms, middle.heard_ms), (70_000, 300_000));
    let alone = sonic(&worker, &strings);
    assert!(alone.point().distance(&middle.point()) < 0.04);
    let outcome = worker.make(&long, &[Spec::Sonic, Spec::Loudness, Spec::Chroma]);
    assert!(outcome.answers.iter().all(|answer| matches!(answer, Some(Ok(_)))), "{:?}", outcome.answers);
    assert_eq!(answer(outcome).take::<Sonic>().unwrap(), middle);
}
