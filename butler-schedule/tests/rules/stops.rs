//! Rule 5: stops, and how runs end.

use butler_api::{Reason, RunId, RunState, TaskName};
use butler_schedule::{Answer, Event, RunEnd, StartAnswer};

use crate::world::{BACKUP, BIF, BUNDLES, METADATA, SCAN, World};

const NOON: &str = "2026-11-23T12:00";

#[test]
fn rule_5_a_running_task_is_stopping_until_the_engine_confirms() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    assert_eq!(world.feed(Event::StopAsked { task: BIF }), Answer::Stopped(vec![run]));
    assert_eq!((world.state(run), world.reason(run)), (RunState::Stopping, Some(Reason::StoppedByPerson)));
    assert!(world.told_to_stop.contains(&run));
    world.confirm_stop(run);
    assert_eq!((world.state(run), world.reason(run)), (RunState::Stopped, Some(Reason::StoppedByPerson)));
    assert_eq!(world.stored[&run].ended_at, Some(world.now));
}

#[test]
fn rule_5_what_waits_behind_a_stopped_run_of_the_task_stops_with_it() {
    let mut world = World::at(NOON);
    let _ = world.ask(SCAN, true, Some(1));
    let _ = world.ask(SCAN, true, Some(2));
    let media = world.begun(BIF);
    assert_eq!(world.feed(Event::StopAsked { task: SCAN }), Answer::Stopped(vec![RunId(1), RunId(2)]));
    assert_eq!(world.state(RunId(2)), RunState::Stopped);
    assert_eq!(world.state(media), RunState::Queued, "another task's run is not stopped");
    world.confirm_stop(RunId(1));
    assert_eq!(world.state(media), RunState::Running);
}

#[test]
fn rule_5_a_run_is_stopped_by_its_id_and_what_waits_behind_it_has_its_turn() {
    let mut world = World::at(NOON);
    let _ = world.ask(SCAN, true, Some(1));
    let _ = world.ask(SCAN, true, Some(2));
    assert_eq!(world.feed(Event::StopRunAsked { run: RunId(1) }), Answer::Stopped(vec![RunId(1)]));
    assert_eq!(world.state(RunId(2)), RunState::Queued, "it is another run");
    world.confirm_stop(RunId(1));
    assert_eq!(
        (world.state(RunId(1)), world.reason(RunId(1))),
        (RunState::Stopped, Some(Reason::StoppedByPerson))
    );
    assert_eq!(world.state(RunId(2)), RunState::Running);
    for none in [RunId(1), RunId(99)] {
        assert_eq!(world.feed(Event::StopRunAsked { run: none }), Answer::NotRunning);
    }
}

#[test]
fn rule_5_a_whole_run_that_is_stopped_by_its_id_is_given_up_for_the_day_and_one_of_a_section_is_not() {
    for (section, runs) in [(None, 1), (Some(1), 2)] {
        let mut world = World::at("2026-11-23T01:59").off(SCAN);
        let StartAnswer::Started { run, .. } = world.ask(BIF, true, section) else { panic!("not started") };
        world.live_until("2026-11-23T02:00");
        world.feed(Event::StopRunAsked { run });
        world.confirm_stop(run);
        world.live_until("2026-11-23T02:01");
        let own: Vec<_> =
            world.runs_of(&BIF).into_iter().filter(|run| run.state != RunState::Skipped).collect();
        assert_eq!(own.len(), runs, "{section:?}: {own:?}");
    }
}

#[test]
fn rule_5_a_scheduled_or_queued_run_leaves_at_once_and_is_kept_as_stopped() {
    let mut world = World::rested("2026-11-23T02:30");
    let StartAnswer::Scheduled { run: placed, .. } = world.start(METADATA) else { panic!("not scheduled") };
    assert_eq!(world.feed(Event::StopAsked { task: METADATA }), Answer::Stopped(vec![placed]));
    world.begun(BUNDLES);
    let queued = world.begun(BACKUP);
    assert_eq!(world.feed(Event::StopAsked { task: BACKUP }), Answer::Stopped(vec![queued]));
    for run in [placed, queued] {
        assert_eq!((world.state(run), world.stored[&run].started_at), (RunState::Stopped, None));
    }
    assert_eq!(world.feed(Event::StopAsked { task: BACKUP }), Answer::NotRunning);
}

#[test]
fn rule_5_a_name_without_a_live_run_and_a_name_of_no_task_are_told_apart() {
    let mut world = World::at(NOON);
    assert_eq!(world.feed(Event::StopAsked { task: BIF }), Answer::NotRunning);
    assert_eq!(world.feed(Event::StopAsked { task: TaskName::from("BrewCoffee") }), Answer::UnknownTask);
}

#[test]
fn rule_5_stop_all_stops_what_runs_what_waits_and_what_is_scheduled() {
    let mut world = World::rested("2026-11-23T02:30");
    let _ = world.start_all();
    let live: Vec<_> = world.schedule.live().iter().map(|run| run.id).collect();
    assert_eq!(live.len(), 7);
    assert_eq!(world.feed(Event::StopAllAsked), Answer::Stopped(live.clone()));
    for run in world.told_to_stop.clone() {
        world.confirm_stop(run);
    }
    for run in live {
        assert_eq!(
            (world.state(run), world.reason(run)),
            (RunState::Stopped, Some(Reason::AllStoppedByPerson))
        );
    }
    assert_eq!(world.feed(Event::StopAllAsked), Answer::Stopped(vec![]));
}

#[test]
fn a_second_stop_is_answered_like_the_first_and_orders_nothing() {
    let mut world = World::at(NOON);
    let run = world.begun(BIF);
    world.feed(Event::StopAsked { task: BIF });
    let before = world.stored.clone();
    assert_eq!(world.feed(Event::StopAsked { task: BIF }), Answer::Stopped(vec![run]));
    assert_eq!(world.feed(Event::StopAllAsked), Answer::Stopped(vec![run]));
    assert_eq!(world.stored, before);
}

#[test]
fn a_run_that_ended_by_itself_before_the_stop_reached_it_ended_as_it_says() {
    let mut world = World::at(NOON);
    let completed = world.begun(BIF);
    world.feed(Event::StopAsked { task: BIF });
    world.complete(completed);
    assert_eq!(
        (world.state(completed), world.reason(completed)),
        (RunState::Completed, Some(Reason::AllDone))
    );
    let failed = world.begun(BIF);
    world.feed(Event::StopAsked { task: BIF });
    let why = Reason::TaskFailed { sentence: "The disk is full.".into() };
    world.feed(Event::RunEnded { run: failed, end: RunEnd::Failed(why.clone()) });
    assert_eq!((world.state(failed), world.reason(failed)), (RunState::Failed, Some(why)));
}

#[test]
fn an_end_that_can_not_be_is_refused_and_changes_nothing() {
    let mut world = World::at(NOON);
    let scan = world.begun(SCAN);
    let queued = world.begun(BIF);
    let before = world.stored.clone();
    let stopped = |run| Event::RunEnded { run, end: RunEnd::Stopped };
    assert!(matches!(world.feed(stopped(scan)), Answer::Refused(_)), "nobody stopped it");
    let completed = Event::RunEnded { run: queued, end: RunEnd::Completed(Reason::AllDone) };
    let Answer::Refused(illegal) = world.feed(completed) else { panic!("a queued run completed") };
    assert_eq!(illegal.to_string(), "a run that is queued can't undergo `Complete`");
    assert_eq!(world.feed(stopped(RunId(99))), Answer::NotRunning);
    assert_eq!(world.stored, before);
}
