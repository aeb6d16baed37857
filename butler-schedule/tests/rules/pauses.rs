//! Pauses: who holds what, until when, and what that does to the night.

use butler_api::{PauseOwner, Reason, RunState};
use butler_schedule::{Answer, Event, Pause, PauseEnd};

use crate::world::{BIF, BUNDLES, SCAN, World, berlin};

const NOON: &str = "2026-11-23T12:00";

fn pause(world: &mut World, owner: PauseOwner, until: PauseEnd, drains: bool) -> Vec<Pause> {
    let pause = Pause { owner, note: None, since: world.now, until, drains };
    match world.feed(Event::PauseAsked(pause)) {
        Answer::Pauses(pauses) => pauses,
        other => panic!("{other:?}"),
    }
}

fn held(owner: PauseOwner) -> Option<Reason> {
    Some(Reason::Held { owner, note: None })
}

#[test]
fn a_freeze_pauses_what_works_and_one_that_drains_only_media() {
    for (drains, bundles) in [(false, RunState::Paused), (true, RunState::Running)] {
        let mut world = World::at(NOON);
        let (media, clean) = (world.begun(BIF), world.begun(BUNDLES));
        pause(&mut world, PauseOwner::Load, PauseEnd::Lifted, drains);
        assert_eq!([media, clean].map(|run| world.state(run)), [RunState::Paused, bundles]);
        let scan = world.begun(SCAN);
        assert_eq!((world.state(scan), world.reason(scan)), (RunState::Queued, held(PauseOwner::Load)));
        assert_eq!(world.feed(Event::ResumeAsked { owner: Some(PauseOwner::Load) }), Answer::Pauses(vec![]));
        assert_eq!([media, clean, scan].map(|run| world.state(run)), [RunState::Running; 3]);
    }
}

#[test]
fn pauses_stack_and_the_strongest_is_shown() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    for owner in [PauseOwner::Load, PauseOwner::Playback, PauseOwner::Window, PauseOwner::Person] {
        let holding = pause(&mut world, owner, PauseEnd::Lifted, false);
        assert_eq!((holding[0].owner, world.reason(run)), (owner, held(owner)));
    }
    assert_eq!(
        pause(&mut world, PauseOwner::Person, PauseEnd::Lifted, true).len(),
        4,
        "another of its owner takes its place"
    );
    world.feed(Event::ResumeAsked { owner: Some(PauseOwner::Person) });
    assert_eq!(world.reason(run), held(PauseOwner::Window));
    world.feed(Event::ResumeAsked { owner: None });
    assert_eq!((world.state(run), world.pauses.len()), (RunState::Running, 0));
}

#[test]
fn a_pause_ends_at_its_moment_or_when_the_window_opens() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    pause(&mut world, PauseOwner::Person, PauseEnd::At(berlin("2026-11-23T12:30")), false);
    assert_eq!(world.wake, Some(berlin("2026-11-23T12:30")));
    world.live_until("2026-11-23T12:29:59");
    assert_eq!(world.state(run), RunState::Paused);
    world.live_until("2026-11-23T12:30");
    assert_eq!(world.state(run), RunState::Running);
    pause(&mut world, PauseOwner::Window, PauseEnd::WindowOpens, false);
    world.live_until("2026-11-24T01:59:59");
    assert_eq!(world.state(run), RunState::Paused);
    world.live_until("2026-11-24T02:00");
    assert_eq!(world.state(run), RunState::Running);
    assert_eq!(
        pause(&mut world, PauseOwner::Window, PauseEnd::WindowOpens, false),
        [],
        "at once if it is open"
    );
}

#[test]
fn a_window_that_was_slept_through_ends_a_pause_too() {
    let mut world = World::at(NOON);
    pause(&mut world, PauseOwner::Window, PauseEnd::WindowOpens, false);
    world.wake_at("2026-11-24T09:00");
    assert!(world.pauses.is_empty());
}

#[test]
fn what_a_pause_kept_from_its_turn_is_missed_for_it_and_what_works_is_stopped_all_the_same() {
    let mut world = World::at("2026-11-23T02:00");
    pause(&mut world, PauseOwner::Person, PauseEnd::Lifted, false);
    world.live_until("2026-11-23T05:00");
    assert_eq!(
        (world.last_of(&BIF).state, world.last_of(&BIF).reason),
        (RunState::Missed, held(PauseOwner::Person))
    );
    assert_eq!(
        (world.last_of(&SCAN).state, world.last_of(&SCAN).reason),
        (RunState::Stopping, Some(Reason::WindowEnded))
    );
}

#[test]
fn a_persons_pause_outlives_a_restart_and_what_plays_does_not() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    pause(&mut world, PauseOwner::Person, PauseEnd::Lifted, false);
    pause(&mut world, PauseOwner::Playback, PauseEnd::Lifted, false);
    world.restart();
    assert_eq!(world.schedule.pauses().len(), 1);
    assert_eq!((world.state(run), world.reason(run)), (RunState::Queued, held(PauseOwner::Person)));
    world.feed(Event::ResumeAsked { owner: None });
    assert_eq!(world.state(run), RunState::Running);
}
