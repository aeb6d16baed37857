//! What keeps house by the doors that a person has: the server's log and its files, and a person's word that
//! is asked for.

use std::fs;

use butler_fixtures::{Server, wait_until};

use super::{BEFORE, LATER, completed, counted, said, small_films, stage, unreadable_films};

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
    // It has been gone for a moment only.
    let (code, words) = said(&server, &["start", task, "--confirm"]);
    assert!(
        code == Some(3) && words.contains("Nothing of GarbageCollectLibraryMedia waits"),
        "{code:?} {words}"
    );
    let emptied = server.put(&format!("/library/sections/{section}/emptyTrash?async=1")).unwrap();
    assert_eq!(emptied.status, 200);
    wait_until("the film has left", || server.parts(&section).unwrap().len() == 3).unwrap();
    let (code, words) = said(&server, &["start", task, "--dry-run"]);
    assert!(code == Some(0) && words.contains("would do nothing"), "{words}");
}

const GONE: &str = "GarbageCollectLibraryMedia";

/// A server with a section of so many films, by a driven clock.
fn with_films(stage: &butler_fixtures::Stage, films: u32) -> (Server, String, Vec<std::path::PathBuf>) {
    let files = unreadable_films(&stage.folders.movies(), films);
    let server = Server::start_at(
        std::path::Path::new(env!("CARGO_BIN_EXE_butler")),
        &stage.data_dir(),
        BEFORE,
        "UTC",
        &[],
    )
    .unwrap();
    assert_eq!(server.put("/api/v1/settings?ButlerCatchUp=off").unwrap().status, 200);
    let section = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    completed(&server, "RefreshLibraries");
    (server, section, files)
}

/// The digest that a dry run shows of what waits.
fn shown_digest(server: &Server) -> String {
    let (code, words) = said(server, &["start", GONE, "--dry-run"]);
    assert_eq!(code, Some(0), "{words}");
    let (_, rest) = words.split_once("--confirm=").unwrap_or_else(|| panic!("{words}"));
    rest.split('`').next().unwrap().to_owned()
}

#[test]
fn what_waits_is_shown_confirmed_and_done() {
    let stage = stage();
    let (server, section, files) = with_films(&stage, 4);
    fs::remove_file(&files[0]).unwrap();
    completed(&server, "RefreshLibraries");
    server.set_clock(Some(LATER), None).unwrap();
    let (_, words) = said(&server, &["start", GONE, "--dry-run"]);
    assert!(
        words.contains("1 of 4 files of the library") && words.contains("Film 0001 (2001).mkv"),
        "{words}"
    );
    // A run without a word leaves it, and says so.
    let run = completed(&server, GONE);
    assert_eq!(counted(&run, "waiting for a person's word"), 1, "{run:#}");
    assert_eq!(server.parts(&section).unwrap().len(), 4);
    let (code, words) = said(&server, &["start", GONE, "--confirm", "--wait"]);
    assert!(code == Some(0) && words.contains("completed"), "{words}");
    assert_eq!(server.parts(&section).unwrap().len(), 3);
    let (code, words) = said(&server, &["start", GONE, "--confirm"]);
    assert!(code == Some(3) && words.contains("Nothing of"), "{words}");
}

#[test]
fn a_word_for_a_plan_that_has_changed_since_is_refused_and_nothing_goes() {
    let stage = stage();
    let (server, section, files) = with_films(&stage, 8);
    fs::remove_file(&files[0]).unwrap();
    completed(&server, "RefreshLibraries");
    server.set_clock(Some(LATER), None).unwrap();
    let before = shown_digest(&server);
    fs::remove_file(&files[1]).unwrap();
    completed(&server, "RefreshLibraries");
    server.set_clock(Some("2027-05-15T12:00:00Z"), None).unwrap();
    let now = shown_digest(&server);
    assert_ne!(before, now);
    let (code, words) = said(&server, &["start", GONE, &format!("--confirm={before}")]);
    assert!(code == Some(1) && words.contains("has changed"), "{code:?} {words}");
    completed(&server, GONE);
    assert_eq!(server.parts(&section).unwrap().len(), 8);
    let (code, words) = said(&server, &["start", GONE, &format!("--confirm={now}"), "--wait"]);
    assert_eq!(code, Some(0), "{words}");
    assert_eq!(server.parts(&section).unwrap().len(), 6);
}

#[test]
fn a_file_that_is_missing_is_named_with_since_when_and_until_when_it_stays() {
    let stage = stage();
    let (server, section, files) = with_films(&stage, 4);
    fs::remove_file(&files[0]).unwrap();
    let gone = "Film 0001 (2001).mkv: gone since 2027-01-15, goes from 2027-02-14 on unless it comes back.";
    let (code, words) = said(&server, &["start", "RefreshLibraries", "--force", "--wait"]);
    assert!(words.contains(gone), "{code:?} {words}");
    let (code, words) = said(&server, &["start", GONE, "--dry-run"]);
    assert!(code == Some(0) && words.contains("would do nothing") && words.contains(gone), "{words}");
    let (_, words) = said(&server, &["items", &section]);
    assert!(
        words.contains("Film 0001 (2001).mkv (missing)") && words.matches("missing").count() == 1,
        "{words}"
    );
    let file = files[0].to_str().unwrap();
    let shown = ["show", file];
    let (code, words) = said(&server, &shown);
    assert!(
        code == Some(0) && words.contains("is missing: gone since 2027-01-15, goes from 2027-02-14 on"),
        "{words}"
    );
    // It stays where the task that would take it out is switched off.
    assert_eq!(said(&server, &["settings", "ButlerTaskGarbageCollectLibraryMedia", "0"]).0, Some(0));
    assert!(said(&server, &shown).1.contains("stays until the trash is emptied"));
    assert!(
        said(&server, &["start", GONE, "--dry-run"]).1.contains("stays, for GarbageCollectLibraryMedia is")
    );
    // What nobody knows is one kind of answer, whoever is asked.
    for command in
        [vec!["show", "/nowhere.mkv"], vec!["preview", "/nowhere.mkv"], vec!["remake", "/nowhere.mkv"]]
    {
        assert_eq!(said(&server, &command).0, Some(4), "{command:?}");
    }
}
