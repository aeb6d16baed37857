//! Tells the heads of all packets to the makers that want them: by the container's tables and block headers
//! where those can be walked, else while the file is read through.
//!
//! It decodes nothing. What is told is the same beside others and alone. Start with [`Packets::walk`].

use butler_product::bandwidth::ToldBy;
use butler_product::media_info::StreamKind;

use super::through::Taker;
use super::{Feed, Reader};
use crate::ffi::Packet;
use crate::key_frames::is_cut_off;
use crate::open::Stop;
use crate::products::PacketMaker;
use crate::walk::{self, Cut, Head, Unwalked};

/// The makers that want packets' heads.
pub(super) struct Packets<'a> {
    reader: Reader<'a>,
    feeds: &'a mut [Feed<dyn PacketMaker>],
    times: Times,
    outcome: Option<Result<ToldBy, Stop>>,
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

impl<'a> Packets<'a> {
    pub(super) fn new(reader: Reader<'a>, feeds: &'a mut [Feed<dyn PacketMaker>]) -> Self {
        Self { reader, feeds, times: Times::NONE, outcome: None }
    }

    /// Whether anybody waits for packets that were not told yet.
    pub(super) fn is_open(&self) -> bool {
        !self.feeds.is_empty() && self.outcome.is_none()
    }

    /// What became of it.
    pub(super) fn outcome(self) -> Result<ToldBy, Stop> {
        let reader = self.reader;
        self.outcome.unwrap_or_else(|| Err(reader.unread()))
    }

    /// Begins anew: what the makers were told before is forgotten.
    pub(super) fn begin(&mut self) {
        self.times = Times::NONE;
        self.feeds.iter_mut().for_each(|feed| feed.maker.begin());
    }

    /// Tells what the container's tables and block headers tell, if they can be walked.
    pub(super) fn walk(&mut self) {
        if !self.is_open() {
            return;
        }
        self.begin();
        let Reader { media, info, .. } = self.reader;
        let kinds: Vec<StreamKind> = info.streams.iter().map(|stream| stream.kind).collect();
        let (feeds, times) = (&mut *self.feeds, &mut self.times);
        let mut take = |head: Head| {
            times.take(&head);
            feeds.iter_mut().for_each(|feed| feed.maker.packet(&head));
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
                self.outcome = Some(self.unless_cut(seen).map(|()| ToldBy::Headers));
            }
            Err(Unwalked::Unusual(_)) => {}
            Err(Unwalked::Stopped(_)) => self.outcome = Some(Err(media.stop(String::new))),
        }
    }

    /// Holds how far the file reaches, where it may be shorter than it claims, to what it claims.
    fn unless_cut(&self, seen: Option<i64>) -> Result<(), Stop> {
        match seen.zip(self.reader.claimed()).filter(|&(seen, claimed)| is_cut_off(seen, claimed)) {
            Some((seen, claimed)) => Err(self.reader.cut_off(seen, claimed)),
            None => Ok(()),
        }
    }
}

impl Taker for Packets<'_> {
    fn is_wanted(&self) -> bool {
        self.feeds.iter().any(|feed| (self.reader.is_wanted)(feed.want))
    }

    fn packet(&mut self, packet: &Packet) -> Result<(), Stop> {
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
        for feed in &mut *self.feeds {
            for (from, until) in lost.into_iter().chain(corrupt) {
                feed.maker.damaged(from, until);
            }
            feed.maker.packet(&head);
        }
        Ok(())
    }

    /// Notes that from here on, until the next packet that can be read, something is missing.
    fn lost(&mut self) {
        let last = self.times.last.max(0);
        self.times.lost.get_or_insert(last);
    }

    fn end(&mut self, outcome: Result<(), Stop>) {
        if let Some(from) = self.times.lost {
            self.feeds.iter_mut().for_each(|feed| feed.maker.damaged(from, from));
        }
        let whole = outcome.and_then(|()| self.unless_cut(Some(self.times.seen())));
        self.outcome = Some(whole.map(|()| ToldBy::Packets));
    }
}
