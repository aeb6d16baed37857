//! Reads a film once from its start to its end, where no index tells its key frames: one thread reads, the others decode what serves a mark.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::{Pass, new_packet};
use crate::ffi::{AvError, Decoder, Demuxer, Packet};
use crate::key_frames::{Chooser, Share, cut_off, is_cut_off};
use crate::open::Stop;

/// Packets that can't be read, one after another, before the rest is given up.
const MAX_BAD_PACKETS: usize = 64;
/// Packets between two looks at whether the pass is still wanted and how far it came.
const PACKETS_BETWEEN_LOOKS: usize = 64;

/// A key frame that is wanted.
type Pick = (Packet, Vec<Share>);

impl Pass<'_> {
    /// Feeds the key frames that serve a mark.
    pub(super) fn through(&self) -> Result<(), Stop> {
        let mut demuxer = self.media.known_demuxer()?;
        demuxer.work_out_times();
        let decoders = (0..self.threads).map(|_| self.media.decoder(&demuxer, self.stream, self.rough())).collect::<Result<Vec<_>, _>>()?;
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
            let mut outcome = self.read(&mut demuxer, sender);
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
    fn read(&self, demuxer: &mut Demuxer, sender: SyncSender<Pick>) -> Result<(), Stop> {
        let mut chooser = Chooser::new(&self.every(), self.duration);
        let mut start = demuxer.start();
        let mut packet = new_packet()?;
        let mut pending: Option<Packet> = None;
        let mut seen = 0;
        let (mut bad, mut since_look) = (0, 0);
        loop {
            match demuxer.read(&mut packet) {
                Ok(()) => bad = 0,
                Err(AvError::END) => break,
                Err(error) => {
                    self.media.unless_stopped(error)?;
                    bad += 1;
                    if bad > MAX_BAD_PACKETS {
                        break;
                    }
                    continue;
                }
            }
            since_look += 1;
            if since_look >= PACKETS_BETWEEN_LOOKS {
                since_look = 0;
                self.go_on()?;
                self.media.source.gauges.done(demuxer.place(), self.media.source.size());
            }
            let Some(time) = packet.micros() else { continue };
            let time = time.saturating_sub(*start.get_or_insert(time));
            seen = seen.max(time.saturating_add(packet.duration_micros()));
            if packet.stream() != self.stream || !packet.is_key() {
                continue;
            }
            let Some(shares) = chooser.push(time) else { continue };
            let key_frame = std::mem::replace(&mut packet, new_packet()?);
            if !send(&sender, pending.replace(key_frame), shares) {
                // They say why.
                return Ok(());
            }
        }
        self.go_on()?;
        if let Some(claimed) = self.duration.filter(|&claimed| is_cut_off(seen, claimed)) {
            return Err(self.media.stop(|| cut_off(seen, claimed)));
        }
        send(&sender, pending, chooser.finish(seen));
        Ok(())
    }

    fn decode_what_comes(&self, receiver: &Mutex<Receiver<Pick>>, mut decoder: Decoder) -> Result<(), Stop> {
        let mut hands = self.hands()?;
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((packet, shares)) = next else {
                return Ok(());
            };
            self.go_on()?;
            let picture = decoder.decode(&packet).ok().filter(|frame| !frame.is_damaged());
            self.feed(&mut hands, &shares, picture.as_ref());
        }
    }
}

/// Sends a key frame that serves a mark; false if nobody decodes any more.
fn send(sender: &SyncSender<Pick>, key_frame: Option<Packet>, shares: Vec<Share>) -> bool {
    match key_frame {
        Some(key_frame) if !shares.is_empty() => sender.send((key_frame, shares)).is_ok(),
        _ => true,
    }
}
