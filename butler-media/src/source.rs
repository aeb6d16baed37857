//! The media's descriptor, shared by every demuxer of a unit: reads at a place, counts, and stops when the
//! unit is cancelled.
//!
//! It never seeks (the descriptor's own position is left alone) and knows no path. What goes wrong while
//! reading is kept, because libav hides it behind words of its own.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use butler_product::Failure;
use rustix::io::Errno;

use crate::pace::{self, Pace};
use crate::watchdog;

/// What a unit's threads tell the outside, and what the outside tells them.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Set when the unit is wanted no more.
    pub(crate) cancelled: AtomicBool,
    /// Bytes read so far.
    pub(crate) bytes_read: AtomicU64,
    /// Grows with each read and each picture.
    pub(crate) steps: AtomicU64,
    /// What of the unit is done, thousandths plus one; 0 while nobody can tell.
    permille_plus_one: AtomicU64,
}

impl Gauges {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Says that `done` of `total` is behind us; it never goes back.
    pub(crate) fn done(&self, done: u64, total: u64) {
        let permille = done.min(total).saturating_mul(1_000) / total.max(1);
        self.permille_plus_one.fetch_max(permille + 1, Ordering::Relaxed);
    }

    pub(crate) fn permille(&self) -> Option<u16> {
        self.permille_plus_one
            .load(Ordering::Relaxed)
            .checked_sub(1)
            .and_then(|permille| u16::try_from(permille).ok())
    }
}

/// The media, as the supervisor opened it.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    size: u64,
    errno: AtomicI32,
    /// Reads that may still be made.
    reads_left: AtomicU64,
    /// What reading keeps to, where it is not as fast as it can be.
    pace: Option<Mutex<Pace>>,
    pub(crate) gauges: std::sync::Arc<Gauges>,
}

/// Why a read gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The unit is wanted no more.
    Cancelled,
    /// The system's number.
    Errno(i32),
    /// It was read too often for its size.
    Fruitless,
}

impl Source {
    /// A file of `size` bytes.
    ///
    /// # Errors
    /// If the descriptor has another size by now, which is the source's failure.
    pub(crate) fn new(file: File, size: u64, gauges: std::sync::Arc<Gauges>) -> Result<Self, Failure> {
        let now = rustix::fs::fstat(&file).map_err(|errno| unreadable(&errno.into()))?.st_size;
        if u64::try_from(now) != Ok(size) {
            return Err(Failure::source(
                "The file changed while it was being read; it is tried again once it stands still.",
            ));
        }
        Ok(Self {
            file,
            size,
            errno: AtomicI32::new(0),
            reads_left: AtomicU64::new(watchdog::reads_allowed(size)),
            pace: None,
            gauges,
        })
    }

    /// The same, of which no more than so many bytes a second are read.
    pub(crate) fn at_most(self, bytes_per_second: Option<NonZeroU64>) -> Self {
        let pace = bytes_per_second.map(|rate| Mutex::new(Pace::new(rate.get(), Instant::now())));
        Self { pace, ..self }
    }

    /// Counts what was read, and waits as long as its pace has it.
    fn count(&self, bytes: usize) {
        self.gauges.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
        self.gauges.step();
        let Some(pace) = &self.pace else { return };
        let wait = pace.lock().unwrap_or_else(PoisonError::into_inner).wait_after(bytes, Instant::now());
        let is_wanted = || !self.gauges.is_cancelled();
        pace::wait(wait, is_wanted, |slice| {
            thread::sleep(slice);
            // Waiting is no standstill.
            self.gauges.step();
        });
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// One read more, unless the unit is wanted no more or the file was read too often.
    fn may_read(&self) -> Result<(), Stopped> {
        if self.gauges.is_cancelled() {
            return Err(Stopped::Cancelled);
        }
        let left =
            self.reads_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| Stopped::Fruitless)
    }

    /// Reads at a place; 0 bytes at the end. Where nothing was read the buffer is as it was: libav may still
    /// look at its content.
    pub(crate) fn read_at(&self, buffer: &mut [MaybeUninit<u8>], place: u64) -> Result<usize, Stopped> {
        loop {
            self.may_read()?;
            match rustix::io::pread(&self.file, &mut *buffer, place) {
                Ok((read, _)) => {
                    let read = read.len();
                    self.count(read);
                    return Ok(read);
                }
                Err(Errno::INTR) => {}
                Err(errno) => {
                    self.errno.store(errno.raw_os_error(), Ordering::Relaxed);
                    return Err(Stopped::Errno(errno.raw_os_error()));
                }
            }
        }
    }

    /// Reads at a place in place of what the buffer held: so many bytes, or as many as there are.
    pub(crate) fn fill(&self, buffer: &mut Vec<u8>, most: usize, place: u64) -> Result<(), Stopped> {
        buffer.resize(most, 0);
        let mut filled = 0;
        while filled < most {
            self.may_read()?;
            match rustix::io::pread(&self.file, &mut buffer[filled..], place.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(Errno::INTR) => {}
                Err(errno) => {
                    self.errno.store(errno.raw_os_error(), Ordering::Relaxed);
                    return Err(Stopped::Errno(errno.raw_os_error()));
                }
            }
        }
        buffer.truncate(filled);
        self.count(filled);
        Ok(())
    }

    /// The first bytes, at most `most`.
    pub(crate) fn head(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        self.bytes_at(0, most)
    }

    /// At most `most` bytes from a place on; none at the end.
    pub(crate) fn bytes_at(&self, place: u64, most: usize) -> Result<Vec<u8>, Stopped> {
        loop {
            self.may_read()?;
            let mut bytes = Vec::with_capacity(most);
            match rustix::io::pread(&self.file, rustix::buffer::spare_capacity(&mut bytes), place) {
                Ok(read) => {
                    self.count(read);
                    return Ok(bytes);
                }
                Err(Errno::INTR) => {}
                Err(errno) => {
                    self.errno.store(errno.raw_os_error(), Ordering::Relaxed);
                    return Err(Stopped::Errno(errno.raw_os_error()));
                }
            }
        }
    }

    /// The failure of a read, if one failed or there were too many: whatever libav then said of the content
    /// is not to be believed.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self.errno.load(Ordering::Relaxed) {
            0 if self.reads_left.load(Ordering::Relaxed) == 0 => Some(watchdog::failure()),
            0 => None,
            errno => Some(unreadable(&io::Error::from_raw_os_error(errno))),
        }
    }
}

fn unreadable(error: &io::Error) -> Failure {
    let words = error.to_string();
    // Without the system's number, which tells a person nothing.
    let words = words.split(" (os error").next().unwrap_or_default();
    Failure::source(format!("The file can't be read; the system says: {words}."))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use butler_product::FailureClass;

    use super::*;

    fn source(content: &[u8]) -> Source {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Source::new(file, content.len() as u64, Arc::default()).unwrap()
    }

    #[test]
    fn reads_are_counted_and_leave_no_position() {
        let source = source(b"0123456789");
        assert_eq!(source.read_at(&mut [MaybeUninit::uninit(); 4], 8), Ok(2));
        assert_eq!(source.read_at(&mut [MaybeUninit::uninit(); 4], 0), Ok(4));
        assert_eq!(source.head(3).unwrap(), b"012");
        assert_eq!(source.gauges.bytes_read.load(Ordering::Relaxed), 9);
    }

    #[test]
    fn a_reader_that_waits_for_its_pace_tells_that_it_lives_and_hears_that_it_is_not_wanted() {
        // An hour's worth: what is not cancelled would be waited for.
        let source = source(&[7; 4_000]).at_most(NonZeroU64::new(1));
        thread::scope(|scope| {
            let reader = scope.spawn(|| source.bytes_at(0, 3_600));
            while source.gauges.steps.load(Ordering::Relaxed) < 3 {
                thread::yield_now();
            }
            source.gauges.cancelled.store(true, Ordering::Relaxed);
            assert_eq!(reader.join().unwrap().unwrap().len(), 3_600);
        });
        assert_eq!(source.head(1), Err(Stopped::Cancelled));
    }

    #[test]
    fn a_cancelled_unit_reads_nothing_more() {
        let source = source(b"0123456789");
        source.gauges.cancelled.store(true, Ordering::Relaxed);
        assert_eq!(source.read_at(&mut [MaybeUninit::uninit(); 4], 0), Err(Stopped::Cancelled));
    }

    #[test]
    fn a_file_that_is_read_without_end_is_the_contents_failure() {
        let source = source(b"0123456789");
        let mut last = Ok(0);
        for _ in 0..=watchdog::reads_allowed(10) {
            last = source.read_at(&mut [MaybeUninit::uninit(); 1], 10);
        }
        assert_eq!((last, source.failure().unwrap().class), (Err(Stopped::Fruitless), FailureClass::Content));
    }

    #[test]
    fn a_failed_read_is_the_sources_failure() {
        let (_, write_end) = io::pipe().unwrap();
        let write_only = File::from(std::os::fd::OwnedFd::from(write_end));
        let source = Source::new(write_only, 0, Arc::default()).unwrap();
        assert!(matches!(source.read_at(&mut [MaybeUninit::uninit(); 4], 0), Err(Stopped::Errno(_))));
        assert_eq!(source.failure().unwrap().class, FailureClass::Source);
    }

    #[test]
    fn a_file_that_changed_since_it_was_opened_is_the_sources_failure() {
        let failure = Source::new(tempfile::tempfile().unwrap(), 5, Arc::default()).unwrap_err();
        assert_eq!(failure.class, FailureClass::Source);
    }

    #[test]
    fn progress_never_goes_back() {
        let gauges = Gauges::default();
        assert_eq!(gauges.permille(), None);
        gauges.done(1, 2);
        gauges.done(1, 4);
        assert_eq!(gauges.permille(), Some(500));
        gauges.done(9, 4);
        assert_eq!(gauges.permille(), Some(1_000));
    }
}
