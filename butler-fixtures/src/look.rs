//! What a picture looks like: a small grey copy of a film's frame or of a JPEG, to tell whether two show the
//! same.
//!
//! Never judges: it gives a number.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::ffmpeg::{ffmpeg, run_for_output};

/// Width and height of the grey copy.
const SIDE: usize = 32;

/// A grey copy of 32 x 32 pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look(Vec<u8>);

impl Look {
    /// Of the frame that a film shows at a time, in seconds, turned as a player turns it.
    pub fn of_film(film: &Path, at_seconds: u64) -> Result<Self> {
        let mut command = ffmpeg();
        command.args(["-ss", &at_seconds.to_string(), "-i"]).arg(film);
        Self::of(command)
    }

    /// Of a JPEG file.
    pub fn of_jpeg(file: &Path) -> Result<Self> {
        let mut command = ffmpeg();
        command.args(["-f", "jpeg_pipe", "-i"]).arg(file);
        Self::of(command)
    }

    fn of(mut command: std::process::Command) -> Result<Self> {
        let scale = format!("scale={SIDE}:{SIDE}:flags=area");
        command.args([
            "-map",
            "0:v:0",
            "-frames:v",
            "1",
            "-vf",
            &scale,
            "-pix_fmt",
            "gray",
            "-f",
            "rawvideo",
            "-",
        ]);
        let pixels = run_for_output(&mut command)?;
        ensure!(pixels.len() == SIDE * SIDE, "ffmpeg gave no frame: {} bytes", pixels.len());
        Ok(Self(pixels))
    }

    /// The mean difference of two, 0 for the same to 255 for black and white.
    pub fn difference(&self, other: &Self) -> f64 {
        let sum: u32 = self.0.iter().zip(&other.0).map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
        f64::from(sum) / self.0.len() as f64
    }
}
