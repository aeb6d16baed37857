//! Sound of real files, made by ffmpeg, as makers get it.

use std::f32::consts::TAU;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use butler_product::message::Limits;
use butler_product::{Failure, ProductKind, Spec, Value};

use super::*;
use crate::ffi;
use crate::open::Media;
use crate::pass::{self, Fed, Feeds};
use crate::products::{self, Channels, Made, SoundForm, SoundWants, Start, media_info};
use crate::source::Source;

/// What a maker was fed.
#[derive(Debug, Default, Clone, PartialEq)]
struct Sounds {
    form: Option<SoundForm>,
    samples: Vec<f32>,
    /// When each piece began.
    times: Vec<i64>,
    gaps: Vec<(i64, i64)>,
}

struct Listener {
    wants: SoundWants,
    heard: Arc<Mutex<Sounds>>,
}

impl SoundMaker for Listener {
    fn wants(&self) -> Vec<SoundWants> {
        vec![self.wants]
    }

    fn begin(&mut self, stream: usize, form: &SoundForm) {
        assert_eq!(stream, self.wants.stream);
        assert_eq!(self.heard.lock().unwrap().form.replace(form.clone()), None, "it begins once");
    }

    fn samples(&mut self, _stream: usize, at: i64, samples: &[f32]) {
        let mut heard = self.heard.lock().unwrap();
        heard.times.push(at);
        heard.samples.extend(samples);
    }

    fn gap(&mut self, _stream: usize, from: i64, until: i64) {
        self.heard.lock().unwrap().gaps.push((from, until));
    }

    fn finish(self: Box<Self>, _unheard: Vec<Unheard>, _output: Option<File>) -> Result<Made, Failure> {
        Ok(Made { value: Value::Nothing { why: "It only listens.".to_owned() }, blob_bytes: None })
    }
}

fn wants(stream: usize, sample_rate: Option<u32>, channels: Channels) -> SoundWants {
    SoundWants { stream, sample_rate, channels }
}

/// A folder with files that ffmpeg makes.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(butler_fixtures::tempdir().unwrap())
    }

    fn make(&self, name: &str, arguments: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let mut command = butler_fixtures::command("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y"]).args(arguments.split_whitespace()).arg(&path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        path
    }

    fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// Reads a file for listeners who want this; gives what each heard, what became of it, and the bytes read.
fn listen(path: &Path, all: &[SoundWants]) -> (Vec<Sounds>, Vec<Result<(), Stop>>, u64) {
    let (heard, fed, bytes_read) = read(path, all, None);
    (heard, outcomes(fed.sound), bytes_read)
}

/// The same, with a maker of another product beside them; on several threads it is no different.
fn read(path: &Path, all: &[SoundWants], beside: Option<&Spec>) -> (Vec<Sounds>, Fed, u64) {
    let (heard, fed, bytes_read) = read_on(1, path, all, beside);
    let (on_several, fed_on_several, _) = read_on(3, path, all, beside);
    assert!(heard == on_several, "what is heard depends on the threads");
    assert_eq!(fed.pictures, fed_on_several.pictures);
    let ends = |fed: &Fed| fed.sound.iter().map(|heard| heard.0.clone()).collect::<Vec<_>>();
    assert_eq!(ends(&fed), ends(&fed_on_several));
    (heard, fed, bytes_read)
}

fn read_on(threads: u16, path: &Path, all: &[SoundWants], beside: Option<&Spec>) -> (Vec<Sounds>, Fed, u64) {
    ffi::silence();
    let size = fs::metadata(path).unwrap().len();
    let source = Arc::new(Source::new(File::open(path).unwrap(), size, Arc::default()).unwrap());
    let extension = path.extension().unwrap().to_string_lossy();
    let media = Media::open(Arc::clone(&source), &extension, Limits::default()).unwrap();
    let info = media_info::read(&media).unwrap();
    let heard: Vec<Arc<Mutex<Sounds>>> = all.iter().map(|_| Arc::default()).collect();
    let mut feeds = Feeds::default();
    match beside.map(|spec| products::start(spec, &info, Limits::default()).unwrap()) {
        Some(Start::Pictures(maker)) => feeds.pictures.push(Feed { want: all.len(), maker }),
        Some(_) => panic!("it is not made of pictures"),
        None => {}
    }
    for (want, (&wants, heard)) in all.iter().zip(&heard).enumerate() {
        let maker = Box::new(Listener { wants, heard: Arc::clone(heard) });
        feeds.sound.push(Feed { want, maker });
    }
    let fed = pass::run(&media, &info, &mut feeds, threads, &|_| true);
    let heard = heard.iter().map(|heard| heard.lock().unwrap().clone()).collect();
    (heard, fed, source.gauges.bytes_read.load(std::sync::atomic::Ordering::Relaxed))
}

/// What became of makers of one stream each.
fn outcomes(heard: Vec<Heard>) -> Vec<Result<(), Stop>> {
    heard.into_iter().map(|heard| heard.unheard().map(|unheard| assert_eq!(unheard, []))).collect()
}

/// How often a second the samples of one channel swing, by where they rise through zero.
fn pitch(samples: &[f32], rate: u32) -> f32 {
    let rises = samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    rises as f32 * rate as f32 / samples.len() as f32
}

fn channel(heard: &Sounds, channel: usize) -> Vec<f32> {
    let channels = heard.form.as_ref().unwrap().speakers.len();
    heard.samples.iter().skip(channel).step_by(channels).copied().collect()
}

/// A WAV of two channels, 44.1 kHz, 16 bits: a sine in the left one, nothing in the right one.
fn left_only(seconds: usize) -> Vec<u8> {
    let frames = 44_100 * seconds;
    let mut wav = Vec::from(*b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend(44_100u32.to_le_bytes());
    wav.extend((44_100u32 * 4).to_le_bytes());
    wav.extend([4, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend((frames as u32 * 4).to_le_bytes());
    for at in 0..frames {
        let sample = ((at as f32 * 441.0 / 44_100.0 * TAU).sin() * 16_384.0) as i16;
        wav.extend(sample.to_le_bytes());
        wav.extend([0, 0]);
    }
    let length = (wav.len() - 8) as u32;
    wav[4..8].copy_from_slice(&length.to_le_bytes());
    wav
}

#[test]
fn several_makers_share_one_decode_and_each_has_the_form_that_it_asks_for() {
    let folder = Folder::new();
    let file = folder.bytes("left.wav", &left_only(3));
    let own = wants(0, None, Channels::Own);
    let all = [own, wants(0, Some(16_000), Channels::Mono), wants(0, Some(48_000), Channels::Mono), own];
    let (heard, outcomes, bytes_read) = listen(&file, &all);
    assert_eq!(outcomes, vec![Ok(()); 4]);
    let size = fs::metadata(&file).unwrap().len();
    assert!(bytes_read < size * 2, "{bytes_read} of {size} bytes were read for four makers");
    let forms: Vec<_> = heard
        .iter()
        .map(|heard| heard.form.as_ref().map(|form| (form.speakers.len(), form.sample_rate)).unwrap())
        .collect();
    assert_eq!(forms, [(2, 44_100), (1, 16_000), (1, 48_000), (2, 44_100)]);
    for heard in &heard {
        let form = heard.form.as_ref().unwrap();
        let samples = channel(heard, 0);
        let seconds = samples.len() as f32 / form.sample_rate as f32;
        assert!((seconds - 3.0).abs() < 0.01, "{seconds} s");
        assert!((pitch(&samples, form.sample_rate) - 441.0).abs() < 2.0);
        assert_eq!((heard.times[0], &heard.gaps), (0, &Vec::new()));
        assert!(heard.times.is_sorted());
    }
    assert_eq!(heard[0], heard[3]);
    let loudest = |samples: &[f32]| samples.iter().fold(0.0, |most: f32, sample| most.max(sample.abs()));
    assert!((loudest(&channel(&heard[0], 0)) - 0.5).abs() < 0.001, "samples are -1 to 1");
    assert_eq!(loudest(&channel(&heard[0], 1)), 0.0, "channels are not mixed unless it is asked for");
    assert!(loudest(&heard[1].samples) > 0.2, "mixed");
}

#[test]
fn each_stream_is_heard_by_who_wants_it() {
    let folder = Folder::new();
    let film = folder.make(
        "two.mp4",
        "-f lavfi -i testsrc2=s=640x360:r=24:d=30 -f lavfi -i sine=f=300:d=30 -f lavfi -i sine=f=700:d=30 -map \
         0 -map 1 -map 2 -c:v libx264 -preset ultrafast -b:v 8M -g 24 -c:a aac",
    );
    let all = [1, 2].map(|stream| wants(stream, Some(16_000), Channels::Mono));
    let (heard, outcomes, _) = listen(&film, &all);
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    for (heard, expect) in heard.iter().zip([300.0, 700.0]) {
        assert!((pitch(&heard.samples, 16_000) - expect).abs() < 5.0);
        assert!((heard.samples.len() as f32 / 16_000.0 - 30.0).abs() < 0.1);
    }
}

#[test]
fn sound_that_becomes_another_midway_goes_on_in_the_form_that_it_began_with() {
    let folder = Folder::new();
    let piece = |name: &str, pitch: u32, form: &str| {
        fs::read(folder.make(name, &format!("-f lavfi -i sine=f={pitch}:d=2 {form} -c:a ac3"))).unwrap()
    };
    let first = piece("one.ac3", 400, "-ar 48000 -ac 2");
    let second = piece("two.ac3", 400, "-ar 32000 -ac 1");
    let joined = folder.bytes("joined.ac3", &[first, second].concat());
    let (heard, outcomes, _) = listen(&joined, &[wants(0, None, Channels::Own)]);
    assert_eq!(outcomes, [Ok(())]);
    let form = heard[0].form.as_ref().unwrap();
    assert_eq!((form.speakers.len(), form.sample_rate), (2, 48_000));
    let left = channel(&heard[0], 0);
    assert!((left.len() as f32 / 48_000.0 - 4.0).abs() < 0.2, "{} samples", left.len());
    for half in [&left[10_000..90_000], &left[100_000..180_000]] {
        assert!((pitch(half, 48_000) - 400.0).abs() < 5.0, "{}", pitch(half, 48_000));
    }
}

#[test]
fn a_gap_is_told_and_nothing_is_made_up() {
    let folder = Folder::new();
    let film =
        folder.make("gap.mkv", "-f lavfi -i sine=f=300:d=10 -af aselect=lt(t\\,3)+gte(t\\,7) -c:a pcm_s16le");
    let (heard, outcomes, _) = listen(&film, &[wants(0, Some(8_000), Channels::Mono)]);
    assert_eq!(outcomes, [Ok(())]);
    let [(from, until)] = heard[0].gaps[..] else { panic!("{:?}", heard[0].gaps) };
    assert!((from - 3_000_000).abs() < 100_000 && (until - 7_000_000).abs() < 100_000, "{from} to {until}");
    assert!((heard[0].samples.len() as f32 / 8_000.0 - 6.0).abs() < 0.2);
    assert!(heard[0].times.contains(&until), "the samples go on behind it");
}

#[test]
fn sound_that_ends_long_before_the_film_does_is_whole() {
    let folder = Folder::new();
    for name in ["short.mkv", "short.mp4"] {
        let film = folder.make(
            name,
            "-f lavfi -i testsrc2=s=64x36:r=5:d=20 -f lavfi -i sine=f=500:d=4 -map 0 -map 1 -c:v mpeg4 -c:a aac",
        );
        let (heard, outcomes, _) = listen(&film, &[wants(1, Some(16_000), Channels::Mono)]);
        assert_eq!(outcomes, [Ok(())], "{name}");
        assert!((heard[0].samples.len() as f32 / 16_000.0 - 4.0).abs() < 0.2, "{name}");
    }
}

#[test]
fn a_stream_that_is_no_sound_fails_alone() {
    let folder = Folder::new();
    let film = folder.make(
        "one.mkv",
        "-f lavfi -i testsrc2=s=64x36:r=5:d=3 -f lavfi -i sine=d=3 -map 0 -map 1 -c:v mpeg4 -c:a flac",
    );
    let all = [0, 1, 9].map(|stream| wants(stream, None, Channels::Own));
    let (heard, outcomes, _) = listen(&film, &all);
    assert!(outcomes[0].is_err() && outcomes[2].is_err());
    assert_eq!(outcomes[1], Ok(()));
    assert!(!heard[1].samples.is_empty());
}

#[test]
fn pictures_that_cannot_be_made_leave_the_sound_alone() {
    let folder = Folder::new();
    let bif = Spec::of(ProductKind::Bif);
    // The one is sought by its index, the other read through.
    for name in ["alien.avi", "alien.asf"] {
        let film = folder.make(
            name,
            "-f lavfi -i testsrc2=s=64x36:r=5:d=3 -f lavfi -i sine=f=500:d=3 -map 0 -map 1 -c:v zmbv -c:a mp2",
        );
        let (heard, fed, _) = read(&film, &[wants(1, Some(16_000), Channels::Mono)], Some(&bif));
        let Err(Stop::Failed(failure)) = fed.pictures else { panic!("{name}: {:?}", fed.pictures) };
        assert_eq!(failure.sentence, "Butler does not decode video of the kind `zmbv`.", "{name}");
        assert_eq!(outcomes(fed.sound), [Ok(())], "{name}");
        assert!((pitch(&heard[0].samples[8_000..40_000], 16_000) - 500.0).abs() < 5.0, "{name}");
    }
}

#[test]
fn sound_is_the_same_with_pictures_beside_it() {
    let folder = Folder::new();
    let bif = Spec::of(ProductKind::Bif);
    let wants = [wants(1, Some(16_000), Channels::Mono)];
    for (name, video) in [("film.ts", "mpeg2video"), ("film.mkv", "mpeg4"), ("film.avi", "mpeg4")] {
        let film = folder.make(
            name,
            &format!(
                "-f lavfi -i testsrc2=s=64x36:r=24:d=12 -f lavfi -i sine=f=500:d=12 -map 0 -map 1 -c:v {video} \
                 -g 24 -c:a mp2"
            ),
        );
        let (alone, ..) = read(&film, &wants, None);
        let (beside, fed, _) = read(&film, &wants, Some(&bif));
        assert_eq!((fed.pictures, outcomes(fed.sound)), (Ok(()), vec![Ok(())]), "{name}");
        assert!(alone == beside, "{name}");
    }
}

#[test]
fn sound_that_is_cut_off_or_damaged_all_over_says_so() {
    let folder = Folder::new();
    let whole = folder.make("whole.mkv", "-f lavfi -i anoisesrc=d=20:a=0.2 -c:a flac");
    let mut bytes = fs::read(&whole).unwrap();
    let cut = folder.bytes("cut.mkv", &bytes[..bytes.len() / 2]);
    let sentence = |path: &Path| match listen(path, &[wants(0, None, Channels::Own)]).1.remove(0) {
        Err(Stop::Failed(failure)) => failure.sentence,
        other => panic!("{other:?}"),
    };
    assert!(sentence(&cut).starts_with("The file ends after "), "{}", sentence(&cut));
    // Each frame of FLAC begins with these bits; what follows them no longer fits its checksum.
    for at in 5_000..bytes.len() - 5_000 {
        if bytes[at] == 0xFF && bytes[at + 1] == 0xF8 {
            bytes[at + 6..at + 400].fill(0x55);
        }
    }
    let scratched = sentence(&folder.bytes("scratched.mkv", &bytes));
    assert!(scratched.starts_with("The file's sound "), "{scratched}");
}
