//! What the loop does with events that cross, and while storing does not keep up.

use std::collections::BTreeSet;

use butler_api::{Ask, RunState, TaskName};
use butler_library::SourceId;
use butler_product::Spec;
use butler_tasks::{Report, SettingsFile};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::door::surroundings::Patience;
use crate::engine::event::Gathered;
use crate::pressure::Sample;
use crate::unit::publish::MOST_UNSETTLED;
use crate::unit::{Spent, UnitOutcome, UnitOver, UnitResult};

/// A loop over an empty library, without workers, whose events the test hands on by itself.
fn rig() -> (Loop, mpsc::Receiver<EngineEvent>, TempDir) {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let (inbox, events) = Inbox::new();
    let settings = EngineSettings {
        worker_program: folder.path().join("no worker"),
        cores: 1,
        patience: Patience::default(),
        // Noon: no window starts anything of its own.
        clock: Clock::driven("2027-06-15T12:00:00Z".parse().unwrap()),
        settings_file: SettingsFile::default(),
        catalogue: Catalogue::default(),
    };
    let (mut engine, effects) =
        Loop::new(library, &settings, inbox, broadcast::channel(16).0, watch::channel(Arc::default()).0)
            .unwrap();
    engine.perform(effects);
    (engine, events, folder)
}

fn start(engine: &mut Loop) -> RunId {
    let (answer, mut asked) = oneshot::channel();
    let (task, ask) = (TaskName::RefreshLibraries, Ask::all(true));
    engine.handle(EngineEvent::StartAsked { task, ask, answer });
    assert!(asked.try_recv().unwrap().is_some());
    *engine.runs.keys().next().unwrap()
}

#[test]
fn a_stop_that_crosses_the_end_of_a_runs_own_work_stops_it_all_the_same() {
    let (mut engine, _events, _folder) = rig();
    let run = start(&mut engine);
    let (answer, mut asked) = oneshot::channel();
    engine.handle(EngineEvent::StopAsked { task: TaskName::RefreshLibraries, answer });
    assert_eq!(asked.try_recv().unwrap(), StopReply::Stopped(vec![run]));
    assert_eq!(engine.library.run(run).unwrap().unwrap().record.state, RunState::Stopping);
    engine.handle(EngineEvent::WorkEnded { run, end: Ok(Report::default()) });
    assert!(engine.runs.is_empty());
    assert_eq!(engine.library.run(run).unwrap().unwrap().record.state, RunState::Stopped);
}

#[test]
fn what_was_left_under_a_root_that_is_away_is_not_in_the_stored_total() {
    let (mut engine, _events, _folder) = rig();
    let id = start(&mut engine);
    engine.handle(EngineEvent::WorkEnded { run: id, end: Ok(Report::default()) });
    let lacks = vec![(Spec::MediaInfo, vec![SourceId(1)])];
    engine.handle(EngineEvent::Gathered { run: id, lacks: Ok(Gathered { lacks, ..Gathered::default() }) });
    assert_eq!(engine.library.run(id).unwrap().unwrap().progress.total, 1);
    let end = UnitOutcome::Left { root: Some("/films".to_owned()) };
    let over = UnitOver { answers: Vec::new(), bytes_read: 0, spent: Spent::default(), end };
    engine.handle(EngineEvent::UnitsOver { slot: 0, units: vec![(1, over)] });
    let stored = engine.library.run(id).unwrap().unwrap();
    assert_eq!((stored.record.state, stored.progress.total), (RunState::Completed, 0));
}

#[test]
fn no_unit_is_begun_while_storing_does_not_keep_up() {
    let (mut engine, events, _folder) = rig();
    for unit in 0..MOST_UNSETTLED as u64 {
        let result = UnitResult {
            unit: 1_000 + unit,
            source: SourceId(9),
            wants: Vec::new(),
            answers: Vec::new(),
            bytes_read: 0,
            spent: Spent::default(),
            forced: BTreeSet::new(),
        };
        engine.publisher.settle(result);
    }
    let run = start(&mut engine);
    engine.handle(EngineEvent::WorkEnded { run, end: Ok(Report::default()) });
    let lacks = vec![(Spec::MediaInfo, vec![SourceId(1)])];
    engine.handle(EngineEvent::Gathered { run, lacks: Ok(Gathered { lacks, ..Gathered::default() }) });
    assert_eq!(engine.pool.free_slots(), 1, "none was begun");
    let settled = events.iter().find(|event| matches!(event, EngineEvent::Settled { .. })).unwrap();
    engine.handle(settled);
    assert_eq!(engine.pool.free_slots(), 0, "one was begun as soon as there was room");
}

#[test]
fn everything_is_paused_while_the_disk_is_busy_and_says_so_and_a_kernel_that_tells_nothing_is_named() {
    let (mut engine, _events, _folder) = rig();
    let changes = [("ButlerPauseAtDiskPressure".to_owned(), Some("60".to_owned()))];
    engine.change_settings(&changes).unwrap();
    let run = start(&mut engine);
    engine.pressure_sampled(None);
    assert!(engine.health().is_pressure_unknown);
    let mut sample = |disk, seconds: u64| {
        let (sample, limits) =
            (Some(Sample { disk, processor: 0.0 }), load::limits(&engine.settings.borrow()));
        // The samples before, as a clock would have brought them.
        let begun = Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        (0..seconds).for_each(|second| {
            let at = begun + Duration::from_secs(second);
            assert_eq!(engine.pressure.step(at, sample, limits, true), None);
        });
        engine.pressure_sampled(sample);
        let state = engine.library.run(run).unwrap().unwrap().record;
        (state.state, state.reason.map(|reason| reason.to_string()))
    };
    let busy = "Everything is paused while the machine is busy: the disk is busy.".to_owned();
    assert_eq!(sample(90.0, 30), (RunState::Paused, Some(busy)));
    assert!(!engine.health().is_pressure_unknown);
    // What a person lifts stays lifted.
    engine.resume(None).unwrap();
    assert_eq!(engine.library.run(run).unwrap().unwrap().record.state, RunState::Running);
    engine.pressure_sampled(Some(Sample { disk: 90.0, processor: 0.0 }));
    assert!(engine.pauses.is_empty());
}
