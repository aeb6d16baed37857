//! Pauses against real workers: what is frozen harms nothing, what drains ends, and a person's pause outlives
//! the server.

use std::fs;
use std::time::Duration;

use butler_fixtures::{Server, wait_until};
use serde_json::Value;

use super::{completed, long_films, scanned, small_films, stage};

const BIF: &str = "GenerateMediaIndexFiles";

/// Its workers that are stopped.
fn frozen(server: &Server) -> Vec<u32> {
    let is_stopped =
        |pid: &u32| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "));
    server.worker_pids().into_iter().filter(is_stopped).collect()
}

fn pause(server: &Server, how: &str) {
    let answer = server.put(&format!("/api/v1/pauses/person{how}")).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn files_in_hand(run: &Value) -> usize {
    run["live"]["files"].as_array().map_or(0, Vec::len)
}

fn previews(server: &Server, section: &str) -> Vec<Vec<u8>> {
    server.parts(section).unwrap().iter().map(|part| server.preview(part.id).unwrap()).collect()
}

/// Megabytes a second, 0: as fast as can be. A film that is read so may be done before it is frozen.
fn read_at_most(server: &Server, rate: u32) {
    let answer = server.put(&format!("/api/v1/settings?ButlerMaxReadRate={rate}")).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn films_in_hand_that_are_frozen_for_longer_than_the_patience_are_finished_by_the_same_workers() {
    let stage = stage();
    stage.add_movies(&long_films(8)).unwrap();
    let server = stage.impatient_server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    read_at_most(&server, 1);
    let run = server.start_task(BIF).unwrap();
    server.wait_for_run(&run, |run| run["done"].as_u64() >= Some(1) && files_in_hand(run) > 0).unwrap();
    pause(&server, "?note=guests");
    read_at_most(&server, 0);
    wait_until("a worker is frozen", || !frozen(&server).is_empty()).unwrap();
    let (held, run_then) =
        (frozen(&server), server.wait_for_run(&run, |run| run["state"] == "paused").unwrap());
    assert_eq!(run_then["reason_code"], "held", "{run_then:#}");
    assert!(run_then["reason"].as_str().unwrap().contains("guests"), "{run_then:#}");
    // Patience is two seconds of this machine's: there is no state that says that they are over.
    std::thread::sleep(Duration::from_secs(3));
    assert!(held.iter().all(|pid| frozen(&server).contains(pid)), "nobody took them for hung");
    let held = frozen(&server);
    assert_eq!(server.delete("/api/v1/pauses/person").unwrap().status, 200);
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
    // One that is idle in the end may go; one that fell would be told of.
    assert!(held.iter().any(|pid| server.worker_pids().contains(pid)), "no worker that was frozen went on");
    assert!(!server.log_tail().contains("worker unit="), "a worker fell: {}", server.log_tail());
    let made = previews(&server, &section);
    drop(server);

    let server = stage.server_over("other").unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    completed(&server, BIF);
    assert!(previews(&server, &section) == made, "the bytes are those of a run that nobody paused");
}

#[test]
fn a_frozen_run_is_stopped_while_it_is_frozen_and_a_frozen_worker_that_is_killed_costs_no_film() {
    let stage = stage();
    stage.add_movies(&long_films(12)).unwrap();
    let (server, section) = scanned(&stage);
    read_at_most(&server, 1);
    let run = server.start_task(BIF).unwrap();
    server.wait_for_run(&run, |run| files_in_hand(run) > 0).unwrap();
    pause(&server, "");
    wait_until("a worker is frozen", || !frozen(&server).is_empty()).unwrap();
    assert_eq!(server.delete(&format!("/butler/{BIF}")).unwrap().status, 200);
    let stopped = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(stopped["state"], "stopped", "{stopped:#}");
    wait_until("no worker is held any more", || frozen(&server).is_empty()).unwrap();

    assert_eq!(server.delete("/api/v1/pauses").unwrap().status, 200);
    let run = server.start_task(BIF).unwrap();
    server.wait_for_run(&run, |run| files_in_hand(run) > 0).unwrap();
    pause(&server, "");
    wait_until("a worker is frozen", || !frozen(&server).is_empty()).unwrap();
    read_at_most(&server, 0);
    for pid in frozen(&server) {
        butler_fixtures::send(pid, butler_fixtures::Signal::KILL).unwrap();
    }
    assert_eq!(server.delete("/api/v1/pauses").unwrap().status, 200);
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
    assert!(server.parts(&section).unwrap().iter().all(|part| part.has_preview));
}

#[test]
fn a_pause_that_drains_ends_what_is_in_hand_and_begins_nothing() {
    let stage = stage();
    stage.add_movies(&long_films(12)).unwrap();
    let (server, _section) = scanned(&stage);
    let run = server.start_task(BIF).unwrap();
    server.wait_for_run(&run, |run| files_in_hand(run) > 0).unwrap();
    pause(&server, "?drain=1");
    let drained = server.wait_for_run(&run, |run| files_in_hand(run) == 0).unwrap();
    assert!(drained["ended_at"].is_null() && drained["done"].as_u64() < Some(12), "{drained:#}");
    assert!(frozen(&server).is_empty());
    let waits = server.start_task("DeepMediaAnalysis").unwrap();
    assert_eq!(server.wait_for_run(&waits, |run| run["reason_code"] == "held").unwrap()["state"], "queued");
    assert_eq!(server.delete("/api/v1/pauses/person").unwrap().status, 200);
    for run in [run, waits] {
        let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
        assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
    }
}

#[test]
fn a_persons_pause_is_told_everywhere_and_outlives_a_killed_server() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let (server, section) = scanned(&stage);
    let said = server.butler(&["pause", "--for", "3h", "--note", "guests"]).unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.starts_with("Everything is paused by a person since ") && said.ends_with(": guests\n"),
        "{said}"
    );
    let run = server.start_task(BIF).unwrap();
    server.kill().unwrap();

    let server = stage.server().unwrap();
    assert_eq!(server.get_json("/healthz").unwrap()["paused_by"][0], "person");
    for list in [&["runs"][..], &["tasks"]] {
        let text = String::from_utf8(server.butler(list).unwrap().stdout).unwrap();
        assert!(text.lines().next().is_some_and(|line| line == said.trim_end()), "{text}");
    }
    assert_eq!(server.wait_for_run(&run, |run| run["reason_code"] == "held").unwrap()["state"], "queued");
    let lifted = server.butler(&["resume"]).unwrap();
    assert_eq!(String::from_utf8(lifted.stdout).unwrap(), "1 pause lifted.\n");
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(run["state"], "completed", "{run:#}");
    assert!(server.parts(&section).unwrap().iter().all(|part| part.has_preview));
}

#[test]
fn a_pause_that_makes_no_sense_is_refused_with_the_reason() {
    let server = stage().server().unwrap();
    for (wrong, word) in [
        ("person?for=soon", "30m"),
        ("person?for=-5m", "30m"),
        ("person?drain=maybe", "drain"),
        ("cat", "person, playback"),
    ] {
        let answer = server.put(&format!("/api/v1/pauses/{wrong}")).unwrap();
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.text().contains(word), "{}", answer.text());
    }
    let refused = server.butler(&["pause", "--for", "soon"]).unwrap();
    assert!(!refused.status.success());
    assert_eq!(server.get_json("/api/v1/pauses").unwrap()["pauses"].as_array().unwrap().len(), 0);
}

#[test]
fn a_driven_clock_is_there_only_where_it_was_asked_for() {
    let stage = stage();
    let server = stage.server_at("2027-03-27T20:00:00Z", "Europe/Berlin").unwrap();
    assert!(server.clock().unwrap().starts_with("2027-03-27T20:00:"));
    assert!(server.set_clock(Some("2027-03-28T00:30:00Z"), None).unwrap().starts_with("2027-03-28T00:30:"));
    // Three seconds later the window opens, at three in the morning of a day that has no two o'clock.
    server.hurry_clock("2027-03-28T01:00:00Z", 600).unwrap();
    wait_until("the window's scan began", || {
        let runs = server.get_json("/api/v1/runs?task=RefreshLibraries").unwrap();
        runs["runs"].as_array().is_some_and(|runs| {
            runs.iter().any(|run| run["origin"] == "window" && run["state"] == "completed")
        })
    })
    .unwrap();
    let runs = server.get_json("/api/v1/runs?task=RefreshLibraries").unwrap();
    let started = runs["runs"][0]["started_at"].as_str().unwrap().to_owned();
    assert!(started.starts_with("2027-03-28T01:00:"), "{started}");
    drop(server);
    let server = stage.server().unwrap();
    assert_eq!(server.put("/api/v1/clock?rate=600").unwrap().status, 404);
}
