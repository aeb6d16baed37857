//! Which key frame serves which mark, and what a container's index is worth. Pure: it reads nothing.
//!
//! A mark is served by the key frame nearest to it, by the earlier one of two equally near. Times are
//! microseconds from the file's start. Start with [`Chooser`].

use std::ops::Range;

use crate::ffi::IndexEntry;

/// The most key frames of one file that are looked at: a day of nothing but key frames.
pub(crate) const MAX_KEY_FRAMES: usize = 6_000_000;
/// The most marks of one maker.
pub(crate) const MAX_MARKS: usize = butler_product::bif::MAX_PICTURES as usize;

/// What a key frame is to one of the makers: the marks that it serves, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// The maker's place.
    pub(crate) maker: usize,
    /// Its marks.
    pub(crate) marks: Range<usize>,
}

/// Chooses among key frames that come one after another: each is decided on when the next one is known.
#[derive(Debug)]
pub(crate) struct Chooser {
    makers: Vec<Marks>,
    end: Option<i64>,
    previous: Option<i64>,
}

/// The marks of a maker: one every so many microseconds, from 0 on.
#[derive(Debug)]
struct Marks {
    every: i64,
    next: usize,
}

impl Marks {
    /// The marks not yet served that lie at or before half of `doubled`, and before `end`.
    fn up_to(&mut self, doubled: i64, end: Option<i64>) -> Range<usize> {
        let last_near = doubled.div_euclid(2 * self.every).saturating_add(1);
        let first_after = end.map_or(i64::MAX, |end| end.max(0).saturating_add(self.every - 1) / self.every);
        let until = usize::try_from(last_near.min(first_after)).unwrap_or(0).min(MAX_MARKS).max(self.next);
        let marks = self.next..until;
        self.next = until;
        marks
    }
}

impl Chooser {
    /// For makers that want a mark every so many microseconds, in a film of this length where it is known.
    pub(crate) fn new(every: &[i64], end: Option<i64>) -> Self {
        Self {
            makers: every.iter().map(|&every| Marks { every: every.max(1), next: 0 }).collect(),
            end,
            previous: None,
        }
    }

    /// Takes the next key frame and says what the one before it serves. One that isn't later than the one
    /// before is not taken.
    pub(crate) fn push(&mut self, time: i64) -> Option<Vec<Share>> {
        let previous = match self.previous {
            None => {
                self.previous = Some(time);
                return Some(Vec::new());
            }
            Some(previous) if time <= previous => return None,
            Some(previous) => previous,
        };
        self.previous = Some(time);
        Some(self.shares(previous.saturating_add(time)))
    }

    /// Says what the last key frame serves: all marks that are left before the end; `seen` is the end where
    /// none was known.
    pub(crate) fn finish(mut self, seen: i64) -> Vec<Share> {
        self.end = Some(self.end.unwrap_or(seen));
        if self.previous.is_some() { self.shares(i64::MAX) } else { Vec::new() }
    }

    fn shares(&mut self, doubled: i64) -> Vec<Share> {
        let end = self.end;
        let served = self
            .makers
            .iter_mut()
            .enumerate()
            .map(|(maker, marks)| Share { maker, marks: marks.up_to(doubled, end) });
        served.filter(|share| !share.marks.is_empty()).collect()
    }
}

/// Whether an index tells the key frames of the whole film: it does if nothing is missing at its end.
pub(crate) fn is_whole(index: &[IndexEntry], duration: i64) -> bool {
    let (Some(first), Some(last)) = (index.first(), index.last()) else {
        return false;
    };
    let gaps = index.windows(2).map(|pair| pair[1].micros.saturating_sub(pair[0].micros));
    let largest = gaps.max().unwrap_or(0);
    let tail = duration.saturating_sub(last.micros.saturating_sub(first.micros));
    index.len() > 1 && tail <= largest.saturating_mul(2).saturating_add(2_000_000)
}

/// How far the file reaches if its index points past its end: the time of the first key frame that isn't
/// there.
pub(crate) fn cut_at(index: &[IndexEntry], size: u64) -> Option<i64> {
    let first = index.first()?.micros;
    index.iter().find(|entry| entry.place >= size).map(|entry| entry.micros.saturating_sub(first))
}

/// Whether a film that ended at `seen` is shorter than it claims to be by more than muxers are careless.
pub(crate) fn is_cut_off(seen: i64, claimed: i64) -> bool {
    claimed.saturating_sub(seen) > (claimed / 50).max(2_000_000)
}

/// The steps from picture to picture.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Steps {
    last: Option<i64>,
    largest: i64,
}

impl Steps {
    /// Takes the time of the next picture, in the order in which they are decoded.
    pub(crate) fn push(&mut self, time: i64) {
        if let Some(last) = self.last {
            self.largest = self.largest.max(time.saturating_sub(last));
        }
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }

    /// When the pictures end, if that is far before the film does: its sound may outlast them, and a slide
    /// may stand as long as any before it twice over. One picture is a still that goes with the sound.
    pub(crate) fn stops_early(&self, claimed: i64) -> Option<i64> {
        let allowed = (claimed / 10).max(30_000_000).max(self.largest.saturating_mul(2));
        self.last.filter(|last| self.largest > 0 && claimed.saturating_sub(*last) > allowed)
    }
}

/// The sentence for a film whose pictures end too early.
pub(crate) fn stopped_early(end: i64, claimed: i64) -> String {
    let (unit, one) = unit(claimed);
    format!(
        "The video ends after {} of {} {unit}, where the file goes on without pictures; it is damaged, and a \
         whole copy would do.",
        end.max(0) / one,
        (claimed + one / 2) / one
    )
}

/// What a length is best told in, and its microseconds.
const fn unit(claimed: i64) -> (&'static str, i64) {
    if claimed >= 120_000_000 { ("minutes", 60_000_000) } else { ("seconds", 1_000_000) }
}

/// The sentence for a file that ends too early.
pub(crate) fn cut_off(seen: i64, claimed: i64) -> String {
    let (unit, one) = unit(claimed);
    format!(
        "The file ends after {} of {} {unit}; it is cut off.",
        seen.max(0) / one,
        (claimed + one / 2) / one
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time that each mark's key frame has, in the makers' order.
    fn chosen(every: &[i64], end: Option<i64>, key_frames: &[i64], seen: i64) -> Vec<Vec<i64>> {
        let mut chooser = Chooser::new(every, end);
        let mut marks = vec![Vec::new(); every.len()];
        let mut keep = |time: i64, shares: Vec<Share>| {
            for share in shares {
                assert_eq!(
                    share.marks.start,
                    marks[share.maker].len(),
                    "a mark was left out or served twice"
                );
                marks[share.maker].extend(share.marks.map(|_| time));
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
            let (every, end) = (1 + random(15), random(200));
            let expect: Vec<i64> = (0..)
                .map(|mark| mark * every)
                .take_while(|&mark| mark < end)
                .map(|mark| *key_frames.iter().min_by_key(|&&time| ((mark - time).abs(), time)).unwrap())
                .collect();
            assert_eq!(
                chosen(&[every], Some(end), &key_frames, 0),
                [expect],
                "{key_frames:?} every {every} to {end}"
            );
        }
    }

    #[test]
    fn absurd_lengths_end_at_the_cap() {
        let mut chooser = Chooser::new(&[1], Some(i64::MAX));
        chooser.push(0);
        assert_eq!(chooser.finish(0)[0].marks, 0..MAX_MARKS);
    }

    fn index(seconds: &[i64]) -> Vec<IndexEntry> {
        seconds
            .iter()
            .map(|&s| IndexEntry { timestamp: s, micros: s * 1_000_000, place: s as u64 * 100 })
            .collect()
    }

    #[test]
    fn an_index_that_stops_in_the_middle_is_not_whole() {
        assert!(is_whole(&index(&[0, 10, 20]), 30_000_000));
        assert!(!is_whole(&index(&[0, 10, 20]), 90_000_000));
        assert!(!is_whole(&index(&[0]), 1_000_000));
        assert!(!is_whole(&[], 1_000_000));
    }

    #[test]
    fn pictures_may_end_a_little_before_the_sound_or_stand_as_long_as_others_did() {
        let steps = |seconds: &[i64]| {
            let mut steps = Steps::default();
            seconds.iter().for_each(|second| steps.push(second * 1_000_000));
            steps
        };
        let hour = 3_600_000_000;
        let dense: Vec<_> = (0..1_200).collect();
        assert_eq!(steps(&dense).stops_early(hour), Some(1_199_000_000));
        assert_eq!(steps(&dense).stops_early(1_229_000_000), None);
        assert_eq!(steps(&[0, 20, 10, 15, 40]).stops_early(81_000_000), Some(40_000_000));
        assert_eq!(steps(&[0, 1_000, 1_800]).stops_early(hour), None, "a slide");
        assert_eq!(steps(&[0]).stops_early(hour), None, "a still");
        assert_eq!(steps(&[]).stops_early(hour), None);
        assert_eq!(
            stopped_early(1_199_000_000, hour),
            "The video ends after 19 of 60 minutes, where the file goes on without pictures; it is damaged, \
             and a whole copy would do."
        );
    }

    #[test]
    fn an_index_that_points_past_the_end_tells_where_the_file_was_cut() {
        assert_eq!(cut_at(&index(&[0, 10, 20]), 1_500), Some(20_000_000));
        assert_eq!(cut_at(&index(&[0, 10, 20]), 2_001), None);
        assert_eq!(
            cut_off(12 * 60_000_000 + 5, 45 * 60_000_000),
            "The file ends after 12 of 45 minutes; it is cut off."
        );
        assert_eq!(cut_off(4_900_000, 12_000_000), "The file ends after 4 of 12 seconds; it is cut off.");
    }
}
