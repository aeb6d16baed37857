//! The lacks of all running runs, formed into units: one read of a source serves every run that wants
//! something of it. Pure: no clock, no I/O. It decides which unit is next, who waits for what, and what
//! becomes of a unit whose worker fell.
//!
//! Start with [`Backlog::add`] and [`Backlog::next`]; the rest are the ways in which a unit ends.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use butler_api::{Origin, RunId};
use butler_library::SourceId;
use butler_product::{ProductKind, Spec};
use jiff::{SignedDuration, Timestamp};

/// How often a worker may be killed from outside in one unit before the unit itself is suspected: the
/// system's out-of-memory killer and a person's `kill -9` look the same.
const KILLS_FORGIVEN: u32 = 5;

/// So many sources that can't be done in time are passed over in one go, lest the engine stand still over a
/// large library.
const PASSED_OVER: usize = 2_000;

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
    /// The worker crashed, hung or ran out of memory.
    ByItself,
    /// The worker was killed, or went, while a pause had it frozen.
    Frozen,
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
    /// The unit can't be done now, and that is nobody's failure: its root is away.
    Left,
}

/// What becomes of a unit's wants at its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) source: SourceId,
    /// All of them, in the plan's order, each with the runs that wait for it.
    pub(crate) wants: Vec<Want>,
    /// Wants that fell alone: they are failures now.
    pub(crate) given_up: Vec<usize>,
    /// Wants that the runs go on without.
    pub(crate) left: Vec<usize>,
    /// Runs that end with what is in hand and got nothing for a want of theirs: it stays a lack.
    pub(crate) cut: BTreeSet<RunId>,
}

/// A want and the runs that wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) spec: Spec,
    pub(crate) runs: BTreeSet<RunId>,
    /// Runs that are still to come and will not lack it then. Nothing is begun or tried again for these
    /// alone.
    pub(crate) ahead: BTreeSet<RunId>,
}

/// When it is, and how long units last: what decides whether one may still begin.
pub(crate) struct Limits<'a> {
    pub(crate) now: Timestamp,
    /// How long these products of a source take together; none where that is unknown.
    pub(crate) lasts: &'a dyn Fn(SourceId, &[Want]) -> Option<SignedDuration>,
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
        wants
            .filter(|(place, _)| !self.withdrawn.contains(place))
            .map(|(_, want)| want)
            .find(|want| want.spec == *spec)
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
    /// The sources it lacks something of, newest items first; some may have been served by another run's
    /// unit.
    sources: VecDeque<SourceId>,
    /// How many wants of this run have no result yet.
    open: usize,
    /// When it had its last turn, in turns.
    last_turn: u64,
    /// What it begins must end by then.
    until: Option<Timestamp>,
    /// Sources that could not be done by then.
    too_long: Vec<SourceId>,
    /// The run ends with what is in hand.
    is_closing: bool,
    /// Whether its units take along what runs to come will lack. A scan's don't: all wait for it.
    takes_along: bool,
}

impl Line {
    const fn new(origin: Origin) -> Self {
        Self {
            origin,
            sources: VecDeque::new(),
            open: 0,
            last_turn: 0,
            until: None,
            too_long: Vec::new(),
            is_closing: false,
            takes_along: false,
        }
    }
}

/// What is wanted of a source. A first scan wants one and the same of a hundred thousand: then they share the
/// list.
type Wants = Arc<Vec<Want>>;

/// Everything that the running media runs still lack.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    lines: BTreeMap<RunId, Line>,
    waiting: HashMap<SourceId, Wants>,
    retries: VecDeque<Retry>,
    in_hand: HashMap<UnitId, InHand>,
    /// What runs that are still to come will lack.
    ahead: BTreeMap<RunId, Vec<(Spec, HashSet<SourceId>)>>,
    last_unit: UnitId,
    turns: u64,
}

impl Backlog {
    /// Adds what a run lacks: `sources` want `spec`, the newest items first. A unit in hand that makes just
    /// this is joined. How many of these it did not wait for before.
    pub(crate) fn add(
        &mut self,
        run: RunId,
        origin: Origin,
        spec: &Spec,
        sources: impl IntoIterator<Item = SourceId>,
    ) -> u64 {
        let mut added = 0;
        // The wants of the last source, before and after: most often the same again for the next one.
        let mut step: Option<(Option<Wants>, Wants)> = None;
        let line = self.lines.entry(run).or_insert_with(|| Line::new(origin));
        for source in sources {
            let mut in_hand = self.in_hand.values_mut().filter(|unit| unit.source == source);
            let coming = in_hand.find_map(|unit| unit.coming(spec));
            let coming = coming.or_else(|| {
                let retry = self.retries.iter_mut().filter(|retry| retry.source == source);
                retry.flat_map(|retry| &mut retry.wants).find(|want| want.spec == *spec)
            });
            if let Some(want) = coming {
                let is_new = want.runs.insert(run);
                line.open += usize::from(is_new);
                added += u64::from(is_new);
                continue;
            }
            let before = self.waiting.get(&source);
            if before
                .is_some_and(|wants| wants.iter().any(|want| want.spec == *spec && want.runs.contains(&run)))
            {
                continue;
            }
            line.open += 1;
            added += 1;
            let wants = match &step {
                Some((from, to)) if from.as_ref().map(Arc::as_ptr) == before.map(Arc::as_ptr) => {
                    Arc::clone(to)
                }
                _ => {
                    let to = Arc::new(with(before.map_or(&[], |wants| wants.as_slice()), spec, run));
                    step = Some((before.cloned(), Arc::clone(&to)));
                    to
                }
            };
            self.waiting.insert(source, wants);
            line.sources.push_back(source);
        }
        added
    }

    /// Sets whose run it is now, by when what it begins must end, and whether its units take along what runs
    /// to come will lack.
    pub(crate) fn bind(&mut self, run: RunId, origin: Origin, until: Option<Timestamp>, takes_along: bool) {
        let Some(line) = self.lines.get_mut(&run) else { return };
        (line.origin, line.takes_along) = (origin, takes_along);
        if line.until != until {
            line.until = until;
            // The sources that took too long come first again, as they did.
            line.too_long.drain(..).rev().for_each(|source| line.sources.push_front(source));
        }
    }

    /// Notes what a run that is still to come will lack: units of these sources make it too.
    pub(crate) fn add_ahead(&mut self, run: RunId, spec: Spec, sources: HashSet<SourceId>) {
        self.ahead.entry(run).or_default().push((spec, sources));
    }

    /// A run that was still to come has come, or will not: what is made for it from here on it wants by
    /// itself.
    pub(crate) fn forget_ahead(&mut self, run: RunId) {
        self.ahead.remove(&run);
        let retries = self.retries.iter_mut().flat_map(|retry| &mut retry.wants);
        let in_hand = self.in_hand.values_mut().flat_map(|unit| &mut unit.wants);
        in_hand.chain(retries).for_each(|want| _ = want.ahead.remove(&run));
    }

    /// A run shall begin no unit any more. How many of its wants are left so; those in hand are still open.
    pub(crate) fn close(&mut self, run: RunId) -> usize {
        let Some(line) = self.lines.get_mut(&run) else { return 0 };
        line.is_closing = true;
        line.sources.clear();
        line.too_long.clear();
        let left = self.withdraw_waiting(run);
        if let Some(line) = self.lines.get_mut(&run) {
            line.open = line.open.saturating_sub(left);
        }
        left
    }

    /// How many units are waiting for a worker, as far as is known.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len() + self.retries.len()
    }

    /// The next unit, if there is one: what fell first, then a person's runs before the window's before
    /// `asap` ones, each of equal rank in its turn. Where `lacks_media_info` says so and something is made of
    /// it, that is made too, whoever wants it. Of a run that is bound none begins that can't end in time,
    /// unless a free one wants something of it too.
    pub(crate) fn next(
        &mut self,
        limits: &Limits<'_>,
        lacks_media_info: impl FnOnce(SourceId) -> bool,
    ) -> Option<UnitPlan> {
        let may_begin = |retry: &Retry| {
            !self.is_in_hand(retry.source) && fits(&self.lines, limits, retry.source, &retry.wants)
        };
        if let Some(at) = self.retries.iter().position(may_begin) {
            let retry = self.retries.remove(at)?;
            return Some(self.take_in_hand(retry));
        }
        let source = self.next_source(limits)?;
        let mut wants = Arc::unwrap_or_clone(self.waiting.remove(&source)?);
        self.take_along(source, &mut wants);
        let needs_headers = wants.iter().any(|want| want.spec.kind().is_made_after_headers())
            && wants.iter().all(|want| want.spec != Spec::MediaInfo);
        if needs_headers && lacks_media_info(source) {
            wants.push(Want { spec: Spec::MediaInfo, runs: BTreeSet::new(), ahead: BTreeSet::new() });
        }
        wants.sort_by_key(|want| want.spec.kind());
        Some(self.take_in_hand(Retry { source, stage: Stage::First, kills: 0, wants }))
    }

    /// Adds what runs to come will lack of the source, if a run that wants it now takes that along.
    fn take_along(&mut self, source: SourceId, wants: &mut Vec<Want>) {
        let takes_along = |run: &RunId| self.lines.get(run).is_some_and(|line| line.takes_along);
        if self.ahead.is_empty() || !wants.iter().flat_map(|want| &want.runs).any(takes_along) {
            return;
        }
        for (run, lacks) in &mut self.ahead {
            for (spec, sources) in lacks {
                if !sources.remove(&source) {
                    continue;
                }
                match wants.iter_mut().find(|want| want.spec == *spec) {
                    Some(want) => _ = want.ahead.insert(*run),
                    None => wants.push(Want {
                        spec: spec.clone(),
                        runs: BTreeSet::new(),
                        ahead: BTreeSet::from([*run]),
                    }),
                }
            }
        }
    }

    fn next_source(&mut self, limits: &Limits<'_>) -> Option<SourceId> {
        let mut by_turn: Vec<RunId> = self.lines.keys().copied().collect();
        by_turn.sort_by_key(|run| (rank(self.lines[run].origin), self.lines[run].last_turn, *run));
        for run in by_turn {
            let (mut at, mut passed_over) = (0, 0);
            while passed_over < PASSED_OVER
                && let Some(source) = self.lines.get(&run).and_then(|line| line.sources.get(at).copied())
            {
                // Another run's unit may have served it.
                let wants = self
                    .waiting
                    .get(&source)
                    .filter(|wants| wants.iter().any(|want| want.runs.contains(&run)));
                let fits = wants.is_some_and(|wants| fits(&self.lines, limits, source, wants));
                let is_wanted = wants.is_some();
                let Some(line) = self.lines.get_mut(&run) else { break };
                // A source in hand is read by one worker at a time; what else is wanted of it waits for that
                // one's end.
                if self.in_hand.values().any(|unit| unit.source == source) {
                    at += 1;
                    continue;
                }
                line.sources.remove(at);
                if is_wanted && !fits {
                    line.too_long.push(source);
                    passed_over += 1;
                } else if is_wanted {
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
        self.in_hand
            .insert(self.last_unit, InHand { source, stage, kills, wants, withdrawn: BTreeSet::new() });
        UnitPlan {
            unit: self.last_unit,
            source,
            wants: specs,
            fresh_worker: stage != Stage::First || kills > 0,
        }
    }

    /// The runs that want something of a unit in hand.
    pub(crate) fn runs_of(&self, unit: UnitId) -> BTreeSet<RunId> {
        self.in_hand
            .get(&unit)
            .map(|unit| unit.wants.iter().flat_map(|want| want.runs.iter().copied()).collect())
            .unwrap_or_default()
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

    /// Which product of which source is in hand: for estimates.
    pub(crate) fn kinds(wants: &[Want]) -> Vec<ProductKind> {
        let mut kinds: Vec<ProductKind> = wants.iter().map(|want| want.spec.kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// A unit is over: `answered` are the wants that have a result, by their place in the plan. A worker that
    /// fell, or ended without answering what somebody wants, has the rest tried once more at once in a fresh
    /// worker, then want by want; what falls alone is given up. None if there is no such unit.
    pub(crate) fn over(&mut self, unit: UnitId, answered: &[usize], end: UnitEnd) -> Option<Over> {
        let InHand { source, stage, kills, mut wants, .. } = self.in_hand.remove(&unit)?;
        let mut cut = BTreeSet::new();
        for want in (0..wants.len()).filter(|want| end != UnitEnd::Left && !answered.contains(want)) {
            // A run that ends with what is in hand has nothing tried again.
            wants[want].runs.retain(|run| match self.lines.get_mut(run) {
                Some(line) if line.is_closing => {
                    line.open = line.open.saturating_sub(1);
                    cut.insert(*run);
                    false
                }
                _ => true,
            });
        }
        let open: Vec<usize> = (0..wants.len())
            .filter(|want| !answered.contains(want) && !wants[*want].runs.is_empty())
            .collect();
        let mut over = Over { source, wants, given_up: Vec::new(), left: Vec::new(), cut };
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
            (UnitEnd::Fell(Fall::Frozen), _) => self.retries.push_back(again(stage, kills, &open)),
            (UnitEnd::Fell(Fall::Killed), _) if kills < KILLS_FORGIVEN => {
                self.retries.push_back(again(stage, kills + 1, &open))
            }
            (_, Stage::First) => self.retries.push_back(again(Stage::Again, kills, &open)),
            (_, Stage::Again) if open.len() > 1 => {
                let alone: Vec<Retry> =
                    open.iter().map(|want| again(Stage::Alone, kills, &[*want])).collect();
                self.retries.extend(alone);
            }
            (_, Stage::Again | Stage::Alone) => over.given_up = open,
        }
        Some(over)
    }

    /// Takes a run out of all that is not in hand; of how many wants that was.
    fn withdraw_waiting(&mut self, run: RunId) -> usize {
        let mut left = 0;
        self.waiting.retain(|_, wants| {
            if wants.iter().any(|want| want.runs.contains(&run)) {
                left += withdraw(Arc::make_mut(wants), run);
            }
            !wants.is_empty()
        });
        // What a first scan of a large library needed is given back.
        self.waiting.shrink_to_fit();
        self.retries.retain_mut(|retry| {
            left += withdraw(&mut retry.wants, run);
            !retry.wants.is_empty()
        });
        left
    }

    /// A run is over, stopped or ended: nothing is done for it any more. What the workers must be told is
    /// answered.
    pub(crate) fn drop_run(&mut self, run: RunId) -> Vec<Withdrawal> {
        self.lines.remove(&run);
        self.withdraw_waiting(run);
        let mut withdrawals = Vec::new();
        for (id, unit) in &mut self.in_hand {
            let dropped: Vec<usize> = (0..unit.wants.len())
                .filter(|&want| unit.wants[want].runs.remove(&run) && unit.wants[want].is_idle())
                .collect();
            if dropped.is_empty() && !unit.wants.iter().all(|want| want.runs.is_empty()) {
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

impl Want {
    /// Whether nobody wants it, now or later.
    fn is_idle(&self) -> bool {
        self.runs.is_empty() && self.ahead.is_empty()
    }
}

/// Whether a unit may begin: it can end in time for one of the runs that want it, or nobody knows how long it
/// lasts.
fn fits(lines: &BTreeMap<RunId, Line>, limits: &Limits<'_>, source: SourceId, wants: &[Want]) -> bool {
    let ends =
        wants.iter().flat_map(|want| &want.runs).filter_map(|run| lines.get(run)).map(|line| line.until);
    // A free run has no end, and so the latest.
    let Some(Some(latest)) = ends.max_by_key(|end| end.unwrap_or(Timestamp::MAX)) else { return true };
    (limits.lasts)(source, wants)
        .is_none_or(|lasts| limits.now.saturating_add(lasts).unwrap_or(Timestamp::MAX) <= latest)
}

/// What is wanted, and one thing more.
fn with(wants: &[Want], spec: &Spec, run: RunId) -> Vec<Want> {
    let mut wants = wants.to_vec();
    match wants.iter_mut().find(|want| want.spec == *spec) {
        Some(want) => _ = want.runs.insert(run),
        None => wants.push(Want { spec: spec.clone(), runs: BTreeSet::from([run]), ahead: BTreeSet::new() }),
    }
    wants
}

/// How many of these the run waited for.
fn withdraw(wants: &mut Vec<Want>, run: RunId) -> usize {
    let withdrawn = wants.iter_mut().map(|want| usize::from(want.runs.remove(&run))).sum();
    wants.retain(|want| !want.runs.is_empty());
    withdrawn
}

const fn rank(origin: Origin) -> u8 {
    match origin {
        Origin::Person => 0,
        Origin::Window | Origin::CatchUp => 1,
        Origin::Asap | Origin::Watch => 2,
    }
}

#[cfg(test)]
mod tests;
