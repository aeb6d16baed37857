//! Ogg with one stream of sound: its first page and all pages from the first with a position on (RFC 3533,
//! section 6).
//!
//! The first page tells how to decode (for Opus the output gain too: RFC 7845, section 5.1); tags and covers
//! lie in the pages after it, whose position is 0, or -1 where no packet ends. Longer tags take more pages,
//! so what numbers the pages, and their checksums, are blanked before they are hashed.

use std::ops::Range;

use super::{Bytes, Miss};

/// Most pages that are walked to find sound: some writers make pages of 4 KiB, so that these hold 16 MiB of
/// covers.
const MAX_PAGES: usize = 4_096;
/// The fixed part of a page's header.
const HEADER: u64 = 27;
/// The flag of a stream's first page.
const FIRST: u8 = 2;
/// How the first packet of each codec begins: Vorbis I 4.2.1, RFC 7845 5.1, RFC 9639 10.1, the Speex manual.
const CODECS: [&[u8; 5]; 4] = [b"\x01vorb", b"OpusH", b"\x7fFLAC", b"Speex"];
/// Serial number, page number and checksum within a page.
const NUMBERS: Range<usize> = 14..26;
/// How many bytes after its first a page's header still holds numbers.
pub(super) const REACH: u64 = NUMBERS.end as u64 - 1;

/// The ranges of the first page and of the sound.
pub(super) fn sound(bytes: &mut Bytes<'_>) -> Result<Vec<Range<u64>>, Miss> {
    let first = page_at(bytes, 0)?;
    let packet: [u8; 5] = bytes.array(first.body)?;
    if !CODECS.contains(&&packet) {
        return Err(Miss::Odd);
    }
    let mut at = first.end;
    for _ in 0..MAX_PAGES {
        let page = page_at(bytes, at)?;
        // A second stream: this may be a film.
        if page.flags & FIRST != 0 {
            return Err(Miss::Odd);
        }
        if page.position != 0 && page.position != -1 {
            return Ok(vec![0..first.end, at..bytes.size]);
        }
        at = page.end;
    }
    Err(Miss::Odd)
}

struct Page {
    flags: u8,
    position: i64,
    body: u64,
    end: u64,
}

fn page_at(bytes: &mut Bytes<'_>, at: u64) -> Result<Page, Miss> {
    let [b'O', b'g', b'g', b'S', 0, flags, rest @ ..] = bytes.array::<{ HEADER as usize }>(at)? else {
        return Err(Miss::Odd);
    };
    let [position @ .., _, _, _, _, _, _, _, _, _, _, _, _, segments] = rest;
    let mut lengths = [0; 255];
    let lengths = &mut lengths[..usize::from(segments)];
    bytes.read(at + HEADER, lengths)?;
    let body = at + HEADER + u64::from(segments);
    let length = lengths.iter().map(|length| u64::from(*length)).sum();
    Ok(Page { flags, position: i64::from_le_bytes(position), body, end: bytes.after(body, length)? })
}

/// Blanks what numbers each page that begins in a buffer.
pub(super) fn blank_numbers(buffer: &mut [u8]) {
    for at in 0..buffer.len() {
        if buffer[at..].starts_with(b"OggS\0") {
            let end = buffer.len().min(at + NUMBERS.end);
            buffer[(at + NUMBERS.start).min(end)..end].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_tags_do_not_count, assert_whole};

    fn page(flags: u8, position: i64, number: u32, body: &[u8]) -> Vec<u8> {
        let mut lengths = vec![255; body.len() / 255];
        lengths.push((body.len() % 255) as u8);
        let checksum = number.wrapping_mul(0x9e37_79b9) ^ body.len() as u32;
        [
            &b"OggS\0"[..],
            &[flags],
            &position.to_le_bytes(),
            b"mine",
            &number.to_le_bytes(),
            &checksum.to_le_bytes(),
            &[lengths.len() as u8],
            &lengths,
            body,
        ]
        .concat()
    }

    fn ogg(codec: &[u8], sound: &[u8], tags: usize) -> Vec<u8> {
        let mut file = page(2, 0, 0, &[codec, b" and how to decode it"].concat());
        let mut number = 1;
        let tags = vec![9; tags + 10];
        let mut left = tags.chunks(4_000).peekable();
        while let Some(piece) = left.next() {
            file.extend(page(0, if left.peek().is_some() { -1 } else { 0 }, number, piece));
            number += 1;
        }
        for (index, piece) in (1..).zip(sound.chunks(700)) {
            file.extend(page(0, index * 960, number, piece));
            number += 1;
        }
        file
    }

    #[test]
    fn tags_do_not_count_however_many_pages_they_take() {
        for codec in [&b"\x01vorbis"[..], b"OpusHead", b"\x7fFLAC"] {
            assert_tags_do_not_count(|sound, tags| ogg(codec, sound, tags));
        }
    }

    #[test]
    fn a_film_is_taken_whole() {
        assert_whole(&ogg(b"\x80theora", b"film", 9));
        let sound = page(2, 0, 0, b"OpusHead and so on");
        assert_whole(&[sound, ogg(b"\x80theora", b"film", 9)].concat());
    }

    #[test]
    fn an_odd_one_is_taken_whole() {
        let head = page(2, 0, 0, b"OpusHead and so on");
        let sound = page(0, 960, 2, b"sound");
        for odd in [
            head.clone(),
            [&head[..], &page(0, 0, 1, b"tags")].concat(),
            [&head[..], b"OggX", &sound].concat(),
            [&head[..], &sound[..sound.len() - 1]].concat(),
            [&head[..], &page(0, 0, 1, b"").repeat(5_000), &sound].concat(),
        ] {
            assert_whole(&odd);
        }
    }
}
