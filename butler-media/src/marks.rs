//! Which key frame serves which mark. Pure: it reads nothing.
//!
//! Times are microseconds from the file's start. Key frames come one after another, and each is decided on
//! when the next one is known, so that an index and a file that is read through lead to the same choice.
//! Start with [`Marks`], then [`Chooser`].

use std::collections::VecDeque;
use std::ops::Range;

/// The most marks of one maker.
pub(crate) const MAX_MARKS: usize = butler_product::bif::MAX_PICTURES as usize;

/// The times of which a maker wants pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marks {
    /// One every so many microseconds, from 0 on: each is served by the key frame nearest to it, by the
    /// earlier one of two equally near.
    Every(i64),
    /// These, in rising order: each is served by the first key frames from it on, `most` of them and none
    /// later than `within`, for the maker to choose among; where there are none, by the nearest one.
    From {
        /// The marks.
        times: Vec<i64>,
        /// How much later than its mark a key frame may be.
        within: i64,
        /// How many key frames serve a mark, at least 1.
        most: usize,
    },
}

/// What a key frame is to one of the makers: the marks that it serves, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// The maker's place.
    pub(crate) maker: usize,
    /// Its marks.
    pub(crate) marks: Range<usize>,
}

/// Chooses among key frames that come one after another.
#[derive(Debug)]
pub(crate) struct Chooser {
    makers: Vec<Choice>,
    end: Option<i64>,
    /// The last key frames, as many as a choice may look back at; the last one is not decided on yet.
    last: VecDeque<i64>,
    looks_back: usize,
}

#[derive(Debug)]
struct Choice {
    marks: Marks,
    /// The first mark that none has served, of marks at even steps.
    next: usize,
}

impl Chooser {
    /// For these makers, in a film of this length where it is known.
    pub(crate) fn new(makers: impl IntoIterator<Item = Marks>, end: Option<i64>) -> Self {
        let makers: Vec<_> = makers.into_iter().map(|marks| Choice { marks, next: 0 }).collect();
        let most = |choice: &Choice| match choice.marks {
            Marks::Every(_) => 1,
            Marks::From { most, .. } => most,
        };
        let looks_back = makers.iter().map(most).max().unwrap_or(1);
        Self { makers, end, last: VecDeque::new(), looks_back }
    }

    /// Takes the next key frame and says what the one before it serves. One that isn't later than the one
    /// before is not taken.
    pub(crate) fn push(&mut self, time: i64) -> Option<Vec<Share>> {
        if self.last.back().is_some_and(|&last| time <= last) {
            return None;
        }
        let shares = self.shares(Some(time));
        self.last.push_back(time);
        if self.last.len() > self.looks_back + 1 {
            self.last.pop_front();
        }
        Some(shares)
    }

    /// Says what the last key frame serves: all marks that are left before the end; `seen` is the end where
    /// none was known.
    pub(crate) fn finish(mut self, seen: i64) -> Vec<Share> {
        self.end = Some(self.end.unwrap_or(seen));
        self.shares(None)
    }

    /// What the last key frame serves, before the next one or the end.
    fn shares(&mut self, next: Option<i64>) -> Vec<Share> {
        let Some(&time) = self.last.back() else { return Vec::new() };
        let (end, last) = (self.end, &self.last);
        let earlier = |back: usize| last.len().checked_sub(1 + back).map(|at| last[at]);
        let served = self.makers.iter_mut().enumerate().map(|(maker, choice)| {
            let marks = match &choice.marks {
                Marks::Every(every) => {
                    let doubled = next.map_or(i64::MAX, |next| time.saturating_add(next));
                    let until = even_until((*every).max(1), doubled, end).max(choice.next);
                    std::mem::replace(&mut choice.next, until)..until
                }
                Marks::From { times, within, most } => {
                    let neighbours = Neighbours { before: earlier(1), dropped: earlier(*most), next };
                    from_marks(times, *within, time, neighbours, end)
                }
            };
            Share { maker, marks }
        });
        served.filter(|share| !share.marks.is_empty()).collect()
    }
}

/// How many of the marks at even steps lie at or before half of `doubled`, and before `end`.
fn even_until(every: i64, doubled: i64, end: Option<i64>) -> usize {
    let last_near = doubled.div_euclid(2 * every).saturating_add(1);
    let first_after = end.map_or(i64::MAX, |end| end.max(0).saturating_add(every - 1) / every);
    usize::try_from(last_near.min(first_after)).unwrap_or(0).min(MAX_MARKS)
}

/// Key frames around one.
#[derive(Clone, Copy)]
struct Neighbours {
    before: Option<i64>,
    /// The one before which this key frame is one too many for a mark.
    dropped: Option<i64>,
    next: Option<i64>,
}

/// The marks that the key frame at `time` serves: those close before it, and those around it that have no
/// key frame close behind and none nearer.
fn from_marks(
    times: &[i64],
    within: i64,
    time: i64,
    Neighbours { before, dropped, next }: Neighbours,
    end: Option<i64>,
) -> Range<usize> {
    let up_to = |time: i64| times.partition_point(|&mark| mark <= time);
    let below = |time: i64| times.partition_point(|&mark| mark < time);
    let nearer_to_first = |first: i64, second: i64| {
        times.partition_point(|&mark| i128::from(mark) * 2 <= i128::from(first) + i128::from(second))
    };
    let from = before.map_or(0, |before| {
        let close = below(time.saturating_sub(within)).max(dropped.map_or(0, up_to));
        close.min(nearer_to_first(before, time))
    });
    let until = next.map_or(times.len(), |next| {
        up_to(time).max(nearer_to_first(time, next).min(below(next.saturating_sub(within))))
    });
    from..until.min(end.map_or(times.len(), below)).max(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of the key frames that serve each mark, in the makers' order.
    fn served(makers: &[Marks], end: Option<i64>, key_frames: &[i64], seen: i64) -> Vec<Vec<Vec<i64>>> {
        let mut chooser = Chooser::new(makers.iter().cloned(), end);
        let mut marks = vec![Vec::new(); makers.len()];
        let mut keep = |time: i64, shares: Vec<Share>| {
            for Share { maker, marks: range } in shares {
                let marks: &mut Vec<Vec<i64>> = &mut marks[maker];
                marks.resize(marks.len().max(range.end), Vec::new());
                range.for_each(|mark| marks[mark].push(time));
            }
        };
        let mut previous = 0;
        for &time in key_frames {
            if let Some(shares) = chooser.push(time) {
                keep(previous, shares);
                previous = time;
            }
        }
        keep(previous, chooser.finish(seen));
        marks
    }

    /// The same of marks at even steps, which one key frame serves each.
    fn chosen(every: &[i64], end: Option<i64>, key_frames: &[i64], seen: i64) -> Vec<Vec<i64>> {
        let makers: Vec<_> = every.iter().map(|&every| Marks::Every(every)).collect();
        let one = |times: Vec<i64>| <[i64; 1]>::try_from(times).unwrap()[0];
        let all = served(&makers, end, key_frames, seen);
        all.into_iter().map(|marks| marks.into_iter().map(one).collect()).collect()
    }

    #[test]
    fn a_mark_takes_the_nearest_key_frame_and_of_two_the_earlier() {
        let key_frames = [0, 8, 12, 19, 30];
        assert_eq!(chosen(&[10], Some(40), &key_frames, 0), [[0, 8, 19, 30]]);
    }

    #[test]
    fn a_step_shorter_than_the_key_frames_distance_takes_one_twice() {
        assert_eq!(chosen(&[2], Some(11), &[0, 8], 0), [[0, 0, 0, 8, 8, 8]]);
    }

    #[test]
    fn the_marks_end_before_the_film_does() {
        assert_eq!(chosen(&[10], Some(30), &[0, 10, 20, 30], 0)[0].len(), 3);
        assert_eq!(chosen(&[10], Some(31), &[0, 10, 20, 30], 0)[0].len(), 4);
        assert_eq!(chosen(&[10], None, &[0, 10, 20], 25)[0].len(), 3);
    }

    #[test]
    fn several_makers_choose_each_for_themselves() {
        assert_eq!(chosen(&[10, 4], Some(12), &[0, 5, 10], 0), [vec![0, 10], vec![0, 5, 10]]);
    }

    #[test]
    fn a_first_key_frame_after_the_start_serves_the_start() {
        assert_eq!(chosen(&[10], Some(25), &[7, 18], 0), [[7, 7, 18]]);
    }

    #[test]
    fn time_that_goes_back_is_not_taken() {
        assert_eq!(chosen(&[10], Some(30), &[0, 10, 5, 10, 20], 0), [[0, 10, 20]]);
    }

    #[test]
    fn a_mark_of_its_own_has_the_first_key_frames_behind_it_and_else_the_nearest() {
        let marks = Marks::From { times: vec![0, 9, 10, 20, 33, 90], within: 5, most: 2 };
        assert_eq!(
            served(&[marks], Some(80), &[0, 2, 4, 12, 14, 30, 41], 0),
            [[vec![0, 2], vec![12, 14], vec![12, 14], vec![14], vec![30]]],
            "0 has two of three, 9 and 10 the same two, 20 and 33 the nearest, and 90 lies behind the end"
        );
    }

    #[test]
    fn marks_at_one_time_share_their_key_frames() {
        let marks = Marks::From { times: vec![0, 0, 0], within: 5, most: 3 };
        assert_eq!(served(&[marks], None, &[1], 10), [[vec![1], vec![1], vec![1]]]);
    }

    #[test]
    fn any_choice_equals_a_plain_search() {
        let mut state = 9u64;
        let mut random = move |below: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as i64 % below
        };
        for _ in 0..2_000 {
            let mut time = random(20) - 5;
            let steps: Vec<i64> = (0..=random(12)).map(|_| 1 + random(25)).collect();
            let key_frames: Vec<i64> = steps
                .iter()
                .map(|step| {
                    time += step;
                    time
                })
                .collect();
            let nearest =
                |mark: i64| *key_frames.iter().min_by_key(|&&time| ((mark - time).abs(), time)).unwrap();
            let (every, end) = (1 + random(15), random(200));
            let expect: Vec<i64> =
                (0..).map(|mark| mark * every).take_while(|&mark| mark < end).map(nearest).collect();
            assert_eq!(
                chosen(&[every], Some(end), &key_frames, 0),
                [expect],
                "{key_frames:?} every {every} to {end}"
            );

            let (within, most) = (random(30), 1 + random(4) as usize);
            let mut times: Vec<i64> = (0..random(9)).map(|_| random(220)).collect();
            times.sort_unstable();
            let expect: Vec<Vec<i64>> = times
                .iter()
                .take_while(|&&mark| mark < end)
                .map(|&mark| {
                    let close = |&&time: &&i64| time >= mark && time <= mark + within;
                    let found: Vec<_> = key_frames.iter().filter(close).take(most).copied().collect();
                    if found.is_empty() { vec![nearest(mark)] } else { found }
                })
                .collect();
            let marks = Marks::From { times: times.clone(), within, most };
            assert_eq!(
                served(&[marks], Some(end), &key_frames, 0),
                [expect],
                "{key_frames:?} from {times:?} within {within}, {most} each, to {end}"
            );
        }
    }

    #[test]
    fn absurd_lengths_end_at_the_cap() {
        let mut chooser = Chooser::new([Marks::Every(1)], Some(i64::MAX));
        chooser.push(0);
        assert_eq!(chooser.finish(0)[0].marks, 0..MAX_MARKS);
    }
}
