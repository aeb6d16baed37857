//! Brings decoded sound into the forms (rate and channels) that makers want, each made once however many want
//! it, and feeds them.
//!
//! A form stays what it was at its stream's first sample, whatever the stream becomes on the way. Start with
//! [`Forms::feed`].

use super::super::Feed;
use crate::ffi::{AvError, Resampler, SoundFrame, Target};
use crate::products::{SoundMaker, SoundWants};

/// The forms of all streams that are listened to, and the makers that they feed.
pub(super) struct Forms<'a> {
    feeds: &'a mut [Feed<dyn SoundMaker>],
    /// By track.
    tracks: Vec<OfTrack>,
}

/// The forms of a stream.
#[derive(Default)]
struct OfTrack {
    forms: Vec<Form>,
    /// Pieces that could not be brought into one of them.
    unfed: u64,
}

/// What a stream's decoder gave at a time.
pub(super) struct Piece {
    /// Its stream's place among those that are listened to.
    pub(super) track: usize,
    pub(super) frame: SoundFrame,
    /// When it is heard, microseconds from the file's start.
    pub(super) at: i64,
    /// From when to when nothing was heard before it, if that is so.
    pub(super) gap: Option<(i64, i64)>,
}

/// A form of a stream, and the makers that want it, by their places.
struct Form {
    wants: SoundWants,
    makers: Vec<usize>,
    /// From the first sample on.
    made: Option<Made>,
}

struct Made {
    target: Target,
    resampler: Resampler,
    /// When the samples began that were made without a gap, microseconds from the file's start, and how many
    /// of each channel were.
    began: i64,
    samples: u64,
    buffer: Vec<f32>,
}

impl<'a> Forms<'a> {
    pub(super) const fn new(feeds: &'a mut [Feed<dyn SoundMaker>]) -> Self {
        Self { feeds, tracks: Vec::new() }
    }

    /// Notes that a maker wants this of a track.
    pub(super) fn want(&mut self, track: usize, wants: SoundWants, maker: usize) {
        if track >= self.tracks.len() {
            self.tracks.resize_with(track + 1, OfTrack::default);
        }
        let forms = &mut self.tracks[track].forms;
        match forms.iter_mut().find(|form| form.wants == wants) {
            Some(form) => form.makers.push(maker),
            None => forms.push(Form { wants, makers: vec![maker], made: None }),
        }
    }

    /// Feeds a piece to all forms of its track.
    pub(super) fn feed(&mut self, piece: &Piece) {
        let track = &mut self.tracks[piece.track];
        let mut is_fed = true;
        for form in &mut track.forms {
            if let Some((from, until)) = piece.gap {
                form.gap(from, until, self.feeds);
            }
            is_fed &= form.feed(&piece.frame, piece.at, self.feeds).is_ok();
        }
        track.unfed += u64::from(!is_fed);
    }

    /// Feeds what the resamplers of a track hold back.
    pub(super) fn drain(&mut self, track: usize) {
        self.tracks[track].forms.iter_mut().for_each(|form| form.drain(self.feeds));
    }

    /// Whether a track had a sample.
    pub(super) fn are_made(&self, track: usize) -> bool {
        self.tracks[track].forms.iter().any(|form| form.made.is_some())
    }

    pub(super) fn unfed(&self, track: usize) -> u64 {
        self.tracks[track].unfed
    }

    /// The makers that listen to a track.
    pub(super) fn makers(&self, track: usize) -> impl Iterator<Item = usize> {
        self.tracks[track].forms.iter().flat_map(|form| form.makers.iter().copied())
    }
}

impl Piece {
    /// Bytes of its samples, as good as.
    pub(super) fn bytes(&self) -> usize {
        self.frame.bytes()
    }
}

impl Form {
    fn feed(
        &mut self,
        frame: &SoundFrame,
        at: i64,
        feeds: &mut [Feed<dyn SoundMaker>],
    ) -> Result<(), AvError> {
        if self.made.as_ref().is_some_and(|made| !made.resampler.fits(frame)) {
            self.drain(feeds);
        }
        let made = match &mut self.made {
            Some(made) => {
                if !made.resampler.fits(frame) {
                    made.resampler = Resampler::new(frame, &made.target)?;
                }
                made
            }
            None => {
                let target = Target::new(frame, self.wants.sample_rate, self.wants.channels)?;
                let resampler = Resampler::new(frame, &target)?;
                let form = target.form();
                let stream = self.wants.stream;
                self.makers.iter().for_each(|&maker| feeds[maker].maker.begin(stream, &form));
                self.made.insert(Made { target, resampler, began: at, samples: 0, buffer: Vec::new() })
            }
        };
        made.resampler.convert(frame, &mut made.buffer)?;
        self.hand_over(feeds);
        Ok(())
    }

    /// Feeds what the resampler holds back.
    fn drain(&mut self, feeds: &mut [Feed<dyn SoundMaker>]) {
        if let Some(made) = &mut self.made
            && made.resampler.drain(&mut made.buffer).is_ok()
        {
            self.hand_over(feeds);
        }
    }

    /// Ends what was made so far; the next samples begin after the gap.
    fn gap(&mut self, from: i64, until: i64, feeds: &mut [Feed<dyn SoundMaker>]) {
        self.drain(feeds);
        if let Some(made) = &mut self.made {
            (made.began, made.samples) = (until, 0);
            self.makers.iter().for_each(|&maker| feeds[maker].maker.gap(self.wants.stream, from, until));
        }
    }

    fn hand_over(&mut self, feeds: &mut [Feed<dyn SoundMaker>]) {
        let Some(made) = self.made.as_mut().filter(|made| !made.buffer.is_empty()) else { return };
        let passed = u128::from(made.samples) * 1_000_000 / u128::from(made.target.rate().max(1));
        let at = made.began.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX));
        for &maker in &self.makers {
            feeds[maker].maker.samples(self.wants.stream, at, &made.buffer);
        }
        made.samples += (made.buffer.len() / made.target.channels().max(1)) as u64;
        made.buffer.clear();
    }
}
