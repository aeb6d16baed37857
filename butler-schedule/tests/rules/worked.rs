//! Rule 2: what a task usually takes is the time that its runs worked.

use butler_api::{PauseOwner, RunState};
use butler_schedule::{Event, Pause, PauseEnd};
use jiff::SignedDuration;

use crate::world::{BIF, World, berlin};

const NOON: &str = "2026-11-23T12:00";

fn check(world: &World, minutes: i64) {
    assert_eq!(world.last_of(&BIF).worked, SignedDuration::from_mins(minutes));
    assert_eq!(world.schedule.usual(&BIF), SignedDuration::from_mins(minutes));
}

#[test]
fn rule_2_a_pause_is_no_work() {
    for drains in [false, true] {
        let mut world = World::at(NOON);
        let run = world.begun(BIF);
        world.live_until("2026-11-23T12:10");
        let until = PauseEnd::At(berlin("2026-11-23T18:10"));
        world.feed(Event::PauseAsked(Pause {
            owner: PauseOwner::Person,
            note: None,
            since: world.now,
            until,
            drains,
        }));
        assert_eq!(
            (world.state(run), world.stored[&run].worked),
            (RunState::Paused, SignedDuration::from_mins(10))
        );
        world.live_until("2026-11-23T18:20");
        world.complete(run);
        check(&world, 20);
    }
}

#[test]
fn rule_2_an_absence_is_no_work_and_a_clock_that_goes_back_takes_none_away() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.live_until("2026-11-23T12:10").wake_at("2026-11-23T15:00").live_until("2026-11-23T15:05");
    world.wake_at("2026-11-23T11:00").live_until("2026-11-23T11:02");
    world.complete(run);
    check(&world, 17);
}

#[test]
fn rule_2_a_minute_is_no_absence() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.on("2026-11-23T12:01").complete(run);
    check(&world, 1);
}

#[test]
fn rule_2_what_a_run_worked_before_a_shutdown_counts_and_the_time_between_does_not() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.live_until("2026-11-23T12:10").shut_down();
    world.on("2026-11-23T20:00").crash();
    assert_eq!(world.state(run), RunState::Running);
    world.live_until("2026-11-23T20:05").complete(run);
    check(&world, 15);
}

#[test]
fn rule_2_before_a_crash_it_worked_up_to_the_last_note() {
    let mut world = World::rested("2026-11-23T03:00");
    let run = world.begun(BIF);
    world.live_until("2026-11-23T03:10").on("2026-11-23T03:40").crash();
    world.live_until("2026-11-23T03:45").complete(run);
    check(&world, 15);
}

#[test]
fn rule_2_a_run_works_until_its_step_has_ended_though_it_was_to_stop() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.live_until("2026-11-23T12:05");
    world.feed(Event::StopAsked { task: BIF });
    world.live_until("2026-11-23T12:07").complete(run);
    check(&world, 7);
}
