//! What units and backlogs will take, told from what earlier units took. Pure: figures in, an estimate out.
//!
//! A unit makes several products in one read, and only its whole time is known. So its seconds are shared out
//! among its products: each product has a price (seconds a source, or seconds a gigabyte), and the prices are
//! fitted to the units by the multiplicative steps of a Poisson likelihood (W. H. Richardson, 1972; L. B.
//! Lucy, 1974), which keep them above zero and make the sum of what is told of the units that of what they
//! took. Where units don't tell two products apart, the prices keep the proportion they began with. It never
//! asks the library; start with [`Prices::of`].

use std::collections::BTreeMap;

use butler_library::{Backlog, UnitCost};
use butler_product::{CostPer, ProductKind};

/// The weight of a unit halves with so many newer ones of the same set of products.
const HALVES_AFTER: i32 = 64;
/// As many steps bring prices to within a thousandth of where they end.
const STEPS: usize = 60;
/// A unit counts as one that took at most so many times the median of its like: one hung disk is no price.
const AT_MOST: f64 = 20.0;
const GIGABYTE: f64 = 1e9;

/// What each product costs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prices {
    prices: BTreeMap<ProductKind, Price>,
}

/// What one product costs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Price {
    /// Seconds for one of its measure.
    seconds: f64,
    /// How many units it was learned from; with none it is a guess.
    units: u64,
}

/// What a backlog will take.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Estimate {
    /// Seconds of units, one after the other.
    pub(crate) seconds: f64,
    /// Whether some of it is a guess: no unit like these was ever done here.
    pub(crate) is_guess: bool,
}

/// How much there is of what a product's time grows with.
fn measure(kind: ProductKind, sources: u64, bytes: u64) -> f64 {
    match kind.guessed_cost().per {
        CostPer::Source => sources as f64,
        CostPer::Gigabyte => bytes as f64 / GIGABYTE,
    }
}

/// The price that stands where nothing is known.
fn guessed(kind: ProductKind) -> Price {
    Price { seconds: kind.guessed_cost().seconds, units: 0 }
}

impl Prices {
    /// The prices that units, given oldest first, tell.
    pub(crate) fn of(units: &[UnitCost]) -> Self {
        let mut prices: BTreeMap<_, _> =
            ProductKind::ALL.into_iter().map(|kind| (kind, guessed(kind))).collect();
        let groups = groups(units);
        for kind in groups.iter().flat_map(|group| {
            group.measures.iter().map(|(kind, _)| *kind).zip(std::iter::repeat(group.units))
        }) {
            prices.entry(kind.0).and_modify(|price| price.units += kind.1);
        }
        for _ in 0..STEPS {
            let factors: Vec<(ProductKind, f64)> =
                prices.keys().filter_map(|kind| Some((*kind, factor(*kind, &prices, &groups)?))).collect();
            for (kind, factor) in factors {
                prices.entry(kind).and_modify(|price| price.seconds *= factor);
            }
        }
        Self { prices }
    }

    /// Seconds that these products of a file of this size take together; none while one of them was never
    /// made here.
    pub(crate) fn seconds(&self, kinds: &[ProductKind], size_bytes: u64) -> Option<f64> {
        let of = |kind: &ProductKind| {
            let price = self.prices.get(kind).filter(|price| price.units > 0)?;
            Some(measure(*kind, 1, size_bytes) * price.seconds)
        };
        kinds.iter().map(of).sum()
    }

    /// What it takes to make a product of a backlog.
    pub(crate) fn estimate(&self, kind: ProductKind, backlog: Backlog) -> Estimate {
        let measure = measure(kind, backlog.sources, backlog.bytes);
        let price = self.prices.get(&kind).copied().unwrap_or_else(|| guessed(kind));
        Estimate { seconds: measure * price.seconds, is_guess: price.units == 0 && backlog.sources > 0 }
    }
}

/// The units of one set of products, weighed and added up.
struct Group {
    units: u64,
    seconds: f64,
    measures: Vec<(ProductKind, f64)>,
}

fn groups(units: &[UnitCost]) -> Vec<Group> {
    let mut alike: BTreeMap<&[ProductKind], Vec<&UnitCost>> = BTreeMap::new();
    for unit in units.iter().filter(|unit| unit.seconds.is_finite() && unit.seconds >= 0.0) {
        alike.entry(&unit.kinds).or_default().push(unit);
    }
    alike.into_iter().map(|(kinds, units)| group(kinds, &units)).collect()
}

fn group(kinds: &[ProductKind], units: &[&UnitCost]) -> Group {
    let mut sorted: Vec<f64> = units.iter().map(|unit| unit.seconds).collect();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted.get(sorted.len() / 2).map_or(f64::MAX, |median| median * AT_MOST);
    let mut group = Group {
        units: units.len() as u64,
        seconds: 0.0,
        measures: kinds.iter().map(|kind| (*kind, 0.0)).collect(),
    };
    for (age, unit) in units.iter().rev().enumerate() {
        let weight = 0.5_f64.powi(age as i32 / HALVES_AFTER);
        group.seconds += weight * unit.seconds.min(limit);
        for (kind, sum) in &mut group.measures {
            *sum += weight * measure(*kind, 1, unit.size_bytes);
        }
    }
    group
}

/// The factor by which a product's price is too low, over all units that made it; none if there are none.
fn factor(kind: ProductKind, prices: &BTreeMap<ProductKind, Price>, groups: &[Group]) -> Option<f64> {
    let (mut told, mut measured) = (0.0, 0.0);
    for group in groups {
        let Some((_, measure)) = group.measures.iter().find(|(other, _)| *other == kind) else { continue };
        let expected: f64 = group
            .measures
            .iter()
            .map(|(kind, measure)| measure * prices.get(kind).map_or(0.0, |price| price.seconds))
            .sum();
        if expected > 0.0 {
            told += measure * group.seconds / expected;
            measured += measure;
        }
    }
    (measured > 0.0).then_some(told / measured)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    use ProductKind::{Bandwidth, Bif, MediaInfo, Tags};

    fn unit(kinds: &[ProductKind], gigabytes: f64, seconds: f64) -> UnitCost {
        let size_bytes = (gigabytes * GIGABYTE) as u64;
        UnitCost {
            kinds: kinds.to_vec(),
            size_bytes,
            media_seconds: None,
            bytes_read: 0,
            seconds,
            made_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Seconds for ten sources of 2 GB each.
    fn seconds(units: &[UnitCost], kind: ProductKind) -> f64 {
        let estimate = Prices::of(units).estimate(kind, Backlog { sources: 10, bytes: 20_000_000_000 });
        (estimate.seconds * 100.0).round() / 100.0
    }

    #[test]
    fn with_no_figures_it_is_a_guess_and_says_so() {
        let some = Backlog { sources: 10, bytes: 20_000_000_000 };
        assert_eq!(Prices::of(&[]).estimate(Bif, some), Estimate { seconds: 100.0, is_guess: true });
        assert_eq!(Prices::of(&[]).estimate(Bif, Backlog::default()), Estimate::default());
        assert!(Prices::of(&[unit(&[Tags], 0.1, 0.1)]).estimate(Bif, some).is_guess);
    }

    #[test]
    fn products_made_alone_have_the_price_they_had() {
        let units = [unit(&[Bif], 1.0, 3.0), unit(&[Bif], 3.0, 9.0), unit(&[Tags], 5.0, 0.1)];
        assert_eq!((seconds(&units, Bif), seconds(&units, Tags)), (60.0, 1.0));
        assert!(!Prices::of(&units).estimate(Bif, Backlog { sources: 1, bytes: 1 }).is_guess);
    }

    #[test]
    fn one_read_for_two_is_counted_once() {
        let units = [unit(&[Bif, Bandwidth], 2.0, 7.0)];
        let (bif, bandwidth) = (seconds(&units, Bif), seconds(&units, Bandwidth));
        assert_eq!(bif + bandwidth, 70.0);
        // What nothing tells apart keeps the guesses' proportion.
        assert_eq!((bif, bandwidth), (50.0, 20.0));
    }

    #[test]
    fn what_was_made_alone_tells_what_the_other_took() {
        let mut units = vec![unit(&[MediaInfo], 2.0, 0.2); 20];
        units.extend(vec![unit(&[MediaInfo, Bif], 2.0, 8.2); 20]);
        assert!((seconds(&units, MediaInfo) - 2.0).abs() < 0.2, "{}", seconds(&units, MediaInfo));
        assert!((seconds(&units, Bif) - 80.0).abs() < 1.0, "{}", seconds(&units, Bif));
    }

    #[test]
    fn one_unit_that_hung_for_an_hour_is_no_price_and_new_figures_outweigh_old_ones() {
        let mut units = vec![unit(&[Bif], 1.0, 2.0); 99];
        units.push(unit(&[Bif], 1.0, 3_600.0));
        assert!(seconds(&units, Bif) < 60.0, "{}", seconds(&units, Bif));
        let mut slow_then_fast = vec![unit(&[Bif], 1.0, 10.0); 128];
        slow_then_fast.extend(vec![unit(&[Bif], 1.0, 2.0); 128]);
        assert!(seconds(&slow_then_fast, Bif) < 80.0, "{}", seconds(&slow_then_fast, Bif));
    }
}
