//! `cargo bench -p butler --bench sound [-- mkv music]`: everything that is made of a half-hour 1080p film,
//! in one read and each by itself, against `ffmpeg -vn -f null -` and the bare decode of its key frames, with
//! the bytes that were read; and the loudness of a half hour of music against `ffmpeg -af ebur128=peak=true`
//! and, where it is installed, `loudgain`.
//!
//! By the executable and its worker without a server: what is measured is the work alone. Never a cold cache:
//! each way runs once before it counts, then in turns. The films are those of the bench `deep_analysis`.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// Measurements of each way.
const TURNS: usize = 3;

/// What is made of a film.
const PRODUCTS: [&str; 5] = ["bif", "bandwidth", "loudness", "chroma", "voice"];
/// Those of them for which the file is read whole.
const READ_WHOLE: [&str; 3] = ["loudness", "chroma", "voice"];

/// Everything in one read takes at most so much of the sum of its parts, and of decoding the sound and the
/// key frames alone; those that need the whole file read it at most so many times together.
const AIMS: (f64, f64, f64) = (1.0, 1.25, 1.05);
/// Loudness with true peaks is at least so many times as fast as loudgain.
const LOUDGAIN: f64 = 1.2;

/// Half an hour of music that is no sine.
const MUSIC: &str = "-f lavfi -i anoisesrc=c=pink:d=1800:a=0.3:seed=1:r=44100 -f lavfi -i \
                     aevalsrc=0.3*sin(880*t)*(0.6+0.4*sin(t)):d=1800:s=44100 -filter_complex [0][1]amerge \
                     -c:a flac";

/// A minute of film, played thirty times over.
const MINUTE: &str = "-f lavfi -i mandelbrot=s=1920x1080:r=24:end_scale=0.01:end_pts=1440,noise=alls=8:allf=t \
                      -f lavfi -i sine=f=220:r=48000 -map 0:v -map 1:a -t 60 -pix_fmt yuv420p -c:v libx264 \
                      -preset veryfast -b:v 4000k -maxrate 6000k -bufsize 9000k -g 48 -keyint_min 48 \
                      -sc_threshold 0 -c:a aac -b:a 192k";

fn main() -> Result<()> {
    let chosen: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|word| name.contains(word));
    let build = ["-p", "butler-worker", "-p", "butler-media", "--bins", "--example", "bare_key_frames"];
    let mut cargo = Command::new(env!("CARGO"));
    ensure!(cargo.args(["build", "--quiet", "--release"]).args(build).status()?.success());
    for name in ["2.mkv", "2.mp4", "2.ts"].into_iter().filter(|name| is_chosen(name)) {
        film(name)?.iter().for_each(|line| println!("{line}"));
    }
    if is_chosen("music") {
        music()?.iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}

/// Measures a film; gives the lines to print at the end.
fn film(name: &str) -> Result<Vec<String>> {
    let film = made(name, |whole| {
        let minute = made("minute-2.mkv", |whole| ffmpeg(MINUTE, whole))?;
        ffmpeg(&format!("-stream_loop 29 -i {} -map 0 -c copy", minute.display()), whole)
    })?;
    let size = fs::metadata(&film)?.len() as f64;
    let mut lines = vec![format!("{name}: {:.0} MB", size / 1e6)];
    let (mut sum, mut read) = (0.0, 0.0);
    for product in PRODUCTS {
        let (seconds, bytes) = butler(&film, product)?;
        sum += seconds;
        read += bytes;
        lines.push(format!("  {product:10} {seconds:7.2} s   {:5.2} of the file read", bytes / size));
    }
    lines.push(format!("  their sum  {sum:7.2} s   {:5.2}", read / size));
    let (fused, bytes) = butler(&film, &PRODUCTS.join(","))?;
    lines.push(format!("  in one     {fused:7.2} s   {:5.2}", bytes / size));
    let (_, bytes) = butler(&film, &READ_WHOLE.join(","))?;
    lines.push(format!(
        "  those that read it whole, in one  {:5.2}   {}",
        bytes / size,
        aim(bytes / size, AIMS.2)
    ));
    let bare = Path::new(env!("CARGO_BIN_EXE_butler")).with_file_name("examples").join("bare_key_frames");
    let floor = timed(
        Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(&film)
            .args(["-vn", "-f", "null", "-"]),
    )? + timed(Command::new(bare).arg(&film))?;
    lines.push(format!("  ffmpeg -vn and bare key frames {floor:.2} s"));
    lines.push(format!("  in one / sum   {:.2}   {}", fused / sum, aim(fused / sum, AIMS.0)));
    lines.push(format!("  in one / floor {:.2}   {}", fused / floor, aim(fused / floor, AIMS.1)));
    Ok(lines)
}

/// Measures loudness alone.
fn music() -> Result<Vec<String>> {
    let music = made("music.flac", |whole| ffmpeg(MUSIC, whole))?;
    let (ours, _) = butler(&music, "loudness")?;
    let mut filter = Command::new("ffmpeg");
    filter.args(["-nostdin", "-v", "error", "-i"]).arg(&music);
    let filter = timed(filter.args(["-af", "ebur128=peak=true", "-f", "null", "-"]))?;
    let mut lines = vec![format!("loudness of 30 min of music: butler {ours:.2} s, ffmpeg {filter:.2} s")];
    if Command::new("loudgain").arg("--version").stdout(Stdio::null()).status().is_ok() {
        let loudgain = timed(Command::new("loudgain").arg("-q").arg(&music))?;
        let faster = loudgain / ours;
        let word = if faster >= LOUDGAIN { "reached" } else { "MISSED" };
        lines.push(format!(
            "  loudgain {loudgain:.2} s: {faster:.2} times as long, at least {LOUDGAIN} {word}"
        ));
    } else {
        lines.push("  loudgain is not installed".to_owned());
    }
    Ok(lines)
}

fn aim(found: f64, at_most: f64) -> String {
    format!("at most {at_most} {}", if found <= at_most { "reached" } else { "MISSED" })
}

/// Seconds, and bytes read, of what is made of a file.
fn butler(file: &Path, products: &str) -> Result<(f64, f64)> {
    let out = butler_fixtures::tempdir()?;
    let mut bytes = 0.0;
    let mut seconds = Vec::new();
    for turn in 0..=TURNS {
        let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
        command.args(["analyse", "--json", "--products", products, "--out"]).arg(out.path()).arg(file);
        let begun = Instant::now();
        let output = command.output()?;
        let lasted = begun.elapsed().as_secs_f64();
        ensure!(output.status.success(), "butler: {}", String::from_utf8_lossy(&output.stderr));
        let results: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        bytes = results[0]["bytes_read"].as_f64().context("no `bytes_read`")?;
        seconds.extend((turn > 0).then_some(lasted));
    }
    Ok((median(seconds), bytes))
}

/// Seconds of a command.
fn timed(command: &mut Command) -> Result<f64> {
    let mut seconds = Vec::new();
    for turn in 0..=TURNS {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        ensure!(command.status()?.success(), "{command:?} failed");
        seconds.extend((turn > 0).then(|| begun.elapsed().as_secs_f64()));
    }
    Ok(median(seconds))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// A file that is made once and kept.
fn made(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("previews");
    let file = folder.join(name);
    if !file.exists() {
        println!("Making {name}, once");
        fs::create_dir_all(&folder)?;
        let whole = folder.join(format!("being-made-{name}"));
        make(&whole)?;
        fs::rename(&whole, &file)?;
    }
    Ok(file)
}

fn ffmpeg(arguments: &str, out: &Path) -> Result<()> {
    let mut command = butler_fixtures::command("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]).args(arguments.split_whitespace()).arg(out);
    ensure!(command.status()?.success(), "ffmpeg {arguments} failed");
    Ok(())
}
