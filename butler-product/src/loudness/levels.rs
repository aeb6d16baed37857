//! The course of loudness, as a blob: the loudness of each tenth of a second of each sound.
//!
//! The format, all numbers little-endian: eight bytes `89 42 57 4C 0D 0A 1A 0A`; u32 1, the format; u32 100,
//! the milliseconds of a step; u32 how many sounds; for each, by its place in the container: u32 that place,
//! u32 how many steps, and a step each an i16 in hundredths of a LUFS. -32768 stands for nothing heard. The
//! loudness of a step is that of its own tenth of a second; what a meter shows as momentary (0.4 seconds) and
//! short-term (three seconds) is the mean energy of 4 and of 30 of them. Start with [`Levels`].

use std::io::{self, Read, Write};

use super::{energy_of, loudness_of};
use crate::little_endian::take_u32;
use crate::media_info::MAX_STREAMS;

/// Milliseconds of one step.
pub const STEP_MS: u32 = 100;
/// A step in which nothing was heard.
pub const NOTHING: i16 = i16::MIN;
/// At most so many steps of all sounds together: some 200 hours.
pub const MAX_STEPS: usize = 8_000_000;
/// The most bytes of a blob that is read.
const MAX_BYTES: u64 = 24 + 8 * MAX_STREAMS as u64 + 2 * MAX_STEPS as u64;

const MAGIC: [u8; 8] = [0x89, b'B', b'W', b'L', 0x0D, 0x0A, 0x1A, 0x0A];
const FORMAT: u32 = 1;

/// The course of a file's sounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// Each sound that was heard, by its place in the container.
    pub streams: Vec<StreamLevels>,
}

/// The course of one sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLevels {
    /// Its place in the container, from 0.
    pub index: u32,
    /// Hundredths of a LUFS of each step from the file's start on, or [`NOTHING`].
    pub steps: Vec<i16>,
}

/// Why levels could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LevelsError {
    /// The system's word.
    #[error("the levels could not be read or written")]
    Io(#[from] io::Error),
    /// None, or some that contradict themselves.
    #[error("the file holds no sound levels: {0}")]
    Damaged(&'static str),
    /// More than is read again.
    #[error("the levels are too long")]
    TooLarge,
}

impl StreamLevels {
    /// The step that stands for a mean energy.
    pub fn step(energy: f64) -> i16 {
        let hundredths = (loudness_of(energy) * 100.0).round();
        if hundredths > f64::from(NOTHING) { hundredths as i16 } else { NOTHING }
    }

    /// The loudness of each of so many equal parts of it, LUFS; none where nothing was heard.
    pub fn parts(&self, count: usize) -> Vec<Option<f64>> {
        let edge = |part: usize| self.steps.len() * part / count.max(1);
        (0..count).map(|part| mean(&self.steps[edge(part)..edge(part + 1)])).collect()
    }
}

/// The loudness of the mean energy of steps.
fn mean(steps: &[i16]) -> Option<f64> {
    let heard = steps.iter().filter(|step| **step != NOTHING);
    let energy: f64 = heard.map(|step| energy_of(f64::from(*step) / 100.0)).sum();
    (energy > 0.0).then(|| loudness_of(energy / steps.len() as f64))
}

impl Levels {
    /// Writes them, and answers with their bytes.
    ///
    /// # Errors
    /// If `out` can't be written, or there are more sounds or steps than [`Levels::read`] takes.
    pub fn write(&self, mut out: impl Write) -> Result<u64, LevelsError> {
        let steps: usize = self.streams.iter().map(|stream| stream.steps.len()).sum();
        if self.streams.len() > MAX_STREAMS || steps > MAX_STEPS {
            return Err(LevelsError::TooLarge);
        }
        let mut bytes = MAGIC.to_vec();
        let mut put = |number: u32| bytes.extend(number.to_le_bytes());
        [FORMAT, STEP_MS, self.streams.len() as u32].into_iter().for_each(&mut put);
        for stream in &self.streams {
            bytes.extend(stream.index.to_le_bytes());
            bytes.extend((stream.steps.len() as u32).to_le_bytes());
            stream.steps.iter().for_each(|step| bytes.extend(step.to_le_bytes()));
        }
        out.write_all(&bytes)?;
        out.flush()?;
        Ok(bytes.len() as u64)
    }

    /// Reads and checks some.
    ///
    /// # Errors
    /// If `input` can't be read, or holds no levels of this format.
    pub fn read(input: impl Read) -> Result<Self, LevelsError> {
        let mut bytes = Vec::new();
        input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(LevelsError::TooLarge);
        }
        let rest = bytes.strip_prefix(&MAGIC);
        let mut rest = rest.ok_or(LevelsError::Damaged("its first bytes are not those of levels"))?;
        if number(&mut rest)? != FORMAT {
            return Err(LevelsError::Damaged("its format is unknown"));
        }
        if number(&mut rest)? != STEP_MS {
            return Err(LevelsError::Damaged("its steps are no tenths of a second"));
        }
        let count = number(&mut rest)? as usize;
        if count > MAX_STREAMS {
            return Err(LevelsError::Damaged("it promises more sounds than any file has"));
        }
        let mut levels = Self::default();
        for _ in 0..count {
            let index = number(&mut rest)?;
            let length = (number(&mut rest)? as usize).checked_mul(2);
            let steps = length.and_then(|length| rest.split_at_checked(length));
            let (steps, behind) = steps.ok_or(LevelsError::Damaged("it promises more than it holds"))?;
            rest = behind;
            let (pairs, _) = steps.as_chunks::<2>();
            levels.streams.push(StreamLevels {
                index,
                steps: pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect(),
            });
        }
        if rest.is_empty() { Ok(levels) } else { Err(LevelsError::Damaged("it goes on behind its end")) }
    }
}

fn number(bytes: &mut &[u8]) -> Result<u32, LevelsError> {
    take_u32(bytes).ok_or(LevelsError::Damaged("it is cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Levels {
        let first = StreamLevels { index: 1, steps: vec![-2_300, NOTHING, 258] };
        Levels { streams: vec![first, StreamLevels { index: 4, steps: Vec::new() }] }
    }

    fn written(levels: &Levels) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert_eq!(levels.write(&mut bytes).unwrap(), bytes.len() as u64);
        bytes
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut expect = vec![0x89, 0x42, 0x57, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A];
        expect.extend([1, 0, 0, 0, 100, 0, 0, 0, 2, 0, 0, 0]);
        expect.extend([1, 0, 0, 0, 3, 0, 0, 0, 0x04, 0xF7, 0x00, 0x80, 0x02, 0x01]);
        expect.extend([4, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(written(&some()), expect);
        assert_eq!(Levels::read(expect.as_slice()).unwrap(), some());
    }

    #[test]
    fn every_cut_and_every_longer_one_is_refused_and_no_say_so_sizes_anything() {
        let bytes = written(&some());
        for length in 0..bytes.len() {
            assert!(Levels::read(&bytes[..length]).is_err(), "cut to {length} bytes");
        }
        assert!(Levels::read([bytes.as_slice(), &[0]].concat().as_slice()).is_err());
        for place in 8..bytes.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut damaged = bytes.clone();
                damaged[place] = value;
                if let Ok(levels) = Levels::read(damaged.as_slice()) {
                    assert_eq!(written(&levels), damaged);
                }
            }
        }
    }

    #[test]
    fn a_step_is_hundredths_of_a_lufs_and_nothing_is_nothing() {
        assert_eq!(StreamLevels::step(energy_of(-23.0)), -2_300);
        assert_eq!(StreamLevels::step(0.0), NOTHING);
        assert_eq!(StreamLevels::step(f64::NAN), NOTHING);
    }

    #[test]
    fn a_part_is_as_loud_as_the_mean_energy_of_its_steps() {
        let stream = StreamLevels { index: 0, steps: vec![-2_000, -2_000, NOTHING, NOTHING, -3_000] };
        let thirds = stream.parts(3);
        assert!((thirds[0].unwrap() + 20.0).abs() < 1e-9, "one step");
        assert!(
            (thirds[1].unwrap() - loudness_of(energy_of(-20.0) / 2.0)).abs() < 1e-9,
            "a step and nothing"
        );
        assert!((thirds[2].unwrap() - loudness_of(energy_of(-30.0) / 2.0)).abs() < 1e-9);
        assert_eq!(stream.parts(5)[2], None);
        assert_eq!((stream.parts(0), stream.parts(9).len()), (Vec::new(), 9));
    }
}
