//! Rule 9: what becomes of runs when settings change.

use butler_api::{Reason, RunState};
use butler_schedule::{WindowDays, WindowSettings};

use crate::world::{BACKUP, BIF, BUNDLES, METADATA, SCAN, World, berlin};

fn window(start: i8, end: i8) -> WindowSettings {
    WindowSettings::from_hours((start, 0), (end, 0), WindowDays::ALL).unwrap()
}

#[test]
fn switching_off_skips_what_is_scheduled_and_what_the_window_queued_and_lets_the_rest_be() {
    let mut world = World::at("2026-11-23T02:00");
    world.change(|settings| settings.switched_off = [SCAN, METADATA, BIF].into_iter().collect());
    let off = Some(Reason::SwitchedOff { switch: "ItsSwitch".into() });
    for task in [METADATA, BIF] {
        assert_eq!(
            (world.last_of(&task).state, world.last_of(&task).reason),
            (RunState::Skipped, off.clone())
        );
    }
    assert_eq!(world.last_of(&SCAN).state, RunState::Running);
    let mut world = World::at("2026-11-23T12:00");
    world.begun(BUNDLES);
    let waiting = world.begun(BACKUP);
    world.change(|settings| settings.switched_off = [BACKUP].into_iter().collect());
    assert_eq!(world.state(waiting), RunState::Queued, "a person asked for it");
}

#[test]
fn a_moved_window_places_anew_and_binds_to_its_end_if_it_is_open() {
    let mut world = World::at("2026-11-23T02:00");
    world.change(|settings| settings.window = window(1, 4));
    let ends = Some(berlin("2026-11-23T04:00"));
    assert_eq!([SCAN, BIF, METADATA].map(|task| world.last_of(&task).bound_until), [ends; 3]);
    assert!(world.last_of(&METADATA).scheduled_at < ends);
    world.change(|settings| settings.window = window(12, 14));
    assert_eq!([SCAN, BIF].map(|task| world.last_of(&task).bound_until), [ends; 2], "each keeps its own");
    let placed = world.last_of(&METADATA);
    assert!(
        placed.scheduled_at >= Some(berlin("2026-11-23T12:00"))
            && placed.bound_until == Some(berlin("2026-11-23T14:00"))
    );
    assert_eq!(world.wake, ends);
    world.live_until("2026-11-23T04:00");
    assert_eq!(world.last_of(&SCAN).state, RunState::Stopping);
}

#[test]
fn what_was_missed_is_taken_up_by_a_window_that_has_room() {
    let mut world = World::at("2026-11-23T02:00");
    world.live_until("2026-11-23T05:00");
    assert_eq!(world.last_of(&BIF).state, RunState::Missed);
    world.change(|settings| settings.window = window(2, 8));
    assert_eq!(
        (world.last_of(&BIF).state, world.last_of(&BIF).bound_until),
        (RunState::Queued, Some(berlin("2026-11-23T08:00")))
    );
}

#[test]
fn an_end_that_has_come_is_not_put_off_by_a_change() {
    let mut world = World::at("2026-11-23T02:00");
    world.on("2026-11-23T05:00");
    world.change(|settings| settings.window = window(2, 8));
    assert_eq!(world.runs_of(&SCAN)[0].state, RunState::Stopping);
}
