//! The lacks of all running runs, formed into units: one read of a source serves every run that wants
//! something of it. Pure: no clock, no I/O. It decides which unit is next, who waits for what, and what
//! becomes of a unit whose worker fell.
//!
//! Start with [`Backlog::add`]; which unit is next is in `next.rs`, and the ways in which one ends in
//! `ends.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use butler_api::{Origin, RunId};
use butler_library::{Disk, SourceId};
use butler_product::{ProductKind, Spec};
use jiff::{SignedDuration, Timestamp};

mod ends;
mod next;

pub(crate) use next::Which;

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
    /// The worker fell before its turn came.
    NotBegun,
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

/// When it is, how long units last, and what they read of: what decides whether one may begin.
pub(crate) struct Limits<'a> {
    pub(crate) now: Timestamp,
    /// How long these products of a source take together; none where that is unknown.
    pub(crate) lasts: &'a dyn Fn(SourceId, &[Want]) -> Option<SignedDuration>,
    /// The disks that hold a source.
    pub(crate) disks: &'a dyn Fn(SourceId) -> Vec<Disk>,
    /// How many units that are not brief may read of a disk that is shared badly.
    pub(crate) readers: usize,
}

impl Limits<'_> {
    /// Whether one more unit may read of a disk, beside those that do.
    fn has_room(&self, disk: &Disk, reading: &BTreeMap<Disk, usize>) -> bool {
        !disk.kind.is_shared_badly() || reading.get(disk).is_none_or(|count| *count < self.readers)
    }
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
    /// The disks that it is a reader of; none where it is brief.
    disks: Vec<Disk>,
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
    /// Sources whose turn came while a disk of theirs had no room for a reader, by that disk: they come
    /// before the others once it has.
    behind_disk: BTreeMap<Disk, VecDeque<SourceId>>,
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
            behind_disk: BTreeMap::new(),
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

    /// How many units are waiting for a worker, as far as is known.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len() + self.retries.len()
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

    /// How many units that are not brief read of each disk.
    pub(crate) fn reading(&self) -> BTreeMap<Disk, usize> {
        let mut reading = BTreeMap::new();
        for disk in self.in_hand.values().flat_map(|unit| &unit.disks) {
            *reading.entry(disk.clone()).or_default() += 1;
        }
        reading
    }

    /// Which product of which source is in hand: for estimates.
    pub(crate) fn kinds(wants: &[Want]) -> Vec<ProductKind> {
        let mut kinds: Vec<ProductKind> = wants.iter().map(|want| want.spec.kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

impl Want {
    /// Whether nobody wants it, now or later.
    fn is_idle(&self) -> bool {
        self.runs.is_empty() && self.ahead.is_empty()
    }
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

#[cfg(test)]
mod tests;
