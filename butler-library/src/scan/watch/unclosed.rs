//! Files that were made and are written still: a copy is worth a scan when it is done, and not before. The
//! kernel tells of the end of a write; who makes a file by a link tells of none, and some programs never
//! close theirs. Pure; the clock and what is seen of a file are handed in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::super::extent::is_at_or_below;
use super::super::settle::STILL;

/// So many are looked at; of one more it is told at once.
const MOST: usize = 256;
/// They are looked at so often.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a look at a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is a link, or has another name beside this one: nobody writes what was linked.
    Linked,
    /// Size and mtime, in the file system's numbers.
    Written(i64, (i64, i64)),
    /// It can't be looked at.
    Nothing,
}

/// Files by their paths below the root.
#[derive(Debug, Default)]
pub(super) struct Unclosed {
    files: HashMap<Vec<u8>, Unmoved>,
    looked_at: Option<Instant>,
}

/// What was seen of a file, and since when.
#[derive(Debug)]
struct Unmoved {
    seen: Seen,
    since: Instant,
}

impl Unclosed {
    /// A file was made; whether its end is waited for.
    pub(super) fn made(&mut self, file: Vec<u8>, now: Instant) -> bool {
        let has_room = self.files.len() < MOST || self.files.contains_key(&file);
        if has_room {
            self.files.insert(file, Unmoved { seen: Seen::Nothing, since: now });
        }
        has_room
    }

    /// A file was closed, or is there no more, or all files below a folder are not.
    pub(super) fn forget(&mut self, place: &[u8]) {
        self.files.retain(|file, _| !is_at_or_below(file, place));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Looks at each, if it is time to, and gives those which need not be waited for any longer.
    pub(super) fn look(&mut self, now: Instant, see: impl Fn(&[u8]) -> Seen) -> Vec<Vec<u8>> {
        if self.looked_at.is_some_and(|at| now.saturating_duration_since(at) < LOOK_EVERY) {
            return Vec::new();
        }
        self.looked_at = Some(now);
        let is_done = |file: &Vec<u8>, unmoved: &mut Unmoved| {
            let seen = see(file);
            if seen != unmoved.seen {
                *unmoved = Unmoved { seen, since: now };
            }
            seen == Seen::Linked || now.saturating_duration_since(unmoved.since) >= STILL.unsigned_abs()
        };
        self.files.extract_if(is_done).map(|(file, _)| file).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROWN: fn(i64) -> Seen = |size| Seen::Written(size, (0, 0));

    #[test]
    fn a_file_that_grows_is_waited_for_and_one_that_nobody_closes_once_it_stands_still() {
        let (mut unclosed, start) = (Unclosed::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(unclosed.made(b"Heat.mkv".to_vec(), at(0)));
        for second in 0..100 {
            let size = i64::try_from(second).unwrap();
            assert_eq!(unclosed.look(at(second), |_| GROWN(size)), [b""; 0], "{second}");
        }
        assert_eq!(unclosed.look(at(108), |_| GROWN(99)), [b""; 0]);
        assert_eq!(unclosed.look(at(109), |_| GROWN(99)), [b"Heat.mkv"]);
        assert!(unclosed.is_empty());
    }

    #[test]
    fn a_file_that_was_linked_is_not_waited_for() {
        let (mut unclosed, start) = (Unclosed::default(), Instant::now());
        unclosed.made(b"Heat.mkv".to_vec(), start);
        assert_eq!(unclosed.look(start, |_| Seen::Linked), [b"Heat.mkv"]);
    }

    #[test]
    fn what_was_closed_or_went_with_its_folder_is_looked_at_no_more() {
        let (mut unclosed, start) = (Unclosed::default(), Instant::now());
        for file in ["Heat.mkv", "Lost/1.mkv", "Lost/2.mkv", "Lost 2/1.mkv"] {
            unclosed.made(file.into(), start);
        }
        unclosed.forget(b"Heat.mkv");
        unclosed.forget(b"Lost");
        assert_eq!(unclosed.look(start, |_| Seen::Linked), [b"Lost 2/1.mkv"]);
    }

    #[test]
    fn no_more_are_looked_at_than_there_is_room_for_and_not_all_the_time() {
        let (mut unclosed, start) = (Unclosed::default(), Instant::now());
        for number in 0..MOST {
            assert!(unclosed.made(number.to_string().into(), start));
        }
        assert!(!unclosed.made(b"more".to_vec(), start));
        assert_eq!(unclosed.look(start, |_| GROWN(1)), [b""; 0]);
        assert_eq!(unclosed.look(start + LOOK_EVERY / 2, |_| panic!("too soon")), [b""; 0]);
    }
}
