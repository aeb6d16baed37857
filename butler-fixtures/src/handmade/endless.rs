//! A film of one progressive JPEG whose scans say "nothing new" of its million blocks, thousands of times
//! (ITU-T T.81, annex G): a decoder goes through all the blocks for each.

use super::avi::avi;
use super::bits::Bits;

/// Width and height.
const SIDE: u16 = 8_192;
const BLOCKS: u32 = (SIDE as u32 / 8) * (SIDE as u32 / 8);
/// Blocks that one code of fifteen bits skips.
const RUN: u32 = 1 << 14;

/// An AVI with one picture of so many scans. On a machine of 2026 a scan takes three milliseconds and 150
/// bytes.
pub fn endless_jpeg(scans: usize) -> Vec<u8> {
    let mut jpeg = vec![0xFF, 0xD8];
    segment(&mut jpeg, 0xDB, &[&[0][..], &[1; 64]].concat());
    let [high, low] = SIDE.to_be_bytes();
    segment(&mut jpeg, 0xC2, &[8, high, low, high, low, 1, 1, 0x11, 0]);
    // Two tables with one code of one bit each: no difference to the block before, and a run of blocks
    // without anything.
    for (table, meaning) in [(0x00, 0x00), (0x10, 0xE0)] {
        let mut lengths = [0; 16];
        lengths[0] = 1;
        segment(&mut jpeg, 0xC4, &[&[table][..], &lengths, &[meaning]].concat());
    }
    segment(&mut jpeg, 0xDA, &[1, 1, 0x00, 0, 0, 0]);
    jpeg.extend(zeros(BLOCKS));
    let mut scan = Vec::new();
    segment(&mut scan, 0xDA, &[1, 1, 0x00, 1, 63, 0]);
    scan.extend(zeros(BLOCKS / RUN * 15));
    jpeg.extend(scan.repeat(scans));
    jpeg.extend([0xFF, 0xD9]);
    avi(b"MJPG", &[(jpeg, true)], (SIDE.into(), SIDE.into()), 1)
}

/// A marker and its content, with the length before it.
fn segment(jpeg: &mut Vec<u8>, marker: u8, content: &[u8]) {
    jpeg.extend([0xFF, marker]);
    jpeg.extend((content.len() as u16 + 2).to_be_bytes());
    jpeg.extend(content);
}

/// So many bits of 0, whole bytes.
fn zeros(bits: u32) -> Vec<u8> {
    let mut zeros = Bits::default();
    (0..bits).for_each(|_| zeros.put(1, 0));
    zeros.done()
}
