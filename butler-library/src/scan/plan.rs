//! What a scan does to a section, as a value: which files are new, were written, moved, are back or gone, and
//! where each stands. Pure: what the walk saw, what reading gave and what the database says is handed in.
//!
//! A scan reads for hours where much is new, so it makes a plan of every so many files ([`Planner::batch`])
//! and one of what is known only at its end ([`Planner::end`]). Each is carried out whole or not at all, by
//! `apply`; a dry run shows them instead. Start with [`Planner`].

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use butler_api::RunId;
use butler_names::Named;
use butler_product::Value;

use super::compare::{Known, moves};
use super::extent::Extent;
use super::location::Location;
use super::media_names::Medium;
use super::merge::{Details, Merged, merge};
use super::walk::{Seen, Stat};
use crate::fingerprint::Prints;
use crate::store::failures::ScanFailure;
use crate::{PartId, RootId, SectionKind, SourceId, StoreError};

/// So many files go into one plan.
const BATCH: usize = 500;

/// A file that was read, and what its name says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FileRead {
    pub(super) seen: Seen,
    pub(super) prints: Prints,
    pub(super) named: Named,
}

/// A file that was read, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) file: FileRead,
    pub(super) location: Location,
    pub(super) details: Details,
    /// Whether nothing is still to be read that may tell another place: a video is what its name says, music
    /// and photos what their content says.
    pub(super) is_final: bool,
}

/// What is done to a section. Files are those that were read, and in a plan that is carried out or shown
/// those that are placed.
#[derive(Debug)]
pub(super) struct Plan<F> {
    /// Parts that are there as they were: back, or on a disk and inode of other numbers.
    pub(super) there: Vec<(Known, Stat)>,
    /// Parts that are missing from now on.
    pub(super) gone: Vec<Known>,
    /// Parts whose file lies at another place, under the same name or another.
    pub(super) moved: Vec<(Known, F)>,
    /// Files that are no part yet.
    pub(super) added: Vec<F>,
    /// Parts whose file was written since.
    pub(super) changed: Vec<(Known, F)>,
    /// What is settled when all was walked and read.
    pub(super) end: Option<End>,
}

/// What belongs to the end of a scan.
#[derive(Debug)]
pub(super) struct End {
    pub(super) failures: Vec<ScanFailure>,
    /// The roots that were walked, and what of each.
    pub(super) walked: HashMap<RootId, Arc<Extent>>,
    /// Whether nothing was away: only then roots that were taken out of the section are let go.
    pub(super) all_roots_there: bool,
    /// Whether only some paths of the section were walked: then nothing is let go, and the section is not
    /// scanned by that.
    pub(super) is_partial: bool,
    pub(super) run: Option<RunId>,
}

impl<F> Default for Plan<F> {
    fn default() -> Self {
        Self {
            there: Vec::new(),
            gone: Vec::new(),
            moved: Vec::new(),
            added: Vec::new(),
            changed: Vec::new(),
            end: None,
        }
    }
}

impl<F> Plan<F> {
    fn len(&self) -> usize {
        self.there.len() + self.gone.len() + self.moved.len() + self.added.len() + self.changed.len()
    }

    /// Whether it does nothing to any file.
    pub(super) fn is_quiet(&self) -> bool {
        self.len() == 0
    }
}

impl Plan<FileRead> {
    /// The same with each file at its place; `says` tells what the content of one says of itself, if that is
    /// known.
    pub(super) fn placed(
        self,
        says: &mut dyn FnMut(&FileRead) -> Result<Option<Value>, StoreError>,
    ) -> Result<Plan<Placed>, StoreError> {
        let Self { there, gone, moved, added, changed, end } = self;
        let mut place = |file: FileRead| {
            let says = says(&file)?;
            Ok::<_, StoreError>(Placed::of(file, says.as_ref()))
        };
        let parts = |files: Vec<(Known, FileRead)>,
                     place: &mut dyn FnMut(_) -> Result<Placed, StoreError>| {
            files
                .into_iter()
                .map(|(known, file)| Ok((known, place(file)?)))
                .collect::<Result<_, StoreError>>()
        };
        Ok(Plan {
            there,
            gone,
            moved: parts(moved, &mut place)?,
            added: added.into_iter().map(&mut place).collect::<Result<_, _>>()?,
            changed: parts(changed, &mut place)?,
            end,
        })
    }
}

impl Placed {
    fn of(file: FileRead, says: Option<&Value>) -> Self {
        let Seen { root, path, stat, .. } = &file.seen;
        let (location, details) = placement(file.named.clone(), says, *root, path, stat.mtime_ns);
        let is_final = says.is_some() || file.seen.medium == Medium::Video;
        Self { location, details, is_final, file }
    }
}

impl FileRead {
    pub(super) fn of(kind: SectionKind, seen: Seen, prints: Prints) -> Self {
        let named = named(kind, &seen.path, seen.stat.size);
        Self { seen, prints, named }
    }
}

/// What a file is by its path and size.
pub(super) fn named(kind: SectionKind, path: &[u8], size: u64) -> Named {
    let components = Path::new(OsStr::from_bytes(path)).components();
    let components: Vec<_> =
        components.map(|component| component.as_os_str().to_string_lossy().into_owned()).collect();
    butler_names::read_components(kind.names(), &components, size)
}

/// Where a file stands, and what its item shows beside its title: by its name and what its content says.
pub(super) fn placement(
    named: Named,
    says: Option<&Value>,
    root: RootId,
    path: &[u8],
    mtime_ns: i64,
) -> (Location, Details) {
    let Merged { named, details } = merge(named, says, mtime_ns);
    (Location::of(&named, root, path), details)
}

/// Gathers what a scan finds into plans.
#[derive(Debug, Default)]
pub(super) struct Planner {
    vanished: Vec<Known>,
    vanished_sources: HashSet<SourceId>,
    /// Parts outside of what the scan is about that are not where they were: they may have moved into it.
    gone_elsewhere: HashMap<PartId, Known>,
    /// New files whose content a part had that is not where it was: they may have moved.
    held: Vec<(SourceId, FileRead)>,
    next: Plan<FileRead>,
}

impl Planner {
    /// Begins with what is known before any file is read.
    pub(super) fn new(vanished: Vec<Known>, there: Vec<(Known, Stat)>) -> Self {
        Self {
            vanished_sources: vanished.iter().map(|known| known.source).collect(),
            vanished,
            next: Plan { there, ..Plan::default() },
            ..Self::default()
        }
    }

    /// Whether a new file may be one that moved: only what is not where it was can have.
    pub(super) fn awaits_moves(&self) -> bool {
        !self.vanished_sources.is_empty()
    }

    /// A part of a content outside of what the scan is about is not where it was.
    pub(super) fn gone_elsewhere(&mut self, known: Known) {
        self.vanished_sources.insert(known.source);
        self.gone_elsewhere.insert(known.part, known);
    }

    /// A known file was written since.
    pub(super) fn changed(&mut self, known: Known, file: FileRead) {
        self.next.changed.push((known, file));
    }

    /// A file is new at its place; its source, if its content is known and that was worth asking.
    pub(super) fn added(&mut self, file: FileRead, source: Option<SourceId>) {
        match source.filter(|source| self.vanished_sources.contains(source)) {
            Some(source) => self.held.push((source, file)),
            None => self.next.added.push(file),
        }
    }

    /// Whether there is enough for a plan.
    pub(super) fn is_full(&self) -> bool {
        self.next.len() >= BATCH
    }

    /// The plan of what can be done by now.
    pub(super) fn batch(&mut self) -> Plan<FileRead> {
        std::mem::take(&mut self.next)
    }

    /// The plan of what is known only when all was walked and read. What fails or is gone on a root that is
    /// away counts against no file.
    pub(super) fn end(self, away: &HashSet<RootId>, end: End) -> Plan<FileRead> {
        let Self { vanished, gone_elsewhere, held, next, .. } = self;
        let is_there = |known: &Known| !away.contains(&known.root);
        let (sources, files): (Vec<_>, Vec<_>) = held.into_iter().unzip();
        let gone: Vec<Known> = vanished.into_iter().filter(is_there).collect();
        let elsewhere = gone_elsewhere.into_values().filter(is_there);
        let mut all_gone: HashMap<PartId, Known> = elsewhere.map(|known| (known.part, known)).collect();
        all_gone.extend(gone.iter().map(|known| (known.part, known.clone())));
        let candidates: Vec<Known> = all_gone.values().cloned().collect();
        let parts: HashMap<usize, PartId> =
            moves(&candidates, &sources).into_iter().map(|(part, file)| (file, part)).collect();
        let moved: HashSet<PartId> = parts.values().copied().collect();
        let mut plan = Plan { end: Some(end), ..next };
        plan.gone.extend(gone.into_iter().filter(|known| !known.missing && !moved.contains(&known.part)));
        for (index, file) in files.into_iter().enumerate() {
            match parts.get(&index).and_then(|part| all_gone.remove(part)) {
                Some(known) => plan.moved.push((known, file)),
                None => plan.added.push(file),
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: RootId = RootId(1);

    fn stat() -> Stat {
        Stat { size: 10, mtime_ns: 1, inode: 5, dev: 1 }
    }

    fn known(part: i64, source: i64) -> Known {
        let path = format!("old {part}.mkv").into_bytes();
        Known { part: PartId(part), root: ROOT, path, stat: stat(), source: SourceId(source), missing: false }
    }

    fn file(name: &str) -> FileRead {
        let seen = Seen { root: ROOT, path: name.into(), stat: stat(), medium: Medium::Video };
        let prints = Prints { sampled: [0; 32], deep: [0; 32], tagged: None, size: 10 };
        FileRead::of(SectionKind::Movie, seen, prints)
    }

    fn end(planner: Planner, away: &[RootId]) -> Plan<FileRead> {
        let end = End {
            failures: Vec::new(),
            walked: HashMap::new(),
            all_roots_there: away.is_empty(),
            is_partial: false,
            run: None,
        };
        planner.end(&away.iter().copied().collect(), end)
    }

    fn name(file: &FileRead) -> String {
        String::from_utf8_lossy(&file.seen.path).into_owned()
    }

    /// Moved as `part name`, added, gone.
    fn summary(plan: &Plan<FileRead>) -> (Vec<String>, Vec<String>, Vec<i64>) {
        (
            plan.moved.iter().map(|(known, file)| format!("{} {}", known.part, name(file))).collect(),
            plan.added.iter().map(name).collect(),
            plan.gone.iter().map(|known| known.part.0).collect(),
        )
    }

    #[test]
    fn a_new_file_with_the_content_of_a_vanished_part_waits_for_the_end_and_is_its_move() {
        let mut planner = Planner::new(vec![known(1, 7), known(2, 8)], Vec::new());
        assert!(planner.awaits_moves());
        planner.added(file("elsewhere.mkv"), Some(SourceId(7)));
        planner.added(file("new.mkv"), Some(SourceId(9)));
        planner.added(file("unknown.mkv"), None);
        let (_, added, _) = summary(&planner.batch());
        assert_eq!(added, ["new.mkv", "unknown.mkv"]);
        let plan = end(planner, &[]);
        assert_eq!(summary(&plan), (vec!["1 elsewhere.mkv".to_owned()], vec![], vec![2]));
    }

    #[test]
    fn of_two_files_with_the_content_none_is_the_move() {
        let mut planner = Planner::new(vec![known(1, 7)], Vec::new());
        planner.added(file("a.mkv"), Some(SourceId(7)));
        planner.added(file("b.mkv"), Some(SourceId(7)));
        assert!(planner.batch().is_quiet());
        let plan = end(planner, &[]);
        assert_eq!(summary(&plan), (vec![], vec!["a.mkv".to_owned(), "b.mkv".to_owned()], vec![1]));
    }

    #[test]
    fn nothing_is_gone_from_a_root_that_is_away_and_nothing_moved_from_there() {
        let mut planner = Planner::new(vec![known(1, 7)], Vec::new());
        planner.gone_elsewhere(known(3, 8));
        planner.added(file("a.mkv"), Some(SourceId(7)));
        planner.added(file("b.mkv"), Some(SourceId(8)));
        let plan = end(planner, &[ROOT]);
        assert_eq!(summary(&plan), (vec![], vec!["a.mkv".to_owned(), "b.mkv".to_owned()], vec![]));
    }

    #[test]
    fn what_is_gone_outside_of_a_partial_scan_moves_and_is_not_missing_by_it() {
        let mut planner = Planner::new(Vec::new(), Vec::new());
        assert!(!planner.awaits_moves());
        planner.gone_elsewhere(known(3, 8));
        planner.gone_elsewhere(known(4, 9));
        planner.added(file("b.mkv"), Some(SourceId(8)));
        let plan = end(planner, &[]);
        assert_eq!(summary(&plan), (vec!["3 b.mkv".to_owned()], vec![], vec![]));
    }

    #[test]
    fn plans_are_bounded_while_files_are_read() {
        let mut planner = Planner::new(Vec::new(), vec![(known(1, 1), stat())]);
        (2..BATCH).for_each(|_| planner.added(file("a.mkv"), None));
        assert!(!planner.is_full());
        planner.changed(known(2, 2), file("b.mkv"));
        assert!(planner.is_full());
        let plan = planner.batch();
        assert_eq!((plan.there.len(), plan.added.len(), plan.changed.len()), (1, BATCH - 2, 1));
        assert!(planner.batch().is_quiet());
    }

    #[test]
    fn a_track_is_placed_by_its_name_until_its_tags_are_known() {
        let track = |name: &str| {
            let seen = Seen { root: ROOT, path: name.into(), stat: stat(), medium: Medium::Audio };
            let prints = Prints { sampled: [0; 32], deep: [0; 32], tagged: None, size: 10 };
            FileRead::of(SectionKind::Artist, seen, prints)
        };
        let tags = butler_product::tags::Tags { album: Some("By Tags".into()), ..Default::default() };
        let plan =
            Plan { added: vec![track("A/One/01 Song.flac"), track("A/Two/02 Song.flac")], ..Plan::default() };
        let says =
            &mut |file: &FileRead| Ok(name(file).starts_with("A/Two").then(|| Value::from(tags.clone())));
        let placed = plan.placed(says).unwrap().added;
        let albums: Vec<_> = placed.iter().map(|placed| placed.location.steps[1].title.as_str()).collect();
        assert_eq!(albums, ["One", "By Tags"]);
        assert_eq!(placed.iter().map(|placed| placed.is_final).collect::<Vec<_>>(), [false, true]);
    }
}
