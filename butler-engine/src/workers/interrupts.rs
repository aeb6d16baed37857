//! What is asked of the units in a worker's hand while they are done: the loop leaves interrupts, the worker's
//! keeper takes them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use butler_product::message::ToWorker;

use crate::unit::backlog::{UnitId, Withdrawal};

/// Interrupts about one slot's units.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    left: Mutex<Vec<Withdrawal>>,
    frozen: AtomicBool,
}

impl Interrupts {
    /// Leaves an interrupt.
    pub(crate) fn leave(&self, interrupt: Withdrawal) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push(interrupt);
    }

    /// Takes the interrupts about these units; older ones, about units that ended, are forgotten.
    pub(crate) fn take(&self, units: &[UnitId]) -> Vec<ToWorker> {
        let interrupts = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        let words = interrupts.into_iter().filter_map(|interrupt| match interrupt {
            Withdrawal::Cancel { unit } if units.contains(&unit) => Some(ToWorker::Cancel { unit }),
            Withdrawal::Drop { unit, want } if units.contains(&unit) => Some(ToWorker::Drop { unit, want }),
            Withdrawal::Cancel { .. } | Withdrawal::Drop { .. } => None,
        });
        words.collect()
    }

    /// Whether this unit is wanted no more, before a worker had it.
    pub(crate) fn is_cancelled(&self, unit: UnitId) -> bool {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).contains(&Withdrawal::Cancel { unit })
    }

    /// Holds the slot's worker where it is, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.frozen.store(frozen, Ordering::Relaxed);
    }

    /// Whether the slot's worker is to be held.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed)
    }
}
