//! Makes `sonic`: what a track sounds like, by the analysis of the crate `bliss-audio`. What its numbers mean
//! is in `butler_product::sonic`.
//!
//! The analysis wants all that it hears in memory at once, and many times as much of it again: of a long
//! track the middle is heard, which is as much as a unit may cost. Start with [`start`].

use std::fs::File;

use bliss_audio::Song;
use butler_product::media_info::MediaInfo;
use butler_product::sonic::{FEATURES, MOST_SECONDS, Sonic};
use butler_product::{Failure, Value};

use super::{Channels, Made, SoundForm, SoundMaker, SoundWants, Start, Unheard, played};

/// What the analysis takes: samples a second.
const RATE: u32 = 22_050;
/// The fewest samples that it takes, which is also its longest window.
const FEWEST: usize = 8_192;
const MOST: usize = MOST_SECONDS as usize * RATE as usize;
/// As loud as the last bit of 16: what is nowhere louder is silence.
const AUDIBLE: f32 = 1.0 / 32_768.0;

struct SonicMaker {
    stream: usize,
    /// When the part begins that is heard, microseconds from the file's start.
    from: i64,
    /// When its first sample was heard.
    began: Option<i64>,
    samples: Vec<f32>,
}

pub(super) fn start(info: &MediaInfo) -> Start {
    let Some(stream) = played(info) else {
        return Start::Answered(Value::Nothing { why: "The file has no sound.".to_owned() });
    };
    let most_ms = u64::from(MOST_SECONDS) * 1_000;
    let before_ms = info.duration_ms.map_or(0, |ms| ms.saturating_sub(most_ms) / 2);
    let from = i64::try_from(before_ms).ok().and_then(|ms| ms.checked_mul(1_000)).unwrap_or(0);
    Start::Sound(Box::new(SonicMaker { stream, from, began: None, samples: Vec::new() }))
}

impl SoundMaker for SonicMaker {
    fn wants(&self) -> Vec<SoundWants> {
        vec![SoundWants { stream: self.stream, sample_rate: Some(RATE), channels: Channels::Mono }]
    }

    fn begin(&mut self, _stream: usize, _form: &SoundForm) {}

    fn samples(&mut self, _stream: usize, at: i64, samples: &[f32]) {
        let before = i128::from(self.from.saturating_sub(at)).max(0) * i128::from(RATE) / 1_000_000;
        let own = samples.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
        let own = &own[..own.len().min(MOST - self.samples.len())];
        if !own.is_empty() {
            self.began.get_or_insert(at.max(self.from));
            self.samples.extend(own.iter().map(|sample| bounded(*sample)));
        }
    }

    // What is missing is not heard: a track is what there is of it.
    fn gap(&mut self, _stream: usize, _from: i64, _until: i64) {}

    fn finish(self: Box<Self>, _unheard: Vec<Unheard>, _output: Option<File>) -> Result<Made, Failure> {
        let nothing =
            |why: &str| Ok(Made { value: Value::Nothing { why: why.to_owned() }, blob_bytes: None });
        if self.samples.len() < FEWEST {
            return nothing("The track is too short to sound like another.");
        }
        if self.samples.iter().all(|sample| sample.abs() <= AUDIBLE) {
            return nothing("The track is silent.");
        }
        let sonic = Sonic {
            stream: u32::try_from(self.stream).unwrap_or(u32::MAX),
            from_ms: u64::try_from(self.began.unwrap_or(0) / 1_000).unwrap_or(0),
            heard_ms: self.samples.len() as u64 * 1_000 / u64::from(RATE),
            features: features(&self.samples)?,
        };
        Ok(Made { value: sonic.into(), blob_bytes: None })
    }
}

fn features(samples: &[f32]) -> Result<[f32; FEATURES], Failure> {
    let analysis = Song::analyze(samples)
        .map_err(|error| Failure::content(format!("The track can't be analysed: {error}.")))?;
    let numbers = <[f32; FEATURES]>::try_from(analysis.as_vec());
    let mut numbers =
        numbers.map_err(|_| Failure::worker("The analysis gives other numbers than it says."))?;
    if !numbers.iter().all(|number| number.is_finite()) {
        return Err(Failure::content("The track can't be analysed: what it sounds like is no number."));
    }
    // Sound beyond full scale is louder than the loudest that has a number.
    numbers.iter_mut().for_each(|number| *number = number.clamp(-1.0, 1.0));
    Ok(numbers)
}

/// A sample as the analysis takes it: of a file it may be more than full scale, or no number, on which the
/// analysis would fall.
fn bounded(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use bliss_audio::{AnalysisIndex, FeaturesVersion};
    use butler_product::media_info::{Stream, StreamKind};
    use butler_product::sonic::{FEATURES_VERSION, WEIGHTS};

    use super::*;

    /// The value of sound that is fed in pieces, of a track that claims to last so long.
    fn made(claimed_ms: Option<u64>, sound: impl Iterator<Item = f32>) -> Value {
        let sounding = Stream {
            index: 0,
            kind: StreamKind::Audio,
            codec: String::new(),
            profile: None,
            bit_rate: None,
            language: None,
            title: None,
            default: true,
            forced: false,
            encrypted: false,
            picture: None,
            sound: None,
        };
        let info = MediaInfo { duration_ms: claimed_ms, streams: vec![sounding], ..MediaInfo::default() };
        let Start::Sound(mut maker) = start(&info) else { panic!("it is made of sound") };
        let sound: Vec<f32> = sound.collect();
        for (nth, piece) in sound.chunks(5_000).enumerate() {
            maker.samples(0, nth as i64 * 5_000 * 1_000_000 / i64::from(RATE), piece);
        }
        maker.finish(Vec::new(), None).unwrap().value
    }

    fn seconds(seconds: u32) -> std::ops::Range<u32> {
        0..seconds * RATE
    }

    fn tone(nth: u32) -> f32 {
        ((f64::from(nth) * 440.0 * std::f64::consts::TAU / f64::from(RATE)).sin() / 2.0) as f32
    }

    #[test]
    fn the_numbers_and_their_weights_are_those_of_the_crate() {
        assert_eq!(u32::from(u16::from(FeaturesVersion::LATEST)), FEATURES_VERSION);
        assert_eq!(FeaturesVersion::LATEST.feature_count(), FEATURES);
        let weights = FeaturesVersion::LATEST.feature_weights();
        assert_eq!(weights.diag().to_vec(), WEIGHTS);
        // Those that are shown to people.
        assert_eq!((AnalysisIndex::Tempo as usize, AnalysisIndex::MeanSpectralCentroid as usize), (0, 2));
        assert_eq!(AnalysisIndex::MeanSpectralFlatness as usize, 6);
    }

    #[test]
    fn silence_and_what_is_shorter_than_a_window_sound_like_nothing() {
        let nothing = |value: Value| matches!(value, Value::Nothing { .. });
        assert!(nothing(made(None, seconds(5).map(|_| 0.0))));
        assert!(nothing(made(None, seconds(5).map(|nth| if nth % 7 == 0 { AUDIBLE } else { 0.0 }))));
        assert!(nothing(made(None, (0..FEWEST as u32 - 1).map(tone))));
        assert!(!nothing(made(None, (0..FEWEST as u32).map(tone))));
    }

    #[test]
    fn noise_a_single_click_and_what_is_no_number_have_numbers_within_their_bounds() {
        let mut random = 1_u32;
        let noise = |_: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let sonic = |value: Value| value.take::<Sonic>().unwrap();
        let of = [
            sonic(made(None, seconds(3).map(noise))),
            sonic(made(None, seconds(3).map(|nth| if nth == 30_000 { 1.0 } else { 0.0 }))),
            sonic(made(
                None,
                seconds(3).map(|nth| [f32::NAN, f32::INFINITY, -9.0, tone(nth)][nth as usize % 4]),
            )),
            sonic(made(None, seconds(3).map(|_| 1.0))),
        ];
        for sonic in of {
            use butler_product::Product;
            assert!(sonic.is_sound(), "{sonic:?}");
        }
    }

    #[test]
    fn of_a_long_track_the_middle_is_heard_and_without_a_length_the_beginning() {
        let half = MOST_SECONDS / 2;
        // Twice as long as what is heard: the quarters at both ends are another tone.
        let at = |nth: u32| nth / RATE;
        let sound = || {
            seconds(2 * MOST_SECONDS).map(move |nth| {
                if at(nth) < half || at(nth) >= half + MOST_SECONDS { 0.0 } else { tone(nth) }
            })
        };
        let middle = made(Some(u64::from(2 * MOST_SECONDS) * 1_000), sound()).take::<Sonic>().unwrap();
        assert_eq!(
            (middle.from_ms, middle.heard_ms),
            (u64::from(half) * 1_000, u64::from(MOST_SECONDS) * 1_000)
        );
        let alone = made(None, seconds(MOST_SECONDS).map(tone)).take::<Sonic>().unwrap();
        assert!(middle.point().distance(&alone.point()) < 0.02);
        let first = made(None, sound()).take::<Sonic>().unwrap();
        assert_eq!((first.from_ms, first.heard_ms), (0, u64::from(MOST_SECONDS) * 1_000));
    }
}
