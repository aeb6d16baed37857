//! A way from one track to another over tracks between them, each step a small one.
//!
//! The idea: of all ways with so many tracks that go forward along the straight line from the one to the
//! other, the one whose steps have the smallest sum of squares. Squares make one leap dearer than several
//! steps of the same length together, so that the tracks are spread evenly and none lies far aside. Going
//! forward makes the best way one of a row of choices, which dynamic programming finds exactly, and no track
//! can come twice. Pure. Start with [`path`].

use super::Point;

/// A way has at most so many tracks between its ends.
pub const MOST_BETWEEN: usize = 200;
/// So many of the candidates that lie nearest to the straight line are looked at.
const LOOKED_AT: usize = 600;
/// Points that are so near are one recording, in another file.
const SAME: f32 = 0.005;

/// A track that a way may lead over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Whatever its owner knows it by.
    pub key: i64,
    /// Where it lies.
    pub point: Point,
    /// What recording it is, where that is known: of those with one number a way takes one.
    pub recording: Option<u64>,
}

/// A candidate beside the straight line.
struct Beside {
    candidate: Candidate,
    passed: f32,
    aside: f32,
}

/// The keys of the tracks between two others, in their order: so many, or as many as there are candidates
/// that are no recording of one of the ends or of each other.
pub fn path(
    from: &Candidate,
    to: &Candidate,
    candidates: impl IntoIterator<Item = Candidate>,
    between: usize,
) -> Vec<i64> {
    let way = different(from, to, candidates);
    let count = between.min(MOST_BETWEEN).min(way.len());
    if count == 0 {
        return Vec::new();
    }
    let square = |one: &Point, other: &Point| f64::from(one.distance(other)).powi(2);
    let steps: Vec<Vec<f64>> = way
        .iter()
        .enumerate()
        .map(|(nth, one)| {
            way[..nth].iter().map(|before| square(&before.candidate.point, &one.candidate.point)).collect()
        })
        .collect();
    // Of the ways over so many tracks that end at each: the smallest sum, and the track before.
    let mut sums: Vec<f64> = way.iter().map(|one| square(&from.point, &one.candidate.point)).collect();
    let mut before = vec![Vec::new()];
    for _ in 1..count {
        let best = |nth: usize| {
            let over = steps[nth].iter().zip(&sums).map(|(step, sum)| step + sum).enumerate();
            over.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, f64::INFINITY))
        };
        let (places, next): (Vec<usize>, Vec<f64>) = (0..way.len()).map(best).unzip();
        before.push(places);
        sums = next;
    }
    let whole = |nth: &usize| sums[*nth] + square(&way[*nth].candidate.point, &to.point);
    let last = (0..way.len()).min_by(|one, other| whole(one).total_cmp(&whole(other)));
    let mut taken = Vec::with_capacity(count);
    let mut place = last.unwrap_or(0);
    for step in (0..count).rev() {
        taken.push(way[place].candidate.key);
        place = before[step].get(place).copied().unwrap_or(0);
    }
    taken.reverse();
    taken
}

/// The candidates that lie nearest to the straight line, by the part of it that is passed there: none of them
/// a recording of the ends, or of another.
fn different(
    from: &Candidate,
    to: &Candidate,
    candidates: impl IntoIterator<Item = Candidate>,
) -> Vec<Beside> {
    let beside = |candidate: Candidate| {
        let (passed, aside) = candidate.point.beside(&from.point, &to.point);
        Beside { candidate, passed, aside }
    };
    let mut all: Vec<Beside> = candidates.into_iter().map(beside).collect();
    all.sort_by(|one, other| {
        one.aside.total_cmp(&other.aside).then(one.candidate.key.cmp(&other.candidate.key))
    });
    let mut way: Vec<Beside> = Vec::new();
    for one in all {
        if way.len() == LOOKED_AT {
            break;
        }
        let others = way.iter().map(|other| &other.candidate).chain([from, to]);
        if !others.into_iter().any(|other| one.candidate.is_same_recording(other)) {
            way.push(one);
        }
    }
    way.sort_by(|one, other| {
        one.passed.total_cmp(&other.passed).then(one.candidate.key.cmp(&other.candidate.key))
    });
    way
}

impl Candidate {
    fn is_same_recording(&self, other: &Self) -> bool {
        self.key == other.key
            || self.recording.is_some() && self.recording == other.recording
            || self.point.distance(&other.point) < SAME
    }
}

#[cfg(test)]
mod tests {
    use super::super::FEATURES;
    use super::*;

    /// A track at a place along the way and aside of it.
    fn track(key: i64, along: f32, aside: f32) -> Candidate {
        let mut features = [0.0; FEATURES];
        (features[2], features[4]) = (along, aside);
        Candidate { key, point: Point::of(&features), recording: None }
    }

    fn way(candidates: &[Candidate], between: usize) -> Vec<i64> {
        path(&track(-1, -1.0, 0.0), &track(-2, 1.0, 0.0), candidates.iter().copied(), between)
    }

    #[test]
    fn a_way_takes_even_steps_forward_and_leaves_what_lies_aside() {
        let mut all: Vec<Candidate> =
            (1..40_i8).map(|nth| track(nth.into(), f32::from(nth) / 20.0 - 1.0, 0.05)).collect();
        all.push(track(100, 0.0, 0.9));
        assert_eq!(way(&all, 3), [10, 20, 30]);
        assert_eq!(way(&all, 1), [20]);
        assert!(way(&all, 0).is_empty());
    }

    #[test]
    fn a_small_library_gives_all_it_has_each_once() {
        let all = [track(1, 0.5, 0.5), track(2, -0.5, 0.9), track(3, 0.0, -0.9)];
        assert_eq!(way(&all, 50), [2, 3, 1]);
        assert!(way(&[], 5).is_empty());
    }

    #[test]
    fn one_recording_comes_once_and_none_is_that_of_an_end() {
        let again = |key, along, aside| Candidate { recording: Some(7), ..track(key, along, aside) };
        let all = [
            again(1, -0.4, 0.1),
            again(2, -0.3, 0.2),
            // As the first end sounds, and as the second.
            track(3, -0.999, 0.0),
            track(4, 0.999, 0.0),
            // As the fifth sounds.
            track(5, 0.4, 0.1),
            track(6, 0.4, 0.102),
        ];
        assert_eq!(way(&all, 10), [1, 5]);
    }

    #[test]
    fn of_all_ways_it_is_the_one_with_the_smallest_sum_of_squares() {
        let mut random = 7_u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) as f32 / 8_388_608.0 - 1.0
        };
        for _ in 0..20 {
            let all: Vec<Candidate> = (0..9).map(|key| track(key, next(), next())).collect();
            let ends = (track(-1, -1.0, 0.0), track(-2, 1.0, 0.0));
            let sum = |keys: &[i64]| {
                let points: Vec<Point> = [ends.0.point]
                    .into_iter()
                    .chain(keys.iter().map(|&key| all[key as usize].point))
                    .chain([ends.1.point])
                    .collect();
                points.windows(2).map(|two| f64::from(two[0].distance(&two[1])).powi(2)).sum::<f64>()
            };
            let mut forward: Vec<i64> = (0..9).collect();
            let passed = |key: &i64| all[*key as usize].point.beside(&ends.0.point, &ends.1.point).0;
            forward.sort_by(|one, other| passed(one).total_cmp(&passed(other)).then(one.cmp(other)));
            let mut best = f64::INFINITY;
            for set in 0_u32..1 << 9 {
                if set.count_ones() == 3 {
                    let keys: Vec<i64> =
                        (0..9).filter(|nth| set & (1 << nth) != 0).map(|nth| forward[nth]).collect();
                    best = best.min(sum(&keys));
                }
            }
            assert!((sum(&way(&all, 3)) - best).abs() < 1e-9);
        }
    }
}
