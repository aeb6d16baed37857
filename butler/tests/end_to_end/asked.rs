//! What a person asks for by force is done, and no more: of a path only that path, of a file only that file;
//! and it uses up none of the nights' tries.

use std::path::Path;

use butler_fixtures::Server;
use serde_json::Value;

use super::{completed, scanned, small_films, stage};

fn failure_of(server: &Server, name: &str) -> Value {
    let failures = server.failures().unwrap();
    failures.into_iter().find(|failure| failure["part"].as_str().unwrap().contains(name)).unwrap()
}

/// When a film's preview was made.
fn made_at(server: &Server, film: &Path) -> Value {
    let shown = server.butler_json(&["show", film.to_str().unwrap()]).unwrap();
    let products = shown["products"].as_array().unwrap();
    products.iter().find(|product| product["product"] == "bif").unwrap()["made_at"].clone()
}

#[test]
fn a_refresh_of_a_path_tries_no_file_outside_of_it_and_forced_starts_use_up_no_nights_try() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    for name in ["One (1984)/One (1984).mkv", "Two (1985)/Two (1985).mkv"] {
        stage.folders.add_bytes(name, format!("{name} is no film\n").repeat(9_000).as_bytes()).unwrap();
    }
    let (server, section) = scanned(&stage);
    let before = failure_of(&server, "Two");
    let path = stage.folders.movies().join("One (1984)");
    let words = ["sections", "refresh", &section, "--path", path.to_str().unwrap(), "--wait"];
    let run = server.butler_json(&words).unwrap()[0]["result"].clone();
    assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &1.into()), "{run:#}");
    assert_eq!(failure_of(&server, "Two"), before, "it was not asked for");

    for _ in 0..3 {
        server.butler_json(&["start", "RefreshLibraries", "--force", "--wait"]).unwrap();
    }
    for name in ["One", "Two"] {
        let failure = failure_of(&server, name);
        assert_eq!(failure["tries"], 1, "{failure:#}");
        assert!(!failure["next_try"].is_null(), "a night to come tries it: {failure:#}");
    }
    assert_ne!(failure_of(&server, "Two")["run"], before["run"], "it was tried");
}

#[test]
fn what_is_made_anew_now_is_that_file_alone_and_those_that_wait_are_made_by_one_run() {
    let stage = stage();
    let films = stage.add_movies(&small_films(3)).unwrap();
    let (server, _section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    stage.folders.add_bytes("Cut (1984).mkv", &b"no film\n".repeat(9_000)).unwrap();
    completed(&server, "RefreshLibraries");
    let made = |film: usize| made_at(&server, &films[film]);
    let before = [made(0), made(1), made(2)];
    let failed = failure_of(&server, "Cut");

    let remake = |film: usize| {
        let words = ["remake", films[film].to_str().unwrap(), "--products", "bif", "--now"];
        server.butler_json(&words).unwrap()["started"][0].clone()
    };
    // Both wait while everything is held.
    assert!(server.butler(&["pause"]).unwrap().status.success());
    let (first, second) = (remake(0), remake(1));
    assert_eq!(first["run"], second["run"], "{first:#} {second:#}");
    assert!(server.butler(&["resume"]).unwrap().status.success());
    let run = server.wait_for_run(&first["run"], |run| run["state"] == "completed").unwrap();
    assert_eq!(
        (&run["total"], &run["failures"], &run["files"]),
        (&2.into(), &0.into(), &2.into()),
        "{run:#}"
    );
    assert!(made(0) != before[0] && made(1) != before[1] && made(2) == before[2]);
    assert_eq!(failure_of(&server, "Cut"), failed, "it was not asked for");
}
