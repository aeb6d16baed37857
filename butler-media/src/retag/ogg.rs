//! Ogg with Vorbis, Opus or Speex: the comment packet in the pages behind the first (RFC 3533, section 6;
//! Vorbis I, section 5.2; RFC 7845, section 5.2).
//!
//! The pages of the headers are laid out anew, as many as there were: were there one more, each page of sound
//! would have to be numbered anew.

use std::ops::Range;

use butler_product::gain_tags::{Form, Retag, Retagged};

use super::splice::Splice;
use super::{Change, File, ODD, Refusal, unchanged, vorbis};

/// Pages of headers that are walked: with large covers they are hundreds.
const MAX_PAGES: usize = 4_096;
/// The fixed part of a page's header.
const HEADER: usize = 27;
/// The most segments of a page, and the length of a full one.
const SEGMENTS: usize = 255;
const FULL: usize = 255;
/// Flags of a page: it goes on with a packet of the page before; it is the first of its stream.
const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
/// Differences that are so near to each other are one.
const APART: usize = 16;
/// The position of a page in which no packet ends.
const NO_PACKET_ENDS: u64 = u64::MAX;

/// A page of headers.
struct Page {
    header: Vec<u8>,
    segments: Vec<u8>,
    at: u64,
    body: Range<u64>,
}

impl Page {
    fn flags(&self) -> u8 {
        self.header[5]
    }
}

/// How the comment lies in its packet: what its packet begins with, and by what its gains are told.
struct Codec {
    mark: &'static [u8],
    /// Packets of headers, its first among them.
    headers: usize,
    form: Form,
}

fn codec(first_packet: &[u8]) -> Option<Codec> {
    let of = |mark, headers, form| Some(Codec { mark, headers, form });
    match first_packet {
        [b'\x01', b'v', b'o', b'r', b'b', b'i', b's', ..] => of(b"\x03vorbis", 3, Form::ReplayGain),
        [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => of(b"OpusTags", 2, Form::R128),
        // How many further headers there are it says itself; hardly any has some.
        [b'S', b'p', b'e', b'e', b'x', ..] => of(b"", 2, Form::ReplayGain),
        _ => None,
    }
}

/// Changes the comment of an Ogg file.
pub(super) fn retag(file: &File<'_>, retag: &Retag) -> Result<Retagged, Refusal> {
    let first = page(file, 0)?;
    let head = file.bytes(first.body.start, first.body.end - first.body.start)?;
    let codec = codec(&head).ok_or(Refusal::Layout(
        "It is Ogg with neither Vorbis, Opus nor Speex in it; Butler writes no tags into others.",
    ))?;
    let pages = pages_of_headers(file, first.body.end, codec.headers - 1)?;
    let (start, end) = (pages[0].at, pages[pages.len() - 1].body.end);
    let mut body = Vec::new();
    for page in &pages {
        body.extend(file.bytes(page.body.start, page.body.end - page.body.start)?);
    }
    let packets = packets(&pages);
    let comment = &body[..*packets.first().ok_or(Refusal::Layout(ODD))?];
    if !comment.starts_with(codec.mark) {
        return Err(Refusal::Layout(ODD));
    }
    let comments = vorbis::read(comment, codec.mark.len())?;
    let (old, change) = Change::of(&comments.fields, comments.end, retag.tags(codec.form))?;
    let Some(change) = change else { return Ok(unchanged(old)) };
    // The packets in their new form, first in memory, each piece with where it lies in the file.
    let mut inner = Splice::default();
    change.carry_out(&mut inner, 0, vorbis::comment);
    let count = comments.count_at as u64;
    inner.replace(count..count + 4, (change.count(comments.count) as u32).to_le_bytes().to_vec());
    let mut lengths = packets.clone();
    lengths[0] = usize::try_from(lengths[0] as i64 + inner.grown()).map_err(|_| Refusal::Layout(ODD))?;
    let mut new = Vec::new();
    let mut at = 0;
    for edit in inner.edits() {
        new.extend_from_slice(&body[at..edit.from as usize]);
        new.extend_from_slice(&edit.bytes);
        at = edit.until as usize;
    }
    new.extend_from_slice(&body[at..]);
    let pages = lay_out(&pages, &lengths, &new)?;
    let old_pages = file.bytes(start, end - start)?;
    let mut splice = Splice::default();
    differences(&old_pages, &pages, start, &mut splice);
    Ok(change.retagged(splice))
}

/// The pages from a place on that hold so many packets, the last of which must end a page.
fn pages_of_headers(file: &File<'_>, mut at: u64, packets: usize) -> Result<Vec<Page>, Refusal> {
    let (mut pages, mut ended) = (Vec::new(), 0);
    while ended < packets {
        let page = page(file, at)?;
        if pages.len() == MAX_PAGES || page.flags() & FIRST != 0 {
            return Err(Refusal::Layout(ODD));
        }
        ended += page.segments.iter().filter(|segment| usize::from(**segment) < FULL).count();
        at = page.body.end;
        pages.push(page);
    }
    let ends_page =
        pages.last().and_then(|page| page.segments.last()).is_some_and(|last| usize::from(*last) < FULL);
    if ended == packets && ends_page { Ok(pages) } else { Err(Refusal::Layout(ODD)) }
}

fn page(file: &File<'_>, at: u64) -> Result<Page, Refusal> {
    let header = file.bytes(at, HEADER as u64)?;
    if !header.starts_with(b"OggS\0") {
        return Err(Refusal::Layout(ODD));
    }
    let segments = file.bytes(at + HEADER as u64, header[HEADER - 1].into())?;
    let start = at + (HEADER + segments.len()) as u64;
    let length: u64 = segments.iter().map(|segment| u64::from(*segment)).sum();
    Ok(Page { header, at, body: start..start + length, segments })
}

/// The lengths of the packets that end in these pages.
fn packets(pages: &[Page]) -> Vec<usize> {
    let (mut lengths, mut length) = (Vec::new(), 0);
    for segment in pages.iter().flat_map(|page| &page.segments) {
        length += usize::from(*segment);
        if usize::from(*segment) < FULL {
            lengths.push(length);
            length = 0;
        }
    }
    lengths
}

/// The pages with these packets in them, each with as many segments as before, as far as that goes.
fn lay_out(pages: &[Page], lengths: &[usize], mut body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let segments: Vec<u8> = lengths
        .iter()
        .flat_map(|length| std::iter::repeat_n(FULL as u8, length / FULL).chain([(length % FULL) as u8]))
        .collect();
    let before: Vec<usize> = pages.iter().map(|page| page.segments.len()).collect();
    let counts = shared_out(&before, segments.len()).ok_or(Refusal::Layout(
        "The pages of its tags are full to the last byte; have a tag editor write them anew.",
    ))?;
    let (mut new, mut segments, mut continues) = (Vec::new(), &segments[..], false);
    for (page, count) in pages.iter().zip(counts) {
        let (own, rest) = segments.split_at(count);
        segments = rest;
        let length: usize = own.iter().map(|segment| usize::from(*segment)).sum();
        let (own_body, rest) = body.split_at(length);
        body = rest;
        let mut header = page.header.clone();
        header[5] = header[5] & !CONTINUED | if continues { CONTINUED } else { 0 };
        let ends = own.iter().any(|segment| usize::from(*segment) < FULL);
        header[6..14].copy_from_slice(&if ends { 0 } else { NO_PACKET_ENDS }.to_le_bytes());
        header[22..26].fill(0);
        header[26] = count as u8;
        let start = new.len();
        for piece in [&header[..], own, own_body] {
            new.extend_from_slice(piece);
        }
        let sum = checksum(&new[start..]).to_le_bytes();
        new[start + 22..start + 26].copy_from_slice(&sum);
        continues = own.last().is_some_and(|last| usize::from(*last) == FULL);
    }
    Ok(new)
}

/// So many segments on as many pages as before: what is more or less than before goes on the last pages that
/// can bear it. None where they can't.
fn shared_out(before: &[usize], segments: usize) -> Option<Vec<usize>> {
    let mut counts = before.to_vec();
    let had: usize = before.iter().sum();
    let (mut more, mut less) = (segments.saturating_sub(had), had.saturating_sub(segments));
    for count in counts.iter_mut().rev() {
        let (add, take) = (more.min(SEGMENTS - *count), less.min(count.saturating_sub(1)));
        *count = *count + add - take;
        (more, less) = (more - add, less - take);
    }
    (more == 0 && less == 0).then_some(counts)
}

/// Says of pages in place of others, which begin at `start`, no more than what differs: large covers most
/// often stand where they stood.
fn differences(old: &[u8], new: &[u8], start: u64, splice: &mut Splice) {
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let both = old.len().min(new.len());
    let mut at = 0;
    while let Some(differs) = (at..both).find(|at| old[*at] != new[*at]) {
        // A few equal bytes are cheaper said again than left out.
        let mut end = differs + 1;
        while let Some(next) = (end..both.min(end + APART)).find(|at| old[*at] != new[*at]) {
            end = next + 1;
        }
        splice.replace(start + differs as u64..start + end as u64, new[differs..end].to_vec());
        at = end;
    }
    splice.replace(start + both as u64..start + old.len() as u64, new[both..].to_vec());
}

/// The checksum of a page in which its own place is blank (RFC 3533, section 6: polynomial 0x04c11db7, no
/// reflection).
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_as_many_as_they_were() {
        assert_eq!(shared_out(&[16, 2], 19), Some(vec![16, 3]));
        assert_eq!(shared_out(&[16, 255], 275), Some(vec![20, 255]));
        assert_eq!(shared_out(&[255, 254], 511), None);
        assert_eq!(shared_out(&[3, 2], 3), Some(vec![2, 1]));
        assert_eq!(shared_out(&[3, 2], 1), None);
    }

    #[test]
    fn a_checksum_is_that_of_the_format() {
        // The last page of an empty stream, as libogg writes it.
        assert_eq!(checksum(b""), 0);
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
    }
}
