//! Measures one sound as it comes: the energies of its hundredths of a second by the filter of BS.1770, and
//! from them its momentary, short-term and gating blocks, its course and its true peak.
//!
//! Filter and true peak are the crate `ebur128`'s; the windows are counted here, every hundredth of a second,
//! for its own are looked at ten times a second and miss the highest of short sounds. What was not heard is
//! no silence: windows begin anew behind a gap. Start with [`Meter::samples`].

use std::collections::VecDeque;

use butler_product::Failure;
use butler_product::loudness::{Gate, Measured, NOTHING, STEP_MS, StreamLevels, StreamLoudness, energy_of};
use ebur128::{Channel, EbuR128, Mode};

use crate::products::{SoundForm, Speaker};

/// Milliseconds of a tick, the shortest time that is measured.
const TICK_MS: u32 = 10;
/// Ticks of a step of the course, of a momentary and a short-term window.
const STEP: usize = (STEP_MS / TICK_MS) as usize;
const MOMENTARY: usize = 40;
const SHORT_TERM: usize = 300;
/// Louder than this, 60 dB over full scale, is no sample but damage.
const MOST: f32 = 1_000.0;
/// More samples a second, of all channels, are no sound's.
const MAX_SAMPLES_A_SECOND: u64 = 16_000_000;

pub(super) struct Meter {
    ebur128: EbuR128,
    channels: usize,
    rate: u64,
    /// Samples of the tick that is not whole yet.
    tick: Vec<f32>,
    /// Ticks since the last gap, and the energies of the newest of them.
    ticks: u64,
    newest: VecDeque<f64>,
    gate: Gate,
    short_terms: Vec<f64>,
    momentary_max: f64,
    short_term_max: f64,
    steps: Vec<i16>,
}

/// The step that holds a time, microseconds from the file's start.
pub(super) fn step_at(micros: i64) -> usize {
    usize::try_from(micros / (i64::from(STEP_MS) * 1_000)).unwrap_or(0)
}

impl Meter {
    pub(super) fn new(form: &SoundForm) -> Result<Self, Failure> {
        let channels = form.speakers.len();
        let alien = || {
            let words = format!("{channels} channels of {} samples a second", form.sample_rate);
            Failure::content(format!("Butler does not measure sound of {words}."))
        };
        let rate = u64::from(form.sample_rate);
        if rate * channels as u64 > MAX_SAMPLES_A_SECOND || rate < u64::from(1_000 / TICK_MS) {
            return Err(alien());
        }
        let count = u32::try_from(channels).map_err(|_| alien())?;
        let mut ebur128 =
            EbuR128::new(count, form.sample_rate, Mode::M | Mode::TRUE_PEAK).map_err(|_| alien())?;
        ebur128.set_channel_map(&weighed(&form.speakers)).map_err(|_| alien())?;
        Ok(Self {
            ebur128,
            channels,
            rate,
            tick: Vec::new(),
            ticks: 0,
            newest: VecDeque::with_capacity(SHORT_TERM),
            gate: Gate::default(),
            short_terms: Vec::new(),
            momentary_max: 0.0,
            short_term_max: 0.0,
            steps: Vec::new(),
        })
    }

    /// Steps of the course so far.
    pub(super) const fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Takes samples of all channels, the first heard at `at`.
    pub(super) fn samples(&mut self, at: i64, mut samples: &[f32]) {
        if self.ticks == 0 && self.tick.is_empty() {
            self.steps.resize(step_at(at).max(self.steps.len()), NOTHING);
        }
        while !samples.is_empty() {
            let missing = (self.tick_samples() - self.tick.len()).min(samples.len());
            let (now, later) = samples.split_at(missing);
            self.tick.extend(now.iter().map(|sample| bounded(*sample)));
            samples = later;
            if self.tick.len() == self.tick_samples() {
                self.end_tick();
            }
        }
    }

    /// Begins anew behind a gap.
    pub(super) fn gap(&mut self) {
        self.weigh();
        self.ticks = 0;
        self.newest.clear();
    }

    /// What was measured, of the stream at a place of the container.
    pub(super) fn finish(mut self, index: u32) -> (StreamLoudness, StreamLevels) {
        self.weigh();
        let peaks = (0..self.ebur128.channels()).filter_map(|channel| self.ebur128.true_peak(channel).ok());
        let measured = Measured {
            gate: &self.gate,
            short_terms: &self.short_terms,
            momentary_max: self.momentary_max,
            short_term_max: self.short_term_max,
            peak: peaks.fold(0.0, f64::max),
        };
        (StreamLoudness::new(index, &measured), StreamLevels { index, steps: self.steps })
    }

    /// Samples of the tick at hand: ticks end where the clock says, whether the rate has a hundredth or not.
    fn tick_samples(&self) -> usize {
        let until = |tick: u64| tick * self.rate * u64::from(TICK_MS) / 1_000;
        (until(self.ticks + 1) - until(self.ticks)) as usize * self.channels
    }

    /// Hands the filter what is gathered.
    fn weigh(&mut self) {
        // It refuses nothing but half a frame, of which there is none here.
        let _ = self.ebur128.add_frames_f32(&self.tick);
        self.tick.clear();
    }

    fn end_tick(&mut self) {
        self.weigh();
        self.ticks += 1;
        let energy = self.ebur128.loudness_window(TICK_MS).map_or(0.0, energy_of);
        if self.newest.len() == SHORT_TERM {
            self.newest.pop_front();
        }
        self.newest.push_back(energy);
        let (momentary, short_term) = (self.mean(MOMENTARY), self.mean(SHORT_TERM));
        self.momentary_max = self.momentary_max.max(momentary.unwrap_or(0.0));
        self.short_term_max = self.short_term_max.max(short_term.unwrap_or(0.0));
        if self.ticks.is_multiple_of(STEP as u64) {
            self.steps.extend(self.mean(STEP).map(StreamLevels::step));
            momentary.into_iter().for_each(|energy| self.gate.add(energy));
            self.short_terms.extend(short_term);
        }
    }

    /// The mean energy of the newest ticks, once there are so many without a gap.
    fn mean(&self, ticks: usize) -> Option<f64> {
        let first = self.newest.len().checked_sub(ticks)?;
        Some(self.newest.range(first..).sum::<f64>() / ticks as f64)
    }
}

/// A sample that harms nothing: floats of a file may be no numbers.
fn bounded(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-MOST, MOST) }
}

/// The channels by their weights of BS.1770-5: those at the side count more, low-frequency effects nothing.
/// The two behind stand at the sides unless others do.
fn weighed(speakers: &[Speaker]) -> Vec<Channel> {
    let has_sides = speakers.contains(&Speaker::Side);
    let channel = |speaker: &Speaker| match speaker {
        Speaker::Front => Channel::Center,
        Speaker::Side => Channel::Mp090,
        Speaker::Back if has_sides => Channel::Mp135,
        Speaker::Back => Channel::LeftSurround,
        Speaker::BackCenter => Channel::Mp180,
        Speaker::LowFrequency => Channel::Unused,
    };
    speakers.iter().map(channel).collect()
}

#[cfg(test)]
mod tests;
