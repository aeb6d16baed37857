//! Music whose kinds nobody takes for one another: drums, strings, bells, noise.
//!
//! Never random: a kind and a seed are a piece, to the bit. Two pieces of a kind differ in tempo and pitch as
//! two songs of an album do. Start with [`Piece::make`].

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::Random;
use crate::ffmpeg::{bit_exact, ffmpeg, run};

/// Samples a second.
const RATE: u32 = 44_100;
/// The arguments before a file of samples.
const INPUT: [&str; 7] = ["-f", "f32le", "-ar", "44100", "-ac", "1", "-i"];
/// Voices of a string.
const VOICES: [f64; 3] = [0.997, 1.0, 1.003];
/// Minor chords that follow one another, semitones above the piece's tone.
const CHORDS: [f64; 4] = [0.0, 5.0, 7.0, 3.0];

/// A kind of music.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A drum loop of about 130 beats a minute.
    Drums,
    /// Chords of strings that swell slowly, four seconds each.
    Strings,
    /// High bells, plucked one after the other.
    Bells,
    /// Noise, as of the sea.
    Noise,
}

impl Piece {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Drums, Self::Strings, Self::Bells, Self::Noise];

    /// Encodes a piece of this kind into a new file, in what its extension says; with the tags `title`,
    /// `artist`, `album` and the like. `arguments` go to the encoder: `-ar 8000`, say.
    pub fn make(
        self,
        path: &Path,
        seed: u32,
        seconds: u32,
        tags: &[(&str, &str)],
        arguments: &[&str],
    ) -> Result<()> {
        let samples = path.with_extension("samples");
        let bytes: Vec<u8> = self.samples(seed, seconds).into_iter().flat_map(f32::to_le_bytes).collect();
        fs::write(&samples, bytes)?;
        let mut command = ffmpeg();
        command.args(INPUT).arg(&samples);
        for (tag, value) in tags {
            command.args(["-metadata", &format!("{tag}={value}")]);
        }
        bit_exact(&mut command);
        let made = run(command.args(arguments).arg(path));
        fs::remove_file(&samples)?;
        made
    }

    fn samples(self, seed: u32, seconds: u32) -> Vec<f32> {
        let mut random = Random::seeded(u64::from(seed));
        let mut noise = move || random.between(0, 20_000) as f64 / 10_000.0 - 1.0;
        let (mut low, mut last) = (0.0, 0.0);
        let tone = 110.0 * 2_f64.powf(f64::from(seed % 5) / 12.0);
        let beat = 60.0 / (110.0 + 9.0 * f64::from(seed % 5));
        // How much of the drums are snare and hat.
        let bright = 1.0 + 0.4 * f64::from(seed % 5);
        let mut sample = |at: u32| {
            let time = f64::from(at) / f64::from(RATE);
            match self {
                Self::Drums => {
                    let (since, number) = (time % beat, (time / beat) as u32);
                    let kick =
                        (TAU * (50.0 + 90.0 * (-30.0 * since).exp()) * since).sin() * (-9.0 * since).exp();
                    let white = noise();
                    let high = white - last;
                    last = white;
                    let snare = if number % 2 == 1 { white * (-18.0 * since).exp() } else { 0.0 };
                    let hat = high * (-60.0 * (time % (beat / 2.0))).exp();
                    0.6 * kick + (0.2 * snare + 0.06 * hat) * bright
                }
                Self::Strings => {
                    let chord = CHORDS[(time / 4.0) as usize % CHORDS.len()];
                    let swell = (TAU * (time % 4.0) / 8.0).sin();
                    let string = |step: f64| {
                        let pitch = tone * 2_f64.powf((chord + step) / 12.0);
                        let voice = |detuned: &f64| {
                            let phase = TAU * pitch * detuned * time + 0.3 * (TAU * 5.0 * time).sin();
                            (1..=6).map(|nth| (phase * f64::from(nth)).sin() / f64::from(nth)).sum::<f64>()
                        };
                        VOICES.iter().map(voice).sum::<f64>()
                    };
                    0.05 * swell * [0.0, 3.0, 7.0, 12.0].into_iter().map(string).sum::<f64>()
                }
                Self::Bells => {
                    let (since, number) = (time % 0.4, (time / 0.4) as u32);
                    let step = f64::from(number.wrapping_mul(7) % 5) * 12.0 / 5.0;
                    let phase = TAU * tone * 8.0 * 2_f64.powf(step / 12.0) * since;
                    0.5 * (phase.sin() + 0.6 * (phase * 2.76).sin()) * (-7.0 * since).exp()
                }
                Self::Noise => {
                    low += 0.3 * (noise() - low);
                    low * (0.7 + 0.3 * (TAU * time / (6.0 + f64::from(seed % 3))).sin())
                }
            }
        };
        (0..seconds * RATE).map(|at| sample(at) as f32).collect()
    }
}
