//! Starts, stops, signals and restarts: what becomes of a run, and how soon.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use butler_fixtures::{Bif, Server, Signal, send, wait_until};
use serde_json::Value;

use super::{completed, long_films, scanned, small_films, stage};

#[test]
fn a_start_says_what_became_of_it() {
    let stage = stage();
    stage.add_movies(&long_films(8)).unwrap();
    let (server, _section) = scanned(&stage);

    // As Plex answers: an empty body, whatever became of it; ours is in a header.
    let token = server.token().to_owned();
    let plain = |method: &str, target: &str| {
        server.anonymous(method, target).header("X-Plex-Token", &token).send().unwrap()
    };
    let started = plain("POST", "/butler/GenerateMediaIndexFiles");
    assert_eq!((started.status, started.body.len()), (200, 0));
    assert!(started.header("x-butler-outcome").starts_with("started; run="), "{started:?}");
    let again = plain("POST", "/butler/GenerateMediaIndexFiles");
    assert_eq!((again.status, again.body.len()), (202, 0), "{again:?}");
    assert!(again.header("x-butler-outcome").starts_with("running; run="), "{again:?}");
    let run = started.header("x-butler-outcome").trim_start_matches("started; run=").parse::<u64>().unwrap();

    let stopped = plain("DELETE", "/butler/GenerateMediaIndexFiles");
    assert_eq!((stopped.status, stopped.body.len()), (200, 0));
    let run = server.wait_for_run(&run.into(), |run| run["state"] == "stopped").unwrap();
    assert!(run["reason"].as_str().unwrap().ends_with('.'), "{run:#}");
    assert_eq!(plain("DELETE", "/butler/GenerateMediaIndexFiles").status, 404, "it does not run any more");
    assert_eq!(plain("POST", "/butler/NoSuchTask").status, 404);
    assert_eq!(plain("DELETE", "/butler/NoSuchTask").status, 404);

    // The same with JSON, where it is asked for; then all at once.
    let json = server.post("/butler/RefreshLibraries").unwrap();
    assert_eq!(json.json().unwrap()["task"], "RefreshLibraries");
    let all = server.post("/butler").unwrap();
    assert_eq!(all.status, 200);
    assert!(all.json().unwrap()["outcomes"].as_array().unwrap().len() >= 2, "{}", all.text());
    assert_eq!(plain("DELETE", "/butler").status, 200);
    wait_until("nothing runs", || live_runs(&server).is_empty()).unwrap();
}

#[test]
fn a_stop_waits_for_no_film_and_the_next_run_goes_on_where_it_ended() {
    let stage = stage();
    stage.add_movies(&long_films(12)).unwrap();
    let (server, section) = scanned(&stage);
    let run = server.start_task("GenerateMediaIndexFiles").unwrap();
    server.wait_for_run(&run, |run| run["done"].as_u64() >= Some(2)).unwrap();
    // Films in hand end no more: a stop that waited for them would not end either.
    server.signal_workers(Signal::STOP).unwrap();
    assert_eq!(server.delete("/butler/GenerateMediaIndexFiles").unwrap().status, 200);
    let stopped = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(stopped["state"], "stopped", "{stopped:#}");
    server.signal_workers(Signal::CONT).unwrap();
    let made = server.parts(&section).unwrap().iter().filter(|part| part.has_preview).count() as u64;
    assert!(made >= 2, "what was made is kept");

    let rest = completed(&server, "GenerateMediaIndexFiles");
    assert!(rest["done"].as_u64().unwrap() <= 12 - 2, "what was made was made again: {rest:#}");
    assert!(server.parts(&section).unwrap().iter().all(|part| part.has_preview));
}

#[test]
fn ctrl_c_and_sigterm_end_the_server_and_the_run_goes_on_after_a_restart() {
    let stage = stage();
    stage.add_movies(&long_films(12)).unwrap();
    let (mut server, section) = scanned(&stage);
    let run = server.start_task("GenerateMediaIndexFiles").unwrap();
    for (signal, at_least) in [(Signal::INT, 2), (Signal::TERM, 5)] {
        server
            .wait_for_run(&run, |run| run["done"].as_u64() >= Some(at_least) || run["ended_at"].is_string())
            .unwrap();
        let workers = server.worker_pids();
        let ended = server.stop(signal).unwrap();
        assert!(ended.success(), "{signal:?}: {ended:?}");
        wait_until("the workers are gone", || workers.iter().all(|pid| !is_butler(*pid))).unwrap();
        server = stage.server().unwrap();
    }
    let run = server
        .wait_for_run(&run, |run| run["ended_at"].is_string() && run["state"] != "interrupted")
        .unwrap();
    assert_eq!(run["state"], "completed", "a person's run goes on under its id: {run:#}");
    for part in server.parts(&section).unwrap() {
        Bif::parse(&server.preview(part.id).unwrap()).unwrap();
    }
    let staging: Vec<_> = fs::read_dir(server.data_dir().join("staging")).unwrap().collect();
    assert!(staging.is_empty(), "{staging:?}");
}

#[test]
fn a_worker_that_is_killed_costs_no_film() {
    let stage = stage();
    stage.add_movies(&long_films(12)).unwrap();
    let (server, section) = scanned(&stage);
    let run = server.start_task("GenerateMediaIndexFiles").unwrap();
    server.wait_for_run(&run, |run| run["done"].as_u64() >= Some(1)).unwrap();
    wait_until("a worker was killed", || server.kill_a_worker()).unwrap();
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
    assert!(server.parts(&section).unwrap().iter().all(|part| part.has_preview));
}

#[test]
fn a_restart_finds_everything_as_it_was() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let (parts, token, runs) = (server.parts(&section).unwrap(), server.token().to_owned(), run_ids(&server));
    server.stop(Signal::TERM).unwrap();
    let server = stage.server().unwrap();
    assert_eq!(server.parts(&section).unwrap(), parts);
    assert_eq!(server.token(), token);
    assert_eq!(run_ids(&server), runs);
}

fn run_ids(server: &Server) -> Vec<Value> {
    server.get_json("/api/v1/runs").unwrap()["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].clone())
        .collect()
}

fn live_runs(server: &Server) -> Vec<Value> {
    let runs = server.get_json("/api/v1/runs").unwrap()["runs"].as_array().unwrap().clone();
    runs.into_iter().filter(|run| !run["ended_at"].is_string()).collect()
}

#[test]
fn a_signal_at_the_very_moment_the_server_is_ready_ends_it_cleanly_and_an_empty_token_is_none() {
    let folder = butler_fixtures::tempdir().unwrap();
    let mut serve = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path()).env("BUTLER_TOKEN", "");
    let mut server = Ended(serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut ready = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    send(server.0.id(), Signal::TERM).unwrap();
    assert_eq!(server.0.wait().unwrap().code(), Some(0), "{ready}");
    assert!(folder.path().join("token").exists());
    assert_eq!(fs::read_to_string(folder.path().join("address")).unwrap().trim(), "");
}

/// A process that does not outlive its test, however that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // One that has ended by itself can't be killed, and need not be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a process is there and one of ours: its id may have gone to another since.
fn is_butler(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("butler-worker"))
}
