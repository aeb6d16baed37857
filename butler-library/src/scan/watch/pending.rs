//! When changes that were told are worth a scan, and of what: files that come are written for a while, and
//! many come at once. Pure; the clock is handed in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::super::settle::STILL;
use crate::SectionId;

/// So many paths of one section are kept apart; when more change at once, all of it is meant.
const MOST_PATHS: usize = 256;
/// What stands still is waited with so long, so that what changed together is one scan.
const TOGETHER: Duration = Duration::from_secs(1);
/// A section of which all is meant waits no longer than this, though it may never stand still.
const LONGEST: Duration = Duration::from_secs(60);

/// Changes that are not scanned yet, by section.
#[derive(Debug, Default)]
pub struct Pending {
    sections: BTreeMap<SectionId, Changes>,
}

#[derive(Debug)]
struct Changes {
    /// The paths, and when something was last told of each.
    paths: BTreeMap<PathBuf, Instant>,
    /// When more changed than is kept apart: first and last.
    whole: Option<(Instant, Instant)>,
}

impl Changes {
    /// When they are worth a scan.
    fn due(&self) -> Option<Instant> {
        match self.whole {
            Some((first, last)) => Some((last + STILL.unsigned_abs()).min(first + LONGEST)),
            None => self.paths.values().min().map(|last| *last + STILL.unsigned_abs() + TOGETHER),
        }
    }
}

impl Pending {
    /// Something about a path changed.
    pub fn changed(&mut self, section: SectionId, path: PathBuf, now: Instant) {
        let changes = self.of(section);
        match &mut changes.whole {
            Some((_, last)) => *last = now,
            None => {
                changes.paths.insert(path, now);
                if changes.paths.len() > MOST_PATHS {
                    self.overflowed(section, now);
                }
            }
        }
    }

    /// Anything of a section may have changed.
    pub fn overflowed(&mut self, section: SectionId, now: Instant) {
        let changes = self.of(section);
        changes.paths.clear();
        let first = changes.whole.map_or(now, |(first, _)| first);
        changes.whole = Some((first, now));
    }

    /// Forgets a section that is watched no more.
    pub fn forget(&mut self, section: SectionId) {
        self.sections.remove(&section);
    }

    /// The sections of which something changed.
    pub fn sections(&self) -> impl Iterator<Item = SectionId> {
        self.sections.keys().copied()
    }

    /// Takes out what has stood still for long enough: sections with their paths, none for all of one.
    pub fn take_due(&mut self, now: Instant) -> Vec<(SectionId, Vec<PathBuf>)> {
        let mut due = Vec::new();
        for (section, changes) in &mut self.sections {
            if changes.due().is_none_or(|due| due > now) {
                continue;
            }
            let still = changes.paths.extract_if(.., |_, last| *last + STILL.unsigned_abs() <= now);
            due.push((*section, still.map(|(path, _)| path).collect()));
            // What was written just before is left to one more.
            let last = changes.whole.map(|(_, last)| last);
            changes.whole = last.filter(|last| *last + STILL.unsigned_abs() > now).map(|last| (now, last));
        }
        self.sections.retain(|_, changes| !changes.paths.is_empty() || changes.whole.is_some());
        due
    }

    /// When something will be worth a scan next.
    pub fn next_due(&self) -> Option<Instant> {
        self.sections.values().filter_map(Changes::due).min()
    }

    fn of(&mut self, section: SectionId) -> &mut Changes {
        self.sections.entry(section).or_insert_with(|| Changes { paths: BTreeMap::new(), whole: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILMS: SectionId = SectionId(1);
    const SHOWS: SectionId = SectionId(2);

    /// Changes at these seconds, and what is due at others.
    fn world() -> (Pending, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Pending::default(), move |seconds| start + Duration::from_secs(seconds))
    }

    #[test]
    fn a_path_is_scanned_once_it_has_stood_still_for_ten_seconds() {
        let (mut pending, at) = world();
        pending.changed(FILMS, "/films/Heat".into(), at(0));
        pending.changed(FILMS, "/films/Heat".into(), at(8));
        pending.changed(FILMS, "/films/Ronin".into(), at(3));
        pending.changed(SHOWS, "/tv/Lost".into(), at(4));
        assert_eq!(pending.next_due(), Some(at(14)));
        assert_eq!(pending.take_due(at(12)), []);
        let expect = [(FILMS, vec![PathBuf::from("/films/Ronin")]), (SHOWS, vec!["/tv/Lost".into()])];
        assert_eq!(pending.take_due(at(15)), expect);
        assert_eq!(pending.take_due(at(19)), [(FILMS, vec!["/films/Heat".into()])]);
        assert_eq!((pending.take_due(at(100)), pending.next_due()), (vec![], None), "each once");
    }

    #[test]
    fn more_than_can_be_kept_apart_is_the_whole_section() {
        let (mut pending, at) = world();
        for number in 0..=MOST_PATHS {
            pending.changed(FILMS, format!("/films/{number}").into(), at(0));
        }
        assert_eq!(pending.take_due(at(10)), [(FILMS, vec![])]);
        assert_eq!(pending.next_due(), None);
    }

    #[test]
    fn an_overflow_is_the_whole_section_even_if_it_never_stands_still() {
        let (mut pending, at) = world();
        pending.changed(FILMS, "/films/Heat".into(), at(0));
        pending.overflowed(FILMS, at(1));
        for second in 2..61 {
            pending.changed(FILMS, "/films/Ronin".into(), at(second));
            assert_eq!(pending.take_due(at(second)), [], "{second}");
        }
        assert_eq!(pending.take_due(at(61)), [(FILMS, vec![])]);
        assert_eq!(pending.take_due(at(69)), []);
        assert_eq!(pending.take_due(at(70)), [(FILMS, vec![])], "what was written just before that");
        assert_eq!(pending.next_due(), None);
    }

    #[test]
    fn what_is_watched_no_more_is_not_scanned() {
        let (mut pending, at) = world();
        pending.changed(FILMS, "/films/Heat".into(), at(0));
        pending.forget(FILMS);
        assert_eq!(pending.take_due(at(20)), []);
    }
}
