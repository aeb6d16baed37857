//! Switches inside the window.

use super::{
    PREVIEWS, SCAN, add, completed, evening, films_of_ten_minutes, newest, pass, previews, runs_of, set,
    stage, work,
};

#[test]
fn a_task_that_is_switched_on_inside_the_window_starts_and_one_switched_off_finishes() {
    let stage = stage();
    add(&stage, &films_of_ten_minutes(6));
    let server = evening(&stage, "2027-06-15T23:30:00Z");
    set(&server, "GenerateBIFBehavior=never");
    pass(&server, "2027-06-16T00:00:00Z");
    work(&server, &[SCAN], "2027-06-16");
    assert!(runs_of(&server, PREVIEWS).is_empty(), "it is switched off");

    set(&server, "GenerateBIFBehavior=scheduled");
    let run = newest(&server, PREVIEWS, "has made one", |run| run["done"].as_u64() >= Some(1));
    assert_eq!(run["origin"], "window", "{run:#}");
    set(&server, "GenerateBIFBehavior=never");
    let whole = completed(&server, PREVIEWS, "2027-06-16");
    assert_eq!((&whole["id"], &whole["done"]), (&run["id"], &6.into()), "what runs finishes: {whole:#}");
    assert_eq!(previews(&server), (6, 6));

    // It stays off the next night.
    pass(&server, "2027-06-17T00:00:00Z");
    work(&server, &[SCAN], "2027-06-17");
    pass(&server, "2027-06-17T04:00:00Z");
    assert_eq!(runs_of(&server, PREVIEWS).len(), 1);
}
