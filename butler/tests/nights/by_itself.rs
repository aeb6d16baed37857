//! A night that nobody asked for, the morning after it, and one in whose middle the server is killed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    DAILY, FIRST, PREVIEWS, SCAN, add, assert_quiet_until, began_in, completed, date_back, evening,
    films_of_ten_minutes, newest, pass, previews, runs, runs_of, small_films, stage, work,
};

#[test]
fn the_night_runs_by_itself_and_in_the_morning_one_can_see_it() {
    let stage = stage();
    add(&stage, &small_films(4));
    let server = evening(&stage, "2027-06-15T18:00:00Z");
    pass(&server, "2027-06-16T00:00:00Z");
    let night = work(&server, &FIRST, "2027-06-16");
    for run in &night {
        assert_eq!((&run["origin"], &run["failures"]), (&"window".into(), &0.into()), "{run:#}");
        assert!(began_in(run, "2027-06-16T00:00:00Z", "2027-06-16T03:00:00Z"), "{run:#}");
    }
    let begin = |run: &Value| run["started_at"].as_str().unwrap().to_owned();
    assert!(
        night[0]["ended_at"].as_str() <= Some(&begin(&night[1]))
            && night[0]["ended_at"].as_str() <= Some(&begin(&night[2]))
    );
    assert_eq!(previews(&server), (4, 4));
    assert_quiet_until(&server, "2027-06-16T00:00:00Z");

    // The morning: what the command line shows is what was done, with its facts; nothing more came.
    pass(&server, "2027-06-16T06:00:00Z");
    let shown = server.butler_json(&["runs"]).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), FIRST.len(), "{shown:#}");
    for run in shown.as_array().unwrap() {
        assert_eq!((&run["state"], &run["day"]), (&"completed".into(), &"2027-06-16".into()), "{run:#}");
        assert!(run["reason"].as_str().is_some_and(|reason| reason.ends_with('.')), "{run:#}");
    }
    assert!(!runs_of(&server, SCAN)[0]["report"].as_array().unwrap().is_empty());
    let page = String::from_utf8(server.butler(&["runs"]).unwrap().stdout).unwrap();
    assert!(DAILY.iter().all(|task| page.contains(task)), "{page}");

    // The next night finds nothing to do, and says so.
    pass(&server, "2027-06-17T00:00:00Z");
    let next = work(&server, &DAILY, "2027-06-17");
    assert_eq!(
        (&next[1]["reason_code"], &next[1]["done"]),
        (&"nothing-to-do".into(), &0.into()),
        "{:#}",
        next[1]
    );
}

#[test]
fn a_server_that_is_killed_in_the_night_goes_on_and_repeats_nothing_completed() {
    let stage = stage();
    add(&stage, &films_of_ten_minutes(12));
    let server = evening(&stage, "2027-06-15T23:59:58Z");
    let scan = completed(&server, SCAN, "2027-06-16");
    let cut = newest(&server, PREVIEWS, "has made three", |run| run["done"].as_u64() >= Some(3));
    assert_eq!(cut["origin"], "window", "{cut:#}");
    let activities = server.get_json("/activities").unwrap();
    let shown = activities["MediaContainer"]["Activity"].as_array().unwrap();
    assert!(
        shown.iter().any(|activity| activity["title"].as_str().unwrap().contains("review")),
        "{activities:#}"
    );
    server.kill().unwrap();

    // A minute later: the window is open, and what was in the middle goes on under its id.
    let server = stage.server_at("2027-06-16T00:01:00Z", "Europe/Berlin").unwrap();
    let kept = made_at(&server);
    assert!(kept.len() >= 3, "what was made is kept: {kept:?}");
    let run = completed(&server, PREVIEWS, "2027-06-16");
    assert_eq!((&run["id"], &run["failures"]), (&cut["id"], &0.into()), "{run:#}");
    assert_eq!(previews(&server), (12, 12));
    let all = made_at(&server);
    assert!(kept.iter().all(|(part, at)| all[part] == *at), "a preview was made again");
    work(&server, &FIRST, "2027-06-16");

    // The rest of the night, and the day after it, bring nothing more.
    pass(&server, "2027-06-16T18:00:00Z");
    assert_eq!(runs_of(&server, SCAN), [scan], "what had completed is not repeated");
    assert_eq!(
        (runs_of(&server, PREVIEWS).len(), runs(&server).len()),
        (1, FIRST.len()),
        "{:#?}",
        runs(&server)
    );
}

/// When each part's preview was made.
fn made_at(server: &butler_fixtures::Server) -> BTreeMap<u64, String> {
    let all = server.get_json("/library/sections/1/all").unwrap();
    let mut made = BTreeMap::new();
    for item in all["MediaContainer"]["Metadata"].as_array().unwrap() {
        let products = server
            .get_json(&format!("/api/v1/items/{}/products", item["ratingKey"].as_str().unwrap()))
            .unwrap();
        for product in
            products["products"].as_array().unwrap().iter().filter(|product| product["product"] == "bif")
        {
            made.insert(
                item["ratingKey"].as_str().unwrap().parse().unwrap(),
                product["made_at"].as_str().unwrap().to_owned(),
            );
        }
    }
    made
}

#[test]
fn files_that_failed_in_a_night_are_counted_once_wherever_that_is_told() {
    let stage = stage();
    for number in 1..=2 {
        let track = stage.folders.music().join(format!("Nina/Blue/0{number} Nothing.mp3"));
        std::fs::create_dir_all(track.parent().unwrap()).unwrap();
        std::fs::write(&track, format!("track {number}, which is none").repeat(20)).unwrap();
        date_back(&track);
    }
    let server = stage.server_at("2027-06-15T23:59:58Z", "UTC").unwrap();
    server.add_section("artist", "Music", &stage.folders.music()).unwrap();
    pass(&server, "2027-06-16T02:00:00Z");
    // Neither its headers nor its tags can be had of either, and no other task tries what has no headers.
    let scan = completed(&server, SCAN, "2027-06-16");
    assert_eq!((&scan["failures"], &scan["failed_files"]), (&4.into(), &2.into()), "{scan:#}");
    let told = "2 files failed in 4 products";
    assert_eq!(scan["reason"], format!("It is done, but {told}."));
    let said = |arguments: &[&str]| {
        let output = server.butler(arguments).unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let words = said(&["runs", &scan["id"].to_string()]);
    assert!(words.contains(told), "{words}");
    let standing = server.get_json("/api/v1/failures/summary").unwrap();
    assert_eq!(standing["files"], 2, "{standing:#}");
    assert!(said(&["failures"]).contains("2 files failed"));

    pass(&server, "2027-06-16T06:00:00Z");
    let night = server.get_json("/api/v1/nights/last").unwrap();
    assert_eq!(night["failed_files"], 2, "{night:#}");
    assert!(night["sentence"].as_str().unwrap().contains(", 2 files failed."), "{night:#}");
    assert!(said(&["night"]).contains(", 2 files failed."));
}
