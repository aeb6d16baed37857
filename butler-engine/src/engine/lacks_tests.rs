//! A run that is asked for again looks again for what is lacking, wherever it is.

use std::path::Path;

use butler_api::{Ask, Origin, RunState, TaskName};
use butler_library::{Failed, FileMark, SourceId};
use butler_product::{Failure, Spec};
use butler_tasks::{Report, WorkStep};
use tokio::sync::oneshot;

use super::night_tests::Night;
use super::*;
use crate::door::fact::Came;
use crate::engine::event::{Gathered, Occasion};
use crate::run::Look;
use crate::run::phase::Phase;
use crate::unit::{Spent, UnitOutcome, UnitOver};

const BIF: TaskName = TaskName::GenerateMediaIndexFiles;

/// A run that is asked for once more, and has to be the answer.
fn asked_again(night: &mut Night, run: RunId, force: bool) {
    let (answer, mut asked) = oneshot::channel();
    let ask = Ask::all(force);
    night.engine.handle(EngineEvent::StartAsked { task: BIF, ask, answer });
    let reply = asked.try_recv().unwrap().unwrap();
    assert_eq!(reply.outcome.to_string(), format!("running; run={run}"));
}

fn begun(night: &mut Night) -> RunId {
    let (answer, _asked) = oneshot::channel();
    let ask = Ask::default();
    night.engine.handle(EngineEvent::StartAsked { task: BIF, ask, answer });
    *night.engine.runs.keys().next_back().unwrap()
}

/// The unit's worker could not make the one thing that was wanted.
fn answered(night: &mut Night, unit: u64) {
    let failure = Failure::content("It is damaged.");
    let over = UnitOver {
        answers: vec![(0, Err(failure))],
        bytes_read: 0,
        spent: Spent::default(),
        end: UnitOutcome::Done,
    };
    night.engine.handle(EngineEvent::UnitsOver { slot: 0, units: vec![(unit, over)] });
}

/// How many wants of the run have no result yet, and how many there are in all.
fn open_and_total(night: &Night, run: RunId) -> (usize, u64) {
    (night.engine.backlog.open(run), night.engine.runs[&run].total)
}

#[test]
fn a_run_that_makes_what_it_lacks_counts_once_more_and_takes_what_came() {
    let mut night = Night::new();
    let run = begun(&mut night);
    night.gathered(run, &[1]);
    assert_eq!(open_and_total(&night, run), (1, 1));
    asked_again(&mut night, run, false);
    assert_eq!(night.engine.runs[&run].phase, Phase::Counting);
    night.gathered(run, &[1, 2, 3]);
    assert_eq!(night.engine.runs[&run].phase, Phase::Units);
    assert_eq!(open_and_total(&night, run), (3, 3));
}

#[test]
fn a_run_that_counts_counts_once_more_when_it_has_ended() {
    let mut night = Night::new();
    let run = begun(&mut night);
    asked_again(&mut night, run, false);
    asked_again(&mut night, run, false);
    night.gathered(run, &[]);
    assert_eq!((night.state(run), night.engine.runs[&run].phase), (RunState::Running, Phase::Counting));
    night.gathered(run, &[1]);
    assert_eq!(night.engine.runs[&run].phase, Phase::Units);
    assert_eq!(open_and_total(&night, run), (1, 1));
}

#[test]
fn a_run_that_derives_counts_once_more_when_that_has_ended() {
    let mut night = Night::new();
    let run = begun(&mut night);
    night.engine.runs.get_mut(&run).unwrap().phase = Phase::Deriving { until: None };
    asked_again(&mut night, run, false);
    night.engine.handle(EngineEvent::DerivingEnded { run, end: Ok(()) });
    assert_eq!((night.state(run), night.engine.runs[&run].phase), (RunState::Running, Phase::Counting));
    night.gathered(run, &[]);
    assert_eq!(night.state(run), RunState::Completed);
}

#[test]
fn what_is_answered_while_it_is_counted_or_on_its_way_to_the_disk_is_not_done_twice() {
    for is_answered_before in [true, false] {
        let mut night = Night::new();
        let run = begun(&mut night);
        night.gathered(run, &[1]);
        if is_answered_before {
            answered(&mut night, 1);
        }
        asked_again(&mut night, run, true);
        if !is_answered_before {
            answered(&mut night, 1);
        }
        // The count read the library before the answer was stored.
        night.gathered(run, &[1, 2]);
        assert_eq!(open_and_total(&night, run), (2, 2), "{is_answered_before}");
        assert_eq!(night.engine.backlog.open(run), 2);
        let unit = night.engine.backlog.runs_of(2);
        assert!(unit.contains(&run), "the next unit is the other film's");
    }
}

#[test]
fn a_forced_start_beside_a_run_has_it_try_what_failed() {
    let mut night = Night::new();
    let run = begun(&mut night);
    night.gathered(run, &[1]);
    assert!(!night.engine.runs[&run].tries_again());
    asked_again(&mut night, run, true);
    assert!(night.engine.runs[&run].tries_again());
    assert_eq!(night.engine.runs[&run].phase, Phase::Counting);
    let stored = night.engine.library.run(run).unwrap().unwrap().record;
    assert!(stored.ask.force, "and so after a crash");
}

#[test]
fn a_plain_start_beside_a_forced_run_has_it_look_at_nothing_that_rests() {
    let mut night = Night::new();
    let run = night.start(&BIF);
    assert_eq!(night.engine.runs[&run].look, Look::AtAll);
    night.gathered(run, &[1]);
    asked_again(&mut night, run, false);
    assert_eq!(night.engine.runs[&run].phase, Phase::Counting);
    assert_eq!(night.engine.runs[&run].look, Look::AtDue);
    // While that is counted it is asked for by force, and without: the one that takes up more comes next.
    asked_again(&mut night, run, true);
    asked_again(&mut night, run, false);
    night.gathered(run, &[1]);
    assert_eq!(night.engine.runs[&run].look, Look::AtAll);
    let run = night.engine.runs.get_mut(&run).unwrap();
    let looks = [run.looks_for_derivations(), run.looks_for_derivations()];
    assert_eq!(looks, [Look::AtAll, Look::AtDue], "what it derives is tried again once");
}

fn counted(night: &mut Night, run: RunId, occasion: Occasion, sources: &[i64]) {
    let lacks = vec![(Spec::MediaInfo, sources.iter().copied().map(SourceId).collect())];
    let lacks = Ok(Gathered { lacks, occasion, ..Gathered::default() });
    night.engine.handle(EngineEvent::Gathered { run, lacks });
}

/// A scan that has placed so many files, and goes on.
fn scan_under_way(night: &mut Night, new_contents: u64) -> RunId {
    let (answer, _asked) = oneshot::channel();
    let (task, ask) = (TaskName::RefreshLibraries, Ask::default());
    night.engine.handle(EngineEvent::StartAsked { task, ask, answer });
    let run = *night.engine.runs.keys().next_back().unwrap();
    let step = WorkStep { done: 0, total: 9, waits: None, section: None, new_contents };
    night.engine.handle(EngineEvent::WorkStepped { run, step });
    run
}

#[test]
fn while_a_scan_goes_on_what_its_files_lack_is_made_and_nothing_of_it_twice() {
    let mut night = Night::new();
    let run = scan_under_way(&mut night, 1);
    counted(&mut night, run, Occasion::DuringWork, &[1]);
    assert_eq!(night.engine.runs[&run].phase, Phase::Working);
    assert!(night.engine.backlog.runs_of(1).contains(&run), "a unit of it is in hand");
    assert_eq!(open_and_total(&night, run), (1, 10));
    night.engine.handle(EngineEvent::WorkEnded { run, end: Ok(Report::default()) });
    // A count that the end of the work has overtaken says nothing.
    counted(&mut night, run, Occasion::DuringWork, &[7]);
    counted(&mut night, run, Occasion::ForUnits, &[1, 2]);
    assert_eq!(night.engine.runs[&run].phase, Phase::Units);
    assert_eq!(open_and_total(&night, run), (2, 11));
}

#[test]
fn a_scan_that_is_stopped_begins_nothing_more_while_it_ends() {
    let mut night = Night::new();
    let run = scan_under_way(&mut night, 1);
    counted(&mut night, run, Occasion::DuringWork, &[1, 2, 3]);
    assert_eq!(night.engine.backlog.waiting(), 2, "one is in hand");
    night.engine.handle(EngineEvent::StopRunAsked { run, answer: oneshot::channel().0 });
    assert_eq!(night.engine.backlog.waiting(), 0);
    counted(&mut night, run, Occasion::DuringWork, &[4]);
    assert_eq!((night.engine.backlog.waiting(), night.state(run)), (0, RunState::Stopping));
}

#[test]
fn a_scan_by_force_and_one_of_newcomers_count_when_all_is_placed() {
    let mut night = Night::new();
    let run = scan_under_way(&mut night, 1);
    let run = night.engine.runs.get_mut(&run).unwrap();
    run.counted_during_work();
    let step = WorkStep { done: 0, total: 9, waits: None, section: None, new_contents: 2 };
    run.work_stepped(step);
    assert!(run.may_count_during_work());
    run.ask.force = true;
    assert!(!run.may_count_during_work());
    run.ask.force = false;
    run.origin = Origin::Asap;
    assert!(!run.may_count_during_work());
}

#[test]
fn what_failed_while_the_scan_went_on_is_not_said_to_be_left_alone() {
    let mut night = Night::new();
    let run = scan_under_way(&mut night, 1);
    let run = night.engine.runs.get_mut(&run).unwrap();
    run.step_done(Came::Failed);
    run.files_failed([FileMark::of_path(Path::new("/films/broken.mkv"))]);
    run.leaves_alone(Failed { products: 3, files: 4 });
    assert_eq!(run.held_back, Failed { products: 2, files: 3 });
}
