//! MPEG-4 as DivX 5 packed it into AVI: a picture and the B picture that is shown before it in one chunk, and
//! an empty picture after it, so that the chunks are as many as the pictures (ISO/IEC 14496-2, 6.3.5 for
//! pictures that are not coded).

use anyhow::{Result, ensure};

use super::avi::avi;

/// What starts a picture.
const PICTURE: [u8; 4] = [0, 0, 1, 0xB6];
/// DivX's mark of a packed stream, in the standard's user data.
const MARK: &[u8] = b"\0\0\x01\xB2DivX503b1393p";

/// Packs a raw stream (`.m4v`, with at most one B picture between two others) into an AVI of so many pictures
/// a second.
pub fn packed_avi(stream: &[u8], width: u32, height: u32, rate: u32) -> Result<Vec<u8>> {
    let mut chunks: Vec<(Vec<u8>, bool)> = Vec::new();
    for picture in pictures(stream) {
        let kind = picture
            .windows(4)
            .position(|four| four == PICTURE)
            .and_then(|at| picture.get(at + 4))
            .map_or(0, |byte| byte >> 6);
        match (kind, chunks.last_mut()) {
            (2, Some((before, _))) => {
                before.extend(picture);
                // An empty P picture takes the B picture's place in the count.
                chunks.push((not_coded(), false));
            }
            _ => chunks.push((picture.to_vec(), kind == 0)),
        }
    }
    ensure!(!chunks.is_empty(), "the stream has no picture");
    // The mark follows the headers, before the first picture.
    let (first, _) = &mut chunks[0];
    let begin = first.windows(4).position(|four| four == PICTURE).unwrap_or(0);
    first.splice(begin..begin, MARK.iter().copied());
    Ok(avi(b"DX50", &chunks, (width, height), rate))
}

/// The pictures of a stream in the order of decoding, each with the headers before it.
fn pictures(stream: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut begin = None;
    for at in 0..stream.len().saturating_sub(3) {
        if stream[at..at + 3] == [0, 0, 1] {
            begin = begin.or(Some(at));
            if stream[at..at + 4] == PICTURE {
                starts.extend(begin.take());
            }
        }
    }
    let ends = starts.iter().skip(1).copied().chain([stream.len()]);
    starts.iter().zip(ends).map(|(&from, to)| &stream[from..to]).collect()
}

/// A P picture without any content: type, no second more, marker, time 0 of few bits, marker, not coded.
fn not_coded() -> Vec<u8> {
    [&PICTURE[..], &[0x51, 0x80, 0x7F]].concat()
}
