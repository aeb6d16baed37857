//! Rules 4 and 11: what a run of a media task that is there does for who asks for it once more.

use butler_api::{Origin, Reason, RunId, RunState};
use butler_schedule::StartAnswer;

use crate::world::{BIF, SCAN, World};

const NOON: &str = "2026-11-23T12:00";

#[test]
fn a_start_of_a_media_task_beside_its_run_has_that_look_again_for_what_is_lacking() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    assert!(world.widened.is_empty());
    for times in 1..=3 {
        assert_eq!(world.start(BIF), StartAnswer::Running { run });
        assert_eq!(world.widened[&run], times);
    }
    world.start_all();
    assert_eq!(world.widened[&run], 4);
    assert!(!world.stored[&run].ask.force);
}

#[test]
fn a_forced_start_beside_a_run_of_the_window_has_that_try_what_failed_and_frees_it() {
    let mut world = World::at("2026-11-23T02:00");
    let scan = world.last_of(&SCAN).id;
    world.complete(scan);
    let run = world.last_of(&BIF).id;
    assert_eq!((world.state(run), world.stored[&run].origin), (RunState::Running, Origin::Window));
    assert_eq!(world.start(BIF), StartAnswer::Running { run });
    assert!(world.stored[&run].bound_until.is_some(), "a plain start leaves it the window's");
    assert_eq!(world.force(BIF), StartAnswer::Running { run });
    let stored = &world.stored[&run];
    assert_eq!((stored.origin, stored.ask.force, stored.bound_until), (Origin::Person, true, None));
    assert_eq!(world.widened[&run], 2);
    world.live_until("2026-11-23T05:05");
    assert_eq!(world.state(run), RunState::Running);
}

#[test]
fn a_forced_start_beside_a_queued_run_has_that_try_what_failed_when_its_turn_comes() {
    let mut world = World::at("2026-11-23T02:00");
    let run = world.last_of(&BIF).id;
    assert_eq!(world.state(run), RunState::Queued);
    assert_eq!(world.force(BIF), StartAnswer::Running { run });
    let stored = &world.stored[&run];
    assert_eq!((stored.origin, stored.ask.force, stored.bound_until), (Origin::Person, true, None));
    assert!(world.widened.is_empty(), "it has counted nothing yet");
    world.crash();
    assert!(world.stored[&run].ask.force);
}

#[test]
fn one_section_by_force_waits_behind_a_run_that_leaves_alone_what_failed() {
    let mut world = World::at(NOON);
    let whole = world.begun(BIF);
    let behind = StartAnswer::Started { run: RunId(2), waits: Some(Reason::BehindItself { run: whole }) };
    assert_eq!(world.ask(BIF, true, Some(1)), behind);
    assert_eq!(world.ask(BIF, true, Some(1)), StartAnswer::Running { run: RunId(2) });
    assert_eq!(world.force(BIF), StartAnswer::Running { run: whole });
    assert_eq!(
        world.ask(BIF, true, Some(2)),
        StartAnswer::Running { run: whole },
        "by now that tries everything"
    );
}
