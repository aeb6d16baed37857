//! Small real films and photos, made with the `ffmpeg` executable from a typed description.
//!
//! Never reads anything but what ffmpeg's own sources draw: the same description gives the same pictures
//! everywhere. A [`Studio`] keeps what it made, so that a film is encoded once however many tests want it.
//!
//! Start with [`Film::new`] and [`Studio::film`].

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::ffmpeg::{bit_exact, ffmpeg, run};
use crate::kept;
use crate::sound::{self, Sound};

/// Part of every kept file's name: raise it when a description is to give other bytes.
const EDITION: u32 = 1;

/// Frames a second of every film.
const FRAME_RATE: u32 = 24;

/// The seed of the intro that films share.
const INTRO_SEED: u32 = 4711;

/// How the pictures of a film are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// H.264, by x264.
    H264,
    /// H.265, by x265.
    Hevc,
    /// VP9, by libvpx.
    Vp9,
    /// AV1, by SVT-AV1.
    Av1,
    /// MPEG-2 video.
    Mpeg2,
    /// MPEG-4 part 2.
    Mpeg4,
}

impl Codec {
    /// Every one of them.
    pub const ALL: [Self; 6] = [Self::H264, Self::Hevc, Self::Vp9, Self::Av1, Self::Mpeg2, Self::Mpeg4];

    /// The encoder's arguments: fast before small.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::H264 => {
                &["-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-bf", "2", "-sc_threshold", "0"]
            }
            Self::Hevc => &["-c:v", "libx265", "-preset", "ultrafast", "-crf", "30", "-tag:v", "hvc1"],
            Self::Vp9 => &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "700k"],
            Self::Av1 => &["-c:v", "libsvtav1", "-preset", "12", "-crf", "45"],
            Self::Mpeg2 => &["-c:v", "mpeg2video", "-b:v", "2500k", "-sc_threshold", "1000000000"],
            Self::Mpeg4 => &["-c:v", "mpeg4", "-q:v", "6", "-sc_threshold", "1000000000"],
        }
    }

    /// The arguments that put a key frame every `gop` frames and nowhere else.
    fn key_frames(self, gop: u32) -> Vec<String> {
        let gop = gop.to_string();
        match self {
            Self::Hevc => {
                vec![
                    "-x265-params".into(),
                    format!("log-level=error:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:info=0"),
                ]
            }
            Self::H264 | Self::Vp9 => vec!["-g".into(), gop.clone(), "-keyint_min".into(), gop],
            Self::Av1 | Self::Mpeg2 | Self::Mpeg4 => vec!["-g".into(), gop],
        }
    }
}

/// The file format round the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Matroska.
    Mkv,
    /// MPEG-4.
    Mp4,
    /// QuickTime.
    Mov,
    /// WebM.
    Webm,
    /// MPEG transport stream.
    Ts,
    /// Audio Video Interleave.
    Avi,
}

impl Container {
    /// The file name's extension, without its dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mkv => "mkv",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Webm => "webm",
            Self::Ts => "ts",
            Self::Avi => "avi",
        }
    }
}

/// What a film or photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// A test card with running figures: no two seconds look alike.
    TestCard,
    /// Slowly turning colours.
    Gradients,
    /// A dive into the Mandelbrot set.
    Mandelbrot,
    /// Conway's game of life.
    Life,
    /// A rolling one-dimensional automaton.
    Automaton,
    /// A wander over Sierpinski's carpet.
    Carpet,
}

impl Picture {
    /// A filter graph's source of it. `seed` 0 to 100,000 makes it another one.
    fn source(self, width: u32, height: u32, seconds: u32, seed: u32) -> String {
        let frames = seconds * FRAME_RATE;
        match self {
            // The hue turns with the seed, so that two seeds never give the same picture.
            Self::TestCard => format!("testsrc2=s={width}x{height}:r={FRAME_RATE},hue=h={}", seed % 360),
            Self::Gradients => {
                format!("gradients=s={width}x{height}:r={FRAME_RATE}:n=4:speed=0.02:seed={}", seed + 1)
            }
            Self::Mandelbrot => {
                format!("mandelbrot=s={width}x{height}:r={FRAME_RATE}:end_scale=0.0005:end_pts={frames}")
            }
            Self::Life => format!(
                "life=s={}x{}:r=12:mold=10:ratio=0.25:life_color=#f0c040:death_color=#3050a0:mold_color=#101830:seed={},scale={width}:{height}:flags=neighbor,fps={FRAME_RATE}",
                width / 4,
                height / 4,
                seed + 1
            ),
            Self::Automaton => format!(
                "cellauto=s={}x{}:r={FRAME_RATE}:rule=110:seed={},scale={width}:{height}:flags=neighbor",
                width / 4,
                height / 4,
                seed + 1
            ),
            Self::Carpet => {
                format!("sierpinski=s={width}x{height}:r={FRAME_RATE}:type=carpet:jump=90:seed={}", seed + 1)
            }
        }
    }
}

/// A film's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    codec: Codec,
    container: Container,
    size: (u32, u32),
    seconds: u32,
    repeats: u32,
    gop: u32,
    sound: Option<Sound>,
    chapters: u32,
    rotation: i32,
    picture: Picture,
    intro: u32,
    seed: u32,
}

impl Film {
    /// Describes a film of 320x180 pixels and 30 seconds with a key frame every 2 seconds and no sound.
    pub const fn new(codec: Codec, container: Container) -> Self {
        Self {
            codec,
            container,
            size: (320, 180),
            seconds: 30,
            repeats: 1,
            gop: 2 * FRAME_RATE,
            sound: None,
            chapters: 0,
            rotation: 0,
            picture: Picture::TestCard,
            intro: 0,
            seed: 0,
        }
    }

    /// Sets width and height in pixels, both even.
    pub const fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    /// Sets its length in seconds.
    pub const fn seconds(mut self, seconds: u32) -> Self {
        self.seconds = seconds;
        self
    }

    /// Plays the whole of it so many times in a row, without encoding it again.
    pub const fn repeats(mut self, times: u32) -> Self {
        self.repeats = times;
        self
    }

    /// Sets the frames from one key frame to the next; there are 24 frames a second.
    pub const fn gop(mut self, frames: u32) -> Self {
        self.gop = frames;
        self
    }

    /// Gives it sound.
    pub const fn sound(mut self, sound: Sound) -> Self {
        self.sound = Some(sound);
        self
    }

    /// Divides it into so many chapters of one length.
    pub const fn chapters(mut self, chapters: u32) -> Self {
        self.chapters = chapters;
        self
    }

    /// Says that a player shall turn it by so many degrees: 90, 180 or 270. MP4 and QuickTime only.
    pub const fn rotation(mut self, degrees: i32) -> Self {
        self.rotation = degrees;
        self
    }

    /// Sets what it shows.
    pub const fn picture(mut self, picture: Picture) -> Self {
        self.picture = picture;
        self
    }

    /// Begins it with so many seconds of picture and melody that every film with an intro of that length
    /// shares.
    pub const fn intro(mut self, seconds: u32) -> Self {
        self.intro = seconds;
        self
    }

    /// Makes it another film of the same kind: 0 to 100,000.
    pub const fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// The file name's extension, without its dot.
    pub const fn extension(&self) -> &'static str {
        self.container.extension()
    }

    /// Its whole length in seconds.
    pub const fn length_seconds(&self) -> u32 {
        self.seconds * self.repeats
    }

    /// Encodes it into a new file. `path` ends with [`Self::extension`].
    pub fn make(&self, path: &Path) -> Result<()> {
        if self.repeats == 1 {
            return self.encode(path);
        }
        let once = path.with_extension(format!("once.{}", self.extension()));
        self.encode(&once)?;
        let mut command = ffmpeg();
        command
            .args(["-stream_loop", &(self.repeats - 1).to_string(), "-i"])
            .arg(&once)
            .args(["-map", "0", "-c", "copy"]);
        bit_exact(&mut command);
        let made = run(command.arg(path));
        fs::remove_file(&once)?;
        made
    }

    fn encode(&self, path: &Path) -> Result<()> {
        let chapters = path.with_extension("chapters.txt");
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", &self.video_graph()]);
        let melody = path.with_extension("pcm");
        if self.sound.is_some() {
            let body = sound::melody(self.seed, self.seconds.saturating_sub(self.intro));
            fs::write(&melody, [sound::melody(INTRO_SEED, self.intro), body].concat())?;
            command.args(sound::MELODY_INPUT).arg(&melody);
        }
        if self.chapters > 0 {
            fs::write(&chapters, self.chapter_list())?;
            command.args(["-f", "ffmetadata", "-i"]).arg(&chapters);
            command.args(["-map_chapters", if self.sound.is_some() { "2" } else { "1" }]);
        }
        command.args(["-map", "0:v"]);
        if let Some(sound) = self.sound {
            command.args(["-map", "1:a"]).args(sound.arguments());
        }
        // One thread where more would make the bytes depend on the machine.
        command.args(["-t", &self.seconds.to_string(), "-threads", "1", "-pix_fmt", "yuv420p"]);
        command.args(self.codec.arguments()).args(self.codec.key_frames(self.gop));
        if self.container == Container::Mp4 || self.container == Container::Mov {
            command.args(["-movflags", "+faststart"]);
        }
        bit_exact(&mut command);
        let made = run(command.arg(path));
        for by_product in [&chapters, &melody] {
            if by_product.exists() {
                fs::remove_file(by_product)?;
            }
        }
        made?;
        if self.rotation == 0 { Ok(()) } else { rotate(path, self.rotation) }
    }

    fn video_graph(&self) -> String {
        let (width, height) = self.size;
        let body = self.picture.source(width, height, self.seconds, self.seed);
        if self.intro == 0 {
            return body;
        }
        let intro = Picture::Gradients.source(width, height, self.intro, INTRO_SEED);
        format!("{intro},trim=duration={}[intro];{body}[body];[intro][body]concat=n=2:v=1:a=0", self.intro)
    }

    fn chapter_list(&self) -> String {
        let each = u64::from(self.seconds) * 1000 / u64::from(self.chapters);
        let mut text = String::from(";FFMETADATA1\n");
        for chapter in 0..u64::from(self.chapters) {
            let (start, end) = (chapter * each, (chapter + 1) * each);
            let _ = writeln!(
                text,
                "[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle=Chapter {}",
                chapter + 1
            );
        }
        text
    }
}

/// Makes a JPEG photo of a picture, `width` x `height` pixels.
pub fn photo(path: &Path, picture: Picture, width: u32, height: u32, seed: u32) -> Result<()> {
    // Not the first frame: most sources begin empty.
    let graph = format!("{},select=gte(n\\,8)", picture.source(width, height, 10, seed));
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", &graph, "-frames:v", "1", "-q:v", "3", "-pix_fmt", "yuvj420p"]);
    bit_exact(&mut command);
    run(command.arg(path))
}

/// Makes films and keeps them, so that the next one who wants the same need not wait.
#[derive(Debug, Clone)]
pub struct Studio {
    folder: PathBuf,
}

impl Studio {
    /// Keeps its films in `folder`, which it makes: `Path::new(env!("CARGO_TARGET_TMPDIR")).join("films")` in
    /// a test.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The path of a film, made if need be. Others use the file too: copy it, never change it.
    pub fn film(&self, film: &Film) -> Result<PathBuf> {
        let name = format!("{EDITION}-{:016x}.{}", fingerprint(&format!("{film:?}")), film.extension());
        kept(self.folder.join(name), |path| film.make(path))
            .with_context(|| format!("could not make the film {film:?}"))
    }

    /// The paths of several films, two made at a time.
    pub fn films(&self, films: &[Film]) -> Result<Vec<PathBuf>> {
        let half = films.len().div_ceil(2);
        let (first, second) = films.split_at(half);
        std::thread::scope(|scope| {
            let second =
                scope.spawn(|| second.iter().map(|film| self.film(film)).collect::<Result<Vec<_>>>());
            let mut paths = first.iter().map(|film| self.film(film)).collect::<Result<Vec<_>>>()?;
            let Ok(second) = second.join() else { bail!("a film's maker panicked") };
            paths.extend(second?);
            Ok(paths)
        })
    }
}

/// Writes a turn into the first track header of an MP4 (ISO 14496-12, 8.3.2): ffmpeg's option for it changes
/// with its versions.
fn rotate(path: &Path, degrees: i32) -> Result<()> {
    const MATRIX_AT: usize = 40;
    const ONE: i32 = 0x1_0000;
    let (a, b) = match degrees {
        90 => (0, ONE),
        180 => (-ONE, 0),
        270 => (0, -ONE),
        other => bail!("a film cannot be turned by {other} degrees"),
    };
    let mut bytes = fs::read(path)?;
    let header =
        bytes.windows(4).position(|window| window == b"tkhd").context("the film has no track header")? + 4;
    ensure!(bytes.get(header) == Some(&0), "the film's track header is of another version");
    let matrix = [a, b, 0, -b, a, 0, 0, 0, 0x4000_0000].into_iter().flat_map(i32::to_be_bytes);
    for (at, byte) in matrix.enumerate() {
        bytes[header + MATRIX_AT + at] = byte;
    }
    Ok(fs::write(path, bytes)?)
}

/// FNV-1a, 64 bits: a short name for a description, stable between builds.
fn fingerprint(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{command, tempdir};

    #[test]
    fn every_codec_gives_a_film_of_its_length() {
        let folder = tempdir().unwrap();
        let containers =
            [Container::Mkv, Container::Mp4, Container::Webm, Container::Mkv, Container::Ts, Container::Avi];
        for (codec, container) in Codec::ALL.into_iter().zip(containers) {
            let film = Film::new(codec, container).size(160, 90).seconds(4);
            let path = folder.path().join(format!("film.{}", film.extension()));
            film.make(&path).unwrap();
            assert_eq!(length_seconds(&path).round(), 4.0, "{codec:?}");
        }
    }

    #[test]
    fn the_same_description_gives_the_same_bytes_and_another_seed_others() {
        let folder = tempdir().unwrap();
        let film =
            Film::new(Codec::H264, Container::Mkv).size(160, 90).seconds(3).repeats(4).sound(Sound::Aac);
        let make = |film: &Film, name: &str| {
            let path = folder.path().join(name);
            film.make(&path).unwrap();
            fs::read(path).unwrap()
        };
        let first = make(&film, "1.mkv");
        assert!(first == make(&film, "2.mkv"));
        assert!(first != make(&film.seed(1), "3.mkv"));
        assert_eq!(length_seconds(&folder.path().join("1.mkv")).round(), 12.0);
    }

    #[test]
    fn a_studio_makes_a_film_once() {
        let folder = tempdir().unwrap();
        let studio = Studio::open(folder.path()).unwrap();
        let film = Film::new(Codec::Mpeg4, Container::Avi).size(160, 90).seconds(2);
        let path = studio.film(&film).unwrap();
        let made = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(studio.films(&[film]).unwrap(), std::slice::from_ref(&path));
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), made);
    }

    fn length_seconds(path: &Path) -> f64 {
        let asked = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"];
        let output = command("ffprobe").args(asked).arg(path).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }
}
