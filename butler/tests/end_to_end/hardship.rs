//! What happens to a film while a worker has it in hand: the worker hangs, or somebody writes the film.

use std::fs::File;
use std::os::unix::fs::FileExt;

use butler_fixtures::{Server, Signal};
use serde_json::Value;

use super::{completed, scanned, small_films, stage};

/// Starts the previews and waits until the film is open for a worker that does not move.
fn start_with_a_worker_that_stands_still(server: &Server) -> Value {
    server.signal_workers(Signal::STOP).unwrap();
    let run = server.start_task("GenerateMediaIndexFiles").unwrap();
    server
        .wait_for_run(&run, |run| run["live"]["files"].as_array().is_some_and(|files| !files.is_empty()))
        .unwrap();
    run
}

#[test]
fn a_worker_that_stands_still_costs_no_film() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let server = stage.impatient_server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    let run = start_with_a_worker_that_stands_still(&server);
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &0.into()), "{run:#}");
    assert!(server.parts(&section).unwrap()[0].has_preview);
}

#[test]
fn a_film_that_is_written_while_it_is_read_gets_no_preview_of_either_content() {
    let stage = stage();
    let path = stage.add_movies(&small_films(1)).unwrap().remove(0);
    // Its root is there: another file of it reads.
    stage.folders.add_bytes("Witness (1980).mkv", b"It reads, whatever it is.").unwrap();
    let (server, section) = scanned(&stage);
    let run = start_with_a_worker_that_stands_still(&server);
    // Its size stays: only its time of change tells.
    File::options().write(true).open(&path).unwrap().write_all_at(&[0; 16], 2_000).unwrap();
    server.signal_workers(Signal::CONT).unwrap();
    let run = server.wait_for_run(&run, |run| run["ended_at"].is_string()).unwrap();
    assert_eq!((&run["state"], &run["failures"]), (&"completed".into(), &1.into()), "{run:#}");
    let failures = server.failures().unwrap();
    let failure = failures.iter().find(|failure| failure["part"] == path.to_string_lossy().as_ref()).unwrap();
    assert_eq!((&failure["class"], &failure["product"]), (&"source".into(), &"bif".into()), "{failure:#}");
    let parts = server.parts(&section).unwrap();
    assert!(parts.iter().all(|part| !part.has_preview), "{parts:#?}");
}
