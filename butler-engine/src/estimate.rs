//! How long a unit will last, by what like units took. Pure: the library's memory of past units is handed in
//! at the start.

use std::collections::{BTreeMap, VecDeque};

use butler_product::ProductKind;

/// So many of the newest units of a set of products count.
const NEWEST: usize = 25;

/// Seconds per byte of the newest units, by the products that were made together.
#[derive(Debug, Default)]
pub(crate) struct Estimates(BTreeMap<Vec<ProductKind>, VecDeque<f64>>);

impl Estimates {
    /// Notes what a unit took.
    pub(crate) fn note(&mut self, kinds: Vec<ProductKind>, size_bytes: u64, seconds: f64) {
        if size_bytes == 0 || !seconds.is_finite() || seconds <= 0.0 {
            return;
        }
        let newest = self.0.entry(kinds).or_default();
        newest.truncate(NEWEST - 1);
        newest.push_front(seconds / size_bytes as f64);
    }

    /// Seconds that a file of this size will take, by the median of like units; none while there were none.
    pub(crate) fn seconds(&self, kinds: &[ProductKind], size_bytes: u64) -> Option<f64> {
        let mut rates: Vec<f64> = self.0.get(kinds)?.iter().copied().collect();
        rates.sort_unstable_by(f64::total_cmp);
        Some(rates[rates.len() / 2] * size_bytes as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_units_time_grows_with_its_file_and_one_slow_unit_spoils_nothing() {
        let bif = [ProductKind::Bif];
        let mut estimates = Estimates::default();
        assert_eq!(estimates.seconds(&bif, 1_000), None);
        for seconds in [2.0, 2.0, 500.0] {
            estimates.note(bif.to_vec(), 1_000, seconds);
        }
        assert_eq!(estimates.seconds(&bif, 3_000), Some(6.0));
        assert_eq!(estimates.seconds(&[ProductKind::Bandwidth, ProductKind::Bif], 3_000), None);
    }

    #[test]
    fn only_the_newest_count() {
        let mut estimates = Estimates::default();
        (0..NEWEST).for_each(|_| estimates.note(vec![ProductKind::Bif], 10, 100.0));
        (0..NEWEST).for_each(|_| estimates.note(vec![ProductKind::Bif], 10, 1.0));
        assert_eq!(estimates.seconds(&[ProductKind::Bif], 10), Some(1.0));
    }
}
