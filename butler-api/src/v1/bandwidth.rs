//! `GET /api/v1/parts/{id}/bandwidth`: what a file needs of a network, second by second, and where its key
//! frames are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a file needs of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bandwidth {
    /// The part's id.
    pub part: i64,
    /// When it was found out.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Timestamp,
    /// Milliseconds from the file's start to the end of its last packet.
    pub duration_ms: u64,
    /// `headers`: by the container's tables and block headers, without reading the payload; `packets`: by
    /// reading the file through.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::BandwidthSource))]
    pub told_by: String,
    /// Milliseconds of one step of the curves below.
    pub step_ms: u64,
    /// The buffers, in bytes, whose bandwidths `needed` tells, in the same order.
    pub buffers: Vec<u64>,
    /// All streams together: what a player that takes the whole file is sent.
    pub total: BandwidthRates,
    /// Each video, sound and subtitle stream.
    pub streams: Vec<BandwidthStream>,
    /// The longest time from one key frame to the next, milliseconds.
    pub longest_gap_ms: u64,
    /// The key frames of the video, by time.
    pub key_frames: Vec<BandwidthKeyFrame>,
    /// Spans that could not be read; only a file that is read through shows any.
    pub damaged: Vec<BandwidthSpan>,
}

/// Bytes, and bits a second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BandwidthRates {
    /// Bytes of all packets, without what the container adds.
    pub bytes: u64,
    /// Bits a second over the whole duration.
    pub average: u64,
    /// Bits of the second that has the most.
    pub peak: u64,
    /// Where that second begins, milliseconds from the file's start.
    pub peak_at_ms: u64,
    /// Bits a second with which playback never stalls, for each of the buffers if it is full at the start;
    /// never below the average.
    pub needed: Vec<u64>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BandwidthStream {
    /// Its place in the container, from 0.
    pub index: u32,
    /// Its rates.
    pub rates: BandwidthRates,
    /// Bytes of each step from the file's start on, to its last packet's.
    pub bytes: Vec<u64>,
}

/// A key frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BandwidthKeyFrame {
    /// When it is shown, milliseconds from the file's start, to the microsecond.
    pub time_ms: f64,
    /// Where it, or the container's element with it, lies in the file, bytes from its start; absent where
    /// that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
    /// Its bytes.
    pub bytes: u32,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BandwidthSpan {
    /// Milliseconds from the file's start.
    pub start_ms: u64,
    /// Milliseconds from the file's start.
    pub end_ms: u64,
}
