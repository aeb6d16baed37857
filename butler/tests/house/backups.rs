//! Backups by the doors that a person has: the task, its dry run, the list, and a restore behind a damaged
//! copy.

use std::fs;
use std::path::Path;

use butler_fixtures::Signal;

use super::{BEFORE, LATER, completed, names, on_folder, said, stage};

#[test]
fn a_backup_is_planned_made_listed_and_restored_behind_a_damaged_one() {
    let stage = stage();
    fs::create_dir_all(stage.folders.movies()).unwrap();
    let server = stage.server().unwrap();
    server.add_section("movie", "Before", &stage.folders.movies()).unwrap();

    let plan = server.butler_json(&["start", "BackupDatabase", "--dry-run"]).unwrap();
    assert_eq!(
        (&plan[0]["task"], &plan[0]["actions"][0]["deed"]),
        (&"BackupDatabase".into(), &"write".into()),
        "{plan:#}"
    );
    let folder = server.data_dir().join("backups");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "a dry run writes nothing");
    let (code, words) = said(&server, &["start", "GenerateMediaIndexFiles", "--dry-run"]);
    assert!(code == Some(1) && words.contains("makes no plan"), "{words}");
    let (code, words) = said(&server, &["start", "RefreshLibraries", "--dry-run"]);
    assert!(code == Some(0) && words.contains("RefreshLibraries would do nothing"), "{words}");

    assert_eq!(said(&server, &["start", "BackupDatabase", "--force", "--wait"]).0, Some(0));
    let run = server.get_json("/api/v1/runs?size=1").unwrap()["runs"][0].clone();
    let made = run["report"][0]["value"].as_str().unwrap().to_owned();
    assert_eq!(
        (&run["state"], &run["report"][0]["label"]),
        (&"completed".into(), &"backup".into()),
        "{run:#}"
    );
    assert_eq!(plan[0]["actions"][0]["path"], made);

    // A later one that is damaged, and a section that the good one does not know.
    fs::write(folder.join("butler.db-2999-01-01"), &fs::read(&made).unwrap()[..20_000]).unwrap();
    let more = stage.spare_dir().join("more");
    fs::create_dir(&more).unwrap();
    server.add_section("movie", "After", &more).unwrap();
    let (code, words) = on_folder(server.data_dir(), &["backup", "verify"]);
    assert!(code == Some(1) && words.contains("damaged") && words.contains("sound"), "{words}");
    let (code, words) = on_folder(server.data_dir(), &["backup", "restore", "--newest"]);
    assert!(code == Some(1) && words.contains("in use by another running Butler"), "{words}");

    let data_dir = server.data_dir().to_owned();
    server.stop(Signal::TERM).unwrap();
    let (code, words) = on_folder(&data_dir, &["backup", "restore", "--newest"]);
    assert!(
        code == Some(0) && words.contains("Passed over") && words.contains("butler.db-replaced-"),
        "{words}"
    );
    let server = stage.server().unwrap();
    let sections = server.butler_json(&["sections", "list"]).unwrap();
    assert_eq!(
        (sections.as_array().unwrap().len(), &sections[0]["name"]),
        (1, &"Before".into()),
        "{sections:#}"
    );
}

#[test]
fn backups_go_where_the_setting_says_and_never_into_a_section() {
    let stage = stage();
    fs::create_dir_all(stage.folders.movies()).unwrap();
    let server = stage.server().unwrap();
    let movies = stage.folders.movies();
    server.add_section("movie", "Movies", &movies).unwrap();
    let set = |path: &Path| said(&server, &["settings", "ButlerDatabaseBackupPath", path.to_str().unwrap()]);
    let (code, words) = set(&movies);
    assert!(code == Some(1) && words.contains("the folder of a section"), "{words}");
    let around = stage.spare_dir().join("around");
    let copies = around.join("copies");
    fs::create_dir_all(&copies).unwrap();
    assert_eq!(set(&copies).0, Some(0));
    completed(&server, "BackupDatabase");
    assert_eq!((names(&copies).len(), names(&server.data_dir().join("backups")).len()), (1, 0));
    let add = ["sections", "add", "movie", "Around", around.to_str().unwrap()];
    let (code, words) = said(&server, &add);
    assert!(code == Some(1) && words.contains("the folder of backups"), "{words}");
}

#[test]
fn copies_are_found_where_the_setting_says_whatever_the_server_does() {
    let stage = stage();
    let server = stage.server().unwrap();
    let data = stage.data_dir();
    let [copies, by_file] = ["copies", "by file"].map(|name| stage.spare_dir().join(name));
    [&copies, &by_file].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    let setting = format!("/api/v1/settings?ButlerDatabaseBackupPath={}", copies.display());
    assert_eq!(server.put(&setting).unwrap().status, 200);
    completed(&server, "BackupDatabase");
    let name = &names(&copies)[0];
    let lists_it = |arguments: &[&str]| {
        let (code, words) = on_folder(&data, arguments);
        assert!(code == Some(0) && words.contains(name.as_str()), "{arguments:?}: {words}");
        words
    };
    // While the server runs, what was set may be in the log alone.
    let words = lists_it(&["backup", "list"]);
    assert!(words.contains("sound, pinned") && words.contains(copies.to_str().unwrap()), "{words}");
    lists_it(&["backup", "verify", name]);
    server.stop(Signal::TERM).unwrap();
    lists_it(&["backup", "list"]);
    lists_it(&["backup", "restore", "--newest"]);
    lists_it(&["backup", "restore", name]);

    // The file holds over it, also where the server is started with another one.
    let toml = format!("ButlerDatabaseBackupPath = \"{}\"", by_file.display());
    let elsewhere = stage.spare_dir().join("other.toml");
    fs::write(&elsewhere, &toml).unwrap();
    let arguments = ["backup", "list", "--config", elsewhere.to_str().unwrap()];
    let (_, words) = on_folder(&data, &arguments);
    assert!(words.contains(&format!("no backups in {}", by_file.display())), "{words}");
    fs::write(data.join("butler.toml"), &toml).unwrap();
    let (_, words) = on_folder(&data, &["backup", "list"]);
    assert!(words.contains(&format!("no backups in {}", by_file.display())), "{words}");
    fs::remove_file(data.join("butler.toml")).unwrap();

    // A database that can't tell: it is said, and what was named is found.
    fs::write(data.join("butler.db"), b"no database at all".repeat(1_000)).unwrap();
    let (code, words) = on_folder(&data, &["backup", "restore", "--newest"]);
    assert!(code == Some(4) && words.contains("does not tell whether backups are kept elsewhere"), "{words}");
    let folder = ["backup", "restore", "--newest", "--folder", copies.to_str().unwrap()];
    assert_eq!(on_folder(&data, &folder).0, Some(0));
    lists_it(&["backup", "list"]);
}

#[test]
fn the_run_that_made_a_copy_has_ended_once_that_is_restored_and_nothing_is_started_by_it() {
    let stage = stage();
    let server = stage.server_at(BEFORE, "UTC").unwrap();
    let run = completed(&server, "BackupDatabase");
    let copies = server.data_dir().join("backups");
    let made = names(&copies);
    server.stop(Signal::TERM).unwrap();
    let (code, words) = on_folder(&stage.data_dir(), &["backup", "restore", "--newest"]);
    assert_eq!(code, Some(0), "{words}");
    // Two months later, and half an hour more: nothing is made good of nights that it does not know.
    let server = stage.server_at(LATER, "UTC").unwrap();
    server.set_clock(Some("2027-03-15T12:30:00Z"), None).unwrap();
    completed(&server, "CleanOldCacheFiles");
    let runs = server.get_json("/api/v1/runs").unwrap()["runs"].as_array().unwrap().clone();
    let told: Vec<_> = runs.iter().map(|run| run["task"].as_str().unwrap()).collect();
    assert_eq!(told, ["CleanOldCacheFiles", "BackupDatabase"], "{runs:#?}");
    assert_eq!((&runs[1]["id"], &runs[1]["state"]), (&run["id"], &"interrupted".into()), "{runs:#?}");
    assert!(runs[1]["reason"].as_str().unwrap().contains("restored from a backup"), "{runs:#?}");
    assert_eq!(names(&copies), made, "it makes no other copy");
}
