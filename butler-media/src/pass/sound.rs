//! Decodes sound while the file is read through, and feeds it to the makers that want it: each stream is
//! decoded once, and each form of it (rate and channels) is made once, however many makers want it.
//!
//! A form stays what it was at its stream's first sample, whatever the stream becomes on the way. Where sound
//! is missing the makers learn from when to when; nothing is made up. Start with [`Sound::begin`].

use super::through::Taker;
use super::{Feed, Reader};
use crate::ffi::{AvError, Demuxer, Packet, Resampler, SoundDecoder, SoundFrame, Target};
use crate::key_frames::{MAX_KEY_FRAMES, is_cut_off};
use crate::open::Stop;
use crate::products::{SoundMaker, SoundWants, Unheard};

/// Sound that comes so much later than the sound before it ended, microseconds, leaves a gap; less is how
/// containers round.
const GAP: i64 = 100_000;
/// One packet in so many may be damaged; one always.
const TOLERATED: u64 = 10;

/// The makers that want sound.
pub(super) struct Sound<'a> {
    reader: Reader<'a>,
    feeds: &'a mut [Feed<dyn SoundMaker>],
    /// By maker.
    heard: Vec<Heard>,
    tracks: Vec<Track>,
    clock: Clock,
}

/// What became of the sound that a maker wants: of each of its streams, once that is known.
pub(crate) struct Heard(Vec<(usize, Option<Result<(), Stop>>)>);

/// What was seen of the container's clock, microseconds.
#[derive(Debug, Default, Clone, Copy)]
struct Clock {
    start: Option<i64>,
    /// Later than this, from the start, nothing can be heard: such a time is a lie.
    latest: Option<i64>,
    /// The latest end of a packet of the file, from its start.
    seen: i64,
}

/// A stream that somebody listens to.
struct Track {
    stream: usize,
    decoder: SoundDecoder,
    frame: SoundFrame,
    /// When the next sample is expected, microseconds from the file's start.
    next: Option<i64>,
    forms: Vec<Form>,
    packets: u64,
    damaged: u64,
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

impl<'a> Sound<'a> {
    pub(super) fn new(reader: Reader<'a>, feeds: &'a mut [Feed<dyn SoundMaker>]) -> Self {
        let heard = feeds.iter().map(|feed| Heard::open(&*feed.maker)).collect();
        Self { reader, feeds, heard, tracks: Vec::new(), clock: Clock::default() }
    }

    /// Whether anybody waits for sound.
    pub(super) fn is_open(&self) -> bool {
        self.heard.iter().any(Heard::is_open)
    }

    /// What became of each maker's sound.
    pub(super) fn outcomes(mut self) -> Vec<Heard> {
        let unread = self.reader.unread();
        self.heard.iter_mut().for_each(|heard| heard.close(&unread));
        self.heard
    }

    /// Sets up a decoder for each stream that is wanted; who can't have one learns why.
    pub(super) fn begin(&mut self, demuxer: &Demuxer) {
        self.clock.start = demuxer.start().map(|first| self.reader.start(first));
        self.clock.latest = self.reader.claimed().map(|claimed| claimed.saturating_mul(2));
        for (maker, feed) in self.feeds.iter().enumerate() {
            for wants in feed.maker.wants() {
                let track = match self.tracks.iter_mut().find(|track| track.stream == wants.stream) {
                    Some(track) => track,
                    None => match Track::new(self.reader, demuxer, wants.stream) {
                        Ok(track) => self.tracks.push_mut(track),
                        Err(stop) => {
                            self.heard[maker].set(wants.stream, Err(stop));
                            continue;
                        }
                    },
                };
                match track.forms.iter_mut().find(|form| form.wants == wants) {
                    Some(form) => form.makers.push(maker),
                    None => track.forms.push(Form { wants, makers: vec![maker], made: None }),
                }
            }
        }
    }

    /// Leaves what is not listened to unread, where a table tells the place of each packet. Only if the sound
    /// lasts as long as the film: else it does not show whether the file was cut off.
    pub(super) fn read_alone(&self, demuxer: &mut Demuxer) {
        let Some(claimed) = self.reader.claimed() else { return };
        let start = self.clock.start.unwrap_or(0);
        let mut lasts = |track: &Track| {
            let last = demuxer
                .index(track.stream, MAX_KEY_FRAMES)
                .last()
                .map(|last| last.micros.saturating_sub(start));
            last.is_some_and(|last| !is_cut_off(last, claimed))
        };
        if self.reader.media.container() == "mov" && self.tracks.iter().all(&mut lasts) {
            let streams: Vec<usize> = self.tracks.iter().map(|track| track.stream).collect();
            demuxer.read_whole(&streams);
        }
    }

    /// What became of a track that was read to its end.
    fn verdict(&self, track: &Track) -> Result<(), Stop> {
        let media = self.reader.media;
        match self.reader.claimed().filter(|&claimed| is_cut_off(self.clock.seen, claimed)) {
            Some(claimed) => Err(self.reader.cut_off(self.clock.seen, claimed)),
            None if track.forms.iter().all(|form| form.made.is_none()) => {
                Err(media.stop(|| "The file's sound has nothing that can be decoded.".to_owned()))
            }
            None if track.damaged > (track.packets / TOLERATED).max(1) => Err(media.stop(|| {
                format!(
                    "The file's sound is damaged: {} of {} packets can't be decoded.",
                    track.damaged, track.packets
                )
            })),
            None => Ok(()),
        }
    }
}

impl Taker for Sound<'_> {
    fn is_wanted(&self) -> bool {
        let mut makers = self.feeds.iter().zip(&self.heard);
        makers.any(|(feed, heard)| heard.is_open() && (self.reader.is_wanted)(feed.want))
    }

    fn packet(&mut self, packet: &Packet) -> Result<(), Stop> {
        if let Some(time) = packet.micros() {
            let time = time.saturating_sub(*self.clock.start.get_or_insert_with(|| self.reader.start(time)));
            self.clock.seen = self.clock.seen.max(time.saturating_add(packet.duration_micros()));
        }
        let (clock, feeds) = (self.clock, &mut *self.feeds);
        if let Some(track) = self.tracks.iter_mut().find(|track| track.stream == packet.stream()) {
            track.packets += 1;
            let decoded = track.decode(Some(packet), clock, feeds);
            track.damaged += u64::from(decoded.is_err());
        }
        Ok(())
    }

    fn end(&mut self, outcome: Result<(), Stop>) {
        let mut tracks = std::mem::take(&mut self.tracks);
        for track in &mut tracks {
            if outcome.is_ok() {
                // What a decoder held back is all that may still come.
                let _ = track.decode(None, self.clock, self.feeds);
                track.forms.iter_mut().for_each(|form| form.drain(self.feeds));
            }
            let verdict = outcome.clone().and_then(|()| self.verdict(track));
            for &maker in track.forms.iter().flat_map(|form| &form.makers) {
                self.heard[maker].set(track.stream, verdict.clone());
            }
        }
        if let Err(stop) = outcome {
            // Of those that have no track yet.
            self.heard.iter_mut().for_each(|heard| heard.close(&stop));
        }
    }
}

impl Heard {
    fn open(maker: &dyn SoundMaker) -> Self {
        Self(maker.wants().into_iter().map(|wants| (wants.stream, None)).collect())
    }

    /// Of a maker that was fed nothing, for one reason.
    pub(super) fn none(maker: &dyn SoundMaker, stop: &Stop) -> Self {
        let mut heard = Self::open(maker);
        heard.close(stop);
        heard
    }

    fn is_open(&self) -> bool {
        self.0.iter().any(|(_, outcome)| outcome.is_none())
    }

    fn set(&mut self, stream: usize, became: Result<(), Stop>) {
        let mut outcomes = self.0.iter_mut();
        if let Some((_, outcome)) = outcomes.find(|(one, outcome)| *one == stream && outcome.is_none()) {
            *outcome = Some(became);
        }
    }

    /// Sets what is still open.
    fn close(&mut self, stop: &Stop) {
        for (_, outcome) in &mut self.0 {
            outcome.get_or_insert_with(|| Err(stop.clone()));
        }
    }

    /// The streams that were not fed to their end, if one was; else why the first was not.
    pub(crate) fn unheard(self) -> Result<Vec<Unheard>, Stop> {
        let (mut unheard, mut first, mut fed) = (Vec::new(), None, false);
        for (stream, outcome) in self.0 {
            match outcome {
                Some(Ok(())) => fed = true,
                Some(Err(Stop::Failed(failure))) => {
                    first.get_or_insert_with(|| Stop::Failed(failure.clone()));
                    unheard.push(Unheard { stream, failure });
                }
                Some(Err(Stop::Cancelled)) | None => return Err(Stop::Cancelled),
            }
        }
        match first {
            Some(stop) if !fed => Err(stop),
            _ => Ok(unheard),
        }
    }
}

impl Track {
    fn new(reader: Reader<'_>, demuxer: &Demuxer, stream: usize) -> Result<Self, Stop> {
        let decoder = reader.media.sound_decoder(demuxer, stream)?;
        let frame = SoundFrame::new().map_err(|_| super::out_of_memory())?;
        Ok(Self { stream, decoder, frame, next: None, forms: Vec::new(), packets: 0, damaged: 0 })
    }

    /// Decodes a packet, or what the decoder holds back, and feeds what comes of it.
    fn decode(
        &mut self,
        packet: Option<&Packet>,
        clock: Clock,
        feeds: &mut [Feed<dyn SoundMaker>],
    ) -> Result<(), AvError> {
        self.decoder.send(packet)?;
        while self.decoder.receive(&mut self.frame)? {
            let time = self.frame.micros(&self.decoder);
            let time = time.map(|time| time.saturating_sub(clock.start.unwrap_or(0)));
            let time = time.filter(|&time| clock.latest.is_none_or(|latest| time <= latest));
            self.feed(time, feeds)?;
        }
        Ok(())
    }

    /// Feeds the frame to all forms; `time` is its own say of when it is heard.
    fn feed(&mut self, time: Option<i64>, feeds: &mut [Feed<dyn SoundMaker>]) -> Result<(), AvError> {
        let expected = self.next.unwrap_or_else(|| time.unwrap_or(0).max(0));
        let gap = time.filter(|time| time.saturating_sub(expected) > GAP);
        let at = gap.unwrap_or(expected);
        self.next = Some(at.saturating_add(self.frame.duration_micros()));
        let mut outcome = Ok(());
        for form in &mut self.forms {
            if let Some(until) = gap {
                form.gap(expected, until, feeds);
            }
            outcome = outcome.and(form.feed(&self.frame, at, feeds));
        }
        outcome
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

#[cfg(test)]
mod tests;
