//! H.264 whose frames are coded as two fields each (PAFF), as broadcasts are: x264 can't. Every macroblock is
//! I_PCM, its samples as they are, so that no more of the standard is needed (ITU-T H.264: 7.3.2.1, 7.3.2.2,
//! 7.3.3, 7.3.5).

use super::bits::Bits;

/// Width and height of a macroblock.
const BLOCK: u32 = 16;
const SEQUENCE: u8 = 7;
const PARAMETERS: u8 = 8;
const IDR: u8 = 5;
const OTHER: u8 = 1;

/// A raw stream (Annex B) of so many frames, all of them key frames. `lightness` of (frame, lower field, x, y
/// in the field) tells the grey. Width and height are multiples of 16 and 32. With one reference picture,
/// instead of two, libav takes each second field for a key frame of its own.
pub fn field_coded_h264(
    width: u32,
    height: u32,
    frames: u32,
    references: u32,
    lightness: impl Fn(u32, bool, u32, u32) -> u8,
) -> Vec<u8> {
    let mut stream = Vec::new();
    unit(&mut stream, SEQUENCE, &sequence(width, height, references));
    unit(&mut stream, PARAMETERS, &parameters());
    for frame in 0..frames {
        for lower in [false, true] {
            let kind = if lower { OTHER } else { IDR };
            unit(
                &mut stream,
                kind,
                &field(frame, lower, width / BLOCK, height / BLOCK / 2, |x, y| lightness(frame, lower, x, y)),
            );
        }
    }
    stream
}

fn sequence(width: u32, height: u32, references: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    // Main profile, level 4.
    bits.put(8, 77);
    bits.put(8, 0);
    bits.put(8, 40);
    bits.golomb(0);
    // frame_num has 4 bits; pictures are counted in full, in 8 bits.
    bits.golomb(0);
    bits.golomb(0);
    bits.golomb(4);
    bits.golomb(references);
    bits.put(1, 0);
    bits.golomb(width / BLOCK - 1);
    bits.golomb(height / BLOCK / 2 - 1);
    // Fields are allowed, not mixed inside a frame; 8x8 inference, which fields need; no cropping, no more
    // words.
    bits.put(5, 0b00100);
    end(bits)
}

fn parameters() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0);
    bits.golomb(0);
    bits.put(2, 0);
    bits.golomb(0);
    bits.golomb(0);
    bits.golomb(0);
    bits.put(3, 0);
    for _ in 0..3 {
        bits.golomb(0);
    }
    // The slices say themselves whether they are deblocked.
    bits.put(3, 0b100);
    end(bits)
}

fn field(frame: u32, lower: bool, columns: u32, rows: u32, lightness: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0);
    // All slices of the picture are intra.
    bits.golomb(7);
    bits.golomb(0);
    bits.put(4, 0);
    bits.put(2, 0b10 | u32::from(lower));
    if !lower {
        bits.golomb(frame % 2);
    }
    bits.put(8, u32::from(lower));
    // Reference marking: two flags of an IDR picture, one of any other.
    bits.put(if lower { 1 } else { 2 }, 0);
    bits.golomb(0);
    // Not deblocked.
    bits.golomb(1);
    for block in 0..columns * rows {
        let (left, top) = (block % columns * BLOCK, block / columns * BLOCK);
        // I_PCM.
        bits.golomb(25);
        bits.align();
        bits.bytes((0..BLOCK * BLOCK).map(|at| lightness(left + at % BLOCK, top + at / BLOCK)));
        bits.bytes([128; 128]);
    }
    end(bits)
}

/// Adds the stop bit.
fn end(mut bits: Bits) -> Vec<u8> {
    bits.put(1, 1);
    bits.done()
}

/// Adds a unit with its start code; a three is put where its bytes would look like one (7.4.1.1).
fn unit(stream: &mut Vec<u8>, kind: u8, content: &[u8]) {
    stream.extend([0, 0, 0, 1, 0x60 | kind]);
    let mut zeros = 0;
    for &byte in content {
        if zeros >= 2 && byte <= 3 {
            stream.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        stream.push(byte);
    }
}
