//! MPEG-4 as DivX 5 packed it into AVI: a picture and the B picture that is shown before it in one chunk, and an empty picture after it, so
//! that the chunks are as many as the pictures (ISO/IEC 14496-2, 6.3.5 for pictures that are not coded).

use anyhow::{Result, ensure};

/// What starts a picture.
const PICTURE: [u8; 4] = [0, 0, 1, 0xB6];
/// DivX's mark of a packed stream, in the standard's user data.
const MARK: &[u8] = b"\0\0\x01\xB2DivX503b1393p";

/// Packs a raw stream (`.m4v`, with at most one B picture between two others) into an AVI of so many pictures a second.
pub fn packed_avi(stream: &[u8], width: u32, height: u32, rate: u32) -> Result<Vec<u8>> {
    let mut chunks: Vec<(Vec<u8>, bool)> = Vec::new();
    for picture in pictures(stream) {
        let kind = picture.windows(4).position(|four| four == PICTURE).and_then(|at| picture.get(at + 4)).map_or(0, |byte| byte >> 6);
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
    Ok(avi(&chunks, width, height, rate))
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

fn avi(chunks: &[(Vec<u8>, bool)], width: u32, height: u32, rate: u32) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let count = chunks.len() as u32;
    let main = words(&[1_000_000 / rate, 0, 0, 0x10, count, 0, 1, 0, width, height, 0, 0, 0, 0]);
    let mut header = b"vidsDX50".to_vec();
    header.extend(words(&[0, 0, 0, 1, rate, 0, count, 0, u32::MAX, 0, 0, 0]));
    let mut format = words(&[40, width, height, 0x18_0001]);
    format.extend(b"DX50");
    format.extend(words(&[width * height * 3, 0, 0, 0, 0]));
    let stream = list(b"strl", &[boxed(b"strh", &header), boxed(b"strf", &format)].concat());
    let headers = list(b"hdrl", &[boxed(b"avih", &main), stream].concat());
    let (mut data, mut index) = (Vec::new(), Vec::new());
    for (chunk, is_key) in chunks {
        index.extend(b"00dc");
        index.extend(words(&[if *is_key { 0x10 } else { 0 }, data.len() as u32 + 4, chunk.len() as u32]));
        data.extend(boxed(b"00dc", chunk));
    }
    let body = [headers, list(b"movi", &data), boxed(b"idx1", &index)].concat();
    boxed(b"RIFF", &[b"AVI ".to_vec(), body].concat())
}

fn list(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    boxed(b"LIST", &[&name[..], content].concat())
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut boxed = name.to_vec();
    boxed.extend((content.len() as u32).to_le_bytes());
    boxed.extend(content);
    // Chunks begin at even places.
    boxed.resize(boxed.len() + content.len() % 2, 0);
    boxed
}
