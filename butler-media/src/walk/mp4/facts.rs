//! What `moov` says that libav keeps to itself: whether the movie's length is left open, and which tracks are
//! encrypted.
//!
//! Only heads of boxes are read, never a table. Whatever can't be followed is left out: nothing rests on it.
//! Sources: ISO/IEC 14496-12, 8.2.2 and 8.12; ISO/IEC 23001-7.

use super::super::{ReadAt, Window};
use super::{TopBox, top_box};

/// Kinds of sample entries whose samples are encrypted: the common ones, and those of Apple's and Audible's
/// shops.
const ENCRYPTED: &[&[u8; 4]] =
    &[b"encv", b"enca", b"enct", b"encs", b"encm", b"enc3", b"drms", b"drmi", b"p608", b"aavd"];
/// Boxes of one level that are looked at.
const MAX_BOXES: usize = 1_000;
/// Bytes of a sample description before its first entry, and of that entry's head.
const DESCRIPTION_BYTES: usize = 16;

/// What is found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// All bits of the length are set: whoever wrote the file did not know it.
    pub(crate) is_length_open: bool,
    /// By track, in the file's order.
    pub(crate) encrypted: Vec<bool>,
}

/// Looks into `moov`.
pub(crate) fn facts(input: &dyn ReadAt) -> Facts {
    let mut look = Look { window: Window::new(input), size: input.size() };
    let mut facts = Facts::default();
    let Some(moov) = look.child(0, look.size, b"moov") else { return facts };
    for found in look.children(moov.content, moov.end) {
        match &found.kind {
            b"mvhd" => facts.is_length_open = look.is_length_open(&found),
            b"trak" => facts.encrypted.push(look.is_encrypted(&found)),
            _ => {}
        }
    }
    facts
}

struct Look<'a> {
    window: Window<'a>,
    size: u64,
}

impl Look<'_> {
    fn children(&mut self, mut place: u64, end: u64) -> Vec<TopBox> {
        let mut found = Vec::new();
        while found.len() < MAX_BOXES {
            let Ok(Some(next)) = top_box(&mut self.window, place, end.min(self.size)) else { break };
            place = next.end;
            found.push(next);
        }
        found
    }

    fn child(&mut self, mut place: u64, end: u64, kind: &[u8; 4]) -> Option<TopBox> {
        for _ in 0..MAX_BOXES {
            let next = top_box(&mut self.window, place, end.min(self.size)).ok()??;
            if &next.kind == kind {
                return Some(next);
            }
            place = next.end;
        }
        None
    }

    fn is_length_open(&mut self, header: &TopBox) -> bool {
        let Ok(bytes) = self.window.at(header.content, 32) else { return false };
        let length = if bytes.first() == Some(&1) { bytes.get(24..32) } else { bytes.get(16..20) };
        length.is_some_and(|length| length.iter().all(|byte| *byte == 0xFF))
    }

    fn is_encrypted(&mut self, track: &TopBox) -> bool {
        let path = [b"mdia", b"minf", b"stbl", b"stsd"];
        let mut within = Some((track.content, track.end));
        for kind in path {
            within = within
                .and_then(|(content, end)| self.child(content, end, kind))
                .map(|found| (found.content, found.end));
        }
        let entry = within.and_then(|(content, _)| {
            let bytes = self.window.at(content, DESCRIPTION_BYTES).ok()?;
            bytes.get(12..16)?.first_chunk::<4>().copied()
        });
        entry.is_some_and(|entry| ENCRYPTED.contains(&&entry))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::super::tests::Bytes;
    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes()[..], kind, content].concat()
    }

    fn track(entry: &[u8; 4]) -> Vec<u8> {
        let description = [&[0; 4][..], &[0, 0, 0, 1], &boxed(entry, &[0; 8])].concat();
        let table = boxed(b"stbl", &boxed(b"stsd", &description));
        boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), boxed(b"mdia", &boxed(b"minf", &table))].concat())
    }

    fn of(moov: &[Vec<u8>]) -> Facts {
        let file = [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[7; 90]), boxed(b"moov", &moov.concat())];
        facts(&Bytes(&file.concat(), Cell::default()))
    }

    #[test]
    fn a_length_of_nothing_but_ones_is_open() {
        let short = |length: u32| boxed(b"mvhd", &[&[0; 16][..], &length.to_be_bytes(), &[0; 80]].concat());
        let long =
            |length: u64| boxed(b"mvhd", &[&[1][..], &[0; 23], &length.to_be_bytes(), &[0; 80]].concat());
        assert!(of(&[short(u32::MAX)]).is_length_open);
        assert!(of(&[long(u64::MAX)]).is_length_open);
        assert!(!of(&[short(u32::MAX - 1)]).is_length_open);
        assert!(!of(&[long(u32::MAX.into())]).is_length_open);
        assert_eq!(of(&[]), Facts::default());
    }

    #[test]
    fn encrypted_tracks_are_told_by_their_sample_entries() {
        let found = of(&[track(b"encv"), track(b"mp4a"), track(b"enca"), track(b"drms")]);
        assert_eq!(found.encrypted, [true, false, true, true]);
    }

    #[test]
    fn what_lies_or_is_cut_off_tells_nothing_and_ends() {
        let file = [boxed(b"ftyp", b"isom"), boxed(b"moov", &track(b"encv"))].concat();
        for end in 0..file.len() {
            let _ = facts(&Bytes(&file[..end], Cell::default()));
        }
        assert_eq!(facts(&Bytes(&[0xFF; 900], Cell::default())), Facts::default());
    }
}
