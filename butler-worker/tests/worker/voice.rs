//! Speech is found by where it is and by where it is not: sentences of a synthesiser at known times, over
//! music and noise at several levels.

use std::io::{Seek, SeekFrom};
use std::path::PathBuf;

use butler_fixtures::{Bed, Talk};
use butler_product::voice::{Summary, Voice};
use butler_product::{Spec, Value};

use crate::films::{once, other};
use crate::process::{BIF, Outcome, Worker};

/// So near to a sentence's edges nothing counts, milliseconds.
const COLLAR_MS: u64 = 250;

fn made(outcome: Outcome) -> (Summary, Voice) {
    let Outcome { mut answers, mut outputs, .. } = outcome;
    let answer = answers.remove(0);
    let Some(Ok((Value::Voice(summary), Some(_)))) = answer else { panic!("{answer:?}") };
    outputs[0].seek(SeekFrom::Start(0)).unwrap();
    let voice = Voice::read(&outputs[0]).unwrap();
    assert_eq!(*summary, voice.summary(summary.stream));
    (*summary, voice)
}

fn talk(bed: Bed, below_db: Option<f64>) -> (PathBuf, Talk) {
    let name = format!("talk-{bed:?}-{below_db:?}.wav");
    let path = once(&name, name.as_bytes(), |path| drop(Talk::write(path, bed, below_db).unwrap()));
    let folder = butler_fixtures::tempdir().unwrap();
    let talk = Talk::write(&folder.path().join("again.wav"), bed, below_db).unwrap();
    (path, talk)
}

/// Precision and recall of hundredths of a second.
fn judged(voice: &Voice, talk: &Talk) -> (f64, f64) {
    let (mut right, mut wrong, mut missed) = (0.0, 0.0, 0.0);
    for at in (0..talk.lasts_ms).step_by(10) {
        let edges = talk.spoken.iter().flat_map(|(from, to)| [*from, *to]);
        if edges.into_iter().any(|edge| edge.abs_diff(at) < COLLAR_MS) {
            continue;
        }
        let is_spoken = talk.spoken.iter().any(|(from, to)| (*from..*to).contains(&at));
        let is_found = voice.segments.iter().any(|segment| (segment.start_ms..segment.end_ms).contains(&at));
        match (is_spoken, is_found) {
            (true, true) => right += 1.0,
            (true, false) => missed += 1.0,
            (false, true) => wrong += 1.0,
            (false, false) => {}
        }
    }
    (right / f64::max(right + wrong, 1.0), right / f64::max(right + missed, 1.0))
}

#[test]
fn speech_is_found_over_music_and_noise_at_several_levels() {
    let worker = Worker::start();
    let mut wrong = Vec::new();
    for (bed, below_db, precision, recall) in [
        (Bed::Silence, 60.0, 0.95, 0.95),
        (Bed::Music, 20.0, 0.95, 0.95),
        (Bed::Music, 10.0, 0.95, 0.95),
        (Bed::Music, 5.0, 0.9, 0.9),
        (Bed::Music, 0.0, 0.6, 0.8),
        (Bed::Noise, 20.0, 0.95, 0.95),
        (Bed::Noise, 10.0, 0.95, 0.95),
        (Bed::Noise, 5.0, 0.9, 0.9),
        (Bed::Noise, 0.0, 0.6, 0.8),
    ] {
        let (file, talk) = talk(bed, Some(below_db));
        let (summary, voice) = made(worker.make(&file, &[Spec::Voice]));
        let found = judged(&voice, &talk);
        println!(
            "{bed:?} {below_db} dB below: precision {:.3}, recall {:.3}, {} segments of {} sentences",
            found.0,
            found.1,
            summary.segments,
            talk.spoken.len()
        );
        if found.0 < precision || found.1 < recall {
            wrong.push((bed, below_db, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn silence_and_noise_are_no_speech() {
    let worker = Worker::start();
    // Chords that are held as loud as speech the model takes for it: of music alone it is only told.
    for (bed, at_most) in [(Bed::Silence, 0.0), (Bed::Noise, 0.05), (Bed::Music, f64::INFINITY)] {
        let (file, talk) = talk(bed, None);
        let (summary, _) = made(worker.make(&file, &[Spec::Voice]));
        let share = summary.speech_ms as f64 / talk.lasts_ms as f64;
        println!("{bed:?} alone: {share:.3} of it is taken for speech");
        assert!(share <= at_most, "{bed:?}: {summary:?}");
    }
}

#[test]
fn a_films_speech_is_the_same_with_pictures_and_loudness_beside_it() {
    let (sound, _) = talk(Bed::Music, Some(10.0));
    let film = other(
        "talk.mkv",
        &format!(
            "-f lavfi -i testsrc2=s=64x36:r=5:d=60 -i {} -map 0 -map 1 -c:v mpeg4 -g 25 -c:a aac",
            sound.display()
        ),
    );
    let worker = Worker::start();
    let (summary, voice) = made(worker.make(&film, &[Spec::Voice]));
    assert_eq!(summary.stream, 1);
    let (beside, same) = made(worker.make(&film, &[Spec::Voice, BIF, Spec::Loudness]));
    assert_eq!((summary, voice), (beside, same));
    let silent = other("voice-none.mkv", "-f lavfi -i testsrc2=s=64x36:r=5:d=3 -c:v mpeg4");
    let answer = worker.make(&silent, &[Spec::Voice]).answers.remove(0);
    assert!(matches!(answer, Some(Ok((Value::Nothing { .. }, None)))), "{answer:?}");
}
