//! How loud each of a file's sounds is, by EBU R 128: over the whole of it, its range, its loudest moments,
//! its true peak, what a player turns it up or down by (ReplayGain 2), and its course.
//!
//! The [`Loudness`] is the product's row, the [`Levels`] with every tenth of a second its blob. What is
//! measured of samples the worker measures; what follows from the energies of blocks, for a track and for an
//! album, is `loudness/gate.rs`. Sources: ITU-R BS.1770-5, EBU Tech 3341 and 3342, and for the gains
//! the ReplayGain 2.0 specification. Start with [`StreamLoudness::new`].

mod gate;
mod levels;

use serde::{Deserialize, Serialize};

pub use gate::{Blocks, Gate, energy_of, loudness_of, range};
pub use levels::{Levels, LevelsError, MAX_STEPS, NOTHING, STEP_MS, StreamLevels};

use crate::Traits;
use crate::media_info::MAX_STREAMS;
use crate::product::{Cost, CostPer, Line, Product};

/// The loudness to which ReplayGain 2 brings all tracks, LUFS.
pub const REFERENCE_LUFS: f64 = -18.0;
/// Louder than this, by either sign, is no loudness that a maker writes.
const MOST_DB: f64 = 200.0;
/// A longer sentence is no sentence of a maker's.
const MAX_SENTENCE_BYTES: usize = 1_000;

/// What the database keeps; the course is in the blob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LoudnessValue))]
pub struct Loudness {
    /// The place in the container, from 0, of the sound that a player plays unless told otherwise.
    pub played: u32,
    /// Each sound that could be decoded, by its place in the container.
    pub streams: Vec<StreamLoudness>,
    /// Those that could not, where others could.
    pub unheard: Vec<UnheardStream>,
}

/// How loud one sound is. What there is too little of to measure is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LoudnessValueStream))]
pub struct StreamLoudness {
    /// Its place in the container, from 0.
    pub index: u32,
    /// Integrated loudness, LUFS; none of silence, and of less than 0.4 seconds.
    pub integrated: Option<f64>,
    /// Loudness range, LU; none of silence, and of less than three seconds.
    pub range: Option<f64>,
    /// The loudest 0.4 seconds, LUFS; none of silence.
    pub momentary_max: Option<f64>,
    /// The loudest three seconds, LUFS; none of silence.
    pub short_term_max: Option<f64>,
    /// The true peak, dBTP; none of digital silence.
    pub true_peak: Option<f64>,
    /// The same as ReplayGain writes it: linear, 1 is full scale and may be exceeded.
    pub peak: f64,
    /// By how much a player turns it up, dB: to [`REFERENCE_LUFS`], however far that lifts its peaks.
    pub gain: Option<f64>,
    /// The energies of its gating blocks: what an album's loudness is made of.
    pub blocks: Blocks,
}

/// A sound that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LoudnessValueUnheard))]
pub struct UnheardStream {
    /// Its place in the container, from 0.
    pub index: u32,
    /// One English sentence that says why.
    pub why: String,
}

/// What was measured of a sound, as energies and linear amplitudes.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// Its gating blocks.
    pub gate: &'a Gate,
    /// The energies of its windows of three seconds, ten a second.
    pub short_terms: &'a [f64],
    /// The highest energy of any 0.4 seconds.
    pub momentary_max: f64,
    /// The highest energy of any three seconds.
    pub short_term_max: f64,
    /// The highest amplitude between and at its samples.
    pub peak: f64,
}

impl StreamLoudness {
    /// The loudness that was measured of the stream at a place of the container.
    pub fn new(index: u32, measured: &Measured<'_>) -> Self {
        let audible = |energy: f64| Some(loudness_of(energy)).filter(|lufs| *lufs >= gate::ABSOLUTE_LUFS);
        let integrated = measured.gate.integrated();
        Self {
            index,
            integrated: integrated.map(hundredths),
            range: range(measured.short_terms).map(hundredths),
            momentary_max: audible(measured.momentary_max).map(hundredths),
            short_term_max: audible(measured.short_term_max).map(hundredths),
            true_peak: decibels(measured.peak),
            peak: millionths(measured.peak),
            gain: integrated.map(gain),
            blocks: measured.gate.blocks(),
        }
    }

    fn is_sound(&self) -> bool {
        let levels =
            [self.integrated, self.momentary_max, self.short_term_max, self.true_peak, self.gain, self.range];
        levels.into_iter().flatten().all(|level| level.abs() <= MOST_DB)
            && (0.0..1e9).contains(&self.peak)
            && self.blocks.is_sound()
    }

    fn words(&self) -> Vec<String> {
        let Some(integrated) = self.integrated else { return vec!["silence".to_owned()] };
        let mut words = vec![format!("{integrated:.1} LUFS")];
        words.extend(self.range.map(|range| format!("range {range:.1} LU")));
        words.extend(self.true_peak.map(|peak| format!("true peak {peak:.1} dBTP")));
        words.extend(self.gain.map(|gain| format!("gain {gain:+.2} dB")));
        words
    }
}

impl Loudness {
    /// The sound that a player plays unless told otherwise, or the first that was heard.
    pub fn played(&self) -> Option<&StreamLoudness> {
        let mut streams = self.streams.iter();
        streams.clone().find(|stream| stream.index == self.played).or_else(|| streams.next())
    }
}

impl Product for Loudness {
    const NAME: &'static str = "loudness";
    const VERSION: u32 = 1;
    const NEEDS: Traits = Traits::SOUND;
    const BLOB: Option<&'static str> = Some("levels");
    // The whole file is read and its sound decoded: a gigabyte is an hour of film, or three of music.
    const COST: Cost = Cost { per: CostPer::Gigabyte, seconds: 20.0 };

    fn is_sound(&self) -> bool {
        !self.streams.is_empty()
            && self.streams.len() + self.unheard.len() <= MAX_STREAMS
            && self.streams.iter().all(StreamLoudness::is_sound)
            && self.unheard.iter().all(|unheard| unheard.why.len() <= MAX_SENTENCE_BYTES)
    }

    fn summary(&self) -> Vec<Line> {
        match &self.streams[..] {
            [stream] => stream.words().into_iter().map(|words| Line::text("", words)).collect(),
            streams => streams
                .iter()
                .map(|stream| {
                    Line::text("", format!("stream {}: {}", stream.index, stream.words().join(" / ")))
                })
                .collect(),
        }
    }
}

/// By how much a player turns up what is as loud as this, dB.
pub(crate) fn gain(integrated: f64) -> f64 {
    hundredths(REFERENCE_LUFS - integrated)
}

/// A linear peak in decibels; none of nothing.
pub(crate) fn decibels(peak: f64) -> Option<f64> {
    (peak > 0.0).then(|| hundredths(20.0 * peak.log10()))
}

pub(crate) fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

pub(crate) fn millionths(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(gate: &Gate, peak: f64) -> Measured<'_> {
        Measured { gate, short_terms: &[], momentary_max: 0.0, short_term_max: 0.0, peak }
    }

    #[test]
    fn a_gain_brings_a_sound_to_the_reference_and_its_peak_is_linear() {
        let mut gate = Gate::default();
        (0..50).for_each(|_| gate.add(energy_of(-10.5)));
        let loud = StreamLoudness::new(1, &measured(&gate, 1.122_018_5));
        assert_eq!((loud.integrated, loud.gain), (Some(-10.5), Some(-7.5)));
        assert_eq!((loud.true_peak, loud.peak), (Some(1.0), 1.122_019));
        assert!(loud.is_sound());
    }

    #[test]
    fn silence_has_a_value_without_numbers_that_would_be_none() {
        let silent = StreamLoudness::new(0, &measured(&Gate::default(), 0.0));
        assert_eq!((silent.integrated, silent.true_peak, silent.gain, silent.peak), (None, None, None, 0.0));
        assert!(silent.is_sound());
        let row = Loudness { played: 0, streams: vec![silent], unheard: Vec::new() };
        assert_eq!(row.summary(), [Line::text("", "silence")]);
        assert!(row.is_sound());
        let wire = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<Loudness>(&wire).unwrap(), row);
    }

    #[test]
    fn the_sound_that_is_played_counts_or_else_the_first() {
        let stream = |index| StreamLoudness::new(index, &measured(&Gate::default(), 0.0));
        let row = |played| Loudness { played, streams: vec![stream(1), stream(3)], unheard: Vec::new() };
        assert_eq!(row(3).played().map(|stream| stream.index), Some(3));
        assert_eq!(row(2).played().map(|stream| stream.index), Some(1));
    }

    #[test]
    fn only_what_a_maker_can_have_made_is_sound() {
        let stream = StreamLoudness::new(0, &measured(&Gate::default(), 0.5));
        let row = |stream: StreamLoudness| Loudness { played: 0, streams: vec![stream], unheard: Vec::new() };
        assert!(row(stream.clone()).is_sound());
        for wrong in [
            StreamLoudness { integrated: Some(1e9), ..stream.clone() },
            StreamLoudness { range: Some(f64::NAN), ..stream.clone() },
            StreamLoudness { peak: -1.0, ..stream.clone() },
            StreamLoudness { blocks: Blocks { from: 0, counts: vec![1], means: Vec::new() }, ..stream },
        ] {
            assert!(!row(wrong.clone()).is_sound(), "{wrong:?}");
        }
        assert!(!Loudness { played: 0, streams: Vec::new(), unheard: Vec::new() }.is_sound());
    }
}
