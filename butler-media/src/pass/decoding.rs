//! Decodes the key frames that serve a mark while a film is read through: the reading thread gathers them,
//! others decode.
//!
//! What is decoded is a function of the file alone; what a key frame's picture needs besides its own packet
//! is gathered in `gathering.rs`. Start with [`Decoding::begin`].

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};

use super::gathering::{Gathering, KeyFrame, Pick};
use super::out_of_memory;
use super::pictures::Pictures;
use super::through::Taker;
use crate::ffi::{Alone, AvError, Decoder, Demuxer, Frame, Packet};
use crate::key_frames::{Steps, is_cut_off, stopped_early};
use crate::open::Stop;

/// Key frames by which a film that is refreshed strip by strip shows: the first one of all may be a true one.
const TRIED: usize = 2;

/// The makers of pictures, while the file is read through.
pub(super) struct Decoding<'scope, 'env> {
    pictures: &'env Pictures<'env>,
    /// Until the end.
    gathering: Option<Gathering>,
    /// To the threads that decode, until the end.
    sender: Option<SyncSender<Pick>>,
    threads: Vec<ScopedJoinHandle<'scope, Result<(), Stop>>>,
    /// Decodes the first key frames, to see what kind of film it is.
    trial: Option<Decoder>,
    tried: usize,
    /// When the file starts, microseconds by the container's clock.
    start: Option<i64>,
    /// The latest end of a packet, microseconds from the file's start.
    seen: i64,
    shown: Steps,
    /// Until when the video lasts by its own table, microseconds from the file's start.
    own_end: Option<i64>,
    /// The streams of sound.
    sound: Vec<usize>,
    /// The latest end of a packet of sound, microseconds from the file's start.
    heard: i64,
    outcome: Result<(), Stop>,
}

impl<'scope, 'env> Decoding<'scope, 'env> {
    /// Begins, with threads that decode.
    pub(super) fn begin(
        pictures: &'env Pictures<'env>,
        scope: &'scope Scope<'scope, 'env>,
        demuxer: &mut Demuxer,
    ) -> Result<Self, Stop> {
        demuxer.work_out_times();
        let decoders =
            (0..pictures.threads).map(|_| pictures.decoders(demuxer)).collect::<Result<Vec<_>, _>>()?;
        let trial = pictures.reader.media.decoder(demuxer, pictures.stream, true)?;
        // Each decoder has one key frame in hand and finds the next one waiting.
        let (sender, receiver) = sync_channel(pictures.threads);
        // Once the last decoding thread has let go of it, sending fails instead of waiting for ever.
        let receiver = Arc::new(Mutex::new(receiver));
        let decode = |decoders| {
            let receiver = Arc::clone(&receiver);
            scope.spawn(move || decode_what_comes(pictures, &receiver, decoders))
        };
        let start = demuxer.start().map(|first| pictures.reader.start(first));
        let ends = demuxer.stream(pictures.stream).and_then(|video| video.own_end());
        Ok(Self {
            pictures,
            gathering: Some(Gathering::new(pictures.chooser())),
            sender: Some(sender),
            threads: decoders.into_iter().map(decode).collect(),
            trial: Some(trial),
            tried: 0,
            start,
            seen: 0,
            shown: Steps::default(),
            own_end: ends.map(|end| end.saturating_sub(start.unwrap_or(0))),
            sound: pictures.reader.sound(),
            heard: 0,
            outcome: Ok(()),
        })
    }

    /// What became of the pictures, after the end.
    pub(super) fn outcome(self) -> Result<(), Stop> {
        self.outcome
    }

    /// Holds what was read to the length that the film claims.
    fn check_end(&self) -> Result<(), Stop> {
        let reader = self.pictures.reader;
        let Some(claimed) = reader.claimed() else { return Ok(()) };
        if is_cut_off(self.seen, claimed) {
            return Err(reader.cut_off(self.seen, claimed));
        }
        // Where nothing goes on but subtitles, or sound behind the video's own end, nothing is missing. Of a
        // video that states no length of its own nobody knows how long it should be.
        let Some(own_end) = self.own_end else { return Ok(()) };
        match self.shown.stops_early(self.heard.min(claimed).min(own_end)) {
            Some(end) => Err(reader.media.stop(|| stopped_early(end, claimed))),
            None => Ok(()),
        }
    }

    /// Sends the key frames that nothing more is known of.
    fn finish(&mut self) {
        if let (Some(gathering), Some(sender)) = (self.gathering.take(), &self.sender) {
            let _ = gathering.finish(self.seen).try_for_each(|pick| sender.send(pick));
        }
    }
}

impl Taker for Decoding<'_, '_> {
    fn is_wanted(&self) -> bool {
        self.pictures.is_wanted()
    }

    fn packet(&mut self, packet: &Packet) -> Result<(), Stop> {
        let time = packet.micros().map(|time| {
            time.saturating_sub(*self.start.get_or_insert_with(|| self.pictures.reader.start(time)))
        });
        let end = time.map_or(0, |time| time.saturating_add(packet.duration_micros()));
        self.seen = self.seen.max(end);
        if self.sound.contains(&packet.stream()) {
            self.heard = self.heard.max(end);
        }
        let (Some(gathering), Some(sender)) = (&mut self.gathering, &self.sender) else { return Ok(()) };
        if packet.stream() != self.pictures.stream {
            return Ok(());
        }
        time.into_iter().for_each(|time| self.shown.push(time));
        if let Some(decoder) = self.trial.as_mut().filter(|_| packet.is_key()) {
            if matches!(decoder.decode(packet), Ok(Alone::Unfinished)) {
                gathering.widen();
            }
            self.tried += 1;
            if self.tried == TRIED {
                self.trial = None;
            }
        }
        gathering.packet(packet, time).map_err(|_| out_of_memory())?;
        // Whoever decodes says why if nobody does any more.
        let sent = std::iter::from_fn(|| gathering.ready()).all(|pick| sender.send(pick).is_ok());
        if sent { Ok(()) } else { Err(self.pictures.reader.unread()) }
    }

    fn end(&mut self, outcome: Result<(), Stop>) {
        self.outcome = outcome.and_then(|()| self.check_end());
        if self.outcome.is_ok() {
            self.finish();
        }
        self.sender = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has ended the process by now.
            if let Ok(Err(stop)) = thread.join() {
                self.outcome = Err(stop);
            }
        }
    }
}

fn decode_what_comes(
    pictures: &Pictures<'_>,
    receiver: &Mutex<Receiver<Pick>>,
    decoders: Vec<(bool, Decoder)>,
) -> Result<(), Stop> {
    let mut tools = pictures.tools(decoders)?;
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((key_frame, shares)) = next else {
            return Ok(());
        };
        pictures.go_on()?;
        pictures.feed(&mut tools, key_frame.time, &shares, |decoder| picture(decoder, &key_frame))?;
    }
}

/// The picture of a key frame.
fn picture(
    decoder: &mut Decoder,
    KeyFrame { packet, before, after, .. }: &KeyFrame,
) -> Result<Frame, AvError> {
    match decoder.decode(packet)? {
        Alone::Whole(frame) => Ok(frame),
        Alone::Field => match (decoder.decode_fields(packet, after.first().ok_or(AvError::END)?), before) {
            // It was the second field, which the container takes for a key frame of its own.
            (Err(AvError::END), Some(before)) => decoder.decode_fields(before, packet),
            (decoded, _) => decoded,
        },
        // The picture is whole once each strip was seen.
        Alone::Unfinished => {
            let mut after = after.iter();
            decoder.decode_on(&mut packet.twin()?, |packet| {
                *packet = after.next().ok_or(AvError::END)?.twin()?;
                Ok(())
            })
        }
    }
}
