//! How long a unit will last, by the prices of its products (`cost.rs`): the newest units are kept in memory,
//! and the prices are told of these. Pure: the library's memory of past units is handed in at the start.

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};

use butler_library::UnitCost;
use butler_product::ProductKind;

use crate::unit::cost::Prices;

/// So many of the newest units of a set of products count.
const NEWEST: usize = 25;

/// What the newest units took, by the products that were made together.
#[derive(Debug, Default)]
pub(crate) struct Estimates {
    newest: BTreeMap<Vec<ProductKind>, VecDeque<UnitCost>>,
    /// The prices that these tell; none once there is a newer unit.
    prices: OnceCell<Prices>,
}

impl Estimates {
    /// What units took that were done before, the oldest first.
    pub(crate) fn of(units: Vec<UnitCost>) -> Self {
        let mut estimates = Self::default();
        units.into_iter().for_each(|unit| estimates.note(unit));
        estimates
    }

    /// Notes what a unit took.
    pub(crate) fn note(&mut self, unit: UnitCost) {
        if unit.size_bytes == 0 || !unit.seconds.is_finite() || unit.seconds <= 0.0 {
            return;
        }
        let newest = self.newest.entry(unit.kinds.clone()).or_default();
        if newest.len() == NEWEST {
            newest.pop_front();
        }
        newest.push_back(unit);
        self.prices.take();
    }

    /// Seconds that these products of a file of this size take together; none while one of them was never
    /// made here.
    pub(crate) fn seconds(&self, kinds: &[ProductKind], size_bytes: u64) -> Option<f64> {
        let newest = || self.newest.values().flatten().cloned().collect::<Vec<_>>();
        self.prices.get_or_init(|| Prices::of(&newest())).seconds(kinds, size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use ProductKind::{Bandwidth, Bif};
    use jiff::Timestamp;

    use super::*;

    fn unit(kinds: &[ProductKind], size_bytes: u64, seconds: f64) -> UnitCost {
        let (kinds, made_at) = (kinds.to_vec(), Timestamp::UNIX_EPOCH);
        UnitCost { kinds, size_bytes, media_seconds: None, bytes_read: 0, seconds, made_at }
    }

    fn seconds(estimates: &Estimates, kinds: &[ProductKind], size_bytes: u64) -> Option<f64> {
        estimates.seconds(kinds, size_bytes).map(|seconds| (seconds * 100.0).round() / 100.0)
    }

    #[test]
    fn a_units_time_grows_with_its_file_and_is_not_known_of_what_was_never_made() {
        let mut estimates = Estimates::default();
        assert_eq!(seconds(&estimates, &[Bif], 1_000), None);
        (0..3).for_each(|_| estimates.note(unit(&[Bif], 1_000, 2.0)));
        assert_eq!(seconds(&estimates, &[Bif], 3_000), Some(6.0));
        assert_eq!(seconds(&estimates, &[Bandwidth, Bif], 3_000), None);
    }

    #[test]
    fn products_that_were_never_made_together_take_what_each_takes() {
        let mut estimates = Estimates::default();
        estimates.note(unit(&[Bif], 1_000, 2.0));
        estimates.note(unit(&[Bandwidth], 1_000, 3.0));
        assert_eq!(seconds(&estimates, &[Bandwidth, Bif], 2_000), Some(10.0));
    }

    #[test]
    fn one_slow_unit_among_many_spoils_little_and_only_the_newest_count() {
        let mut estimates = Estimates::default();
        (0..NEWEST).for_each(|_| estimates.note(unit(&[Bif], 10, 100.0)));
        (0..NEWEST).for_each(|_| estimates.note(unit(&[Bif], 10, 1.0)));
        assert_eq!(seconds(&estimates, &[Bif], 10), Some(1.0));
        estimates.note(unit(&[Bif], 10, 3_600.0));
        assert!(seconds(&estimates, &[Bif], 10).unwrap() < 2.0);
    }
}
