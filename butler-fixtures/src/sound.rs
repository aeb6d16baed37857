//! Sound for films, and tunes for albums: plucked melodies of five notes.
//!
//! Never random: a seed is a melody, to the bit.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::Random;
use crate::ffmpeg::{bit_exact, ffmpeg, run};

/// Samples a second.
const RATE: u32 = 48_000;

/// The arguments before a file that [`melody`] filled.
pub(crate) const MELODY_INPUT: [&str; 7] = ["-f", "s16le", "-ar", "48000", "-ac", "2", "-i"];

/// How a sound is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Advanced Audio Coding.
    Aac,
    /// MPEG-1 layer 2.
    Mp2,
    /// MPEG-1 layer 3.
    Mp3,
    /// Opus.
    Opus,
    /// Free Lossless Audio Codec.
    Flac,
}

impl Sound {
    /// The file name's extension of a tune in it, without its dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Aac => "m4a",
            Self::Mp2 => "mp2",
            Self::Mp3 => "mp3",
            Self::Opus => "opus",
            Self::Flac => "flac",
        }
    }

    /// The encoder's arguments.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Aac => &["-c:a", "aac", "-b:a", "96k"],
            Self::Mp2 => &["-c:a", "mp2", "-b:a", "192k"],
            Self::Mp3 => &["-c:a", "libmp3lame", "-b:a", "128k"],
            Self::Opus => &["-c:a", "libopus", "-b:a", "96k"],
            Self::Flac => &["-c:a", "flac"],
        }
    }
}

/// A tune's description: a track of an album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tune {
    /// How it is coded.
    pub sound: Sound,
    /// Its length in seconds.
    pub seconds: u32,
    /// Makes it another melody.
    pub seed: u32,
    /// The tags `title`, `artist`, `album` and `track`, say, with their values.
    pub tags: Vec<(String, String)>,
}

impl Tune {
    /// Encodes it into a new file. `path` ends with [`Sound::extension`].
    pub fn make(&self, path: &Path) -> Result<()> {
        let mut command = ffmpeg();
        let samples = path.with_extension("pcm");
        fs::write(&samples, melody(self.seed, self.seconds))?;
        command.args(MELODY_INPUT).arg(&samples);
        for (tag, value) in &self.tags {
            command.args(["-metadata", &format!("{tag}={value}")]);
        }
        command.args(self.sound.arguments());
        bit_exact(&mut command);
        let made = run(command.arg(path));
        fs::remove_file(&samples)?;
        made
    }
}

/// A melody of two notes a second that a seed draws: 48 kHz, two channels, 16 bits, little-endian.
pub(crate) fn melody(seed: u32, seconds: u32) -> Vec<u8> {
    let mut random = Random::seeded(u64::from(seed));
    // Semitones above G3.
    let notes: Vec<f64> = (0..5).map(|_| 196.0 * 2f64.powf(random.between(0, 20) as f64 / 12.0)).collect();
    let mut samples = Vec::with_capacity(seconds as usize * RATE as usize * 4);
    for at in 0..u64::from(seconds) * u64::from(RATE) {
        let time = at as f64 / f64::from(RATE);
        let note = notes[(at / u64::from(RATE / 2)) as usize % notes.len()];
        let tone = (TAU * note * time).sin() * (-3.0 * (time % 0.5)).exp();
        for loudness in [0.4, 0.3] {
            samples.extend(((tone * loudness * f64::from(i16::MAX)) as i16).to_le_bytes());
        }
    }
    samples
}
