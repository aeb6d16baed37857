//! Makes `bandwidth`: bytes over time and key frames, of the heads of all packets. The format is
//! `butler_product::bandwidth`.
//!
//! Times count from the file's start: the earliest time among its first packets of video and sound, or the
//! clock's zero where those lie before it, or late in an MP4. A packet without a time that can be believed
//! counts where the one before it does.

use std::fs::File;
use std::io::BufWriter;

use butler_product::bandwidth::{
    Curve, CurveError, KeyFrame, MAX_DAMAGED, MAX_KEY_FRAMES, MAX_STEPS, STEP_MS, Span, StreamCurve, ToldBy,
};
use butler_product::media_info::{MediaInfo, StreamKind};
use butler_product::{Failure, Value};

use super::{Made, PacketMaker, Start};
use crate::key_frames::Origin;
use crate::walk::Head;

/// Packets that are looked at before the file's start is known.
const FIRST_PACKETS: usize = 2_000;
/// Steps of all streams together: times that lie cost no more memory than this.
const MAX_CELLS: usize = 8_000_000;
/// Microseconds of a step.
const STEP: i64 = STEP_MS as i64 * 1_000;

struct BandwidthMaker {
    tally: Tally,
    /// Microseconds by the container's clock.
    damaged: Vec<(i64, i64)>,
}

pub(super) fn start(info: &MediaInfo) -> Start {
    let kinds = info.streams.iter().map(|stream| stream.kind);
    if !kinds.clone().any(|kind| matches!(kind, StreamKind::Video | StreamKind::Audio)) {
        return Start::Answered(Value::Nothing { why: "The file has neither video nor sound.".to_owned() });
    }
    let tally = Tally::new(info.video().map(|video| video.index), Origin::of(info), kinds);
    Start::Packets(Box::new(BandwidthMaker { tally, damaged: Vec::new() }))
}

impl PacketMaker for BandwidthMaker {
    fn begin(&mut self) {
        let kinds = self.tally.streams.iter().map(|stream| stream.kind);
        self.tally = Tally::new(self.tally.video, self.tally.origin, kinds);
        self.damaged.clear();
    }

    fn packet(&mut self, head: &Head) {
        self.tally.add(head);
    }

    fn damaged(&mut self, from: i64, until: i64) {
        if let Some(last) = self.damaged.last_mut().filter(|last| from.saturating_sub(last.1) <= STEP) {
            last.1 = last.1.max(until);
        } else if self.damaged.len() < MAX_DAMAGED {
            self.damaged.push((from, until));
        }
    }

    fn finish(self: Box<Self>, told_by: ToldBy, output: Option<File>) -> Result<Made, Failure> {
        let output = output.ok_or_else(|| Failure::worker("The order came without an output."))?;
        let Self { mut tally, damaged } = *self;
        tally.begin();
        let (start, seen) = (tally.start, tally.seen());
        let from_start = |time: i64| u64::try_from(time.saturating_sub(start)).unwrap_or(0) / 1_000;
        let damaged = damaged
            .into_iter()
            .map(|(from, until)| Span { start_ms: from_start(from), end_ms: from_start(until) })
            .collect();
        let curve = tally.curve();
        if curve.streams.is_empty() {
            return Err(Failure::content("The file has no packet that could be read."));
        }
        let blob_bytes = curve.write(BufWriter::new(output)).map_err(|error| unwritten(&error))?;
        let summary = curve.summary(u64::try_from(seen).unwrap_or(0).div_ceil(1_000), told_by, damaged);
        Ok(Made { value: Value::Bandwidth(Box::new(summary)), blob_bytes: Some(blob_bytes) })
    }
}

fn unwritten(error: &CurveError) -> Failure {
    match error {
        CurveError::Io(system) => Failure::source(format!("The bandwidth curve can't be written: {system}.")),
        other => Failure::content(format!("The bandwidth curve can't be written: {other}.")),
    }
}

/// Adds up heads.
struct Tally {
    video: Option<u32>,
    origin: Origin,
    streams: Vec<StreamTally>,
    /// The heads that came before the start was known.
    first: Vec<Head>,
    is_begun: bool,
    /// The file's start by the container's clock, microseconds.
    start: i64,
    /// The latest end of a packet, microseconds by the same clock.
    end: i64,
    cells: usize,
    key_frames: Vec<KeyFrame>,
}

struct StreamTally {
    kind: StreamKind,
    has_packet: bool,
    /// The step of the packet before.
    step: usize,
    bytes: Vec<u64>,
}

impl Tally {
    /// `video` is the stream whose key frames are mapped, `kinds` what kind each stream is.
    fn new(video: Option<u32>, origin: Origin, kinds: impl IntoIterator<Item = StreamKind>) -> Self {
        let stream = |kind| StreamTally { kind, has_packet: false, step: 0, bytes: Vec::new() };
        Self {
            video,
            origin,
            streams: kinds.into_iter().map(stream).collect(),
            first: Vec::new(),
            is_begun: false,
            start: 0,
            end: i64::MIN,
            cells: 0,
            key_frames: Vec::new(),
        }
    }

    /// Microseconds from the file's start to the latest end of a packet.
    fn seen(&self) -> i64 {
        let start = if self.is_begun { self.start } else { self.earliest() };
        let first = self.first.iter().filter_map(|head| Some(head.time?.saturating_add(head.duration))).max();
        first.unwrap_or(i64::MIN).max(self.end).saturating_sub(start).max(0)
    }

    /// The earliest time of the first heads of video and sound, but not before the clock's zero.
    fn earliest(&self) -> i64 {
        let counts = |head: &&Head| {
            let stream = self.streams.get(head.stream as usize);
            stream.is_some_and(|stream| matches!(stream.kind, StreamKind::Video | StreamKind::Audio))
        };
        let first = self.first.iter().filter(counts).filter_map(|head| head.time).min();
        self.origin.start(first.unwrap_or(0).max(0))
    }

    fn begin(&mut self) {
        if !self.is_begun {
            self.start = self.earliest();
            self.is_begun = true;
            for head in std::mem::take(&mut self.first) {
                self.count(&head);
            }
        }
    }

    fn add(&mut self, head: &Head) {
        if self.is_begun {
            self.count(head);
            return;
        }
        self.first.push(*head);
        if self.first.len() >= FIRST_PACKETS {
            self.begin();
        }
    }

    fn count(&mut self, head: &Head) {
        let Some(stream) = self.streams.get_mut(head.stream as usize) else { return };
        if !matches!(stream.kind, StreamKind::Video | StreamKind::Audio | StreamKind::Subtitle) {
            return;
        }
        let time = head.time.map(|time| time.saturating_sub(self.start));
        if let Some(step) =
            time.and_then(|time| usize::try_from(time.max(0) / STEP).ok()).filter(|step| *step < MAX_STEPS)
        {
            let more = (step + 1).saturating_sub(stream.bytes.len());
            if self.cells + more <= MAX_CELLS {
                self.cells += more;
                stream.step = step;
                // Subtitles stay long after the film has ended, or so they say.
                if stream.kind != StreamKind::Subtitle {
                    self.end = self
                        .end
                        .max(time.unwrap_or(0).saturating_add(self.start).saturating_add(head.duration));
                }
            }
        }
        stream.has_packet = true;
        if stream.bytes.len() <= stream.step {
            stream.bytes.resize(stream.step + 1, 0);
        }
        stream.bytes[stream.step] = stream.bytes[stream.step].saturating_add(head.bytes);
        let is_mapped =
            Some(head.stream) == self.video && head.is_key && self.key_frames.len() < MAX_KEY_FRAMES;
        if let Some(time_us) = time.filter(|_| is_mapped) {
            let bytes = u32::try_from(head.bytes).unwrap_or(u32::MAX);
            self.key_frames.push(KeyFrame { time_us, place: head.place, bytes });
        }
    }

    fn curve(self) -> Curve {
        let Self { streams, mut key_frames, .. } = self;
        key_frames.sort_unstable_by_key(|key_frame| (key_frame.time_us, key_frame.place));
        let told = (0..).zip(streams).filter(|(_, stream)| stream.has_packet);
        Curve {
            streams: told.map(|(index, stream)| StreamCurve { index, bytes: stream.bytes }).collect(),
            key_frames,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [StreamKind; 3] = [StreamKind::Video, StreamKind::Audio, StreamKind::Picture];

    fn head(stream: u32, time: Option<i64>, bytes: u64) -> Head {
        Head { stream, time, duration: 40_000, bytes, is_key: stream == 0, place: None }
    }

    fn tallied(heads: &[Head]) -> Tally {
        let mut tally = Tally::new(Some(0), Origin::default(), KINDS);
        heads.iter().for_each(|head| tally.add(head));
        tally.begin();
        tally
    }

    #[test]
    fn seconds_count_from_the_earliest_packet_whichever_comes_first() {
        let heads = [
            head(0, Some(1_400_000), 5),
            head(1, Some(1_300_000), 7),
            head(0, Some(2_350_000), 9),
            head(1, Some(2_299_999), 1),
        ];
        let tally = tallied(&heads);
        assert_eq!((tally.start, tally.seen()), (1_300_000, 1_090_000));
        let curve = tally.curve();
        assert_eq!(curve.streams[0].bytes, [5, 9]);
        assert_eq!(curve.streams[1].bytes, [8]);
        assert_eq!(curve.key_frames.iter().map(|key| key.time_us).collect::<Vec<_>>(), [100_000, 1_050_000]);
    }

    #[test]
    fn what_lies_before_the_clocks_zero_counts_in_the_first_second() {
        let curve =
            tallied(&[head(1, Some(-21_333), 5), head(1, Some(999_999), 5), head(1, Some(1_000_000), 3)])
                .curve();
        assert_eq!(curve.streams[0].bytes, [10, 3]);
    }

    #[test]
    fn packets_without_a_time_that_can_be_believed_count_with_the_one_before() {
        let curve = tallied(&[
            head(1, Some(0), 5),
            head(1, Some(3_000_000), 1),
            head(1, None, 2),
            head(1, Some(i64::MAX), 4),
        ])
        .curve();
        assert_eq!(curve.streams[0].bytes, [5, 0, 0, 7]);
    }

    #[test]
    fn pictures_that_ride_along_and_streams_that_nobody_named_count_for_nothing() {
        assert!(tallied(&[head(2, Some(0), 5), head(9, Some(0), 5)]).curve().streams.is_empty());
    }

    #[test]
    fn absurd_times_of_many_streams_cost_bounded_memory() {
        let kinds = [StreamKind::Audio; 64];
        let mut tally = Tally::new(None, Origin::default(), kinds);
        (0..64).for_each(|stream| tally.add(&head(stream, Some(0), 1)));
        (0..64).for_each(|stream| tally.add(&head(stream, Some(999_999 * STEP), 1)));
        tally.begin();
        assert!(tally.streams.iter().map(|stream| stream.bytes.len()).sum::<usize>() <= MAX_CELLS + 64);
    }
}
