//! A data folder on a disk that is full: what is refused, what goes on all the same, and what is there once
//! there is room again.

use std::path::Path;
use std::process::Stdio;

use butler_fixtures::{Server, Signal, SmallDisk, wait_until};
use serde_json::Value;

use super::{completed, small_films, stage};

/// Room for a small library, and for the reserve.
const DISK: u64 = 32 << 20;

/// A server whose data are on the disk; its log is not.
fn server_on(disk: &SmallDisk) -> Server {
    let butler = Path::new(env!("CARGO_BIN_EXE_butler"));
    Server::start_by(butler, &disk.path().join("data"), |command| _ = command.stderr(Stdio::inherit()))
        .unwrap()
}

fn check(server: &Server, name: &str) -> Option<String> {
    let health = server.get_json("/healthz").unwrap();
    let checks = health["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name)?;
    assert_eq!(health["status"], "degraded", "{health:#}");
    Some(check["message"].as_str().unwrap().to_owned())
}

/// Fills the disk, and the room that the database has within its own files.
fn fill(disk: &SmallDisk, server: &Server) {
    disk.fill().unwrap();
    let is_refused = |hour: u32| {
        let answer = server.put(&format!("/api/v1/settings?ButlerStartHour={}", hour % 2)).unwrap();
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status == 200 || (answer.status == 507 && text.contains("disk")), "{text}");
        answer.status == 507
    };
    assert!((0..10_000).any(is_refused), "there is room without end");
    wait_until("nothing can be stored", || check(server, "database").is_some()).unwrap();
}

fn words(server: &Server, arguments: &[&str]) -> (Option<i32>, String) {
    let output = server.butler(arguments).unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn run(server: &Server, id: &Value) -> Value {
    server.get_json(&format!("/api/v1/runs/{id}")).unwrap()
}

#[test]
fn on_a_full_disk_nothing_is_called_done_that_is_not_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::if_possible(DISK).unwrap() else { return };
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let server = server_on(&disk);
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    assert_eq!(server.put("/api/v1/settings?ButlerMinFreeSpace=1").unwrap().status, 200);
    assert_eq!((check(&server, "disk"), check(&server, "database")), (None, None));

    fill(&disk, &server);
    assert!(check(&server, "disk").unwrap().contains("`ButlerMinFreeSpace`"));
    let (code, said) = words(&server, &["pause"]);
    assert!(code != Some(0) && said.contains("is full"), "{said}");
    assert_eq!(server.get_json("/api/v1/pauses").unwrap()["pauses"], Value::Array(Vec::new()));
    let hour = server.get_json("/api/v1/settings/ButlerStartHour").unwrap();

    // It can't be stored, and works all the same: who asks for it is told how it is.
    let scan = server.start_task("RefreshLibraries").unwrap();
    server.wait_for_run(&scan, |run| run["ended_at"].is_string()).unwrap();
    let (_, said) = words(&server, &["start", "RefreshLibraries", "--force", "--wait"]);
    assert!(!said.contains("There is no run"), "{said}");
    let preview = server.start_task("GenerateMediaIndexFiles").unwrap();
    let preview = server.wait_for_run(&preview, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(preview["state"], "failed", "{preview:#}");
    assert!(preview["reason"].as_str().unwrap().contains("full"), "{preview:#}");
    assert_eq!(server.failures().unwrap(), Vec::<Value>::new(), "no film is blamed");
    let sections = server.get_json("/library/sections").unwrap();
    assert_eq!(sections["MediaContainer"]["Directory"][0]["refreshing"], false, "{sections:#}");
    let listed = server.get_json("/api/v1/runs?size=3").unwrap();
    assert_eq!(listed["runs"][0]["id"], preview["id"], "{listed:#}");
    let unstored = run(&server, &scan);

    disk.make_room().unwrap();
    // Health is told of runs too that could not be stored, until they are.
    wait_until("there is room again", || check(&server, "database").is_none()).unwrap();
    assert_eq!(check(&server, "disk"), None);
    completed(&server, "GenerateMediaIndexFiles");
    assert!(server.parts(&section).unwrap()[0].has_preview);
    assert!(server.stop(Signal::TERM).unwrap().success());
    let server = server_on(&disk);
    let stored = run(&server, &scan);
    for part in ["task", "state", "reason", "origin", "done", "total", "failures", "report"] {
        assert_eq!(stored[part], unstored[part], "{part} of {stored:#} was {unstored:#}");
    }
    assert_eq!(run(&server, &preview["id"])["state"], "failed");
    assert_eq!(server.get_json("/api/v1/settings/ButlerStartHour").unwrap(), hour);
}

#[test]
fn a_server_starts_on_a_full_disk_and_says_what_it_cannot_do() {
    let Some(disk) = SmallDisk::if_possible(DISK).unwrap() else { return };
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let server = server_on(&disk);
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    // As after a power cut; what it leaves takes its room.
    server.kill().unwrap();
    disk.fill().unwrap();
    let server = server_on(&disk);
    assert_eq!(server.parts(&section).unwrap().len(), 1);
    assert_eq!(words(&server, &["sections", "list"]).0, Some(0), "commands find it");
    fill(&disk, &server);
    assert!(words(&server, &["pause"]).1.contains("is full"));
    disk.make_room().unwrap();
    wait_until("there is room again", || check(&server, "database").is_none()).unwrap();
    assert_eq!(words(&server, &["pause"]).0, Some(0));
}

#[test]
fn on_a_disk_that_stays_full_every_start_serves_however_the_one_before_ended() {
    let Some(disk) = SmallDisk::if_possible(DISK).unwrap() else { return };
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let mut server = server_on(&disk);
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    fill(&disk, &server);
    for start in 1..=8 {
        if start % 3 == 0 {
            server.kill().unwrap();
        } else {
            assert!(server.stop(Signal::TERM).unwrap().success(), "before start {start}");
        }
        // Whoever else writes there takes what an end gives back.
        disk.fill().unwrap();
        server = server_on(&disk);
        assert_eq!(server.parts(&section).unwrap().len(), 1);
        assert_eq!(words(&server, &["sections", "list"]).0, Some(0), "commands find it at start {start}");
        fill(&disk, &server);
        assert!(words(&server, &["pause"]).1.contains("is full"));
    }
    disk.make_room().unwrap();
    wait_until("there is room again", || check(&server, "database").is_none()).unwrap();
    completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(words(&server, &["pause"]).0, Some(0));
    assert!(server.stop(Signal::TERM).unwrap().success());
    let server = server_on(&disk);
    assert_eq!(server.get_json("/api/v1/pauses").unwrap()["pauses"].as_array().unwrap().len(), 1);
    assert!(server.parts(&section).unwrap()[0].has_preview);
}
