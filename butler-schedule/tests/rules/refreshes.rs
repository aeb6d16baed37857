//! Rule 11: scans of a section, or of paths in it, that are asked for while others work or wait.

use std::path::PathBuf;

use butler_api::{Origin, PauseOwner, Reason, RunId, RunState};
use butler_schedule::{Event, MOST_PATHS, Pause, PauseEnd, StartAnswer};

use crate::world::{SCAN, World};

const NOON: &str = "2026-11-23T12:00";

fn starts_now(run: u64) -> StartAnswer {
    StartAnswer::Started { run: RunId(run), waits: None }
}

fn behind(run: u64, first: u64) -> StartAnswer {
    StartAnswer::Started { run: RunId(run), waits: Some(Reason::BehindItself { run: RunId(first) }) }
}

fn there(run: u64) -> StartAnswer {
    StartAnswer::Running { run: RunId(run) }
}

fn paths(world: &World, run: u64) -> Vec<String> {
    world.stored[&RunId(run)].ask.paths.iter().map(|path| path.display().to_string()).collect()
}

#[test]
fn a_refresh_beside_a_working_scan_of_its_section_is_queued_behind_it_once() {
    let mut world = World::at(NOON);
    assert_eq!(world.refresh(1, &[], Origin::Person), starts_now(1));
    assert_eq!(world.refresh(1, &[], Origin::Person), behind(2, 1));
    for _ in 0..4 {
        assert_eq!(world.refresh(1, &[], Origin::Person), there(2));
        assert_eq!(world.ask(SCAN, true, Some(1)), there(2));
    }
    world.complete(RunId(1));
    assert_eq!(world.state(RunId(2)), RunState::Running);
    assert_eq!(world.refresh(1, &[], Origin::Person), behind(3, 2), "it has begun by now");
}

#[test]
fn a_refresh_beside_a_working_scan_of_everything_is_queued_behind_it() {
    let mut world = World::at(NOON);
    let whole = world.begun(SCAN);
    assert_eq!(world.refresh(1, &[], Origin::Person), behind(2, 1));
    assert_eq!(world.start(SCAN), behind(3, whole.0), "the one that works may have passed what came");
    for _ in 0..3 {
        assert_eq!(world.start(SCAN), there(3));
    }
    assert!(!world.stored[&RunId(3)].ask.force);
    assert_eq!(world.force(SCAN), there(3));
    assert!(world.stored[&RunId(3)].ask.force, "it tries again what failed, for it was asked to");
    assert_eq!(world.refresh(2, &["/tv/Lost"], Origin::Person), there(3), "that will scan every section");
}

#[test]
fn a_queued_scan_that_the_windows_end_may_take_away_serves_no_refresh() {
    let mut world = World::at("2026-11-23T01:55");
    let since = world.now;
    let held = Pause { owner: PauseOwner::Person, note: None, since, until: PauseEnd::Lifted, drains: false };
    world.feed(Event::PauseAsked(held));
    world.live_until("2026-11-23T02:01");
    let nightly = world.last_of(&SCAN).id;
    assert_eq!(world.state(nightly), RunState::Queued);
    let StartAnswer::Started { run, .. } = world.refresh(1, &["/tv/Lost"], Origin::Watch) else {
        panic!("it was answered by the window's")
    };
    assert_eq!(world.refresh(1, &["/tv/Lost"], Origin::Person), there(run.0), "that one is sure");
    world.live_until("2026-11-23T05:01");
    assert_eq!((world.state(nightly), world.state(run)), (RunState::Missed, RunState::Queued));
}

#[test]
fn starts_of_a_scan_beside_the_windows_own_are_one_more_scan() {
    let mut world = World::at("2026-11-23T02:00");
    let nightly = world.last_of(&SCAN).id;
    assert_eq!(world.state(nightly), RunState::Running);
    let StartAnswer::Started { run, waits: Some(Reason::BehindItself { run: first }) } = world.start(SCAN)
    else {
        panic!("it was served by the scan that works")
    };
    assert_eq!(first, nightly);
    assert_eq!(world.start(SCAN), there(run.0));
    assert_eq!(world.start_all()[&SCAN], there(run.0));
    world.complete(nightly);
    world.complete(run);
    world.live_until("2026-11-23T04:59");
    assert_eq!(world.runs_of(&SCAN).len(), 2, "the window starts none for what is done");
}

#[test]
fn start_all_beside_a_scan_that_works_is_one_more_scan() {
    let mut world = World::at(NOON);
    let run = world.begun(SCAN);
    assert!(matches!(
        world.start_all()[&SCAN],
        StartAnswer::Started { waits: Some(Reason::BehindItself { run: first }), .. } if first == run
    ));
}

#[test]
fn a_scan_that_is_off_or_not_on_its_day_is_not_queued_behind_one_that_works() {
    let mut world = World::at(NOON).off(SCAN);
    world.force(SCAN);
    assert!(matches!(world.start(SCAN), StartAnswer::Skipped { reason: Reason::SwitchedOff { .. }, .. }));
    assert_eq!(world.force(SCAN), behind(3, 1));
}

#[test]
fn paths_that_are_asked_for_one_after_the_other_are_one_run() {
    let mut world = World::at(NOON);
    assert_eq!(world.refresh(1, &["/tv/Lost"], Origin::Person), starts_now(1));
    assert_eq!(paths(&world, 1), ["/tv/Lost"]);
    assert_eq!(
        world.refresh(1, &["/tv/Lost/Season 1"], Origin::Person),
        behind(2, 1),
        "the one that works may have passed it"
    );
    assert_eq!(world.refresh(1, &["/tv/Dark"], Origin::Person), there(2));
    assert_eq!(world.refresh(1, &["/tv/Dark/Season 2"], Origin::Person), there(2));
    assert_eq!(paths(&world, 2), ["/tv/Dark", "/tv/Lost/Season 1"]);
    assert_eq!(world.refresh(1, &["/tv/Lost"], Origin::Person), there(2));
    assert_eq!(paths(&world, 2), ["/tv/Dark", "/tv/Lost"], "a folder takes the place of what lies in it");
    assert_eq!(
        world.refresh(2, &["/films/Heat"], Origin::Person),
        behind(3, 1),
        "another section is another run"
    );
    assert_eq!(world.refresh(1, &[], Origin::Person), there(2));
    assert!(paths(&world, 2).is_empty(), "the whole section takes the place of its paths");
}

#[test]
fn more_paths_than_a_run_is_limited_to_are_the_whole_section() {
    let mut world = World::at(NOON);
    world.refresh(1, &[], Origin::Person);
    for number in 0..=MOST_PATHS {
        assert_eq!(paths(&world, 1).len(), 0);
        world.refresh(1, &[&format!("/tv/{number}")], Origin::Person);
    }
    assert_eq!(world.runs_of(&SCAN).len(), 2);
    assert!(world.stored[&RunId(2)].ask.paths.is_empty());
}

#[test]
fn what_the_file_system_asks_for_becomes_a_persons_when_one_asks_too() {
    let mut world = World::at(NOON);
    assert_eq!(world.refresh(1, &["/tv/Lost"], Origin::Watch), starts_now(1));
    assert_eq!(world.refresh(1, &["/tv/Dark"], Origin::Watch), behind(2, 1));
    assert_eq!(world.refresh(1, &["/tv/Fargo"], Origin::Person), there(2));
    assert_eq!(world.stored[&RunId(2)].origin, Origin::Person);
}

#[test]
fn a_crash_keeps_what_a_scan_is_limited_to_whoever_asked_for_it() {
    for origin in [Origin::Person, Origin::Watch] {
        let mut world = World::at(NOON);
        world.refresh(1, &["/tv/Lost"], origin);
        world.refresh(1, &["/tv/Dark", "/tv/Fargo"], origin);
        world.crash();
        assert_eq!(
            (world.state(RunId(1)), paths(&world, 1)),
            (RunState::Running, vec!["/tv/Lost".to_owned()])
        );
        assert_eq!((world.state(RunId(2)), world.stored[&RunId(2)].ask.paths.len()), (RunState::Queued, 2));
        world.complete(RunId(1));
        world.complete(RunId(2));
        assert!(
            matches!(world.start(SCAN), StartAnswer::Started { .. }),
            "none of them is the task's completion"
        );
    }
}

#[test]
fn a_queued_scan_of_some_paths_does_not_serve_a_request_for_all() {
    let mut world = World::at(NOON);
    world.refresh(1, &[], Origin::Person);
    world.refresh(2, &["/films/Heat"], Origin::Person);
    assert_eq!(world.stored[&RunId(2)].ask.paths, [PathBuf::from("/films/Heat")]);
    assert_eq!(world.start(SCAN), behind(3, 1));
}
