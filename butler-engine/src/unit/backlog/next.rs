//! Which units are next: what fell first, then runs by their rank and turn, and of brief units several in one
//! go. What would read of a disk that has no room for a reader is passed by what need not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use butler_api::{Origin, RunId};
use butler_library::{Disk, SourceId};
use butler_product::Spec;
use jiff::Timestamp;

use super::{Backlog, InHand, Limits, Line, Retry, Stage, UnitPlan, Want};

/// So many sources that can't begin, for want of time or of room on their disks, are passed over in one go,
/// lest the engine stand still over a large library.
pub(super) const PASSED_OVER: usize = 2_000;

/// Which units may be next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Any,
    /// None unless it is brief, and its worker need not be fresh.
    Brief,
}

impl Backlog {
    /// The next units for one worker: one, or where that is brief the brief ones that follow it, at most
    /// `most`. Their order is that of [`Self::next`]: what is not brief is waited for by none that comes
    /// after it.
    pub(crate) fn next_units(
        &mut self,
        limits: &Limits<'_>,
        which: Which,
        most: usize,
        lacks_media_info: impl Fn(SourceId) -> bool,
    ) -> Vec<UnitPlan> {
        let mut units: Vec<UnitPlan> = self.next(limits, which, &lacks_media_info).into_iter().collect();
        let is_brief =
            |unit: &UnitPlan| !unit.fresh_worker && unit.wants.iter().all(|want| want.kind().is_brief());
        while units.len() < most && units.last().is_some_and(is_brief) {
            let Some(next) = self.next(limits, Which::Brief, &lacks_media_info) else { break };
            units.push(next);
        }
        units
    }

    /// The next unit, if there is one: what fell first, then a person's runs before the window's before
    /// `asap` ones, each of equal rank in its turn. Where `lacks_media_info` says so and something is made of
    /// it, that is made too, whoever wants it. Of a run that is bound none begins that can't end in time,
    /// unless a free one wants something of it too; and none that is not brief while a disk of its source has
    /// no room for a reader.
    fn next(
        &mut self,
        limits: &Limits<'_>,
        which: Which,
        lacks_media_info: &dyn Fn(SourceId) -> bool,
    ) -> Option<UnitPlan> {
        let reading = self.reading();
        let has_room = |disk: &Disk| limits.has_room(disk, &reading);
        let may_begin = |retry: &Retry| {
            !self.is_in_hand(retry.source)
                && fits(&self.lines, limits, retry.source, &retry.wants)
                && (are_brief(&retry.wants) || (limits.disks)(retry.source).iter().all(has_room))
        };
        if let Some(at) = self.retries.iter().position(may_begin) {
            let is_new = self.retries[at].stage == Stage::First && self.retries[at].kills == 0;
            if which == Which::Brief && !(is_new && are_brief(&self.retries[at].wants)) {
                return None;
            }
            let retry = self.retries.remove(at)?;
            return Some(self.take_in_hand(retry, limits));
        }
        let source = self.next_source(limits, which, &has_room)?;
        let mut wants = Arc::unwrap_or_clone(self.waiting.remove(&source)?);
        self.take_along(source, &mut wants);
        let needs_headers = wants.iter().any(|want| want.spec.kind().is_made_after_headers())
            && wants.iter().all(|want| want.spec != Spec::MediaInfo);
        if needs_headers && lacks_media_info(source) {
            wants.push(Want { spec: Spec::MediaInfo, runs: BTreeSet::new(), ahead: BTreeSet::new() });
        }
        wants.sort_by_key(|want| want.spec.kind());
        Some(self.take_in_hand(Retry { source, stage: Stage::First, kills: 0, wants }, limits))
    }

    /// Whether something is lacking of sources by runs to come, and a run that wants something now takes that
    /// along.
    fn takes_along(&self, wants: &[Want]) -> bool {
        let takes_along = |run: &RunId| self.lines.get(run).is_some_and(|line| line.takes_along);
        !self.ahead.is_empty() && wants.iter().flat_map(|want| &want.runs).any(takes_along)
    }

    /// Adds what runs to come will lack of the source, if a run that wants it now takes that along.
    fn take_along(&mut self, source: SourceId, wants: &mut Vec<Want>) {
        if !self.takes_along(wants) {
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

    fn next_source(
        &mut self,
        limits: &Limits<'_>,
        which: Which,
        has_room: &dyn Fn(&Disk) -> bool,
    ) -> Option<SourceId> {
        let mut by_turn: Vec<RunId> = self.lines.keys().copied().collect();
        by_turn.sort_by_key(|run| (rank(self.lines[run].origin), self.lines[run].last_turn, *run));
        for run in by_turn {
            let (mut at, mut passed_over) = (0, 0);
            while passed_over < PASSED_OVER
                && let Some(line) = self.lines.get(&run)
                && let Some((place, source)) = line.candidate(at, has_room)
            {
                // Another run's unit may have served it.
                let wants = self
                    .waiting
                    .get(&source)
                    .filter(|wants| wants.iter().any(|want| want.runs.contains(&run)));
                let fits = wants.is_some_and(|wants| fits(&self.lines, limits, source, wants));
                let is_wanted = wants.is_some();
                let is_brief = wants.is_some_and(|wants| self.is_brief(source, wants));
                let is_in_hand = self.is_in_hand(source);
                let behind = if fits && !is_brief && !is_in_hand {
                    (limits.disks)(source).into_iter().find(|disk| !has_room(disk))
                } else {
                    None
                };
                let Some(line) = self.lines.get_mut(&run) else { break };
                // A source in hand is read by one worker at a time; what else is wanted of it waits for that
                // one's end.
                if is_in_hand {
                    line.take_out(&place);
                    line.sources.insert(at, source);
                    at += 1;
                    continue;
                }
                if fits && behind.is_none() && which == Which::Brief && !is_brief {
                    return None;
                }
                line.take_out(&place);
                if let Some(disk) = behind {
                    line.behind_disk.entry(disk).or_default().push_back(source);
                    passed_over += 1;
                } else if is_wanted && !fits {
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

    /// Whether a unit of this source would be brief, with what it would take along for runs to come.
    fn is_brief(&self, source: SourceId, wants: &[Want]) -> bool {
        let mut ahead = self.ahead.values().flatten().filter(|(_, sources)| sources.contains(&source));
        are_brief(wants) && (!self.takes_along(wants) || ahead.all(|(spec, _)| spec.kind().is_brief()))
    }

    fn is_in_hand(&self, source: SourceId) -> bool {
        self.in_hand.values().any(|unit| unit.source == source)
    }

    fn take_in_hand(&mut self, retry: Retry, limits: &Limits<'_>) -> UnitPlan {
        let Retry { source, stage, kills, wants } = retry;
        self.last_unit += 1;
        let specs = wants.iter().map(|want| want.spec.clone()).collect();
        let disks = if are_brief(&wants) { Vec::new() } else { (limits.disks)(source) };
        let in_hand = InHand { source, stage, kills, wants, withdrawn: BTreeSet::new(), disks };
        self.in_hand.insert(self.last_unit, in_hand);
        UnitPlan {
            unit: self.last_unit,
            source,
            wants: specs,
            fresh_worker: stage != Stage::First || kills > 0,
        }
    }
}

/// Where a source stands in its run's line.
enum Place {
    /// Among those whose turn comes, so many behind the first.
    Line(usize),
    /// The first of those behind a disk.
    BehindDisk(Disk),
}

impl Line {
    /// The source whose turn it is: one that waited for a disk which has room again, else the one at `at`.
    fn candidate(&self, at: usize, has_room: &dyn Fn(&Disk) -> bool) -> Option<(Place, SourceId)> {
        let mut behind = self.behind_disk.iter().filter(|(disk, _)| has_room(disk));
        let first = behind.find_map(|(disk, sources)| {
            sources.front().map(|source| (Place::BehindDisk(disk.clone()), *source))
        });
        first.or_else(|| self.sources.get(at).map(|source| (Place::Line(at), *source)))
    }

    fn take_out(&mut self, place: &Place) {
        match place {
            Place::Line(at) => _ = self.sources.remove(*at),
            Place::BehindDisk(disk) => {
                _ = self.behind_disk.get_mut(disk).and_then(VecDeque::pop_front);
                self.behind_disk.retain(|_, sources| !sources.is_empty());
            }
        }
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

fn are_brief(wants: &[Want]) -> bool {
    wants.iter().all(|want| want.spec.kind().is_brief())
}

const fn rank(origin: Origin) -> u8 {
    match origin {
        Origin::Person => 0,
        Origin::Window | Origin::CatchUp => 1,
        Origin::Asap | Origin::Watch => 2,
    }
}
