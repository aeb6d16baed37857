//! Plans one read of the file for all makers of a unit, then feeds them.
//!
//! What is fed is a function of the file alone: never of how many threads feed, nor of who else is fed. A
//! maker that needs every packet joins here as one of the [`Listeners`] (`packets.rs`). Pictures are sought
//! by the container's index, or by the marks of a transport stream (`seeking.rs`, `transport.rs`), and else
//! found by reading through (`through.rs`, `gathering.rs`). Start with [`run`].

mod gathering;
mod packets;
mod seeking;
mod through;
mod transport;

use std::ops::Range;

use butler_product::Failure;
use butler_product::media_info::MediaInfo;

use crate::ffi::{Frame, IndexEntry, Packet};
use crate::key_frames::{Share, cut_at, cut_off, is_whole};
use crate::open::{Media, Stop};
use crate::products::{Hand, Maker};
use packets::Listeners;

/// What a maker wants to be fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The video's key frames nearest to marks.
    KeyFramesNear {
        /// Microseconds from one mark to the next; the first is at 0.
        every: i64,
        /// Whether small faults may stay in the pictures, which saves time.
        rough: bool,
    },
    /// The heads of all packets.
    Packets,
}

impl Reading {
    const fn every(self) -> i64 {
        match self {
            Self::KeyFramesNear { every, .. } => every,
            Self::Packets => i64::MAX,
        }
    }

    const fn rough(self) -> bool {
        match self {
            Self::KeyFramesNear { rough, .. } => rough,
            Self::Packets => true,
        }
    }
}

/// How the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From one key frame of the index to the next that is wanted.
    Seeking,
    /// From its start to its end.
    Through,
    /// Not at all: the index points past the file's end.
    CutOff { seen: i64, claimed: i64 },
}

/// Chooses the way: key frames of a whole index are sought, all else is found by reading through. Times are
/// microseconds.
fn plan(index: &[IndexEntry], duration: Option<i64>, size: u64) -> Way {
    match duration {
        Some(claimed) if is_whole(index, claimed) => match cut_at(index, size) {
            Some(seen) => Way::CutOff { seen, claimed },
            None => Way::Seeking,
        },
        _ => Way::Through,
    }
}

/// Containers whose index tells key frames exactly, by libav's names.
const INDEXED: &[&str] = &["matroska", "mov", "avi"];
/// Bytes that the decoders of one unit may hold: beyond that fewer threads work.
const DECODERS_BYTES: u64 = 2 << 30;
/// Bytes that one decoder may hold for a pixel: some ten pictures of 10 bits.
const BYTES_PER_PIXEL: u64 = 30;
/// More threads gain nothing.
const MAX_THREADS: usize = 64;

/// A maker and the want that it answers.
pub(crate) struct Feed {
    /// The want's place in the order.
    pub(crate) want: usize,
    pub(crate) maker: Box<dyn Maker>,
}

/// A pass over one film.
struct Pass<'a> {
    media: &'a Media,
    feeds: &'a [&'a Feed],
    readings: Vec<Reading>,
    is_wanted: &'a (dyn Fn(usize) -> bool + Sync),
    /// The video stream.
    stream: usize,
    /// Microseconds.
    duration: Option<i64>,
    threads: usize,
}

/// Feeds all makers; `is_wanted` says whether a want still is.
pub(crate) fn run(
    media: &Media,
    info: &MediaInfo,
    feeds: &[Feed],
    threads: u16,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<(), Stop> {
    if feeds.is_empty() {
        return Ok(());
    }
    let (told, shown): (Vec<&Feed>, Vec<&Feed>) =
        feeds.iter().partition(|feed| feed.maker.wants() == Reading::Packets);
    let mut listeners = Listeners::new(media, info, told, is_wanted);
    listeners.or_fail(|listeners| media.check_length().and_then(|()| listeners.walk()))?;
    let outcome = show(media, info, &shown, threads, is_wanted, &mut listeners);
    // Whoever still waits has a read of its own; what became of the pictures is another matter.
    listeners.or_fail(Listeners::read).and(outcome)
}

/// Feeds the makers that want pictures; listeners may hear what is read for them.
fn show(
    media: &Media,
    info: &MediaInfo,
    feeds: &[&Feed],
    threads: u16,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
    listeners: &mut Listeners<'_>,
) -> Result<(), Stop> {
    let Some(video) = info.video().filter(|_| !feeds.is_empty()) else {
        return Ok(());
    };
    let pixels = video.picture.as_ref().map_or(0, |shape| u64::from(shape.width) * u64::from(shape.height));
    let fitting = DECODERS_BYTES / (pixels * BYTES_PER_PIXEL).max(1);
    let pass = Pass {
        media,
        feeds,
        readings: feeds.iter().map(|feed| feed.maker.wants()).collect(),
        is_wanted,
        stream: video.index as usize,
        duration: info.duration_ms.and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000)),
        threads: usize::from(threads)
            .min(usize::try_from(fitting).unwrap_or(MAX_THREADS))
            .clamp(1, MAX_THREADS),
    };
    let index = match media.container() {
        // Whoever listens needs it read through, and it is not read twice.
        "mpegts" if listeners.listen_at_side() => None,
        "mpegts" => pass.find_marked()?,
        container if INDEXED.contains(&container) => Some(pass.index()?),
        _ => None,
    };
    let way = plan(index.as_ref().map_or(&[], |index| &index.entries), pass.duration, media.source.size());
    match (way, index) {
        (Way::CutOff { seen, claimed }, _) => Err(media.stop(|| cut_off(seen, claimed))),
        (Way::Seeking, Some(index)) => pass.seek(index),
        (Way::Through | Way::Seeking, _) => pass.through(listeners),
    }
}

impl Pass<'_> {
    fn every(&self) -> Vec<i64> {
        self.readings.iter().map(|reading| reading.every()).collect()
    }

    fn rough(&self) -> bool {
        self.readings.iter().all(|reading| reading.rough())
    }

    /// Stops if nobody wants anything any more.
    fn go_on(&self) -> Result<(), Stop> {
        let anybody = self.feeds.iter().any(|feed| (self.is_wanted)(feed.want));
        if self.media.must_stop() || !anybody {
            Err(self.media.stop(|| "Nobody wants it any more.".to_owned()))
        } else {
            Ok(())
        }
    }

    /// Whether anybody whose marks a key frame serves still waits for them.
    fn is_any_wanted(&self, shares: &[Share]) -> bool {
        shares.iter().any(|share| (self.is_wanted)(self.feeds[share.maker].want))
    }

    fn hands(&self) -> Result<Vec<Box<dyn Hand + '_>>, Stop> {
        self.feeds.iter().map(|feed| feed.maker.hand().map_err(Stop::Failed)).collect()
    }

    /// Feeds one key frame's picture, or its absence, to the makers whose marks it serves.
    fn feed(&self, hands: &mut [Box<dyn Hand + '_>], shares: &[Share], picture: Option<&Frame>) {
        self.media.source.gauges.step();
        for Share { maker, marks } in shares {
            let marks: Range<usize> = marks.clone();
            if (self.is_wanted)(self.feeds[*maker].want) {
                hands[*maker].key_frame(marks, picture);
            }
        }
    }
}

fn new_packet() -> Result<Packet, Stop> {
    Packet::new().map_err(|_| out_of_memory())
}

fn out_of_memory() -> Stop {
    Stop::Failed(Failure::worker("The worker ran out of memory."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(seconds: &[i64]) -> Vec<IndexEntry> {
        seconds
            .iter()
            .map(|&second| IndexEntry {
                timestamp: second,
                micros: second * 1_000_000,
                place: second as u64 * 10,
            })
            .collect()
    }

    #[test]
    fn a_whole_index_is_sought_and_all_else_read_through() {
        let index = index(&[0, 5, 10]);
        assert_eq!(plan(&index, Some(15_000_000), 101), Way::Seeking);
        assert_eq!(plan(&index, Some(150_000_000), 101), Way::Through);
        assert_eq!(plan(&index, None, 101), Way::Through);
        assert_eq!(plan(&[], Some(15_000_000), 101), Way::Through);
    }

    #[test]
    fn an_index_that_points_past_the_end_saves_the_reading() {
        assert_eq!(
            plan(&index(&[0, 5, 10]), Some(15_000_000), 100),
            Way::CutOff { seen: 10_000_000, claimed: 15_000_000 }
        );
    }
}
