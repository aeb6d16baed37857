//! As soon as possible: a film that is new by day.

use super::{
    PREVIEWS, SCAN, add, date_back, evening, newest, pass, previews, runs_of, set, small_films, stage, work,
};

#[test]
fn a_film_that_is_new_by_day_gets_its_previews_at_once_and_the_night_brings_the_others() {
    let stage = stage();
    let films = small_films(4);
    add(&stage, &films[..3]);
    let server = evening(&stage, "2027-06-15T10:00:00Z");
    set(&server, "GenerateBIFBehavior=asap");
    assert_eq!(server.run_task(SCAN).unwrap()["state"], "completed");
    assert!(runs_of(&server, PREVIEWS).is_empty(), "a first scan's films wait for the night");

    let path = stage.add_movies(&films[3..]).unwrap().remove(0);
    date_back(&path);
    assert_eq!(server.run_task(SCAN).unwrap()["state"], "completed");
    let run = newest(&server, PREVIEWS, "has completed", |run| run["state"] == "completed");
    assert_eq!((&run["origin"], &run["done"]), (&"asap".into(), &1.into()), "{run:#}");
    for part in server.parts("1").unwrap() {
        assert_eq!(part.has_preview, part.file == path.to_str().unwrap(), "{part:?}");
    }

    // It counts for nothing: the night starts the task all the same.
    pass(&server, "2027-06-16T00:00:00Z");
    let night = work(&server, &[PREVIEWS], "2027-06-16").remove(0);
    assert_eq!((&night["origin"], &night["done"]), (&"window".into(), &3.into()), "{night:#}");
    assert_eq!(previews(&server), (4, 4));
}
