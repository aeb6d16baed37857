//! Many points of the space of sounds in one matrix, and which of them are near: every point is looked at, so
//! that the answer is exact; 100,000 of them take about a millisecond.
//!
//! Pure. Start with [`Points::nearest`].

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use super::{FEATURES, WEIGHTS};

/// Numbers of a row: the features, and one more, so that rows begin at whole vectors of the processor.
const WIDTH: usize = FEATURES.next_multiple_of(8);

/// A place in the space of sounds. A distance there is the root of the mean square by which the features
/// differ: 0 sounds the same, and 1, all features half their range apart, nothing alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point([f32; WIDTH]);

impl Point {
    /// The place that these features give.
    pub(super) fn of(features: &[f32; FEATURES]) -> Self {
        let whole: f32 = WEIGHTS.iter().sum();
        let mut place = [0.0; WIDTH];
        for ((place, feature), weight) in place.iter_mut().zip(features).zip(WEIGHTS) {
            *place = feature * (weight / whole).sqrt();
        }
        Self(place)
    }

    /// How far another is.
    pub fn distance(&self, other: &Self) -> f32 {
        self.squared(&other.0).sqrt()
    }

    /// The square of the distance to a row.
    fn squared(&self, row: &[f32; WIDTH]) -> f32 {
        let mut sums = [0.0; 8];
        for (own, other) in self.0.chunks_exact(8).zip(row.chunks_exact(8)) {
            for (sum, (own, other)) in sums.iter_mut().zip(own.iter().zip(other)) {
                let apart = own - other;
                *sum += apart * apart;
            }
        }
        sums.iter().sum()
    }

    /// Of the straight way from `from` to `to`: the part of it, from 0 to 1, at which it passes this point,
    /// and how far away.
    pub(super) fn beside(&self, from: &Self, to: &Self) -> (f32, f32) {
        let product = |one: &dyn Fn(usize) -> f32, other: &dyn Fn(usize) -> f32| {
            (0..WIDTH).map(|nth| one(nth) * other(nth)).sum::<f32>()
        };
        let way = |nth: usize| to.0[nth] - from.0[nth];
        let own = |nth: usize| self.0[nth] - from.0[nth];
        let length = product(&way, &way);
        let passed = if length > 0.0 { (product(&own, &way) / length).clamp(0.0, 1.0) } else { 0.0 };
        let mut nearest = from.0;
        nearest.iter_mut().enumerate().for_each(|(nth, place)| *place += passed * way(nth));
        (passed, self.squared(&nearest).sqrt())
    }
}

/// Points by their keys.
#[derive(Debug, Clone, Default)]
pub struct Points {
    keys: Vec<i64>,
    rows: Vec<[f32; WIDTH]>,
    places: HashMap<i64, usize>,
}

/// A point that is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Its key.
    pub key: i64,
    /// How far it is.
    pub distance: f32,
}

impl Points {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The point of a key.
    pub fn get(&self, key: i64) -> Option<Point> {
        self.places.get(&key).map(|&place| Point(self.rows[place]))
    }

    /// Gives a key its point, in place of the one that it had.
    pub fn put(&mut self, key: i64, point: Point) {
        match self.places.get(&key) {
            Some(&place) => self.rows[place] = point.0,
            None => {
                self.places.insert(key, self.keys.len());
                self.keys.push(key);
                self.rows.push(point.0);
            }
        }
    }

    /// Takes a key's point out.
    pub fn remove(&mut self, key: i64) {
        let Some(place) = self.places.remove(&key) else { return };
        self.keys.swap_remove(place);
        self.rows.swap_remove(place);
        if let Some(&moved) = self.keys.get(place) {
            self.places.insert(moved, place);
        }
    }

    /// The nearest points, at most so many and no farther than `within`: by distance, and those that are
    /// equally far by their keys.
    pub fn nearest(&self, to: &Point, most: usize, within: f32) -> Vec<Near> {
        self.smallest(most, within, |row| to.squared(row))
    }

    /// The points, at most so many, that lie nearest to the straight way between two.
    pub fn along(&self, from: &Point, to: &Point, most: usize) -> Vec<Near> {
        self.smallest(most, f32::INFINITY, |row| Point(*row).beside(from, to).1.powi(2))
    }

    /// Those whose measure, the square of a distance, is smallest.
    fn smallest(&self, most: usize, within: f32, measure: impl Fn(&[f32; WIDTH]) -> f32) -> Vec<Near> {
        if most == 0 {
            return Vec::new();
        }
        // The farthest of the best so far stands at the heap's top.
        let mut best: BinaryHeap<Far> = BinaryHeap::new();
        let mut limit = within * within;
        for (&key, row) in self.keys.iter().zip(&self.rows) {
            let squared = measure(row);
            if squared > limit {
                continue;
            }
            best.push(Far { squared, key });
            if best.len() > most {
                best.pop();
            }
            if let Some(farthest) = best.peek().filter(|_| best.len() == most) {
                limit = farthest.squared;
            }
        }
        let near = |far: Far| Near { key: far.key, distance: far.squared.sqrt() };
        best.into_sorted_vec().into_iter().map(near).collect()
    }
}

/// A point by how far it is: the square of it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Far {
    squared: f32,
    key: i64,
}

impl Eq for Far {}

impl Ord for Far {
    fn cmp(&self, other: &Self) -> Ordering {
        self.squared.total_cmp(&other.squared).then(self.key.cmp(&other.key))
    }
}

impl PartialOrd for Far {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(features: [f32; FEATURES]) -> Point {
        Point::of(&features)
    }

    #[test]
    fn the_same_is_at_0_and_what_differs_by_half_of_each_range_at_1() {
        let (low, high) = (point([-0.5; FEATURES]), point([0.5; FEATURES]));
        assert_eq!(low.distance(&low), 0.0);
        assert!((low.distance(&high) - 1.0).abs() < 1e-6);
        assert!((low.distance(&point([0.0; FEATURES])) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_straight_way_passes_a_point_at_its_side_and_no_end_is_passed() {
        let at = |value: f32| point([value; FEATURES]);
        let (passed, aside) = at(0.5).beside(&at(0.0), &at(1.0));
        assert!((passed - 0.5).abs() < 1e-6 && aside < 1e-6);
        let (passed, aside) = at(-1.0).beside(&at(0.0), &at(1.0));
        assert!(passed == 0.0 && (aside - 1.0).abs() < 1e-6);
        assert_eq!(at(1.0).beside(&at(0.0), &at(0.0)).0, 0.0);
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_that_sorting_all_gives(
            all in prop::collection::vec(prop::array::uniform23(-1.0f32..1.0), 1..60),
            gone in prop::collection::vec(0..60_i64, 0..20),
            most in 0..20_usize,
            within in 0.0..1.0_f32,
        ) {
            let mut points = Points::default();
            let mut expect = Vec::new();
            for (key, features) in (0..).zip(&all) {
                // Each is put twice: the second counts.
                points.put(key, point([0.0; FEATURES]));
                points.put(key, point(*features));
            }
            gone.iter().for_each(|&key| points.remove(key));
            let to = point(all[0]);
            for (key, features) in (0..).zip(&all).filter(|(key, _)| !gone.contains(key)) {
                prop_assert_eq!(points.get(key), Some(point(*features)));
                expect.push(Far { squared: to.squared(&point(*features).0), key });
            }
            prop_assert_eq!(points.len(), expect.len());
            expect.retain(|far| far.squared <= within * within);
            expect.sort();
            let found: Vec<i64> = points.nearest(&to, most, within).iter().map(|near| near.key).collect();
            prop_assert_eq!(found, expect.iter().take(most).map(|far| far.key).collect::<Vec<_>>());
        }
    }
}
