//! Lies in the words of MP4 and QuickTime: sizes of boxes, counts of tables, offsets, durations, time scales.
//! Layouts: ISO 14496-12.
//!
//! Pure. Start with [`lie`]; [`with_outside_media`] makes a film whose content lies in another file.

use super::damage::{ABSURD, pick, place, write};
use crate::Random;

/// Boxes that hold boxes.
const HOLDERS: [&[u8; 4]; 11] =
    [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta", b"mvex", b"moof", b"traf"];
/// Boxes with a version, flags, and then a count of entries.
const TABLES: [&[u8; 4]; 11] =
    [b"stts", b"ctts", b"stss", b"stsc", b"stco", b"co64", b"elst", b"dref", b"stsd", b"trun", b"sbgp"];
/// Deeper is no film.
const MAX_DEPTH: usize = 8;

/// A box: its kind, where it begins, and its bytes.
struct Place {
    kind: [u8; 4],
    at: usize,
    size: usize,
}

/// Tells one lie; false if there is no box.
pub(super) fn lie(bytes: &mut [u8], random: &mut Random) -> bool {
    let boxes = places(bytes);
    let Some(liar) = pick(random, &boxes) else { return false };
    let (body, absurd) = (liar.at + 8, pick(random, &ABSURD).copied().unwrap_or(0));
    let near = (liar.size as u64).wrapping_add(random.between(0, 64)).wrapping_sub(32);
    match random.between(0, 4) {
        0 => write(bytes, liar.at, 4, if random.next().is_multiple_of(2) { near } else { absurd }, true),
        1 if TABLES.contains(&&liar.kind) => write(bytes, body + 4, 4, absurd, true),
        // Size of all samples, then their count.
        1 if liar.kind == *b"stsz" => write(bytes, body + 4 + 4 * place(random, 2), 4, absurd, true),
        // A word of the table itself, or of a header: offsets, deltas, time scales, durations.
        1 | 2 => write(bytes, body + 4 * place(random, (liar.size / 4).clamp(1, 64)), 4, absurd, true),
        _ => {
            // The name of another box.
            let other = pick(random, &boxes).map_or(*b"free", |other| other.kind);
            if let Some(kind) = bytes.get_mut(liar.at + 4..body) {
                kind.copy_from_slice(&other);
            }
        }
    }
    true
}

/// Every box, holders before what they hold.
fn places(bytes: &[u8]) -> Vec<Place> {
    let mut found = Vec::new();
    walk(bytes, 0, bytes.len(), 0, &mut found);
    found
}

fn walk(bytes: &[u8], from: usize, to: usize, depth: usize, found: &mut Vec<Place>) {
    let mut at = from;
    while let Some(&[a, b, c, d, k, i, n, e]) = bytes.get(at..at + 8) {
        let (size, kind) = (u32::from_be_bytes([a, b, c, d]) as usize, [k, i, n, e]);
        if size < 8 || at + size > to || depth > MAX_DEPTH {
            return;
        }
        found.push(Place { kind, at, size });
        if HOLDERS.contains(&&kind) {
            walk(bytes, at + 8, at + size, depth + 1, found);
        }
        at += size;
    }
}

/// The film with its content said to lie in the file `outside`: each data reference names it, by address and
/// as an alias.
pub(super) fn with_outside_media(film: &[u8], outside: &str) -> Vec<u8> {
    let mut bytes = film.to_vec();
    // From the last on, so that the places of those before it stay.
    let references: Vec<usize> =
        places(&bytes).iter().filter(|place| place.kind == *b"dref").map(|place| place.at).collect();
    for at in references.into_iter().rev() {
        let entries = [address(outside), alias(outside)].concat();
        let holders: Vec<(usize, usize)> = places(&bytes)
            .iter()
            .filter(|place| place.at <= at && at < place.at + place.size)
            .map(|place| (place.at, place.size))
            .collect();
        let old = holders.last().map_or(0, |(_, size)| *size);
        let content = [&[0; 4][..], &2u32.to_be_bytes(), &entries].concat();
        let grown = (8 + content.len()).saturating_sub(old);
        bytes.splice(at + 8..at + old, content);
        for (holder, size) in holders {
            write(&mut bytes, holder, 4, (size + grown) as u64, true);
        }
    }
    bytes
}

fn address(outside: &str) -> Vec<u8> {
    let text = format!("file://{outside}\0");
    [&((12 + text.len()) as u32).to_be_bytes()[..], b"url \0\0\0\0", text.as_bytes()].concat()
}

/// An alias record with nothing of interest but the path, as type 18 of its last part.
fn alias(outside: &str) -> Vec<u8> {
    let path = outside.as_bytes();
    let padded = path.len() + path.len() % 2;
    let mut record = vec![0; 150];
    for kind in [2u16, 18] {
        record.extend(kind.to_be_bytes());
        record.extend((path.len() as u16).to_be_bytes());
        record.extend(path);
        record.resize(record.len() + padded - path.len(), 0);
    }
    record.extend([0xFF, 0xFF, 0, 0]);
    [&((12 + record.len()) as u32).to_be_bytes()[..], b"alis\0\0\0\0", &record].concat()
}
