//! Whole nights through the public doors: a real server with its real workers and real films, by a clock that
//! is driven.
//!
//! Never waits for a time, and never looks into the data folder. A jump of the clock looks like a suspend, a
//! faster rate does not: nights pass by the rate. One file a subject: `by_itself` (a night, a morning, a
//! kill), `window` (daylight saving, midnight, Sundays, the window moved), `end` (what the window's end
//! cuts), `switches`, `pauses`, `away` (a night that was slept through), `asap` (a new film by day).
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod asap;
mod away;
mod by_itself;
mod end;
mod pauses;
mod switches;
mod window;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use butler_fixtures::{Codec, Container, Film, Picture, Server, Signal, Stage, wait_until};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const SCAN: &str = "RefreshLibraries";
const PREVIEWS: &str = "GenerateMediaIndexFiles";
const DEEP: &str = "DeepMediaAnalysis";
const CHAPTERS: &str = "GenerateChapterThumbs";
const LOUDNESS: &str = "LoudnessAnalysis";
const MUSIC: &str = "MusicAnalysis";
const VOICE: &str = "ButlerTaskGenerateVoiceActivity";
const BLURS: &str = "GenerateBlurHashes";
const UPGRADES: &str = "UpgradeMediaAnalysis";
const LOGS: &str = "ButlerTaskCleanSupplementalLogFiles";
/// The tasks of every night.
const DAILY: [&str; 10] = [SCAN, PREVIEWS, DEEP, CHAPTERS, LOUDNESS, MUSIC, VOICE, BLURS, UPGRADES, LOGS];
/// Those of a first night: a backup is due then too, and not again for three days; so is what keeps house
/// once a week.
const FIRST: [&str; 16] = [
    SCAN,
    PREVIEWS,
    DEEP,
    CHAPTERS,
    LOUDNESS,
    MUSIC,
    VOICE,
    BLURS,
    UPGRADES,
    LOGS,
    "BackupDatabase",
    "CleanOldBundles",
    "CleanOldCacheFiles",
    "GarbageCollectBlobs",
    "GarbageCollectLibraryMedia",
    "OptimizeDatabase",
];

/// The rate for hours in which nothing has to happen: one passes in the twentieth part of a second. Where
/// something has to, the clock goes as fast as the machine's: however slow that is, no window ends before its
/// tasks.
const FAST: u32 = 72_000;

/// An empty world of a test's own.
fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// So many small films that differ: a minute each.
fn small_films(count: u32) -> Vec<(String, Film)> {
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).picture(Picture::TestCard).seconds(24).seed(number);
    (1..=count).map(|number| (format!("Film {number:02} ({})", 2000 + number), film(number))).collect()
}

/// So many films of ten minutes each.
fn films_of_ten_minutes(count: u32) -> Vec<(String, Film)> {
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).size(480, 270).seconds(10).repeats(60).seed(number);
    (1..=count).map(|number| (format!("Film {number:02} ({})", 1980 + number), film(number))).collect()
}

/// So many films that take a worker a while: a quarter of an hour each, a preview every ten seconds of it.
fn long_films(count: u32) -> Vec<(String, Film)> {
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(10).repeats(90).seed(number);
    (1..=count).map(|number| (format!("Long {number:02} ({})", 1950 + number), film(number))).collect()
}

/// Puts films among the movies that were last changed long before any clock of these tests.
fn add(stage: &Stage, films: &[(String, Film)]) -> Vec<PathBuf> {
    let paths = stage.add_movies(films).unwrap();
    paths.iter().for_each(|path| date_back(path));
    paths
}

fn date_back(path: &Path) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000)).unwrap();
}

/// A server with the stage's films in a section that has not been scanned, at a moment in Berlin.
fn evening(stage: &Stage, at: &str) -> Server {
    let server = stage.server_at(at, "Europe/Berlin").unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    server
}

/// Changes preferences: `ButlerStartHour=3&ButlerEndHour=6`.
fn set(server: &Server, preferences: &str) {
    let answer = server.put(&format!("/:/prefs?{preferences}")).unwrap();
    assert_eq!(answer.status, 200, "{preferences}: {}", answer.text());
}

/// Lets the clock go to a moment, and on from there as fast as the machine's.
fn pass(server: &Server, until: &str) {
    server.hurry_clock(until, FAST).unwrap();
    wait_until(&format!("the clock is past {until}"), || moment(&server.clock().unwrap()) >= moment(until))
        .unwrap();
}

/// Lets the clock go to a minute after a window's end, which stops the newest run of a task; gives the run.
/// Its films in hand come no further meanwhile, so that it is not complete before, however fast the machine.
fn cut(server: &Server, task: &str, end: &str) -> Value {
    server.signal_workers(Signal::STOP).unwrap();
    pass(server, &(moment(end) + SignedDuration::from_mins(1)).to_string());
    let run = newest(server, task, "has ended", |run| run["ended_at"].is_string());
    server.signal_workers(Signal::CONT).unwrap();
    assert_eq!((&run["state"], &run["reason_code"]), (&"stopped".into(), &"window-ended".into()), "{run:#}");
    run
}

/// Nothing was asked for before a moment.
fn assert_quiet_until(server: &Server, until: &str) {
    let early: Vec<Value> = runs(server)
        .into_iter()
        .filter(|run| moment(run["asked_at"].as_str().unwrap()) < moment(until))
        .collect();
    assert_eq!(early, Vec::<Value>::new(), "nothing begins before {until}");
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no moment"))
}

/// All runs, the oldest first.
fn runs(server: &Server) -> Vec<Value> {
    let mut runs = server.get_json("/api/v1/runs?size=200").unwrap()["runs"].as_array().unwrap().clone();
    runs.reverse();
    runs
}

/// The runs of one task, the oldest first.
fn runs_of(server: &Server, task: &str) -> Vec<Value> {
    runs(server).into_iter().filter(|run| run["task"] == task).collect()
}

/// Waits until the newest run of a task is as wanted, and gives it.
fn newest(server: &Server, task: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut found = Value::Null;
    let waited = wait_until(&format!("the newest run of {task} {what}"), || {
        found = runs_of(server, task).pop().unwrap_or(Value::Null);
        wanted(&found)
    });
    waited.unwrap_or_else(|error| {
        panic!("{error}; it is {} and the newest run is {found:#}", server.clock().unwrap())
    });
    found
}

/// Waits until a task has completed for a day; gives its run.
fn completed(server: &Server, task: &str, day: &str) -> Value {
    newest(server, task, &format!("has completed for {day}"), |run| {
        run["state"] == "completed" && run["day"] == day
    })
}

/// Waits until these tasks have completed for a day; gives their runs.
fn work(server: &Server, tasks: &[&str], day: &str) -> Vec<Value> {
    tasks.iter().map(|task| completed(server, task, day)).collect()
}

/// Whether a run began in this half-open span.
fn began_in(run: &Value, from: &str, until: &str) -> bool {
    run["started_at"].as_str().map(moment).is_some_and(|at| at >= moment(from) && at < moment(until))
}

/// How many parts of the section of films have previews, and how many there are.
fn previews(server: &Server) -> (usize, usize) {
    let parts = server.parts("1").unwrap();
    (parts.iter().filter(|part| part.has_preview).count(), parts.len())
}
