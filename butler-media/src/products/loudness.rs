//! Makes `loudness`: how loud each of a file's sounds is, of all its samples at their own rate. The format is
//! `butler_product::loudness`.
//!
//! One sound that can't be decoded or measured leaves the others alone; what is measured of one is
//! `loudness/meter.rs`. Start with [`start`].

mod meter;

use std::fs::File;
use std::io::BufWriter;

use butler_product::loudness::{Levels, LevelsError, Loudness, MAX_STEPS, UnheardStream};
use butler_product::media_info::{MediaInfo, Stream, StreamKind};
use butler_product::{Failure, Value};

use super::{Channels, Made, SoundForm, SoundMaker, SoundWants, Start, Unheard, played};
use meter::Meter;

struct LoudnessMaker {
    played: usize,
    sounds: Vec<Sound>,
}

/// One stream.
struct Sound {
    stream: usize,
    /// From its first sample on; or why it can't be measured.
    meter: Option<Result<Meter, Failure>>,
}

pub(super) fn start(info: &MediaInfo) -> Start {
    let Some(played) = played(info) else {
        return Start::Answered(Value::Nothing { why: "The file has no sound.".to_owned() });
    };
    let sounds = info.streams.iter().filter(|stream| stream.kind == StreamKind::Audio);
    let sound = |stream: &Stream| Sound { stream: stream.index as usize, meter: None };
    Start::Sound(Box::new(LoudnessMaker { played, sounds: sounds.map(sound).collect() }))
}

impl LoudnessMaker {
    fn meter(&mut self, stream: usize) -> Option<&mut Meter> {
        let sound = self.sounds.iter_mut().find(|sound| sound.stream == stream)?;
        sound.meter.as_mut()?.as_mut().ok()
    }

    /// Gives a stream up whose times lead further than all streams together may last.
    fn bound(&mut self, stream: usize, until: i64) {
        let held: usize = self.sounds.iter().filter(|sound| sound.stream != stream).map(Sound::steps).sum();
        let sound = self.sounds.iter_mut().find(|sound| sound.stream == stream);
        if let Some(sound) = sound.filter(|_| meter::step_at(until).saturating_add(held) > MAX_STEPS) {
            sound.meter = Some(Err(Failure::content("The sound's times lead further than any file lasts.")));
        }
    }
}

impl Sound {
    fn steps(&self) -> usize {
        self.meter.as_ref().and_then(|meter| meter.as_ref().ok()).map_or(0, Meter::steps)
    }
}

impl SoundMaker for LoudnessMaker {
    fn wants(&self) -> Vec<SoundWants> {
        let own =
            |sound: &Sound| SoundWants { stream: sound.stream, sample_rate: None, channels: Channels::Own };
        self.sounds.iter().map(own).collect()
    }

    fn begin(&mut self, stream: usize, form: &SoundForm) {
        if let Some(sound) = self.sounds.iter_mut().find(|sound| sound.stream == stream) {
            sound.meter = Some(Meter::new(form));
        }
    }

    fn samples(&mut self, stream: usize, at: i64, samples: &[f32]) {
        self.bound(stream, at);
        if let Some(meter) = self.meter(stream) {
            meter.samples(at, samples);
        }
    }

    fn gap(&mut self, stream: usize, _from: i64, until: i64) {
        self.bound(stream, until);
        if let Some(meter) = self.meter(stream) {
            meter.gap();
        }
    }

    fn finish(self: Box<Self>, unheard: Vec<Unheard>, output: Option<File>) -> Result<Made, Failure> {
        let output =
            output.ok_or_else(|| Failure::worker("The order came without a file for the levels."))?;
        let index = |stream: usize| u32::try_from(stream).unwrap_or(u32::MAX);
        let mut value = Loudness { played: index(self.played), streams: Vec::new(), unheard: Vec::new() };
        let mut levels = Levels::default();
        let mut first = None;
        for Sound { stream, meter } in self.sounds {
            let lost = unheard.iter().find(|unheard| unheard.stream == stream);
            let measured = match lost {
                Some(Unheard { failure, .. }) => Err(failure.clone()),
                None => meter.unwrap_or_else(|| Err(Failure::content("It has no sample."))),
            };
            match measured.map(|meter| meter.finish(index(stream))) {
                Ok((loudness, course)) => {
                    value.streams.push(loudness);
                    levels.streams.push(course);
                }
                Err(failure) => {
                    value.unheard.push(UnheardStream { index: index(stream), why: failure.sentence.clone() });
                    first.get_or_insert(failure);
                }
            }
        }
        if let Some(failure) = first.filter(|_| value.streams.is_empty()) {
            return Err(failure);
        }
        let blob_bytes = levels.write(BufWriter::new(output)).map_err(|error| unwritten(&error))?;
        Ok(Made { value: value.into(), blob_bytes: Some(blob_bytes) })
    }
}

fn unwritten(error: &LevelsError) -> Failure {
    match error {
        LevelsError::Io(system) => Failure::source(format!("The levels can't be written: {system}.")),
        other => Failure::content(format!("The levels can't be written: {other}.")),
    }
}
