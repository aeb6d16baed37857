//! The window's end: it cuts what runs, nothing is lost, and the next night goes on.

use super::{
    PREVIEWS, add, completed, cut, evening, long_films, newest, pass, previews, runs_of, set, stage,
};

#[test]
fn the_window_s_end_cuts_a_run_and_the_next_night_goes_on() {
    let stage = stage();
    add(&stage, &long_films(12));
    let server = evening(&stage, "2027-06-15T23:59:58Z");
    set(&server, "ButlerEndHour=2&ButlerEndMinute=20");
    let run = newest(&server, PREVIEWS, "has made two", |run| run["done"].as_u64() >= Some(2));
    assert_eq!((&run["origin"], &run["state"]), (&"window".into(), &"running".into()), "{run:#}");
    assert_eq!(cut(&server, PREVIEWS, "2027-06-16T00:20:00Z")["id"], run["id"]);

    // By day nothing goes on by itself.
    pass(&server, "2027-06-16T20:00:00Z");
    assert_eq!(runs_of(&server, PREVIEWS).len(), 1);
    let (made, all) = previews(&server);
    assert!((2..12).contains(&made) && all == 12, "{made} of {all}");

    pass(&server, "2027-06-17T00:00:00Z");
    let rest = completed(&server, PREVIEWS, "2027-06-17");
    assert_eq!(rest["done"], u64::try_from(all - made).unwrap(), "what was made was made again: {rest:#}");
    assert_eq!(previews(&server), (12, 12));
}
