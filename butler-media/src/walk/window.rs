//! A moving view of a file: small reads where a walk jumps over payload, larger ones where it steps from one
//! small block to the next.

use super::ReadAt;
use crate::source::Stopped;

/// Bytes of the smallest read. Below a page a disk saves nothing, and two blocks of sound between two
/// pictures fit.
const SMALLEST: usize = 2 << 10;
/// Bytes between two reads that are rather read than jumped over.
const NEAR: u64 = 512;
/// Bytes of the largest read.
const LARGEST: usize = 256 << 10;

/// A view of a file's bytes.
pub(super) struct Window<'a> {
    input: &'a dyn ReadAt,
    buffer: Vec<u8>,
    /// Where the buffer's bytes lie.
    place: u64,
    /// Bytes of the next read.
    ahead: usize,
}

impl<'a> Window<'a> {
    pub(super) fn new(input: &'a dyn ReadAt) -> Self {
        Self { input, buffer: Vec::new(), place: 0, ahead: SMALLEST }
    }

    /// The `length` bytes at a place, and what else of the view lies behind them; fewer only at the file's
    /// end.
    pub(super) fn at(&mut self, place: u64, length: usize) -> Result<&[u8], Stopped> {
        let held = self.held(place);
        if held.is_none_or(|held| self.buffer.len() - held < length) {
            self.read(place, length)?;
        }
        Ok(self.held(place).map_or(&[], |held| &self.buffer[held..]))
    }

    fn held(&self, place: u64) -> Option<usize> {
        let offset = usize::try_from(place.checked_sub(self.place)?).ok()?;
        (offset <= self.buffer.len()).then_some(offset)
    }

    fn read(&mut self, place: u64, length: usize) -> Result<(), Stopped> {
        let end = self.place + self.buffer.len() as u64;
        // A short way on would have cost less by reading on; a longer one was payload that nobody needs.
        let is_near = place.checked_sub(end).is_none_or(|gap| gap <= NEAR);
        self.ahead = if is_near { (self.ahead * 2).min(LARGEST) } else { SMALLEST };
        self.place = place;
        self.input.fill(&mut self.buffer, self.ahead.max(length.min(LARGEST)), place)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::tests::Bytes;
    use super::*;

    #[test]
    fn far_jumps_read_little_and_small_steps_read_ahead() {
        let file = vec![7; 4 << 20];
        let far = Bytes(&file, Cell::default());
        let mut window = Window::new(&far);
        for place in (0..file.len() as u64).step_by(64 << 10) {
            assert_eq!(window.at(place, 12).unwrap()[..12], [7; 12]);
        }
        assert!(far.1.get() <= 64 * 4_096, "{} bytes", far.1.get());
        let near = Bytes(&file, Cell::default());
        let mut window = Window::new(&near);
        let mut reads = 0;
        for place in (0..file.len() as u64).step_by(500) {
            let before = near.1.get();
            window.at(place, 12).unwrap();
            reads += u32::from(near.1.get() > before);
        }
        assert!(reads < 40, "{reads} reads");
    }

    #[test]
    fn a_film_of_large_and_small_pictures_with_sound_is_mostly_jumped_over() {
        let file = vec![7; 8 << 20];
        let film = Bytes(&file, Cell::default());
        let mut window = Window::new(&film);
        let mut place = 0;
        while place < file.len() as u64 {
            for block in [500, 500, 3_000, 500, 500, 2_500, 500, 500, 40_000] {
                window.at(place, 12).unwrap();
                place += block;
            }
        }
        assert!(film.1.get() < file.len() as u64 / 6, "{} bytes", film.1.get());
    }

    #[test]
    fn the_end_gives_what_is_left() {
        let file = Bytes(b"0123456789", Cell::default());
        let mut window = Window::new(&file);
        assert_eq!(window.at(8, 4).unwrap(), b"89");
        assert_eq!(window.at(10, 4).unwrap(), b"");
        assert_eq!(window.at(u64::MAX, 4).unwrap(), b"");
        assert_eq!(window.at(0, 1).unwrap(), b"0123456789");
    }
}
