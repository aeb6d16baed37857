//! Tells the heads of all packets to the makers that want them: by the container's tables and block headers
//! where those can be walked, else by reading the file through, at the side of a pass that does so anyway.
//!
//! It decodes nothing. What is told is the same at the side of a pass and alone. Start with
//! [`Listeners::walk`].

use butler_product::bandwidth::ToldBy;
use butler_product::media_info::{MediaInfo, StreamKind};

use super::{Feed, new_packet};
use crate::ffi::{AvError, Demuxer, Packet};
use crate::key_frames::{cut_off, is_cut_off};
use crate::open::{Media, Stop};
use crate::products::Hand;
use crate::walk::{self, Cut, Head, Unwalked};

/// Packets that can't be read, one after another, before the rest is given up.
const MAX_BAD_PACKETS: usize = 64;
/// Packets between two looks at whether anybody still listens and how far it came.
const PACKETS_BETWEEN_LOOKS: usize = 256;

/// The makers that want packets' heads.
pub(super) struct Listeners<'a> {
    media: &'a Media,
    info: &'a MediaInfo,
    feeds: Vec<&'a Feed>,
    is_wanted: &'a (dyn Fn(usize) -> bool + Sync),
    hands: Vec<Box<dyn Hand + 'a>>,
    times: Times,
    is_done: bool,
}

/// What was seen of the clock, microseconds.
#[derive(Debug, Clone, Copy)]
struct Times {
    first: i64,
    /// The latest end of a packet.
    last: i64,
    /// Since when nothing could be read, if so.
    lost: Option<i64>,
}

impl Times {
    const NONE: Self = Self { first: i64::MAX, last: i64::MIN, lost: None };

    const fn seen(self) -> i64 {
        let first = if self.first < 0 { 0 } else { self.first };
        if self.last > first { self.last.saturating_sub(first) } else { 0 }
    }

    fn take(&mut self, head: &Head) {
        if let Some(time) = head.time {
            self.first = self.first.min(time);
            self.last = self.last.max(time.saturating_add(head.duration));
        }
    }
}

impl<'a> Listeners<'a> {
    pub(super) fn new(
        media: &'a Media,
        info: &'a MediaInfo,
        feeds: Vec<&'a Feed>,
        is_wanted: &'a (dyn Fn(usize) -> bool + Sync),
    ) -> Self {
        let is_done = feeds.is_empty();
        Self { media, info, feeds, is_wanted, hands: Vec::new(), times: Times::NONE, is_done }
    }

    /// Begins anew: what was told to hands that are let go is forgotten.
    pub(super) fn begin(&mut self) -> Result<(), Stop> {
        self.hands = self
            .feeds
            .iter()
            .map(|feed| feed.maker.hand().map_err(Stop::Failed))
            .collect::<Result<_, _>>()?;
        self.times = Times::NONE;
        Ok(())
    }

    /// Does something that all who still wait depend on; if it fails, they learn why.
    pub(super) fn or_fail(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let outcome = work(self);
        if let (Err(Stop::Failed(failure)), false) = (&outcome, self.is_done) {
            self.hands.clear();
            for hand in self.feeds.iter().filter_map(|feed| feed.maker.hand().ok()) {
                hand.failed(failure.clone());
            }
            self.is_done = true;
        }
        outcome
    }

    /// Whether packets that a pass reads are to be told. Where it works times out that the container does not
    /// tell, they are not: what is told must not depend on who else reads.
    pub(super) fn listen_at_side(&self) -> bool {
        !self.is_done && self.media.container() != "avi"
    }

    /// Tells what the container's tables and block headers tell, if they can be walked.
    pub(super) fn walk(&mut self) -> Result<(), Stop> {
        if self.is_done {
            return Ok(());
        }
        self.begin()?;
        let kinds: Vec<StreamKind> = self.info.streams.iter().map(|stream| stream.kind).collect();
        let (media, hands, times) = (self.media, &mut self.hands, &mut self.times);
        let mut take = |head: Head| {
            times.take(&head);
            hands.iter_mut().for_each(|hand| hand.packet(&head));
        };
        match walk::walk(media.container(), &*media.source, &kinds, &mut take) {
            Ok(walked) => {
                let seen = match walked.cut {
                    Some(Cut::Before(time)) => {
                        Some(time.saturating_sub(self.times.first.clamp(0, time.max(0))))
                    }
                    Some(Cut::AfterLast) => Some(self.times.seen()),
                    // Its blocks may end early without a trace; tables know what they lack.
                    None => (media.container() == "matroska").then(|| self.times.seen()),
                };
                self.end(ToldBy::Headers, seen);
                Ok(())
            }
            Err(Unwalked::Unusual(_)) => {
                self.hands.clear();
                Ok(())
            }
            Err(Unwalked::Stopped(_)) => Err(media.stop(String::new)),
        }
    }

    /// Tells one packet.
    pub(super) fn packet(&mut self, packet: &Packet) {
        let head = Head {
            stream: u32::try_from(packet.stream()).unwrap_or(u32::MAX),
            time: packet.micros(),
            duration: packet.duration_micros(),
            bytes: packet.size(),
            is_key: packet.is_key(),
            place: packet.place(),
        };
        let before = self.times.last;
        self.times.take(&head);
        let lost = self.times.lost.take().map(|from| (from, head.time.unwrap_or(from).max(from)));
        let corrupt = head
            .time
            .filter(|_| packet.is_corrupt())
            .map(|time| (time.min(before.max(0)), time.saturating_add(head.duration)));
        for hand in &mut self.hands {
            for (from, until) in lost.into_iter().chain(corrupt) {
                hand.damaged(from, until);
            }
            hand.packet(&head);
        }
    }

    /// Notes that what follows can't be read.
    pub(super) fn lost(&mut self) {
        let last = self.times.last.max(0);
        self.times.lost.get_or_insert(last);
    }

    /// Says that the file was read to its end.
    pub(super) fn read_through(&mut self) {
        let seen = self.times.seen();
        if let Some(from) = self.times.lost {
            self.hands.iter_mut().for_each(|hand| hand.damaged(from, from));
        }
        self.end(ToldBy::Packets, Some(seen));
    }

    /// Everything was told; `seen` is how far the file reaches, where it may be shorter than it claims.
    fn end(&mut self, by: ToldBy, seen: Option<i64>) {
        let claimed = self.info.duration_ms.and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000));
        let shorter = seen.zip(claimed).filter(|&(seen, claimed)| is_cut_off(seen, claimed));
        for hand in self.hands.drain(..) {
            match shorter {
                None => hand.told(by),
                Some((seen, claimed)) => match self.media.stop(|| cut_off(seen, claimed)) {
                    Stop::Failed(failure) => hand.failed(failure),
                    Stop::Cancelled => {}
                },
            }
        }
        self.is_done = true;
    }

    /// Reads the file through for those who still wait.
    pub(super) fn read(&mut self) -> Result<(), Stop> {
        if self.is_done {
            return Ok(());
        }
        self.begin()?;
        let mut demuxer = self.media.known_demuxer()?;
        self.read_packets(&mut demuxer)?;
        self.read_through();
        Ok(())
    }

    fn read_packets(&mut self, demuxer: &mut Demuxer) -> Result<(), Stop> {
        let mut packet = new_packet()?;
        let (mut bad, mut since_look) = (0, 0);
        loop {
            match demuxer.read(&mut packet) {
                Ok(()) => bad = 0,
                Err(AvError::END) => return Ok(()),
                Err(error) => {
                    self.media.unless_stopped(error)?;
                    self.lost();
                    bad += 1;
                    if bad > MAX_BAD_PACKETS {
                        return Ok(());
                    }
                    continue;
                }
            }
            self.packet(&packet);
            since_look += 1;
            if since_look >= PACKETS_BETWEEN_LOOKS {
                since_look = 0;
                let anybody = self.feeds.iter().any(|feed| (self.is_wanted)(feed.want));
                if self.media.must_stop() || !anybody {
                    return Err(self.media.stop(|| "Nobody wants it any more.".to_owned()));
                }
                self.media.source.gauges.done(demuxer.place(), self.media.source.size());
            }
        }
    }
}
