//! Lies in the words of Matroska and WebM: sizes of elements, unknown sizes, times, sides. Layouts: RFC 8794
//! and RFC 9559.
//!
//! Pure. Start with [`lie`]; [`with_linked_segments`] makes a film that goes on in another file.

use super::damage::{ABSURD, pick, place, write};
use crate::Random;

/// Elements that hold elements, by their numbers: Segment, SeekHead, Seek, Info, Tracks, TrackEntry, Video,
/// Audio, Cluster, BlockGroup, Cues, CuePoint, CueTrackPositions, Tags, Tag, Targets, SimpleTag, the head.
const HOLDERS: [u64; 18] = [
    0x1853_8067,
    0x114D_9B74,
    0x4DBB,
    0x1549_A966,
    0x1654_AE6B,
    0xAE,
    0xE0,
    0xE1,
    0x1F43_B675,
    0xA0,
    0x1C53_BB6B,
    0xBB,
    0xB7,
    0x1254_C367,
    0x7373,
    0x63C0,
    0x67C8,
    0x1A45_DFA3,
];
const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_A966;
const WIDTH: u64 = 0xB0;
const HEIGHT: u64 = 0xBA;
/// Elements are looked at up to here: a film has thousands of blocks.
const MAX_ELEMENTS: usize = 3_000;

/// An element: its number, where its size stands and how long that is, and its content.
struct Place {
    number: u64,
    size_at: usize,
    size_length: usize,
    content: usize,
    size: usize,
}

/// Tells one lie; false if there is no element.
pub(super) fn lie(bytes: &mut [u8], random: &mut Random) -> bool {
    let elements = places(bytes);
    // Half the time near the start, where the headers are.
    let within = if random.next().is_multiple_of(2) { elements.len().min(80) } else { elements.len() };
    let Some(liar) = pick(random, &elements[..within]) else { return false };
    let absurd = pick(random, &ABSURD).copied().unwrap_or(0);
    match random.between(0, 4) {
        // A size of all ones is an unknown one.
        0 => set_size(bytes, liar, u64::MAX),
        1 => set_size(bytes, liar, absurd),
        2 => set_size(bytes, liar, (liar.size as u64).wrapping_add(random.between(0, 64)).wrapping_sub(32)),
        _ => {
            let width = liar.size.min(8);
            let at = if HOLDERS.contains(&liar.number) {
                liar.content + place(random, liar.size)
            } else {
                liar.content
            };
            let value = if random.next().is_multiple_of(2) { u64::MAX } else { absurd };
            write(bytes, at, width, value, true);
        }
    }
    true
}

/// Writes a size in the length that the old one has.
fn set_size(bytes: &mut [u8], of: &Place, size: u64) {
    let bits = 7 * of.size_length as u32;
    let marker = 1u64 << bits;
    write(bytes, of.size_at, of.size_length, (size & (marker - 1)) | marker, true);
}

/// Gives the pictures these sides.
pub(super) fn resize(bytes: &mut [u8], width: u64, height: u64) {
    for element in places(bytes) {
        let side = match element.number {
            WIDTH => width,
            HEIGHT => height,
            _ => continue,
        };
        write(bytes, element.content, element.size.min(8), side, true);
    }
}

/// The film with a segment before it and one behind it, both said to be in the file `outside`.
pub(super) fn with_linked_segments(film: &[u8], outside: &str) -> Vec<u8> {
    let mut bytes = film.to_vec();
    let elements = places(&bytes);
    let holders =
        elements.iter().filter(|element| [SEGMENT, INFO].contains(&element.number)).collect::<Vec<_>>();
    let name = outside.as_bytes();
    let mut links = Vec::new();
    for (uid, file) in [([0x3C, 0xB9, 0x23], [0x3C, 0x83, 0xAB]), ([0x3E, 0xB9, 0x23], [0x3E, 0x83, 0xBB])] {
        links.extend(uid);
        links.push(0x90);
        links.extend([7; 16]);
        links.extend(file);
        links.extend((name.len() as u16 | 0x4000).to_be_bytes());
        links.extend(name);
    }
    for holder in &holders {
        set_size(&mut bytes, holder, (holder.size + links.len()) as u64);
    }
    if let Some(info) = holders.iter().find(|holder| holder.number == INFO) {
        bytes.splice(info.content..info.content, links);
    }
    bytes
}

/// Every element, holders before what they hold.
fn places(bytes: &[u8]) -> Vec<Place> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < MAX_ELEMENTS {
        let Some((number, number_length)) = number(bytes, at, false) else { break };
        let size_at = at + number_length;
        let Some((size, size_length)) = self::number(bytes, size_at, true) else { break };
        let content = size_at + size_length;
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len() - content.min(bytes.len()));
        found.push(Place { number, size_at, size_length, content, size });
        at = if HOLDERS.contains(&number) { content } else { content + size };
    }
    found
}

/// A number of variable length and its length, without its marker where it is a size.
fn number(bytes: &[u8], at: usize, is_size: bool) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let length = first.leading_zeros() as usize + 1;
    let value = bytes.get(at..at.checked_add(length).filter(|_| length <= 8)?)?;
    let value = value.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    Some((if is_size { value & !(1 << (7 * length)) } else { value }, length))
}
