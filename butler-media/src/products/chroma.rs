//! Makes `chroma`: the sound fingerprints of a file's first and last part, by the crate `rusty-chromaprint`.
//! The format is `butler_product::chroma`.
//!
//! Where sound is missing the fingerprint is that of silence, so that its items keep their times. Start with
//! [`start`].

use std::fs::File;
use std::io::BufWriter;

use butler_product::chroma::{HEAD_SECONDS, Print, Prints, PrintsError, TAIL_SECONDS};
use butler_product::media_info::MediaInfo;
use butler_product::{Failure, Value};
use rusty_chromaprint::{Configuration, Fingerprinter};

use super::{Channels, Made, SoundForm, SoundMaker, SoundWants, Start, Unheard, played};

/// Samples a second of all fingerprints: those that the fingerprinter would make of any others itself.
const RATE: u32 = 11_025;
/// Samples of silence that are fed at once.
const SILENCE: usize = 4_096;

struct ChromaMaker {
    stream: usize,
    parts: Vec<Part>,
    buffer: Vec<i16>,
}

/// A part of the file, microseconds from its start.
struct Part {
    from: i64,
    until: i64,
    /// Its sound: a fingerprinter stays on the thread that made it, and makers are fed on several.
    samples: Vec<i16>,
    /// When its first sample was heard.
    began: Option<i64>,
}

pub(super) fn start(info: &MediaInfo) -> Start {
    let Some(stream) = played(info) else {
        return Start::Answered(Value::Nothing { why: "The file has no sound.".to_owned() });
    };
    let seconds = |seconds: u32| i64::from(seconds) * 1_000_000;
    let mut parts = vec![Part::new(0, seconds(HEAD_SECONDS))];
    let lasts = info.duration_ms.and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000));
    // Files that claim more than a number of milliseconds holds have no last part.
    if let Some(lasts) = lasts.filter(|lasts| *lasts <= i64::from(u32::MAX) * 1_000) {
        parts.push(Part::new((lasts - seconds(TAIL_SECONDS)).max(0), lasts));
    }
    Start::Sound(Box::new(ChromaMaker { stream, parts, buffer: Vec::new() }))
}

impl Part {
    const fn new(from: i64, until: i64) -> Self {
        Self { from, until, samples: Vec::new(), began: None }
    }

    /// None if nothing of it was heard.
    fn print(self) -> Option<Print> {
        let start_ms = u32::try_from(self.began? / 1_000).ok()?;
        let mut printer = Fingerprinter::new(&Configuration::preset_test2());
        // It refuses no channel at all, and rates below 1,000.
        printer.start(RATE, 1).ok()?;
        printer.consume(&self.samples);
        printer.finish();
        Some(Print { start_ms, items: printer.fingerprint().to_vec() })
    }

    /// Takes those of these samples that are its own; the first is heard at `at`.
    fn take(&mut self, at: i64, samples: &[i16]) {
        let sample_at = |time: i64| {
            let samples = i128::from(time.saturating_sub(at)).max(0) * i128::from(RATE) / 1_000_000;
            usize::try_from(samples).unwrap_or(usize::MAX)
        };
        let until = sample_at(self.until).min(samples.len());
        if let Some(own) = samples.get(sample_at(self.from)..until).filter(|own| !own.is_empty()) {
            self.began.get_or_insert(at.max(self.from));
            self.samples.extend_from_slice(own);
        }
    }
}

impl SoundMaker for ChromaMaker {
    fn wants(&self) -> Vec<SoundWants> {
        vec![SoundWants { stream: self.stream, sample_rate: Some(RATE), channels: Channels::Mono }]
    }

    fn begin(&mut self, _stream: usize, _form: &SoundForm) {}

    fn samples(&mut self, _stream: usize, at: i64, samples: &[f32]) {
        self.buffer.clear();
        self.buffer.extend(samples.iter().map(|sample| (sample * 32_768.0).round() as i16));
        for part in &mut self.parts {
            part.take(at, &self.buffer);
        }
    }

    fn gap(&mut self, _stream: usize, from: i64, until: i64) {
        let step = SILENCE as i64 * 1_000_000 / i64::from(RATE);
        for part in self.parts.iter_mut().filter(|part| part.began.is_some()) {
            let (mut at, until) = (from.max(part.from), until.min(part.until));
            while at < until {
                let samples = (until - at).min(step) * i64::from(RATE) / 1_000_000;
                part.take(at, &[0; SILENCE][..samples as usize]);
                at += step;
            }
        }
    }

    fn finish(self: Box<Self>, _unheard: Vec<Unheard>, output: Option<File>) -> Result<Made, Failure> {
        let output =
            output.ok_or_else(|| Failure::worker("The order came without a file for the fingerprints."))?;
        let prints = Prints { parts: self.parts.into_iter().filter_map(Part::print).collect() };
        let blob_bytes = prints.write(BufWriter::new(output)).map_err(|error| unwritten(&error))?;
        let value = prints.summary(u32::try_from(self.stream).unwrap_or(u32::MAX)).into();
        Ok(Made { value, blob_bytes: Some(blob_bytes) })
    }
}

fn unwritten(error: &PrintsError) -> Failure {
    match error {
        PrintsError::Io(system) => Failure::source(format!("The fingerprints can't be written: {system}.")),
        PrintsError::Damaged(_) => Failure::content(format!("The fingerprints can't be written: {error}.")),
    }
}
