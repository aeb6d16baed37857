//! Fingerprints: content is known by its size and samples of it, wherever it lies.
//!
//! The *sampled* print is over size, head, middle and tail. The *deep* print is over 64 more places and is
//! taken in the same open: were it left for later, a file changed in place between the samples could not be
//! told from one that was only touched, since what it was before is gone. Tag blocks of audio don't count
//! (`payload` finds what does): a track with new tags is the same content. They have a print of their own,
//! the *tagged* one, over sound and tags together: by it two copies of one recording are told apart that say
//! different things of themselves.

mod payload;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use butler_product::Fingerprint;

use self::payload::ReadAt;

/// Bytes of each of the three samples; a file up to three times this is read whole.
const SAMPLE: u64 = 64 << 10;
/// How many more places the deep print looks at.
const PLACES: u64 = 64;
/// Bytes of each of them.
const PLACE: u64 = 16 << 10;

/// Bytes of the tags' two ends that the tagged print is over; less is taken whole. Texts stand at the ends,
/// large pictures between them.
const TAGS_END: u64 = 512 << 10;

/// What a file's content is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Prints {
    /// Over size, head, middle and tail.
    pub(crate) sampled: [u8; 32],
    /// Over 64 more places; the same as `sampled` for a file that was read whole.
    pub(crate) deep: [u8; 32],
    /// Over both of these and the tags that they leave out; none where they leave nothing out.
    pub(crate) tagged: Option<[u8; 32]>,
    /// Bytes of the file, its tags included.
    pub(crate) size: u64,
}

impl Prints {
    /// The prints of the content with its tags: the same where there are none outside of it.
    pub(crate) fn with_tags(&self) -> Self {
        self.tagged.map_or(*self, |tagged| Self {
            sampled: tagged,
            deep: tagged,
            tagged: None,
            size: self.size,
        })
    }

    /// The fingerprint of a content that shares its sampled print with another.
    pub(crate) fn told_apart(&self) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"butler told apart 1").update(&self.sampled).update(&self.deep);
        Fingerprint(hasher.finalize().into())
    }
}

/// Takes the prints of an open file of `size` bytes, tags apart. `go_on` is asked between reads.
///
/// # Errors
/// If the file can't be read, is shorter than `size`, or `go_on` says no (`Interrupted`).
pub(crate) fn take(file: &File, size: u64, go_on: &mut dyn FnMut() -> bool) -> io::Result<Prints> {
    with_head(file, size, go_on, |read_at| {
        let payload = payload::find(size, read_at)?;
        let prints = hash(payload.size(), &mut |offset, buffer| payload.read(offset, buffer, read_at))?;
        let rest = payload.rest(size);
        if rest.size() == 0 {
            return Ok(Prints { size, ..prints });
        }
        let tagged =
            hash_tags(&prints, size, rest.size(), &mut |offset, buffer| rest.read(offset, buffer, read_at))?;
        Ok(Prints { size, tagged: Some(tagged), ..prints })
    })
}

/// Where the bytes lie that the prints of a file are over, and no tags: all of it where they can't be told
/// apart.
///
/// # Errors
/// As [`take`].
pub(crate) fn sound(
    file: &File,
    size: u64,
    go_on: &mut dyn FnMut() -> bool,
) -> io::Result<Vec<std::ops::Range<u64>>> {
    with_head(file, size, go_on, |read_at| Ok(payload::find(size, read_at)?.ranges().to_vec()))
}

/// The head is read once, though it is both looked at and hashed.
fn with_head<T>(
    file: &File,
    size: u64,
    go_on: &mut dyn FnMut() -> bool,
    work: impl FnOnce(&mut ReadAt<'_>) -> io::Result<T>,
) -> io::Result<T> {
    let mut head = vec![0; size.min(PLACE) as usize];
    if !go_on() {
        return Err(io::Error::from(io::ErrorKind::Interrupted));
    }
    file.read_exact_at(&mut head, 0)?;
    work(&mut |at: u64, buffer: &mut [u8]| {
        let known = usize::try_from(at).ok().and_then(|at| head.get(at..)?.get(..buffer.len()));
        if let Some(known) = known {
            buffer.copy_from_slice(known);
            return Ok(());
        }
        if !go_on() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        file.read_exact_at(buffer, at)
    })
}

/// The print of a file of `size` bytes whose prints leave out so many bytes of tags.
fn hash_tags(prints: &Prints, size: u64, tags: u64, read_at: &mut ReadAt<'_>) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(b"butler tagged 1")
        .update(&prints.sampled)
        .update(&prints.deep)
        .update(&size.to_le_bytes());
    let ends =
        if tags <= 2 * TAGS_END { [0..tags, tags..tags] } else { [0..TAGS_END, tags - TAGS_END..tags] };
    let mut buffer = [0; PLACE as usize];
    for mut end in ends {
        while end.start < end.end {
            let piece = &mut buffer[..(end.end - end.start).min(PLACE) as usize];
            read_at(end.start, piece)?;
            hasher.update(piece);
            end.start += piece.len() as u64;
        }
    }
    Ok(hasher.finalize().into())
}

/// The prints of so many bytes.
fn hash(size: u64, read_at: &mut ReadAt<'_>) -> io::Result<Prints> {
    let mut read = |hasher: &mut blake3::Hasher, offset: u64, length: u64| {
        let mut buffer = [0; PLACE as usize];
        let (mut at, end) = (offset, offset + length);
        while at < end {
            let piece = &mut buffer[..(end - at).min(PLACE) as usize];
            read_at(at, piece)?;
            hasher.update(piece);
            at += piece.len() as u64;
        }
        Ok::<_, io::Error>(())
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"butler source 1").update(&size.to_le_bytes());
    if size <= 3 * SAMPLE {
        read(&mut hasher, 0, size)?;
        let whole = hasher.finalize().into();
        return Ok(Prints { sampled: whole, deep: whole, tagged: None, size });
    }
    for offset in [0, (size - SAMPLE) / 2, size - SAMPLE] {
        read(&mut hasher, offset, SAMPLE)?;
    }
    let sampled = hasher.finalize().into();
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"butler deep 1").update(&size.to_le_bytes());
    if size <= PLACES * PLACE {
        read(&mut hasher, 0, size)?;
    } else {
        // The middle of each of 64 equal stretches.
        for place in 0..PLACES {
            let offset =
                (u128::from(size - PLACE) * u128::from(2 * place + 1) / u128::from(2 * PLACES)) as u64;
            read(&mut hasher, offset, PLACE)?;
        }
    }
    Ok(Prints { sampled, deep: hasher.finalize().into(), tagged: None, size })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn prints(bytes: &[u8]) -> Prints {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        take(&file, bytes.len() as u64, &mut || true).unwrap()
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|index| (index * 31 % 251) as u8).collect()
    }

    #[test]
    fn a_small_file_is_known_by_every_byte() {
        let base = content(192 << 10);
        for place in [0, 1, 70_000, 100_001, base.len() - 1] {
            let mut other = base.clone();
            other[place] ^= 1;
            assert_ne!(prints(&base).sampled, prints(&other).sampled, "byte {place}");
        }
    }

    #[test]
    fn a_large_file_is_known_by_size_head_middle_and_tail() {
        let base = content(4 << 20);
        for place in [0, base.len() / 2, base.len() - 1] {
            let mut other = base.clone();
            other[place] ^= 1;
            assert_ne!(prints(&base).sampled, prints(&other).sampled, "byte {place}");
        }
        assert_ne!(prints(&base).sampled, prints(&content((4 << 20) + 1)).sampled);
        assert_eq!(prints(&base), prints(&base));
    }

    #[test]
    fn a_change_between_the_samples_shows_in_the_deep_print_alone() {
        let base = content(4 << 20);
        let mut other = base.clone();
        other[1_000_000..1_070_000].fill(0);
        assert_eq!(prints(&base).sampled, prints(&other).sampled);
        assert_ne!(prints(&base).deep, prints(&other).deep);
        assert_ne!(prints(&base).told_apart(), prints(&other).told_apart());
    }

    /// What Butler has kept since its first version: a film whose print changed would lose its products.
    #[test]
    fn the_prints_of_a_film_are_what_they_always_were() {
        let hex = |bytes: [u8; 32]| blake3::Hash::from(bytes).to_hex()[..16].to_owned();
        for (length, sampled, deep) in [
            (100_000, "cf49daf43de870d9", "cf49daf43de870d9"),
            (600_000, "4df7ce71f7dde24b", "4bdb2777830c696b"),
            (3_000_000, "d137cddd45799938", "ad52a7a6251f436e"),
        ] {
            let film = prints(&[b"\x1a\x45\xdf\xa3", &content(length)[..]].concat());
            assert_eq!(
                (hex(film.sampled), hex(film.deep)),
                (sampled.to_owned(), deep.to_owned()),
                "{length}"
            );
        }
    }

    #[test]
    fn a_large_track_with_other_tags_has_the_same_prints() {
        let sound = content(3 << 20);
        let flac = |tags: usize| {
            let length = (tags as u32).to_be_bytes();
            [b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], &vec![b't'; tags], &sound].concat()
        };
        let (short, long) = (prints(&flac(3)), prints(&flac(500_000)));
        assert_eq!((short.sampled, short.deep), (long.sampled, long.deep));
        assert_eq!(long.size - short.size, 499_997);
        assert_ne!(short.tagged, long.tagged);
    }

    #[test]
    fn tags_have_a_print_of_their_own() {
        let sound = content(3 << 20);
        let flac = |tags: &[u8]| {
            let length = (tags.len() as u32).to_be_bytes();
            prints(&[b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], tags, &sound].concat())
        };
        for length in [1, 30_000, 2 << 20] {
            let tags = content(length);
            let base = flac(&tags);
            assert_eq!(base, flac(&tags));
            for place in [0, length - 1, (length / 2).min(400_000)] {
                let mut other = tags.clone();
                other[place] ^= 1;
                let other = flac(&other);
                assert_eq!((base.sampled, base.deep), (other.sampled, other.deep));
                assert_ne!(base.tagged, other.tagged, "byte {place} of {length}");
                assert_ne!(base.with_tags().sampled, base.sampled);
            }
        }
        let film = prints(&content(300_000));
        assert_eq!((film.tagged, film.with_tags()), (None, film));
    }

    #[test]
    fn empty_files_have_a_fingerprint() {
        assert_eq!(prints(b""), prints(b""));
        assert_ne!(prints(b"").sampled, prints(b"\0").sampled);
    }

    #[test]
    fn a_file_that_got_shorter_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(take(&file, 10, &mut || true).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
