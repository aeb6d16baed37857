//! `cargo bench -p butler --bench bif`: the previews of a 30-minute 1080p film through server and worker, against ffmpeg's own
//! way of making them from key frames; the aim is at most 0.15 of its time.
//!
//! Never measures a cold cache or a starting server: both ways run once before they count, then in turns. The film (1.7 GB)
//! is made once and kept under the target folder.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use butler_fixtures::{Bif, Signal, Stage};

/// At most this part of ffmpeg's time.
const AIM: f64 = 0.15;

/// Measurements of each way.
const TURNS: usize = 5;

/// What is played thirty times over: a minute at 24 frames a second, a key frame every 2 seconds. The noise makes it as large
/// as a real film.
const MINUTE: &str = "-f lavfi -i mandelbrot=s=1920x1080:r=24:end_scale=0.01:end_pts=1440,noise=alls=14:allf=t \
     -f lavfi -i sine=f=220:r=48000 -t 60 -pix_fmt yuv420p \
     -c:v libx264 -preset fast -b:v 7100k -maxrate 9000k -bufsize 15000k -g 48 -keyint_min 48 -sc_threshold 0 -c:a aac -b:a 192k";

fn main() -> Result<()> {
    // The worker has to be of the same build as the server, which cargo made for this bench.
    ensure!(Command::new(env!("CARGO")).args(["build", "--quiet", "--release", "-p", "butler-worker"]).status()?.success());
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR"))?;
    let film = film(kept)?;
    let place = stage.folders.movie("Half an Hour (2026)", "mkv")?;
    fs::hard_link(&film, &place).or_else(|_| fs::copy(&film, &place).map(drop))?;
    println!("{}: {:.1} GB", film.display(), fs::metadata(&film)?.len() as f64 / 1e9);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let (our_time, their_time) = (butler(&stage, turn)?, ffmpeg(&film, stage.spare_dir())?);
        let note = if turn == 0 { " (warm-up, not counted)" } else { "" };
        println!("butler {:6.2} s   ffmpeg {:6.2} s{note}", our_time.as_secs_f64(), their_time.as_secs_f64());
        if turn > 0 {
            ours.push(our_time);
            theirs.push(their_time);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let verdict = if ratio <= AIM { "reached" } else { "missed" };
    println!("medians: butler {:.2} s, ffmpeg {:.2} s; ratio {ratio:.3}, aim {AIM} {verdict}", ours.as_secs_f64(), theirs.as_secs_f64());
    Ok(())
}

/// From the request that starts the task to its run's end, in a library that has been scanned. A data folder of its own each
/// time: a film that has its previews is not read again.
fn butler(stage: &Stage, turn: usize) -> Result<Duration> {
    let server = stage.server_over(&format!("data-{turn}"))?;
    let section = server.add_section("movie", "Movies", &stage.folders.movies())?;
    server.run_task("RefreshLibraries")?;
    let begun = Instant::now();
    let run = server.run_task("GenerateMediaIndexFiles")?;
    let time = begun.elapsed();
    ensure!(run["state"] == "completed" && run["failures"] == 0, "the run: {run:#}");
    let part = server.parts(&section)?.pop().context("the film is not in the library")?;
    let pictures = Bif::parse(&server.preview(part.id)?)?.pictures.len();
    // One more where the sound outlasts the last frame.
    ensure!((180..=181).contains(&pictures), "{pictures} pictures instead of 180");
    server.stop(Signal::TERM)?;
    Ok(time)
}

fn ffmpeg(film: &Path, spare: &Path) -> Result<Duration> {
    let folder = spare.join("pictures");
    fs::create_dir_all(&folder)?;
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y", "-skip_frame", "nokey", "-i"]).arg(film).args(["-an", "-sn"]);
    command.args(["-vf", "fps=0.1,scale=320:-2", "-c:v", "mjpeg", "-qscale:v", "4", "-f", "image2"]).arg(folder.join("%05d.jpg"));
    let begun = Instant::now();
    ensure!(command.status().context("could not start `ffmpeg`")?.success(), "`ffmpeg` failed");
    let time = begun.elapsed();
    fs::remove_dir_all(&folder)?;
    Ok(time)
}

/// The film's path, made if it is not there.
fn film(kept: &Path) -> Result<PathBuf> {
    let film = kept.join("half-an-hour-2.mkv");
    if !film.exists() {
        println!("Making the film; this takes some minutes, once");
        let (minute, whole) = (kept.join("minute.mkv"), kept.join("being-made.mkv"));
        let mut command = Command::new("ffmpeg");
        ensure!(
            command.args(["-nostdin", "-v", "error", "-y"]).args(MINUTE.split_whitespace()).arg(&minute).status()?.success(),
            "`ffmpeg` failed"
        );
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y", "-stream_loop", "29", "-i"]).arg(&minute);
        ensure!(command.args(["-map", "0", "-c", "copy"]).arg(&whole).status()?.success(), "`ffmpeg` failed");
        fs::remove_file(&minute)?;
        butler_fixtures::age(&whole)?;
        fs::rename(&whole, &film)?;
    }
    Ok(film)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
