//! The log of a run: what is told of it later, whatever became of the server meanwhile.

use std::fs;

use butler_fixtures::{Server, Signal};
use serde_json::Value;

use super::{completed, long_films, scanned, small_films, stage};

fn log(server: &Server, run: &Value) -> Vec<Value> {
    let run = server.get_json(&format!("/api/v1/runs/{run}")).unwrap();
    run["log"].as_array().cloned().unwrap_or_default()
}

fn words(log: &[Value]) -> Vec<&str> {
    log.iter().map(|line| line["text"].as_str().unwrap()).collect()
}

#[test]
fn a_run_s_log_is_there_after_a_kill_and_after_a_restart() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let damaged = stage.folders.movies().join("Damaged (1999)/Damaged (1999).mkv");
    fs::create_dir_all(damaged.parent().unwrap()).unwrap();
    fs::write(&damaged, b"no film at all").unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    let run = completed(&server, "RefreshLibraries");
    let (id, before) = (run["id"].clone(), log(&server, &run["id"]));
    let said = words(&before);
    assert!(said.contains(&"running") && said.contains(&"Movies is gone through"), "{said:?}");
    let failed: Vec<_> = before.iter().filter(|line| line["is_bad"] == true).collect();
    assert_eq!(failed.len(), 1, "{before:#?}");
    assert!(failed[0]["text"].as_str().unwrap().starts_with(&format!("{}: ", damaged.display())));
    assert!(said.last().unwrap().starts_with("completed: "), "{said:?}");

    let server = server.restarted(|| Ok(())).unwrap();
    assert_eq!(log(&server, &id), before, "after SIGKILL");
    server.stop(Signal::TERM).unwrap();
    let server = stage.server().unwrap();
    assert_eq!(log(&server, &id), before, "after a restart in order");
    let shown = server.butler(&["runs", &id.to_string()]).unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("\nLog\n") && shown.contains("Movies is gone through"), "{shown}");
    let listed = server.get_json("/api/v1/runs").unwrap();
    assert!(listed["runs"].as_array().unwrap().iter().all(|run| run.get("log").is_none()), "only of one run");
}

#[test]
fn a_run_that_is_killed_with_its_server_goes_on_below_the_lines_that_it_had() {
    let stage = stage();
    stage.add_movies(&long_films(6)).unwrap();
    let (server, _section) = scanned(&stage);
    let run = server.start_task("GenerateMediaIndexFiles").unwrap();
    server.wait_for_run(&run, |run| run["done"].as_u64() >= Some(1)).unwrap();
    server.signal_workers(Signal::STOP).unwrap();
    let before = log(&server, &run);
    assert_eq!(words(&before).last(), Some(&"running"));
    let server = server.restarted(|| Ok(())).unwrap();
    server.wait_for_run(&run, |run| run["state"] == "completed").unwrap();
    let after = log(&server, &run);
    assert_eq!(after[..before.len()], before);
    assert!(after.len() > before.len(), "{after:#?}");
}
