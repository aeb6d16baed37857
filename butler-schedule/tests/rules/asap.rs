//! Rule 7: new items as soon as possible.

use butler_api::{Origin, RunState};
use butler_schedule::{Event, StartAnswer};
use jiff::civil::date;

use crate::world::{BIF, DEEP, SCAN, World, berlin};

fn world(local: &str) -> World {
    let mut world = World::at(local);
    world.change(|settings| {
        settings.as_soon_as_possible = [BIF, DEEP].into_iter().collect();
        settings.switched_off.insert(DEEP);
    });
    world.feed(Event::ItemsAdded);
    world
}

#[test]
fn new_items_get_a_free_run_at_once_and_it_counts_for_nothing() {
    let mut world = world("2026-11-23T12:00");
    let run = world.last_of(&BIF);
    assert_eq!((run.origin, run.state, run.bound_until), (Origin::Asap, RunState::Running, None));
    assert!(world.runs_of(&DEEP).is_empty(), "it is off");
    world.feed(Event::ItemsAdded);
    world.feed(Event::ItemsAdded);
    assert_eq!(world.runs_of(&BIF).len(), 2, "one that works does not see them, one that waits does");
    world.fail(run.id);
    world.live_until("2026-11-24T02:00");
    assert_eq!(world.last_of(&BIF).origin, Origin::Window);
}

#[test]
fn a_person_turns_a_running_one_into_a_whole_one() {
    for force in [false, true] {
        let mut world = world("2026-11-23T12:00");
        let run = world.last_of(&BIF).id;
        assert_eq!(world.ask(BIF, force, None), StartAnswer::Started { run, waits: None });
        let turned = &world.stored[&run];
        assert_eq!((turned.origin, turned.ask.force, turned.bound_until), (Origin::Person, force, None));
        assert!(world.widened.contains_key(&run));
    }
}

#[test]
fn a_waiting_one_is_turned_without_widening_and_a_section_leaves_it_alone() {
    let mut world = World::at("2026-11-23T12:00");
    world.change(|settings| settings.as_soon_as_possible = [BIF].into_iter().collect());
    world.begun(SCAN);
    world.feed(Event::ItemsAdded);
    let run = world.last_of(&BIF).id;
    let StartAnswer::Started { run: limited, .. } = world.ask(BIF, true, Some(1)) else {
        panic!("not started")
    };
    assert_ne!(limited, run);
    assert!(matches!(world.start(BIF), StartAnswer::Started { run: turned, .. } if turned == run));
    assert_eq!((world.stored[&run].origin, world.widened.len()), (Origin::Person, 0));
}

#[test]
fn the_window_turns_it_into_its_own_for_its_day() {
    let mut world = world("2026-11-23T01:30");
    world.live_until("2026-11-23T02:00");
    let turned = world.last_of(&BIF);
    assert_eq!(world.runs_of(&BIF).len(), 1);
    assert_eq!(
        (turned.origin, turned.day, turned.bound_until),
        (Origin::Window, Some(date(2026, 11, 23)), Some(berlin("2026-11-23T05:00")))
    );
    assert!(world.widened.contains_key(&turned.id));
    world.complete(turned.id);
    world.live_until("2026-11-23T03:00");
    assert_eq!(world.runs_of(&BIF).len(), 1);
}
