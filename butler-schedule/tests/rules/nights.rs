//! Rules 2 and 6: what the window starts by itself, and what its end does.

use butler_api::{Origin, Reason, RunState};
use butler_schedule::{Event, StartAnswer, WindowDays, WindowSettings};
use jiff::SignedDuration;
use jiff::civil::{Weekday, date};

use crate::world::{BACKUP, BIF, BUNDLES, DEEP, METADATA, OPTIMIZE, SCAN, World, berlin, done_on, rows};

const EVENING: &str = "2026-11-22T20:00";
const ENDS: &str = "2026-11-23T05:00";

#[test]
fn rule_2_at_the_windows_start_what_is_due_is_queued_or_placed_and_bound() {
    let mut world = World::at(EVENING);
    world.live_until("2026-11-23T01:59");
    assert!(world.stored.is_empty());
    assert_eq!(world.wake, Some(berlin("2026-11-23T02:00")));
    world.live_until("2026-11-23T02:00");
    for row in rows() {
        let run = world.last_of(&row.name);
        assert_eq!((run.origin, run.bound_until), (Origin::Window, Some(berlin(ENDS))), "{}", row.name);
    }
    assert_eq!(world.last_of(&SCAN).state, RunState::Running);
    assert_eq!(world.last_of(&SCAN).day, Some(date(2026, 11, 23)));
    assert_eq!(world.last_of(&METADATA).state, RunState::Scheduled);
    assert!(matches!(world.last_of(&BIF).reason, Some(Reason::BehindScan { .. })));
}

#[test]
fn rule_2_what_completed_failed_or_was_stopped_that_day_is_left_alone() {
    let mut world = World::at("2026-11-23T02:00");
    world.complete(world.last_of(&SCAN).id);
    world.complete(world.last_of(&BIF).id);
    world.fail(world.last_of(&DEEP).id);
    world.feed(Event::StopAsked { task: BACKUP });
    world.live_until("2026-11-23T04:00");
    for task in [BIF, DEEP, BACKUP] {
        assert_eq!(world.runs_of(&task).len(), 1, "{task}");
    }
    world.live_until("2026-11-24T02:00");
    for task in [BIF, DEEP, BACKUP] {
        assert_eq!(world.runs_of(&task).len(), 2, "{task}: due again, or never completed");
    }
}

#[test]
fn rule_2_a_server_started_inside_and_a_task_switched_on_inside_do_the_same() {
    let world = World::at("2026-11-23T03:00");
    assert_eq!(world.last_of(&SCAN).origin, Origin::Window);
    let mut world = World::at("2026-11-23T01:00").off(BIF).off(SCAN);
    world.live_until("2026-11-23T03:00");
    assert!(world.runs_of(&BIF).is_empty());
    world.change(|settings| settings.switched_off.clear());
    assert_eq!(world.last_of(&SCAN).state, RunState::Running);
    assert_eq!(world.runs_of(&BIF).len(), 1);
}

#[test]
fn rule_2_without_room_a_task_is_missed_once_but_for_optimise_and_backup() {
    for (local, missed) in [("2026-11-23T04:55", false), ("2026-11-23T04:56", true)] {
        let mut world = World::at(local).off(SCAN);
        world.live_until("2026-11-23T04:57");
        for task in [BIF, DEEP, BUNDLES] {
            assert_eq!(world.runs_of(&task).len(), 1);
            assert_eq!(world.last_of(&task).state == RunState::Missed, missed, "{task} at {local}");
        }
        assert_eq!(world.last_of(&BACKUP).bound_until, Some(berlin(ENDS)));
    }
    let world = World::at("2026-11-23T04:56");
    let missed = world.last_of(&BIF);
    assert_eq!(
        (missed.reason, missed.day, missed.ended_day),
        (Some(Reason::NoRoom), Some(date(2026, 11, 23)), Some(date(2026, 11, 23)))
    );
    assert_ne!(world.last_of(&OPTIMIZE).state, RunState::Missed);
}

#[test]
fn rule_2_without_room_at_its_turn_it_is_missed() {
    let mut world = World::at("2026-11-23T02:00");
    world.live_until("2026-11-23T04:56");
    world.complete(world.last_of(&SCAN).id);
    let missed = world.last_of(&BIF);
    assert_eq!((missed.state, missed.reason), (RunState::Missed, Some(Reason::NoRoom)));
    world.live_until("2026-11-23T04:58");
    assert_eq!(world.runs_of(&BIF).len(), 1);
}

#[test]
fn rule_6_the_end_stops_what_is_bound_once_misses_what_waits_and_lets_optimise_and_backup_be() {
    let mut world = World::at("2026-11-23T02:00").off(METADATA).off(BUNDLES).off(DEEP);
    world.complete(world.last_of(&SCAN).id);
    let (bif, optimize, backup) =
        (world.last_of(&BIF).id, world.last_of(&OPTIMIZE).id, world.last_of(&BACKUP).id);
    world.live_until("2026-11-23T04:59:59");
    assert!(world.told_to_stop.is_empty());
    world.live_until("2026-11-23T05:10");
    assert_eq!((world.state(bif), world.reason(bif)), (RunState::Stopping, Some(Reason::WindowEnded)));
    assert_eq!([optimize, backup].map(|run| world.state(run)), [RunState::Running, RunState::Queued]);
    world.confirm_stop(bif);
    assert_eq!(
        (world.state(bif), world.stored[&bif].ended_day),
        (RunState::Stopped, Some(date(2026, 11, 23)))
    );
    world.complete(optimize);
    assert_eq!(world.state(backup), RunState::Running);
    world.live_until("2026-11-24T02:00");
    assert_eq!(world.runs_of(&BIF).len(), 2, "it stays due");
}

#[test]
fn rule_2_what_still_waits_at_the_end_is_missed() {
    let mut world = World::at("2026-11-23T02:00");
    world.live_until("2026-11-23T05:00");
    let missed = world.last_of(&BIF);
    assert_eq!(
        (missed.state, missed.reason, missed.day),
        (RunState::Missed, Some(Reason::WindowOver), Some(date(2026, 11, 23)))
    );
    assert_eq!(world.last_of(&BACKUP).state, RunState::Queued, "it is never missed");
}

#[test]
fn rule_2_a_free_run_that_still_works_is_followed_and_the_follower_skipped_if_it_is_not_due() {
    for (task, follows) in [(BIF, true), (DEEP, false)] {
        let mut world = World::at("2026-11-23T01:00").off(SCAN);
        let free = world.begun(task.clone());
        world.live_until("2026-11-23T02:30");
        let follower = world.last_of(&task);
        assert_eq!(follower.reason, Some(Reason::BehindItself { run: free }));
        world.complete(free);
        assert_eq!(world.state(follower.id) == RunState::Running, follows);
        if !follows {
            let reason = Reason::NotItsDay { last: date(2026, 11, 22), due: date(2026, 11, 29) };
            assert_eq!(
                (world.state(follower.id), world.reason(follower.id)),
                (RunState::Skipped, Some(reason))
            );
        }
    }
}

#[test]
fn rule_2_a_follower_is_skipped_if_the_run_before_it_failed_that_day() {
    let mut world = World::at("2026-11-23T01:00").off(SCAN);
    let free = world.begun(BIF);
    world.live_until("2026-11-23T02:30");
    let follower = world.last_of(&BIF).id;
    world.fail(free);
    assert_eq!(world.reason(follower), Some(Reason::EndedThatDay { day: date(2026, 11, 23) }));
}

#[test]
fn whole_days_bind_and_miss_nothing() {
    let mut settings = World::at(EVENING).settings;
    settings.window = WindowSettings::from_hours((2, 0), (2, 0), WindowDays::ALL).unwrap();
    let mut world = World::with(settings, berlin("2026-11-23T01:58"));
    assert!(world.stored.values().all(|run| run.bound_until.is_none() && run.state != RunState::Missed));
    let scan = world.last_of(&SCAN).id;
    world.live_until("2026-11-23T02:01");
    assert_eq!(world.state(scan), RunState::Running);
    assert_eq!(world.runs_of(&SCAN).len(), 2, "followed, for it counts for the day before");
    assert_eq!(world.runs_of(&BIF).len(), 1, "what waits is not queued again");
}

#[test]
fn on_sundays_only_nothing_begins_on_other_nights() {
    let mut settings = World::at(EVENING).settings;
    settings.window.days = [Weekday::Sunday].into_iter().collect();
    let mut world = World::with(settings, berlin("2026-11-27T12:00"));
    assert_eq!(world.wake, Some(berlin("2026-11-29T02:00")));
    world.live_until("2026-11-29T01:59:59");
    assert!(world.stored.is_empty());
    world.live_until("2026-11-29T02:00");
    assert_eq!(world.last_of(&SCAN).day, Some(date(2026, 11, 29)));
}

#[test]
fn nights_of_clock_changes_and_over_midnight_end_on_time() {
    for (start, end, from, ends, hours) in [
        ((2, 0), (5, 0), "2026-03-28T20:00", "2026-03-29T05:00", 2),
        ((2, 0), (5, 0), "2026-10-24T20:00", "2026-10-25T05:00", 4),
        ((23, 0), (3, 30), "2026-11-23T20:00", "2026-11-24T03:30", 4),
    ] {
        let mut settings = World::at(EVENING).settings;
        settings.window =
            WindowSettings::from_hours((start.0, start.1), (end.0, end.1), WindowDays::ALL).unwrap();
        let mut world = World::with(settings, berlin(from));
        world.live_until(ends);
        let scan = world.last_of(&SCAN);
        assert_eq!((scan.state, scan.bound_until), (RunState::Stopping, Some(berlin(ends))));
        assert_eq!(scan.started_at.unwrap().duration_until(berlin(ends)).as_hours(), hours, "{from}");
    }
}

#[test]
fn a_jump_back_starts_nothing_twice() {
    let mut world = World::at("2026-11-23T02:00");
    world.complete(world.last_of(&SCAN).id);
    world.wake_at("2026-11-22T03:00").live_until("2026-11-22T04:00");
    assert_eq!(world.runs_of(&SCAN).len(), 1);
}

#[test]
fn a_backup_that_would_starve_goes_first() {
    let hour = SignedDuration::from_hours(1);
    for (local, first) in [("2026-11-23T02:00", BUNDLES), ("2026-11-23T02:01", BACKUP)] {
        let past = |task| {
            let mut past = done_on(date(2026, 11, 1));
            past.durations = vec![if task == BUNDLES { 2 * hour } else { hour }];
            past
        };
        let before = [BACKUP, BUNDLES].into_iter().map(|task| (task.clone(), past(task))).collect();
        let mut settings = World::at(EVENING).settings;
        settings.switched_off = [SCAN, OPTIMIZE, METADATA].into_iter().collect();
        let world = World::remembering(settings, before, berlin(local));
        assert_eq!(world.last_of(&first).state, RunState::Running, "{local}");
    }
}

#[test]
fn the_usual_duration_is_a_guess_until_a_whole_run_has_completed() {
    let mut world = World::at("2026-11-23T12:00");
    assert!(world.schedule.usual_is_guess(&BUNDLES));
    let run = world.begun(BUNDLES);
    world.live_until("2026-11-23T12:02").complete(run);
    assert!(!world.schedule.usual_is_guess(&BUNDLES));
    assert_eq!(world.schedule.usual(&BUNDLES).as_mins(), 2);
    assert!(!world.schedule.is_due(&BUNDLES, world.now), "it comes every seven days");
    assert!(world.schedule.is_due(&SCAN, world.now));
}

#[test]
fn the_window_of_a_moment_is_the_one_that_contains_it() {
    let world = World::at("2026-11-23T12:00");
    let window = world.schedule.window(berlin("2026-11-23T02:00")).unwrap();
    assert_eq!((window.day, window.until), (date(2026, 11, 23), berlin(ENDS)));
    assert_eq!([world.schedule.window(berlin(ENDS)), world.schedule.window(world.now)], [None; 2]);
}

#[test]
fn rule_3_what_a_moved_window_scheduled_is_taken_over_outside_of_it_and_stays_inside() {
    for (now, inside) in [("2026-11-23T02:30", false), ("2026-11-23T12:00", true)] {
        let mut world = World::at("2026-11-23T02:00");
        world.change(|settings| {
            settings.window = WindowSettings::from_hours((12, 0), (14, 0), WindowDays::ALL).unwrap()
        });
        let placed = world.last_of(&METADATA);
        world.live_until(now);
        let answer = world.start(METADATA);
        if inside {
            assert_eq!(answer, StartAnswer::Scheduled { run: placed.id, at: placed.scheduled_at.unwrap() });
        } else {
            assert!(matches!(answer, StartAnswer::Started { run, .. } if run == placed.id), "{answer:?}");
            assert_eq!(
                (world.last_of(&METADATA).origin, world.last_of(&METADATA).bound_until),
                (Origin::Person, None)
            );
        }
    }
}
