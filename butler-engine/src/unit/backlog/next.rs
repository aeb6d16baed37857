//! Which units are next: what fell first, then runs by their rank and turn, and of brief units several in one
//! go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use butler_api::{Origin, RunId};
use butler_library::SourceId;
use butler_product::Spec;
use jiff::Timestamp;

use super::{Backlog, InHand, Limits, Line, Retry, Stage, UnitPlan, Want};

/// So many sources that can't be done in time are passed over in one go, lest the engine stand still over a
/// large library.
pub(super) const PASSED_OVER: usize = 2_000;

/// Which units may be next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
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
        most: usize,
        lacks_media_info: impl Fn(SourceId) -> bool,
    ) -> Vec<UnitPlan> {
        let mut units: Vec<UnitPlan> = self.next(limits, Which::Any, &lacks_media_info).into_iter().collect();
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
    /// unless a free one wants something of it too.
    fn next(
        &mut self,
        limits: &Limits<'_>,
        which: Which,
        lacks_media_info: &dyn Fn(SourceId) -> bool,
    ) -> Option<UnitPlan> {
        let may_begin = |retry: &Retry| {
            !self.is_in_hand(retry.source) && fits(&self.lines, limits, retry.source, &retry.wants)
        };
        if let Some(at) = self.retries.iter().position(may_begin) {
            let is_new = self.retries[at].stage == Stage::First && self.retries[at].kills == 0;
            if which == Which::Brief && !(is_new && are_brief(&self.retries[at].wants)) {
                return None;
            }
            let retry = self.retries.remove(at)?;
            return Some(self.take_in_hand(retry));
        }
        let source = self.next_source(limits, which)?;
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

    fn next_source(&mut self, limits: &Limits<'_>, which: Which) -> Option<SourceId> {
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
                // What runs to come will lack may be of any kind.
                let is_brief = wants.is_some_and(|wants| are_brief(wants) && !self.takes_along(wants));
                let Some(line) = self.lines.get_mut(&run) else { break };
                // A source in hand is read by one worker at a time; what else is wanted of it waits for that
                // one's end.
                if self.in_hand.values().any(|unit| unit.source == source) {
                    at += 1;
                    continue;
                }
                if fits && which == Which::Brief && !is_brief {
                    return None;
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
