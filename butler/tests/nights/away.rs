//! A night that was slept through, by the machine or by the server, and what is made good by day.

use butler_fixtures::Signal;
use serde_json::Value;

use super::{
    DAILY, FIRST, PREVIEWS, SCAN, add, began_in, evening, newest, pass, previews, runs, runs_of, set,
    small_films, stage, work,
};

#[test]
fn after_a_night_that_was_slept_through_housekeeping_is_caught_up_in_the_morning() {
    let stage = stage();
    add(&stage, &small_films(3));
    let server = evening(&stage, "2027-06-15T18:00:00Z");
    // The machine is suspended until eight.
    server.set_clock(Some("2027-06-16T06:00:00Z"), None).unwrap();
    let placed = newest(&server, SCAN, "is there", |run| !run.is_null());
    assert_eq!(
        (&placed["state"], &placed["origin"], &placed["day"]),
        (&"scheduled".into(), &"catch-up".into(), &"2027-06-16".into())
    );
    // Once it was there for ten minutes.
    pass(&server, "2027-06-16T06:11:00Z");
    let scan = work(&server, &[SCAN], "2027-06-16").remove(0);
    assert_eq!(scan["id"], placed["id"], "{scan:#}");
    assert!(began_in(&scan, "2027-06-16T06:10:00Z", "2027-06-16T08:00:00Z"), "{scan:#}");
    assert!(runs_of(&server, PREVIEWS).is_empty(), "media tasks are not caught up unless that is asked for");
    assert_eq!(previews(&server), (0, 3));

    // The next night comes as ever, with everything.
    pass(&server, "2027-06-17T00:00:00Z");
    for run in work(&server, &DAILY, "2027-06-17") {
        assert_eq!(run["origin"], "window", "{run:#}");
    }
}

#[test]
fn a_server_that_was_off_for_the_night_catches_up_with_everything_where_that_is_wished() {
    let stage = stage();
    add(&stage, &small_films(3));
    let server = evening(&stage, "2027-06-15T18:00:00Z");
    set(&server, "ButlerCatchUp=all");
    server.stop(Signal::TERM).unwrap();
    let server = stage.server_at("2027-06-16T06:00:00Z", "Europe/Berlin").unwrap();
    pass(&server, "2027-06-16T06:11:00Z");
    for run in work(&server, &FIRST, "2027-06-16") {
        assert_eq!(run["origin"], "catch-up", "{run:#}");
        assert!(began_in(&run, "2027-06-16T06:10:00Z", "2027-06-16T12:00:00Z"), "{run:#}");
    }
    assert_eq!((previews(&server), runs(&server).len()), ((3, 3), FIRST.len()));

    // One that was there all night owes nothing.
    pass(&server, "2027-06-17T00:00:00Z");
    work(&server, &DAILY, "2027-06-17");
    pass(&server, "2027-06-17T18:00:00Z");
    let late: Vec<Value> = runs(&server)
        .into_iter()
        .filter(|run| run["day"] == "2027-06-17" && run["origin"] != "window")
        .collect();
    assert_eq!(late, Vec::<Value>::new());
}
