//! A reader of preview thumbnails (BIF) of its own, written from the format's description, so that a test of
//! what the server gives does not trust the server's own reader.
//!
//! Never mends: a file that breaks the format is an error that says where.

use anyhow::{Context, Result, bail, ensure};

const MAGIC: [u8; 8] = [0x89, b'B', b'I', b'F', 0x0d, 0x0a, 0x1a, 0x0a];

/// The pictures of a BIF.
#[derive(Debug, Clone)]
pub struct Bif {
    /// Milliseconds that a step of the timestamps stands for.
    pub multiplier_ms: u32,
    /// Each picture's timestamp, in steps, and its JPEG.
    pub pictures: Vec<(u32, Vec<u8>)>,
}

impl Bif {
    /// Reads a whole file and holds it to the format: header, index in order, its end mark, JPEGs from end to
    /// end.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        ensure!(bytes.get(..8) == Some(&MAGIC), "no BIF: wrong first bytes");
        ensure!(number(bytes, 8)? == 0, "a BIF of version {}", number(bytes, 8)?);
        let count = number(bytes, 12)? as usize;
        ensure!(
            bytes.get(20..64).is_some_and(|reserved| reserved.iter().all(|byte| *byte == 0)),
            "reserved bytes are not zero"
        );
        let mut pictures = Vec::new();
        let mut begin = 64 + 8 * (count + 1);
        ensure!(number(bytes, 68)? as usize == begin, "the first picture does not follow the index");
        for at in 0..count {
            let entry = 64 + 8 * at;
            let end = number(bytes, entry + 12)? as usize;
            let jpeg =
                bytes.get(begin..end).with_context(|| format!("picture {at} lies outside the file"))?;
            ensure!(
                jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]),
                "picture {at} is no whole JPEG"
            );
            pictures.push((number(bytes, entry)?, jpeg.to_vec()));
            begin = end;
        }
        ensure!(number(bytes, 64 + 8 * count)? == u32::MAX, "the index has no end mark");
        ensure!(begin == bytes.len(), "{} bytes follow the last picture", bytes.len() - begin);
        ensure!(pictures.windows(2).all(|pair| pair[0].0 < pair[1].0), "the timestamps do not rise");
        Ok(Self { multiplier_ms: number(bytes, 16)?, pictures })
    }

    /// The milliseconds at which a picture counts.
    pub fn time_ms(&self, picture: usize) -> u64 {
        let multiplier = if self.multiplier_ms == 0 { 1000 } else { self.multiplier_ms };
        u64::from(self.pictures[picture].0) * u64::from(multiplier)
    }
}

/// Width and height in pixels of a JPEG, from its frame header (ITU-T T.81, B.2.2).
pub fn jpeg_size(jpeg: &[u8]) -> Result<(u32, u32)> {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = jpeg.get(at..at + 4) {
        if matches!(marker, 0xc0..=0xc3) {
            let Some(&[h1, h0, w1, w0]) = jpeg.get(at + 5..at + 9) else { break };
            return Ok((u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0]))));
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    bail!("the JPEG has no frame header")
}

fn number(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..at + 4).with_context(|| format!("the BIF ends before byte {at}"))?;
    Ok(u32::from_le_bytes(four.try_into()?))
}
