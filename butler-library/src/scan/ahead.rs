//! What is known of a section, read while its folders are walked: of an unchanged scan that is a good part.
//!
//! No more than a number of parts is kept; the others are read when the walk has ended.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::compare::Known;
use super::extent::Extent;
use super::known;
use crate::{Library, RootId, SectionId, StoreError};

/// So many parts are kept of a section: some 30 MB at the lengths that paths usually have.
pub(super) const MOST: usize = 200_000;

/// The first parts of a section, in the order in which they are compared.
#[derive(Default)]
pub(super) struct Ahead {
    parts: Vec<Known<Range<usize>>>,
    /// The paths of all of them.
    paths: Vec<u8>,
    is_all: bool,
}

impl Ahead {
    pub(super) fn read(
        library: &Library,
        section: SectionId,
        extents: Option<&HashMap<RootId, Arc<Extent>>>,
        most: usize,
    ) -> Result<Self, StoreError> {
        let mut ahead = Self { is_all: true, ..Self::default() };
        library.db().read(|tx| {
            known::known_parts(tx, section, extents, None, &mut |known| {
                ahead.is_all = ahead.parts.len() < most;
                if ahead.is_all {
                    ahead.keep(known);
                }
                ahead.is_all
            })
        })?;
        Ok(ahead)
    }

    fn keep(&mut self, known: Known<&[u8]>) {
        let from = self.paths.len();
        self.paths.extend_from_slice(known.path);
        self.parts.push(known.at(from..self.paths.len()));
    }

    /// Tells every part of the section, in their order.
    pub(super) fn tell(
        &self,
        library: &Library,
        section: SectionId,
        extents: Option<&HashMap<RootId, Arc<Extent>>>,
        tell: &mut dyn FnMut(Known<&[u8]>),
    ) -> Result<(), StoreError> {
        let kept = || self.parts.iter().map(|known| known.at(&self.paths[known.path.clone()]));
        kept().for_each(&mut *tell);
        if self.is_all {
            return Ok(());
        }
        let last = kept().next_back().map(|last| (last.root, last.path));
        library.db().read(|tx| {
            known::known_parts(tx, section, extents, last, &mut |known| {
                tell(known);
                true
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use jiff::Timestamp;

    use super::*;
    use crate::{NewSection, RealFiles, ScanObserver, ScanProgress, ScanWorld, SectionKind, scan_section};

    struct Silent;

    impl ScanObserver for Silent {
        fn progress(&mut self, _: ScanProgress) {}

        fn should_stop(&mut self) -> bool {
            false
        }
    }

    #[test]
    fn every_part_is_told_once_and_in_order_however_many_are_kept() {
        let folder = butler_fixtures::tempdir().unwrap();
        let now = Timestamp::from_second(2_000_000_000).unwrap();
        let roots = ["b", "a"].map(|root| folder.path().join("media").join(root));
        for root in &roots {
            std::fs::create_dir_all(root.join("sub")).unwrap();
            for name in ["2.mkv", "1.mkv", "sub/3.mkv"] {
                std::fs::write(root.join(name), root.join(name).to_str().unwrap()).unwrap();
                let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
                std::fs::File::options()
                    .write(true)
                    .open(root.join(name))
                    .unwrap()
                    .set_modified(long_ago)
                    .unwrap();
            }
        }
        let library = Library::open(&folder.path().join("data")).unwrap();
        let new = NewSection {
            name: "Films".into(),
            kind: SectionKind::Movie,
            roots: roots.to_vec(),
            agent: String::new(),
            scanner: String::new(),
            language: String::new(),
        };
        let section = library.add_section(new, Timestamp::UNIX_EPOCH).unwrap();
        let world = ScanWorld {
            root_threads: library.root_threads(),
            files: Arc::new(RealFiles),
            now: &|| now,
            settle: &|_| {},
            run: None,
        };
        assert_eq!(scan_section(&library, section, &world, &mut Silent).unwrap().added, 6);
        let first = RootId(1);
        let second = RootId(2);
        let expect = [first, second]
            .into_iter()
            .flat_map(|root| ["1.mkv", "2.mkv", "sub/3.mkv"].map(|path| (root, path.to_owned())));
        let expect: Vec<_> = expect.collect();
        for most in 0..=7 {
            let ahead = Ahead::read(&library, section, None, most).unwrap();
            assert_eq!((ahead.parts.len(), ahead.is_all), (most.min(6), most >= 6), "{most}");
            let mut told = Vec::new();
            let tell = &mut |known: Known<&[u8]>| {
                told.push((known.root, String::from_utf8(known.path.to_vec()).unwrap()))
            };
            ahead.tell(&library, section, None, tell).unwrap();
            assert_eq!(told, expect, "{most}");
        }
    }
}
