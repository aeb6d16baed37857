//! Speech segments out of how likely each moment is speech. Pure.
//!
//! Speech begins where it is likely and ends where it is not likely any more for a while; what is shorter
//! than a syllable is none. Start with [`Segments::frame`].

use butler_product::voice::{MAX_SEGMENTS, Segment};

/// So likely speech must be to begin, and so unlikely to end: higher than the model's own half, since it is
/// sure of speech, and less sure that noise is none.
const BEGINS: f32 = 0.65;
const ENDS: f32 = 0.5;
/// How likely speech is counts as the mean of so many frames.
const SMOOTHED: usize = 4;
/// A pause that is shorter parts nothing, microseconds: words have some between them.
const PAUSE: i64 = 300_000;
/// Speech that is shorter is none.
const SHORTEST: i64 = 250_000;
/// A segment reaches so far beyond what was likely speech.
const PADDING: i64 = 40_000;

#[derive(Default)]
pub(super) struct Segments {
    newest: [f32; SMOOTHED],
    frames: usize,
    /// Whether the newest frame is speech.
    is_speech: bool,
    /// The segment at hand, microseconds: its start, and its last speech's end.
    open: Option<(i64, i64)>,
    done: Vec<Segment>,
}

impl Segments {
    /// Takes how likely the next frame is speech.
    pub(super) fn frame(&mut self, from: i64, until: i64, likely: f32) {
        self.newest[self.frames % SMOOTHED] = likely;
        self.frames += 1;
        let mean = self.newest.iter().sum::<f32>() / SMOOTHED.min(self.frames) as f32;
        self.is_speech = mean >= if self.is_speech { ENDS } else { BEGINS };
        match &mut self.open {
            Some((_, end)) if self.is_speech => *end = until,
            Some((_, end)) if until - *end >= PAUSE => self.close(),
            None if self.is_speech => self.open = Some((from, until)),
            _ => {}
        }
    }

    /// Nothing was heard for a while.
    pub(super) fn gap(&mut self) {
        self.close();
        (self.newest, self.frames, self.is_speech) = ([0.0; SMOOTHED], 0, false);
    }

    pub(super) fn finish(mut self) -> Vec<Segment> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        let Some((from, until)) = self.open.take().filter(|(from, until)| until - from >= SHORTEST) else {
            return;
        };
        let milliseconds = |micros: i64| u64::try_from(micros / 1_000).unwrap_or(0);
        let (start_ms, end_ms) = (milliseconds(from - PADDING), milliseconds(until + PADDING));
        if let Some(before) = self.done.last_mut().filter(|before| before.end_ms >= start_ms) {
            before.end_ms = end_ms;
        } else if self.done.len() < MAX_SEGMENTS {
            self.done.push(Segment { start_ms, end_ms });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: i64 = 16_000;

    /// Frames of 16 ms, so many of each likelihood.
    fn segments(runs: &[(f32, i64)]) -> Vec<(u64, u64)> {
        let (mut segments, mut at) = (Segments::default(), 0);
        for &(likely, frames) in runs {
            for _ in 0..frames {
                segments.frame(at, at + FRAME, likely);
                at += FRAME;
            }
        }
        segments.finish().iter().map(|segment| (segment.start_ms, segment.end_ms)).collect()
    }

    #[test]
    fn speech_is_a_segment_a_little_wider_than_itself() {
        let [(start, end)] = segments(&[(0.1, 100), (0.9, 100), (0.1, 100)])[..] else { panic!() };
        assert!((1_560..1_650).contains(&start) && (3_200..3_330).contains(&end), "{start} to {end}");
    }

    #[test]
    fn a_breath_parts_nothing_and_a_pause_does() {
        assert_eq!(segments(&[(0.9, 50), (0.1, 12), (0.9, 50)]).len(), 1);
        assert_eq!(segments(&[(0.9, 50), (0.1, 40), (0.9, 50)]).len(), 2);
    }

    #[test]
    fn a_click_is_no_speech_and_doubt_ends_none() {
        assert_eq!(segments(&[(0.1, 50), (0.9, 6), (0.1, 50)]), []);
        assert_eq!(segments(&[(0.9, 30), (0.55, 50), (0.9, 30)]).len(), 1);
        assert_eq!(segments(&[(0.55, 100)]), []);
    }

    #[test]
    fn a_gap_ends_a_segment() {
        let mut all = Segments::default();
        (0..50).for_each(|at| all.frame(at * FRAME, (at + 1) * FRAME, 0.9));
        all.gap();
        (500..550).for_each(|at| all.frame(at * FRAME, (at + 1) * FRAME, 0.9));
        assert_eq!(all.finish().len(), 2);
    }
}
