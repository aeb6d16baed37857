//! Files that hold the same content: it is read once, and wherever files are counted each of them counts.

use std::fs;

use butler_fixtures::age;
use serde_json::{Value, json};

use super::{completed, scanned, small_films, stage};

#[test]
fn every_door_counts_the_same_files() {
    let stage = stage();
    let film = stage.add_movies(&small_films(1)).unwrap().remove(0);
    let copy = stage.folders.movie("Copy (1999)", "mkv").unwrap();
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(&film, &copy).unwrap();
    age(&copy).unwrap();
    for number in 1..=3 {
        stage.folders.add_bytes(&format!("Empty {number} (1983).mp4"), b"").unwrap();
    }
    let (server, section) = scanned(&stage);
    let printed = |arguments: &[&str]| {
        let output = server.butler(arguments).unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    // The scan reads the headers; whoever would come after them has nothing to tell.
    let scan = &server.butler_json(&["runs", "--task", "RefreshLibraries"]).unwrap()[0];
    assert_eq!(scan["reason"], "It is done, but 3 files failed.", "{scan:#}");
    assert_eq!(fact(scan, "files that failed"), 3, "{scan:#}");
    let again = completed(&server, "RefreshLibraries");
    assert_eq!(again["reason"], "It is done; 3 files failed before.", "{again:#}");
    assert_eq!(fact(&again, "files that failed before, left alone"), 3, "{again:#}");
    let previews = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(previews["reason"], "Everything it found to do is done.", "{previews:#}");

    let summary = server.get_json("/api/v1/failures/summary").unwrap();
    assert_eq!((&summary["failures"], &summary["files"]), (&json!(1), &json!(3)), "{summary:#}");
    let failure = &server.failures().unwrap()[0];
    assert_eq!(
        (&failure["file_count"], failure["files"].as_array().unwrap().len()),
        (&json!(3), 3),
        "{failure:#}"
    );
    let failures = printed(&["failures"]);
    assert!(failures.contains("and 2 more files of the same content"), "{failures}");
    assert!(server.log().contains("and 2 more files of the same content"), "{}", server.log_tail());

    let plan = server.get_json("/api/v1/plan").unwrap();
    let backlogs = plan["backlogs"].as_array().unwrap();
    assert!(backlogs.iter().any(|backlog| backlog["task"] == "RefreshLibraries"), "{plan:#}");
    for backlog in backlogs {
        let held = if backlog["task"] == "RefreshLibraries" { [1, 3] } else { [0, 0] };
        assert_eq!(json!([backlog["held_back"], backlog["held_back_files"]]), json!(held), "{backlog:#}");
    }
    let plan = printed(&["plan"]);
    assert_eq!(plan.matches("failed before").count(), 1, "{plan}");
    assert!(
        plan.contains("RefreshLibraries: 3 files failed before: tried again from the night of "),
        "{plan}"
    );

    let id = |title: &str| {
        let items = server.butler_json(&["items", "--limit", "9"]).unwrap();
        let of_it = |item: &&Value| item["title"].as_str().unwrap().starts_with(title);
        items.as_array().unwrap().iter().find(of_it).unwrap()["id"].to_string()
    };
    let of_film = server.butler_json(&["remake", &id("Copy"), "--products", "bif", "--now"]).unwrap();
    assert_eq!(of_film["files"], 2, "{of_film:#}");
    assert!(of_film["message"].as_str().unwrap().starts_with("Of 2 files is made anew: 1 product by "));
    let run = &server.butler_json(&["runs"]).unwrap()[0];
    assert_eq!((&run["task"], &run["files"]), (&json!("GenerateMediaIndexFiles"), &json!(2)), "{run:#}");
    let of_empty = server.butler_json(&["remake", &id("Empty"), "--missing"]).unwrap();
    assert_eq!((&of_empty["files"], &of_empty["failures"]), (&json!(3), &json!(1)), "{of_empty:#}");
    let of_all = server.butler_json(&["remake", "--section", &section, "--products", "bif"]).unwrap();
    assert_eq!(of_all["files"], 5, "{of_all:#}");
}

/// What a run's report says of something.
fn fact(run: &Value, label: &str) -> u64 {
    let facts = run["report"].as_array().unwrap();
    facts.iter().find(|fact| fact["label"] == label).map_or(0, |fact| fact["value"].as_u64().unwrap())
}
