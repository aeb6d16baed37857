//! `cargo bench -p butler --bench bif [-- 10.ts mkv]`: the previews of half-hour 1080p films, a key frame
//! every 1, 2 and 10 seconds in MKV, MP4 and TS, through server and worker. The floor is `bare_key_frames`,
//! which decodes just the wanted key frames on all cores; the aim is at most 1.2 of its time. Once also
//! ffmpeg's own way of making them: at most 0.15 of its time.
//!
//! Never measures a cold cache or a starting server: each way runs once before it counts, then in turns. The
//! films (9 x 1 GB) are made once and kept under the target folder; words on the command line choose among
//! them.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use butler_fixtures::{Bif, Server, Signal, Stage};

/// At most so many times the bare program's time.
const BARE_AIM: f64 = 1.2;

/// At most this part of ffmpeg's time.
const FFMPEG_AIM: f64 = 0.15;

/// The film that ffmpeg, too, makes previews of.
const FFMPEG_FILM: &str = "2.mkv";

/// Measurements of each way.
const TURNS: usize = 5;

/// Seconds from one key frame to the next.
const GOPS: [u32; 3] = [1, 2, 10];

const CONTAINERS: [&str; 3] = ["mkv", "mp4", "ts"];

/// What is played thirty times over: a minute at 24 frames a second. The noise makes it as large as a real
/// film.
const MINUTE: &str = "-f lavfi -i mandelbrot=s=1920x1080:r=24:end_scale=0.01:end_pts=1440,noise=alls=8:allf=t \
                      -f lavfi -i sine=f=220:r=48000";

/// How each minute is coded.
const CODING: &str = "-map 0:v -map 1:a -t 60 -pix_fmt yuv420p -c:v libx264 -preset veryfast -b:v 4000k \
                      -maxrate 6000k -bufsize 9000k -sc_threshold 0 -c:a aac -b:a 192k";

fn main() -> Result<()> {
    let chosen: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    // The worker has to be of the same build as the server, which cargo made for this bench.
    cargo_build(&["-p", "butler-worker"])?;
    cargo_build(&["-p", "butler-media", "--example", "bare_key_frames"])?;
    let bare = Path::new(env!("CARGO_BIN_EXE_butler")).with_file_name("examples").join("bare_key_frames");
    let mut lines = vec!["film      butler     bare   ratio    aim          bytes read".to_owned()];
    for name in GOPS.iter().flat_map(|gop| CONTAINERS.map(|container| format!("{gop}.{container}"))) {
        if chosen.is_empty() || chosen.iter().any(|word| name.contains(word)) {
            lines.extend(measure(&name, &bare)?);
        }
    }
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

fn cargo_build(arguments: &[&str]) -> Result<()> {
    let mut cargo = butler_fixtures::command(env!("CARGO"));
    let status = cargo.args(["build", "--quiet", "--release"]).args(arguments).status()?;
    ensure!(status.success(), "`cargo build {arguments:?}` failed");
    Ok(())
}

/// Measures one film; gives the lines to print at the end.
fn measure(name: &str, bare: &Path) -> Result<Vec<String>> {
    let film = film(name)?;
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR"))?;
    let place = stage.folders.movie(
        "Half an Hour (2026)",
        film.extension().and_then(|extension| extension.to_str()).unwrap_or_default(),
    )?;
    fs::hard_link(&film, &place).or_else(|_| fs::copy(&film, &place).map(drop))?;
    let (mut ours, mut bares, mut theirs, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for turn in 0..=TURNS {
        let made = butler(&stage, turn)?;
        let bare = bare_program(bare, &film)?;
        let note = if turn == 0 { " (warm-up, not counted)" } else { "" };
        print!(
            "{name:8} butler {:6.3} s ({:.3} s of the worker's CPU)   bare {:6.3} s",
            made.time.as_secs_f64(),
            made.cpu,
            bare.as_secs_f64()
        );
        if name == FFMPEG_FILM {
            let ffmpeg = ffmpeg(&film, stage.spare_dir())?;
            print!("   ffmpeg {:6.2} s", ffmpeg.as_secs_f64());
            theirs.extend((turn > 0).then_some(ffmpeg));
        }
        println!("{note}");
        bytes = made.bytes_read;
        if turn > 0 {
            ours.push(made.time);
            bares.push(bare);
        }
    }
    let (ours, bare) = (median(ours), median(bares));
    let ratio = ours / bare;
    let mut lines = vec![format!(
        "{name:8} {ours:6.3} s {bare:6.3} s   {ratio:.3}   {BARE_AIM} {}   {:.0} of {:.0} MB",
        verdict(ratio <= BARE_AIM),
        bytes as f64 / 1e6,
        fs::metadata(&film)?.len() as f64 / 1e6
    )];
    if !theirs.is_empty() {
        let theirs = median(theirs);
        let ratio = ours / theirs;
        lines.push(format!(
            "  of which ffmpeg's own way takes {theirs:.2} s: ratio {ratio:.3}, aim {FFMPEG_AIM} {}",
            verdict(ratio <= FFMPEG_AIM)
        ));
    }
    Ok(lines)
}

const fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "MISSED " }
}

/// What making the previews took.
struct Made {
    time: Duration,
    /// The worker's, seconds.
    cpu: f64,
    /// The worker's, from the file or anything else.
    bytes_read: u64,
}

/// From the request that starts the task to its run's end, in a library that has been scanned. A data folder
/// of its own each time: a film that has its previews is not read again.
fn butler(stage: &Stage, turn: usize) -> Result<Made> {
    let server = stage.server_over(&format!("data-{turn}"))?;
    let section = server.add_section("movie", "Movies", &stage.folders.movies())?;
    server.run_task("RefreshLibraries")?;
    let (bytes_before, cpu_before) = workers(&server)?;
    let begun = Instant::now();
    let run = server.run_task("GenerateMediaIndexFiles")?;
    let time = begun.elapsed();
    let (bytes, cpu) = workers(&server)?;
    ensure!(run["state"] == "completed" && run["failures"] == 0, "the run: {run:#}");
    let part = server.parts(&section)?.pop().context("the film is not in the library")?;
    let pictures = Bif::parse(&server.preview(part.id)?)?.pictures.len();
    // One more where the sound outlasts the last frame.
    ensure!((180..=181).contains(&pictures), "{pictures} pictures instead of 180");
    server.stop(Signal::TERM)?;
    Ok(Made { time, cpu: cpu - cpu_before, bytes_read: bytes - bytes_before })
}

/// What the server's workers have read, bytes, and spent, seconds.
fn workers(server: &Server) -> Result<(u64, f64)> {
    /// The kernel's unit of a process' time.
    const TICKS: f64 = 100.0;
    let (mut bytes, mut cpu) = (0, 0.0);
    for pid in server.worker_pids() {
        let io = fs::read_to_string(format!("/proc/{pid}/io"))?;
        bytes += io.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse::<u64>().ok()).unwrap_or(0);
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let fields = stat.rsplit_once(')').context("no stat")?.1.split_whitespace();
        cpu += fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS;
    }
    Ok((bytes, cpu))
}

fn bare_program(program: &Path, film: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let output =
        butler_fixtures::command(program).arg(film).output().context("could not start the bare program")?;
    let time = begun.elapsed();
    let decoded = String::from_utf8(output.stdout)?;
    ensure!(
        decoded.trim().parse::<u32>().is_ok_and(|decoded| (180..=181).contains(&decoded)),
        "the bare program decoded {decoded}"
    );
    Ok(time)
}

fn ffmpeg(film: &Path, spare: &Path) -> Result<Duration> {
    let folder = spare.join("pictures");
    fs::create_dir_all(&folder)?;
    let mut command = butler_fixtures::command("ffmpeg");
    command
        .args(["-nostdin", "-v", "error", "-y", "-skip_frame", "nokey", "-i"])
        .arg(film)
        .args(["-an", "-sn"]);
    command
        .args(["-vf", "fps=0.1,scale=320:-2", "-c:v", "mjpeg", "-qscale:v", "4", "-f", "image2"])
        .arg(folder.join("%05d.jpg"));
    let begun = Instant::now();
    ensure!(command.status().context("could not start `ffmpeg`")?.success(), "`ffmpeg` failed");
    let time = begun.elapsed();
    fs::remove_dir_all(&folder)?;
    Ok(time)
}

/// A film's path, made if it is not there.
fn film(name: &str) -> Result<PathBuf> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("previews");
    let film = kept.join(name);
    if !film.exists() {
        let (gop, container) = name.split_once('.').context("no film's name")?;
        let minute = kept.join(format!("minute-{gop}.mkv"));
        if !minute.exists() {
            make_minutes(&kept)?;
        }
        let whole = kept.join(format!("being-made.{container}"));
        let mut command = butler_fixtures::command("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y", "-stream_loop", "29", "-i"]).arg(&minute);
        ensure!(command.args(["-map", "0", "-c", "copy"]).arg(&whole).status()?.success(), "`ffmpeg` failed");
        butler_fixtures::age(&whole)?;
        fs::rename(&whole, &film)?;
    }
    Ok(film)
}

/// Makes the minute of every film, drawing it once.
fn make_minutes(kept: &Path) -> Result<()> {
    println!("Making the films; this takes some minutes, once");
    fs::create_dir_all(kept)?;
    let mut command = butler_fixtures::command("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]).args(MINUTE.split_whitespace());
    for gop in GOPS {
        let frames = (gop * 24).to_string();
        command.args(CODING.split_whitespace()).args(["-g", &frames, "-keyint_min", &frames]);
        command.arg(kept.join(format!("being-made-{gop}.mkv")));
    }
    ensure!(command.status()?.success(), "`ffmpeg` failed");
    for gop in GOPS {
        fs::rename(kept.join(format!("being-made-{gop}.mkv")), kept.join(format!("minute-{gop}.mkv")))?;
    }
    Ok(())
}

/// Seconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
