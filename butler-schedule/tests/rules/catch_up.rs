//! Rule 8: absences and what they owe.

use butler_api::{Origin, Reason, RunState};
use butler_schedule::{CatchUp, Event, StartAnswer, WindowDays, WindowSettings};
use jiff::civil::date;

use crate::world::{BACKUP, BIF, BUNDLES, SCAN, World, berlin};

fn world(which: CatchUp, local: &str) -> World {
    let mut settings = World::at("2026-11-22T12:00").settings;
    settings.catch_up = which;
    World::with(settings, berlin(local))
}

#[test]
fn a_night_that_was_slept_through_is_made_good_ten_minutes_after() {
    for (which, housekeeping, media) in
        [(CatchUp::Off, 0, 0), (CatchUp::Housekeeping, 1, 0), (CatchUp::All, 1, 1)]
    {
        let mut world = world(which, "2026-11-22T20:00");
        world.wake_at("2026-11-23T09:00");
        assert_eq!([BUNDLES, BIF].map(|task| world.runs_of(&task).len()), [housekeeping, media], "{which:?}");
        if which == CatchUp::Off {
            continue;
        }
        let owed = world.last_of(&BUNDLES);
        assert_eq!(
            (owed.origin, owed.state, owed.day),
            (Origin::CatchUp, RunState::Scheduled, Some(date(2026, 11, 23)))
        );
        assert_eq!(
            (owed.scheduled_at, world.wake),
            (Some(berlin("2026-11-23T09:10")), Some(berlin("2026-11-23T09:10")))
        );
        world.live_until("2026-11-23T09:10");
        assert_eq!(world.last_of(&SCAN).state, RunState::Running);
        assert_eq!(world.last_of(&SCAN).bound_until, None);
    }
}

#[test]
fn a_minute_is_no_absence_and_a_second_more_is() {
    for (back, owes) in [("2026-11-23T02:31:00", false), ("2026-11-23T02:31:01", true)] {
        let mut world = world(CatchUp::All, "2026-11-23T01:00").off(BIF);
        world.live_until("2026-11-23T02:30").wake_at(back);
        assert_eq!(world.attendance.unwrap().away_on, owes.then(|| date(2026, 11, 23)));
    }
}

#[test]
fn what_was_cut_completed_failed_or_works_owes_nothing_and_the_rest_waits_for_the_windows_end() {
    let mut world = world(CatchUp::All, "2026-11-23T02:00").off(BIF);
    world.complete(world.last_of(&SCAN).id);
    world.complete(world.last_of(&BUNDLES).id);
    world.wake_at("2026-11-23T04:58");
    world.change(|settings| settings.switched_off.clear());
    assert_eq!(world.last_of(&BIF).state, RunState::Missed);
    world.live_until("2026-11-23T05:00");
    let owed = world.last_of(&BIF);
    assert_eq!((owed.origin, owed.scheduled_at), (Origin::CatchUp, Some(berlin("2026-11-23T05:08"))));
    assert_eq!(world.runs_of(&BUNDLES).len(), 1);
    assert_eq!(world.last_of(&BACKUP).origin, Origin::Window);
}

#[test]
fn a_further_absence_puts_it_off_and_a_window_that_opens_first_takes_it_over() {
    let mut world = world(CatchUp::All, "2026-11-22T20:00");
    world.wake_at("2026-11-23T09:00").wake_at("2026-11-23T09:05");
    assert_eq!(world.last_of(&BIF).scheduled_at, Some(berlin("2026-11-23T09:15")));
    world.wake_at("2026-11-24T01:55");
    let owed = world.last_of(&SCAN);
    assert_eq!(owed.scheduled_at, Some(berlin("2026-11-24T02:05")));
    world.live_until("2026-11-24T02:00");
    let taken = world.last_of(&SCAN);
    assert_eq!((taken.id, taken.origin, taken.day), (owed.id, Origin::Window, Some(date(2026, 11, 24))));
    assert_eq!(taken.bound_until, Some(berlin("2026-11-24T05:00")));
}

#[test]
fn rule_3_outside_of_a_window_a_persons_start_takes_it_over_and_starts_at_once() {
    for force in [false, true] {
        let mut world = world(CatchUp::All, "2026-11-22T20:00");
        world.wake_at("2026-11-23T09:00");
        let owed = world.last_of(&BUNDLES).id;
        assert_eq!(world.ask(BUNDLES, force, None), StartAnswer::Started { run: owed, waits: None });
        let run = &world.stored[&owed];
        assert_eq!(
            (run.origin, run.ask.force, run.state, run.bound_until),
            (Origin::Person, force, RunState::Running, None)
        );
        assert_eq!(run.day, Some(date(2026, 11, 23)));
        assert_eq!(world.runs_of(&BUNDLES).len(), 1);
    }
}

#[test]
fn rule_3_outside_of_a_window_start_all_takes_all_of_it_over() {
    let mut world = world(CatchUp::All, "2026-11-22T20:00");
    world.wake_at("2026-11-23T09:00");
    for (task, answer) in world.start_all() {
        assert!(
            matches!(answer, StartAnswer::Started { run, .. } if run == world.last_of(&task).id),
            "{task}: {answer:?}"
        );
        assert_eq!((world.runs_of(&task).len(), world.last_of(&task).origin), (1, Origin::Person), "{task}");
        assert!(matches!(world.last_of(&task).state, RunState::Queued | RunState::Running), "{task}");
    }
}

#[test]
fn it_is_noted_while_something_is_owed_and_when_the_clock_went_back() {
    let mut world = world(CatchUp::All, "2026-11-22T20:00");
    world.wake_at("2026-11-23T09:00").live_until("2026-11-23T09:05");
    assert_eq!(world.attendance.unwrap().seen_at, world.now);
    world.live_until("2026-11-23T09:30");
    assert_eq!(
        world.attendance.unwrap().seen_at,
        berlin("2026-11-23T09:09:30"),
        "what was owed has entered its lanes"
    );
    world.wake_at("2026-11-23T08:00");
    assert_eq!(world.attendance.unwrap().seen_at, world.now);
}

#[test]
fn what_waits_for_a_scan_names_the_one_that_works_though_another_was_asked_for_before() {
    let mut world = world(CatchUp::All, "2026-11-22T20:00");
    world.wake_at("2026-11-23T09:00");
    let owed = world.last_of(&SCAN).id;
    let StartAnswer::Started { run: limited, .. } = world.ask(SCAN, true, Some(1)) else {
        panic!("not started")
    };
    world.live_until("2026-11-23T09:10");
    assert_eq!(world.reason(owed), Some(Reason::BehindItself { run: limited }));
    assert_eq!(world.last_of(&BIF).reason, Some(Reason::BehindScan { run: limited }));
}

#[test]
fn turning_catch_up_off_skips_what_it_no_longer_covers() {
    let mut world = world(CatchUp::All, "2026-11-22T20:00");
    world.wake_at("2026-11-23T09:00");
    world.change(|settings| settings.catch_up = CatchUp::Housekeeping);
    let off = Reason::SwitchedOff { switch: "ButlerCatchUp".into() };
    assert_eq!((world.last_of(&BIF).state, world.last_of(&BIF).reason), (RunState::Skipped, Some(off)));
    assert_eq!(world.last_of(&BUNDLES).state, RunState::Scheduled);
}

#[test]
fn it_is_noted_in_the_window_at_its_end_and_at_a_shutdown_and_a_restart_knows_it() {
    let mut world = world(CatchUp::Housekeeping, "2026-11-22T20:00");
    world.live_until("2026-11-23T01:59");
    assert_eq!(world.notes, 1, "the first start");
    world.live_until("2026-11-23T02:00:30");
    assert_eq!(world.notes, 3);
    world.live_until("2026-11-23T05:30");
    assert_eq!(world.attendance.unwrap().seen_at, berlin("2026-11-23T05:00"));
    world.on("2026-11-23T12:00").crash();
    assert_eq!(world.attendance.unwrap().away_on, None);
    world.on("2026-11-23T12:01");
    world.feed(Event::ShutdownAsked);
    assert_eq!(world.attendance.unwrap().seen_at, berlin("2026-11-23T12:01"));
    world.on("2026-11-24T09:00").crash();
    assert_eq!(world.last_of(&SCAN).origin, Origin::CatchUp);
}

#[test]
fn what_a_window_owes_that_is_moved_into_the_past_is_scheduled_for_the_present_moment() {
    let mut world = world(CatchUp::All, "2026-11-23T01:00").off(BIF);
    world.wake_at("2026-11-23T02:30").live_until("2026-11-23T04:00");
    // It alone has no run that works or waits.
    world.change(|settings| {
        settings.switched_off.clear();
        settings.window = WindowSettings::from_hours((2, 0), (3, 0), WindowDays::ALL).unwrap();
    });
    let owed = world.last_of(&BIF);
    assert_eq!((owed.origin, owed.scheduled_at), (Origin::CatchUp, Some(berlin("2026-11-23T04:00"))));
}

#[test]
fn a_first_start_owes_nothing() {
    let world = world(CatchUp::All, "2026-11-23T09:00");
    assert!(world.stored.is_empty());
}
