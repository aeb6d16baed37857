//! Makes `voice`: where somebody speaks, by the model of the crate `earshot`. The format is
//! `butler_product::voice`.
//!
//! The model says of each 16 ms how likely speech is; `voice/segments.rs` makes segments of that. Start with
//! [`start`].

mod segments;

use std::fs::File;
use std::io::BufWriter;

use butler_product::media_info::MediaInfo;
use butler_product::voice::{Voice, VoiceError};
use butler_product::{Failure, Value};
use earshot::Detector;

use super::{Channels, Made, SoundForm, SoundMaker, SoundWants, Start, Unheard, played};
use segments::Segments;

/// What the model takes: samples a second, and of them one frame.
const RATE: u32 = 16_000;
const FRAME: usize = 256;
/// How long a frame lasts, microseconds.
const FRAME_MICROS: i64 = FRAME as i64 * 1_000_000 / RATE as i64;

struct VoiceMaker {
    stream: usize,
    detector: Box<Detector>,
    frame: Vec<f32>,
    /// When the frame at hand began.
    at: i64,
    segments: Segments,
}

pub(super) fn start(info: &MediaInfo) -> Start {
    let Some(stream) = played(info) else {
        return Start::Answered(Value::Nothing { why: "The file has no sound.".to_owned() });
    };
    Start::Sound(Box::new(VoiceMaker {
        stream,
        detector: Box::new(Detector::default()),
        frame: Vec::with_capacity(FRAME),
        at: 0,
        segments: Segments::default(),
    }))
}

impl SoundMaker for VoiceMaker {
    fn wants(&self) -> Vec<SoundWants> {
        vec![SoundWants { stream: self.stream, sample_rate: Some(RATE), channels: Channels::Mono }]
    }

    fn begin(&mut self, _stream: usize, _form: &SoundForm) {}

    fn samples(&mut self, _stream: usize, at: i64, mut samples: &[f32]) {
        if self.frame.is_empty() {
            self.at = at;
        }
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(FRAME - self.frame.len()));
            self.frame.extend(now.iter().map(|sample| bounded(*sample)));
            samples = later;
            if self.frame.len() == FRAME {
                let likely = self.detector.predict_f32(&self.frame);
                self.segments.frame(self.at, self.at + FRAME_MICROS, likely);
                self.at += FRAME_MICROS;
                self.frame.clear();
            }
        }
    }

    fn gap(&mut self, _stream: usize, _from: i64, _until: i64) {
        self.detector.reset();
        self.frame.clear();
        self.segments.gap();
    }

    fn finish(self: Box<Self>, _unheard: Vec<Unheard>, output: Option<File>) -> Result<Made, Failure> {
        let output =
            output.ok_or_else(|| Failure::worker("The order came without a file for the segments."))?;
        let voice = Voice { segments: self.segments.finish() };
        let blob_bytes = voice.write(BufWriter::new(output)).map_err(|error| unwritten(&error))?;
        let value = voice.summary(u32::try_from(self.stream).unwrap_or(u32::MAX)).into();
        Ok(Made { value, blob_bytes: Some(blob_bytes) })
    }
}

/// A sample as the model takes it: of a file it may be more than full scale, or no number.
fn bounded(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

fn unwritten(error: &VoiceError) -> Failure {
    match error {
        VoiceError::Io(system) => Failure::source(format!("The segments can't be written: {system}.")),
        VoiceError::Damaged(_) => Failure::content(format!("The segments can't be written: {error}.")),
    }
}
