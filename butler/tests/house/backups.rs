//! Backups by the doors that a person has: the task, its dry run, the list, and a restore behind a damaged
//! copy.

use std::fs;

use butler_fixtures::Signal;

use super::{on_folder, said, stage};

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
    for (path, code, count) in [(movies.as_path(), Some(1), 0), (stage.spare_dir(), Some(0), 1)] {
        let before = fs::read_dir(path).unwrap().count();
        assert_eq!(
            said(&server, &["settings", "ButlerDatabaseBackupPath", path.to_str().unwrap()]).0,
            Some(0)
        );
        let (exit, words) = said(&server, &["start", "BackupDatabase", "--force", "--wait"]);
        assert_eq!((exit, fs::read_dir(path).unwrap().count() - before), (code, count), "{words}");
    }
    assert_eq!(fs::read_dir(server.data_dir().join("backups")).unwrap().count(), 0);
}
