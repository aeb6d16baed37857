//! What keeps house by the doors that a person has: the server's log and its files, and a word that is asked
//! for.

use std::fs;

use butler_fixtures::{Server, wait_until};

use super::{completed, small_films, stage};

fn logs(server: &Server) -> Vec<String> {
    let entries = fs::read_dir(server.data_dir().join("logs")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_log_is_kept_in_the_data_folder_begun_anew_and_compressed() {
    let stage = stage();
    let server = stage.server().unwrap();
    let log = server.data_dir().join("logs/butler.log");
    let holds = |words: &str| fs::read_to_string(&log).is_ok_and(|text| text.contains(words));
    wait_until("the log has lines", || holds("blobs checked")).unwrap();
    let task = "ButlerTaskCleanSupplementalLogFiles";
    completed(&server, task);
    // The server begins a new file with its next line.
    wait_until("a new file is begun", || log.exists()).unwrap();
    assert_eq!(logs(&server).len(), 2, "{:?}", logs(&server));
    completed(&server, task);
    wait_until("a new file is begun", || log.exists()).unwrap();
    let packed: Vec<_> = logs(&server).into_iter().filter(|name| name.ends_with(".gz")).collect();
    assert_eq!(packed.len(), 1, "{:?}", logs(&server));
    assert!(!fs::read_to_string(&log).unwrap().contains('\u{1b}'), "a file is no terminal");
}

#[test]
fn a_server_that_is_told_so_writes_no_log_file() {
    let stage = stage();
    let data_dir = stage.spare_dir().join("data");
    let executable = std::path::Path::new(env!("CARGO_BIN_EXE_butler"));
    let server = Server::start_with(executable, &data_dir, &["--no-log-file"]).unwrap();
    completed(&server, "CleanOldCacheFiles");
    assert!(!data_dir.join("logs/butler.log").exists());
}

#[test]
fn too_many_films_at_once_leave_only_by_a_persons_word() {
    let stage = stage();
    let films = stage.add_movies(&small_films(4)).unwrap();
    let server = stage.server().unwrap();
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    fs::remove_file(&films[0]).unwrap();
    completed(&server, "RefreshLibraries");
    let task = "GarbageCollectLibraryMedia";
    let said = |arguments: &[&str]| {
        let output = server.butler(arguments).unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    // It has been gone for a moment only.
    let (code, words) = said(&["start", task, "--confirm"]);
    assert!(
        code == Some(3) && words.contains("Nothing of GarbageCollectLibraryMedia waits"),
        "{code:?} {words}"
    );
    let emptied = server.put(&format!("/library/sections/{section}/emptyTrash?async=1")).unwrap();
    assert_eq!(emptied.status, 200);
    wait_until("the film has left", || server.parts(&section).unwrap().len() == 3).unwrap();
    let (code, words) = said(&["start", task, "--dry-run"]);
    assert!(code == Some(0) && words.contains("would do nothing"), "{words}");
}
