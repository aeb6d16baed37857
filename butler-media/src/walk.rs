//! Tells the packets of a file by the container's own tables and block headers, without reading the payload.
//!
//! Whatever is unusual is left to libav's demuxers ([`Unwalked::Unusual`]): a walker never guesses. Every
//! length, count and place in a file may be a lie; none sizes an allocation, and each step leads on. Pure
//! over [`ReadAt`]. Start with `walk/mp4.rs` or `walk/matroska.rs`.

pub(crate) mod matroska;
pub(crate) mod mp4;
mod tables;
mod window;

use butler_product::media_info::StreamKind;

use crate::source::{Source, Stopped};

use window::Window;

/// What a walk reads.
pub(crate) trait ReadAt {
    /// Reads at a place in place of what the buffer held: so many bytes, or as many as there are.
    fn fill(&self, buffer: &mut Vec<u8>, most: usize, place: u64) -> Result<(), Stopped>;
    /// Bytes.
    fn size(&self) -> u64;
}

impl ReadAt for Source {
    fn fill(&self, buffer: &mut Vec<u8>, most: usize, place: u64) -> Result<(), Stopped> {
        Self::fill(self, buffer, most, place)
    }

    fn size(&self) -> u64 {
        Self::size(self)
    }
}

/// A packet without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its stream's place in the container, as libav counts.
    pub(crate) stream: u32,
    /// When it is shown, microseconds by the container's clock; where the container doesn't say, when it is
    /// decoded.
    pub(crate) time: Option<i64>,
    /// How long it is shown, microseconds; 0 where the container doesn't say.
    pub(crate) duration: i64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Whether a decoder can begin with it.
    pub(crate) is_key: bool,
    /// Where it lies, bytes from the file's start, or where the container's element with it does.
    pub(crate) place: Option<u64>,
}

/// Takes heads one after another; those of one stream come in the order in which they are decoded.
pub(crate) type Take<'a> = &'a mut dyn FnMut(Head);

/// A file that was walked to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    /// The file is shorter than it says: the clock, microseconds, of the first packet that isn't whole, where
    /// one is known to be there.
    pub(crate) cut: Option<Cut>,
}

/// Where a file was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the packet of this time, microseconds by the container's clock.
    Before(i64),
    /// After the last packet that was told.
    AfterLast,
}

/// Why a file was not walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwalked {
    /// It has something that is not walked here, or contradicts itself.
    Unusual(&'static str),
    /// Reading ended.
    Stopped(Stopped),
}

impl From<Stopped> for Unwalked {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

/// Walks a file whose container can be walked. `streams` are the kinds of the streams that the headers tell,
/// by their places.
pub(crate) fn walk(
    container: &str,
    input: &dyn ReadAt,
    streams: &[StreamKind],
    take: Take<'_>,
) -> Result<Walked, Unwalked> {
    match container {
        "mov" => mp4::walk(input, streams, take),
        "matroska" => matroska::walk(input, streams, take),
        _ => Err(Unwalked::Unusual("the container is not one that is walked")),
    }
}

/// A time in microseconds, rounded to the nearest.
fn micros(ticks: i64, a_second: u64) -> i64 {
    let a_second = i128::from(a_second.max(1));
    let doubled = i128::from(ticks) * 2_000_000 + a_second;
    i64::try_from(doubled.div_euclid(2 * a_second)).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    /// A file in memory that counts what is read of it.
    pub(crate) struct Bytes<'a>(pub(crate) &'a [u8], pub(crate) Cell<u64>);

    impl ReadAt for Bytes<'_> {
        fn fill(&self, buffer: &mut Vec<u8>, most: usize, place: u64) -> Result<(), Stopped> {
            let rest = usize::try_from(place).ok().and_then(|place| self.0.get(place..)).unwrap_or_default();
            buffer.clear();
            buffer.extend_from_slice(&rest[..rest.len().min(most)]);
            self.1.set(self.1.get() + buffer.len() as u64);
            Ok(())
        }

        fn size(&self) -> u64 {
            self.0.len() as u64
        }
    }

    /// Everything that a walk tells.
    pub(crate) fn heads(
        container: &str,
        file: &[u8],
        streams: &[StreamKind],
    ) -> Result<(Walked, Vec<Head>), Unwalked> {
        let mut heads = Vec::new();
        let walked = walk(container, &Bytes(file, Cell::default()), streams, &mut |head| heads.push(head))?;
        Ok((walked, heads))
    }

    /// Walks a file with many small damages: each has to end, and to tell no byte that the file has not.
    pub(crate) fn damaged(container: &str, sound: &[u8], streams: &[StreamKind]) {
        let mut state = 11_u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let mut file = sound.to_vec();
            for _ in 0..=random(4) {
                // Mostly where the tables are.
                let place = random(file.len());
                let place = if random(3) == 0 { place } else { place % 1_500 };
                file[place.min(sound.len() - 1)] = [0, 0xFF, 0x7F, random(256) as u8][random(4)];
            }
            if random(10) == 0 {
                file.truncate(random(file.len()));
            }
            let mut told = 0_u64;
            let _ = walk(container, &Bytes(&file, Cell::default()), streams, &mut |head| {
                told += 1;
                assert!(head.bytes <= file.len() as u64);
                assert!(head.place.is_none_or(|place| place <= file.len() as u64));
            });
            assert!(told <= tables::MAX_SAMPLES);
        }
    }

    #[test]
    fn times_are_rounded_to_the_nearest_microsecond() {
        assert_eq!(micros(1_001, 24_000), 41_708);
        assert_eq!(micros(-1_024, 48_000), -21_333);
        assert_eq!(micros(i64::MAX, 1), i64::MAX);
        assert_eq!(micros(i64::MIN, 1), i64::MIN);
        assert_eq!(micros(5, 0), 5_000_000);
    }
}
