//! Sound fingerprints of a file's first and last part: what episodes of a season have in common, their
//! opening and their credits, shows in them.
//!
//! They are Chromaprint's, as its `fpcalc -raw` gives them with its usual algorithm (`test2`). The
//! [`Summary`] is the product's row, the [`Prints`] its blob: all numbers little-endian; eight bytes
//! `89 42 46 50 0D 0A 1A 0A`; u32 1, the format; u32 how many parts; for each u32 the millisecond of the file
//! at which it begins, u32 how many items, and a u32 each. One item is [`ITEM_MS`] later than the one before.
//! It compares nothing. Start with [`Prints`].

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::little_endian::take_u32;
use crate::media_info::MAX_STREAMS;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// Seconds of the first part.
pub const HEAD_SECONDS: u32 = 600;
/// Seconds of the last part.
pub const TAIL_SECONDS: u32 = 450;
/// Milliseconds from one item to the next: 1,365 samples, 11,025 a second.
pub const ITEM_MS: f64 = 1_365.0 / 11.025;
/// More items has no part.
pub const MAX_ITEMS: usize = 10_000;
/// A file has two parts at most.
const MAX_PARTS: usize = 2;
/// The most bytes of a blob that is read.
const MAX_BYTES: u64 = 16 + (MAX_PARTS * (8 + 4 * MAX_ITEMS)) as u64;

const MAGIC: [u8; 8] = [0x89, b'B', b'F', b'P', 0x0D, 0x0A, 0x1A, 0x0A];
const FORMAT: u32 = 1;

/// What the database keeps; the items are in the blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ChromaValue))]
pub struct Summary {
    /// The place in the container, from 0, of the sound: the one that is played unless a player is told
    /// otherwise.
    pub stream: u32,
    /// The parts, by time: the first [`HEAD_SECONDS`] and, where the file's length is known, the last
    /// [`TAIL_SECONDS`].
    pub parts: Vec<PartSummary>,
}

/// One part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ChromaValuePart))]
pub struct PartSummary {
    /// When it begins, milliseconds from the file's start.
    pub start_ms: u32,
    /// How many items it has.
    pub items: u32,
}

/// The fingerprints of a file's parts, by time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prints {
    /// The parts.
    pub parts: Vec<Print>,
}

/// The fingerprint of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// When it begins, milliseconds from the file's start.
    pub start_ms: u32,
    /// Its items.
    pub items: Vec<u32>,
}

/// Why fingerprints could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PrintsError {
    /// The system's word.
    #[error("the fingerprints could not be read or written")]
    Io(#[from] io::Error),
    /// None, or some that contradict themselves.
    #[error("the file holds no sound fingerprints: {0}")]
    Damaged(&'static str),
}

impl Product for Summary {
    const NAME: &'static str = "chroma";
    const VERSION: u32 = 1;
    const NEEDS: Traits = Traits::SOUND;
    const BLOB: Option<&'static str> = Some("chroma");
    // The whole file is read and its sound decoded.
    const COST: Cost = Cost { per: CostPer::Gigabyte, seconds: 15.0 };

    fn is_sound(&self) -> bool {
        self.parts.len() <= MAX_PARTS
            && self.parts.iter().all(|part| part.items as usize <= MAX_ITEMS)
            && (self.stream as usize) < MAX_STREAMS
    }

    fn summary(&self) -> Vec<Line> {
        let part = |part: &PartSummary| {
            let lasts = (f64::from(part.items) * ITEM_MS) as u64;
            [
                Line::new("from", Quantity::Milliseconds(part.start_ms.into())),
                Line::new("for", Quantity::Milliseconds(lasts)),
            ]
        };
        self.parts.iter().flat_map(part).collect()
    }
}

impl Prints {
    /// What the row says of them.
    pub fn summary(&self, stream: u32) -> Summary {
        let part = |print: &Print| PartSummary {
            start_ms: print.start_ms,
            items: u32::try_from(print.items.len()).unwrap_or(u32::MAX),
        };
        Summary { stream, parts: self.parts.iter().map(part).collect() }
    }

    /// Writes them, and answers with their bytes.
    ///
    /// # Errors
    /// If `out` can't be written, or there are more parts or items than [`Prints::read`] takes.
    pub fn write(&self, mut out: impl Write) -> Result<u64, PrintsError> {
        if self.parts.len() > MAX_PARTS || self.parts.iter().any(|part| part.items.len() > MAX_ITEMS) {
            return Err(PrintsError::Damaged("there are too many"));
        }
        let mut bytes = MAGIC.to_vec();
        let mut put = |number: u32| bytes.extend(number.to_le_bytes());
        put(FORMAT);
        put(self.parts.len() as u32);
        for part in &self.parts {
            put(part.start_ms);
            put(part.items.len() as u32);
            part.items.iter().copied().for_each(&mut put);
        }
        out.write_all(&bytes)?;
        out.flush()?;
        Ok(bytes.len() as u64)
    }

    /// Reads and checks some.
    ///
    /// # Errors
    /// If `input` can't be read, or holds no fingerprints of this format.
    pub fn read(input: impl Read) -> Result<Self, PrintsError> {
        let mut bytes = Vec::new();
        input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        let rest = bytes.strip_prefix(&MAGIC);
        let mut rest = rest.ok_or(PrintsError::Damaged("its first bytes are not those of fingerprints"))?;
        let mut number = || take_u32(&mut rest).ok_or(PrintsError::Damaged("it is cut off"));
        if number()? != FORMAT {
            return Err(PrintsError::Damaged("its format is unknown"));
        }
        let count = number()? as usize;
        if count > MAX_PARTS {
            return Err(PrintsError::Damaged("it promises more parts than a file has"));
        }
        let mut prints = Self::default();
        for _ in 0..count {
            let (start_ms, length) = (number()?, number()? as usize);
            if length > MAX_ITEMS {
                return Err(PrintsError::Damaged("it promises more items than a part has"));
            }
            let items = (0..length).map(|_| number()).collect::<Result<_, _>>()?;
            prints.parts.push(Print { start_ms, items });
        }
        if rest.is_empty() { Ok(prints) } else { Err(PrintsError::Damaged("it goes on behind its end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Prints {
        let head = Print { start_ms: 0, items: vec![0x0102_0304, u32::MAX] };
        Prints { parts: vec![head, Print { start_ms: 950_000, items: vec![7] }] }
    }

    fn written(prints: &Prints) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert_eq!(prints.write(&mut bytes).unwrap(), bytes.len() as u64);
        bytes
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut expect = vec![0x89, 0x42, 0x46, 0x50, 0x0D, 0x0A, 0x1A, 0x0A, 1, 0, 0, 0, 2, 0, 0, 0];
        expect.extend([0, 0, 0, 0, 2, 0, 0, 0, 4, 3, 2, 1, 255, 255, 255, 255]);
        expect.extend(950_000_u32.to_le_bytes());
        expect.extend([1, 0, 0, 0, 7, 0, 0, 0]);
        assert_eq!(written(&some()), expect);
        assert_eq!(Prints::read(expect.as_slice()).unwrap(), some());
    }

    #[test]
    fn every_cut_and_every_longer_one_is_refused_and_no_say_so_sizes_anything() {
        let bytes = written(&some());
        for length in 0..bytes.len() {
            assert!(Prints::read(&bytes[..length]).is_err(), "cut to {length} bytes");
        }
        assert!(Prints::read([bytes.as_slice(), &[0]].concat().as_slice()).is_err());
        for place in 8..bytes.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut damaged = bytes.clone();
                damaged[place] = value;
                if let Ok(prints) = Prints::read(damaged.as_slice()) {
                    assert_eq!(written(&prints), damaged);
                }
            }
        }
    }

    #[test]
    fn a_row_says_where_the_parts_begin_and_how_long_they_are() {
        let summary = some().summary(1);
        assert_eq!(summary.parts[1], PartSummary { start_ms: 950_000, items: 1 });
        assert!(summary.is_sound());
        let long = PartSummary { start_ms: 0, items: MAX_ITEMS as u32 + 1 };
        assert!(!Summary { parts: vec![long], ..summary.clone() }.is_sound());
        assert!(!Summary { parts: vec![summary.parts[0]; 3], ..summary }.is_sound());
    }
}
