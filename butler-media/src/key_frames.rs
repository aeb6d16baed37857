//! What a container's index is worth, and where a file ends that is shorter than it says. Pure: it reads
//! nothing.
//!
//! Times are microseconds from the file's start. Which key frame serves which mark is `marks.rs`. Start with
//! [`is_whole`].

use butler_product::media_info::MediaInfo;

use crate::ffi::IndexEntry;

/// A clock that starts later than this was not set to zero, microseconds; less is a codec's delay.
pub(crate) const LATE: i64 = 1_000_000;

/// Where a file's times count from: MP4's clock begins at zero, and what comes late comes late; other
/// containers' clocks begin anywhere.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Origin {
    /// Microseconds by the container's clock before which a first packet is a late one.
    late_until: i64,
}

impl Origin {
    /// Of a file with such headers.
    pub(crate) fn of(info: &MediaInfo) -> Self {
        let length = info.duration_ms.filter(|_| info.container == "mov").unwrap_or(0);
        Self { late_until: i64::try_from(length).map_or(i64::MAX, |ms| ms.saturating_mul(1_000)) }
    }

    /// When the file starts, microseconds by its container's clock, if its first packet comes at `first`.
    pub(crate) fn start(self, first: i64) -> i64 {
        if (LATE..self.late_until).contains(&first) { 0 } else { first }
    }
}

/// The most key frames of one file that are looked at: a day of nothing but key frames.
pub(crate) const MAX_KEY_FRAMES: usize = 6_000_000;

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

    fn index(seconds: &[i64]) -> Vec<IndexEntry> {
        seconds
            .iter()
            .map(|&s| IndexEntry { timestamp: s, micros: s * 1_000_000, place: s as u64 * 100 })
            .collect()
    }

    #[test]
    fn what_comes_late_in_an_mp4_is_late_and_elsewhere_the_clock_is() {
        let origin = |container: &str| {
            let duration_ms = Some(70_000);
            Origin::of(&MediaInfo { container: container.to_owned(), duration_ms, ..MediaInfo::default() })
        };
        assert_eq!(origin("mov").start(10_000_000), 0);
        assert_eq!(origin("mov").start(83_000), 83_000, "a codec's delay");
        assert_eq!(origin("mov").start(3_600_000_000), 3_600_000_000, "a recording's clock");
        assert_eq!(origin("mpegts").start(10_000_000), 10_000_000);
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
