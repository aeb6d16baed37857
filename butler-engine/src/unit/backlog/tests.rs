//! What the backlog promises, sentence by sentence.

use butler_library::DiskKind;
use butler_product::bif::Params;

use super::ends::KILLS_FORGIVEN;
use super::next::PASSED_OVER;
use super::*;

const SCAN: RunId = RunId(1);
const PREVIEWS: RunId = RunId(2);
const MORE: RunId = RunId(3);

fn bif() -> Spec {
    Spec::Bif(Params::default())
}

fn sources(ids: &[i64]) -> Vec<SourceId> {
    ids.iter().map(|id| SourceId(*id)).collect()
}

fn known(_: SourceId) -> bool {
    false
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn limits<'a>(now: Timestamp, lasts: &'a dyn Fn(SourceId, &[Want]) -> Option<SignedDuration>) -> Limits<'a> {
    Limits { now, lasts, disks: &|_| Vec::new(), readers: 1 }
}

/// The next unit where nobody knows how long any lasts.
fn next(backlog: &mut Backlog, lacks_media_info: impl Fn(SourceId) -> bool) -> Option<UnitPlan> {
    backlog.next_units(&limits(at(0), &|_, _| None), Which::Any, 1, lacks_media_info).pop()
}

fn backlog(lines: &[(RunId, Origin, Spec, &[i64])]) -> Backlog {
    let mut backlog = Backlog::default();
    for (run, origin, spec, ids) in lines {
        backlog.add(*run, *origin, spec, sources(ids));
    }
    backlog
}

fn done(backlog: &mut Backlog, unit: UnitId, answered: &[usize]) -> Over {
    backlog.over(unit, answered, UnitEnd::Done).unwrap()
}

fn falls(backlog: &mut Backlog, answered: &[usize], how: Fall) -> (UnitPlan, Over) {
    let plan = next(backlog, known).unwrap();
    let over = backlog.over(plan.unit, answered, UnitEnd::Fell(how)).unwrap();
    (plan, over)
}

#[test]
fn one_unit_serves_all_runs_that_want_the_source() {
    let mut backlog =
        backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
    let unit = next(&mut backlog, known).unwrap();
    assert_eq!(unit.wants, [Spec::MediaInfo, bif()]);
    assert_eq!(next(&mut backlog, known), None);
    let over = done(&mut backlog, unit.unit, &[0, 1]);
    assert_eq!(over.wants[1].runs, BTreeSet::from([PREVIEWS]));
}

#[test]
fn unknown_headers_are_read_first_whoever_wants_them() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    let unit = next(&mut backlog, |_| true).unwrap();
    assert_eq!(unit.wants, [Spec::MediaInfo, bif()]);
    assert!(done(&mut backlog, unit.unit, &[0, 1]).wants[0].runs.is_empty());
}

#[test]
fn a_run_joins_the_unit_in_hand_that_makes_what_it_lacks() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    let unit = next(&mut backlog, known).unwrap();
    backlog.add(MORE, Origin::Window, &bif(), sources(&[7]));
    assert_eq!(next(&mut backlog, known), None);
    assert_eq!(backlog.runs_of(unit.unit), BTreeSet::from([PREVIEWS, MORE]));
}

#[test]
fn another_want_of_a_source_in_hand_waits_for_that_unit_to_end() {
    let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7])]);
    let first = next(&mut backlog, known).unwrap();
    backlog.add(PREVIEWS, Origin::Person, &bif(), sources(&[7]));
    assert_eq!(next(&mut backlog, known), None);
    done(&mut backlog, first.unit, &[0]);
    assert_eq!(next(&mut backlog, known).unwrap().wants, [bif()]);
}

#[test]
fn persons_go_first_and_runs_of_equal_rank_take_turns() {
    let mut backlog = backlog(&[
        (SCAN, Origin::Asap, Spec::MediaInfo, &[1, 2]),
        (PREVIEWS, Origin::Person, bif(), &[3, 4]),
        (MORE, Origin::Person, Spec::Bif(Params { interval_ms: 5_000, width: 320 }), &[5, 6]),
    ]);
    let order: Vec<i64> =
        std::iter::from_fn(|| next(&mut backlog, known)).map(|unit| unit.source.0).collect();
    assert_eq!(order, [3, 5, 4, 6, 1, 2]);
}

#[test]
fn a_stopped_run_cancels_units_that_only_it_wanted_and_drops_its_wants_from_shared_ones() {
    let mut backlog = backlog(&[
        (SCAN, Origin::Person, Spec::MediaInfo, &[7]),
        (PREVIEWS, Origin::Person, bif(), &[7, 8, 9]),
    ]);
    let shared = next(&mut backlog, known).unwrap();
    let own = next(&mut backlog, known).unwrap();
    let mut withdrawals = backlog.drop_run(PREVIEWS);
    withdrawals.sort_by_key(|withdrawal| matches!(withdrawal, Withdrawal::Cancel { .. }));
    assert_eq!(
        withdrawals,
        [Withdrawal::Drop { unit: shared.unit, want: 1 }, Withdrawal::Cancel { unit: own.unit }]
    );
    assert!(done(&mut backlog, own.unit, &[]).given_up.is_empty());
    assert_eq!(next(&mut backlog, known), None);
}

#[test]
fn a_run_that_comes_after_a_stop_joins_no_unit_that_was_told_to_end() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    let mut unit = next(&mut backlog, known).unwrap();
    for run in 10..15 {
        backlog.drop_run(if run == 10 { PREVIEWS } else { RunId(run - 1) });
        backlog.add(RunId(run), Origin::Person, &bif(), sources(&[7]));
        assert_eq!(next(&mut backlog, known), None, "its source is still in hand");
        let over = done(&mut backlog, unit.unit, &[]);
        assert!(over.given_up.is_empty(), "a stop says nothing about the file");
        unit = next(&mut backlog, known).unwrap();
        assert!(!unit.fresh_worker);
    }
}

#[test]
fn headers_are_read_only_for_what_is_made_of_them() {
    let mut backlog =
        backlog(&[(SCAN, Origin::Person, Spec::Tags, &[7]), (PREVIEWS, Origin::Person, bif(), &[8])]);
    let mut units =
        [next(&mut backlog, |_| true).unwrap().wants, next(&mut backlog, |_| true).unwrap().wants];
    units.sort_by_key(Vec::len);
    assert_eq!(units, [vec![Spec::Tags], vec![Spec::MediaInfo, bif()]]);
}

#[test]
fn a_want_that_was_dropped_from_a_shared_unit_is_made_by_the_next_one() {
    let mut backlog =
        backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
    let shared = next(&mut backlog, known).unwrap();
    backlog.drop_run(PREVIEWS);
    backlog.add(MORE, Origin::Person, &bif(), sources(&[7]));
    let over = done(&mut backlog, shared.unit, &[0]);
    assert!(over.wants[1].runs.is_empty() && over.given_up.is_empty());
    let next = next(&mut backlog, known).unwrap();
    assert_eq!((next.wants, next.fresh_worker), (vec![bif()], false));
}

#[test]
fn a_unit_whose_worker_fell_is_tried_again_whole_then_want_by_want_and_only_what_falls_alone_is_given_up() {
    let mut backlog =
        backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
    let (first, over) = falls(&mut backlog, &[], Fall::ByItself);
    assert!(!first.fresh_worker && over.given_up.is_empty());
    let (again, over) = falls(&mut backlog, &[], Fall::ByItself);
    assert!(again.fresh_worker && again.wants.len() == 2 && over.given_up.is_empty());
    let alone = next(&mut backlog, known).unwrap();
    assert_eq!(alone.wants, [Spec::MediaInfo]);
    done(&mut backlog, alone.unit, &[0]);
    let (bad, over) = falls(&mut backlog, &[], Fall::ByItself);
    assert_eq!(bad.wants, [bif()]);
    assert_eq!(over.given_up, [0]);
    assert_eq!(over.wants[0].runs, BTreeSet::from([PREVIEWS]));
    assert_eq!(next(&mut backlog, known), None);
}

#[test]
fn what_was_answered_before_the_fall_is_not_made_again() {
    let mut backlog =
        backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
    falls(&mut backlog, &[0], Fall::ByItself);
    assert_eq!(next(&mut backlog, known).unwrap().wants, [bif()]);
}

#[test]
fn a_kill_from_outside_says_nothing_about_the_file_until_it_happens_often() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    for _ in 0..=KILLS_FORGIVEN {
        assert!(falls(&mut backlog, &[], Fall::Killed).1.given_up.is_empty());
    }
    assert_eq!(falls(&mut backlog, &[], Fall::Killed).1.given_up, [0]);
}

#[test]
fn a_run_is_done_when_each_of_its_wants_is_settled() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7, 8])]);
    assert_eq!(backlog.open(PREVIEWS), 2);
    backlog.settle(PREVIEWS);
    backlog.settle(PREVIEWS);
    assert_eq!(backlog.open(PREVIEWS), 0);
}

#[test]
fn what_lies_under_a_root_that_is_away_is_left() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    let unit = next(&mut backlog, known).unwrap();
    assert_eq!(backlog.over(unit.unit, &[], UnitEnd::Left).unwrap().left, [0]);
    assert_eq!(backlog.over(unit.unit, &[], UnitEnd::Left), None);
    assert_eq!(next(&mut backlog, known), None);
}

/// The next unit at this second, where source 7 takes 100 s and any other 10.
fn next_at(backlog: &mut Backlog, second: i64) -> Option<i64> {
    let lasts =
        |source: SourceId, _: &[Want]| Some(SignedDuration::from_secs(if source.0 == 7 { 100 } else { 10 }));
    backlog.next_units(&limits(at(second), &lasts), Which::Any, 1, known).pop().map(|unit| unit.source.0)
}

#[test]
fn of_a_bound_run_no_unit_begins_that_can_not_end_in_time_and_a_later_end_lets_it() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Window, bif(), &[7, 8, 9])]);
    backlog.bind(PREVIEWS, Origin::Window, Some(at(90)), true);
    assert_eq!(next_at(&mut backlog, 0), Some(8));
    assert_eq!((next_at(&mut backlog, 85), backlog.open(PREVIEWS)), (None, 3));
    backlog.bind(PREVIEWS, Origin::Window, Some(at(500)), true);
    assert_eq!((next_at(&mut backlog, 85), next_at(&mut backlog, 85)), (Some(7), Some(9)));
}

#[test]
fn of_a_large_library_only_so_many_are_looked_at_in_one_go_and_the_rest_in_the_next() {
    let ids: Vec<i64> = (1..=PASSED_OVER as i64 + 1).collect();
    let mut backlog = backlog(&[(PREVIEWS, Origin::Window, bif(), &ids)]);
    backlog.bind(PREVIEWS, Origin::Window, Some(at(10)), true);
    let last = SourceId(PASSED_OVER as i64 + 1);
    let lasts = |source, _: &[Want]| Some(SignedDuration::from_secs(if source == last { 1 } else { 100 }));
    let limits = limits(at(0), &lasts);
    assert_eq!(backlog.next_units(&limits, Which::Any, 1, known), []);
    assert_eq!(backlog.next_units(&limits, Which::Any, 1, known)[0].source, last);
}

#[test]
fn a_unit_that_a_free_run_wants_too_may_begin_however_long_it_lasts() {
    let mut backlog =
        backlog(&[(PREVIEWS, Origin::Person, bif(), &[7]), (MORE, Origin::Window, Spec::Tags, &[7])]);
    backlog.bind(MORE, Origin::Window, Some(at(5)), true);
    assert_eq!(next(&mut backlog, known).unwrap().wants.len(), 2);
    let mut backlog = Backlog::default();
    backlog.add(MORE, Origin::Window, &Spec::Tags, sources(&[7]));
    backlog.bind(MORE, Origin::Window, Some(at(5)), true);
    assert_eq!(next_at(&mut backlog, 0), None);
    backlog.add(PREVIEWS, Origin::Person, &bif(), sources(&[7]));
    assert_eq!(next_at(&mut backlog, 0), Some(7));
}

#[test]
fn a_run_that_closes_begins_nothing_more_and_ends_with_what_is_in_hand() {
    let mut backlog = backlog(&[
        (PREVIEWS, Origin::Window, bif(), &[7, 8, 9]),
        (SCAN, Origin::Person, Spec::MediaInfo, &[9]),
    ]);
    let in_hand = [next(&mut backlog, known).unwrap(), next(&mut backlog, known).unwrap()];
    assert_eq!(in_hand.each_ref().map(|unit| unit.source.0), [9, 7]);
    assert_eq!((backlog.close(PREVIEWS), backlog.open(PREVIEWS)), (1, 2));
    assert_eq!(next(&mut backlog, known), None);
    let over = backlog.over(in_hand[1].unit, &[], UnitEnd::Fell(Fall::ByItself)).unwrap();
    assert!(over.given_up.is_empty() && next(&mut backlog, known).is_none(), "it is not tried again");
    assert_eq!(over.cut, BTreeSet::from([PREVIEWS]), "it got nothing of it");
    assert_eq!(backlog.open(PREVIEWS), 1);
    done(&mut backlog, in_hand[0].unit, &[0, 1]);
    backlog.settle(PREVIEWS);
    assert_eq!(backlog.open(PREVIEWS), 0);
}

#[test]
fn a_unit_makes_what_a_run_to_come_will_lack_but_none_is_begun_for_it() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    backlog.bind(PREVIEWS, Origin::Person, None, true);
    backlog.add_ahead(MORE, Spec::Tags, [SourceId(7), SourceId(8)].into());
    let unit = next(&mut backlog, known).unwrap();
    assert_eq!(unit.wants.len(), 2);
    assert_eq!(backlog.runs_of(unit.unit), BTreeSet::from([PREVIEWS]));
    let over = done(&mut backlog, unit.unit, &[0]);
    assert!(over.wants.iter().any(|want| want.ahead == BTreeSet::from([MORE])));
    assert_eq!(next(&mut backlog, known), None, "what was made ahead and fell is not tried again");
}

#[test]
fn a_scans_units_take_nothing_along_and_a_run_that_has_come_wants_its_own() {
    let mut backlog = backlog(&[(SCAN, Origin::Window, Spec::MediaInfo, &[7])]);
    backlog.add_ahead(MORE, bif(), [SourceId(7)].into());
    let unit = next(&mut backlog, known).unwrap();
    assert_eq!(unit.wants, [Spec::MediaInfo]);
    backlog.forget_ahead(MORE);
    assert_eq!(backlog.add(MORE, Origin::Window, &bif(), sources(&[7])), 1);
    assert_eq!(backlog.add(MORE, Origin::Window, &bif(), sources(&[7])), 0, "it waits for it already");
    done(&mut backlog, unit.unit, &[0]);
    assert_eq!(next(&mut backlog, known).unwrap().wants, [bif()]);
    assert_eq!(backlog.open(MORE), 1);
}

#[test]
fn a_worker_that_goes_while_it_is_frozen_says_nothing_about_the_file_however_often() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
    for _ in 0..KILLS_FORGIVEN * 3 {
        assert!(falls(&mut backlog, &[], Fall::Frozen).1.given_up.is_empty());
    }
}

/// The sources of the next units that a worker is given in one go.
fn in_one_go(backlog: &mut Backlog, most: usize) -> Vec<i64> {
    let limits = limits(at(0), &|_, _| None);
    backlog.next_units(&limits, Which::Any, most, known).iter().map(|unit| unit.source.0).collect()
}

#[test]
fn brief_units_are_given_in_one_go_and_none_passes_one_that_is_not() {
    let mut backlog = backlog(&[
        (SCAN, Origin::Person, Spec::MediaInfo, &[1, 2, 3, 4, 5]),
        (PREVIEWS, Origin::Person, bif(), &[8, 4]),
    ]);
    assert_eq!(in_one_go(&mut backlog, 16), [1], "a preview has the next turn");
    assert_eq!(in_one_go(&mut backlog, 16), [8], "it is made alone");
    assert_eq!(in_one_go(&mut backlog, 16), [2], "and again");
    assert_eq!(in_one_go(&mut backlog, 16), [4]);
    assert_eq!(in_one_go(&mut backlog, 1), [3]);
    assert_eq!(in_one_go(&mut backlog, 16), [5]);
    assert!(in_one_go(&mut backlog, 16).is_empty());
}

#[test]
fn of_brief_units_as_many_are_given_as_are_asked_for() {
    let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[1, 2, 3, 4, 5])]);
    assert_eq!(in_one_go(&mut backlog, 3), [1, 2, 3]);
    assert_eq!(in_one_go(&mut backlog, 3), [4, 5]);
}

#[test]
fn what_runs_to_come_will_lack_is_taken_along_by_a_unit_of_its_own() {
    let mut backlog = backlog(&[(SCAN, Origin::Window, Spec::MediaInfo, &[1, 2])]);
    backlog.bind(SCAN, Origin::Window, None, true);
    backlog.add_ahead(PREVIEWS, bif(), HashSet::from([SourceId(2)]));
    assert_eq!(in_one_go(&mut backlog, 16), [1]);
    assert_eq!(next(&mut backlog, known).unwrap().wants, [Spec::MediaInfo, bif()]);
}

#[test]
fn a_unit_whose_turn_did_not_come_is_done_again_and_never_blamed() {
    let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[1, 2])]);
    for _ in 0..20 {
        let limits = limits(at(0), &|_, _| None);
        let units = backlog.next_units(&limits, Which::Any, 16, known);
        assert_eq!(units.iter().map(|unit| unit.fresh_worker).collect::<Vec<_>>(), [false; 2]);
        for unit in units {
            let over = backlog.over(unit.unit, &[], UnitEnd::NotBegun).unwrap();
            assert!(over.given_up.is_empty() && over.left.is_empty());
        }
    }
    assert_eq!(backlog.open(SCAN), 2);
    let (fallen, behind) = (next(&mut backlog, known).unwrap(), next(&mut backlog, known).unwrap());
    backlog.over(fallen.unit, &[], UnitEnd::Fell(Fall::ByItself)).unwrap();
    backlog.over(behind.unit, &[], UnitEnd::NotBegun).unwrap();
    let again = next(&mut backlog, known).unwrap();
    assert!(again.source == fallen.source && again.fresh_worker, "it is tried alone, in a fresh worker");
    assert_eq!(in_one_go(&mut backlog, 16), [behind.source.0]);
}

/// The disk of a source: those up to 10 lie on one, those up to 20 on another, those up to 30 on both, and
/// the rest on one that has no head to move.
fn disks(source: SourceId) -> Vec<Disk> {
    let disk = |name: &str, kind| Disk { name: name.to_owned(), kind };
    let (sda, nas) = (disk("sda", DiskKind::Spinning), disk("/nas", DiskKind::Network));
    match source.0 {
        ..=10 => vec![sda],
        11..=20 => vec![nas],
        21..=30 => vec![sda, nas],
        _ => vec![disk("nvme0n1", DiskKind::Solid)],
    }
}

/// The sources of the units that begin now, one a worker, where so many may read of a disk.
fn begun(backlog: &mut Backlog, which: Which, readers: usize) -> Vec<i64> {
    let limits = Limits { disks: &disks, readers, ..limits(at(0), &|_, _| None) };
    let next = || Some(backlog.next_units(&limits, which, 1, known).pop()?.source.0);
    std::iter::from_fn(next).collect()
}

#[test]
fn as_many_units_read_of_a_disk_as_may_and_others_read_of_other_disks_meanwhile() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[1, 2, 3, 31, 4, 11, 12, 32])]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [1, 31, 11, 32]);
    assert_eq!(backlog.reading().into_values().collect::<Vec<_>>(), [1, 2, 1]);
    done(&mut backlog, 1, &[0]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [2], "in their order");
    done(&mut backlog, 3, &[0]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [12]);
    assert_eq!(begun(&mut backlog, Which::Any, usize::MAX), [3, 4], "without a limit all");
}

#[test]
fn what_lies_on_two_disks_waits_for_both() {
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[1, 11, 21, 22])]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [1, 11]);
    done(&mut backlog, 1, &[0]);
    assert!(begun(&mut backlog, Which::Any, 1).is_empty());
    done(&mut backlog, 2, &[0]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [21]);
    done(&mut backlog, 3, &[0]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [22]);
}

#[test]
fn brief_units_are_no_readers_and_pass_what_waits_for_a_disk_but_nothing_that_could_begin() {
    let mut backlog = backlog(&[
        (PREVIEWS, Origin::Person, bif(), &[1, 2]),
        (SCAN, Origin::Window, Spec::MediaInfo, &[3, 4, 2]),
    ]);
    assert!(begun(&mut backlog, Which::Brief, 1).is_empty(), "a film could begin");
    assert_eq!(begun(&mut backlog, Which::Any, 1), [1, 3, 4]);
    backlog.add(SCAN, Origin::Window, &Spec::MediaInfo, sources(&[5]));
    assert_eq!(begun(&mut backlog, Which::Brief, 1), [5]);
    // What is wanted beside the film's previews is made with these.
    done(&mut backlog, 1, &[0]);
    assert_eq!(next(&mut backlog, known).unwrap().wants, [Spec::MediaInfo, bif()]);
}

#[test]
fn a_unit_that_takes_along_what_is_not_brief_is_a_reader() {
    let mut backlog =
        backlog(&[(PREVIEWS, Origin::Person, bif(), &[1]), (SCAN, Origin::Window, Spec::MediaInfo, &[2, 3])]);
    backlog.bind(SCAN, Origin::Window, None, true);
    backlog.add_ahead(MORE, bif(), HashSet::from([SourceId(2)]));
    assert_eq!(begun(&mut backlog, Which::Any, 1), [1, 3]);
    done(&mut backlog, 1, &[0]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [2]);
}

#[test]
fn a_unit_whose_worker_fell_waits_for_its_disk_and_a_stopped_run_for_none() {
    let mut backlog =
        backlog(&[(PREVIEWS, Origin::Person, bif(), &[1, 2]), (MORE, Origin::Person, Spec::Bandwidth, &[3])]);
    assert_eq!(begun(&mut backlog, Which::Any, 1), [1]);
    backlog.over(1, &[], UnitEnd::Fell(Fall::ByItself)).unwrap();
    assert_eq!(begun(&mut backlog, Which::Any, 1), [1], "again, before the others");
    backlog.drop_run(PREVIEWS);
    assert!(begun(&mut backlog, Which::Any, 1).is_empty(), "it is in hand until its worker lets go");
    backlog.over(2, &[], UnitEnd::Done).unwrap();
    assert_eq!(begun(&mut backlog, Which::Any, 1), [3]);
    assert_eq!(backlog.waiting(), 0);
}

#[test]
fn of_a_large_library_on_one_disk_each_source_waits_once() {
    let many: Vec<i64> = (0..3 * PASSED_OVER as i64).map(|id| -id).chain([31]).collect();
    let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &many)]);
    let looked_at = std::cell::Cell::new(0);
    let counted = |source| {
        looked_at.set(looked_at.get() + 1);
        disks(source)
    };
    let limits = Limits { disks: &counted, readers: 1, ..limits(at(0), &|_, _| None) };
    let mut begun = Vec::new();
    for _ in 0..10 {
        begun.extend(backlog.next_units(&limits, Which::Any, 1, known).pop().map(|unit| unit.source.0));
    }
    assert_eq!(begun, [0, 31]);
    assert!(looked_at.get() < many.len() + 10, "{}", looked_at.get());
    done(&mut backlog, 1, &[0]);
    assert_eq!(backlog.next_units(&limits, Which::Any, 1, known)[0].source, SourceId(-1));
}
