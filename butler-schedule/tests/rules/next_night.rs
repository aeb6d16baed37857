//! When what may be begun from a moment on will be begun: in a night that has a window, and in which its task
//! is due.

use butler_api::TaskName;

use crate::world::{BIF, DEEP, World, berlin};

/// The night, as `24 02:00` in Berlin.
fn night(world: &World, task: &TaskName, not_before: &str) -> Option<String> {
    let window = world.schedule.next_night(task, berlin(not_before), world.now)?;
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    Some(zone.to_datetime(window.from).strftime("%d %H:%M").to_string())
}

#[test]
fn what_may_be_begun_by_day_is_begun_in_the_coming_night_and_what_may_not_before_its_end_in_the_next() {
    let world = World::rested("2026-11-23T12:00");
    for (not_before, expected) in [
        ("2026-11-23T12:00", "24 02:00"),
        ("2026-11-23T23:59", "24 02:00"),
        ("2026-11-24T02:00", "24 02:00"),
        ("2026-11-24T04:59", "24 02:00"),
        ("2026-11-24T05:00", "25 02:00"),
        ("2026-11-24T14:00", "25 02:00"),
    ] {
        assert_eq!(night(&world, &BIF, not_before).as_deref(), Some(expected), "{not_before}");
    }
}

#[test]
fn a_weekly_task_comes_to_it_when_it_is_due() {
    let mut world = World::at("2026-11-23T01:00");
    world.live_until("2026-11-23T12:00");
    let first = night(&world, &DEEP, "2026-11-23T12:00");
    let later = night(&world, &DEEP, "2026-12-01T12:00");
    assert_eq!(
        (first.as_deref(), later.as_deref()),
        (Some("24 02:00"), Some("08 02:00")),
        "it did not run in the night before"
    );
}

#[test]
fn a_task_that_is_off_comes_to_nothing() {
    let world = World::rested("2026-11-23T12:00").off(BIF);
    assert_eq!(night(&world, &BIF, "2026-11-23T12:00"), None);
    assert_eq!(night(&world, &TaskName::from("Unheard"), "2026-11-23T12:00"), None);
}
