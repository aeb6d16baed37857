//! What the library makes of a tree that people change: moves, doubles, vanished roots, an unchanged tree,
//! sections.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use butler_fixtures::age;

use super::{completed, scanned, small_films, stage};

#[test]
fn a_moved_renamed_or_doubled_file_has_its_preview_at_once() {
    let stage = stage();
    let paths = stage.add_movies(&small_films(3)).unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let before: Vec<_> =
        server.parts(&section).unwrap().iter().map(|part| server.preview(part.id).unwrap()).collect();
    assert!(before[0] != before[1] && before[1] != before[2], "the films are to differ");

    let movies = stage.folders.movies();
    fs::rename(&paths[0], paths[0].with_file_name("Another Name (1971).mkv")).unwrap();
    fs::rename(paths[1].parent().unwrap(), movies.join("Moved Elsewhere (1972)")).unwrap();
    let double = movies.join("Doubled (1973).mkv");
    fs::copy(&paths[2], &double).unwrap();
    age(&double).unwrap();
    let scan = completed(&server, "RefreshLibraries");

    let parts = server.parts(&section).unwrap();
    assert_eq!(parts.len(), 4, "{parts:#?}\n{scan:#}");
    for part in &parts {
        assert!(part.has_preview, "{} has no preview", part.file);
        assert!(
            before.contains(&server.preview(part.id).unwrap()),
            "{} has a preview that no film had",
            part.file
        );
    }
    let run = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!((&run["done"], &run["bytes_read"]), (&0.into(), &0.into()), "nothing was lacking: {run:#}");
}

#[test]
fn a_second_scan_and_a_second_run_of_an_unchanged_tree_do_nothing() {
    let stage = stage();
    stage.add_movies(&small_films(3)).unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let parts = server.parts(&section).unwrap();
    for task in ["RefreshLibraries", "GenerateMediaIndexFiles"] {
        let run = completed(&server, task);
        assert_eq!((&run["bytes_read"], &run["failures"]), (&0.into(), &0.into()), "{run:#}");
    }
    assert_eq!(server.parts(&section).unwrap(), parts);
}

#[test]
fn a_loop_of_links_and_a_name_that_is_no_text_stop_no_scan() {
    let stage = stage();
    let path = stage.add_movies(&small_films(1)).unwrap().remove(0);
    let movies = stage.folders.movies();
    let odd = movies.join(OsStr::from_bytes(b"Caf\xe9 (1999)"));
    fs::create_dir(&odd).unwrap();
    fs::rename(&path, odd.join(OsStr::from_bytes(b"Caf\xe9 (1999).mkv"))).unwrap();
    symlink(&movies, odd.join("up")).unwrap();
    symlink("round", movies.join("round")).unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let parts = server.parts(&section).unwrap();
    assert_eq!(parts.len(), 1, "{parts:#?}");
    assert!(parts[0].has_preview);
    assert_eq!(server.failures().unwrap(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_vanished_or_suddenly_empty_root_removes_nothing() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let (server, section) = scanned(&stage);
    let parts = server.parts(&section).unwrap();
    let (root, away) = (stage.folders.movies(), stage.folders.root().join("Unplugged"));

    fs::rename(&root, &away).unwrap();
    server.run_task("RefreshLibraries").unwrap();
    assert_eq!(server.parts(&section).unwrap(), parts, "the root has vanished");
    fs::create_dir(&root).unwrap();
    server.run_task("RefreshLibraries").unwrap();
    assert_eq!(server.parts(&section).unwrap(), parts, "the root is suddenly empty");

    fs::remove_dir(&root).unwrap();
    fs::rename(&away, &root).unwrap();
    completed(&server, "RefreshLibraries");
    assert_eq!(server.parts(&section).unwrap(), parts, "the root is back");
}

#[test]
fn each_type_of_section_finds_what_is_its_own() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    for (episode, (_, film)) in (1..).zip(small_films(4).split_off(2)) {
        stage.add_episode("The Long Field", 1, episode, "Title", &film).unwrap();
    }
    let server = stage.server().unwrap();
    let folders = [("movie", stage.folders.movies()), ("show", stage.folders.shows())];
    let ids = folders.map(|(kind, folder)| server.add_section(kind, kind, &folder).unwrap());
    completed(&server, "RefreshLibraries");

    let sections = server.butler_json(&["sections", "list"]).unwrap();
    assert_eq!(sections.as_array().unwrap().len(), 2, "{sections:#}");
    let show = server.get_json(&format!("/library/sections/{}/all", ids[1])).unwrap();
    assert_eq!(show["MediaContainer"]["Metadata"][0]["title"], "The Long Field", "{show:#}");
    let episodes = server.get_json(&format!("/library/sections/{}/all?type=4", ids[1])).unwrap();
    assert_eq!(episodes["MediaContainer"]["Metadata"].as_array().map(Vec::len), Some(2), "{episodes:#}");

    let page = server
        .get_json(&format!(
            "/library/sections/{}/all?X-Plex-Container-Start=1&X-Plex-Container-Size=1",
            ids[0]
        ))
        .unwrap();
    let container = &page["MediaContainer"];
    assert_eq!(
        (&container["size"], &container["totalSize"], &container["offset"]),
        (&1.into(), &2.into(), &1.into()),
        "{page:#}"
    );

    assert!(server.butler(&["sections", "remove", &ids[0]]).unwrap().status.success());
    assert_eq!(server.butler_json(&["sections", "list"]).unwrap().as_array().unwrap().len(), 1);
    assert!(stage.folders.movies().join("Film 01 (2001)").is_dir(), "removing a section touches no file");
}
