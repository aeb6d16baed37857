//! The source as a reader with a position, for parsers that are written in Rust and know nothing of libav.
//!
//! It reads no more than it was allowed, whatever a file claims, and [`guarded`] keeps a parser that panics
//! from taking the worker along. What failed while reading is asked of the source afterwards.

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::source::Source;

/// Bytes that are read at once.
const WINDOW: usize = 32 << 10;

/// A position in a source.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    source: &'a Source,
    place: u64,
    /// Bytes of the source from `window_at` on.
    window: Vec<u8>,
    window_at: u64,
    /// Bytes that it may still read.
    left: u64,
}

impl<'a> Cursor<'a> {
    /// At the source's start; it fails once it has read `most` bytes.
    pub(crate) const fn new(source: &'a Source, most: u64) -> Self {
        Self { source, place: 0, window: Vec::new(), window_at: 0, left: most }
    }

    /// What of the window lies from the position on.
    fn rest(&self) -> &[u8] {
        let inside = self.place.checked_sub(self.window_at).and_then(|inside| usize::try_from(inside).ok());
        inside.and_then(|inside| self.window.get(inside..)).unwrap_or_default()
    }
}

impl BufRead for Cursor<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() && self.place < self.source.size() {
            if self.left == 0 {
                return Err(io::Error::other("more was read than any honest file needs"));
            }
            // Never `Interrupted`, which readers take for an invitation to try again.
            self.window = self
                .source
                .bytes_at(self.place, WINDOW)
                .map_err(|stopped| io::Error::other(format!("{stopped:?}")))?;
            self.window_at = self.place;
            self.left = self.left.saturating_sub(self.window.len() as u64);
        }
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.place += amount.min(self.rest().len()) as u64;
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.fill_buf()?;
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.source.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.place.checked_add_signed(offset),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a parser; none if it panicked. Its state must be its own: nothing of it is seen again.
pub(crate) fn guarded<T>(parser: impl FnOnce() -> T) -> Option<T> {
    GUARDED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(parser));
    GUARDED.set(false);
    outcome.ok()
}

/// Whether this thread is inside a [`guarded`] parser: then a panic is only that of the parser.
pub(crate) fn is_guarded() -> bool {
    GUARDED.get()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;

    fn source(content: &[u8]) -> Source {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Source::new(file, content.len() as u64, Arc::default()).unwrap()
    }

    #[test]
    fn it_reads_and_seeks_as_a_file_does() {
        let content: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
        let source = source(&content);
        let mut cursor = Cursor::new(&source, u64::MAX);
        let mut twins = io::Cursor::new(&content);
        for to in [
            SeekFrom::Start(40_000),
            SeekFrom::Current(-39_999),
            SeekFrom::End(-10),
            SeekFrom::Start(32_760),
            SeekFrom::Start(200_000),
            SeekFrom::Start(5),
        ] {
            assert_eq!(cursor.seek(to).unwrap(), twins.seek(to).unwrap());
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            (&mut cursor).take(70_000).read_to_end(&mut ours).unwrap();
            (&mut twins).take(70_000).read_to_end(&mut theirs).unwrap();
            assert_eq!(ours, theirs, "{to:?}");
        }
        assert!(cursor.seek(SeekFrom::Current(-100_001)).is_err());
    }

    #[test]
    fn it_reads_no_more_than_it_may() {
        let source = source(&[7; 100_000]);
        let mut all = Vec::new();
        assert!(Cursor::new(&source, 50_000).read_to_end(&mut all).is_err());
        assert!(all.len() < 100_000);
    }

    #[test]
    fn a_parser_that_panics_is_told_from_one_that_answers() {
        assert_eq!(guarded(|| 7), Some(7));
        assert_eq!(guarded(|| -> u8 { panic!("of the test") }), None);
        assert!(!is_guarded());
    }
}
