//! Loudness of real encodings against `ffmpeg -af ebur128=peak=true`, an album against the gate over its
//! concatenation, and what becomes of sounds that are damaged, alien or wanted no more.

use std::fs;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use butler_product::album_loudness::AlbumLoudness;
use butler_product::loudness::{Levels, Loudness, NOTHING};
use butler_product::message::{FromWorker, ToWorker};
use butler_product::{FailureClass, Spec, Value};

use crate::films::{bytes, cut, other};
use crate::process::{BIF, Outcome, Worker, order};

/// Noise and tones that swell and fade, different on each side.
const MUSIC: &str = "-f lavfi -i anoisesrc=c=pink:d=24:a=0.5:seed=3,volume=0.55+0.45*sin(t*0.9):eval=frame \
                     -f lavfi -i aevalsrc=0.3*sin(880*t)*(0.6+0.4*sin(t*0.7))+0.2*sin(5000*t):d=24 \
                     -filter_complex [0][1]amerge";

/// Six channels, each as loud as it should not be by accident.
const SURROUND: &str = "-f lavfi -i aevalsrc=0.1*sin(2000*t)|0.15*sin(2500*t)|0.2*sin(1500*t)|\
                        0.5*sin(300*t)|0.25*sin(3000*t)|0.3*sin(3500*t):d=20:c=5.1(side):s=48000";

/// The product of the only want.
fn made(outcome: Outcome) -> (Loudness, Levels) {
    let Outcome { mut answers, mut outputs, .. } = outcome;
    let answer = answers.remove(0);
    let Some(Ok((Value::Loudness(loudness), Some(bytes)))) = answer else { panic!("{answer:?}") };
    (*loudness, levels(&mut outputs[0], bytes))
}

fn levels(output: &mut File, bytes: u64) -> Levels {
    assert_eq!(output.metadata().unwrap().len(), bytes);
    output.seek(SeekFrom::Start(0)).unwrap();
    Levels::read(output).unwrap()
}

fn of(file: &Path) -> (Loudness, Levels) {
    made(Worker::start().make(file, &[Spec::Loudness]))
}

/// Integrated loudness, range and true peak by ffmpeg.
fn judged(file: &Path) -> (f64, f64, f64) {
    let mut command = butler_fixtures::command("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-i"]).arg(file);
    command.args("-vn -af ebur128=peak=true:framelog=verbose -f null -".split_whitespace());
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    let summary = words.rsplit_once("Summary:").expect("a summary").1.to_owned();
    let number = |label: &str| {
        let behind = summary.split_once(label).unwrap_or_else(|| panic!("no {label} in {summary}")).1;
        behind.split_whitespace().next().unwrap().parse::<f64>().unwrap()
    };
    (number("I:"), number("LRA:"), number("Peak:"))
}

#[test]
fn encodings_of_all_kinds_are_as_loud_as_ffmpeg_says() {
    for (name, input, coding) in [
        ("aac.m4a", MUSIC, "-c:a aac -b:a 128k"),
        ("mp3.mp3", MUSIC, "-c:a libmp3lame -b:a 128k"),
        ("opus.opus", MUSIC, "-c:a libopus -b:a 96k -ar 48000"),
        ("vorbis.ogg", MUSIC, "-c:a libvorbis"),
        ("flac.flac", MUSIC, "-c:a flac"),
        ("flac24.flac", MUSIC, "-c:a flac -sample_fmt s32 -ar 96000"),
        ("pcm.wav", MUSIC, "-c:a pcm_s16le"),
        ("float.wav", MUSIC, "-c:a pcm_f32le -ar 48000"),
        ("low.wav", MUSIC, "-c:a pcm_s16le -ar 22050"),
        ("mono.flac", MUSIC, "-c:a flac -ac 1"),
        ("ac3.mka", SURROUND, "-c:a ac3 -b:a 448k"),
        ("eac3.mka", SURROUND, "-c:a eac3 -b:a 448k"),
        ("surround.flac", SURROUND, "-c:a flac"),
        ("loud.flac", MUSIC, "-af volume=6dB -c:a flac"),
    ] {
        // A filter of its own goes into the graph that is there already.
        let (input, coding) = match coding.strip_prefix("-af ") {
            Some(rest) => {
                let (filter, rest) = rest.split_once(' ').unwrap();
                (format!("{input},{filter}"), rest)
            }
            None => (input.to_owned(), coding),
        };
        let file = other(&format!("loudness-{name}"), &format!("{input} {coding}"));
        let (loudness, levels) = of(&file);
        let (integrated, range, peak) = judged(&file);
        let [stream] = &loudness.streams[..] else { panic!("{name}: {loudness:?}") };
        println!("{name}: {stream:?}, by ffmpeg {integrated} LUFS, {range} LU, {peak} dBTP");
        let near = |found: Option<f64>, expect: f64, within: f64| (found.unwrap() - expect).abs() <= within;
        // ffmpeg prints a decimal.
        assert!(
            near(stream.integrated, integrated, 0.1),
            "{name}: {:?}, not {integrated}",
            stream.integrated
        );
        assert!(near(stream.range, range, 0.3), "{name}: {:?}, not {range}", stream.range);
        assert!(near(stream.true_peak, peak, 0.3), "{name}: {:?}, not {peak}", stream.true_peak);
        let seconds = levels.streams[0].steps.len() as f64 / 10.0;
        let lasts = if input.starts_with(SURROUND) { 20.0 } else { 24.0 };
        assert!((seconds - lasts).abs() <= 0.2, "{name}: {seconds} s");
    }
}

#[test]
fn an_album_is_as_loud_as_its_tracks_one_after_the_other() {
    let track = |number: usize, sound: &str| {
        other(&format!("album-{number}.flac"), &format!("-f lavfi -i {sound} -c:a flac"))
    };
    let tracks = [
        track(1, "anoisesrc=c=pink:d=20:a=0.4:seed=1:r=44100"),
        track(2, "aevalsrc=0.05*sin(2000*t)*(1+sin(t)):d=30:s=44100"),
        track(3, "anoisesrc=c=brown:d=12:a=0.9:seed=2:r=44100"),
    ];
    let inputs: String = tracks.iter().map(|path| format!("-i {} ", path.display())).collect();
    let whole = other("album.flac", &format!("{inputs} -filter_complex concat=n=3:v=0:a=1 -c:a flac"));
    let worker = Worker::start();
    let of = |path: &PathBuf| made(worker.make(path, &[Spec::Loudness])).0;
    let measured: Vec<Loudness> = tracks.iter().map(of).collect();
    let album = AlbumLoudness::of(measured.iter().map(Some)).unwrap();
    let (by_us, by_ffmpeg) = (of(&whole), judged(&whole));
    let integrated = album.integrated.unwrap();
    println!("{album:?}, as one {:?}, by ffmpeg {by_ffmpeg:?}", by_us.streams[0].integrated);
    assert!((integrated - by_us.streams[0].integrated.unwrap()).abs() <= 0.05);
    assert!((integrated - by_ffmpeg.0).abs() <= 0.1);
    assert!((album.true_peak.unwrap() - by_ffmpeg.2).abs() <= 0.3);
    let mean = measured.iter().map(|track| track.streams[0].integrated.unwrap()).sum::<f64>() / 3.0;
    assert!((integrated - mean).abs() > 1.0, "which an average would not be: {mean}");
}

#[test]
fn each_sound_of_a_film_is_measured_and_the_default_one_is_what_is_played() {
    let film = other(
        "loudness-two.mkv",
        "-f lavfi -i testsrc2=s=64x36:r=5:d=8 -f lavfi -i sine=f=1000:d=8,volume=0.5 -f lavfi -i \
         sine=f=1000:d=8,volume=0.05 -map 0 -map 1 -map 2 -c:v mpeg4 -c:a flac -disposition:a:0 0 \
         -disposition:a:1 default",
    );
    let (loudness, levels) = of(&film);
    assert_eq!(loudness.streams.iter().map(|stream| stream.index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((loudness.played, loudness.unheard.len(), levels.streams.len()), (2, 0, 2));
    let louder = loudness.streams[0].integrated.unwrap() - loudness.streams[1].integrated.unwrap();
    assert!((louder - 20.0).abs() < 0.1, "{louder}");
}

#[test]
fn silence_and_a_moment_have_a_value_without_loudness() {
    let silent = other("loudness-silent.flac", "-f lavfi -i anullsrc -t 5 -c:a flac");
    let (loudness, levels) = of(&silent);
    let stream = &loudness.streams[0];
    assert_eq!((stream.integrated, stream.gain, stream.true_peak, stream.peak), (None, None, None, 0.0));
    assert!(levels.streams[0].steps.iter().all(|step| *step == NOTHING));
    let moment = other("loudness-moment.wav", "-f lavfi -i sine=d=0.2 -c:a pcm_s16le");
    assert_eq!(of(&moment).0.streams[0].integrated, None);
}

#[test]
fn a_film_without_sound_has_nothing_there() {
    let film = other("loudness-none.mkv", "-f lavfi -i testsrc2=s=64x36:r=5:d=3 -c:v mpeg4");
    let answer = Worker::start().make(&film, &[Spec::Loudness]).answers.remove(0);
    let Some(Ok((Value::Nothing { why }, None))) = answer else { panic!("{answer:?}") };
    assert_eq!(why, "The file has no sound.");
}

/// A film whose sound is damaged all over; its pictures are as they were.
fn scratched() -> PathBuf {
    let film = other(
        "loudness-whole.mkv",
        "-f lavfi -i testsrc2=s=64x36:r=5:d=20 -f lavfi -i anoisesrc=d=20:a=0.2 -map 0 -map 1 -c:v mpeg4 -g 5 \
         -c:a flac",
    );
    let mut content = fs::read(film).unwrap();
    for at in 5_000..content.len() - 5_000 {
        // A frame of FLAC begins so; what follows no longer fits its checksum.
        if content[at] == 0xFF && content[at + 1] == 0xF8 {
            content[at + 6..at + 60].fill(0x55);
        }
    }
    bytes("loudness-scratched.mkv", &content)
}

#[test]
fn sound_that_is_damaged_fails_alone_and_previews_of_the_same_film_are_made() {
    let mut outcome = Worker::start().make(&scratched(), &[BIF, Spec::Loudness]);
    assert!(matches!(outcome.answers[0], Some(Ok((Value::Bif(_), Some(_))))), "{:?}", outcome.answers[0]);
    let Some(Some(Err(failure))) = outcome.answers.pop() else { panic!("loudness was made") };
    assert!(failure.sentence.starts_with("The file's sound "), "{failure:?}");
    assert_eq!(failure.class, FailureClass::Content);
}

#[test]
fn a_sound_that_nobody_decodes_leaves_the_other_one_measured() {
    let film = other(
        "loudness-alien.mkv",
        "-f lavfi -i sine=d=8 -f lavfi -i sine=d=8:r=44100 -map 0 -map 1 -c:a:0 flac -c:a:1 adpcm_yamaha \
         -ac:a:1 1",
    );
    let (loudness, levels) = of(&film);
    assert_eq!((loudness.streams.len(), levels.streams.len()), (1, 1));
    assert_eq!(loudness.unheard.iter().map(|unheard| unheard.index).collect::<Vec<_>>(), [1]);
    assert!(loudness.unheard[0].why.contains("adpcm_yamaha"), "{:?}", loudness.unheard);
}

#[test]
fn sound_that_is_cut_off_is_a_failure_that_says_so() {
    let whole = other("loudness-long.mkv", "-f lavfi -i anoisesrc=d=20:a=0.2 -c:a flac");
    let answer = Worker::start().make(&cut(&whole, 50), &[Spec::Loudness]).answers.remove(0);
    let Some(Err(failure)) = answer else { panic!("{answer:?}") };
    assert!(failure.sentence.starts_with("The file ends after "), "{failure:?}");
}

#[test]
fn sound_that_nobody_wants_any_more_ends_without_an_answer() {
    let part = other("loudness-part.opus", "-f lavfi -i sine=d=60:r=48000 -ac 2 -c:a libopus -b:a 16k");
    let hours = other("loudness-hours.mka", &format!("-stream_loop 179 -i {} -c copy", part.display()));
    let worker = Worker::start();
    worker.order(&hours, &order(&hours, &[Spec::Loudness]));
    let FromWorker::Progress { unit: 7, .. } = worker.hear().unwrap() else { panic!("no progress") };
    worker.say(&ToWorker::Drop { unit: 7, want: 0 });
    loop {
        match worker.hear().unwrap() {
            FromWorker::UnitEnded { unit: 7, bytes_read } => {
                assert!(bytes_read < fs::metadata(&hours).unwrap().len(), "it was read to its end");
                break;
            }
            FromWorker::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    made(worker.make(&part, &[Spec::Loudness]));
}

#[test]
fn loudness_is_the_same_whoever_else_reads() {
    let film = other(
        "loudness-beside.mkv",
        "-f lavfi -i testsrc2=s=64x36:r=24:d=12 -f lavfi -i anoisesrc=d=12:a=0.2 -map 0 -map 1 -c:v mpeg4 -g 24 \
         -c:a mp2",
    );
    let (alone, course) = of(&film);
    let mut outcome = Worker::start().make(&film, &[Spec::Loudness, BIF, Spec::Bandwidth]);
    let Some(Ok((Value::Loudness(beside), Some(bytes)))) = outcome.answers.remove(0) else { panic!() };
    assert_eq!((&*beside, levels(&mut outcome.outputs[0], bytes)), (&alone, course));
}
