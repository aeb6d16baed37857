//! Scans that are asked for: beside others, of some folders, by a new section, by the file system. What is
//! asked for happens.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use butler_fixtures::{Codec, Container, Film, Server, Stage, wait_until};
use serde_json::Value;

use super::{scanned, small_films, stage};

/// Puts one more film, with content of its own, into a folder of the stage's movies.
fn add(stage: &Stage, name: &str) {
    let film =
        fs::read(stage.film(&Film::new(Codec::Mpeg4, Container::Mkv).size(64, 36).seconds(1)).unwrap())
            .unwrap();
    // What follows the last of its elements is no part of a film, and makes it another file.
    stage.folders.add_bytes(name, &[&film, name.as_bytes()].concat()).unwrap();
}

/// Begins a scan that works until a file that was written a moment ago has stood still; gives its run.
fn busy_scan(stage: &Stage, server: &Server, target: &str) -> u64 {
    let young = stage.folders.movies().join("Young (2020)/Young (2020).mkv");
    fs::create_dir_all(young.parent().unwrap()).unwrap();
    fs::write(young, "written just now").unwrap();
    let run = asked(server, target);
    server.wait_for_run(&run.into(), |run| run["reason_code"] == "settling-files").unwrap();
    run
}

/// Asks for a scan and gives its run.
fn asked(server: &Server, target: &str) -> u64 {
    let response = server.get(target).unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    let outcome = response.header("x-butler-outcome").to_owned();
    let id = outcome
        .split("run=")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .unwrap_or_else(|| panic!("no run in `{outcome}`"));
    id.parse().unwrap()
}

fn completed(server: &Server, run: u64) -> Value {
    let run = server.wait_for_run(&run.into(), |run| run["ended_at"].is_string()).unwrap();
    assert_eq!(run["state"], "completed", "{run:#}");
    run
}

fn fact(run: &Value, label: &str) -> Option<u64> {
    run["report"]
        .as_array()
        .unwrap()
        .iter()
        .find(|fact| fact["label"] == label)
        .and_then(|fact| fact["value"].as_u64())
}

/// A path in a query.
fn query(path: &Path) -> String {
    path.to_str().unwrap().replace(' ', "%20").replace('(', "%28").replace(')', "%29")
}

#[test]
fn five_refreshes_beside_a_scan_that_works_lose_nothing_and_are_one_more_scan() {
    let stage = stage();
    stage.add_movies(&small_films(3)).unwrap();
    let (server, section) = scanned(&stage);
    let refresh = format!("/library/sections/{section}/refresh");
    let first = busy_scan(&stage, &server, &refresh);
    let mut outcomes = Vec::new();
    for round in 0..5 {
        for number in 0..3 {
            // Into a folder that has been walked.
            add(&stage, &format!("Film 01 (2001)/Late {round}{number} (2010).mkv"));
        }
        outcomes.push(server.get(&refresh).unwrap().header("x-butler-outcome").to_owned());
    }
    assert_eq!(outcomes[0], format!("started; run={}; waits=behind-itself", first + 1));
    for later in &outcomes[1..] {
        assert_eq!(*later, format!("running; run={}", first + 1));
    }
    let run = completed(&server, first + 1);
    assert_eq!(fact(&run, "new files"), Some(15), "{run:#}");
    assert_eq!(server.parts(&section).unwrap().len(), 3 + 1 + 15);
}

#[test]
fn a_start_of_the_scan_beside_one_that_works_is_one_more_scan_and_finds_what_came() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let (server, section) = scanned(&stage);
    let first = busy_scan(&stage, &server, &format!("/library/sections/{section}/refresh"));
    // Into a folder that has been walked.
    add(&stage, "Film 01 (2001)/Late (2010).mkv");
    let output = server.butler(&["start", "RefreshLibraries", "--wait"]).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains(&format!("Run {} is queued", first + 1)), "{said}");
    assert_eq!(server.parts(&section).unwrap().len(), 2 + 1 + 1);
}

#[test]
fn a_refresh_of_a_folder_reads_that_folder_and_those_above_it() {
    let stage = stage();
    for number in 0..50 {
        add(&stage, &format!("Film {number:02} (2001)/Film {number:02} (2001).mkv"));
    }
    let (server, section) = scanned(&stage);
    add(&stage, "Late (2010)/Late (2010).mkv");
    add(&stage, "Later (2011)/Later (2011).mkv");
    let late = stage.folders.movies().join("Late (2010)");
    let run = asked(&server, &format!("/library/sections/{section}/refresh?path={}", query(&late)));
    let run = completed(&server, run);
    assert_eq!(
        (fact(&run, "folders read"), fact(&run, "files seen"), fact(&run, "new files")),
        (Some(2), Some(1), Some(1)),
        "{run:#}"
    );
    assert_eq!(run["paths"], serde_json::json!([late]), "{run:#}");
    assert_eq!(server.parts(&section).unwrap().len(), 51);

    let later = stage.folders.movies().join("Later (2011)");
    let output = server
        .butler(&["sections", "refresh", &section, "--path", later.to_str().unwrap(), "--wait"])
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(server.parts(&section).unwrap().len(), 52);
    let output = server.butler(&["sections", "refresh", &section, "--path", "/nowhere"]).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(4) && error.contains("`/nowhere` lies in none of the folders"),
        "{error}"
    );

    // In whichever section it lies.
    fs::remove_dir_all(&later).unwrap();
    let run = asked(&server, &format!("/library/sections/all/refresh?path={}", query(&later)));
    let run = completed(&server, run);
    assert_eq!((fact(&run, "folders read"), fact(&run, "missing files")), (Some(1), Some(1)), "{run:#}");
}

#[test]
fn a_killed_server_knows_which_folders_it_was_asked_for() {
    let stage = stage();
    stage.add_movies(&small_films(3)).unwrap();
    let (server, section) = scanned(&stage);
    add(&stage, "Late (2010)/Late (2010).mkv");
    add(&stage, "Later (2011)/Later (2011).mkv");
    add(&stage, "Last (2012)/Last (2012).mkv");
    let [young, late, later] =
        ["Young (2020)", "Late (2010)", "Later (2011)"].map(|name| stage.folders.movies().join(name));
    let refresh = |path: &Path| format!("/library/sections/{section}/refresh?path={}", query(path));
    let first = busy_scan(&stage, &server, &refresh(&young));
    assert_eq!(asked(&server, &refresh(&late)), first + 1);
    assert_eq!(asked(&server, &refresh(&later)), first + 1);
    server.kill().unwrap();

    let server = stage.server().unwrap();
    let run = completed(&server, first + 1);
    assert_eq!(run["paths"], serde_json::json!([late, later]), "{run:#}");
    assert_eq!((fact(&run, "folders read"), fact(&run, "new files")), (Some(3), Some(2)), "{run:#}");
    assert_eq!(completed(&server, first)["paths"], serde_json::json!([young]));
    assert_eq!(server.parts(&section).unwrap().len(), 3 + 1 + 2, "nobody asked for the last");
}

#[test]
fn a_new_section_is_scanned_unless_it_is_not_to_be() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let server = stage.server().unwrap();
    let movies = stage.folders.movies();
    let later = stage.spare_dir().join("later");
    fs::create_dir(&later).unwrap();
    fs::copy(movies.join("Film 01 (2001)/Film 01 (2001).mkv"), later.join("Film 01 (2001).mkv")).unwrap();
    let waits = server.add_section("movie", "Not yet", &later).unwrap();
    let output =
        server.butler(&["sections", "add", "-q", "movie", "Movies", movies.to_str().unwrap()]).unwrap();
    let section = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    wait_until("its films are there", || server.parts(&section).is_ok_and(|parts| parts.len() == 2)).unwrap();
    assert_eq!(server.parts(&waits).unwrap().len(), 0);
}

/// How many folders the server watches.
fn watched(server: &Server) -> usize {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{}/fdinfo", server.pid())) else { return 0 };
    let infos = descriptors.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
    infos.map(|info| info.lines().filter(|line| line.starts_with("inotify ")).count()).sum()
}

/// The scans that nobody asked for and that are at their end.
fn ended_watch_scans(server: &Server) -> Vec<Value> {
    let runs = server.get_json("/api/v1/runs?origin=watch&state=completed").unwrap();
    runs["runs"].as_array().unwrap().clone()
}

#[test]
fn what_changes_in_watched_folders_is_scanned_without_being_asked_for() {
    let stage = stage();
    stage.add_movies(&small_films(2)).unwrap();
    let (server, _) = scanned(&stage);
    assert_eq!(watched(&server), 0, "nothing is watched unless it is wished");
    let set = |on: u8| {
        assert_eq!(server.put(&format!("/:/prefs?FSEventLibraryUpdatesEnabled={on}")).unwrap().status, 200)
    };
    set(1);
    wait_until("the root and both films' folders are watched", || watched(&server) == 3).unwrap();
    wait_until("what came before is asked for", || ended_watch_scans(&server).len() == 1).unwrap();

    add(&stage, "Late (2010)/Late (2010).mkv");
    fs::remove_dir_all(stage.folders.movies().join("Film 01 (2001)")).unwrap();
    // How many files of a kind the scans found that nobody asked for.
    let found = |label: &str| -> u64 {
        let runs = ended_watch_scans(&server);
        let of_some = |run: &&Value| run["paths"].as_array().is_some_and(|paths| !paths.is_empty());
        runs.iter().filter(of_some).filter_map(|run| fact(run, label)).sum()
    };
    wait_until("the new film is found, and the removed one missed", || {
        (found("new files"), found("missing files")) == (1, 1)
    })
    .unwrap();
    wait_until("the new film's folder is watched and the removed one's is not", || watched(&server) == 3)
        .unwrap();

    // A picture beside a film that is known, too.
    let poster = stage.folders.movies().join("Late (2010)/poster.jpg");
    butler_fixtures::photo(&poster, butler_fixtures::Picture::Gradients, 40, 60, 1).unwrap();
    let before = ended_watch_scans(&server).len();
    wait_until("the picture beside it is asked for", || ended_watch_scans(&server).len() > before).unwrap();

    // What comes into the new folder is seen as well, and so is another section.
    add(&stage, "Late (2010)/Late (2010) - other.mkv");
    wait_until("the film beside it is found", || found("new files") == 2).unwrap();
    let more = stage.spare_dir().join("more");
    fs::create_dir_all(&more).unwrap();
    let other = server.add_section("movie", "More", &more).unwrap();
    wait_until("its root is watched", || watched(&server) == 4).unwrap();
    assert_eq!(server.delete(&format!("/library/sections/{other}")).unwrap().status, 200);
    wait_until("it is not watched any more", || watched(&server) == 3).unwrap();
    set(0);
    wait_until("nothing is watched any more", || watched(&server) == 0).unwrap();
}

#[test]
fn a_scan_that_a_changed_file_asks_for_tries_nothing_again_that_failed() {
    let stage = stage();
    stage.folders.add_bytes("Torn (1980).mkv", b"It is no film.").unwrap();
    let (server, _) = scanned(&stage);
    let tried_in =
        |server: &Server| server.failures().unwrap().iter().map(|failure| failure["run"].clone()).collect();
    let before: Vec<Value> = tried_in(&server);
    assert!(!before.is_empty());
    assert_eq!(server.put("/:/prefs?FSEventLibraryUpdatesEnabled=1").unwrap().status, 200);
    wait_until("the root is watched", || watched(&server) == 1).unwrap();
    stage.add_movies(&small_films(1)).unwrap();
    let mut run = Value::Null;
    wait_until("a scan that nobody asked for has ended", || {
        let runs = server.get_json("/api/v1/runs?origin=watch&state=completed&size=1").unwrap();
        run = runs["runs"][0].clone();
        run.is_object() && fact(&run, "new files") == Some(1)
    })
    .unwrap();
    assert_eq!((&run["failures"], tried_in(&server)), (&0.into(), before), "{run:#}");
    // A person's own wish does.
    let run = completed(&server, asked(&server, "/library/sections/all/refresh"));
    assert_eq!(tried_in(&server), [run["id"].clone()]);
}

#[test]
fn what_comes_to_watched_folders_while_the_server_is_down_is_scanned_at_its_start() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let (server, _) = scanned(&stage);
    assert_eq!(server.put("/:/prefs?FSEventLibraryUpdatesEnabled=1").unwrap().status, 200);
    wait_until("the root and the film's folder are watched", || watched(&server) == 2).unwrap();
    add(&stage, "Before (2010)/Before (2010).mkv");
    let server = server
        .restarted(|| {
            add(&stage, "Meanwhile (2011)/Meanwhile (2011).mkv");
            Ok(())
        })
        .unwrap();
    wait_until("both are listed", || {
        server.get_json("/library/all?type=1").is_ok_and(|list| list["MediaContainer"]["size"] == 3)
    })
    .unwrap();
}

#[test]
fn a_long_copy_is_scanned_when_it_is_done_and_holds_no_other_up() {
    let stage = stage();
    stage.add_movies(&small_films(1)).unwrap();
    let (server, _) = scanned(&stage);
    assert_eq!(server.put("/:/prefs?FSEventLibraryUpdatesEnabled=1").unwrap().status, 200);
    wait_until("what came before is asked for", || ended_watch_scans(&server).len() == 1).unwrap();
    let folder = stage.folders.movies().join("Long (2012)");
    fs::create_dir_all(&folder).unwrap();
    let film =
        fs::read(stage.film(&Film::new(Codec::Mpeg4, Container::Mkv).size(64, 36).seconds(2)).unwrap());
    let mut copy = fs::File::create(folder.join("Long (2012).mkv")).unwrap();
    copy.write_all(&film.unwrap()).unwrap();
    let (stop, stopped) = mpsc::channel::<()>();
    let copying = std::thread::spawn(move || {
        while stopped.recv_timeout(Duration::from_millis(20)) == Err(mpsc::RecvTimeoutError::Timeout) {
            copy.write_all(b"more").unwrap();
        }
    });
    // A film comes beside it, and is listed while the copy goes on.
    add(&stage, "Long (2012)/Long (2012) - other.mkv");
    wait_until("the film beside it is found", || {
        ended_watch_scans(&server).iter().any(|run| fact(run, "new files") == Some(1))
    })
    .unwrap();
    let runs = ended_watch_scans(&server);
    assert_eq!(runs.len(), 2, "the copy asks for none: {runs:#?}");
    drop(stop);
    copying.join().unwrap();
    wait_until("the copy is found", || ended_watch_scans(&server).len() == 3).unwrap();
    assert_eq!(fact(&ended_watch_scans(&server)[0], "new files"), Some(1));
}
