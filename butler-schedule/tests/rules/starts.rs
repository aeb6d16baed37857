//! Rules 3 and 4: starts by a person, all tasks or one.

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use butler_schedule::{Answer, Ask, Event, RunEnd, StartAnswer, WindowDays, WindowSettings};
use jiff::civil::{Weekday, date};
use jiff::{SignedDuration, ToSpan};

use crate::world::{BACKUP, BIF, BUNDLES, DEEP, METADATA, OPTIMIZE, SCAN, World, berlin, done_on, rows};

const NOON: &str = "2026-11-23T12:00";

fn starts_now(run: u64) -> StartAnswer {
    StartAnswer::Started { run: RunId(run), waits: None }
}

#[test]
fn rule_4_a_started_task_works_at_once_and_keeps_its_origin_and_day() {
    let mut world = World::at("2026-11-23T01:30");
    assert_eq!(world.start(BIF), starts_now(1));
    let run = &world.stored[&RunId(1)];
    assert_eq!(
        (run.state, run.origin, run.ask.force, run.bound_until),
        (RunState::Running, Origin::Person, false, None)
    );
    assert_eq!(run.day, Some(date(2026, 11, 22)), "before the window's start it is still the day before");
    assert_eq!((run.asked_at, run.started_at), (world.now, Some(world.now)));
}

#[test]
fn rule_4_a_task_that_runs_is_not_started_again() {
    let mut world = World::at(NOON);
    assert_eq!(world.start(BIF), starts_now(1));
    assert_eq!(world.start(BIF), StartAnswer::Running { run: RunId(1) });
    assert_eq!(world.force(BIF), StartAnswer::Running { run: RunId(1) });
    assert_eq!(world.start(BIF).outcome().to_string(), "running; run=1");
}

#[test]
fn rule_4_a_queued_task_is_not_started_again() {
    let mut world = World::at(NOON);
    world.begun(SCAN);
    let queued = world.begun(BIF);
    assert_eq!(world.start(BIF), StartAnswer::Running { run: queued });
    assert_eq!(world.force(BIF), StartAnswer::Running { run: queued });
}

#[test]
fn rule_4_an_unknown_task_is_said_to_be_unknown() {
    let mut world = World::at(NOON);
    let task = TaskName::from("BrewCoffee");
    assert_eq!(world.feed(Event::StartAsked { task, ask: Ask::all(true) }), Answer::UnknownTask);
    assert!(world.stored.is_empty());
}

#[test]
fn rule_4_a_task_that_is_off_is_skipped_with_the_name_of_its_switch() {
    let mut world = World::at(NOON).off(BIF);
    let reason = Reason::SwitchedOff { switch: "ItsSwitch".into() };
    assert_eq!(
        world.start(BIF),
        StartAnswer::Skipped { reason: reason.clone(), due: None, run: Some(RunId(1)) }
    );
    assert_eq!((world.state(RunId(1)), world.reason(RunId(1))), (RunState::Skipped, Some(reason)));
    assert_eq!(world.force(BIF), starts_now(2), "unless it is forced");
    assert_eq!(world.start(BIF), StartAnswer::Running { run: RunId(2) }, "what runs is running, on or off");
}

#[test]
fn rule_3_a_weekly_task_may_be_started_on_the_day_it_ran_and_not_on_the_six_after() {
    let mut world = World::at(NOON);
    let run = world.begun(DEEP);
    world.complete(run);
    let again = world.begun(DEEP);
    world.complete(again);
    for days in 1..7 {
        world.now = berlin(NOON).checked_add((24 * days).hours()).unwrap();
        let reason = Reason::NotItsDay { last: date(2026, 11, 23), due: date(2026, 11, 30) };
        let StartAnswer::Skipped { reason: said, due, run: Some(run) } = world.start(DEEP) else {
            panic!("day {days}: not skipped")
        };
        assert_eq!((said, due), (reason.clone(), Some(date(2026, 11, 30))));
        assert_eq!((world.state(run), world.reason(run)), (RunState::Skipped, Some(reason)));
        assert_eq!(world.stored[&run].ended_at, Some(world.now));
    }
    world.on("2026-11-30T01:59");
    assert!(matches!(world.start(DEEP), StartAnswer::Skipped { .. }), "the day begins with the window");
    world.on("2026-11-30T02:00");
    assert!(matches!(world.start(DEEP), StartAnswer::Started { .. }));
}

#[test]
fn rule_4_a_skip_says_when_it_is_due_in_the_header() {
    let mut world = World::at(NOON);
    let run = world.begun(DEEP);
    world.complete(run);
    world.on("2026-11-24T12:00");
    assert_eq!(world.start(DEEP).outcome().to_string(), "skipped; reason=not-its-day; due=2026-11-30");
}

#[test]
fn rule_3_a_failure_or_a_stop_does_not_count_against_a_person() {
    let mut world = World::at(NOON);
    let failed = world.begun(DEEP);
    let why = Reason::TaskFailed { sentence: "The disk is full.".into() };
    assert_eq!(
        world.feed(Event::RunEnded { run: failed, end: RunEnd::Failed(why.clone()) }),
        Answer::Nothing
    );
    assert_eq!((world.state(failed), world.reason(failed)), (RunState::Failed, Some(why)));
    let stopped = world.begun(DEEP);
    world.feed(Event::StopAsked { task: DEEP });
    world.confirm_stop(stopped);
    world.on("2026-11-24T12:00");
    assert!(matches!(world.start(DEEP), StartAnswer::Started { waits: None, .. }), "never completed");
}

#[test]
fn rule_4_a_forced_start_minds_neither_day_nor_switch_nor_window() {
    let mut world = World::at(NOON);
    let run = world.begun(DEEP);
    world.complete(run);
    world.on("2026-11-24T01:00");
    let mut world = world.off(DEEP).off(METADATA);
    assert_eq!(world.force(DEEP), starts_now(2));
    assert_eq!(world.force(METADATA), starts_now(3));
    let forced = &world.stored[&RunId(2)];
    assert_eq!((forced.ask.force, forced.bound_until), (true, None), "forced ones are free");
}

#[test]
fn rule_4_a_forced_run_that_completes_counts_as_completion_and_one_of_a_section_never() {
    let mut world = World::at(NOON);
    let StartAnswer::Started { run, .. } = world.ask(DEEP, true, Some(4)) else { panic!("not started") };
    assert_eq!((world.stored[&run].ask.section, world.stored[&run].ask.force), (Some(4), true));
    world.complete(run);
    world.on("2026-11-24T12:00");
    let StartAnswer::Started { run, .. } = world.force(DEEP) else { panic!("not started") };
    world.complete(run);
    world.on("2026-11-25T12:00");
    let StartAnswer::Skipped { due, .. } = world.start(DEEP) else { panic!("not skipped") };
    assert_eq!(due, Some(date(2026, 12, 1)));
}

#[test]
fn rule_11_a_request_that_the_live_run_does_not_cover_waits_behind_it() {
    let mut world = World::at(NOON);
    let behind = |run: u64, first: u64| StartAnswer::Started {
        run: RunId(run),
        waits: Some(Reason::BehindItself { run: RunId(first) }),
    };
    assert_eq!(world.ask(SCAN, false, Some(1)), starts_now(1));
    assert_eq!(world.ask(SCAN, false, Some(2)), behind(2, 1));
    assert_eq!(world.ask(SCAN, false, Some(2)), StartAnswer::Running { run: RunId(2) });
    assert_eq!(world.start(SCAN), behind(3, 1));
    assert_eq!(
        world.ask(SCAN, false, Some(5)),
        StartAnswer::Running { run: RunId(3) },
        "the whole one covers each section"
    );
    world.complete(RunId(1));
    assert_eq!(world.state(RunId(2)), RunState::Running);
    assert_eq!(world.reason(RunId(3)), Some(Reason::BehindItself { run: RunId(2) }));
    world.complete(RunId(2));
    assert_eq!(world.state(RunId(3)), RunState::Running);
}

#[test]
fn rule_11_what_keeps_house_in_a_section_is_queued_behind_a_run_that_works_and_once() {
    let mut world = World::at(NOON);
    let behind = |run: u64, first: u64| StartAnswer::Started {
        run: RunId(run),
        waits: Some(Reason::BehindItself { run: RunId(first) }),
    };
    assert_eq!(world.ask(BUNDLES, false, Some(1)), starts_now(1));
    assert_eq!(world.ask(BUNDLES, false, Some(1)), behind(2, 1), "that one may have passed it");
    assert_eq!(world.ask(BUNDLES, false, Some(1)), StartAnswer::Running { run: RunId(2) });
    world.complete(RunId(1));
    world.complete(RunId(2));
    // A run of everything waits for days before it does what a person asks of one section.
    let whole = world.begun(BUNDLES);
    assert_eq!(world.ask(BUNDLES, false, Some(1)), behind(4, whole.0));
    assert_eq!(world.ask(BUNDLES, false, Some(2)), behind(5, whole.0));
    world.complete(whole);
    world.complete(RunId(4));
    let queued = world.force(BUNDLES);
    assert!(matches!(queued, StartAnswer::Started { waits: Some(_), .. }), "{queued:?}");
    assert_eq!(
        world.ask(BUNDLES, false, Some(7)),
        behind(7, 5),
        "nor does one of everything that waits serve it"
    );
}

#[test]
fn rule_11_files_that_are_asked_for_while_a_run_works_are_done_by_one_behind_it_and_by_no_other() {
    let mut world = World::at(NOON);
    let ask = |world: &mut World, sources: &[i64]| {
        let ask = Ask::of_sources(1, sources.to_vec());
        match world.feed(Event::StartAsked { task: BIF, ask }) {
            Answer::Start(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    let sources = |world: &World, run: u64| world.stored[&RunId(run)].ask.sources.clone();
    let behind = |run: u64, first: u64| StartAnswer::Started {
        run: RunId(run),
        waits: Some(Reason::BehindItself { run: RunId(first) }),
    };
    let there = |run: u64| StartAnswer::Running { run: RunId(run) };
    assert_eq!(ask(&mut world, &[7]), starts_now(1));
    assert_eq!(ask(&mut world, &[9]), behind(2, 1));
    assert_eq!(ask(&mut world, &[9]), there(2));
    assert_eq!(ask(&mut world, &[3, 5]), there(2), "one that waits takes more files in");
    assert_eq!((sources(&world, 1), sources(&world, 2)), (vec![7], vec![3, 5, 9]));
    assert_eq!(ask(&mut world, &[7]), there(1), "the one that works looks again at what it is about");
    assert_eq!((sources(&world, 2), world.widened[&RunId(1)]), (vec![3, 5, 9], 1));
    world.complete(RunId(1));
    assert_eq!(world.state(RunId(2)), RunState::Running);
    // One of everything that works has counted before; one that waits has not.
    world.complete(RunId(2));
    let whole = world.begun(BIF);
    assert_eq!(ask(&mut world, &[4]), behind(4, whole.0));
    assert_eq!(world.ask(BIF, true, Some(1)), there(4), "the whole section takes the place of its files");
    assert!(sources(&world, 4).is_empty());
    assert_eq!(ask(&mut world, &[8]), there(4));
    assert!(!world.stored[&RunId(4)].counts());
    // One of everything by force tries all of it, and looks again.
    world.complete(whole);
    world.complete(RunId(4));
    assert_eq!(world.force(BIF), starts_now(5));
    assert_eq!(ask(&mut world, &[4]), there(5));
    assert_eq!(world.widened[&RunId(5)], 1);
}

#[test]
fn rule_11_what_is_started_while_it_stops_begins_behind_that() {
    let mut world = World::at(NOON);
    let first = world.begun(BIF);
    world.feed(Event::StopAsked { task: BIF });
    let StartAnswer::Started { run, waits } = world.start(BIF) else { panic!("not started") };
    assert_eq!(waits, Some(Reason::BehindItself { run: first }));
    world.confirm_stop(first);
    assert_eq!((world.state(first), world.state(run)), (RunState::Stopped, RunState::Running));
}

#[test]
fn rule_3_outside_the_window_start_all_starts_every_task_that_is_on_randomised_or_not() {
    let mut world = World::at(NOON).off(BACKUP);
    let answers = world.start_all();
    assert_eq!(answers.len(), rows().len());
    let Answer::StartAll(in_order) = World::at(NOON).feed(Event::StartAllAsked { force: false }) else {
        panic!("no answers")
    };
    assert!(
        in_order.iter().map(|(task, _)| task).eq(rows().iter().map(|row| &row.name)),
        "in the rows' order"
    );
    let reason = Reason::SwitchedOff { switch: "ItsSwitch".into() };
    assert_eq!(answers[&BACKUP], StartAnswer::Skipped { reason, due: None, run: None });
    assert!(world.stored.values().all(|run| run.task != BACKUP), "it was not asked for, so it left no run");
    let StartAnswer::Started { run: scan, waits: None } = answers[&SCAN] else { panic!("the scan waits") };
    for task in [BIF, DEEP, BUNDLES, OPTIMIZE, METADATA] {
        let StartAnswer::Started { waits, .. } = &answers[&task] else { panic!("{task} was not started") };
        assert_eq!(*waits, Some(Reason::BehindScan { run: scan }));
    }
    assert!(world.schedule.live().iter().all(|run| run.state != RunState::Scheduled), "nothing was placed");
}

#[test]
fn rule_3_start_all_skips_what_is_not_on_its_day_and_leaves_alone_what_is_there() {
    let mut world = World::at("2026-11-21T12:00");
    let done = world.begun(DEEP);
    world.complete(done);
    world.on(NOON);
    let running = world.begun(BIF);
    let answers = world.start_all();
    assert_eq!(answers[&BIF], StartAnswer::Running { run: running });
    assert!(matches!(
        answers[&DEEP],
        StartAnswer::Skipped { due: Some(due), run: Some(_), .. } if due == date(2026, 11, 28)
    ));
    let again = world.start_all();
    // One more scan is queued behind the one that works.
    for (task, answer) in again.iter().filter(|(task, _)| **task != SCAN) {
        assert!(matches!(answer, StartAnswer::Running { .. }) == (*task != DEEP), "{task}: {answer:?}");
    }
}

#[test]
fn a_forced_start_all_minds_no_day_and_no_window_but_the_switches() {
    let mut world = World::at(NOON).off(BACKUP);
    let done = world.begun(DEEP);
    world.complete(done);
    world.on("2026-11-24T03:00");
    let Answer::StartAll(answers) = world.feed(Event::StartAllAsked { force: true }) else {
        panic!("no answers")
    };
    for (task, answer) in answers {
        match task {
            BACKUP => assert!(matches!(answer, StartAnswer::Skipped { run: None, .. })),
            _ => assert!(matches!(answer, StartAnswer::Started { .. }), "{task}: {answer:?}"),
        }
    }
    assert!(world.schedule.live().iter().all(|run| run.ask.force && run.bound_until.is_none()));
}

#[test]
fn rule_3_inside_the_window_randomised_tasks_are_placed_and_the_rest_start_at_once() {
    let mut world = World::rested("2026-11-23T02:30").off(SCAN);
    let answers = world.start_all();
    assert_eq!(answers[&BIF], StartAnswer::Started { run: RunId(3), waits: None });
    let StartAnswer::Scheduled { run, at } = answers[&METADATA] else { panic!("not scheduled") };
    assert!(world.now < at && at <= berlin("2026-11-23T04:55"), "at {at}");
    assert_eq!((world.state(run), world.wake), (RunState::Scheduled, Some(at)));
    for run in world.schedule.live() {
        assert_eq!(run.bound_until, Some(berlin("2026-11-23T05:00")), "placed inside the window: bound");
    }
    assert_eq!(
        world.start_all()[&METADATA],
        StartAnswer::Scheduled { run, at },
        "what is scheduled stays as it is"
    );
    assert_eq!(world.start(METADATA), StartAnswer::Scheduled { run, at });
}

#[test]
fn rule_3_a_placed_run_begins_at_its_moment_and_not_before() {
    let mut world = World::rested("2026-11-23T02:30");
    let StartAnswer::Scheduled { run, at } = world.start(METADATA) else { panic!("not scheduled") };
    world.now = at.checked_sub(SignedDuration::from_secs(1)).unwrap();
    world.feed(Event::Woke);
    assert_eq!(world.state(run), RunState::Scheduled);
    world.now = at;
    world.feed(Event::Woke);
    assert_eq!((world.state(run), world.stored[&run].started_at), (RunState::Running, Some(at)));
    assert_eq!(world.stored[&run].day, Some(date(2026, 11, 23)));
}

#[test]
fn rule_2_two_servers_are_placed_at_different_moments_and_one_server_always_at_the_same() {
    let place = |server_id: &str| {
        let mut settings = World::at(NOON).settings;
        settings.server_id = server_id.into();
        match World::with(settings, berlin("2026-11-23T02:30")).start(METADATA) {
            StartAnswer::Scheduled { at, .. } => at,
            other => panic!("not scheduled: {other:?}"),
        }
    };
    assert_eq!(place("one"), place("one"));
    assert_ne!(place("one"), place("two"));
}

#[test]
fn rule_2_a_placed_run_that_was_slept_through_is_placed_anew_in_what_is_left() {
    let mut world = World::rested("2026-11-23T02:00");
    let StartAnswer::Scheduled { run, at } = world.start(METADATA) else { panic!("not scheduled") };
    world.now = at.checked_add(10.minutes()).unwrap();
    world.feed(Event::Woke);
    assert_eq!(world.state(run), RunState::Scheduled);
    let anew = world.stored[&run].scheduled_at.unwrap();
    assert!(world.now < anew && anew <= berlin("2026-11-23T04:55"));
    world.now = anew;
    world.feed(Event::Woke);
    assert_eq!(world.state(run), RunState::Running);
}

#[test]
fn rule_2_a_placed_run_whose_whole_window_was_slept_through_is_missed() {
    let mut world = World::rested("2026-11-23T02:00");
    let StartAnswer::Scheduled { run, .. } = world.start(METADATA) else { panic!("not scheduled") };
    world.on("2026-11-23T09:00").feed(Event::Woke);
    assert_eq!((world.state(run), world.stored[&run].started_at), (RunState::Missed, None));
}

#[test]
fn rule_4_a_forced_start_absorbs_the_scheduled_entry() {
    let mut world = World::rested("2026-11-23T02:30");
    let StartAnswer::Scheduled { run, .. } = world.start(METADATA) else { panic!("not scheduled") };
    assert_eq!(world.force(METADATA), StartAnswer::Started { run, waits: None });
    let absorbed = &world.stored[&run];
    assert_eq!((absorbed.ask.force, absorbed.state, absorbed.bound_until), (true, RunState::Running, None));
    assert_eq!(world.stored.len(), 1);
}

#[test]
fn a_start_limited_to_a_section_leaves_the_scheduled_entry_which_then_waits_behind_it() {
    let mut world = World::rested("2026-11-23T02:30");
    let StartAnswer::Scheduled { run: placed, at } = world.start(METADATA) else { panic!("not scheduled") };
    let StartAnswer::Started { run: limited, waits: None } = world.ask(METADATA, true, Some(1)) else {
        panic!("not started")
    };
    world.now = at;
    world.feed(Event::Woke);
    assert_eq!(world.reason(placed), Some(Reason::BehindItself { run: limited }));
    world.complete(limited);
    assert_eq!(world.state(placed), RunState::Running);
}

#[test]
fn rule_6_a_start_inside_the_window_is_bound_only_if_there_is_room() {
    let bound = |local: &str| {
        let mut world = World::rested(local);
        world.begun(BIF);
        world.stored[&RunId(1)].bound_until.is_some()
    };
    for (local, expected) in
        [("01:59", false), ("02:00", true), ("04:55", true), ("04:56", false), ("05:00", false)]
    {
        assert_eq!(bound(&format!("2026-11-23T{local}")), expected, "at {local}");
    }
}

#[test]
fn rule_6_a_task_that_usually_takes_a_minute_is_bound_up_to_a_minute_before_the_end() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.later(SignedDuration::from_secs(60)).complete(run);
    world.on("2026-11-24T04:58");
    let run = world.begun(BIF);
    assert!(world.stored[&run].bound_until.is_some());
}

#[test]
fn with_too_little_of_the_window_left_a_randomised_task_starts_at_once_and_free() {
    let mut world = World::rested("2026-11-23T04:57");
    assert_eq!(world.start(METADATA), starts_now(1));
    assert_eq!(world.stored[&RunId(1)].bound_until, None);
}

#[test]
fn a_window_of_the_whole_day_places_randomised_tasks_and_binds_nothing() {
    let mut settings = World::at(NOON).settings;
    settings.window = WindowSettings::from_hours((2, 0), (2, 0), WindowDays::ALL).unwrap();
    let done = rows().into_iter().map(|row| (row.name, done_on(date(2026, 11, 23)))).collect();
    let mut world = World::remembering(settings, done, berlin(NOON));
    assert!(
        matches!(world.start(METADATA), StartAnswer::Scheduled { at, .. } if at < berlin("2026-11-24T02:00"))
    );
    world.begun(BIF);
    assert!(world.schedule.live().iter().all(|run| run.bound_until.is_none()));
}

#[test]
fn on_a_day_without_a_window_everything_starts_at_once() {
    let mut settings = World::at(NOON).settings;
    settings.window.days = [Weekday::Sunday].into_iter().collect();
    let mut world = World::with(settings, berlin("2026-11-23T03:00"));
    assert_eq!(world.start(METADATA), starts_now(1));
    assert_eq!(world.stored[&RunId(1)].day, Some(date(2026, 11, 23)), "it is Monday's all the same");
}

#[test]
fn the_list_of_tasks_shows_switches_and_what_is_live() {
    let mut world = World::rested("2026-11-23T02:30").off(DEEP);
    let running = world.begun(BIF);
    let StartAnswer::Scheduled { run: placed, .. } = world.start(METADATA) else { panic!("not scheduled") };
    let listed: Vec<_> = world
        .schedule
        .tasks()
        .map(|task| (task.row.name.clone(), task.enabled, task.live.map(|run| run.id)))
        .collect();
    let live = |task: &TaskName| match *task {
        BIF => Some(running),
        METADATA => Some(placed),
        _ => None,
    };
    let expected: Vec<_> =
        rows().into_iter().map(|row| (row.name.clone(), row.name != DEEP, live(&row.name))).collect();
    assert_eq!(listed, expected);
}
