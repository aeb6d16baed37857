//! Decodes sound while the file is read through: each stream that somebody wants is decoded once. What was
//! decoded is brought into the forms that are wanted, and fed to the makers, by `sound/forms.rs`, on a thread
//! of its own where there is one to spare.
//!
//! Where sound is missing the makers learn from when to when; nothing is made up. Start with
//! [`Listening::begin`].

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use super::through::Taker;
use super::{Feed, Reader};
use crate::ffi::{AvError, Demuxer, Packet, SoundDecoder, SoundFrame};
use crate::key_frames::{MAX_KEY_FRAMES, is_cut_off};
use crate::open::Stop;
use crate::products::{SoundMaker, Unheard};
use forms::{Forms, Piece};

mod forms;

/// Sound that comes so much later than the sound before it ended, microseconds, leaves a gap; less is how
/// containers round.
const GAP: i64 = 100_000;
/// One packet in so many may be damaged; one always.
const TOLERATED: u64 = 10;
/// Pieces that go to the thread of the forms together, for each time it is woken costs more than a piece
/// does; and bytes of these, beyond which they are not gathered further.
const TOGETHER: (usize, usize) = (64, 1 << 20);

/// The makers that want sound, and what became of it.
pub(super) struct Sound<'a> {
    reader: Reader<'a>,
    feeds: &'a mut [Feed<dyn SoundMaker>],
    /// By maker.
    heard: Vec<Heard>,
}

/// What became of the sound that a maker wants: of each of its streams, once that is known.
pub(crate) struct Heard(Vec<(usize, Option<Result<(), Stop>>)>);

/// The makers of sound, while the file is read through.
pub(super) struct Listening<'scope, 'env> {
    reader: Reader<'env>,
    heard: &'env mut [Heard],
    /// The makers' wants.
    wants: Vec<usize>,
    tracks: Vec<Track>,
    clock: Clock,
    ears: Ears<'scope, 'env>,
}

/// Where the forms are.
enum Ears<'scope, 'env> {
    Here(Forms<'env>),
    Elsewhere {
        gathered: Vec<Piece>,
        sender: SyncSender<Vec<Piece>>,
        thread: ScopedJoinHandle<'scope, Forms<'env>>,
    },
    /// Its end has come.
    Closed,
}

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
    packets: u64,
    damaged: u64,
}

impl<'a> Sound<'a> {
    pub(super) fn new(reader: Reader<'a>, feeds: &'a mut [Feed<dyn SoundMaker>]) -> Self {
        let heard = feeds.iter().map(|feed| Heard::open(&*feed.maker)).collect();
        Self { reader, feeds, heard }
    }

    /// Whether anybody waits for sound.
    pub(super) fn is_open(&self) -> bool {
        self.heard.iter().any(Heard::is_open)
    }

    /// Nobody is fed any more, for one reason.
    pub(super) fn close(&mut self, stop: &Stop) {
        self.heard.iter_mut().for_each(|heard| heard.close(stop));
    }

    /// What became of each maker's sound.
    pub(super) fn outcomes(mut self) -> Vec<Heard> {
        let unread = self.reader.unread();
        self.close(&unread);
        self.heard
    }
}

impl<'scope, 'env> Listening<'scope, 'env> {
    /// Sets up a decoder for each stream that is wanted; who can't have one learns why. With `scope` the
    /// makers are fed on a thread of their own.
    pub(super) fn begin<'a: 'env>(
        sound: &'env mut Sound<'a>,
        demuxer: &Demuxer,
        scope: Option<&'scope Scope<'scope, 'env>>,
    ) -> Self {
        let Sound { reader, feeds, heard } = sound;
        let clock = Clock {
            start: demuxer.start().map(|first| reader.start(first)),
            latest: reader.claimed().map(|claimed| claimed.saturating_mul(2)),
            seen: 0,
        };
        let mut tracks: Vec<Track> = Vec::new();
        let wanted: Vec<_> = feeds.iter().map(|feed| feed.maker.wants()).collect();
        let wants = feeds.iter().map(|feed| feed.want).collect();
        let mut forms = Forms::new(feeds);
        for (maker, wanted) in wanted.into_iter().enumerate() {
            for form in wanted {
                let known = tracks.iter().position(|track| track.stream == form.stream);
                let track = known.map_or_else(
                    || {
                        tracks.push(Track::new(*reader, demuxer, form.stream)?);
                        Ok(tracks.len() - 1)
                    },
                    Ok,
                );
                match track {
                    Ok(track) => forms.want(track, form, maker),
                    Err(stop) => heard[maker].set(form.stream, Err(stop)),
                }
            }
        }
        let ears = match scope {
            None => Ears::Here(forms),
            Some(scope) => {
                // One batch is on its way while another is fed.
                let (sender, pieces) = sync_channel::<Vec<Piece>>(1);
                let feed = move || {
                    pieces.into_iter().flatten().for_each(|piece| forms.feed(&piece));
                    forms
                };
                Ears::Elsewhere { gathered: Vec::new(), sender, thread: scope.spawn(feed) }
            }
        };
        Self { reader: *reader, heard, wants, tracks, clock, ears }
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

    /// What became of a track that was read to its end; `is_made` says whether all of its forms came to be,
    /// `unfed` how many pieces could not be brought into one.
    fn verdict(&self, track: &Track, is_made: bool, unfed: u64) -> Result<(), Stop> {
        let media = self.reader.media;
        let damaged = track.damaged.saturating_add(unfed);
        match self.reader.claimed().filter(|&claimed| is_cut_off(self.clock.seen, claimed)) {
            Some(claimed) => Err(self.reader.cut_off(self.clock.seen, claimed)),
            None if !is_made => {
                Err(media.stop(|| "The file's sound has nothing that can be decoded.".to_owned()))
            }
            None if damaged > (track.packets / TOLERATED).max(1) => Err(media.stop(|| {
                format!(
                    "The file's sound is damaged: {damaged} of {} packets can't be decoded.",
                    track.packets
                )
            })),
            None => Ok(()),
        }
    }
}

impl Taker for Listening<'_, '_> {
    fn is_wanted(&self) -> bool {
        let mut makers = self.wants.iter().zip(&*self.heard);
        makers.any(|(want, heard)| heard.is_open() && (self.reader.is_wanted)(*want))
    }

    fn packet(&mut self, packet: &Packet) -> Result<(), Stop> {
        if let Some(time) = packet.micros() {
            let time = time.saturating_sub(*self.clock.start.get_or_insert_with(|| self.reader.start(time)));
            self.clock.seen = self.clock.seen.max(time.saturating_add(packet.duration_micros()));
        }
        let (clock, ears) = (self.clock, &mut self.ears);
        let mut tracks = self.tracks.iter_mut().enumerate();
        if let Some((place, track)) = tracks.find(|(_, track)| track.stream == packet.stream()) {
            track.packets += 1;
            let decoded = track.decode(Some(packet), place, clock, ears);
            track.damaged += u64::from(decoded.is_err());
        }
        Ok(())
    }

    fn end(&mut self, outcome: Result<(), Stop>) {
        if outcome.is_ok() {
            for (place, track) in self.tracks.iter_mut().enumerate() {
                // What a decoder held back is all that may still come.
                let _ = track.decode(None, place, self.clock, &mut self.ears);
            }
        }
        let Some(mut forms) = self.ears.close() else { return };
        for (place, track) in std::mem::take(&mut self.tracks).iter().enumerate() {
            if outcome.is_ok() {
                forms.drain(place);
            }
            let verdict =
                outcome.clone().and_then(|()| self.verdict(track, forms.are_made(place), forms.unfed(place)));
            for maker in forms.makers(place) {
                self.heard[maker].set(track.stream, verdict.clone());
            }
        }
        if let Err(stop) = outcome {
            // Of those that have no track yet.
            self.heard.iter_mut().for_each(|heard| heard.close(&stop));
        }
    }
}

impl<'env> Ears<'_, 'env> {
    fn hear(&mut self, piece: Piece) {
        match self {
            Self::Here(forms) => forms.feed(&piece),
            Self::Elsewhere { gathered, sender, .. } => {
                gathered.push(piece);
                let bytes: usize = gathered.iter().map(Piece::bytes).sum();
                if gathered.len() >= TOGETHER.0 || bytes >= TOGETHER.1 {
                    // A thread that panicked has ended the process by now.
                    let _ = sender.send(std::mem::take(gathered));
                }
            }
            Self::Closed => {}
        }
    }

    /// The forms, once all that was heard is fed; none the second time.
    fn close(&mut self) -> Option<Forms<'env>> {
        match std::mem::replace(self, Self::Closed) {
            Self::Here(forms) => Some(forms),
            Self::Elsewhere { gathered, sender, thread } => {
                let _ = sender.send(gathered);
                drop(sender);
                thread.join().ok()
            }
            Self::Closed => None,
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
        Ok(Self { stream, decoder, frame, next: None, packets: 0, damaged: 0 })
    }

    /// Decodes a packet, or what the decoder holds back, and has what comes of it heard.
    fn decode(
        &mut self,
        packet: Option<&Packet>,
        place: usize,
        clock: Clock,
        ears: &mut Ears<'_, '_>,
    ) -> Result<(), AvError> {
        self.decoder.send(packet)?;
        while self.decoder.receive(&mut self.frame)? {
            let time = self.frame.micros(&self.decoder);
            let time = time.map(|time| time.saturating_sub(clock.start.unwrap_or(0)));
            let time = time.filter(|&time| clock.latest.is_none_or(|latest| time <= latest));
            let expected = self.next.unwrap_or_else(|| time.unwrap_or(0).max(0));
            let late = time.filter(|time| time.saturating_sub(expected) > GAP);
            let at = late.unwrap_or(expected);
            self.next = Some(at.saturating_add(self.frame.duration_micros()));
            let gap = late.map(|until| (expected, until));
            ears.hear(Piece { track: place, frame: self.frame.take()?, at, gap });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
