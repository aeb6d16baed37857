//! Rule 11: what a shutdown or a crash leaves, and what goes on.

use std::collections::BTreeMap;

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use butler_schedule::{
    Answer, Ask, Effect, Event, Remembered, Schedule, StartAnswer, WindowDays, WindowSettings,
};
use jiff::{SignedDuration, ToSpan};

use crate::world::{BACKUP, BIF, BUNDLES, METADATA, SCAN, World, berlin, rows};

const NOON: &str = "2026-11-23T12:00";

#[test]
fn rule_11_after_a_shutdown_a_free_run_of_a_persons_goes_on_under_its_id() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.shut_down();
    assert_eq!((world.state(run), world.reason(run)), (RunState::Interrupted, Some(Reason::ServerStopped)));
    let started_at = world.stored[&run].started_at;
    world.later(SignedDuration::from_hours(30)).crash();
    let again = &world.stored[&run];
    assert_eq!((again.state, again.started_at, again.crashes), (RunState::Running, started_at, None));
    assert_eq!(again.day, Some(jiff::civil::date(2026, 11, 23)), "its day is the one it started on");
    assert!(world.at_work.contains(&run));
}

#[test]
fn rule_11_after_a_crash_it_goes_on_too_and_so_does_one_limited_to_a_section() {
    let mut world = World::at(NOON);
    let limited = match world.ask(SCAN, true, Some(3)) {
        StartAnswer::Started { run, .. } => run,
        other => panic!("not started: {other:?}"),
    };
    let waiting = world.begun(BIF);
    world.crash();
    assert_eq!((world.state(limited), world.stored[&limited].ask.section), (RunState::Running, Some(3)));
    assert_eq!(
        (world.state(waiting), world.reason(waiting)),
        (RunState::Queued, Some(Reason::BehindScan { run: limited }))
    );
}

#[test]
fn rule_11_restoring_orders_the_save_before_the_beginning() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    let (_, effects) = Schedule::restore(rows(), world.settings.clone(), world.remembered(), world.now);
    assert!(matches!(&effects[..], [Effect::Save(saved), Effect::Begin { run: begun }, ..]
        if saved.state == RunState::Running && saved.id == run && *begun == run));
}

#[test]
fn rule_11_a_bound_run_goes_on_only_while_its_window_is_open() {
    for (local, expected) in
        [("2026-11-23T04:59", RunState::Running), ("2026-11-23T05:00", RunState::Interrupted)]
    {
        for in_order in [true, false] {
            let mut world = World::rested("2026-11-23T03:00");
            let run = world.begun(BIF);
            if in_order {
                world.shut_down();
            }
            world.on(local).crash();
            assert_eq!(world.state(run), expected, "{local}, in order: {in_order}");
            let why = if in_order { Reason::ServerStopped } else { Reason::ServerCrashed };
            assert_eq!(world.reason(run), (expected == RunState::Interrupted).then_some(why));
            world.on("2026-11-23T04:00").crash();
            assert_eq!(world.state(run), expected, "what stayed interrupted does not come back");
        }
    }
}

#[test]
fn rule_11_a_run_that_a_person_was_stopping_is_stopped_and_not_begun_again() {
    for in_order in [true, false] {
        let mut world = World::at(NOON);
        let run = world.begun(BIF);
        world.feed(Event::StopAsked { task: BIF });
        if in_order {
            world.feed(Event::ShutdownAsked);
        }
        world.crash();
        assert_eq!((world.state(run), world.reason(run)), (RunState::Stopped, Some(Reason::StoppedByPerson)));
    }
}

#[test]
fn a_persons_stop_outlives_the_shutdown_that_came_first() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.feed(Event::ShutdownAsked);
    world.feed(Event::StopAsked { task: BIF });
    world.confirm_stop(run);
    assert_eq!((world.state(run), world.reason(run)), (RunState::Stopped, Some(Reason::StoppedByPerson)));
    world.crash();
    assert!(world.at_work.is_empty());
}

#[test]
fn a_shutdown_that_was_cut_short_is_no_crash() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.feed(Event::ShutdownAsked);
    assert_eq!(world.state(run), RunState::Stopping);
    world.crash();
    assert_eq!((world.state(run), world.stored[&run].crashes), (RunState::Running, None));
}

#[test]
fn nothing_begins_once_the_server_shuts_down() {
    let mut world = World::rested("2026-11-23T02:30");
    let first = world.begun(BUNDLES);
    let waiting = world.begun(BACKUP);
    let StartAnswer::Scheduled { at, .. } = world.start(METADATA) else { panic!("not scheduled") };
    world.feed(Event::ShutdownAsked);
    world.complete(first);
    let late = world.begun(BIF);
    world.now = at;
    world.feed(Event::Woke);
    assert!(world.at_work.is_empty());
    assert_eq!([waiting, late].map(|run| world.state(run)), [RunState::Queued; 2]);
    assert_eq!(world.reason(late), Some(Reason::ServerStopped));
    world.crash();
    assert_eq!(world.state(late), RunState::Running);
    assert!(
        matches!(world.reason(waiting), Some(Reason::BehindLane { task: METADATA, .. })),
        "the placed one's moment has come too"
    );
}

#[test]
fn rule_11_the_third_crash_on_one_day_is_a_failure() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    for _ in 0..2 {
        world.crash();
        assert_eq!(world.state(run), RunState::Running);
    }
    world.crash();
    assert_eq!((world.state(run), world.reason(run)), (RunState::Failed, Some(Reason::CrashedThreeTimes)));
    let by_hand = world.begun(BIF);
    assert_eq!(world.state(by_hand), RunState::Running, "a person may start it again");
    world.crash();
    assert_eq!(world.state(by_hand), RunState::Failed, "and it is the task that crashes, not the run");
}

#[test]
fn rule_11_crashes_of_different_days_and_shutdowns_do_not_add_up() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.crash();
    world.crash();
    world.restart();
    world.on("2026-11-24T12:00").crash();
    world.crash();
    assert_eq!(world.state(run), RunState::Running);
    world.crash();
    assert_eq!(world.state(run), RunState::Failed);
}

#[test]
fn rule_11_crashes_of_two_runs_of_one_task_add_up() {
    let mut world = World::at(NOON);
    let first = world.begun(BIF);
    world.crash();
    world.crash();
    world.complete(first);
    let second = world.begun(BIF);
    world.crash();
    assert_eq!(world.state(second), RunState::Failed);
}

#[test]
fn what_was_queued_stays_queued_and_what_had_begun_goes_first() {
    let mut world = World::at(NOON);
    let begun = world.begun(BACKUP);
    let waiting = world.begun(BUNDLES);
    world.restart();
    assert_eq!(
        [begun, waiting].map(|run| world.state(run)),
        [RunState::Running, RunState::Queued],
        "though its rank is behind"
    );
}

#[test]
fn rule_2_a_placed_run_keeps_its_moment_over_a_restart() {
    let mut world = World::rested("2026-11-23T02:30");
    let StartAnswer::Scheduled { run, at } = world.start(METADATA) else { panic!("not scheduled") };
    world.restart();
    assert_eq!((world.stored[&run].scheduled_at, world.wake), (Some(at), Some(at)));
}

#[test]
fn rule_9_a_window_that_was_changed_while_the_server_was_away_places_anew() {
    let mut world = World::rested("2026-11-23T02:00");
    let StartAnswer::Scheduled { run, at } = world.start(METADATA) else { panic!("not scheduled") };
    world.settings.window = WindowSettings::from_hours((12, 0), (14, 0), WindowDays::ALL).unwrap();
    world.on("2026-11-23T02:00:10").restart();
    let placed = &world.stored[&run];
    assert_ne!(placed.scheduled_at, Some(at));
    assert!(placed.scheduled_at >= Some(berlin("2026-11-23T12:00")), "{placed:?}");
    assert_eq!(placed.bound_until, Some(berlin("2026-11-23T14:00")));
}

#[test]
fn rule_2_a_placed_run_that_was_away_at_its_moment_is_placed_anew_or_missed() {
    let placed = || {
        let mut world = World::rested("2026-11-23T02:00");
        match world.start(METADATA) {
            StartAnswer::Scheduled { run, at } => (world, run, at),
            other => panic!("not scheduled: {other:?}"),
        }
    };
    let (mut world, run, at) = placed();
    world.now = at.checked_add(10.minutes()).unwrap();
    world.crash();
    assert_eq!(world.state(run), RunState::Scheduled);
    assert!(world.stored[&run].scheduled_at.unwrap() > world.now);
    let (mut world, run, _) = placed();
    world.on("2026-11-24T03:00").crash();
    assert_eq!(world.state(run), RunState::Missed, "the next night's window is not its own");
}

#[test]
fn a_run_of_a_task_that_this_version_does_not_have_fails_with_a_sentence() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    let mut remembered = world.remembered();
    remembered.unfinished[0].task = TaskName::from("BrewCoffee");
    let (schedule, effects) = Schedule::restore(rows(), world.settings.clone(), remembered, world.now);
    let [Effect::Save(saved), ..] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((saved.id, saved.state), (run, RunState::Failed));
    assert_eq!(
        saved.reason.as_ref().unwrap().to_string(),
        "This version of Butler has no task BrewCoffee; start it again with a version that has."
    );
    assert!(schedule.live().is_empty());
}

#[test]
fn a_run_that_waits_for_a_task_that_this_version_does_not_have_fails_too() {
    for state in [RunState::Queued, RunState::Scheduled] {
        let mut world = World::at(NOON);
        world.begun(SCAN);
        let run = world.begun(BIF);
        let mut remembered = world.remembered();
        let waiting = remembered.unfinished.iter_mut().find(|waiting| waiting.id == run).unwrap();
        (waiting.task, waiting.state, waiting.scheduled_at) =
            (TaskName::from("BrewCoffee"), state, Some(world.now));
        let (schedule, effects) = Schedule::restore(rows(), world.settings.clone(), remembered, world.now);
        let ended = |effect: &Effect| matches!(effect, Effect::Save(saved) if saved.id == run && saved.state == RunState::Failed);
        assert!(effects.iter().any(ended), "{effects:?}");
        assert!(schedule.live().iter().all(|live| live.id != run));
    }
}

#[test]
fn rule_11_a_free_run_that_no_person_asked_for_stays_interrupted() {
    let mut world = World::at(NOON);
    world.begun(BIF);
    let mut remembered = world.remembered();
    remembered.unfinished[0].origin = Origin::CatchUp;
    let (_, effects) = Schedule::restore(rows(), world.settings.clone(), remembered, world.now);
    let [Effect::Save(saved), ..] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((saved.state, saved.ended_at), (RunState::Interrupted, Some(world.now)));
}

#[test]
fn what_has_ended_is_left_alone_even_if_it_is_handed_in() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.complete(run);
    let unfinished = world.stored.values().cloned().collect();
    let remembered = Remembered {
        unfinished,
        past: BTreeMap::new(),
        next_run: RunId(2),
        attendance: None,
        pauses: Vec::new(),
    };
    let (schedule, effects) = Schedule::restore(rows(), world.settings.clone(), remembered, berlin(NOON));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Save(_) | Effect::Begin { .. })));
    assert_eq!(schedule.live(), []);
}

#[test]
fn what_is_remembered_decides_on_the_day_after_a_restart() {
    let mut world = World::at(NOON);
    let run = world.begun(BACKUP);
    world.complete(run);
    world.restart();
    world.on("2026-11-24T12:00");
    let answer = world.feed(Event::StartAsked { task: BACKUP, ask: Ask::all(false) });
    assert!(matches!(
        answer,
        Answer::Start(StartAnswer::Skipped { due: Some(due), .. })
            if due == jiff::civil::date(2026, 11, 26)
    ));
}
