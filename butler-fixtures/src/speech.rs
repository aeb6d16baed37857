//! Speech by a synthesiser (`espeak-ng`), said at known times over music or noise.
//!
//! Never random: the same sentences at the same places, by two voices in turn.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::ffmpeg::{ffmpeg, run};

/// Samples a second, the synthesiser's own.
const RATE: usize = 22_050;
/// Pauses between the sentences, milliseconds: no two alike, so that they tell where in the talk one is.
const PAUSES_MS: [u64; 12] =
    [1_500, 3_200, 900, 4_100, 2_300, 5_000, 1_200, 2_900, 3_700, 1_800, 4_600, 2_100];
const SENTENCES: [&str; 12] = [
    "The lighthouse keeper counted the ships that came in before the storm.",
    "Nobody had told him that the bridge was closed.",
    "She put the letter on the table and walked away.",
    "We should have left an hour ago, when the road was still dry.",
    "Is there anything else that you remember of that evening?",
    "The train to the north leaves from the second platform.",
    "I have never seen so many birds in one place.",
    "He laughed.",
    "After the rain the whole valley smelled of grass and smoke.",
    "Please close the window, it is getting cold in here.",
    "They sold the house, the boat and everything that was in them.",
    "Tomorrow we will know more.",
];

/// What lies below the speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bed {
    /// Nothing.
    Silence,
    /// Chords that change, with a beat.
    Music,
    /// Noise, as of wind.
    Noise,
}

/// A talk of twelve sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// When somebody speaks, milliseconds: from a sentence's first sound to its last.
    pub spoken: Vec<(u64, u64)>,
    /// How long it is, milliseconds.
    pub lasts_ms: u64,
}

impl Talk {
    /// Writes a talk as a WAV of one channel, over a bed that is so many dB below the speech; `None` leaves
    /// the speech out.
    pub fn write(path: &Path, bed: Bed, below_db: Option<f64>) -> Result<Self> {
        let mut samples: Vec<f64> = Vec::new();
        let mut spoken = Vec::new();
        let (mut energy, mut voiced) = (0.0, 0);
        for (number, sentence) in SENTENCES.iter().enumerate() {
            samples.resize(samples.len() + RATE * PAUSES_MS[number] as usize / 1_000, 0.0);
            let said = say(sentence, if number % 2 == 0 { "en-us" } else { "en-gb+f3" })?;
            let at = |samples: usize| samples as u64 * 1_000 / RATE as u64;
            spoken.push((at(samples.len()), at(samples.len() + said.len())));
            energy += said.iter().map(|sample| sample * sample).sum::<f64>();
            voiced += said.len();
            samples.extend(said);
        }
        samples.resize(samples.len() + 2 * RATE, 0.0);
        if below_db.is_none() {
            samples.fill(0.0);
        }
        let under = under(bed, samples.len());
        let loudness = (under.iter().map(|sample| sample * sample).sum::<f64>() / under.len() as f64).sqrt();
        let gain = if loudness > 0.0 {
            (energy / voiced as f64).sqrt() / loudness * 10_f64.powf(-below_db.unwrap_or(0.0) / 20.0)
        } else {
            0.0
        };
        for (sample, under) in samples.iter_mut().zip(under) {
            *sample += under * gain;
        }
        fs::write(path, wav(&samples))?;
        Ok(Self { spoken, lasts_ms: samples.len() as u64 * 1_000 / RATE as u64 })
    }
}

impl Talk {
    /// Makes a film of a talk over music; `path` ends with `mkv`.
    pub fn film(path: &Path) -> Result<Self> {
        let sound = path.with_extension("wav");
        let talk = Self::write(&sound, Bed::Music, Some(15.0))?;
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", "testsrc2=s=64x36:r=5:d=60", "-i"]).arg(&sound);
        let made = run(command.args(["-map", "0", "-map", "1", "-c:v", "mpeg4", "-c:a", "aac"]).arg(path));
        fs::remove_file(&sound)?;
        made?;
        Ok(talk)
    }

    /// Its subtitles in SubRip's form, as if they came so many milliseconds late.
    pub fn subtitles(&self, late_ms: i64) -> String {
        let time = |ms: u64| {
            let ms = ms.saturating_add_signed(late_ms);
            format!("00:{:02}:{:02},{:03}", ms / 60_000, ms / 1_000 % 60, ms % 1_000)
        };
        let cue = |(number, ((from, to), sentence)): (usize, (&(u64, u64), &&str))| {
            format!("{}\n{} --> {}\n{sentence}\n\n", number + 1, time(*from), time(*to))
        };
        self.spoken.iter().zip(&SENTENCES).enumerate().map(cue).collect()
    }
}

/// What the synthesiser says, without the silence before and behind.
fn say(sentence: &str, voice: &str) -> Result<Vec<f64>> {
    let output = command("espeak-ng").args(["--stdout", "-v", voice, sentence]).output();
    let output = output.context("espeak-ng is not installed; run ./test")?;
    ensure!(output.status.success(), "espeak-ng: {}", String::from_utf8_lossy(&output.stderr));
    // Its header has the usual length; what it says of the data's length is not to be trusted on a pipe.
    let data = output.stdout.get(44..).context("espeak-ng wrote no WAV")?;
    let samples: Vec<f64> = data
        .chunks_exact(2)
        .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect();
    let is_loud = |sample: &f64| sample.abs() > 0.01;
    let first = samples.iter().position(is_loud).context("espeak-ng was silent")?;
    let last = samples.iter().rposition(is_loud).unwrap_or(first);
    Ok(samples[first..=last].to_vec())
}

fn under(bed: Bed, length: usize) -> Vec<f64> {
    let mut low = 0.0;
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 23) - 1.0
    };
    let chords = [[220.0, 277.2, 329.6], [196.0, 246.9, 293.7], [174.6, 220.0, 261.6], [246.9, 311.1, 370.0]];
    let sample = |at: usize| {
        let time = at as f64 / RATE as f64;
        match bed {
            Bed::Silence => 0.0,
            Bed::Noise => {
                low += 0.2 * (noise() - low);
                low * (1.0 + 0.5 * (time * 0.7).sin())
            }
            Bed::Music => {
                let chord = chords[(time / 2.0) as usize % chords.len()];
                let tone = |pitch: f64| {
                    let phase = std::f64::consts::TAU * pitch * time;
                    phase.sin() + 0.5 * (2.0 * phase).sin() + 0.25 * (3.0 * phase).sin()
                };
                let beat = (-8.0 * (time % 0.5)).exp() * noise();
                chord.into_iter().map(tone).sum::<f64>() * (0.6 + 0.4 * (-2.0 * (time % 0.5)).exp()) + beat
            }
        }
    };
    (0..length).map(sample).collect()
}

fn wav(samples: &[f64]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let mut wav = Vec::from(*b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend((RATE as u32).to_le_bytes());
    wav.extend((RATE as u32 * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    for sample in samples {
        wav.extend((((sample * 0.5).clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes());
    }
    wav
}
