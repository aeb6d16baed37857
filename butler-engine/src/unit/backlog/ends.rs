//! The ways in which a unit ends, and a run with what it still wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use butler_api::RunId;

use super::{Backlog, Fall, InHand, Over, Retry, Stage, UnitEnd, UnitId, Want, Withdrawal};

/// How often a worker may be killed from outside in one unit before the unit itself is suspected: the
/// system's out-of-memory killer and a person's `kill -9` look the same.
pub(super) const KILLS_FORGIVEN: u32 = 5;

impl Backlog {
    /// A run shall begin no unit any more. How many of its wants are left so; those in hand are still open.
    pub(crate) fn close(&mut self, run: RunId) -> usize {
        let Some(line) = self.lines.get_mut(&run) else { return 0 };
        line.is_closing = true;
        line.sources.clear();
        line.too_long.clear();
        line.behind_disk.clear();
        let left = self.withdraw_waiting(run);
        if let Some(line) = self.lines.get_mut(&run) {
            line.open = line.open.saturating_sub(left);
        }
        left
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
            (UnitEnd::Fell(Fall::Frozen) | UnitEnd::NotBegun, _) => {
                self.retries.push_back(again(stage, kills, &open))
            }
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

/// How many of these the run waited for.
fn withdraw(wants: &mut Vec<Want>, run: RunId) -> usize {
    let withdrawn = wants.iter_mut().map(|want| usize::from(want.runs.remove(&run))).sum();
    wants.retain(|want| !want.runs.is_empty());
    withdrawn
}
