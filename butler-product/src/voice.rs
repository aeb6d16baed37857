//! Where somebody speaks in a film: what subtitles are held against.
//!
//! The [`Summary`] is the product's row, the [`Voice`] its blob: text, a line a speech segment, in the form
//! of Audacity's label tracks: when it begins and ends in seconds with three decimals, and `speech`, with
//! tabs between. It knows no subtitles. Start with [`Voice`].

mod offset;

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

pub use offset::{Fit, MOST_MS, Offset, Pace, fit};

use crate::Traits;
use crate::media_info::MAX_STREAMS;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// More segments no file has: two a second, for a week.
pub const MAX_SEGMENTS: usize = 1_000_000;
/// The most bytes of a blob that is read.
const MAX_BYTES: u64 = 64 << 20;
const WORD: &str = "speech";

/// What the database keeps; the segments are in the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = VoiceValue))]
pub struct Summary {
    /// The place in the container, from 0, of the sound: the one that is played unless a player is told
    /// otherwise.
    pub stream: u32,
    /// Segments of speech.
    pub segments: u32,
    /// How long they are together, milliseconds.
    pub speech_ms: u64,
}

/// Where somebody speaks, by time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voice {
    /// The segments; none touches the next.
    pub segments: Vec<Segment>,
}

/// A speech segment, milliseconds from the file's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its start.
    pub start_ms: u64,
    /// Its end.
    pub end_ms: u64,
}

/// Why speech could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// The system's word.
    #[error("the speech segments could not be read or written")]
    Io(#[from] io::Error),
    /// None, or some that contradict themselves.
    #[error("the file holds no speech segments: {0}")]
    Damaged(&'static str),
}

impl Product for Summary {
    const NAME: &'static str = "voice";
    const VERSION: u32 = 1;
    const NEEDS: Traits = Traits::VIDEO.union(Traits::SOUND);
    const BLOB: Option<&'static str> = Some("speech.txt");
    // The whole file is read and its sound decoded.
    const COST: Cost = Cost { per: CostPer::Gigabyte, seconds: 15.0 };

    fn is_sound(&self) -> bool {
        self.segments as usize <= MAX_SEGMENTS && (self.stream as usize) < MAX_STREAMS
    }

    fn summary(&self) -> Vec<Line> {
        vec![
            Line::new("stretches of speech", Quantity::Count(self.segments.into())),
            Line::new("in all", Quantity::Milliseconds(self.speech_ms)),
        ]
    }
}

impl Segment {
    /// How long it is, milliseconds.
    pub const fn length_ms(&self) -> u64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}

impl Voice {
    /// What the row says of it.
    pub fn summary(&self, stream: u32) -> Summary {
        Summary {
            stream,
            segments: u32::try_from(self.segments.len()).unwrap_or(u32::MAX),
            speech_ms: self.segments.iter().map(Segment::length_ms).sum(),
        }
    }

    /// Writes it, and answers with its bytes.
    ///
    /// # Errors
    /// If `out` can't be written, or there are more segments than [`Voice::read`] takes.
    pub fn write(&self, mut out: impl Write) -> Result<u64, VoiceError> {
        if self.segments.len() > MAX_SEGMENTS {
            return Err(VoiceError::Damaged("there are too many"));
        }
        let line = |segment: &Segment| {
            format!("{}\t{}\t{WORD}\n", seconds(segment.start_ms), seconds(segment.end_ms))
        };
        let text: String = self.segments.iter().map(line).collect();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(text.len() as u64)
    }

    /// Reads and checks it.
    ///
    /// # Errors
    /// If `input` can't be read, or holds no segments that follow one another.
    pub fn read(input: impl Read) -> Result<Self, VoiceError> {
        let mut text = String::new();
        input.take(MAX_BYTES + 1).read_to_string(&mut text)?;
        let mut voice = Self::default();
        for line in text.lines() {
            let mut fields = line.split('\t');
            let mut time = || milliseconds(fields.next()?);
            let times = time().zip(time());
            let (start_ms, end_ms) = times.ok_or(VoiceError::Damaged("a line has no times"))?;
            let before = voice.segments.last().map(|segment: &Segment| segment.end_ms);
            if fields.next() != Some(WORD) || start_ms >= end_ms || before.is_some_and(|end| end >= start_ms)
            {
                return Err(VoiceError::Damaged("a line does not follow the one before"));
            }
            voice.segments.push(Segment { start_ms, end_ms });
        }
        Ok(voice)
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

fn milliseconds(seconds: &str) -> Option<u64> {
    let (whole, thousandths) = seconds.split_once('.').filter(|(_, digits)| digits.len() == 3)?;
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(thousandths.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Voice {
        let segment = |start_ms, end_ms| Segment { start_ms, end_ms };
        Voice { segments: vec![segment(0, 1_250), segment(2_005, 3_600_000)] }
    }

    #[test]
    fn a_line_is_a_label_of_audacity_and_comes_back() {
        let mut text = Vec::new();
        assert_eq!(some().write(&mut text).unwrap(), text.len() as u64);
        assert_eq!(
            String::from_utf8(text.clone()).unwrap(),
            "0.000\t1.250\tspeech\n2.005\t3600.000\tspeech\n"
        );
        assert_eq!(Voice::read(text.as_slice()).unwrap(), some());
        assert_eq!(Voice::read(&b""[..]).unwrap(), Voice::default());
    }

    #[test]
    fn what_does_not_follow_is_refused() {
        for wrong in [
            "x\t1.000\tspeech\n",
            "1.000\t1.000\tspeech\n",
            "2.000\t1.000\tspeech\n",
            "0.000\t2.000\tspeech\n1.000\t3.000\tspeech\n",
            "0.000\t2.000\tsong\n",
            "0.000\n",
            "0.5\t2.000\tspeech\n",
            "99999999999999999999.000\t1.000\tspeech\n",
        ] {
            assert!(matches!(Voice::read(wrong.as_bytes()), Err(VoiceError::Damaged(_))), "{wrong}");
        }
        assert!(Voice::read(&[0xFF, 0xFE][..]).is_err());
    }

    #[test]
    fn a_row_counts_them() {
        let summary = some().summary(1);
        assert_eq!((summary.segments, summary.speech_ms), (2, 1_250 + 3_597_995));
        assert!(summary.is_sound());
    }
}
