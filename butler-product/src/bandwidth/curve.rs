//! The blob of a bandwidth product: bytes of each second and stream, and the map of key frames.
//!
//! Magic (8 bytes), then whole numbers as LEB128, least significant 7 bits first (signed ones folded: 0, -1,
//! 1, -2 … become 0, 1, 2, 3 …): format 1; milliseconds of a step; number of streams; for each its place in
//! the container, its number of steps, and the steps' bytes as differences to the step before; then the
//! number of key frames, and for each the difference of its time (microseconds from the file's start) and of
//! its place (0 where it is not known, else bytes from the file's start plus one) to the one before, and its
//! bytes. Then it ends. The format is ours; three hours with three streams take some 150 KB.

use std::io::{self, Read, Write};

use super::STEP_MS;
use crate::media_info::MAX_STREAMS;

/// The most steps of one stream: eleven days.
pub const MAX_STEPS: usize = 1_000_000;
/// The most key frames: a day of nothing but key frames.
pub const MAX_KEY_FRAMES: usize = 6_000_000;
/// The most bytes of a blob that is read: more than the most of everything takes.
const MAX_BYTES: u64 = 256 << 20;

const MAGIC: [u8; 8] = [0x89, b'B', b'W', b'C', 0x0D, 0x0A, 0x1A, 0x0A];
const FORMAT: u64 = 1;

/// Bytes over time, and key frames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Curve {
    /// The streams that have a packet, by their place in the container.
    pub streams: Vec<StreamCurve>,
    /// The key frames of the video that a player shows, by time.
    pub key_frames: Vec<KeyFrame>,
}

/// A stream's bytes over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCurve {
    /// Its place in the container, from 0.
    pub index: u32,
    /// Bytes of each step of [`STEP_MS`] from the file's start on, to its last packet's.
    pub bytes: Vec<u64>,
}

/// A key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFrame {
    /// When it is shown, microseconds from the file's start; below 0 where only later frames of its group
    /// are.
    pub time_us: i64,
    /// Where it lies, bytes from the file's start, or where the container's element with it does.
    pub place: Option<u64>,
    /// Its size.
    pub bytes: u32,
}

/// Why a curve could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CurveError {
    /// The system's word.
    #[error("the bandwidth curve could not be read or written")]
    Io(#[from] io::Error),
    /// None, or one that contradicts itself.
    #[error("the file is no sound bandwidth curve: {0}")]
    Damaged(&'static str),
    /// More than is read again.
    #[error("the bandwidth curve is too long")]
    TooLarge,
}

impl Curve {
    /// Writes it, and answers with its bytes.
    ///
    /// # Errors
    /// If `out` can't be written, or the curve has more streams, steps or key frames than [`Curve::read`]
    /// takes.
    pub fn write(&self, mut out: impl Write) -> Result<u64, CurveError> {
        let longest = self.streams.iter().map(|stream| stream.bytes.len()).max().unwrap_or(0);
        if self.streams.len() > MAX_STREAMS || longest > MAX_STEPS || self.key_frames.len() > MAX_KEY_FRAMES {
            return Err(CurveError::TooLarge);
        }
        let mut bytes = MAGIC.to_vec();
        for number in [FORMAT, STEP_MS.into(), self.streams.len() as u64] {
            put(&mut bytes, number);
        }
        for stream in &self.streams {
            put(&mut bytes, stream.index.into());
            put(&mut bytes, stream.bytes.len() as u64);
            let mut before = 0;
            for &step in &stream.bytes {
                put_difference(&mut bytes, step, &mut before);
            }
        }
        put(&mut bytes, self.key_frames.len() as u64);
        let (mut time, mut place) = (0, 0);
        for key_frame in &self.key_frames {
            put_difference(&mut bytes, key_frame.time_us.cast_unsigned(), &mut time);
            put_difference(
                &mut bytes,
                key_frame.place.map_or(0, |place| place.saturating_add(1)),
                &mut place,
            );
            put(&mut bytes, key_frame.bytes.into());
        }
        if bytes.len() as u64 > MAX_BYTES {
            return Err(CurveError::TooLarge);
        }
        out.write_all(&bytes)?;
        out.flush()?;
        Ok(bytes.len() as u64)
    }

    /// Reads and checks one.
    ///
    /// # Errors
    /// If `input` can't be read, or holds no sound curve of this format.
    pub fn read(input: impl Read) -> Result<Self, CurveError> {
        let mut bytes = Vec::new();
        input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(CurveError::TooLarge);
        }
        let mut numbers = Numbers(
            bytes.strip_prefix(&MAGIC).ok_or(CurveError::Damaged("its first bytes are not a curve's"))?,
        );
        if numbers.next()? != FORMAT {
            return Err(CurveError::Damaged("its format is unknown"));
        }
        if numbers.next()? != u64::from(STEP_MS) {
            return Err(CurveError::Damaged("its steps are no seconds"));
        }
        let mut curve = Self::default();
        for _ in 0..numbers.count(MAX_STREAMS)? {
            let index = u32::try_from(numbers.next()?)
                .map_err(|_| CurveError::Damaged("a stream's number is too large"))?;
            let mut step = 0;
            let steps = numbers.count(MAX_STEPS)?;
            let bytes = (0..steps).map(|_| numbers.next_after(&mut step)).collect::<Result<_, _>>()?;
            curve.streams.push(StreamCurve { index, bytes });
        }
        let (mut time, mut place) = (0, 0);
        for _ in 0..numbers.count(MAX_KEY_FRAMES)? {
            curve.key_frames.push(KeyFrame {
                time_us: numbers.next_after(&mut time)?.cast_signed(),
                place: numbers.next_after(&mut place)?.checked_sub(1),
                bytes: u32::try_from(numbers.next()?)
                    .map_err(|_| CurveError::Damaged("a key frame is too large"))?,
            });
        }
        if numbers.0.is_empty() { Ok(curve) } else { Err(CurveError::Damaged("it goes on behind its end")) }
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Puts the difference to the number before, which wraps as all arithmetic here does: any two numbers have
/// one.
fn put_difference(bytes: &mut Vec<u8>, number: u64, before: &mut u64) {
    let difference = number.wrapping_sub(*before).cast_signed();
    put(bytes, ((difference << 1) ^ (difference >> 63)).cast_unsigned());
    *before = number;
}

/// The numbers that are still to be read.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u64, CurveError> {
        let mut number = 0_u64;
        for (place, &byte) in self.0.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7F);
            if place == 9 && bits > 1 {
                break;
            }
            number |= bits << (7 * place);
            if byte < 0x80 {
                self.0 = &self.0[place + 1..];
                return Ok(number);
            }
        }
        Err(CurveError::Damaged("a number is cut off or too large"))
    }

    fn next_after(&mut self, before: &mut u64) -> Result<u64, CurveError> {
        let folded = self.next()?;
        let difference = (folded >> 1) ^ (folded & 1).wrapping_neg();
        *before = before.wrapping_add(difference);
        Ok(*before)
    }

    /// How many come: never more than there are bytes for, so that no say-so sizes anything.
    fn count(&mut self, most: usize) -> Result<usize, CurveError> {
        let count = usize::try_from(self.next()?).unwrap_or(usize::MAX);
        if count > most.min(self.0.len()) {
            Err(CurveError::Damaged("it promises more than it holds"))
        } else {
            Ok(count)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(curve: &Curve) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert_eq!(curve.write(&mut bytes).unwrap(), bytes.len() as u64);
        bytes
    }

    /// A small generator, so that a failing case comes again.
    fn noise(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> (state % 64)
        }
    }

    fn any(random: &mut impl FnMut() -> u64) -> Curve {
        let some = |random: &mut dyn FnMut() -> u64| random() % 20;
        Curve {
            streams: (0..some(random))
                .map(|_| StreamCurve {
                    index: random() as u32,
                    bytes: (0..some(random)).map(|_| random()).collect(),
                })
                .collect(),
            key_frames: (0..some(random))
                .map(|_| KeyFrame {
                    time_us: random().cast_signed(),
                    place: Some(random()).filter(|place| place % 3 > 0 && *place < u64::MAX),
                    bytes: random() as u32,
                })
                .collect(),
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let curve = Curve {
            streams: vec![StreamCurve { index: 1, bytes: vec![300, 299] }],
            key_frames: vec![
                KeyFrame { time_us: 64, place: Some(9), bytes: 7 },
                KeyFrame { time_us: 63, place: None, bytes: 128 },
            ],
        };
        let mut expect = vec![0x89, 0x42, 0x57, 0x43, 0x0D, 0x0A, 0x1A, 0x0A];
        expect.extend([1, 0xE8, 0x07, 1]);
        expect.extend([1, 2, 0xD8, 0x04, 1]);
        expect.extend([2, 0x80, 0x01, 20, 7, 1, 19, 0x80, 0x01]);
        assert_eq!(written(&curve), expect);
    }

    #[test]
    fn any_curve_comes_back_as_it_was() {
        let mut random = noise(1);
        for _ in 0..2_000 {
            let curve = any(&mut random);
            assert_eq!(Curve::read(written(&curve).as_slice()).unwrap(), curve);
        }
    }

    #[test]
    fn every_cut_of_a_curve_is_refused() {
        let bytes = written(&any(&mut noise(3)));
        for length in 0..bytes.len() {
            assert!(Curve::read(&bytes[..length]).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn damaged_and_random_bytes_never_panic_and_never_allocate_by_their_own_say() {
        let mut random = noise(4);
        let sound = written(&any(&mut random));
        for _ in 0..5_000 {
            let mut bytes = sound.clone();
            for _ in 0..1 + random() % 4 {
                let place = 8 + random() as usize % (bytes.len() - 8);
                bytes[place] = random() as u8;
            }
            if let Ok(curve) = Curve::read(bytes.as_slice()) {
                assert_eq!(Curve::read(written(&curve).as_slice()).unwrap(), curve);
            }
        }
        let mut huge = MAGIC.to_vec();
        [1, 1_000, u64::MAX].into_iter().for_each(|number| put(&mut huge, number));
        assert!(matches!(Curve::read(huge.as_slice()), Err(CurveError::Damaged(_))));
    }

    #[test]
    fn three_hours_stay_small() {
        let mut random = noise(5);
        let bytes = |around: u64, random: &mut dyn FnMut() -> u64| {
            (0..10_800).map(|_| around + random() % 200_000).collect()
        };
        let curve = Curve {
            streams: (0..3).map(|index| StreamCurve { index, bytes: bytes(800_000, &mut random) }).collect(),
            key_frames: (0..5_400)
                .map(|at| KeyFrame {
                    time_us: at * 2_000_000,
                    place: Some(at as u64 * 2_000_000),
                    bytes: 150_000,
                })
                .collect(),
        };
        assert!(written(&curve).len() < 200_000, "{} bytes", written(&curve).len());
    }
}
