//! The whole path through the public doors: real films, the real server with its real workers, HTTP and
//! command line.
//!
//! Never looks into the data folder for an answer that a door gives. One file a subject: `asked` (what is
//! asked for is done, and no more), `asked_again` (starts beside a run that works), `previews` (what is made
//! is right), `copies` (counted alike by all doors), `library` (moves, doubles, roots, sections), `damage`
//! (files that cannot be read), `broken` (damaged ones by the hundred), `blur_hashes` (of posters and
//! photos), `chapters` (their pictures), `full_disk` (no room for anything), `gain_tags` (in music files, for other
//! players), `hangs` (what stops answering), `hardship` (what comes between while a worker reads), `lost` (what is gone from the data folder),
//! `loudness` (of films, tracks and albums), `music` (what sounds alike), `pauses` (what holds everything),
//! `run_logs` (what is told of a run later), `stopping` (starts, stops, signals, restarts), `surroundings`
//! (what the process was given: standard streams, descriptors, modes, a zone), `tags_and_photos` (what music and photos say of themselves), `scans`
//! (those that are asked for), `settings` (what they change, and their file), `showing` (items, what was made
//! of them, their pictures), `doors` (tokens, bad requests, the command line), `flood` (strangers by the
//! hundred), `upgrades` (what older versions made).
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod asked;
mod asked_again;
mod blur_hashes;
mod broken;
mod chapters;
mod copies;
mod damage;
mod doors;
mod flood;
mod full_disk;
mod gain_tags;
mod hangs;
mod hardship;
mod library;
mod lost;
mod loudness;
mod music;
mod pauses;
mod previews;
mod run_logs;
mod scans;
mod settings;
mod showing;
mod stopping;
mod surroundings;
mod tags_and_photos;
mod upgrades;

use butler_fixtures::{Codec, Container, Film, Picture, Server, Stage};

/// An empty world of a test's own.
fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// So many small films that differ: `Film 01 (2001)` and so on.
fn small_films(count: u32) -> Vec<(String, Film)> {
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).picture(Picture::TestCard).seconds(24).seed(number);
    (1..=count).map(|number| (format!("Film {number:02} ({})", 2000 + number), film(number))).collect()
}

/// So many films that take a worker a while: a quarter of an hour each, a preview every ten seconds of it.
fn long_films(count: u32) -> Vec<(String, Film)> {
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(10).repeats(90).seed(number);
    (1..=count).map(|number| (format!("Long {number:02} ({})", 1950 + number), film(number))).collect()
}

/// A server with the stage's films in a section that has been scanned; gives the section's id.
fn scanned(stage: &Stage) -> (Server, String) {
    let server = stage.server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    (server, section)
}

/// Runs a task to its end, which has to be a good one; gives the run.
fn completed(server: &Server, task: &str) -> serde_json::Value {
    let run = server.run_task(task).unwrap();
    assert_eq!(run["state"], "completed", "{run:#}");
    run
}
