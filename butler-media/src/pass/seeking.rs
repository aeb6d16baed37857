//! Reads a film from key frame to key frame by the container's index: several demuxers and decoders over the one descriptor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Pass, new_packet};
use crate::ffi::{AvError, Demuxer, IndexEntry, Packet};
use crate::key_frames::{Chooser, MAX_KEY_FRAMES, Share};
use crate::open::Stop;

/// Key frames that a thread takes at a time: neighbours, so that a disk reads on.
const AT_A_TIME: usize = 4;
/// Packets before the first one of the video; a file that has more before it starts with its sound.
const MAX_PACKETS_BEFORE: usize = 1_000;
/// Packets between the place that the index names and the key frame itself.
const MAX_PACKETS_AFTER_SEEK: usize = 2_000;
/// Index and pictures are never further apart than a decoder's delay, microseconds.
const MAX_SHIFT: i64 = 1_000_000;

/// The key frames that a container's index tells.
pub(super) struct Index {
    /// Their times are microseconds from the file's start.
    pub(super) entries: Vec<IndexEntry>,
    /// How much later a key frame is shown than its entry says, in the stream's own units: some indexes count when it is decoded.
    shift: i64,
    /// The demuxer that told them.
    demuxer: Demuxer,
}

/// A key frame that is wanted.
struct Pick {
    timestamp: i64,
    shares: Vec<Share>,
}

impl Pass<'_> {
    /// The key frames of the container's index.
    pub(super) fn index(&self) -> Result<Index, Stop> {
        let mut demuxer = self.media.demuxer()?;
        demuxer.read_only(self.stream);
        // Matroska reads its index at the first seek; no packet may be read before, for each read key frame would become an entry.
        let _ = demuxer.seek(self.stream, 0);
        let mut index = Index { entries: demuxer.index(self.stream, MAX_KEY_FRAMES), shift: 0, demuxer };
        if let Some(&first) = index.entries.first() {
            let (start, video) = self.first_times()?;
            let mut later = 0;
            if let Some((micros, timestamp)) = video.filter(|(micros, _)| micros.saturating_sub(first.micros).abs() <= MAX_SHIFT) {
                (later, index.shift) = (micros.saturating_sub(first.micros), timestamp.saturating_sub(first.timestamp));
            }
            for entry in &mut index.entries {
                entry.micros = entry.micros.saturating_add(later).saturating_sub(start);
            }
        }
        Ok(index)
    }

    /// When the file starts, microseconds by the container's clock, and when its video does, also in the stream's own units.
    fn first_times(&self) -> Result<(i64, Option<(i64, i64)>), Stop> {
        let mut demuxer = self.media.demuxer()?;
        let mut packet = new_packet()?;
        let mut start = i64::MAX;
        for _ in 0..MAX_PACKETS_BEFORE {
            if let Err(error) = demuxer.read(&mut packet) {
                self.media.unless_stopped(error)?;
                break;
            }
            let (Some(micros), Some((shown, _))) = (packet.micros(), packet.timestamps()) else { continue };
            start = start.min(micros);
            if packet.stream() == self.stream {
                return Ok((start, Some((micros, shown))));
            }
        }
        Ok((if start == i64::MAX { 0 } else { start }, None))
    }

    /// Feeds the key frames that serve a mark.
    pub(super) fn seek(&self, index: Index) -> Result<(), Stop> {
        let Index { entries, shift, demuxer } = index;
        let picks = picks(&self.every(), self.duration, &entries);
        let next = AtomicUsize::new(0);
        let threads = self.threads.min(picks.len().div_ceil(AT_A_TIME)).max(1);
        thread::scope(|scope| {
            let (picks, next) = (&picks, &next);
            let others: Vec<_> =
                (1..threads).map(|_| scope.spawn(move || self.seek_on_one_thread(picks, shift, next, self.media.demuxer()?))).collect();
            let mut outcome = self.seek_on_one_thread(picks, shift, next, demuxer);
            for other in others {
                // A thread that panicked has ended the process by now.
                if let Ok(Err(stop)) = other.join() {
                    outcome = outcome.and(Err(stop));
                }
            }
            outcome
        })
    }

    fn seek_on_one_thread(&self, picks: &[Pick], shift: i64, next: &AtomicUsize, mut demuxer: Demuxer) -> Result<(), Stop> {
        demuxer.read_only(self.stream);
        let mut decoder = self.media.decoder(&demuxer, self.stream, self.rough())?;
        let mut packet = new_packet()?;
        let mut hands = self.hands()?;
        loop {
            let from = next.fetch_add(AT_A_TIME, Ordering::Relaxed).min(picks.len());
            let taken = &picks[from..picks.len().min(from + AT_A_TIME)];
            if taken.is_empty() {
                return Ok(());
            }
            for pick in taken {
                self.go_on()?;
                let picture = self.key_packet(&mut demuxer, &mut packet, pick.timestamp, shift).and_then(|()| decoder.decode(&packet));
                let picture = match picture {
                    Ok(frame) => Some(frame).filter(|frame| !frame.is_damaged()),
                    Err(error) => self.media.unless_stopped(error).map(|_| None)?,
                };
                self.feed(&mut hands, &pick.shares, picture.as_ref());
            }
            self.media.source.gauges.done(from as u64, picks.len() as u64);
        }
    }

    /// Reads the key frame of an index entry.
    fn key_packet(&self, demuxer: &mut Demuxer, packet: &mut Packet, timestamp: i64, shift: i64) -> Result<(), AvError> {
        demuxer.seek(self.stream, timestamp.saturating_add(shift))?;
        for _ in 0..MAX_PACKETS_AFTER_SEEK {
            demuxer.read(packet)?;
            // A demuxer may land on the key frame before: where the index counts when a picture is decoded, that time tells.
            let arrived = packet.timestamps().is_none_or(|(shown, decoded)| decoded >= timestamp || (shift == 0 && shown >= timestamp));
            if packet.stream() == self.stream && packet.is_key() && arrived {
                return Ok(());
            }
        }
        Err(AvError::END)
    }
}

fn picks(every: &[i64], duration: Option<i64>, index: &[IndexEntry]) -> Vec<Pick> {
    let mut chooser = Chooser::new(every, duration);
    let mut picks = Vec::new();
    let mut previous = None;
    for entry in index {
        let Some(shares) = chooser.push(entry.micros) else { continue };
        picks.extend(previous.filter(|_| !shares.is_empty()).map(|timestamp| Pick { timestamp, shares }));
        previous = Some(entry.timestamp);
    }
    let shares = chooser.finish(0);
    picks.extend(previous.filter(|_| !shares.is_empty()).map(|timestamp| Pick { timestamp, shares }));
    picks
}
