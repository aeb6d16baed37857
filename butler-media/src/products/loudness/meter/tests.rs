//! Every case of EBU Tech 3341 (version 4) and 3342 (version 4) that is a signal and no programme, made here;
//! and what they leave out: other rates and layouts, silence, and samples that are none.

use std::f64::consts::TAU;

use butler_product::loudness::loudness_of;

use super::*;

const RATE: u32 = 48_000;

/// A sine: dB of its peak, none for silence, and seconds.
type Tone = (Option<f64>, f64);

const fn tone(db: f64, seconds: f64) -> Tone {
    (Some(db), seconds)
}

const fn silence(seconds: f64) -> Tone {
    (None, seconds)
}

fn amplitude(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// One channel of sines of 1 kHz, one after the other without a step in phase.
fn wave(tones: &[Tone], rate: u32) -> Vec<f32> {
    let mut samples = Vec::new();
    for &(db, seconds) in tones {
        let peak = db.map_or(0.0, amplitude);
        let until = samples.len() + (seconds * f64::from(rate)).round() as usize;
        samples.extend((samples.len()..until).map(|at| {
            let phase = TAU * 1_000.0 * at as f64 / f64::from(rate);
            (peak * phase.sin()) as f32
        }));
    }
    samples
}

/// Several channels as samples come: one after the other for each moment.
fn woven(channels: &[Vec<f32>]) -> Vec<f32> {
    (0..channels[0].len()).flat_map(|at| channels.iter().map(move |channel| channel[at])).collect()
}

fn meter(speakers: &[Speaker], rate: u32) -> Meter {
    Meter::new(&SoundForm { sample_rate: rate, speakers: speakers.to_vec() }).unwrap()
}

/// What is measured of the same in both channels.
fn stereo(tones: &[Tone]) -> (StreamLoudness, StreamLevels) {
    let one = wave(tones, RATE);
    measured(&[Speaker::Front; 2], RATE, &[one.clone(), one])
}

fn measured(speakers: &[Speaker], rate: u32, channels: &[Vec<f32>]) -> (StreamLoudness, StreamLevels) {
    let mut meter = meter(speakers, rate);
    let samples = woven(channels);
    // Packets of no round size.
    let mut at = 0;
    for piece in samples.chunks(1_021 * speakers.len()) {
        meter.samples(at * 1_000_000 / i64::from(rate), piece);
        at += (piece.len() / speakers.len()) as i64;
    }
    meter.finish(0)
}

#[track_caller]
fn near(found: Option<f64>, expect: f64, within: f64) {
    let found = found.expect("there is a value");
    assert!((found - expect).abs() <= within + 0.005, "{found} for {expect}");
}

#[test]
fn ebu_3341_1_to_5_integrated_loudness_and_its_gates() {
    let cases: [&[Tone]; 5] = [
        &[tone(-23.0, 20.0)],
        &[tone(-33.0, 20.0)],
        &[tone(-36.0, 10.0), tone(-23.0, 60.0), tone(-36.0, 10.0)],
        &[tone(-72.0, 10.0), tone(-36.0, 10.0), tone(-23.0, 60.0), tone(-36.0, 10.0), tone(-72.0, 10.0)],
        &[tone(-26.0, 20.0), tone(-20.0, 20.1), tone(-26.0, 20.0)],
    ];
    for (case, expect) in cases.into_iter().zip([-23.0, -33.0, -23.0, -23.0, -23.0]) {
        let (loudness, _) = stereo(case);
        near(loudness.integrated, expect, 0.1);
        if case.len() == 1 {
            near(loudness.momentary_max, expect, 0.1);
            near(loudness.short_term_max, expect, 0.1);
        }
    }
}

#[test]
fn ebu_3341_6_surround_channels_count_more_and_low_frequency_effects_nothing() {
    use Speaker::{Back, Front, LowFrequency, Side};
    let at = |db: f64| wave(&[tone(db, 20.0)], RATE);
    let five = [at(-28.0), at(-28.0), at(-24.0), at(-30.0), at(-30.0)];
    near(measured(&[Front, Front, Front, Side, Side], RATE, &five).0.integrated, -23.0, 0.1);
    near(measured(&[Front, Front, Front, Back, Back], RATE, &five).0.integrated, -23.0, 0.1);
    let six = [at(-28.0), at(-28.0), at(-24.0), at(-3.0), at(-30.0), at(-30.0)];
    let (loudness, _) = measured(&[Front, Front, Front, LowFrequency, Back, Back], RATE, &six);
    near(loudness.integrated, -23.0, 0.1);
    near(loudness.true_peak, -3.0, 0.2);
}

#[test]
fn channels_behind_count_more_only_where_none_stands_at_the_side() {
    use Speaker::{Back, Front, Side};
    let quiet = vec![0.0; RATE as usize * 5];
    let loud = wave(&[tone(-20.0, 5.0)], RATE);
    let of = |speakers: &[Speaker], heard: usize| {
        let channels: Vec<_> =
            (0..speakers.len()).map(|at| if at == heard { loud.clone() } else { quiet.clone() }).collect();
        measured(speakers, RATE, &channels).0.integrated.unwrap()
    };
    let front = of(&[Front, Front, Back, Back], 0);
    assert!((of(&[Front, Front, Back, Back], 2) - front - 1.5).abs() < 0.02);
    assert!((of(&[Front, Front, Back, Back, Side, Side], 2) - front).abs() < 0.02);
    assert!((of(&[Front, Front, Back, Back, Side, Side], 4) - front - 1.5).abs() < 0.02);
    assert!((of(&[Front, Front, Speaker::BackCenter], 2) - front).abs() < 0.02);
}

#[test]
fn ebu_3341_9_to_11_short_term_loudness() {
    let pulses: Vec<Tone> = (0..5).flat_map(|_| [tone(-20.0, 1.34), tone(-30.0, 1.66)]).collect();
    let samples = wave(&pulses, RATE);
    let mut whole = meter(&[Speaker::Front; 2], RATE);
    for piece in woven(&[samples.clone(), samples]).chunks(RATE as usize / 100 * 2) {
        whole.samples(0, piece);
        if let Some(energy) = whole.mean(SHORT_TERM) {
            near(Some(loudness_of(energy)), -23.0, 0.1);
        }
    }
    for i in 0..20 {
        let late = f64::from(i) * 0.15;
        near(stereo(&[silence(late), tone(-23.0, 3.0), silence(1.0)]).0.short_term_max, -23.0, 0.1);
    }
    let mut rising = meter(&[Speaker::Front; 2], RATE);
    for i in 0..20 {
        let (late, db) = (f64::from(i) * 0.15, -38.0 + f64::from(i));
        let one = wave(&[silence(late), tone(db, 3.0), silence(3.0 - late)], RATE);
        rising.samples(0, &woven(&[one.clone(), one]));
        near(Some(loudness_of(rising.short_term_max)), db, 0.1);
    }
}

#[test]
fn ebu_3341_12_to_14_momentary_loudness() {
    let pulses: Vec<Tone> = (0..25).flat_map(|_| [tone(-20.0, 0.18), tone(-30.0, 0.22)]).collect();
    let samples = wave(&pulses, RATE);
    let mut whole = meter(&[Speaker::Front; 2], RATE);
    for (tick, piece) in woven(&[samples.clone(), samples]).chunks(RATE as usize / 100 * 2).enumerate() {
        whole.samples(0, piece);
        if tick >= 100 {
            near(whole.mean(MOMENTARY).map(loudness_of), -23.0, 0.1);
        }
    }
    let mut rising = meter(&[Speaker::Front; 2], RATE);
    for i in 0..20 {
        let (late, db) = (f64::from(i) * 0.02, -38.0 + f64::from(i));
        near(stereo(&[silence(late), tone(-23.0, 0.4), silence(1.0)]).0.momentary_max, -23.0, 0.1);
        let one = wave(&[silence(late), tone(db, 0.4), silence(0.4 - late)], RATE);
        rising.samples(0, &woven(&[one.clone(), one]));
        near(Some(loudness_of(rising.momentary_max)), db, 0.1);
    }
}

/// A sine of a part of the rate, faded in and out over 50 ms: its set-in would overshoot.
fn faded(part: f64, degrees: f64, peak: f64) -> Vec<f32> {
    let (length, fade) = (RATE as usize, RATE as usize / 20);
    let sample = |at: usize| {
        let edge = (at.min(length - 1 - at) as f64 / fade as f64).min(1.0);
        (peak * edge * (TAU * (at as f64 / part + degrees / 360.0)).sin()) as f32
    };
    (0..length).map(sample).collect()
}

#[test]
fn ebu_3341_15_to_19_true_peak() {
    let cases = [
        (4.0, 0.0, 0.50, -6.0),
        (4.0, 45.0, 0.50, -6.0),
        (6.0, 60.0, 0.50, -6.0),
        (8.0, 67.5, 0.50, -6.0),
        (4.0, 45.0, 1.41, 3.0),
    ];
    for (part, degrees, peak, expect) in cases {
        let one = faded(part, degrees, peak);
        let (loudness, _) = measured(&[Speaker::Front; 2], RATE, &[one.clone(), one]);
        let found = loudness.true_peak.unwrap();
        assert!((expect - 0.4..=expect + 0.2).contains(&found), "{found} for {expect}");
        assert!((loudness.peak - 10_f64.powf(found / 20.0)).abs() < 0.001);
    }
}

#[test]
fn ebu_3341_20_to_23_the_true_peak_between_samples_wherever_they_fall() {
    // A pulse of full scale that has nothing above 20 kHz, sampled at four places beside its top.
    for offset in 0..4 {
        let one: Vec<f32> = (0..4_800)
            .map(|at| {
                let time = (f64::from(at) - 2_400.0 + f64::from(offset) / 4.0) / f64::from(RATE);
                let band = 15_000.0;
                let angle = TAU * band * time;
                let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
                let window = 0.5 + 0.5 * (TAU * time / 0.01).cos();
                (sinc * if time.abs() < 0.005 { window } else { 0.0 }) as f32
            })
            .collect();
        let found = measured(&[Speaker::Front], RATE, &[one]).0.true_peak.unwrap();
        assert!((-0.4..=0.2).contains(&found), "{found} at {offset}");
    }
}

#[test]
fn ebu_3342_1_to_4_loudness_range() {
    let check = |levels: &[f64], expect: f64| {
        let tones: Vec<Tone> = levels.iter().map(|&db| tone(db, 20.0)).collect();
        near(stereo(&tones).0.range, expect, 1.0);
    };
    check(&[-20.0, -30.0], 10.0);
    check(&[-20.0, -15.0], 5.0);
    check(&[-40.0, -20.0], 20.0);
    check(&[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0);
}

#[test]
fn a_sine_is_as_loud_at_every_rate_and_a_step_of_its_course_lasts_a_tenth_of_a_second() {
    for rate in [8_000, 11_025, 22_050, 32_000, 44_100, 96_000, 192_000] {
        let one = wave(&[tone(-23.0, 20.0)], rate);
        let (loudness, levels) = measured(&[Speaker::Front; 2], rate, &[one.clone(), one]);
        near(loudness.integrated, -23.0, 0.1);
        assert_eq!(levels.steps.len(), 200, "{rate}");
        assert!((f64::from(levels.steps[100]) / 100.0 + 23.0).abs() < 0.1, "{rate}");
    }
}

#[test]
fn one_channel_counts_once_and_the_same_twice_counts_twice() {
    let one = wave(&[tone(-20.0, 10.0)], RATE);
    let mono = measured(&[Speaker::Front], RATE, std::slice::from_ref(&one)).0.integrated.unwrap();
    let dual = measured(&[Speaker::Front; 2], RATE, &[one.clone(), one]).0.integrated.unwrap();
    near(Some(mono), -23.0, 0.1);
    assert!((dual - mono - 3.01).abs() < 0.02, "{dual} and {mono}");
}

#[test]
fn silence_and_what_is_shorter_than_a_block_have_no_loudness() {
    let (loudness, levels) = stereo(&[silence(5.0)]);
    assert_eq!((loudness.integrated, loudness.range, loudness.gain), (None, None, None));
    assert_eq!((loudness.momentary_max, loudness.true_peak, loudness.peak), (None, None, 0.0));
    assert!(levels.steps.iter().all(|step| *step == NOTHING) && levels.steps.len() == 50);
    for seconds in [0.39, 1.0 / f64::from(RATE) * 2.0] {
        let (loudness, _) = stereo(&[tone(-6.0, seconds)]);
        assert_eq!((loudness.integrated, loudness.momentary_max), (None, None), "{seconds}");
        assert!(loudness.true_peak.is_some(), "{seconds}");
    }
    let constant = vec![0.5; RATE as usize * 5];
    let (loudness, _) = measured(&[Speaker::Front], RATE, &[constant]);
    assert!((0.5..0.6).contains(&loudness.peak), "its set-in overshoots: {}", loudness.peak);
}

#[test]
fn samples_that_are_no_numbers_leave_the_rest_as_it_is() {
    let clean = wave(&[tone(-23.0, 20.0)], RATE);
    let mut dirty = clean.clone();
    dirty[480_000] = f32::NAN;
    let found = measured(&[Speaker::Front; 2], RATE, &[dirty.clone(), dirty]).0;
    near(found.integrated, -23.0, 0.1);
    let mut wild = clean;
    wild[480_000] = f32::INFINITY;
    wild[480_001] = f32::MIN;
    let found = measured(&[Speaker::Front], RATE, &[wild]).0;
    assert!(found.true_peak.unwrap() > 50.0 && found.integrated.unwrap().is_finite(), "{found:?}");
}

#[test]
fn a_gap_is_no_silence_and_what_follows_stands_behind_it() {
    let piece = wave(&[tone(-23.0, 5.0)], RATE);
    let piece = woven(&[piece.clone(), piece]);
    let mut meter = meter(&[Speaker::Front; 2], RATE);
    meter.samples(2_000_000, &piece);
    meter.gap();
    meter.samples(12_000_000, &piece);
    let (loudness, levels) = meter.finish(0);
    near(loudness.integrated, -23.0, 0.02);
    near(loudness.range, 0.0, 0.1);
    assert_eq!(levels.steps.len(), 170);
    let heard: Vec<bool> = levels.steps.iter().map(|step| *step != NOTHING).collect();
    let expect = |at: usize| (20..70).contains(&at) || at >= 120;
    assert!(heard.iter().enumerate().all(|(at, heard)| *heard == expect(at)), "{heard:?}");
}

#[test]
fn what_no_sound_has_is_not_measured() {
    let alien = |rate: u32, channels: usize| {
        let form = SoundForm { sample_rate: rate, speakers: vec![Speaker::Front; channels] };
        Meter::new(&form).err().expect("it was measured").sentence
    };
    assert_eq!(
        alien(2_822_400, 8),
        "Butler does not measure sound of 8 channels of 2822400 samples a second."
    );
    alien(48_000, 0);
    alien(10, 2);
    alien(6_000_000, 1);
}

#[test]
fn the_gates_are_those_of_the_crate_too() {
    // Sines of many levels: noise that is the same each time.
    let mut state = 9_u32;
    let tones: Vec<Tone> = (0..120)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            tone(-45.0 + f64::from(state >> 16) % 40.0, 0.5)
        })
        .collect();
    let one = wave(&tones, RATE);
    let samples = woven(&[one.clone(), one.clone()]);
    let mut judge = EbuR128::new(2, RATE, Mode::I).unwrap();
    judge.add_frames_f32(&samples).unwrap();
    let (found, _) = measured(&[Speaker::Front; 2], RATE, &[one.clone(), one]);
    near(found.integrated, judge.loudness_global().unwrap(), 0.01);
}
