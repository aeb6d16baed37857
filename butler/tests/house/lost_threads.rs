//! A thread that the server can't do without is lost, as by a defect of Butler's own: the process ends by
//! itself with an error and one sentence, lets the data folder go, and the next start does what was asked
//! for.

use super::{completed, stage, unreadable_films};

const FILES: u32 = 3;

/// A life of a server in which this thread is lost while it works, and the life after it.
fn lose(thread: &str) {
    let stage = stage();
    unreadable_films(&stage.folders.movies(), FILES);
    let server = stage.server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    server.stop(butler_fixtures::Signal::TERM).unwrap();

    let mut server = stage.server_by(|command| _ = command.args(["--lose-thread", thread])).unwrap();
    let before = server.log().len();
    let status = server.end(|server| {
        // By force it tries again what failed, so that there is something to store. Who is at its end answers
        // with a refusal, or not at all.
        for task in ["RefreshLibraries", "OptimizeDatabase"] {
            let _of_no_use = server.post(&format!("/butler/{task}?force=1"));
        }
    });
    let log = server.log().split_off(before);
    assert_eq!(status.unwrap().code(), Some(1), "{log}");
    let sentence = format!("The server has ended: its thread `{thread}`, without which nothing works,");
    assert_eq!(log.matches(&sentence).count(), 1, "{log}");
    assert!(log.contains("Start it again") && log.contains("panicked"), "{log}");
    let address = std::fs::read_to_string(server.data_dir().join("address")).unwrap();
    assert_eq!(address.trim(), "", "no command looks for it there");
    drop(server);

    let server = stage.server().unwrap();
    let run = completed(&server, "RefreshLibraries");
    assert_eq!(server.parts(&section).unwrap().len(), FILES as usize, "{run:#}");
    let runs = server.get_json("/api/v1/runs?size=100").unwrap();
    let has_ended = |run: &serde_json::Value| run["ended_at"].is_string();
    let unended = runs["runs"].as_array().unwrap().iter().filter(|run| !has_ended(run));
    unended.for_each(|run| drop(server.wait_for_run(&run["id"], has_ended).unwrap()));
}

#[test]
fn a_server_that_loses_its_engine_ends_with_a_sentence_and_the_next_start_goes_on() {
    lose("engine");
}

#[test]
fn a_server_that_loses_its_writer_ends_with_a_sentence_and_the_next_start_goes_on() {
    lose("library-writer");
}

#[test]
fn a_server_that_loses_its_publisher_ends_with_a_sentence_and_the_next_start_goes_on() {
    lose("publisher");
}

#[test]
fn a_server_that_loses_what_makes_checkpoints_ends_with_a_sentence_and_the_next_start_goes_on() {
    lose("library-checkpoints");
}
