//! BIF, Roku's Base Index Frames: one small JPEG every few seconds, shown while a viewer seeks.
//!
//! All numbers are little-endian `u32`: magic (8 bytes), version 0, number of pictures N, milliseconds of one
//! timestamp step (0 means 1,000), zeros up to byte 64; then N + 1 entries of timestamp and absolute offset,
//! the last one `0xFFFFFFFF` and the file's end; then the pictures, one after another. Source: Roku's "Trick
//! Mode" page and files that Plex wrote. It decodes no picture. Start with [`BifWriter`] and [`Bif`].

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::product::{Cost, CostPer, Line, Product, Quantity};

/// The interval's range, milliseconds.
pub const INTERVALS_MS: std::ops::RangeInclusive<u32> = 500..=3_600_000;
/// The width's range, pixels.
pub const WIDTHS: std::ops::RangeInclusive<u32> = 16..=4_096;

/// How the pictures are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Params {
    /// Milliseconds from one picture to the next: 500 to 3,600,000.
    pub interval_ms: u32,
    /// Pixels of a picture's width: 16 to 4,096, even; a video that is narrower keeps its own, rounded down
    /// to even.
    pub width: u32,
}

impl Default for Params {
    /// A picture every 10 seconds, 320 pixels wide.
    fn default() -> Self {
        Self { interval_ms: 10_000, width: 320 }
    }
}

/// Parameters that no BIF can be made with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Outside [`INTERVALS_MS`].
    #[error(
        "an interval of {0} ms is not between {min} and {max}",
        min = INTERVALS_MS.start(),
        max = INTERVALS_MS.end()
    )]
    Interval(u32),
    /// Outside [`WIDTHS`], or odd.
    #[error(
        "a width of {0} pixels is not an even number between {min} and {max}",
        min = WIDTHS.start(),
        max = WIDTHS.end()
    )]
    Width(u32),
    /// No text of parameters.
    #[error("`{0}` is not of the form `interval_ms=10000 width=320`")]
    Text(String),
}

impl Params {
    /// Parameters within their ranges.
    ///
    /// # Errors
    /// If the interval is outside [`INTERVALS_MS`], or the width outside [`WIDTHS`] or odd.
    pub fn new(interval_ms: u32, width: u32) -> Result<Self, ParamsError> {
        if !INTERVALS_MS.contains(&interval_ms) {
            return Err(ParamsError::Interval(interval_ms));
        }
        if !WIDTHS.contains(&width) || !width.is_multiple_of(2) {
            return Err(ParamsError::Width(width));
        }
        Ok(Self { interval_ms, width })
    }
}

impl fmt::Display for Params {
    /// The canonical text: `interval_ms=10000 width=320`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interval_ms={} width={}", self.interval_ms, self.width)
    }
}

impl FromStr for Params {
    type Err = ParamsError;

    /// Reads the canonical text.
    fn from_str(text: &str) -> Result<Self, ParamsError> {
        let parsed = text.split_once(' ').and_then(|(interval, width)| {
            Some((
                interval.strip_prefix("interval_ms=")?.parse().ok()?,
                width.strip_prefix("width=")?.parse().ok()?,
            ))
        });
        let (interval_ms, width) = parsed.ok_or_else(|| ParamsError::Text(text.to_owned()))?;
        Self::new(interval_ms, width)
    }
}

/// What the database keeps of a BIF; the pictures are in its blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BifValue))]
pub struct Summary {
    /// How many pictures.
    pub pictures: u32,
    /// Milliseconds from one to the next.
    pub interval_ms: u32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Product for Summary {
    const NAME: &'static str = "bif";
    const VERSION: u32 = 2;
    const NEEDS: Traits = Traits::VIDEO;
    const BLOB: Option<&'static str> = Some("bif");
    // A key frame decoded every few seconds, of a film in full HD.
    const COST: Cost = Cost { per: CostPer::Gigabyte, seconds: 5.0 };

    fn is_sound(&self) -> bool {
        self.pictures <= MAX_PICTURES
            && INTERVALS_MS.contains(&self.interval_ms)
            && self.width <= *WIDTHS.end()
    }

    fn summary(&self) -> Vec<Line> {
        vec![
            Line::new("pictures", Quantity::Count(self.pictures.into())),
            Line::new("size", Quantity::Pixels(self.width, self.height)),
            Line::new("one every", Quantity::Milliseconds(self.interval_ms.into())),
        ]
    }
}

const MAGIC: [u8; 8] = [0x89, b'B', b'I', b'F', 0x0D, 0x0A, 0x1A, 0x0A];
const HEADER_BYTES: u64 = 64;
const ENTRY_BYTES: u64 = 8;
const END_TIMESTAMP: u32 = u32::MAX;
const DEFAULT_INTERVAL_MS: u32 = 1_000;

/// The most pictures of a file that is read or written: at the shortest interval more than 5 days of film.
pub const MAX_PICTURES: u32 = 1_000_000;
/// The most bytes of one picture that is read: a 4,096 pixel wide JPEG at its largest.
pub const MAX_PICTURE_BYTES: u32 = 32 << 20;

/// Why a BIF could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BifError {
    /// The system's word.
    #[error("the BIF could not be read or written")]
    Io(#[from] io::Error),
    /// Not a BIF, or one that contradicts itself.
    #[error("the file is no sound BIF: {0}")]
    Damaged(&'static str),
    /// More than the format or [`MAX_PICTURES`] allows.
    #[error("the pictures are too many or too large for a BIF")]
    TooLarge,
    /// The writer was given another number of pictures than it was promised.
    #[error("{written} pictures were written of {promised}")]
    Count {
        /// Given.
        written: u32,
        /// Promised.
        promised: u32,
    },
}

/// Writes a BIF picture by picture; only the index is held in memory.
#[derive(Debug)]
pub struct BifWriter<W> {
    out: W,
    promised: u32,
    offsets: Vec<u32>,
    end: u64,
}

impl<W: Write + Seek> BifWriter<W> {
    /// Begins a file of `pictures` pictures at `out`'s start.
    ///
    /// # Errors
    /// If `out` can't be written, or there are more than [`MAX_PICTURES`].
    pub fn new(mut out: W, interval_ms: u32, pictures: u32) -> Result<Self, BifError> {
        if pictures > MAX_PICTURES {
            return Err(BifError::TooLarge);
        }
        out.seek(SeekFrom::Start(0))?;
        let mut header = [0; HEADER_BYTES as usize];
        header[..8].copy_from_slice(&MAGIC);
        header[12..16].copy_from_slice(&pictures.to_le_bytes());
        header[16..20].copy_from_slice(&interval_ms.to_le_bytes());
        out.write_all(&header)?;
        let index_bytes = (u64::from(pictures) + 1) * ENTRY_BYTES;
        io::copy(&mut io::repeat(0).take(index_bytes), &mut out)?;
        Ok(Self { out, promised: pictures, offsets: Vec::new(), end: HEADER_BYTES + index_bytes })
    }

    /// Appends the next picture, a whole JPEG.
    ///
    /// # Errors
    /// If `out` can't be written, or the file would pass 4 GiB.
    pub fn picture(&mut self, jpeg: &[u8]) -> Result<(), BifError> {
        self.offsets.push(u32::try_from(self.end).map_err(|_| BifError::TooLarge)?);
        self.out.write_all(jpeg)?;
        self.end += jpeg.len() as u64;
        Ok(())
    }

    /// Bytes of the file so far.
    pub const fn len(&self) -> u64 {
        self.end
    }

    /// Whether no picture was written yet.
    pub const fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Writes the index and gives `out` back with the file's length.
    ///
    /// # Errors
    /// If `out` can't be written, or the number of pictures is not the promised one.
    pub fn finish(mut self) -> Result<(W, u64), BifError> {
        let written = self.offsets.len() as u32;
        if written != self.promised {
            return Err(BifError::Count { written, promised: self.promised });
        }
        let end = u32::try_from(self.end).map_err(|_| BifError::TooLarge)?;
        let mut index = Vec::with_capacity((self.offsets.len() + 1) * ENTRY_BYTES as usize);
        for (timestamp, offset) in (0u32..).zip(&self.offsets).chain([(END_TIMESTAMP, &end)]) {
            index.extend_from_slice(&timestamp.to_le_bytes());
            index.extend_from_slice(&offset.to_le_bytes());
        }
        self.out.seek(SeekFrom::Start(HEADER_BYTES))?;
        self.out.write_all(&index)?;
        self.out.seek(SeekFrom::Start(self.end))?;
        self.out.flush()?;
        Ok((self.out, self.end))
    }
}

/// A BIF that is read; its index is in memory, its pictures are not.
#[derive(Debug)]
pub struct Bif<R> {
    input: R,
    interval_ms: u32,
    entries: Vec<(u32, u32)>,
}

impl<R: Read + Seek> Bif<R> {
    /// Reads and checks the header and the index.
    ///
    /// # Errors
    /// If `input` can't be read, is no BIF, or its index contradicts itself or the file's length.
    pub fn open(mut input: R) -> Result<Self, BifError> {
        let length = input.seek(SeekFrom::End(0))?;
        if length < HEADER_BYTES + ENTRY_BYTES {
            return Err(BifError::Damaged("it is too short"));
        }
        input.seek(SeekFrom::Start(0))?;
        let mut header = [0; HEADER_BYTES as usize];
        input.read_exact(&mut header)?;
        if header[..8] != MAGIC {
            return Err(BifError::Damaged("its first bytes are not BIF's"));
        }
        if number(&header[8..]) != 0 {
            return Err(BifError::Damaged("its version is unknown"));
        }
        let pictures = number(&header[12..]);
        let index_end = HEADER_BYTES + (u64::from(pictures) + 1) * ENTRY_BYTES;
        if pictures > MAX_PICTURES || index_end > length {
            return Err(BifError::Damaged("it promises more pictures than it can hold"));
        }
        let interval_ms = match number(&header[16..]) {
            0 => DEFAULT_INTERVAL_MS,
            interval_ms => interval_ms,
        };
        let mut index = vec![0; (index_end - HEADER_BYTES) as usize];
        input.read_exact(&mut index)?;
        let entries: Vec<_> = index
            .chunks_exact(ENTRY_BYTES as usize)
            .map(|entry| (number(entry), number(&entry[4..])))
            .collect();
        if entries.last().is_none_or(|last| last.0 != END_TIMESTAMP) {
            return Err(BifError::Damaged("its index has no end"));
        }
        let rises = entries.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let inside =
            entries.iter().all(|&(_, offset)| u64::from(offset) >= index_end && u64::from(offset) <= length);
        if !rises || !inside {
            return Err(BifError::Damaged("its index contradicts itself"));
        }
        Ok(Self { input, interval_ms, entries })
    }

    /// How many pictures there are.
    pub const fn pictures(&self) -> usize {
        self.entries.len() - 1
    }

    /// Milliseconds of one timestamp step.
    pub const fn interval_ms(&self) -> u32 {
        self.interval_ms
    }

    /// The picture of a place, counted from 0: a whole JPEG; none where there is no such place.
    ///
    /// # Errors
    /// If the file can't be read, or the picture is longer than [`MAX_PICTURE_BYTES`].
    pub fn picture(&mut self, place: usize) -> Result<Option<Vec<u8>>, BifError> {
        let (Some(&(_, start)), Some(&(_, end))) =
            (self.entries.get(place), self.entries.get(place.saturating_add(1)))
        else {
            return Ok(None);
        };
        // `open` has seen that offsets rise.
        if end - start > MAX_PICTURE_BYTES {
            return Err(BifError::Damaged("a picture is too long"));
        }
        self.input.seek(SeekFrom::Start(u64::from(start)))?;
        let mut jpeg = vec![0; (end - start) as usize];
        self.input.read_exact(&mut jpeg)?;
        Ok(Some(jpeg))
    }

    /// The picture at an offset in milliseconds, or the last one before it; none where there is none.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub fn picture_at(&mut self, offset_ms: u64) -> Result<Option<Vec<u8>>, BifError> {
        let interval = u64::from(self.interval_ms);
        let pictures = self.pictures();
        let after = self.entries[..pictures]
            .partition_point(|&(timestamp, _)| u64::from(timestamp) * interval <= offset_ms);
        match after.checked_sub(1) {
            Some(place) => self.picture(place),
            None => Ok(None),
        }
    }
}

/// The number at a slice's start, which all callers know to have 4 bytes.
fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(interval_ms: u32, pictures: &[&[u8]]) -> Vec<u8> {
        let mut writer = BifWriter::new(Cursor::new(Vec::new()), interval_ms, pictures.len() as u32).unwrap();
        for picture in pictures {
            writer.picture(picture).unwrap();
        }
        let (out, length) = writer.finish().unwrap();
        assert_eq!(length, out.get_ref().len() as u64);
        out.into_inner()
    }

    fn open(bytes: &[u8]) -> Result<Bif<Cursor<&[u8]>>, BifError> {
        Bif::open(Cursor::new(bytes))
    }

    /// A small generator, so that a failing case comes again.
    fn noise(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let bytes = written(10_000, &[b"one", b"fours"]);
        let mut expect = vec![0x89, 0x42, 0x49, 0x46, 0x0D, 0x0A, 0x1A, 0x0A];
        for number in [0u32, 2, 10_000] {
            expect.extend(number.to_le_bytes());
        }
        expect.resize(64, 0);
        for number in [0u32, 88, 1, 91, 0xFFFF_FFFF, 96] {
            expect.extend(number.to_le_bytes());
        }
        expect.extend(b"onefours");
        assert_eq!(bytes, expect);
    }

    #[test]
    fn a_picture_is_found_at_or_before_an_offset() {
        let bytes = written(10_000, &[b"a", b"bb", b"ccc"]);
        let mut bif = open(&bytes).unwrap();
        assert_eq!((bif.pictures(), bif.interval_ms()), (3, 10_000));
        let mut at = |offset| bif.picture_at(offset).unwrap().unwrap();
        assert_eq!(at(0), b"a");
        assert_eq!(at(9_999), b"a");
        assert_eq!(at(10_000), b"bb");
        assert_eq!(at(u64::MAX), b"ccc");
        assert_eq!(bif.picture(3).unwrap(), None);
        assert_eq!(bif.picture(usize::MAX).unwrap(), None);
    }

    #[test]
    fn a_file_without_pictures_has_none_at_any_offset() {
        let bytes = written(1_000, &[]);
        assert_eq!(open(&bytes).unwrap().picture_at(5).unwrap(), None);
    }

    #[test]
    fn an_interval_of_zero_means_a_second() {
        let mut bytes = written(7, &[b"a", b"b"]);
        bytes[16..20].fill(0);
        assert_eq!(open(&bytes).unwrap().picture_at(1_000).unwrap().unwrap(), b"b");
    }

    #[test]
    fn another_number_of_pictures_than_promised_is_refused() {
        let mut writer = BifWriter::new(Cursor::new(Vec::new()), 1_000, 2).unwrap();
        writer.picture(b"a").unwrap();
        assert!(matches!(writer.finish(), Err(BifError::Count { written: 1, promised: 2 })));
    }

    #[test]
    fn a_count_that_the_file_cannot_hold_sizes_no_allocation() {
        for count in [MAX_PICTURES, MAX_PICTURES + 1, u32::MAX] {
            let mut bytes = written(1_000, &[b"a"]);
            bytes[12..16].copy_from_slice(&count.to_le_bytes());
            assert!(matches!(open(&bytes), Err(BifError::Damaged(_))));
        }
    }

    #[test]
    fn every_cut_of_a_file_is_refused_and_none_panics() {
        let bytes = written(1_000, &[b"abc", b"def", b"ghi"]);
        for length in 0..bytes.len() {
            assert!(open(&bytes[..length]).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn damaged_and_random_files_never_panic() {
        let sound = written(1_000, &[b"abc", b"", b"ghi"]);
        for seed in 0..20_000 {
            let mut random = noise(seed + 1);
            let mut bytes = sound.clone();
            if seed % 4 == 0 {
                bytes.iter_mut().skip(8).for_each(|byte| *byte = random() as u8);
            } else {
                for _ in 0..=random() % 4 {
                    let place = random() as usize % bytes.len();
                    bytes[place] = random() as u8;
                }
            }
            if let Ok(mut bif) = open(&bytes) {
                for place in 0..bif.pictures() {
                    let _ = bif.picture(place);
                }
                let _ = bif.picture_at(random());
            }
        }
    }

    #[test]
    fn parameters_outside_their_ranges_are_refused() {
        assert_eq!(Params::new(10_000, 320), Ok(Params::default()));
        for (interval_ms, width) in [(499, 320), (3_600_001, 320), (1_000, 14), (1_000, 4_098), (1_000, 321)]
        {
            assert!(Params::new(interval_ms, width).is_err(), "{interval_ms} {width}");
        }
    }

    #[test]
    fn the_canonical_text_is_read_back() {
        let params = Params::new(2_000, 640).unwrap();
        assert_eq!(crate::Spec::Bif(params).params().parse(), Ok(params));
        for text in ["", "width=320 interval_ms=1000", "interval_ms=x width=320", "interval_ms=1 width=320"] {
            assert!(text.parse::<Params>().is_err(), "{text}");
        }
    }
}
