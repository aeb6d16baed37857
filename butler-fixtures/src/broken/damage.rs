//! Damage that knows nothing of the format, and the way to the lies that do.
//!
//! Pure. Start with [`done`].

use super::originals::Original;
use super::{Damage, boxes, elements, lengths};
use crate::Random;

/// Where most formats have their headers.
const HEADER: usize = 2_048;
/// The longest run of zeros or noise.
const RUN: u64 = 6_000;
/// Numbers that no honest length or count has.
pub(super) const ABSURD: [u64; 12] =
    [0, 1, 2, 7, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x00FF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
/// Widths and heights that no film has.
const SIDES: [u64; 9] = [0, 1, 3, 16_000, 16_384, 32_767, 32_768, 65_534, 65_535];

/// The film's bytes with the damage done. `number` tells cases of a kind apart.
pub(super) fn done(original: &Original, damage: Damage, number: u32, random: &mut Random) -> Vec<u8> {
    let mut bytes = original.bytes.clone();
    let length = bytes.len();
    match damage {
        Damage::Cut if number <= 9 => bytes.truncate(length * number as usize / 10),
        Damage::Cut => bytes.truncate(place(random, length)),
        Damage::FlipHeader => flip(&mut bytes[..length.min(HEADER)], 12, random),
        Damage::Flip => flip(&mut bytes, 200, random),
        Damage::Zeros => runs(&mut bytes, random, |_, length| vec![0; length]),
        Damage::Noise => runs(&mut bytes, random, Random::bytes),
        Damage::Swap => swap(&mut bytes, random),
        Damage::Piece => piece(&mut bytes, random),
        Damage::Lie => lie(original, &mut bytes, random),
        Damage::Huge => huge(original, &mut bytes, random),
    }
    bytes
}

/// A place inside; 0 where there is none.
pub(super) fn place(random: &mut Random, length: usize) -> usize {
    random.between(0, length.max(1) as u64) as usize
}

/// One of several.
pub(super) fn pick<'a, T>(random: &mut Random, of: &'a [T]) -> Option<&'a T> {
    of.get(place(random, of.len()))
}

fn flip(bytes: &mut [u8], most: u64, random: &mut Random) {
    for _ in 0..random.between(1, most + 1) {
        let at = place(random, bytes.len());
        let bit = 1 << random.between(0, 8);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= bit;
        }
    }
}

fn runs(bytes: &mut [u8], random: &mut Random, content: impl Fn(&mut Random, usize) -> Vec<u8>) {
    for _ in 0..random.between(1, 5) {
        let from = place(random, bytes.len());
        let length = (random.between(4, RUN) as usize).min(bytes.len() - from);
        let content = content(random, length);
        bytes[from..from + length].copy_from_slice(&content);
    }
}

fn swap(bytes: &mut [u8], random: &mut Random) {
    // The sizes in which disks, tapes and streams lose their order.
    let sizes = [188, 512, 2_048, 4_096];
    let size = pick(random, &sizes).copied().unwrap_or(512);
    for _ in 0..random.between(1, 8) {
        let blocks = bytes.len() / size;
        let (one, other) = (place(random, blocks) * size, place(random, blocks) * size);
        for at in 0..size.min(bytes.len()) {
            bytes.swap(one + at, other + at);
        }
    }
}

fn piece(bytes: &mut Vec<u8>, random: &mut Random) {
    let from = place(random, bytes.len());
    let to = (from + random.between(1, 20_000) as usize).min(bytes.len());
    if random.next().is_multiple_of(2) {
        bytes.drain(from..to);
    } else {
        let piece = bytes[from..to].to_vec();
        let at = place(random, bytes.len());
        bytes.splice(at..at, piece);
    }
}

fn lie(original: &Original, bytes: &mut [u8], random: &mut Random) {
    for _ in 0..random.between(1, 4) {
        let told = match original.name {
            name if name.starts_with("mp4") || name == "mov" || name == "m4a" => boxes::lie(bytes, random),
            name if name.starts_with("mkv") || name == "webm" => elements::lie(bytes, random),
            name => lengths::lie(name, bytes, random),
        };
        if !told {
            number(bytes, random);
        }
    }
}

/// Overwrites any number near the start, or anywhere, with an absurd one, in either order of bytes.
fn number(bytes: &mut [u8], random: &mut Random) {
    let within = if random.next().is_multiple_of(3) { bytes.len() } else { bytes.len().min(HEADER) };
    let (at, width) = (place(random, within), [1, 2, 4, 8][place(random, 4)]);
    let value = pick(random, &ABSURD).copied().unwrap_or(0);
    write(bytes, at, width, value, random.next().is_multiple_of(2));
}

/// Writes the low `width` bytes of a number, if there is room.
pub(super) fn write(bytes: &mut [u8], at: usize, width: usize, value: u64, is_big_endian: bool) {
    let Some(target) = bytes.get_mut(at..at.saturating_add(width)) else { return };
    if is_big_endian {
        target.copy_from_slice(&value.to_be_bytes()[8 - width..]);
    } else {
        target.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}

/// Puts other sides where the film's own stand: whole words 352 and 288 beside each other, or in an element
/// each.
fn huge(original: &Original, bytes: &mut [u8], random: &mut Random) {
    let (width, height) =
        (pick(random, &SIDES).copied().unwrap_or(0), pick(random, &SIDES).copied().unwrap_or(0));
    if original.name.starts_with("mkv") || original.name == "webm" {
        return elements::resize(bytes, width, height);
    }
    let mut is_done = false;
    for (size, is_big_endian) in [(4, true), (4, false), (2, true), (2, false)] {
        let side = |value: u64| {
            let mut word = vec![0; size];
            write(&mut word, 0, size, value, is_big_endian);
            word
        };
        // Wide first and high first, with nothing or a half of a fixed-point number between them.
        let pairs = [(352, 288, width, height), (288, 352, height, width)];
        for (first, second, new_first, new_second) in pairs {
            for gap in [0, 2] {
                let (first, second) = (side(first), side(second));
                let places: Vec<usize> = (0..bytes.len().saturating_sub(2 * size + gap))
                    .filter(|&at| {
                        bytes[at..at + size] == first[..]
                            && bytes[at + size + gap..at + 2 * size + gap] == second[..]
                    })
                    .take(8)
                    .collect();
                for at in places {
                    is_done = true;
                    write(bytes, at, size, new_first, is_big_endian);
                    write(bytes, at + size + gap, size, new_second, is_big_endian);
                }
            }
        }
    }
    if original.name == "ts" || original.name == "mpg" || original.name == "mxf" {
        // A sequence header's sides are 12 bits each.
        for at in 0..bytes.len().saturating_sub(8) {
            if bytes[at..at + 4] == [0, 0, 1, 0xB3] {
                is_done = true;
                bytes[at + 4..at + 7].copy_from_slice(&random.bytes(3));
            }
        }
    }
    if !is_done {
        number(bytes, random);
    }
}
