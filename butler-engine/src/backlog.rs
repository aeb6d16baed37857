//! The lacks of all running runs, formed into units: one read of a source serves every run that wants something of it.
//! Pure: no clock, no I/O. It decides which unit is next, who waits for what, and what becomes of a unit whose worker fell.
//!
//! Start with [`Backlog::add`] and [`Backlog::next`]; the rest are the ways in which a unit ends.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use butler_api::{Origin, RunId};
use butler_library::SourceId;
use butler_product::Spec;

/// How often a worker may be killed from outside in one unit before the unit itself is suspected: the system's
/// out-of-memory killer and a person's `kill -9` look the same.
const KILLS_FORGIVEN: u32 = 5;

/// A unit's number; never used twice while the engine runs.
pub(crate) type UnitId = u64;

/// A unit that a worker shall do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitPlan {
    pub(crate) unit: UnitId,
    pub(crate) source: SourceId,
    /// What to make, what others need first.
    pub(crate) wants: Vec<Spec>,
    /// Whether it must go to a worker that has done nothing before: the last one fell over it.
    pub(crate) fresh_worker: bool,
}

/// What the worker must be told about a unit in hand, as a run was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// Nobody wants any of it.
    Cancel { unit: UnitId },
    /// Nobody wants this part of it.
    Drop { unit: UnitId, want: usize },
}

/// How a worker fell while it had a unit in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fall {
    /// It crashed, hung or ran out of memory.
    ByItself,
    /// Somebody killed it.
    Killed,
}

/// How a unit came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitEnd {
    /// The worker says that it is done.
    Done,
    /// The worker fell.
    Fell(Fall),
    /// It can't be done now, and that is nobody's failure: its root is away.
    Left,
}

/// What becomes of a unit's wants at its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) source: SourceId,
    /// All of them, in the plan's order, each with the runs that wait for it.
    pub(crate) wants: Vec<Want>,
    /// Those that fell alone: they are failures now.
    pub(crate) given_up: Vec<usize>,
    /// Those that the runs go on without.
    pub(crate) left: Vec<usize>,
}

/// A want and the runs that wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) spec: Spec,
    pub(crate) runs: BTreeSet<RunId>,
}

/// How often a unit's worker fell, and so how the unit is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    /// Once more as it was, in a fresh worker.
    Again,
    /// Each want alone.
    Alone,
}

#[derive(Debug)]
struct InHand {
    source: SourceId,
    stage: Stage,
    kills: u32,
    wants: Vec<Want>,
    /// The wants that its worker was told to leave.
    withdrawn: BTreeSet<usize>,
}

impl InHand {
    /// The want of this product that its worker still makes.
    fn coming(&mut self, spec: &Spec) -> Option<&mut Want> {
        let wants = self.wants.iter_mut().enumerate();
        wants.filter(|(place, _)| !self.withdrawn.contains(place)).map(|(_, want)| want).find(|want| want.spec == *spec)
    }
}

#[derive(Debug)]
struct Retry {
    source: SourceId,
    stage: Stage,
    kills: u32,
    wants: Vec<Want>,
}

#[derive(Debug)]
struct Line {
    origin: Origin,
    /// The sources it lacks something of, newest items first; some may have been served by another run's unit.
    sources: VecDeque<SourceId>,
    /// How many wants of this run have no result yet.
    open: usize,
    /// When it had its last turn, in turns.
    last_turn: u64,
}

/// What is wanted of a source. A first scan wants one and the same of a hundred thousand: then they share the list.
type Wants = Arc<Vec<Want>>;

/// Everything that the running media runs still lack.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    lines: BTreeMap<RunId, Line>,
    waiting: HashMap<SourceId, Wants>,
    retries: VecDeque<Retry>,
    in_hand: HashMap<UnitId, InHand>,
    last_unit: UnitId,
    turns: u64,
}

impl Backlog {
    /// Adds what a run lacks: `sources` want `spec`, the newest items first. A unit in hand that makes just this is joined.
    pub(crate) fn add(&mut self, run: RunId, origin: Origin, spec: &Spec, sources: impl IntoIterator<Item = SourceId>) {
        // What was waited for, and what is then: most often the same again for the next source.
        let mut step: Option<(Option<Wants>, Wants)> = None;
        let line = self.lines.entry(run).or_insert_with(|| Line { origin, sources: VecDeque::new(), open: 0, last_turn: 0 });
        for source in sources {
            line.open += 1;
            let mut in_hand = self.in_hand.values_mut().filter(|unit| unit.source == source);
            let coming = in_hand.find_map(|unit| unit.coming(spec));
            let coming = coming.or_else(|| {
                let retry = self.retries.iter_mut().filter(|retry| retry.source == source);
                retry.flat_map(|retry| &mut retry.wants).find(|want| want.spec == *spec)
            });
            if let Some(want) = coming {
                want.runs.insert(run);
                continue;
            }
            let before = self.waiting.get(&source);
            let wants = match &step {
                Some((from, to)) if from.as_ref().map(Arc::as_ptr) == before.map(Arc::as_ptr) => Arc::clone(to),
                _ => {
                    let to = Arc::new(with(before.map_or(&[], |wants| wants.as_slice()), spec, run));
                    step = Some((before.cloned(), Arc::clone(&to)));
                    to
                }
            };
            self.waiting.insert(source, wants);
            line.sources.push_back(source);
        }
    }

    /// How many units are waiting for a worker, as far as is known.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len() + self.retries.len()
    }

    /// The next unit, if there is one: what fell first, then a person's runs before the window's before `asap` ones, each
    /// of equal rank in its turn. Where `lacks_media_info` says so and something is made of it, that is made too, whoever wants it.
    pub(crate) fn next(&mut self, lacks_media_info: impl FnOnce(SourceId) -> bool) -> Option<UnitPlan> {
        if let Some(at) = self.retries.iter().position(|retry| !self.is_in_hand(retry.source)) {
            let retry = self.retries.remove(at)?;
            return Some(self.take_in_hand(retry));
        }
        let source = self.next_source()?;
        let mut wants = Arc::unwrap_or_clone(self.waiting.remove(&source)?);
        let needs_headers =
            wants.iter().any(|want| want.spec.is_made_after_headers()) && wants.iter().all(|want| want.spec != Spec::MediaInfo);
        if needs_headers && lacks_media_info(source) {
            wants.push(Want { spec: Spec::MediaInfo, runs: BTreeSet::new() });
        }
        wants.sort_by_key(|want| want.spec.kind());
        Some(self.take_in_hand(Retry { source, stage: Stage::First, kills: 0, wants }))
    }

    fn next_source(&mut self) -> Option<SourceId> {
        let mut by_turn: Vec<RunId> = self.lines.keys().copied().collect();
        by_turn.sort_by_key(|run| (rank(self.lines[run].origin), self.lines[run].last_turn, *run));
        for run in by_turn {
            let Some(line) = self.lines.get_mut(&run) else { continue };
            let mut at = 0;
            while let Some(source) = line.sources.get(at).copied() {
                // A source in hand is read by one worker at a time; what else is wanted of it waits for that one's end.
                if self.in_hand.values().any(|unit| unit.source == source) {
                    at += 1;
                    continue;
                }
                line.sources.remove(at);
                // Another run's unit may have served it.
                if self.waiting.get(&source).is_some_and(|wants| wants.iter().any(|want| want.runs.contains(&run))) {
                    self.turns += 1;
                    line.last_turn = self.turns;
                    return Some(source);
                }
            }
        }
        None
    }

    fn is_in_hand(&self, source: SourceId) -> bool {
        self.in_hand.values().any(|unit| unit.source == source)
    }

    fn take_in_hand(&mut self, Retry { source, stage, kills, wants }: Retry) -> UnitPlan {
        self.last_unit += 1;
        let specs = wants.iter().map(|want| want.spec.clone()).collect();
        self.in_hand.insert(self.last_unit, InHand { source, stage, kills, wants, withdrawn: BTreeSet::new() });
        UnitPlan { unit: self.last_unit, source, wants: specs, fresh_worker: stage != Stage::First || kills > 0 }
    }

    /// The runs that want something of a unit in hand.
    pub(crate) fn runs_of(&self, unit: UnitId) -> BTreeSet<RunId> {
        self.in_hand.get(&unit).map(|unit| unit.wants.iter().flat_map(|want| want.runs.iter().copied()).collect()).unwrap_or_default()
    }

    /// The result of one want of this run is stored, or its failure is, or it is left: one open want less.
    pub(crate) fn settle(&mut self, run: RunId) {
        if let Some(line) = self.lines.get_mut(&run) {
            line.open = line.open.saturating_sub(1);
        }
    }

    /// How many wants of this run have no result yet.
    pub(crate) fn open(&self, run: RunId) -> usize {
        self.lines.get(&run).map_or(0, |line| line.open)
    }

    /// A unit is over: `answered` are the wants that have a result, by their place in the plan. A worker that fell, or ended
    /// without answering what somebody wants, has the rest tried once more at once in a fresh worker, then want by want;
    /// what falls alone is given up. None if there is no such unit.
    pub(crate) fn over(&mut self, unit: UnitId, answered: &[usize], end: UnitEnd) -> Option<Over> {
        let InHand { source, stage, kills, wants, .. } = self.in_hand.remove(&unit)?;
        let open: Vec<usize> = (0..wants.len()).filter(|want| !answered.contains(want) && !wants[*want].runs.is_empty()).collect();
        let mut over = Over { source, wants, given_up: Vec::new(), left: Vec::new() };
        if open.is_empty() {
            return Some(over);
        }
        let again = |stage, kills, wants: &[usize]| Retry {
            source,
            stage,
            kills,
            wants: wants.iter().map(|want| over.wants[*want].clone()).collect(),
        };
        match (end, stage) {
            (UnitEnd::Left, _) => over.left = open,
            (UnitEnd::Fell(Fall::Killed), _) if kills < KILLS_FORGIVEN => self.retries.push_back(again(stage, kills + 1, &open)),
            (_, Stage::First) => self.retries.push_back(again(Stage::Again, kills, &open)),
            (_, Stage::Again) if open.len() > 1 => {
                let alone: Vec<Retry> = open.iter().map(|want| again(Stage::Alone, kills, &[*want])).collect();
                self.retries.extend(alone);
            }
            (_, Stage::Again | Stage::Alone) => over.given_up = open,
        }
        Some(over)
    }

    /// A run is over, stopped or ended: nothing is done for it any more. What the workers must be told is answered.
    pub(crate) fn drop_run(&mut self, run: RunId) -> Vec<Withdrawal> {
        self.lines.remove(&run);
        self.waiting.retain(|_, wants| {
            if wants.iter().all(|want| want.runs.iter().all(|other| *other == run)) {
                return false;
            }
            if wants.iter().any(|want| want.runs.contains(&run)) {
                withdraw(Arc::make_mut(wants), run);
            }
            true
        });
        // What a first scan of a large library needed is given back.
        self.waiting.shrink_to_fit();
        self.retries.retain_mut(|retry| {
            withdraw(&mut retry.wants, run);
            !retry.wants.is_empty()
        });
        let mut withdrawals = Vec::new();
        for (id, unit) in &mut self.in_hand {
            let dropped: Vec<usize> =
                (0..unit.wants.len()).filter(|&want| unit.wants[want].runs.remove(&run) && unit.wants[want].runs.is_empty()).collect();
            if dropped.is_empty() {
                continue;
            }
            if unit.wants.iter().all(|want| want.runs.is_empty()) {
                unit.withdrawn.extend(0..unit.wants.len());
                withdrawals.push(Withdrawal::Cancel { unit: *id });
            } else {
                unit.withdrawn.extend(&dropped);
                withdrawals.extend(dropped.into_iter().map(|want| Withdrawal::Drop { unit: *id, want }));
            }
        }
        withdrawals
    }
}

/// What is wanted, and one thing more.
fn with(wants: &[Want], spec: &Spec, run: RunId) -> Vec<Want> {
    let mut wants = wants.to_vec();
    match wants.iter_mut().find(|want| want.spec == *spec) {
        Some(want) => _ = want.runs.insert(run),
        None => wants.push(Want { spec: spec.clone(), runs: BTreeSet::from([run]) }),
    }
    wants
}

fn withdraw(wants: &mut Vec<Want>, run: RunId) {
    for want in wants.iter_mut() {
        want.runs.remove(&run);
    }
    wants.retain(|want| !want.runs.is_empty());
}

const fn rank(origin: Origin) -> u8 {
    match origin {
        Origin::Person => 0,
        Origin::Window | Origin::CatchUp => 1,
        Origin::Asap => 2,
    }
}

#[cfg(test)]
mod tests {
    use butler_product::bif::Params;

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
        let plan = backlog.next(known).unwrap();
        let over = backlog.over(plan.unit, answered, UnitEnd::Fell(how)).unwrap();
        (plan, over)
    }

    #[test]
    fn one_unit_serves_all_runs_that_want_the_source() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
        let unit = backlog.next(known).unwrap();
        assert_eq!(unit.wants, [Spec::MediaInfo, bif()]);
        assert_eq!(backlog.next(known), None);
        let over = done(&mut backlog, unit.unit, &[0, 1]);
        assert_eq!(over.wants[1].runs, BTreeSet::from([PREVIEWS]));
    }

    #[test]
    fn unknown_headers_are_read_first_whoever_wants_them() {
        let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
        let unit = backlog.next(|_| true).unwrap();
        assert_eq!(unit.wants, [Spec::MediaInfo, bif()]);
        assert!(done(&mut backlog, unit.unit, &[0, 1]).wants[0].runs.is_empty());
    }

    #[test]
    fn a_run_joins_the_unit_in_hand_that_makes_what_it_lacks() {
        let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
        let unit = backlog.next(known).unwrap();
        backlog.add(MORE, Origin::Window, &bif(), sources(&[7]));
        assert_eq!(backlog.next(known), None);
        assert_eq!(backlog.runs_of(unit.unit), BTreeSet::from([PREVIEWS, MORE]));
    }

    #[test]
    fn another_want_of_a_source_in_hand_waits_for_that_unit_to_end() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7])]);
        let first = backlog.next(known).unwrap();
        backlog.add(PREVIEWS, Origin::Person, &bif(), sources(&[7]));
        assert_eq!(backlog.next(known), None);
        done(&mut backlog, first.unit, &[0]);
        assert_eq!(backlog.next(known).unwrap().wants, [bif()]);
    }

    #[test]
    fn persons_go_first_and_runs_of_equal_rank_take_turns() {
        let mut backlog = backlog(&[
            (SCAN, Origin::Asap, Spec::MediaInfo, &[1, 2]),
            (PREVIEWS, Origin::Person, bif(), &[3, 4]),
            (MORE, Origin::Person, Spec::Bif(Params { interval_ms: 5_000, width: 320 }), &[5, 6]),
        ]);
        let order: Vec<i64> = std::iter::from_fn(|| backlog.next(known)).map(|unit| unit.source.0).collect();
        assert_eq!(order, [3, 5, 4, 6, 1, 2]);
    }

    #[test]
    fn a_stopped_run_cancels_units_that_only_it_wanted_and_drops_its_wants_from_shared_ones() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7, 8, 9])]);
        let shared = backlog.next(known).unwrap();
        let own = backlog.next(known).unwrap();
        let mut withdrawals = backlog.drop_run(PREVIEWS);
        withdrawals.sort_by_key(|withdrawal| matches!(withdrawal, Withdrawal::Cancel { .. }));
        assert_eq!(withdrawals, [Withdrawal::Drop { unit: shared.unit, want: 1 }, Withdrawal::Cancel { unit: own.unit }]);
        assert!(done(&mut backlog, own.unit, &[]).given_up.is_empty());
        assert_eq!(backlog.next(known), None);
    }

    #[test]
    fn a_run_that_comes_after_a_stop_joins_no_unit_that_was_told_to_end() {
        let mut backlog = backlog(&[(PREVIEWS, Origin::Person, bif(), &[7])]);
        let mut unit = backlog.next(known).unwrap();
        for run in 10..15 {
            backlog.drop_run(if run == 10 { PREVIEWS } else { RunId(run - 1) });
            backlog.add(RunId(run), Origin::Person, &bif(), sources(&[7]));
            assert_eq!(backlog.next(known), None, "its source is still in hand");
            let over = done(&mut backlog, unit.unit, &[]);
            assert!(over.given_up.is_empty(), "a stop says nothing about the file");
            unit = backlog.next(known).unwrap();
            assert!(!unit.fresh_worker);
        }
    }

    #[test]
    fn headers_are_read_only_for_what_is_made_of_them() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::Tags, &[7]), (PREVIEWS, Origin::Person, bif(), &[8])]);
        let mut units = [backlog.next(|_| true).unwrap().wants, backlog.next(|_| true).unwrap().wants];
        units.sort_by_key(Vec::len);
        assert_eq!(units, [vec![Spec::Tags], vec![Spec::MediaInfo, bif()]]);
    }

    #[test]
    fn a_want_that_was_dropped_from_a_shared_unit_is_made_by_the_next_one() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
        let shared = backlog.next(known).unwrap();
        backlog.drop_run(PREVIEWS);
        backlog.add(MORE, Origin::Person, &bif(), sources(&[7]));
        let over = done(&mut backlog, shared.unit, &[0]);
        assert!(over.wants[1].runs.is_empty() && over.given_up.is_empty());
        let next = backlog.next(known).unwrap();
        assert_eq!((next.wants, next.fresh_worker), (vec![bif()], false));
    }

    #[test]
    fn a_unit_whose_worker_fell_is_tried_again_whole_then_want_by_want_and_only_what_falls_alone_is_given_up() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
        let (first, over) = falls(&mut backlog, &[], Fall::ByItself);
        assert!(!first.fresh_worker && over.given_up.is_empty());
        let (again, over) = falls(&mut backlog, &[], Fall::ByItself);
        assert!(again.fresh_worker && again.wants.len() == 2 && over.given_up.is_empty());
        let alone = backlog.next(known).unwrap();
        assert_eq!(alone.wants, [Spec::MediaInfo]);
        done(&mut backlog, alone.unit, &[0]);
        let (bad, over) = falls(&mut backlog, &[], Fall::ByItself);
        assert_eq!(bad.wants, [bif()]);
        assert_eq!(over.given_up, [0]);
        assert_eq!(over.wants[0].runs, BTreeSet::from([PREVIEWS]));
        assert_eq!(backlog.next(known), None);
    }

    #[test]
    fn what_was_answered_before_the_fall_is_not_made_again() {
        let mut backlog = backlog(&[(SCAN, Origin::Person, Spec::MediaInfo, &[7]), (PREVIEWS, Origin::Person, bif(), &[7])]);
        falls(&mut backlog, &[0], Fall::ByItself);
        assert_eq!(backlog.next(known).unwrap().wants, [bif()]);
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
        let unit = backlog.next(known).unwrap();
        assert_eq!(backlog.over(unit.unit, &[], UnitEnd::Left).unwrap().left, [0]);
        assert_eq!(backlog.over(unit.unit, &[], UnitEnd::Left), None);
        assert_eq!(backlog.next(known), None);
    }
}
