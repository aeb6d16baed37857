//! Lanes and order: the scan before all else, media side by side, housekeeping one at a time by rank.

use butler_api::{Reason, RunId, RunState};
use butler_schedule::Event;

use crate::world::{BACKUP, BIF, BUNDLES, DEEP, OPTIMIZE, SCAN, World};

const NOON: &str = "2026-11-23T12:00";

#[test]
fn media_runs_work_side_by_side_beside_housekeeping() {
    let mut world = World::at(NOON);
    for task in [BIF, DEEP, BUNDLES] {
        let run = world.begun(task);
        assert_eq!(world.state(run), RunState::Running);
    }
}

#[test]
fn housekeeping_goes_one_at_a_time_by_rank_and_says_what_is_in_front() {
    let mut world = World::at(NOON);
    let first = world.begun(OPTIMIZE);
    let backup = world.begun(BACKUP);
    let bundles = world.begun(BUNDLES);
    for waiting in [backup, bundles] {
        assert_eq!(world.reason(waiting), Some(Reason::BehindLane { run: first, task: OPTIMIZE }));
    }
    world.complete(first);
    assert_eq!(world.state(bundles), RunState::Running, "clean-ups go before the backup");
    assert_eq!(world.reason(backup), Some(Reason::BehindLane { run: bundles, task: BUNDLES }));
    world.feed(Event::StopAsked { task: BUNDLES });
    assert_eq!(
        world.state(backup),
        RunState::Queued,
        "one that is stopping holds its place until its step ends"
    );
    world.confirm_stop(bundles);
    assert_eq!(world.state(backup), RunState::Running);
}

#[test]
fn what_is_started_during_a_scan_begins_when_it_ends() {
    let mut world = World::at(NOON);
    let scan = world.begun(SCAN);
    let waiting: Vec<RunId> =
        [BIF, DEEP, BACKUP, BUNDLES].into_iter().map(|task| world.begun(task)).collect();
    for run in &waiting {
        assert_eq!(
            (world.state(*run), world.reason(*run)),
            (RunState::Queued, Some(Reason::BehindScan { run: scan }))
        );
    }
    world.complete(scan);
    let states: Vec<_> = waiting.iter().map(|run| world.state(*run)).collect();
    assert_eq!(states, [RunState::Running, RunState::Running, RunState::Queued, RunState::Running]);
    assert_eq!(world.reason(waiting[2]), Some(Reason::BehindLane { run: waiting[3], task: BUNDLES }));
}

#[test]
fn a_scan_begins_at_once_beside_what_runs_and_holds_up_what_comes_later() {
    let mut world = World::at(NOON);
    let media = world.begun(BIF);
    let bundles = world.begun(BUNDLES);
    let backup = world.begun(BACKUP);
    let scan = world.begun(SCAN);
    assert_eq!([media, bundles, scan].map(|run| world.state(run)), [RunState::Running; 3]);
    assert_eq!(world.reason(backup), Some(Reason::BehindScan { run: scan }));
    world.complete(bundles);
    assert_eq!(world.state(backup), RunState::Queued);
    world.complete(scan);
    assert_eq!(world.state(backup), RunState::Running);
}

#[test]
fn a_forced_start_enters_its_lane_like_any_other() {
    let mut world = World::at(NOON);
    world.begun(SCAN);
    let waiting = world.force(BIF);
    assert_eq!(waiting.outcome().to_string(), "started; run=2; waits=behind-scan");
}

#[test]
fn a_second_scan_that_waits_behind_the_first_holds_up_the_rest_too() {
    let mut world = World::at(NOON);
    let _ = world.ask(SCAN, true, Some(1));
    let _ = world.ask(SCAN, true, Some(2));
    let media = world.begun(BIF);
    world.complete(RunId(1));
    assert_eq!(world.reason(media), Some(Reason::BehindScan { run: RunId(2) }));
    world.complete(RunId(2));
    assert_eq!(world.state(media), RunState::Running);
}
