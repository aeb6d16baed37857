//! `cargo bench -p butler --bench scan`: scans of many small files through the real server, the first one
//! against `ffprobe` and against reading the files' beginnings, others against `find`; pages of what was
//! found; the server's memory after it. `BUTLER_BENCH_FILES` says how many files (100,000),
//! `BUTLER_BENCH_SLOW_FILES` how many of them lie on the mount that takes 1 ms for each call (30,000).
//!
//! Never measures a cold cache: `find` runs once before it counts. What is compared is measured in turns.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use butler_fixtures::{Codec, Container, Film, Server, SlowMount, Stage, Studio, age};

/// Files in one folder.
const IN_FOLDER: usize = 100;
/// Files that `ffprobe` looks at.
const PROBED: usize = 200;
/// Bytes of a file that are read for the least that a look at its headers takes.
const BEGINNING: usize = 64 << 10;
/// Measurements of each way.
const TURNS: usize = 5;
/// An unchanged rescan takes at most so many times what `find` takes.
const AIM: f64 = 1.0;
/// The same on the slow mount.
const SLOW_AIM: f64 = 1.0 / 8.0;
/// A page takes at most this.
const PAGE_AIM: Duration = Duration::from_millis(50);
/// The idle server's memory is at most this, in MB.
const MEMORY_AIM: f64 = 60.0;
/// `butler tasks` takes at most this of the processor.
const TASKS_AIM: Duration = Duration::from_millis(20);

fn main() -> Result<()> {
    // The worker has to be of the same build as the server, which cargo made for this bench.
    ensure!(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "-p", "butler-worker", "-p", "butler-fixtures"])
            .status()?
            .success()
    );
    let files = number("BUTLER_BENCH_FILES", 100_000)?;
    let slow_files = number("BUTLER_BENCH_SLOW_FILES", 30_000)?.min(files);
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR"))?;
    let root = stage.folders.movies();
    make(&root, 0..files)?;
    println!("{files} files in {} folders", files.div_ceil(IN_FOLDER));

    let server = stage.server()?;
    let section = server.add_section("movie", "Movies", &root)?;
    println!("memory before:      {:7.1} MB", memory_mb(&server)?);
    let first = first_scan(&server, &section, files)?;
    println!("first scan:         {first:7.2} s");
    println!("memory after it:    {:7.1} MB", memory_mb(&server)?);
    against_others(&root, files, first)?;

    let ratio = in_turns(TURNS, || rescan(&server), || find(&root))?;
    println!("unchanged rescan against find: {}", verdict(ratio, AIM));
    println!("memory after them:  {:7.1} MB", memory_mb(&server)?);
    make(&root, files..files + 1)?;
    println!("one file added:     {:7.3} s", rescan(&server)?.as_secs_f64());
    let moved = move_some(&root, files)?;
    println!("{moved} files moved:   {:7.3} s", rescan(&server)?.as_secs_f64());
    println!("memory after that:  {:7.1} MB", memory_mb(&server)?);
    pages(&server, &section, files)?;
    std::thread::sleep(Duration::from_secs(1));
    println!("memory, idle:       {} MB", verdict(memory_mb(&server)?, MEMORY_AIM));
    let tasks = processor_time(20, || ensure_success(server.butler(&["tasks"])?.status.success()))?;
    println!(
        "`butler tasks`:     {} ms of the processor",
        verdict(tasks.as_secs_f64() * 1e3, TASKS_AIM.as_secs_f64() * 1e3)
    );
    drop(server);
    slow_mount(&stage, slow_files)
}

fn ensure_success(success: bool) -> Result<()> {
    ensure!(success, "the command failed");
    Ok(())
}

fn number(name: &str, usual: usize) -> Result<usize> {
    std::env::var(name)
        .map_or(Ok(usual), |value| value.parse().with_context(|| format!("{name} is no number")))
}

/// Makes small films, each with content of its own.
fn make(root: &Path, numbers: std::ops::Range<usize>) -> Result<()> {
    let studio = Studio::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("films"))?;
    let film = fs::read(studio.film(&Film::new(Codec::Mpeg4, Container::Mkv).size(64, 36).seconds(1))?)?;
    for number in numbers {
        let path = place(root, number);
        if number % IN_FOLDER == 0 {
            fs::create_dir_all(path.parent().context("a root")?)?;
        }
        // What follows the last of its elements is no part of a film, and makes it another file.
        fs::write(&path, [&film[..], format!("{number:016}").as_bytes()].concat())?;
        age(&path)?;
    }
    Ok(())
}

fn place(root: &Path, number: usize) -> PathBuf {
    root.join(format!("Shelf {:04}", number / IN_FOLDER))
        .join(format!("Film Number {number:06} ({}).mkv", 1920 + number % 100))
}

/// Seconds from the request to the last file's headers.
fn first_scan(server: &Server, section: &str, files: usize) -> Result<f64> {
    let took = rescan(server)?;
    let all = server.get_json(&format!("/library/sections/{section}/all?X-Plex-Container-Size=1"))?;
    ensure!(
        all["MediaContainer"]["totalSize"] == files,
        "the section holds {}",
        all["MediaContainer"]["totalSize"]
    );
    Ok(took.as_secs_f64())
}

/// How a first scan of so many files stands against `ffprobe` on some of them, one after the other, and
/// against the least that reading headers takes: an open and a read a file, on one thread.
fn against_others(root: &Path, files: usize, first: f64) -> Result<()> {
    let ours = first / files as f64;
    let sample = files.min(PROBED);
    let begun = Instant::now();
    for number in 0..sample {
        let mut ffprobe = butler_fixtures::command("ffprobe");
        ffprobe.args(["-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json"]);
        // Spread over the folders.
        let probed = ffprobe.arg(place(root, number * (files / sample))).stdout(Stdio::null()).status()?;
        ensure!(probed.success(), "`ffprobe` failed");
    }
    let ffprobe = begun.elapsed().as_secs_f64() / sample as f64;
    let begun = Instant::now();
    let mut beginning = vec![0; BEGINNING];
    for number in 0..files {
        fs::File::open(place(root, number))?.read_at(&mut beginning, 0)?;
    }
    let least = begun.elapsed().as_secs_f64() / files as f64;
    println!("a file:             {:7.3} ms, {:.0} files a second", ours * 1e3, 1.0 / ours);
    println!(
        "  against ffprobe:  {:7.4} of its time; it does {:.0} files a second",
        ours / ffprobe,
        1.0 / ffprobe
    );
    println!("  against a read:   {:7.1} times its time, which is {:.3} ms", ours / least, least * 1e3);
    Ok(())
}

/// From the request to the run's end.
fn rescan(server: &Server) -> Result<Duration> {
    let begun = Instant::now();
    let id = server.post("/butler/RefreshLibraries?force=1")?.header("x-butler-outcome").to_owned();
    let id =
        id.split("run=").nth(1).and_then(|rest| rest.split(';').next()).context("no run")?.trim().to_owned();
    loop {
        let run = server.get_json(&format!("/api/v1/runs/{id}"))?;
        if !run["ended_at"].is_null() {
            ensure!(run["state"] == "completed" && run["failures"] == 0, "the run: {run:#}");
            return Ok(begun.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn find(root: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let mut find = butler_fixtures::command("find");
    let done = find.arg(root).args(["-printf", "%p %s %T@\\n"]).stdout(Stdio::null()).status()?;
    ensure!(done.success(), "`find` failed");
    Ok(begun.elapsed())
}

/// The ratio of the medians of two ways.
fn in_turns(
    turns: usize,
    mut ours: impl FnMut() -> Result<Duration>,
    mut theirs: impl FnMut() -> Result<Duration>,
) -> Result<f64> {
    theirs()?;
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        our_times.push(ours()?);
        their_times.push(theirs()?);
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    println!("medians: butler {:.3} s, find {:.3} s", ours.as_secs_f64(), theirs.as_secs_f64());
    Ok(ours.as_secs_f64() / theirs.as_secs_f64())
}

/// Renames some folders; says how many files moved by that.
fn move_some(root: &Path, files: usize) -> Result<usize> {
    let folders = (files / IN_FOLDER).min(10);
    for number in 0..folders {
        let folder = place(root, number * IN_FOLDER).parent().context("a root")?.to_owned();
        fs::rename(&folder, folder.with_file_name(format!("Moved {number:04}")))?;
    }
    Ok(folders * IN_FOLDER)
}

fn pages(server: &Server, section: &str, files: usize) -> Result<()> {
    let mut slowest = Duration::ZERO;
    for start in [0, files / 10, files / 2, files.saturating_sub(100)] {
        let page = format!(
            "/library/sections/{section}/all?X-Plex-Container-Start={start}&X-Plex-Container-Size=100"
        );
        slowest = slowest.max(timed(server, &page, &format!("films {start} to {}", start + 100))?);
    }
    for page in ["/api/v1/runs?size=100", "/api/v1/failures?size=100"] {
        slowest = slowest.max(timed(server, page, page)?);
    }
    println!("slowest page:       {} ms", verdict(slowest.as_secs_f64() * 1e3, PAGE_AIM.as_secs_f64() * 1e3));
    Ok(())
}

fn timed(server: &Server, target: &str, what: &str) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..=TURNS {
        let begun = Instant::now();
        ensure!(server.get(target)?.status == 200, "{target} failed");
        times.push(begun.elapsed());
    }
    // The first one has statements to prepare.
    let time = median(times.split_off(1));
    println!("  {what}: {:.1} ms", time.as_secs_f64() * 1e3);
    Ok(time)
}

fn slow_mount(stage: &Stage, files: usize) -> Result<()> {
    let below = stage.spare_dir().join("slow");
    make(&below, 0..files)?;
    let Some(mount) = SlowMount::if_possible(&below, Duration::from_millis(1))? else {
        println!("no FUSE here: the slow mount is left out");
        return Ok(());
    };
    println!("{files} files on a mount that takes 1 ms for each call");
    let server = stage.server_over("data-slow")?;
    let section = server.add_section("movie", "Slow", mount.path())?;
    println!("first scan:         {:7.2} s", first_scan(&server, &section, files)?);
    let ratio = in_turns(2, || rescan(&server), || find(mount.path()))?;
    println!("unchanged rescan against find: {}", verdict(ratio, SLOW_AIM));
    Ok(())
}

/// Resident memory, MB.
fn memory_mb(server: &Server) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kilobytes.context("no VmRSS")? / 1024.0)
}

/// What a command has of the processor, on average.
fn processor_time(times: u32, mut command: impl FnMut() -> Result<()>) -> Result<Duration> {
    let before = children_time()?;
    for _ in 0..times {
        command()?;
    }
    Ok((children_time()? - before) / times)
}

/// What the children that ended have had of the processor.
fn children_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("no name")?.1.split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok()).context("too few fields");
    // Fields 16 and 17, counted from the process id on; a tick is 10 ms on every Linux.
    Ok(Duration::from_millis(10) * (ticks(13)? + ticks(14)?))
}

fn verdict(value: f64, aim: f64) -> String {
    format!("{value:.3}, aim {aim:.3} {}", if value <= aim { "reached" } else { "missed" })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
