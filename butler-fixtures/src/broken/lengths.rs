//! Lies in the words of the other containers: chunks of RIFF, packets of a transport stream, pages of Ogg,
//! blocks of FLAC, the head of a tag, packs of a program stream, tags of Flash.
//!
//! Pure. Start with [`lie`].

use super::damage::{ABSURD, pick, place, write};
use crate::Random;

/// A number that can lie: where, its bytes, and whether the greatest come first.
type Word = (usize, usize, bool);

const TS_PACKET: usize = 188;
const M2TS_PACKET: usize = 192;

/// Tells one lie of a film of this name; false if its container has no words here.
pub(super) fn lie(name: &str, bytes: &mut [u8], random: &mut Random) -> bool {
    let words = match name {
        "avi" | "wav" | "webp" => riff(bytes),
        "ts" => transport(bytes, TS_PACKET, 0, random),
        "m2ts" => transport(bytes, M2TS_PACKET, 4, random),
        "ogv" | "opus" => after(
            bytes,
            b"OggS",
            &[
                (4, 1, false),
                (6, 8, false),
                (14, 4, false),
                (18, 4, false),
                (26, 1, false),
                (27, 1, false),
                (28, 1, false),
            ],
        ),
        "flac" => vec![
            (5, 3, true),
            (8, 2, true),
            (10, 2, true),
            (12, 3, true),
            (15, 3, true),
            (18, 8, true),
            (43, 3, true),
        ],
        "mp3" => [
            vec![(3, 1, true), (5, 1, true), (6, 4, true), (14, 4, true)],
            after(bytes, b"Info", &[(4, 4, true), (8, 4, true), (12, 4, true)]),
        ]
        .concat(),
        "mpg" => after(bytes, &[0, 0, 1], &[(3, 1, true), (4, 2, true), (8, 1, true), (9, 4, true)]),
        "flv" => after(bytes, &[0, 0, 0, 0], &[(4, 3, true), (7, 4, true), (0, 4, true)]),
        "wv" => after(bytes, b"wvpk", &[(4, 4, false), (8, 2, false), (12, 4, false), (20, 4, false)]),
        "png" => after(bytes, b"IDAT", &[])
            .into_iter()
            .chain([(8, 4, true), (16, 4, true), (20, 4, true), (24, 1, true)])
            .collect(),
        "wmv" => guided(bytes),
        _ => Vec::new(),
    };
    let Some(&(at, width, is_big_endian)) = pick(random, &words) else { return false };
    let value = if random.next().is_multiple_of(3) {
        random.next()
    } else {
        pick(random, &ABSURD).copied().unwrap_or(0)
    };
    write(bytes, at, width, value, is_big_endian);
    true
}

/// The words that stand so far behind each mark.
fn after(bytes: &[u8], mark: &[u8], words: &[Word]) -> Vec<Word> {
    let marks =
        (0..bytes.len().saturating_sub(mark.len())).filter(|&at| bytes[at..].starts_with(mark)).take(400);
    marks
        .flat_map(|at| words.iter().map(move |&(behind, width, order)| (at + behind, width, order)))
        .collect()
}

/// Sizes of chunks, the words of the headers, entries of the index.
fn riff(bytes: &[u8]) -> Vec<Word> {
    let mut words = Vec::new();
    for (mark, fields) in [
        (&b"RIFF"[..], 1),
        (b"LIST", 1),
        (b"avih", 14),
        (b"strh", 14),
        (b"strf", 11),
        (b"idx1", 20),
        (b"fmt ", 5),
        (b"data", 1),
        (b"VP8 ", 4),
    ] {
        let fields: Vec<Word> = (0..fields).map(|field| (4 + 4 * field, 4, false)).collect();
        words.extend(after(bytes, mark, &fields).into_iter().take(60));
    }
    words
}

/// Heads of packets, lengths of adaptation fields and sections, lengths and times of what the packets carry.
fn transport(bytes: &[u8], packet: usize, before: usize, random: &mut Random) -> Vec<Word> {
    // The first ones tell what the streams are.
    let packets = bytes.len() / packet;
    let chosen =
        if random.next().is_multiple_of(2) { place(random, packets.min(4)) } else { place(random, packets) };
    let at = chosen * packet + before;
    [(0, 1), (1, 2), (3, 1), (4, 1), (5, 1), (6, 2), (8, 4), (10, 5), (12, 2), (14, 5), (16, 2)]
        .map(|(behind, width)| (at + behind, width, true))
        .to_vec()
}

/// Objects of ASF begin with a number of 16 bytes, then their size; the file's own properties have the most
/// to lie about.
fn guided(bytes: &[u8]) -> Vec<Word> {
    let end = [0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];
    let streams = [0xB7, 0xDC, 0x07, 0x91];
    let properties = [0xA1, 0xDC, 0xAB, 0x8C];
    let mut words = after(bytes, &end, &[(8, 8, false), (16, 4, false)]);
    words.extend(after(
        bytes,
        &streams,
        &[(16, 8, false), (56, 8, false), (64, 4, false), (68, 4, false), (78, 4, false), (82, 4, false)],
    ));
    words.extend(after(
        bytes,
        &properties,
        &[
            (16, 8, false),
            (40, 8, false),
            (56, 8, false),
            (64, 8, false),
            (72, 8, false),
            (92, 4, false),
            (96, 4, false),
        ],
    ));
    words
}
