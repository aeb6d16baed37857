//! Finds the key frames of an MPEG transport stream, which has no index, by its packets' heads alone: several
//! threads over the one descriptor.
//!
//! It decodes nothing and joins no payload. What it finds depends on the file alone: pieces have fixed
//! places, and each is looked at by itself. A stream that it does not understand wholly has no index here,
//! and is read through instead. Start with [`Pictures::find_marked`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::new_packet;
use super::pictures::Pictures;
use super::seeking::{Index, Landing, WRAP};
use crate::ffi::{Demuxer, IndexEntry};
use crate::key_frames::MAX_KEY_FRAMES;
use crate::open::Stop;

/// Bytes that are read at once: little enough to stay in a processor's cache.
const PIECE: u64 = 512 << 10;
/// Bytes that a thread takes at a time: neighbours, so that a disk reads on.
const SHARE: u64 = 8 << 20;
/// Bytes of a packet, as broadcast, on discs and with a broadcaster's checksum (ISO/IEC 13818-1, 2.4.3;
/// BDAV).
const PACKET_SIZES: [usize; 3] = [188, 192, 204];
/// Bytes of a packet that are its own.
const PACKET: usize = 188;
/// What each packet begins with.
const SYNC: u8 = 0x47;
/// Packets in a row that begin so before it is believed.
const SYNCS: usize = 8;
/// Bytes past a piece that are read with it: its last packet, and what shows that this is one.
const BEYOND: usize = 204 * SYNCS;
/// Key frames further apart than this (90 kHz) are rather a recorder's that marks only some, or a clock that
/// was set.
const MAX_GAP: i64 = 15 * 90_000;

/// Pairs of neighbouring key frames, spread over the film, that libav is asked about.
const ASKED: usize = 16;

/// A key frame: where its first packet begins, and when it is shown by the 90 kHz clock of 33 bits.
type Found = (u64, i64);

impl Pictures<'_> {
    /// The index of a transport stream whose key frames are marked; none where they are not, or where its
    /// clock jumps.
    pub(super) fn find_marked(&self) -> Result<Option<Index>, Stop> {
        let mut demuxer = self.reader.media.known_demuxer()?;
        let (Some(pid), Some(start)) = (demuxer.pid(self.stream), demuxer.start()) else {
            return Ok(None);
        };
        let Some(packet_size) = self.packet_size()? else {
            return Ok(None);
        };
        let found = self.marked(pid, packet_size)?;
        let Some(entries) = unwrapped(&found, start) else {
            return Ok(None);
        };
        demuxer.read_only(self.stream);
        for pair in asked(entries.len()).into_iter().filter_map(|at| entries.get(at..at + 2)) {
            if !self.are_true(&mut demuxer, pair)? {
                return Ok(None);
            }
        }
        Ok(Some(Index::of_places(entries, demuxer)))
    }

    /// Whether libav, too, finds key frames there, and none between them: then what is taken is what a read
    /// through would take.
    fn are_true(&self, demuxer: &mut Demuxer, pair: &[IndexEntry]) -> Result<bool, Stop> {
        let mut packet = new_packet()?;
        let found = self.key_packet(demuxer, &mut packet, &pair[0], Landing::Place);
        match found.and_then(|()| self.next_key_packet(demuxer, &mut packet, &pair[1], Landing::Place)) {
            Ok(()) => Ok(true),
            Err(error) => self.reader.media.unless_stopped(error).map(|_| false),
        }
    }

    fn packet_size(&self) -> Result<Option<usize>, Stop> {
        let mut head = Vec::new();
        self.reader
            .media
            .source
            .fill(&mut head, PIECE as usize, 0)
            .map_err(|_| self.reader.media.stop(String::new))?;
        Ok(PACKET_SIZES.into_iter().find(|&size| in_step(&head, 0, size).is_some()))
    }

    /// The key frames that are marked, in the file's order.
    fn marked(&self, pid: u16, packet_size: usize) -> Result<Vec<Found>, Stop> {
        let next = AtomicU64::new(0);
        let all = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let work = || self.look_at_shares(pid, packet_size, &next, &all);
            let others: Vec<_> = (1..self.threads).map(|_| scope.spawn(work)).collect();
            let mut outcome = work();
            for other in others {
                // A thread that panicked has ended the process by now.
                if let Ok(Err(stop)) = other.join() {
                    outcome = outcome.and(Err(stop));
                }
            }
            outcome
        })?;
        let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_unstable();
        Ok(all)
    }

    fn look_at_shares(
        &self,
        pid: u16,
        packet_size: usize,
        next: &AtomicU64,
        all: &Mutex<Vec<Found>>,
    ) -> Result<(), Stop> {
        let size = self.reader.media.source.size();
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        loop {
            let from = next.fetch_add(SHARE, Ordering::Relaxed);
            if from >= size || found.len() > MAX_KEY_FRAMES {
                all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut found);
                return Ok(());
            }
            self.go_on()?;
            for place in (from..size.min(from + SHARE)).step_by(PIECE as usize) {
                self.reader
                    .media
                    .source
                    .fill(&mut buffer, PIECE as usize + BEYOND, place)
                    .map_err(|_| self.reader.media.stop(String::new))?;
                look(&buffer, place, packet_size, pid, &mut found);
            }
            // The pictures are the other half.
            self.reader.media.source.gauges.done(from, size.saturating_mul(2));
        }
    }
}

/// The first of each pair of neighbours that libav is asked about: evenly spread, with the first and the last
/// one.
fn asked(count: usize) -> Vec<usize> {
    let pairs = count.saturating_sub(1);
    let mut asked: Vec<_> = (0..ASKED).map(|at| pairs.saturating_sub(1) * at / (ASKED - 1)).collect();
    asked.dedup();
    asked
}

/// Finds the marked key frames whose packet begins in the piece.
fn look(bytes: &[u8], place: u64, packet_size: usize, pid: u16, found: &mut Vec<Found>) {
    let end = bytes.len().min(PIECE as usize);
    let mut at = in_step(bytes, 0, packet_size);
    while let Some(here) = at.filter(|&here| here < end) {
        let Some(packet) = bytes.get(here..here + PACKET) else { return };
        if packet[0] != SYNC {
            at = in_step(bytes, here + 1, packet_size);
            continue;
        }
        if let Some(shown) = key_frame(packet, pid) {
            found.push((place + here as u64, shown));
        }
        at = Some(here + packet_size);
    }
}

/// Where, from a place on, packets begin one after another.
fn in_step(bytes: &[u8], from: usize, packet_size: usize) -> Option<usize> {
    (from..bytes.len())
        .find(|&at| bytes[at..].iter().step_by(packet_size).take(SYNCS).all(|&byte| byte == SYNC))
}

/// When the key frame is shown that begins in this packet, if one does: the stream's own, whole, in clear, a
/// start, marked as a place where a decoder may begin (ISO/IEC 13818-1, 2.4.3.2, 2.4.3.4 and 2.4.3.6).
fn key_frame(packet: &[u8], pid: u16) -> Option<i64> {
    let (flags, control) = (packet[1], packet[3]);
    let is_start = flags & 0xC0 == 0x40 && u16::from_be_bytes([flags & 0x1F, packet[2]]) == pid;
    if !is_start || control & 0xF0 != 0x30 {
        return None;
    }
    let length = usize::from(packet[4]);
    if length == 0 || packet[5] & 0x40 == 0 {
        return None;
    }
    let &[0, 0, 1, _, _, _, marks, has, _, a, b, c, d, e] = packet.get(5 + length..5 + length + 14)? else {
        return None;
    };
    let [a, b, c, d, e] = [a, b, c, d, e].map(i64::from);
    (marks & 0xC0 == 0x80 && has & 0x80 != 0)
        .then_some((a & 0x0E) << 29 | b << 22 | (c & 0xFE) << 14 | d << 7 | e >> 1)
}

/// The index, if the clock runs on from each key frame to the next; `start` is the file's, in microseconds.
fn unwrapped(found: &[Found], start: i64) -> Option<Vec<IndexEntry>> {
    let start_ticks = start.checked_mul(9)? / 100;
    let mut previous = start_ticks;
    let mut entries = Vec::with_capacity(found.len());
    for (at, &(place, shown)) in found.iter().enumerate() {
        // The value nearest to the one before, for only 33 bits are told.
        let step = (shown - previous + WRAP / 2).rem_euclid(WRAP) - WRAP / 2;
        if (at > 0 && step <= 0) || step.abs() > MAX_GAP {
            return None;
        }
        previous += step;
        let micros = (i128::from(previous) * 200 + 9).div_euclid(18);
        entries.push(IndexEntry {
            timestamp: shown,
            micros: i64::try_from(micros).ok()?.saturating_sub(start),
            place,
        });
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of the stream 256; a key frame's beginning if it says when it is shown.
    fn packet(shown: Option<i64>) -> [u8; PACKET] {
        let mut packet = [0xAA; PACKET];
        packet[..4].copy_from_slice(&[SYNC, 0x01, 0x00, 0x10]);
        if let Some(shown) = shown {
            packet[1] |= 0x40;
            packet[3] = 0x30;
            packet[4..13].copy_from_slice(&[1, 0x40, 0, 0, 1, 0xE0, 0, 0, 0x80]);
            packet[13..15].copy_from_slice(&[0x80, 5]);
            let byte = |shift: u32, mask: i64| (shown >> shift & mask) as u8;
            packet[15..20].copy_from_slice(&[
                byte(29, 0x0E) | 0x21,
                byte(22, 0xFF),
                byte(14, 0xFE) | 1,
                byte(7, 0xFF),
                byte(0, 0x7F) << 1 | 1,
            ]);
        }
        packet
    }

    fn found(bytes: &[u8], packet_size: usize) -> Vec<Found> {
        let mut found = Vec::new();
        look(bytes, 1_000, packet_size, 256, &mut found);
        found
    }

    #[test]
    fn a_marked_key_frame_is_found_with_its_place_and_time() {
        let last = WRAP - 1;
        let stream =
            [packet(None), packet(Some(90_000)), packet(None), packet(Some(last)), packet(None)].concat();
        assert_eq!(found(&stream, 188), [(1_188, 90_000), (1_564, last)]);
        let on_disc: Vec<u8> =
            stream.chunks(PACKET).flat_map(|packet| [&[1, 2, 3, 4], packet].concat()).collect();
        assert_eq!(found(&on_disc, 192), [(1_196, 90_000), (1_580, last)]);
    }

    #[test]
    fn lost_bytes_lose_one_packet() {
        let mut stream = packet(None).repeat(10);
        stream.extend(&packet(Some(1))[..100]);
        stream.extend(packet(None).repeat(10));
        stream.extend(packet(Some(2)));
        stream.extend(packet(None).repeat(10));
        let place = 1_000 + 20 * 188 + 100;
        assert_eq!(found(&stream, 188), [(2_880, 1), (place, 2)]);
    }

    #[test]
    fn other_streams_and_damaged_scrambled_or_unmarked_starts_are_none() {
        let changed = |at: usize, byte: u8| {
            let mut packet = packet(Some(5));
            packet[at] = byte;
            key_frame(&packet, 256)
        };
        assert_eq!(changed(187, 0), Some(5));
        for (at, byte) in [
            (1, 0xC1),
            (1, 0x01),
            (2, 1),
            (3, 0xB0),
            (3, 0x10),
            (3, 0x20),
            (4, 0),
            (4, 183),
            (5, 0),
            (8, 9),
            (12, 0),
            (13, 0),
        ] {
            assert_eq!(changed(at, byte), None, "byte {at} is {byte}");
        }
    }

    #[test]
    fn the_clock_may_begin_anew_but_neither_jump_nor_go_back() {
        let start = ((WRAP - 90_000) * 200 + 9) / 18;
        let entries = unwrapped(&[(0, WRAP - 90_000), (1, 0), (2, 90_000)], start).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.micros).collect::<Vec<_>>(), [0, 1_000_000, 2_000_000]);
        assert_eq!(entries[1].timestamp, 0);
        assert!(unwrapped(&[(0, 0), (1, 90_000 * 20)], 0).is_none());
        assert!(unwrapped(&[(0, 90_000), (1, 0)], 0).is_none());
        assert!(unwrapped(&[(0, 90_000), (1, 90_000)], 0).is_none());
    }

    #[test]
    fn the_pairs_asked_about_are_spread_from_the_first_to_the_last() {
        assert_eq!(asked(3_601), (0..16).map(|at| 3_599 * at / 15).collect::<Vec<_>>());
        assert_eq!(asked(4), [0, 1, 2]);
        assert_eq!(asked(2), [0]);
    }

    #[test]
    fn noise_is_not_in_step() {
        assert_eq!(in_step(&[SYNC; 3_000], 5, 188), Some(5));
        assert_eq!(in_step(&[0; 3_000], 0, 188), None);
        assert!(found(&[0; 3_000], 188).is_empty());
    }
}
