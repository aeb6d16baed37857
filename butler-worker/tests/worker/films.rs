//! Small films made by the `ffmpeg` executable, each once.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use butler_fixtures::{command, kept};

/// 25 seconds of moving shapes, a key frame every 2 s where the codec has others.
const PICTURES: &str = "testsrc2=s=320x180:r=12:d=25";

/// A file of this name, made by its recipe once, and kept below the target folder for later runs: a test may
/// have a process of its own, and a folder that such a process made for itself would outlive it.
pub(crate) fn once(name: &str, recipe: &[u8], make: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("worker-films");
    let mut hasher = DefaultHasher::new();
    recipe.hash(&mut hasher);
    let make = |draft: &Path| {
        make(draft);
        Ok(())
    };
    kept(folder.join(format!("{:016x}-{name}", hasher.finish())), make).unwrap()
}

pub(crate) fn ffmpeg(arguments: &str, out: &Path) {
    let mut command = command("ffmpeg");
    // SVT-AV1 talks past ffmpeg's own log level.
    command
        .env("SVT_LOG", "1")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(out);
    let output = command.output().unwrap();
    assert!(output.status.success(), "ffmpeg {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A film with these coding arguments, without sound.
pub(crate) fn film(name: &str, coding: &str) -> PathBuf {
    other(name, &format!("-f lavfi -i {PICTURES} {coding}"))
}

/// A film with sound.
pub(crate) fn film_with_sound(name: &str, coding: &str) -> PathBuf {
    other(name, &format!("-f lavfi -i {PICTURES} -f lavfi -i sine=d=25 {coding}"))
}

/// Anything that ffmpeg makes.
pub(crate) fn other(name: &str, arguments: &str) -> PathBuf {
    once(name, arguments.as_bytes(), |path| ffmpeg(arguments, path))
}

/// A film whose lightness tells the time: at second `t` the grey is 16 + 6t; a key frame at each of these
/// seconds and nowhere else.
pub(crate) fn clock(name: &str, seconds: &str, coding: &str) -> PathBuf {
    let grey = "-f lavfi -i color=black:s=64x36:r=10:d=30,geq=lum='16+6*T':cb=128:cr=128";
    other(name, &format!("{grey} -force_key_frames {seconds} {coding}"))
}

/// A file of these bytes.
pub(crate) fn bytes(name: &str, content: &[u8]) -> PathBuf {
    once(name, content, |path| fs::write(path, content).unwrap())
}

/// The first part of a file, in hundredths.
pub(crate) fn cut(of: &Path, hundredths: usize) -> PathBuf {
    let content = fs::read(of).unwrap();
    let name = format!("cut{hundredths}-{}", of.file_name().unwrap().to_string_lossy());
    bytes(&name, &content[..content.len() * hundredths / 100])
}

/// The average lightness of a JPEG, 0 to 255.
pub(crate) fn lightness(jpeg: &[u8]) -> u8 {
    let mut command = command("ffmpeg");
    command.args(
        "-v error -f mjpeg -i - -vf scale=1:1:flags=area -f rawvideo -pix_fmt gray -".split_whitespace(),
    );
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(jpeg).unwrap();
    let output = child.wait_with_output().unwrap();
    output.stdout[0]
}

/// Bytes without any order, the same at each run.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}
