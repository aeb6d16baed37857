//! A task that is started while a run of it works: what came since the run counted what it lacks is done by
//! it.

use std::fs;

use butler_fixtures::{Server, Signal};
use serde_json::Value;

use super::{completed, scanned, small_films, stage};

const BIF: &str = "GenerateMediaIndexFiles";

/// Starts the task, whose run is there already.
fn start_beside(server: &Server, query: &str, run: &Value) {
    let answer = server.post(&format!("/butler/{BIF}{query}")).unwrap();
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.header("x-butler-outcome"), format!("running; run={run}"));
}

/// A run that works on something and comes no further until its workers go on.
fn held(server: &Server) -> Value {
    server.signal_workers(Signal::STOP).unwrap();
    let run = server.start_task(BIF).unwrap();
    server
        .wait_for_run(&run, |run| run["live"]["files"].as_array().is_some_and(|files| !files.is_empty()))
        .unwrap();
    run
}

fn ended(server: &Server, run: &Value) -> Value {
    server.signal_workers(Signal::CONT).unwrap();
    let run = server.wait_for_run(run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(run["state"], "completed", "{run:#}");
    run
}

/// Has the previews of a film made anew by whoever makes previews next.
fn lose_preview(server: &Server, item: u64) {
    let answer = server.post(&format!("/api/v1/remake?item={item}&products=bif")).unwrap();
    assert!(answer.status < 300, "{}", answer.text());
}

#[test]
fn what_came_to_be_lacking_while_a_run_works_is_made_by_it_once_it_is_asked_for() {
    let stage = stage();
    stage.add_movies(&small_films(4)).unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, BIF);
    lose_preview(&server, 1);
    let run = held(&server);
    lose_preview(&server, 2);
    lose_preview(&server, 3);
    start_beside(&server, "", &run);
    let run = ended(&server, &run);
    assert_eq!((&run["done"], &run["total"], &run["failures"]), (&3.into(), &3.into(), &0.into()), "{run:#}");
    assert!(server.parts(&section).unwrap().iter().all(|part| part.has_preview));
}

#[test]
fn what_failed_is_tried_again_by_a_run_that_works_once_it_is_asked_for_by_force() {
    let stage = stage();
    let films = stage.add_movies(&small_films(3)).unwrap();
    let (server, _section) = scanned(&stage);
    // It can be opened, and no picture of it can be read.
    let whole = fs::read(&films[0]).unwrap();
    fs::write(&films[0], &whole[..whole.len() / 8]).unwrap();
    completed(&server, "RefreshLibraries");
    completed(&server, BIF);
    let tried_by = || -> Vec<Value> {
        let failures = server.failures().unwrap();
        failures.iter().map(|failure| failure["run"].clone()).collect()
    };
    let before = tried_by();
    assert_eq!(before.len(), 1);
    lose_preview(&server, 2);
    let run = held(&server);
    start_beside(&server, "?force=1", &run);
    let run = ended(&server, &run);
    assert_eq!((&run["done"], &run["forced"]), (&2.into(), &true.into()), "{run:#}");
    assert!(tried_by() == [run["id"].clone()] && before != tried_by());
}
