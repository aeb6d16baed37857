//! Reads a film once from its start to its end, where no index tells its key frames: one thread reads, the
//! others decode what serves a mark.
//!
//! What is decoded is a function of the file alone; what a key frame's picture needs besides is gathered in
//! `gathering.rs`.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::gathering::{Gathering, KeyFrame, Pick};
use super::packets::Listeners;
use super::{Pass, new_packet, out_of_memory};
use crate::ffi::{Alone, AvError, Decoder, Demuxer, Frame, Packet};
use crate::key_frames::{Chooser, Steps, cut_off, is_cut_off, stopped_early};
use crate::open::Stop;

/// Packets that can't be read, one after another, before the rest is given up.
const MAX_BAD_PACKETS: usize = 64;
/// Packets between two looks at whether the pass is still wanted and how far it came.
const PACKETS_BETWEEN_LOOKS: usize = 64;
/// Key frames by which a film that is refreshed strip by strip shows: the first one of all may be a true one.
const TRIED: usize = 2;

impl Pass<'_> {
    /// Feeds the key frames that serve a mark.
    pub(super) fn through(&self, listeners: &mut Listeners<'_>) -> Result<(), Stop> {
        let mut demuxer = self.media.known_demuxer()?;
        demuxer.work_out_times();
        let decoders = (0..self.threads)
            .map(|_| self.media.decoder(&demuxer, self.stream, self.rough()))
            .collect::<Result<Vec<_>, _>>()?;
        let trial = self.media.decoder(&demuxer, self.stream, self.rough())?;
        // Each decoder has one key frame in hand and finds the next one waiting.
        let (sender, receiver) = sync_channel(self.threads);
        // Once the last decoding thread has let go of it, sending fails instead of waiting for ever.
        let receiver = Arc::new(Mutex::new(receiver));
        thread::scope(|scope| {
            let mut decoding = Vec::new();
            for decoder in decoders {
                let receiver = Arc::clone(&receiver);
                decoding.push(scope.spawn(move || self.decode_what_comes(&receiver, decoder)));
            }
            drop(receiver);
            let mut outcome = self.read(&mut demuxer, trial, &sender, listeners);
            drop(sender);
            for thread in decoding {
                // A thread that panicked has ended the process by now.
                if let Ok(Err(stop)) = thread.join() {
                    outcome = outcome.and(Err(stop));
                }
            }
            outcome
        })
    }

    /// Reads to the end and sends the key frames that serve a mark.
    fn read(
        &self,
        demuxer: &mut Demuxer,
        trial: Decoder,
        sender: &SyncSender<Pick>,
        listeners: &mut Listeners<'_>,
    ) -> Result<(), Stop> {
        let mut gathering = Gathering::new(Chooser::new(&self.every(), self.duration));
        let mut start = demuxer.start();
        let (mut seen, mut shown) = (0, Steps::default());
        let (mut trial, mut tried) = (Some(trial), 0);
        let all_were_taken = self.read_packets(demuxer, listeners, |packet| {
            let time = packet.micros().map(|time| time.saturating_sub(*start.get_or_insert(time)));
            seen = seen.max(time.map_or(0, |time| time.saturating_add(packet.duration_micros())));
            if packet.stream() != self.stream {
                return Ok(true);
            }
            time.into_iter().for_each(|time| shown.push(time));
            if let Some(decoder) = trial.as_mut().filter(|_| packet.is_key()) {
                if matches!(decoder.decode(packet), Ok(Alone::Unfinished)) {
                    gathering.widen();
                }
                tried += 1;
                if tried == TRIED {
                    trial = None;
                }
            }
            gathering.packet(packet, time).map_err(|_| out_of_memory())?;
            // Whoever decodes says why if nobody does any more.
            Ok(std::iter::from_fn(|| gathering.ready()).all(|pick| sender.send(pick).is_ok()))
        })?;
        if !all_were_taken {
            return Ok(());
        }
        self.check_end(seen, &shown)?;
        let _ = gathering.finish(seen).try_for_each(|pick| sender.send(pick));
        Ok(())
    }

    /// Reads to the end, and gives each packet to the listeners and to `take`, until that says that it takes
    /// no more.
    fn read_packets(
        &self,
        demuxer: &mut Demuxer,
        listeners: &mut Listeners<'_>,
        mut take: impl FnMut(&Packet) -> Result<bool, Stop>,
    ) -> Result<bool, Stop> {
        let listening = listeners.listen_at_side();
        if listening {
            listeners.begin()?;
        }
        let mut packet = new_packet()?;
        let (mut bad, mut since_look) = (0, 0);
        while bad <= MAX_BAD_PACKETS {
            match demuxer.read(&mut packet) {
                Ok(()) => bad = 0,
                Err(AvError::END) => break,
                Err(error) => {
                    self.media.unless_stopped(error)?;
                    if listening {
                        listeners.lost();
                    }
                    bad += 1;
                    continue;
                }
            }
            since_look += 1;
            if since_look >= PACKETS_BETWEEN_LOOKS {
                since_look = 0;
                self.go_on()?;
                self.media.source.gauges.done(demuxer.place(), self.media.source.size());
            }
            if listening {
                listeners.packet(&packet);
            }
            if !take(&packet)? {
                return Ok(false);
            }
        }
        self.go_on()?;
        if listening {
            listeners.read_through();
        }
        Ok(true)
    }

    /// Holds what was read to the length that the film claims.
    fn check_end(&self, seen: i64, shown: &Steps) -> Result<(), Stop> {
        let Some(claimed) = self.duration else { return Ok(()) };
        if is_cut_off(seen, claimed) {
            return Err(self.media.stop(|| cut_off(seen, claimed)));
        }
        match shown.stops_early(claimed) {
            Some(end) => Err(self.media.stop(|| stopped_early(end, claimed))),
            None => Ok(()),
        }
    }

    fn decode_what_comes(&self, receiver: &Mutex<Receiver<Pick>>, mut decoder: Decoder) -> Result<(), Stop> {
        let mut hands = self.hands()?;
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((key_frame, shares)) = next else {
                return Ok(());
            };
            self.go_on()?;
            if self.is_any_wanted(&shares) {
                let picture = picture(&mut decoder, key_frame).ok().filter(|frame| !frame.is_damaged());
                self.feed(&mut hands, &shares, picture.as_ref());
            }
        }
    }
}

/// The picture of a key frame.
fn picture(
    decoder: &mut Decoder,
    KeyFrame { mut packet, before, after }: KeyFrame,
) -> Result<Frame, AvError> {
    match decoder.decode(&packet)? {
        Alone::Whole(frame) => Ok(frame),
        Alone::Field => match (decoder.decode_fields(&packet, after.first().ok_or(AvError::END)?), before) {
            // It was the second field, which the container takes for a key frame of its own.
            (Err(AvError::END), Some(before)) => decoder.decode_fields(&before, &packet),
            (decoded, _) => decoded,
        },
        // The picture is whole once each strip was seen.
        Alone::Unfinished => {
            let mut after = after.into_iter();
            decoder.decode_on(&mut packet, |packet| {
                *packet = after.next().ok_or(AvError::END)?;
                Ok(())
            })
        }
    }
}
