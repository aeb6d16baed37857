//! Patches of a finished MP4 whose table of contents comes last (ISO/IEC 14496-12): what ffmpeg would not
//! write by its options.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

const ONE: i32 = 0x1_0000;

/// An MP4's bytes.
#[derive(Debug)]
pub struct Mp4(Vec<u8>);

impl Mp4 {
    /// Reads a file that ffmpeg wrote without `faststart`.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)?;
        ensure!(at(&bytes, b"moov")? > at(&bytes, b"mdat")?, "the table of contents comes first");
        Ok(Self(bytes))
    }

    /// Its bytes as they are now.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Sets how a player places the first track's picture: its right is shown at `right`, its below at
    /// `below`, both as (x, y) with y downwards. (8.3.2)
    pub fn place(mut self, right: (i32, i32), below: (i32, i32)) -> Result<Self> {
        const MATRIX_AT: usize = 44;
        let header = at(&self.0, b"tkhd")?;
        ensure!(self.0.get(header + 4) == Some(&0), "the track header is of another version");
        let matrix = [right.0 * ONE, right.1 * ONE, 0, below.0 * ONE, below.1 * ONE, 0, 0, 0, 0x4000_0000]
            .map(i32::to_be_bytes)
            .concat();
        self.0.splice(header + MATRIX_AT..header + MATRIX_AT + matrix.len(), matrix);
        Ok(self)
    }

    /// Adds Dolby Vision's configuration record to the HEVC track: its profile, and the kind of its
    /// compatible base layer, 0 for none. ("Dolby Vision Streams Within the ISO Base Media File Format", 2.2)
    pub fn with_dolby_vision(mut self, profile: u8, compatible: u8) -> Result<Self> {
        let mut record = [0u8; 32];
        record[3] = 32;
        record[4..8].copy_from_slice(if profile > 7 { b"dvvC" } else { b"dvcC" });
        // Version 1.0; profile, level 4, with metadata and base layer.
        record[8] = 1;
        record[10] = profile << 1;
        record[11] = 4 << 3 | 0b101;
        record[12] = compatible << 4;
        let entry = at(&self.0, b"hvc1").or_else(|_| at(&self.0, b"hev1"))?;
        let end = entry - 4 + size(&self.0, entry)? as usize;
        self.0.splice(end..end, record);
        for kind in [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"] {
            let place = at(&self.0, kind)?;
            self.grow(place, record.len())?;
        }
        self.grow(entry, record.len())?;
        Ok(self)
    }

    /// Adds to the size of the box whose name is at a place.
    fn grow(&mut self, name: usize, by: usize) -> Result<()> {
        let grown = size(&self.0, name)? + by as u32;
        self.0[name - 4..name].copy_from_slice(&grown.to_be_bytes());
        Ok(())
    }
}

fn size(bytes: &[u8], name: usize) -> Result<u32> {
    let four = name.checked_sub(4).and_then(|from| bytes.get(from..name)).context("a box without a size")?;
    Ok(u32::from_be_bytes(four.try_into()?))
}

/// The place of the last box of a name: the payload may hold the same letters, but it comes first.
fn at(bytes: &[u8], name: &[u8; 4]) -> Result<usize> {
    bytes
        .windows(4)
        .rposition(|four| four == name)
        .with_context(|| format!("there is no `{}`", String::from_utf8_lossy(name)))
}
