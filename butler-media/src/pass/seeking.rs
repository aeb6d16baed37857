//! Reads a film from key frame to key frame by its index: several demuxers and decoders over the one
//! descriptor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::new_packet;
use super::pictures::Pictures;
use crate::ffi::{Alone, AvError, Decoder, Demuxer, Frame, IndexEntry, Packet};
use crate::key_frames::MAX_KEY_FRAMES;
use crate::marks::{Chooser, Share};
use crate::open::Stop;

/// Key frames that a thread takes at a time: neighbours, so that a disk reads on.
const AT_A_TIME: usize = 4;
/// Packets before the first one of the video; a file that has more before it starts with its sound.
const MAX_PACKETS_BEFORE: usize = 1_000;
/// Packets between the place that the index names and the key frame itself.
const MAX_PACKETS_AFTER_SEEK: usize = 2_000;
/// Index and pictures are never further apart than a decoder's delay, microseconds.
const MAX_SHIFT: i64 = 1_000_000;

/// The key frames that a container's index tells, or that were found without one.
pub(super) struct Index {
    /// Their times are microseconds from the file's start.
    pub(super) entries: Vec<IndexEntry>,
    landing: Landing,
    /// The demuxer that told them.
    demuxer: Demuxer,
}

impl Index {
    /// Of a container that may be entered anywhere: the entries' places are those of the key frames
    /// themselves.
    pub(super) const fn of_places(entries: Vec<IndexEntry>, demuxer: Demuxer) -> Self {
        Self { entries, landing: Landing::Place, demuxer }
    }
}

/// How a key frame is come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Landing {
    /// By its time. It is shown so much later than its entry says, in the stream's own units: some indexes
    /// count when it is decoded.
    Time { shift: i64 },
    /// By its place; then its time, of which a transport stream tells 33 bits, has to be the entry's.
    Place,
}

/// Values of a transport stream's clock before it begins anew.
pub(super) const WRAP: i64 = 1 << 33;

/// A key frame that is wanted.
struct Pick {
    entry: IndexEntry,
    /// The one before it in the index.
    before: Option<IndexEntry>,
    shares: Vec<Share>,
}

impl Pictures<'_> {
    /// The key frames of the container's index.
    pub(super) fn container_index(&self) -> Result<Index, Stop> {
        let mut demuxer = self.reader.media.demuxer()?;
        demuxer.read_only(self.stream);
        // Matroska reads its index at the first seek; no packet may be read before, for each read key frame
        // would become an entry.
        let _ = demuxer.seek(self.stream, 0);
        let mut index = Index {
            entries: demuxer.index(self.stream, MAX_KEY_FRAMES),
            landing: Landing::Time { shift: 0 },
            demuxer,
        };
        if let Some(&first) = index.entries.first() {
            let (first_of_all, video) = self.first_times()?;
            let start = self.reader.start(first_of_all);
            let mut later = 0;
            if let Some((micros, timestamp)) =
                video.filter(|(micros, _)| micros.saturating_sub(first.micros).abs() <= MAX_SHIFT)
            {
                later = micros.saturating_sub(first.micros);
                index.landing = Landing::Time { shift: timestamp.saturating_sub(first.timestamp) };
            }
            for entry in &mut index.entries {
                entry.micros = entry.micros.saturating_add(later).saturating_sub(start);
            }
        }
        Ok(index)
    }

    /// When the first packet of all comes, microseconds by the container's clock, and when the first one of
    /// the video does, also in the stream's own units.
    fn first_times(&self) -> Result<(i64, Option<(i64, i64)>), Stop> {
        let mut demuxer = self.reader.media.demuxer()?;
        let mut packet = new_packet()?;
        let mut start = i64::MAX;
        for _ in 0..MAX_PACKETS_BEFORE {
            if let Err(error) = demuxer.read(&mut packet) {
                self.reader.media.unless_stopped(error)?;
                break;
            }
            let (Some(micros), Some((shown, _))) = (packet.micros(), packet.timestamps()) else { continue };
            if packet.is_outside() {
                continue;
            }
            start = start.min(micros);
            if packet.stream() == self.stream && packet.is_key() {
                return Ok((start, Some((micros, shown))));
            }
        }
        Ok((if start == i64::MAX { 0 } else { start }, None))
    }

    /// Feeds the key frames that serve a mark.
    pub(super) fn seek(&self, index: Index) -> Result<(), Stop> {
        let Index { entries, landing, demuxer } = index;
        let picks = picks(self.chooser(), &entries);
        let next = AtomicUsize::new(0);
        let threads = self.threads.min(picks.len().div_ceil(AT_A_TIME)).max(1);
        // The one that told the index knows its streams best.
        let decoders = (1..threads).map(|_| self.decoders(&demuxer)).collect::<Result<Vec<_>, _>>()?;
        let own_decoders = self.decoders(&demuxer)?;
        thread::scope(|scope| {
            let (picks, next) = (&picks, &next);
            let other = |decoders| {
                move || self.seek_on_one_thread(picks, landing, next, self.reader.media.demuxer()?, decoders)
            };
            let others: Vec<_> = decoders.into_iter().map(|decoders| scope.spawn(other(decoders))).collect();
            let mut outcome = self.seek_on_one_thread(picks, landing, next, demuxer, own_decoders);
            for other in others {
                // A thread that panicked has ended the process by now.
                if let Ok(Err(stop)) = other.join() {
                    outcome = outcome.and(Err(stop));
                }
            }
            outcome
        })
    }

    fn seek_on_one_thread(
        &self,
        picks: &[Pick],
        landing: Landing,
        next: &AtomicUsize,
        mut demuxer: Demuxer,
        decoders: Vec<(bool, Decoder)>,
    ) -> Result<(), Stop> {
        demuxer.read_only(self.stream);
        let packets = &mut (new_packet()?, new_packet()?);
        let mut tools = self.tools(decoders)?;
        loop {
            let from = next.fetch_add(AT_A_TIME, Ordering::Relaxed).min(picks.len());
            let taken = &picks[from..picks.len().min(from + AT_A_TIME)];
            if taken.is_empty() {
                return Ok(());
            }
            for pick in taken {
                self.go_on()?;
                self.feed(&mut tools, pick.entry.micros, &pick.shares, |decoder| {
                    self.picture(&mut demuxer, decoder, packets, pick, landing)
                })?;
            }
            // Where the index was found by reading, that was the first half.
            let behind = if landing == Landing::Place { picks.len() } else { 0 };
            self.reader.media.source.gauges.done((behind + from) as u64, (behind + picks.len()) as u64);
        }
    }

    /// The picture of a key frame that is wanted.
    fn picture(
        &self,
        demuxer: &mut Demuxer,
        decoder: &mut Decoder,
        (packet, second): &mut (Packet, Packet),
        pick: &Pick,
        landing: Landing,
    ) -> Result<Frame, AvError> {
        self.key_packet(demuxer, packet, &pick.entry, landing)?;
        match decoder.decode(packet)? {
            Alone::Whole(frame) => Ok(frame),
            Alone::Field => {
                demuxer.read_next_of(self.stream, second)?;
                match (decoder.decode_fields(packet, second), &pick.before) {
                    // It was the second field, which the container takes for a key frame of its own.
                    (Err(AvError::END), Some(before)) => {
                        self.key_packet(demuxer, packet, before, landing)?;
                        demuxer.read_next_of(self.stream, second)?;
                        decoder.decode_fields(packet, second)
                    }
                    (decoded, _) => decoded,
                }
            }
            // The picture is whole once each strip was seen.
            Alone::Unfinished => {
                self.key_packet(demuxer, packet, &pick.entry, landing)?;
                decoder.decode_on(packet, |packet| demuxer.read_next_of(self.stream, packet))
            }
        }
    }

    /// Reads the key frame of an index entry.
    pub(super) fn key_packet(
        &self,
        demuxer: &mut Demuxer,
        packet: &mut Packet,
        entry: &IndexEntry,
        landing: Landing,
    ) -> Result<(), AvError> {
        match landing {
            Landing::Time { shift } => demuxer.seek(self.stream, entry.timestamp.saturating_add(shift))?,
            Landing::Place => demuxer.seek_to_place(entry.place)?,
        }
        self.next_key_packet(demuxer, packet, entry, landing)
    }

    /// Reads on to the key frame of an index entry.
    pub(super) fn next_key_packet(
        &self,
        demuxer: &mut Demuxer,
        packet: &mut Packet,
        entry: &IndexEntry,
        landing: Landing,
    ) -> Result<(), AvError> {
        let wanted = entry.timestamp;
        for _ in 0..MAX_PACKETS_AFTER_SEEK {
            demuxer.read(packet)?;
            if packet.stream() != self.stream || !packet.is_key() {
                continue;
            }
            let times = packet.timestamps();
            match landing {
                // A demuxer may land on the key frame before: where the index counts when a picture is
                // decoded, that time tells.
                Landing::Time { shift } => {
                    if times
                        .is_none_or(|(shown, decoded)| decoded >= wanted || (shift == 0 && shown >= wanted))
                    {
                        return Ok(());
                    }
                }
                Landing::Place if times.is_some_and(|(shown, _)| (shown - wanted) % WRAP == 0) => {
                    return Ok(());
                }
                Landing::Place => return Err(AvError::END),
            }
        }
        Err(AvError::END)
    }
}

fn picks(mut chooser: Chooser, index: &[IndexEntry]) -> Vec<Pick> {
    let mut picks = Vec::new();
    let (mut previous, mut before) = (None, None);
    let mut pick = |entry, before, shares: Vec<Share>| {
        if let Some(entry) = entry
            && !shares.is_empty()
        {
            picks.push(Pick { entry, before, shares });
        }
    };
    for &entry in index {
        let Some(shares) = chooser.push(entry.micros) else { continue };
        pick(previous, before, shares);
        (previous, before) = (Some(entry), previous);
    }
    pick(previous, before, chooser.finish(0));
    picks
}
