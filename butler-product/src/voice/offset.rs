//! How far subtitles lie from the speech that they write down. Pure.
//!
//! Subtitles are moved to and fro until as much of their time as can be falls on speech. That place is
//! believed only where it is clearly better than all others: a film in which somebody speaks all the time
//! fits everywhere. Start with [`fit`].

use super::Voice;
use crate::srt::{Cue, stretched};

/// Farther than this subtitles are not looked for, milliseconds.
pub const MOST_MS: i64 = 120_000;
/// Milliseconds of one step of the search.
const STEP_MS: u64 = 10;
/// The first search looks at each so many steps.
const COARSE: i64 = 5;
/// Places so near to the best one, in steps, are the same place.
const NEAR: i64 = 100;
/// The best place has to beat the best far from it by this share of the subtitles' time.
const CLEAR: f64 = 0.05;

/// Where subtitles fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offset {
    /// By so much they have to be moved, milliseconds: later if it is above 0.
    pub ms: i64,
    /// The share of their time that falls on speech now.
    pub now: f64,
    /// The share that does once they are moved.
    pub then: f64,
    /// Whether no other place is nearly as good.
    pub is_clear: bool,
}

/// At which pace subtitles run, and where they fit then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Pictures a second that they were made for and that the film has, where that is what is wrong.
    pub pace: Option<Pace>,
    /// Where they fit at that pace; `now` is of them as they are.
    pub offset: Offset,
}

/// Subtitles of a film that runs at another pace: films of 24 pictures a second are shown at 25 where
/// televisions want that, and at 24,000/1,001 where they want 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Pictures a second that they were made for.
    pub made_for: &'static str,
    /// Pictures a second of the film.
    pub film: &'static str,
    /// What their times are to be multiplied by: numerator and denominator.
    pub times: (u32, u32),
}

/// The paces that occur.
const PACES: [Pace; 6] = [
    Pace { made_for: "25", film: "23.976", times: (25 * 1_001, 24_000) },
    Pace { made_for: "23.976", film: "25", times: (24_000, 25 * 1_001) },
    Pace { made_for: "25", film: "24", times: (25, 24) },
    Pace { made_for: "24", film: "25", times: (24, 25) },
    Pace { made_for: "24", film: "23.976", times: (1_001, 1_000) },
    Pace { made_for: "23.976", film: "24", times: (1_000, 1_001) },
];
/// Another pace has to be better than none by this share of the subtitles' time.
const PACE_WINS: f64 = 0.1;

/// At which pace and where subtitles fit the speech best; none without subtitles or speech. Another pace is
/// believed only where subtitles clearly fit at it, and not nearly as well as they are.
pub fn fit(cues: &[Cue], voice: &Voice) -> Option<Fit> {
    let as_they_are = offset(cues, voice)?;
    let at = |pace: &Pace| {
        let of = |ms| stretched(ms, pace.times);
        let cues: Vec<Cue> =
            cues.iter().map(|cue| Cue { start_ms: of(cue.start_ms), end_ms: of(cue.end_ms) }).collect();
        Some((*pace, offset(&cues, voice)?))
    };
    let best = PACES.iter().filter_map(at).max_by(|(_, one), (_, other)| one.then.total_cmp(&other.then));
    let wins = |offset: &Offset| offset.is_clear && offset.then - as_they_are.then >= PACE_WINS;
    Some(match best.filter(|(_, offset)| wins(offset)) {
        Some((pace, offset)) => Fit { pace: Some(pace), offset: Offset { now: as_they_are.now, ..offset } },
        None => Fit { pace: None, offset: as_they_are },
    })
}

/// Where subtitles fit the speech best; none without subtitles or speech.
fn offset(cues: &[Cue], voice: &Voice) -> Option<Offset> {
    let speech = Speech::new(voice)?;
    let cues: Vec<(i64, i64)> = cues
        .iter()
        .map(|cue| (step(cue.start_ms), step(cue.end_ms)))
        .filter(|(from, to)| from < to)
        .collect();
    let all: i64 = cues.iter().map(|(from, to)| to - from).sum();
    if all == 0 {
        return None;
    }
    let share = |by: i64| {
        let spoken: i64 = cues.iter().map(|(from, to)| speech.between(from + by, to + by)).sum();
        spoken as f64 / all as f64
    };
    let most = MOST_MS / STEP_MS as i64;
    let coarse: Vec<(i64, f64)> =
        (-most / COARSE..=most / COARSE).map(|nth| (nth * COARSE, share(nth * COARSE))).collect();
    let best = |places: &mut dyn Iterator<Item = (i64, f64)>| {
        // Of places that are equally good, the nearest.
        places.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.abs().cmp(&one.0.abs())))
    };
    let (near, _) = best(&mut coarse.iter().copied())?;
    let (by, then) = best(&mut (near - COARSE..=near + COARSE).map(|by| (by, share(by))))?;
    let elsewhere = best(&mut coarse.iter().copied().filter(|(place, _)| (place - by).abs() > NEAR));
    let elsewhere = elsewhere.map_or(0.0, |(_, share)| share);
    Some(Offset { ms: by * STEP_MS as i64, now: share(0), then, is_clear: then - elsewhere >= CLEAR })
}

fn step(ms: u64) -> i64 {
    i64::try_from(ms / STEP_MS).unwrap_or(i64::MAX / 4).min(i64::from(u32::MAX))
}

/// Speech by steps, added up from the start.
struct Speech(Vec<u32>);

/// The longest film that is laid out in steps: a week.
const MOST_STEPS: i64 = 7 * 24 * 3_600 * 100;

impl Speech {
    fn new(voice: &Voice) -> Option<Self> {
        let last = step(voice.segments.last()?.end_ms).min(MOST_STEPS);
        let mut spoken = vec![0_u32; usize::try_from(last).ok()? + 1];
        for segment in &voice.segments {
            let (from, to) = (step(segment.start_ms).min(last), step(segment.end_ms).min(last));
            spoken[from as usize..to as usize].fill(1);
        }
        let mut sum = 0;
        for place in &mut spoken {
            sum += std::mem::replace(place, sum);
        }
        Some(Self(spoken))
    }

    /// Steps of speech between two places, which may lie anywhere.
    fn between(&self, from: i64, to: i64) -> i64 {
        let until = |place: i64| self.0[place.clamp(0, self.0.len() as i64 - 1) as usize];
        i64::from(until(to)) - i64::from(until(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Segment;

    /// Talk in which no two pauses are alike, and its subtitles, as if they were `late` by so much.
    fn talk(late: i64) -> (Vec<Cue>, Voice) {
        talk_with(late, 6_000)
    }

    /// With pauses that are so much longer at most.
    fn talk_with(late: i64, pauses: u64) -> (Vec<Cue>, Voice) {
        let (mut state, mut at) = (1_u64, 130_000_u64);
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        };
        let (mut cues, mut segments) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let (start, end) = (at, at + 500 + random() % 4_000);
            at = end + 400 + random() % pauses;
            segments.push(Segment { start_ms: start, end_ms: end });
            let shown = |ms: u64| ms.saturating_add_signed(late);
            cues.push(Cue { start_ms: shown(start - 100), end_ms: shown(end + 300) });
        }
        (cues, Voice { segments })
    }

    #[test]
    fn subtitles_that_come_late_or_early_are_moved_back_by_as_much() {
        for late in [0, 40, -1_230, 2_500, 61_000, -118_000] {
            let (cues, voice) = talk(late);
            let found = offset(&cues, &voice).unwrap();
            assert!((found.ms + late).abs() <= 300, "{found:?} for {late}");
            assert!(found.is_clear && found.then > 0.85 && found.then >= found.now, "{found:?}");
        }
    }

    #[test]
    fn speech_without_a_pause_fits_everywhere_and_is_not_believed() {
        let (cues, _) = talk(5_000);
        let voice = Voice { segments: vec![Segment { start_ms: 0, end_ms: 90 * 60_000 }] };
        let found = offset(&cues, &voice).unwrap();
        assert!(!found.is_clear && found.ms == 0, "{found:?}");
    }

    #[test]
    fn subtitles_of_another_pace_are_told_from_such_as_come_late() {
        for pace in PACES {
            // As long as a film: one pace is no more than a thousandth off.
            let (cues, voice) = talk_with(2_000, 60_000);
            // As they are where the film has the other pace.
            let back = (pace.times.1, pace.times.0);
            let of = |ms| stretched(ms, back);
            let cues: Vec<Cue> =
                cues.iter().map(|cue| Cue { start_ms: of(cue.start_ms), end_ms: of(cue.end_ms) }).collect();
            let found = fit(&cues, &voice).unwrap();
            let factor = |(over, under): (u32, u32)| f64::from(over) / f64::from(under);
            let found_pace = found.pace.unwrap_or_else(|| panic!("{pace:?}: {found:?}"));
            assert!(
                (factor(found_pace.times) / factor(pace.times) - 1.0).abs() < 0.001_5,
                "{pace:?}: {found:?}"
            );
            assert!(found.offset.then > 0.7 && found.offset.then > found.offset.now, "{found:?}");
        }
        let (cues, voice) = talk(2_000);
        assert_eq!(fit(&cues, &voice).unwrap().pace, None);
    }

    #[test]
    fn without_subtitles_or_speech_there_is_no_offset() {
        let (cues, voice) = talk(0);
        assert_eq!(offset(&[], &voice), None);
        assert_eq!((offset(&cues, &Voice::default()), fit(&cues, &Voice::default())), (None, None));
        let endless = Cue { start_ms: 0, end_ms: u64::MAX };
        offset(&[endless], &voice);
    }
}
