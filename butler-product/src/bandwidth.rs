//! What a file needs of a network: bytes over time per stream, peaks, the bandwidth that buffers of several
//! sizes need, and the map of its key frames. No picture is decoded for it.
//!
//! The [`Summary`] is the product's row, the [`Curve`] with every second and every key frame its blob. How
//! the needed bandwidth follows from the bytes is `bandwidth/bucket.rs`. Start with [`Curve::summary`].

mod bucket;
mod curve;

use serde::{Deserialize, Serialize};

pub use bucket::needed;
pub use curve::{Curve, CurveError, KeyFrame, MAX_KEY_FRAMES, MAX_STEPS, StreamCurve};

use crate::Traits;
use crate::media_info::MAX_STREAMS;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// Milliseconds of one step of the curve: peaks are those of a second.
pub const STEP_MS: u32 = 1_000;

/// The buffers whose bandwidth is told, bytes. Plex tells eight values and not for which buffers; players'
/// buffers lie between these.
pub const BUFFERS_BYTES: [u64; 8] =
    [1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000, 200_000_000];

/// At most this many damaged spans are kept.
pub const MAX_DAMAGED: usize = 100;

/// What the database keeps; every second and key frame is in the blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BandwidthValue))]
pub struct Summary {
    /// Milliseconds from the file's start to the end of its last packet.
    pub duration_ms: u64,
    /// All streams together: what a player that takes the whole file is sent.
    pub total: Rates,
    /// Each video, sound and subtitle stream that has a packet, by its place in the container.
    pub streams: Vec<StreamRates>,
    /// How many key frames the video has.
    pub key_frames: u32,
    /// The longest time from one key frame to the next, milliseconds.
    pub longest_gap_ms: u64,
    /// What told it.
    pub told_by: ToldBy,
    /// Spans of the file that could not be read as packets, at most [`MAX_DAMAGED`]; only a full read finds
    /// any.
    pub damaged: Vec<Span>,
}

impl Product for Summary {
    const NAME: &'static str = "bandwidth";
    const VERSION: u32 = 1;
    const NEEDS: Traits = Traits::PLAYABLE;
    const BLOB: Option<&'static str> = Some("bandwidth");
    // All headers of packets, or all packets where a container has no index.
    const COST: Cost = Cost { per: CostPer::Gigabyte, seconds: 2.0 };

    fn is_sound(&self) -> bool {
        self.streams.len() <= MAX_STREAMS
            && self.damaged.len() <= MAX_DAMAGED
            && self.key_frames as usize <= MAX_KEY_FRAMES
    }

    fn summary(&self) -> Vec<Line> {
        let rate = |label, rate| Line::new(label, Quantity::BitsPerSecond(rate));
        let mut lines = vec![
            rate("on average", self.total.average),
            rate("at most", self.total.peak),
            rate("with a buffer of 5 MB", self.total.needed[2]),
            rate("with one of 50 MB", self.total.needed[5]),
        ];
        if self.key_frames > 0 {
            lines.push(Line::new("key frames", Quantity::Count(self.key_frames.into())));
        }
        if self.key_frames > 1 {
            lines.push(Line::new("apart at most", Quantity::Milliseconds(self.longest_gap_ms)));
        }
        lines
    }
}

/// The rates of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BandwidthValueStream))]
pub struct StreamRates {
    /// Its place in the container, from 0.
    pub index: u32,
    /// Its rates.
    #[serde(flatten)]
    pub rates: Rates,
}

/// Bytes, and bits a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BandwidthValueRates))]
pub struct Rates {
    /// Bytes of all packets, without what the container adds.
    pub bytes: u64,
    /// Bits a second over the file's duration, of which less than a second counts as one.
    pub average: u64,
    /// Bits of the second that has the most; never below the average.
    pub peak: u64,
    /// Where that second begins, milliseconds from the file's start.
    pub peak_at_ms: u64,
    /// Bits a second that playback needs with each of the [`BUFFERS_BYTES`]; see [`needed`].
    pub needed: [u64; BUFFERS_BYTES.len()],
}

/// What told where the packets lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BandwidthValueSource))]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The container's tables and block headers; the payload was not read.
    Headers,
    /// The packets themselves: the file was read through.
    Packets,
}

/// A span of time, milliseconds from the file's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BandwidthValueSpan))]
pub struct Span {
    /// Its start.
    pub start_ms: u64,
    /// Its end.
    pub end_ms: u64,
}

impl Curve {
    /// What the row says of this curve.
    pub fn summary(&self, duration_ms: u64, told_by: ToldBy, damaged: Vec<Span>) -> Summary {
        let steps = self.streams.iter().map(|stream| stream.bytes.len()).max().unwrap_or(0);
        let mut all = vec![0_u64; steps];
        for stream in &self.streams {
            for (sum, bytes) in all.iter_mut().zip(&stream.bytes) {
                *sum = sum.saturating_add(*bytes);
            }
        }
        let gaps = self.key_frames.windows(2).map(|pair| pair[1].time_us.saturating_sub(pair[0].time_us));
        Summary {
            duration_ms,
            total: Rates::of(&all, duration_ms),
            streams: self
                .streams
                .iter()
                .map(|stream| StreamRates {
                    index: stream.index,
                    rates: Rates::of(&stream.bytes, duration_ms),
                })
                .collect(),
            key_frames: u32::try_from(self.key_frames.len()).unwrap_or(u32::MAX),
            longest_gap_ms: u64::try_from(gaps.max().unwrap_or(0)).unwrap_or(0) / 1_000,
            told_by,
            damaged,
        }
    }
}

impl Rates {
    /// The rates of bytes in steps of a second.
    fn of(steps: &[u64], duration_ms: u64) -> Self {
        let bytes = steps.iter().fold(0_u64, |sum, step| sum.saturating_add(*step));
        let average = u64::try_from(u128::from(bytes) * 8_000 / u128::from(duration_ms.max(STEP_MS.into())))
            .unwrap_or(u64::MAX);
        let (mut highest, mut place) = (0, 0);
        for (at, &step) in steps.iter().enumerate() {
            if step > highest {
                (highest, place) = (step, at);
            }
        }
        Self {
            bytes,
            average,
            peak: highest.saturating_mul(8).max(average),
            peak_at_ms: place as u64 * u64::from(STEP_MS),
            needed: BUFFERS_BYTES.map(|buffer| needed(steps, buffer).max(average)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(streams: &[&[u64]]) -> Curve {
        let key_frame = |time_us| KeyFrame { time_us, place: None, bytes: 5 };
        Curve {
            streams: (0..)
                .zip(streams)
                .map(|(index, bytes)| StreamCurve { index, bytes: bytes.to_vec() })
                .collect(),
            key_frames: vec![key_frame(0), key_frame(1_500_000), key_frame(2_000_000)],
        }
    }

    #[test]
    fn a_summary_tells_average_peak_and_where_it_is() {
        let summary = curve(&[&[100, 300, 300], &[50, 50]]).summary(2_500, ToldBy::Headers, Vec::new());
        assert_eq!((summary.total.bytes, summary.total.average), (800, 800 * 8 * 10 / 25));
        assert_eq!((summary.total.peak, summary.total.peak_at_ms), (350 * 8, 1_000));
        assert_eq!(summary.streams[1].rates.bytes, 100);
        assert_eq!((summary.key_frames, summary.longest_gap_ms), (3, 1_500));
    }

    #[test]
    fn what_is_needed_lies_between_average_and_peak_and_falls_with_the_buffer() {
        let burst = [400_000, 400_000, 9_000_000, 8_000_000, 300_000, 100_000];
        let rates = curve(&[&burst]).summary(6_000, ToldBy::Headers, Vec::new()).total;
        assert!(rates.needed.windows(2).all(|pair| pair[0] >= pair[1]), "{rates:?}");
        assert!(rates.needed.iter().all(|&rate| rate >= rates.average && rate <= rates.peak), "{rates:?}");
        assert_eq!(rates.needed[0], 8_000_000 * 8, "9 MB in a second, less the 1 MB that is there already");
        assert_eq!(
            rates.needed[7], rates.average,
            "a buffer evens out peaks, it does not stand in for the line"
        );
    }

    #[test]
    fn a_file_of_nothing_has_rates_of_zero() {
        let summary = curve(&[]).summary(0, ToldBy::Packets, Vec::new());
        assert_eq!((summary.total.average, summary.total.peak, summary.total.needed), (0, 0, [0; 8]));
    }
}
