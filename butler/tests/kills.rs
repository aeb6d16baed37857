//! Forty films, and server and worker killed with SIGKILL at moments that a seed draws: in the end every
//! preview is there, byte for byte what an undisturbed run makes, with no stray file and a sound database.
//!
//! Never kinder than a power cut: no signal that could be handled, no waiting for a good moment. The seed is
//! printed; `BUTLER_KILLS_SEED` brings its moments back or draws others.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use butler_fixtures::{Codec, Container, Film, Random, Server, Signal, Stage, wait_until};
use rusqlite::{Connection, OpenFlags};

const FILMS: u32 = 40;
const SEED: u64 = 40;
const SERVER_KILLS: u32 = 12;
const TASKS: [&str; 2] = ["RefreshLibraries", "GenerateMediaIndexFiles"];

#[test]
fn kills_at_any_moment_cost_no_film_and_leave_nothing_behind() {
    let seed = std::env::var("BUTLER_KILLS_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    println!("the seed of the kills: {seed}");
    let mut random = Random::seeded(seed);
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap();
    let film =
        |number| Film::new(Codec::H264, Container::Mkv).size(480, 270).seconds(10).repeats(60).seed(number);
    let films: Vec<_> =
        (1..=FILMS).map(|number| (format!("Film {number:02} ({})", 1980 + number), film(number))).collect();
    stage.add_movies(&films).unwrap();

    let undisturbed = stage.server_over("undisturbed").unwrap();
    undisturbed.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    run_all(&undisturbed);
    let wanted = previews(&undisturbed);
    assert_eq!(wanted.len(), FILMS as usize);
    undisturbed.stop(Signal::TERM).unwrap();

    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    server.stop(Signal::TERM).unwrap();
    for _ in 0..SERVER_KILLS {
        let server = stage.server().unwrap();
        for task in TASKS {
            // Whether it starts, runs already or waits is all the same here.
            assert!(server.post(&format!("/butler/{task}")).unwrap().status < 300);
        }
        for _ in 0..random.between(0, 3) {
            sleep(Duration::from_millis(random.between(0, 100)));
            server.kill_a_worker();
        }
        sleep(Duration::from_millis(random.between(0, 250)));
        println!("killing the server with {} previews there", files(&stage.data_dir().join("blobs")).len());
        server.kill().unwrap();
    }

    let server = stage.server().unwrap();
    run_all(&server);
    let got = previews(&server);
    assert_eq!(got.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (file, bytes) in &got {
        assert!(*bytes == wanted[file], "the preview of {file} differs from an undisturbed run's");
    }
    assert_eq!(server.failures().unwrap(), Vec::<serde_json::Value>::new());
    server.stop(Signal::TERM).unwrap();
    assert_eq!(files(&stage.data_dir().join("staging")), Vec::<PathBuf>::new());
    assert_eq!(files(&stage.data_dir().join("blobs")).len(), FILMS as usize, "stray or missing blobs");
    assert_sound(&stage.data_dir().join("butler.db"));
}

/// Runs both tasks to a good end, after whatever a crash left running has ended.
fn run_all(server: &Server) {
    wait_until("no run is left over", || {
        let runs = server.get_json("/api/v1/runs").unwrap();
        runs["runs"].as_array().unwrap().iter().all(|run| run["ended_at"].is_string())
    })
    .unwrap();
    for task in TASKS {
        let run = server.run_task(task).unwrap();
        assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
    }
}

/// The previews of all films, by file.
fn previews(server: &Server) -> BTreeMap<String, Vec<u8>> {
    let parts = server.parts("1").unwrap();
    assert!(parts.iter().all(|part| part.has_preview), "{parts:#?}");
    parts.into_iter().map(|part| (part.file, server.preview(part.id).unwrap())).collect()
}

fn assert_sound(database: &Path) {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut broken = connection.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!broken.exists([]).unwrap(), "a foreign key points nowhere");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
