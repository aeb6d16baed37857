//! `cargo bench -p butler --bench quiet`: what a player waits for that reads 10 MB a second of one file,
//! while a night reads others whole on the same disk: with nobody beside it, beside a program that reads as
//! it likes, beside a night with as many readers as processors, with the settings as they are, and with a
//! rate. `BUTLER_BENCH_FILMS` says how many films the night has (6), `BUTLER_BENCH_MB` how large each is
//! (512).
//!
//! The player's file and the films are brought out of memory before each turn (`posix_fadvise`), and lie
//! below cargo's target folder: it measures the disk that holds that. What the disk's own memory keeps it
//! does not reach. The films are kept from one time to the next.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use butler_fixtures::{Server, Stage, age};
use rustix::fs::{Advice, fadvise};

/// Bytes that the player asks for at a time, and how often: 10 MB a second.
const BITE: usize = 250_000;
const EVERY: Duration = Duration::from_millis(25);
/// So long a turn lasts, if the night does.
const TURN: Duration = Duration::from_secs(20);
/// What is read without a stop beside the player, at a time.
const GULP: usize = 1 << 20;
/// Bytes of a second of a film, whose pictures are not packed.
const FILM_BYTES_A_SECOND: usize = 640 * 360 * 3 / 2 * 25;
/// Megabytes a second of the night that has a rate.
const RATE: u32 = 20;
/// A player keeps at least so much ahead: who is behind by less shows every picture in time.
const AHEAD: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    // The worker has to be of the same build as the server, which cargo made for this bench.
    let mut build = butler_fixtures::command(env!("CARGO"));
    build.args(["build", "--quiet", "-p", "butler-worker"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    ensure!(build.status()?.success());
    let films = number("BUTLER_BENCH_FILMS", 6)?;
    let megabytes = number("BUTLER_BENCH_MB", 512)?;
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("quiet-{megabytes}"));
    let movies = place.join("movies");
    let all: Vec<PathBuf> =
        (0..films).map(|number| film(&movies, number, megabytes)).collect::<Result<_>>()?;
    let played = film(&place, films, megabytes)?;
    println!("{films} films of {megabytes} MB, and one that is played at 10 MB/s, on {}", disk(&place)?);

    let alone = play(&played, &AtomicBool::new(false))?;
    alone.print("alone", None, None);
    let (waits, read) = beside_a_program(&played, &all)?;
    waits.print("a program beside it", Some(&alone), Some(read));
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR"))?;
    let rate = format!("ButlerMaxReadRate={RATE}");
    let nights = [
        ("a night without limits", "ButlerReadersPerDisk=0"),
        ("a night as it is", ""),
        ("a night with a rate", rate.as_str()),
    ];
    for (number, (name, settings)) in nights.into_iter().enumerate() {
        let server = stage.server_over(&format!("night-{number}"))?;
        let (waits, read) = beside_a_night(&server, &movies, settings, &played, &all)?;
        waits.print(name, Some(&alone), Some(read));
        if number == 1 {
            let word = if waits.behind <= AHEAD { "reached" } else { "MISSED" };
            println!("  behind by at most {} s: {word}", AHEAD.as_secs());
        }
    }
    Ok(())
}

fn number(name: &str, usual: usize) -> Result<usize> {
    std::env::var(name)
        .map_or(Ok(usual), |value| value.parse().with_context(|| format!("{name} is no number")))
}

/// What a player waited for.
struct Waits {
    /// For each bite, the shortest first.
    each: Vec<Duration>,
    /// By how much the latest one was later than at the player's pace.
    behind: Duration,
}

impl Waits {
    fn print(&self, name: &str, alone: Option<&Self>, beside: Option<f64>) {
        let ms = |wait: Duration| wait.as_secs_f64() * 1e3;
        let (hundredth, longest) = (ms(self.hundredth()), ms(self.longest()));
        print!("{name:24} 99 of 100 waits {hundredth:8.2} ms  longest {longest:8.1} ms");
        print!("  behind {:7.1} ms", ms(self.behind));
        if let Some(alone) = alone {
            let times = |ours: f64, theirs: Duration| ours / ms(theirs).max(1e-3);
            let (hundredth, longest) = (times(hundredth, alone.hundredth()), times(longest, alone.longest()));
            print!("  {hundredth:7.1} and {longest:6.1} times alone");
        }
        println!("{}", beside.map_or_else(String::new, |read| format!("  beside {read:6.1} MB/s")));
    }

    /// That which only one in a hundred is longer than.
    fn hundredth(&self) -> Duration {
        self.each.get(self.each.len() * 99 / 100).copied().unwrap_or_default()
    }

    fn longest(&self) -> Duration {
        self.each.last().copied().unwrap_or_default()
    }
}

/// Reads a film as a player does, for a turn or until that is over.
fn play(film: &Path, is_over: &AtomicBool) -> Result<Waits> {
    let file = File::open(film)?;
    let size = file.metadata()?.len();
    forget(film)?;
    let (begun, mut bite, mut place) = (Instant::now(), vec![0; BITE], 0);
    let (mut each, mut behind) = (Vec::new(), Duration::ZERO);
    while begun.elapsed() < TURN && !is_over.load(Ordering::Relaxed) {
        if place + BITE as u64 > size {
            forget(film)?;
            place = 0;
        }
        let due = begun + EVERY * u32::try_from(each.len())?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let asked = Instant::now();
        file.read_exact_at(&mut bite, place)?;
        place += BITE as u64;
        each.push(asked.elapsed());
        behind = behind.max(due.elapsed());
    }
    ensure!(each.len() > 100, "the night was over before anything could be measured: BUTLER_BENCH_FILMS");
    each.sort_unstable();
    Ok(Waits { each, behind })
}

/// A program that reads the films one after the other, as fast as it can; and how many megabytes a second
/// those were.
fn beside_a_program(played: &Path, films: &[PathBuf]) -> Result<(Waits, f64)> {
    films.iter().try_for_each(|film| forget(film))?;
    let (is_over, begun) = (AtomicBool::new(false), Instant::now());
    thread::scope(|scope| {
        let program = scope.spawn(|| {
            let (mut gulp, mut read) = (vec![0; GULP], 0);
            'all: for film in films {
                let file = File::open(film)?;
                let mut place = 0;
                loop {
                    match file.read_at(&mut gulp, place)? {
                        0 => break,
                        bytes => place += bytes as u64,
                    }
                    if is_over.load(Ordering::Relaxed) {
                        read += place;
                        break 'all;
                    }
                }
                read += place;
            }
            is_over.store(true, Ordering::Relaxed);
            anyhow::Ok(read as f64 / 1e6 / begun.elapsed().as_secs_f64())
        });
        let waits = play(played, &is_over);
        is_over.store(true, Ordering::Relaxed);
        let read = program.join().ok().context("the program panicked")??;
        Ok((waits?, read))
    })
}

/// A night that measures the films' loudness, for which each is read whole; and how many megabytes a second
/// it read.
fn beside_a_night(
    server: &Server,
    movies: &Path,
    settings: &str,
    played: &Path,
    films: &[PathBuf],
) -> Result<(Waits, f64)> {
    server.add_section("movie", "Movies", movies)?;
    server.run_task("RefreshLibraries")?;
    if !settings.is_empty() {
        let answer = server.put(&format!("/api/v1/settings?{settings}"))?;
        ensure!(answer.status == 200, "{settings}: {}", answer.text());
    }
    films.iter().try_for_each(|film| forget(film))?;
    let run = format!("/api/v1/runs/{}", server.start_task("LoudnessAnalysis")?);
    let (is_over, begun) = (AtomicBool::new(false), Instant::now());
    thread::scope(|scope| {
        let night = scope.spawn(|| {
            loop {
                let run = server.get_json(&run)?;
                if is_over.load(Ordering::Relaxed) || !run["ended_at"].is_null() {
                    is_over.store(true, Ordering::Relaxed);
                    ensure!(run["failures"] == 0, "the run: {run:#}");
                    let read = run["bytes_read"].as_f64().context("no `bytes_read`")?;
                    return Ok(read / 1e6 / begun.elapsed().as_secs_f64());
                }
                thread::sleep(Duration::from_millis(200));
            }
        });
        let waits = play(played, &is_over);
        is_over.store(true, Ordering::Relaxed);
        let read = night.join().ok().context("the night panicked")??;
        Ok((waits?, read))
    })
}

/// Brings a file out of the kernel's memory.
fn forget(file: &Path) -> Result<()> {
    let file = File::open(file)?;
    // What is not written yet stays.
    file.sync_all()?;
    Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
}

/// The disk that holds a folder, as a server tells it.
fn disk(place: &Path) -> Result<String> {
    let disks = butler_library::Disks::now();
    let found = disks.of(&place.canonicalize()?).iter();
    Ok(found.map(|disk| format!("{} ({})", disk.name, disk.kind.as_str())).collect::<Vec<_>>().join(" and "))
}

/// A film that is made once and kept, each with sound of its own.
fn film(folder: &Path, number: usize, megabytes: usize) -> Result<PathBuf> {
    let film = folder.join(format!("Film Number {number} (19{:02}).mkv", number % 100));
    if !film.exists() {
        println!("Making {}, once", film.display());
        fs::create_dir_all(folder)?;
        let seconds = (megabytes * 1_000_000).div_ceil(FILM_BYTES_A_SECOND);
        let whole = folder.join("being-made");
        let words = format!(
            "-nostdin -v error -y -f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=f={}:r=48000 -t \
             {seconds} -pix_fmt yuv420p -c:v rawvideo -c:a flac -f matroska",
            220 + 10 * number
        );
        let mut ffmpeg = butler_fixtures::command("ffmpeg");
        ensure!(ffmpeg.args(words.split_whitespace()).arg(&whole).status()?.success(), "ffmpeg failed");
        fs::rename(whole, &film)?;
        age(&film)?;
    }
    Ok(film)
}
