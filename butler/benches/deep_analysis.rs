//! `cargo bench -p butler --bench deep_analysis [-- mkv ts]`: the deep analysis of a half-hour 1080p film
//! through server and worker, against `ffprobe -show_entries packet=pts,size,flags -of csv` of the same file:
//! at most a quarter of its time for Matroska and MP4, 0.7 of it for other containers, with the bytes that
//! were read beside it.
//!
//! Never measures a cold cache or a starting server: each way runs once before it counts, then in turns. The
//! films (1 GB each, some shared with the bench `bif`) are made once and kept under the target folder; words
//! on the command line choose among them.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use butler_fixtures::{Signal, Stage};
use serde_json::Value;

/// At most so much of ffprobe's time where the container's headers tell, and elsewhere.
const AIMS: (f64, f64) = (0.25, 0.7);

/// Measurements of each way.
const TURNS: usize = 5;

/// Each film's name, what it is copied with, and whether its headers tell.
const FILMS: [(&str, &str, bool); 5] = [
    ("2.mkv", "", true),
    ("2.mp4", "", true),
    ("2-fragments.mp4", "-movflags +frag_keyframe+empty_moov", true),
    ("2.ts", "", false),
    ("2.flv", "", false),
];

/// What is played thirty times over: a minute at 24 frames a second, a key frame every 2 seconds. The noise
/// makes it as large as a real film.
const MINUTE: &str = "-f lavfi -i mandelbrot=s=1920x1080:r=24:end_scale=0.01:end_pts=1440,noise=alls=8:allf=t \
                      -f lavfi -i sine=f=220:r=48000 -map 0:v -map 1:a -t 60 -pix_fmt yuv420p -c:v libx264 \
                      -preset veryfast -b:v 4000k -maxrate 6000k -bufsize 9000k -g 48 -keyint_min 48 \
                      -sc_threshold 0 -c:a aac -b:a 192k";

fn main() -> Result<()> {
    let chosen: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    // The worker has to be of the same build as the server, which cargo made for this bench.
    ensure!(
        butler_fixtures::command(env!("CARGO"))
            .args(["build", "--quiet", "--release", "-p", "butler-worker"])
            .status()?
            .success()
    );
    let mut lines =
        vec!["film               butler   ffprobe   ratio   aim            bytes read".to_owned()];
    for (name, options, by_headers) in FILMS {
        if chosen.is_empty() || chosen.iter().any(|word| name.contains(word)) {
            lines.push(measure(name, options, by_headers)?);
        }
    }
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Measures one film; gives the line to print at the end.
fn measure(name: &str, options: &str, by_headers: bool) -> Result<String> {
    let film = film(name, options)?;
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR"))?;
    let place = stage.folders.movie(
        "Half an Hour (2026)",
        film.extension().and_then(|extension| extension.to_str()).unwrap_or_default(),
    )?;
    fs::hard_link(&film, &place).or_else(|_| fs::copy(&film, &place).map(drop))?;
    let (mut ours, mut theirs, mut bytes_read) = (Vec::new(), Vec::new(), 0);
    for turn in 0..=TURNS {
        let packets = ffprobe(&film, stage.spare_dir())?;
        let (our_time, run) = butler(&stage, turn, by_headers)?;
        bytes_read = run["bytes_read"].as_u64().unwrap_or(0);
        let note = if turn == 0 { " (warm-up, not counted)" } else { "" };
        println!(
            "{name:17} butler {:6.3} s   ffprobe {:6.3} s{note}",
            our_time.as_secs_f64(),
            packets.as_secs_f64()
        );
        if turn > 0 {
            ours.push(our_time);
            theirs.push(packets);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let (ratio, aim) = (ours / theirs, if by_headers { AIMS.0 } else { AIMS.1 });
    Ok(format!(
        "{name:17} {ours:6.3} s  {theirs:6.3} s   {ratio:.3}   {aim:<4} {}   {:.1} of {:.0} MB",
        if ratio <= aim { "reached" } else { "MISSED " },
        bytes_read as f64 / 1e6,
        fs::metadata(&film)?.len() as f64 / 1e6
    ))
}

/// From the request that starts the task to its run's end, in a library that has been scanned. A data folder
/// of its own each time: a film that has its analysis is not read again.
fn butler(stage: &Stage, turn: usize, by_headers: bool) -> Result<(Duration, Value)> {
    let server = stage.server_over(&format!("data-{turn}"))?;
    let section = server.add_section("movie", "Movies", &stage.folders.movies())?;
    server.run_task("RefreshLibraries")?;
    let begun = Instant::now();
    let run = server.run_task("DeepMediaAnalysis")?;
    let time = begun.elapsed();
    ensure!(run["state"] == "completed" && run["failures"] == 0, "the run: {run:#}");
    let part = server.parts(&section)?.pop().context("the film is not in the library")?;
    let found = server.get_json(&format!("/api/v1/parts/{}/bandwidth", part.id))?;
    let key_frames = found["key_frames"].as_array().map_or(0, Vec::len);
    ensure!((899..=901).contains(&key_frames), "{key_frames} key frames instead of 900");
    ensure!((found["told_by"] == "headers") == by_headers, "told by {}", found["told_by"]);
    server.stop(Signal::TERM)?;
    Ok((time, run))
}

fn ffprobe(film: &Path, spare: &Path) -> Result<Duration> {
    let mut command = butler_fixtures::command("ffprobe");
    command.args(["-v", "error", "-show_entries", "packet=pts,size,flags", "-of", "csv"]).arg(film);
    command.stdin(Stdio::null()).stdout(File::create(spare.join("packets.csv"))?);
    let begun = Instant::now();
    ensure!(command.status().context("could not start `ffprobe`")?.success(), "`ffprobe` failed");
    Ok(begun.elapsed())
}

/// A film's path, made if it is not there.
fn film(name: &str, options: &str) -> Result<PathBuf> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("previews");
    let film = kept.join(name);
    if !film.exists() {
        println!("Making {name}, once");
        fs::create_dir_all(&kept)?;
        let minute = kept.join("minute-2.mkv");
        if !minute.exists() {
            let whole = kept.join("being-made-minute.mkv");
            let mut command = butler_fixtures::command("ffmpeg");
            command.args(["-nostdin", "-v", "error", "-y"]).args(MINUTE.split_whitespace()).arg(&whole);
            ensure!(command.status()?.success(), "`ffmpeg` failed");
            fs::rename(&whole, &minute)?;
        }
        let whole = kept.join(format!("being-made-{name}"));
        let mut command = butler_fixtures::command("ffmpeg");
        command
            .args(["-nostdin", "-v", "error", "-y", "-stream_loop", "29", "-i"])
            .arg(&minute)
            .args(["-map", "0", "-c", "copy"]);
        ensure!(command.args(options.split_whitespace()).arg(&whole).status()?.success(), "`ffmpeg` failed");
        butler_fixtures::age(&whole)?;
        fs::rename(&whole, &film)?;
    }
    Ok(film)
}

/// Seconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
