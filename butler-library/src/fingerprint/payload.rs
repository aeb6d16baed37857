//! Where the sound of an audio file lies, so that new tags don't make it new content.
//!
//! What a file is, its first bytes say, never its name. All that is no audio file, holds its tags elsewhere
//! (WAV, AIFF, Matroska) or is odd in any way (a length beyond the file, no sound at all, too many blocks) is
//! its own payload, whole. Nothing is read outside the file, and for a file that is no audio nothing beyond
//! its first bytes. Start at [`find`].

mod flac;
mod mp4;
mod ogg;
mod tags;

use std::io;
use std::ops::Range;

/// Reads exactly as many bytes as the buffer holds, from an offset.
pub(super) type ReadAt<'a> = dyn FnMut(u64, &mut [u8]) -> io::Result<()> + 'a;

/// The bytes that a file is known by: ranges of it, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload {
    ranges: Vec<Range<u64>>,
    /// Whether it is in Ogg pages, whose numbers change with the length of the tags before them.
    in_pages: bool,
}

impl Payload {
    fn whole(size: u64) -> Self {
        Self { ranges: std::iter::once(0..size).collect(), in_pages: false }
    }

    /// What of a file of `size` bytes it leaves out: empty where that is nothing.
    pub(super) fn rest(&self, size: u64) -> Self {
        let ends = std::iter::once(0).chain(self.ranges.iter().map(|range| range.end));
        let starts = self.ranges.iter().map(|range| range.start).chain([size]);
        let ranges =
            ends.zip(starts).filter(|(end, start)| end < start).map(|(end, start)| end..start).collect();
        Self { ranges, in_pages: false }
    }

    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Bytes.
    pub(super) fn size(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Fills a buffer from an offset in the payload.
    ///
    /// # Errors
    /// If `read_at` fails, or the payload ends before the buffer does.
    pub(super) fn read(&self, offset: u64, buffer: &mut [u8], read_at: &mut ReadAt<'_>) -> io::Result<()> {
        if !self.in_pages {
            return self.read_raw(offset, buffer, read_at);
        }
        // The header of a page may have begun before the offset.
        let before = offset.min(ogg::REACH) as usize;
        let mut wider = vec![0; before + buffer.len()];
        self.read_raw(offset - before as u64, &mut wider, read_at)?;
        ogg::blank_numbers(&mut wider);
        buffer.copy_from_slice(&wider[before..]);
        Ok(())
    }

    fn read_raw(&self, mut offset: u64, mut buffer: &mut [u8], read_at: &mut ReadAt<'_>) -> io::Result<()> {
        for range in &self.ranges {
            let length = range.end - range.start;
            if offset >= length {
                offset -= length;
                continue;
            }
            let (now, later) = buffer.split_at_mut((buffer.len() as u64).min(length - offset) as usize);
            read_at(range.start + offset, now)?;
            (offset, buffer) = (0, later);
            if buffer.is_empty() {
                break;
            }
        }
        if buffer.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Finds the payload of a file of `size` bytes.
///
/// # Errors
/// Only if `read_at` fails: what can't be understood is its own payload.
pub(super) fn find(size: u64, read_at: &mut ReadAt<'_>) -> io::Result<Payload> {
    match look(&mut Bytes { size, read_at }) {
        Ok(payload) if payload.size() > 0 => Ok(payload),
        Ok(_) | Err(Miss::Odd) => Ok(Payload::whole(size)),
        Err(Miss::Failed(error)) => Err(error),
    }
}

fn look(bytes: &mut Bytes<'_>) -> Result<Payload, Miss> {
    let first: [u8; 12] = bytes.array(0)?;
    if first.starts_with(b"OggS") {
        return Ok(Payload { ranges: ogg::sound(bytes)?, in_pages: true });
    }
    if first[4..8] == *b"ftyp" {
        return Ok(Payload { ranges: mp4::sound(bytes, &first[8..])?, in_pages: false });
    }
    let mut start = tags::end_of_id3v2(bytes)?;
    let after: [u8; 4] = bytes.array(start)?;
    if after == *b"fLaC" {
        start = flac::first_frame(bytes, start)?;
    } else if start == 0 && !tags::may_have_them_at_its_end(after) {
        return Err(Miss::Odd);
    }
    let end = tags::start_of_the_last(bytes, start)?;
    Ok(Payload { ranges: std::iter::once(start..end).collect(), in_pages: false })
}

/// Why no payload was found.
#[derive(Debug)]
enum Miss {
    /// It is no audio, or none that is understood.
    Odd,
    Failed(io::Error),
}

/// A file's bytes, never read outside it.
struct Bytes<'a> {
    size: u64,
    read_at: &'a mut ReadAt<'a>,
}

impl Bytes<'_> {
    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Miss> {
        let mut array = [0; N];
        self.read(at, &mut array)?;
        Ok(array)
    }

    fn read(&mut self, at: u64, buffer: &mut [u8]) -> Result<(), Miss> {
        self.after(at, buffer.len() as u64)?;
        (self.read_at)(at, buffer).map_err(Miss::Failed)
    }

    /// The offset that lies `length` after another, if the file is that long.
    fn after(&self, at: u64, length: u64) -> Result<u64, Miss> {
        at.checked_add(length).filter(|end| *end <= self.size).ok_or(Miss::Odd)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The payload's ranges, and how many bytes were read to find them.
    fn found(file: &[u8]) -> (Payload, usize) {
        let mut bytes_read = 0;
        let payload = find(file.len() as u64, &mut |at, buffer| {
            buffer.copy_from_slice(&file[at as usize..][..buffer.len()]);
            bytes_read += buffer.len();
            Ok(())
        });
        (payload.unwrap(), bytes_read)
    }

    pub(super) fn ranges(file: &[u8]) -> Vec<Range<u64>> {
        found(file).0.ranges
    }

    /// What is hashed, read in steps of some bytes.
    fn payload(file: &[u8], step: usize) -> Vec<u8> {
        let payload = found(file).0;
        let mut all = vec![0; payload.size() as usize];
        for (index, piece) in all.chunks_mut(step).enumerate() {
            let mut read_at = |at: u64, buffer: &mut [u8]| {
                buffer.copy_from_slice(&file[at as usize..][..buffer.len()]);
                Ok(())
            };
            payload.read((index * step) as u64, piece, &mut read_at).unwrap();
        }
        all
    }

    /// The same sound with other tags has the same payload; other sound with the same tags has another.
    #[track_caller]
    pub(super) fn assert_tags_do_not_count(make: impl Fn(&[u8], usize) -> Vec<u8>) {
        let sound: Vec<u8> = (0..3_000).map(|index| (index * 7 % 251) as u8).collect();
        let mut other = sound.clone();
        other[1_500] ^= 1;
        let base = payload(&make(&sound, 0), 100);
        for tags in [1, 300, 70_000] {
            let file = make(&sound, tags);
            assert_ne!(
                ranges(&file),
                std::slice::from_ref(&(0..file.len() as u64)),
                "{tags} bytes of tags count"
            );
            for step in [1, 100, 16 << 10] {
                assert_eq!(payload(&file, step), base, "{tags} bytes of tags, read by {step}");
            }
            assert_ne!(payload(&make(&other, tags), 100), base, "other sound, {tags} bytes of tags");
        }
    }

    #[test]
    fn what_it_leaves_out_is_all_the_rest_of_the_file() {
        let rest = |ranges: &[Range<u64>], size| {
            Payload { ranges: ranges.to_vec(), in_pages: true }.rest(size).ranges
        };
        assert_eq!(rest(&[10..20, 30..40], 50), [0..10, 20..30, 40..50]);
        assert_eq!(rest(&[0..20, 20..40], 40), []);
        assert_eq!(rest(&[5..20, 20..40], 40), rest(&[5..40, 40..40], 40));
    }

    #[track_caller]
    pub(super) fn assert_whole(file: &[u8]) {
        assert_eq!(ranges(file), std::slice::from_ref(&(0..file.len() as u64)));
    }

    #[test]
    fn what_is_no_audio_is_taken_whole_after_a_few_bytes() {
        let films: [&[u8]; 9] = [
            b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86",
            b"\0\0\0\x20ftypisom\0\0\x02\0",
            b"\0\0\0\x20ftypM4V \0\0\x02\0",
            b"\0\0\0\x14ftypqt  \0\0\0\0",
            b"RIFF\x10\0\0\0AVI LIST",
            b"RIFF\x10\0\0\0WAVEfmt ",
            b"\0\0\x01\xba\x44\0\x04\0\x04\x01\x89",
            b"\x47\x40\x11\x10\0\x42\xf0\x25\0\x01",
            b"\xff\xd8\xff\xe0\0\x10JFIF\0",
        ];
        for film in films {
            let mut file = film.to_vec();
            file.resize(5_000, 1);
            // What would be a tag in a file of sound.
            file[4_872..4_875].copy_from_slice(b"TAG");
            let (payload, bytes_read) = found(&file);
            assert_eq!(payload, Payload::whole(5_000), "{film:?}");
            assert!(bytes_read <= 32, "{bytes_read} bytes of {film:?} were read");
        }
    }

    #[test]
    fn an_error_of_the_disk_is_no_oddity() {
        let error = find(100, &mut |_, _| Err(io::ErrorKind::Interrupted.into())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
    }

    proptest! {
        /// A read outside the file would panic in `found`.
        #[test]
        fn garbage_has_a_payload_inside_the_file(
            start in prop::sample::select(vec![
                &b"ID3\x04\0\0\0\0\0"[..], b"ID3\x04\0\x10", b"fLaC\0\0\0\x22", b"fLaC\x80\0\0", b"OggS\0\x02\0\0\0\0\0\0\0\0", b"\xff\xfb\x90",
                b"\0\0\0\x0cftypM4A ", b"\0\0\0\x0cftypM4B \0\0\0\x01mdat\0\0\0\0\0\0\0", b"\0\0\0\x0cftypM4A \0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff", b"wvpk",
            ]),
            middle in prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 0..400),
            end in prop::sample::select(vec![&b""[..], b"TAG", b"APETAGEX\xd0\x07\0\0", b"OggS\0", b"mdat"]),
            last in prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 0..200),
        ) {
            let file = [start, &middle, end, &last].concat();
            let (payload, _) = found(&file);
            prop_assert!(payload.size() > 0 || file.is_empty());
            prop_assert!(payload.ranges.iter().all(|range| range.start <= range.end && range.end <= file.len() as u64));
            prop_assert!(payload.ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }

        #[test]
        fn pure_garbage_has_a_payload_too(file in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(found(&file).0.size() > 0 || file.is_empty());
        }
    }
}
