//! `cargo bench -p butler --bench chapter_thumbs`: the chapter thumbnails of a half-hour 1080p film with 24
//! chapters by `butler analyse`, against one `ffmpeg -ss START -i FILE -frames:v 1` a chapter. What counts is
//! CPU time, the worker's start included: at most a fifth of ffmpeg's.
//!
//! Never measures a cold cache: each way runs once before it counts, then in turns. The film (1 GB, its
//! minute shared with the bench `deep_analysis`) is made once and kept under the target folder.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// At most this part of ffmpeg's time.
const AIM: f64 = 0.2;

/// Measurements of each way.
const TURNS: usize = 5;

const CHAPTERS: u32 = 24;
/// Seconds from one chapter to the next; they begin between key frames, which come every 2 seconds.
const EVERY: u32 = 75;

/// As in the bench `deep_analysis`: a minute at 24 frames a second, a key frame every 2 seconds.
const MINUTE: &str = "-f lavfi -i mandelbrot=s=1920x1080:r=24:end_scale=0.01:end_pts=1440,noise=alls=8:allf=t \
                      -f lavfi -i sine=f=220:r=48000 -map 0:v -map 1:a -t 60 -pix_fmt yuv420p -c:v libx264 \
                      -preset veryfast -b:v 4000k -maxrate 6000k -bufsize 9000k -g 48 -keyint_min 48 \
                      -sc_threshold 0 -c:a aac -b:a 192k";

fn main() -> Result<()> {
    // The worker has to be of the same build as the command, which cargo made for this bench.
    let built = butler_fixtures::command(env!("CARGO"))
        .args(["build", "--quiet", "--release", "-p", "butler-worker"])
        .status()?;
    ensure!(built.success());
    let film = film()?;
    let out = butler_fixtures::tempdir()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let one = spent(|| butler(&film, out.path()))?;
        let other = spent(|| ffmpeg(&film, out.path()))?;
        let note = if turn == 0 { " (warm-up, not counted)" } else { "" };
        println!("butler {one:6.2} s   ffmpeg {other:6.2} s of CPU time{note}");
        if turn > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let (ratio, reached) = (ours / theirs, if ours / theirs <= AIM { "reached" } else { "MISSED" });
    println!(
        "{CHAPTERS} chapters: butler {ours:.2} s, ffmpeg {theirs:.2} s, ratio {ratio:.3}, aim {AIM} {reached}"
    );
    Ok(())
}

fn butler(film: &Path, out: &Path) -> Result<()> {
    let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
    command.args(["analyse", "--json", "--products", "chapter_thumbs", "--out"]).arg(out).arg(film);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success() && said.contains("\"missing\""), "{said}");
    Ok(())
}

fn ffmpeg(film: &Path, out: &Path) -> Result<()> {
    for chapter in 0..CHAPTERS {
        let mut command = butler_fixtures::command("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y", "-ss", &start(chapter).to_string(), "-i"]).arg(film);
        command.args(["-frames:v", "1", "-vf", "scale=480:-2", "-q:v", "4"]).arg(out.join("chapter.jpg"));
        ensure!(command.status().context("could not start `ffmpeg`")?.success(), "`ffmpeg` failed");
    }
    Ok(())
}

/// Seconds from the film's start.
fn start(chapter: u32) -> u32 {
    chapter * EVERY + u32::from(chapter > 0)
}

/// Seconds of CPU that the processes took which the work started and waited for.
fn spent(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = of_children()?;
    work()?;
    Ok(of_children()? - before)
}

/// By proc_pid_stat(5): fields 16 and 17, in hundredths of a second.
fn of_children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("no statistics of this process")?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

/// The film's path, made if it is not there.
fn film() -> Result<PathBuf> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("previews");
    let minute = made(&kept.join("minute-2.mkv"), MINUTE)?;
    let list = kept.join("24-chapters.txt");
    let chapter = |at: u32| {
        let (from, until) = (start(at), start(at + 1).min(1_800));
        format!("[CHAPTER]\nTIMEBASE=1/1\nSTART={from}\nEND={until}\n")
    };
    fs::write(&list, format!(";FFMETADATA1\n{}", (0..CHAPTERS).map(chapter).collect::<String>()))?;
    let (minute, list) = (minute.display(), list.display());
    let copy = format!("-stream_loop 29 -i {minute} -f ffmetadata -i {list} -map 0 -map_chapters 1 -c copy");
    made(&kept.join("24-chapters.mkv"), &copy)
}

fn made(film: &Path, arguments: &str) -> Result<PathBuf> {
    if !film.exists() {
        println!("Making {}, once", film.display());
        fs::create_dir_all(film.parent().context("a film has a folder")?)?;
        let whole = film.with_extension("being-made.mkv");
        let mut command = butler_fixtures::command("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y"]).args(arguments.split_whitespace()).arg(&whole);
        ensure!(command.status()?.success(), "`ffmpeg` failed");
        fs::rename(&whole, film)?;
    }
    Ok(film.to_owned())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
