//! A run that is asked for again looks again for what is lacking, wherever it is.

use butler_api::{Ask, RunState, TaskName};
use butler_product::Failure;
use tokio::sync::oneshot;

use super::night_tests::Night;
use super::*;
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
