//! Where the window lies: across both changes of daylight saving, over midnight, on Sundays only, and moved
//! under what runs.

use super::{
    DAILY, FIRST, PREVIEWS, SCAN, add, assert_quiet_until, began_in, completed, cut, evening, long_films,
    moment, newest, pass, runs, runs_of, set, small_films, stage, work,
};

#[test]
fn in_spring_the_night_begins_at_the_gap_s_end() {
    let stage = stage();
    add(&stage, &small_films(2));
    // Half past one in winter time. At two it is three.
    let server = evening(&stage, "2027-03-28T00:30:00Z");
    pass(&server, "2027-03-28T01:00:00Z");
    for run in work(&server, &DAILY, "2027-03-28") {
        assert!(began_in(&run, "2027-03-28T01:00:00Z", "2027-03-28T03:00:00Z"), "{run:#}");
    }
    assert_quiet_until(&server, "2027-03-28T01:00:00Z");
}

#[test]
fn in_spring_a_window_that_the_gap_swallows_is_none_that_day() {
    let stage = stage();
    add(&stage, &small_films(2));
    let server = evening(&stage, "2027-03-27T20:00:00Z");
    set(&server, "ButlerEndHour=3");
    pass(&server, "2027-03-29T00:00:00Z");
    for run in work(&server, &DAILY, "2027-03-29") {
        assert!(began_in(&run, "2027-03-29T00:00:00Z", "2027-03-29T01:00:00Z"), "{run:#}");
    }
    // Between two and three there was nothing the night before.
    assert_quiet_until(&server, "2027-03-29T00:00:00Z");
}

#[test]
fn in_autumn_the_night_begins_at_the_first_pass_and_lasts_an_hour_longer() {
    let stage = stage();
    add(&stage, &small_films(2));
    let server = evening(&stage, "2027-10-30T22:00:00Z");
    set(&server, "GenerateBIFBehavior=never");
    pass(&server, "2027-10-31T00:00:00Z");
    let scan = work(&server, &[SCAN], "2027-10-31").remove(0);
    assert!(
        began_in(&scan, "2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z"),
        "two o'clock comes twice, and the first counts: {scan:#}"
    );
    assert_quiet_until(&server, "2027-10-31T00:00:00Z");

    // Half past four in winter time: five and a half hours of summer time after midnight, and the window is
    // open.
    pass(&server, "2027-10-31T03:30:00Z");
    set(&server, "GenerateBIFBehavior=scheduled");
    let late = completed(&server, PREVIEWS, "2027-10-31");
    assert_eq!(late["origin"], "window", "{late:#}");
    pass(&server, "2027-10-31T20:00:00Z");
    assert_eq!(runs_of(&server, SCAN).len(), 1, "the second pass starts nothing twice");
}

#[test]
fn a_window_over_midnight_belongs_to_its_evening() {
    let stage = stage();
    add(&stage, &small_films(2));
    let server = evening(&stage, "2027-06-15T18:00:00Z");
    set(&server, "ButlerStartHour=23&ButlerEndHour=2&GenerateBIFBehavior=never");
    pass(&server, "2027-06-15T21:00:00Z");
    let scan = work(&server, &[SCAN], "2027-06-15").remove(0);
    assert!(began_in(&scan, "2027-06-15T21:00:00Z", "2027-06-16T00:00:00Z"), "{scan:#}");
    assert_quiet_until(&server, "2027-06-15T21:00:00Z");

    // Half past midnight: the next date, and the same day.
    pass(&server, "2027-06-15T22:30:00Z");
    set(&server, "GenerateBIFBehavior=scheduled");
    let late = completed(&server, PREVIEWS, "2027-06-15");
    assert!(began_in(&late, "2027-06-15T22:30:00Z", "2027-06-16T00:00:00Z"), "{late:#}");
}

#[test]
fn on_sundays_only_the_other_nights_are_quiet() {
    let stage = stage();
    add(&stage, &small_films(2));
    // A Friday.
    let server = evening(&stage, "2027-06-18T18:00:00Z");
    set(&server, "ButlerWindowDays=sun");
    pass(&server, "2027-06-20T00:00:00Z");
    for run in work(&server, &FIRST, "2027-06-20") {
        assert!(began_in(&run, "2027-06-20T00:00:00Z", "2027-06-20T03:00:00Z"), "{run:#}");
    }
    assert_quiet_until(&server, "2027-06-20T00:00:00Z");
    pass(&server, "2027-06-22T12:00:00Z");
    assert_eq!(runs(&server).len(), FIRST.len(), "{:#?}", runs(&server));
}

#[test]
fn a_window_that_is_moved_takes_along_what_runs_in_it_and_what_is_to_come() {
    let stage = stage();
    add(&stage, &long_films(12));
    let server = evening(&stage, "2027-06-15T18:00:00Z");
    // By day, to ten in the evening.
    set(&server, "ButlerStartHour=22");
    pass(&server, "2027-06-15T20:00:00Z");
    let run = newest(&server, PREVIEWS, "has made one", |run| run["done"].as_u64() >= Some(1));
    assert!(began_in(&run, "2027-06-15T20:00:00Z", "2027-06-16T03:00:00Z"), "{run:#}");

    // While it works, the end comes nearer: half past ten in place of five. What is bound ends then.
    set(&server, "ButlerEndHour=22&ButlerEndMinute=30");
    let ended = cut(&server, PREVIEWS, "2027-06-15T20:30:00Z");
    assert_eq!(ended["id"], run["id"], "{ended:#}");
    let at = moment(ended["ended_at"].as_str().unwrap());
    assert!(at >= moment("2027-06-15T20:29:00Z") && at < moment("2027-06-16T00:00:00Z"), "{ended:#}");
}
