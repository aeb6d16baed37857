//! One scan of one section, from the walk to the last transaction.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ahead::{self, Ahead};
use super::apply::{self, Change, Ending, Placed};
use super::compare::{Away, Compared, Comparison, Known, moves};
use super::extent::Extent;
use super::ignore::Why;
use super::read::{self, Reading};
use super::settle::{PATIENCE, Watch};
use super::walk::{RootState, Seen, Walk, Walked, walk};
use super::{LeftAlone, RootReport, ScanError, ScanObserver, ScanPhase, ScanProgress, ScanReport, ScanWorld};
use crate::store::failures::ScanFailure;
use crate::store::path_from_bytes;
use crate::{CallError, Library, PartId, RootId, Section, SectionId, SourceId, StoreError};

/// So many changes go into one transaction.
const BATCH: usize = 500;

pub(super) fn run(
    library: &Library,
    section: SectionId,
    paths: Option<&[PathBuf]>,
    world: &ScanWorld<'_>,
    observer: &mut dyn ScanObserver,
) -> Result<ScanReport, ScanError> {
    let section = library.section(section)?.ok_or(ScanError::UnknownSection(section))?;
    let mut scan = Scan::new(library, &section, paths, world, observer);
    let extents = scan.is_partial.then(|| scan.extents.clone());
    let (walked, ahead) = std::thread::scope(|threads| {
        let read = || Ahead::read(library, section.id, extents.as_ref(), ahead::MOST);
        let ahead = std::thread::Builder::new().name("known parts".to_owned()).spawn_scoped(threads, read);
        (scan.walk(), ahead.ok().and_then(|thread| thread.join().ok()))
    });
    let Some(walked) = walked else { return Ok(scan.stop()) };
    let mut comparison = Comparison::new(walked);
    // Without a thread for it, all of it is read now.
    ahead.unwrap_or_else(|| Ok(Ahead::default()))?.tell(
        library,
        section.id,
        extents.as_ref(),
        &mut |known| comparison.known(known),
    )?;
    let compared = scan.compared(comparison.end());
    if !scan.read_all(compared)? {
        scan.flush()?;
        return Ok(scan.stop());
    }
    scan.end()?;
    Ok(scan.report)
}

/// A file that is to be read, and the part it is already known as.
#[derive(Clone)]
struct ToRead {
    part: Option<PartId>,
    seen: Seen,
}

struct Scan<'a> {
    library: &'a Library,
    section: &'a Section,
    world: &'a ScanWorld<'a>,
    observer: &'a mut dyn ScanObserver,
    roots: HashMap<RootId, PathBuf>,
    /// Whether it is about some paths of the section only.
    is_partial: bool,
    /// What of each root it is about; roots that it is not about are left out.
    extents: HashMap<RootId, Arc<Extent>>,
    /// The roots that were read, with their folders' identities.
    walked: HashMap<RootId, (u64, u64)>,
    away: HashSet<RootId>,
    vanished: Vec<Known>,
    vanished_sources: HashSet<SourceId>,
    /// Parts outside of what the scan is about that are not where they were: they may have moved into it.
    gone_elsewhere: HashMap<PartId, Known>,
    /// New files whose content a vanished part had: they may have moved.
    held: Vec<(SourceId, Placed)>,
    batch: Vec<Change>,
    report: ScanReport,
    progress: ScanProgress,
}

impl<'a> Scan<'a> {
    fn new(
        library: &'a Library,
        section: &'a Section,
        paths: Option<&[PathBuf]>,
        world: &'a ScanWorld<'a>,
        observer: &'a mut dyn ScanObserver,
    ) -> Self {
        let of = |root: &Path| paths.map_or(Some(Extent::Whole), |paths| Extent::of(root, paths));
        let extents =
            section.roots.iter().filter_map(|root| Some((root.id, Arc::new(of(&root.path)?)))).collect();
        Self {
            library,
            section,
            world,
            observer,
            roots: section.roots.iter().map(|root| (root.id, root.path.clone())).collect(),
            is_partial: paths.is_some(),
            extents,
            walked: HashMap::new(),
            away: HashSet::new(),
            vanished: Vec::new(),
            vanished_sources: HashSet::new(),
            gone_elsewhere: HashMap::new(),
            held: Vec::new(),
            batch: Vec::new(),
            report: ScanReport::default(),
            progress: ScanProgress { phase: ScanPhase::Walking, seen: 0, read: 0, to_read: 0, settling: 0 },
        }
    }

    fn stop(self) -> ScanReport {
        ScanReport { stopped: true, ..self.report }
    }

    fn tell(&mut self, phase: ScanPhase) {
        self.progress.phase = phase;
        self.observer.progress(self.progress);
    }

    /// Walks each root; none if it was stopped.
    fn walk(&mut self) -> Option<Vec<Walked>> {
        let mut all = Vec::new();
        let borders = self.library.borders();
        for root in &self.section.roots {
            let Some(extent) = self.extents.get(&root.id) else { continue };
            let before = self.report.seen;
            let (observer, progress) = (&mut *self.observer, &mut self.progress);
            let threads = self.world.root_threads;
            let kind = self.section.kind;
            let (folder, borders) = (&root.path, &borders);
            let how = Walk { threads, root: root.id, folder, kind, extent, tell_ignored: false, borders };
            let walked = walk(&how, &mut |seen| {
                progress.seen = before + seen;
                observer.progress(*progress);
                observer.should_stop()
            });
            let walked = walked.ok()?;
            self.report.folders += walked.folders;
            self.report.seen += walked.seen.len() as u64;
            self.progress.seen = self.report.seen;
            if let RootState::Read { identity, .. } = walked.state {
                self.walked.insert(root.id, identity);
            }
            let outside = walked.ignored.iter().filter(|ignored| matches!(ignored.why, Why::Outside(_)));
            self.report.left_alone.extend(outside.map(|ignored| LeftAlone {
                path: root.path.join(path_from_bytes(&ignored.path)),
                sentence: ignored.why.sentence(),
            }));
            for unsure in &walked.unsure {
                if let Some(sentence) = &unsure.sentence {
                    self.report.failures.push(ScanFailure {
                        root: root.id,
                        path: path_from_bytes(&unsure.path),
                        sentence: sentence.clone(),
                    });
                }
            }
            all.push(walked);
        }
        Some(all)
    }

    /// Keeps what concerns more than one file.
    fn compared(&mut self, mut compared: Compared) -> Compared {
        for (root, why) in std::mem::take(&mut compared.away) {
            self.root_away(root, &why);
        }
        self.report.unchanged = compared.unchanged;
        self.report.back = compared.back.len() as u64;
        self.vanished = std::mem::take(&mut compared.vanished);
        self.vanished_sources = self.vanished.iter().map(|known| known.source).collect();
        compared
    }

    fn root_away(&mut self, root: RootId, why: &Away) {
        // A disk below the root is away: the root's other files are judged all the same.
        let is_whole = !matches!(why, Away::Disk);
        if is_whole && !self.away.insert(root) {
            return;
        }
        let path = self.roots.get(&root).cloned().unwrap_or_default();
        let shown = path.display();
        let sentence = match why {
            Away::Gone(sentence) => sentence.clone(),
            Away::Empty => {
                format!("The folder {shown} was full and is empty now; if its disk is not mounted, mount it.")
            }
            Away::Disk => format!("A disk below {shown} that held files is not there; mount it."),
        };
        self.report.roots_away.push(RootReport { path, sentence });
    }

    /// Reads all that is new or was written; false if it was stopped.
    fn read_all(&mut self, compared: Compared) -> Result<bool, ScanError> {
        let Compared { added, changed, back, renumbered, .. } = compared;
        self.batch.extend(
            back.into_iter().chain(renumbered).map(|(known, seen)| Change::There(known.part, seen.stat)),
        );
        let changed = changed.into_iter().map(|(known, seen)| ToRead { part: Some(known.part), seen });
        let to_read: Vec<_> =
            added.into_iter().map(|seen| ToRead { part: None, seen }).chain(changed).collect();
        self.progress.to_read = to_read.len() as u64;
        let now = (self.world.now)();
        let watched = to_read.into_iter().map(|file| (Watch::new(file.seen.stat, now), file));
        let (settled, young): (Vec<_>, Vec<_>) = watched.partition(|(watch, _)| watch.is_settled(now));
        let mut young: Vec<_> = young.into_iter().map(|(watch, file)| (file, watch)).collect();
        young.extend(self.read(settled.into_iter().map(|(_, file)| file).collect())?);
        if self.report.stopped { Ok(false) } else { self.settle(young) }
    }

    /// Reads files and takes in what they hold. Answers with those that are still being written.
    fn read(&mut self, files: Vec<ToRead>) -> Result<Vec<(ToRead, Watch)>, ScanError> {
        let mut moving = Vec::new();
        for files in files.chunk_by(|a, b| a.seen.root == b.seen.root) {
            let id = files[0].seen.root;
            let Some(root) = self.roots.get(&id).filter(|_| !self.away.contains(&id)).cloned() else {
                continue;
            };
            let paths: Vec<_> = files.iter().map(|file| file.seen.path.as_slice()).collect();
            let mut failed = None;
            let read = read::read_in_order(self.world, &root, &paths, &mut |read| {
                if let Some((index, reading)) = read {
                    match self.was_read(files[index].clone(), reading) {
                        Ok(file) => moving.extend(file),
                        Err(error) => failed = Some(error),
                    }
                }
                failed.is_none() && !self.observer.should_stop()
            });
            if let Some(error) = failed {
                return Err(error);
            }
            match read {
                Ok(()) => {}
                Err(CallError::Away(away)) => self.root_away(id, &Away::Gone(format!("{away}."))),
                Err(CallError::Stopped) => {
                    self.report.stopped = true;
                    break;
                }
            }
        }
        Ok(moving)
    }

    /// Takes in what reading a file gave. Answers with it if it is still being written.
    fn was_read(&mut self, mut file: ToRead, reading: Reading) -> Result<Option<(ToRead, Watch)>, ScanError> {
        match reading {
            Reading::Prints(prints, stat) => {
                file.seen.stat = stat;
                self.found(file, prints)?;
                self.progress.read += 1;
                self.tell(ScanPhase::Reading);
            }
            Reading::Moving(stat) => {
                let now = (self.world.now)();
                let mut watch = Watch::new(file.seen.stat, now);
                watch.look(stat, now);
                return Ok(Some((file, watch)));
            }
            other => self.not_read(&file, other),
        }
        Ok(None)
    }

    fn not_read(&mut self, file: &ToRead, why: Reading) {
        match why {
            Reading::Unreadable(sentence) => {
                let failure =
                    ScanFailure { root: file.seen.root, path: path_from_bytes(&file.seen.path), sentence };
                self.report.failures.push(failure);
            }
            Reading::Away(sentence) => self.root_away(file.seen.root, &Away::Gone(sentence)),
            Reading::Stopped => self.report.stopped = true,
            // What went away between walk and reading is for the next scan.
            Reading::Gone | Reading::Prints(..) | Reading::Moving(_) => {}
        }
    }

    /// Waits for young files to stand still, for a minute at most; false if it was stopped.
    fn settle(&mut self, mut young: Vec<(ToRead, Watch)>) -> Result<bool, ScanError> {
        let began = (self.world.now)();
        loop {
            let now = (self.world.now)();
            let (settled, waiting): (Vec<_>, Vec<_>) =
                young.into_iter().partition(|(_, watch)| watch.is_settled(now));
            young = waiting;
            let settled = settled
                .into_iter()
                .map(|(file, watch)| ToRead { seen: Seen { stat: watch.stat(), ..file.seen }, ..file });
            young.extend(self.read(settled.collect())?);
            if self.report.stopped || self.observer.should_stop() {
                return Ok(false);
            }
            self.progress.settling = young.len() as u64;
            let Some(wait) = young.iter().map(|(_, watch)| watch.wait(now)).min() else { return Ok(true) };
            if now.duration_since(began) >= PATIENCE {
                self.report.unsettled = young.len() as u64;
                return Ok(true);
            }
            // What is read already need not wait for what is not.
            self.flush()?;
            self.tell(ScanPhase::Settling);
            (self.world.settle)(wait);
            if self.observer.should_stop() {
                return Ok(false);
            }
            young = self.look_again(young);
            if self.report.stopped {
                return Ok(false);
            }
        }
    }

    fn look_again(&mut self, young: Vec<(ToRead, Watch)>) -> Vec<(ToRead, Watch)> {
        let mut still = Vec::new();
        for (file, mut watch) in young {
            let Some(root) = self.roots.get(&file.seen.root).filter(|_| !self.away.contains(&file.seen.root))
            else {
                continue;
            };
            match read::look(self.world, root, &file.seen.path, &mut || self.observer.should_stop()) {
                Reading::Moving(stat) => {
                    watch.look(stat, (self.world.now)());
                    still.push((file, watch));
                }
                other => self.not_read(&file, other),
            }
        }
        still
    }

    fn found(&mut self, file: ToRead, prints: crate::fingerprint::Prints) -> Result<(), ScanError> {
        let ToRead { part, seen } = file;
        let placed = self.place(seen, prints);
        match part {
            Some(part) => self.batch.push(Change::Changed(part, placed)),
            // Only what a vanished part held can have moved.
            None if self.vanished_sources.is_empty() && !self.is_partial => {
                self.batch.push(Change::Added(placed))
            }
            None => {
                let source = self.library.db().read(|tx| crate::store::sources::find(tx, &prints))?;
                if let Some(source) = source.filter(|_| self.is_partial) {
                    self.look_elsewhere(source)?;
                }
                match source.filter(|source| self.vanished_sources.contains(source)) {
                    Some(source) => self.held.push((source, placed)),
                    None => self.batch.push(Change::Added(placed)),
                }
            }
        }
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    /// Looks for parts of a content outside of what the scan is about: those that are not there any more may
    /// have moved here.
    fn look_elsewhere(&mut self, source: SourceId) -> Result<(), ScanError> {
        let section = self.section.id;
        for known in self.library.db().read(|tx| apply::parts_of(tx, section, source))? {
            let is_inside = self.extents.get(&known.root).is_some_and(|extent| extent.holds(&known.path));
            if !is_inside && (known.missing || self.is_gone(&known)) {
                self.vanished_sources.insert(source);
                self.gone_elsewhere.insert(known.part, known);
            }
        }
        Ok(())
    }

    /// Whether a file is not there any more, and the disk that it was on is.
    fn is_gone(&mut self, known: &Known) -> bool {
        let (Some(root), Some((disk, _))) = (self.roots.get(&known.root), self.walked.get(&known.root))
        else {
            return false;
        };
        let look = |observer: &mut dyn ScanObserver| {
            read::look(self.world, root, &known.path, &mut || observer.should_stop())
        };
        known.stat.dev == *disk && matches!(look(self.observer), Reading::Gone)
    }

    fn place(&self, seen: Seen, prints: crate::fingerprint::Prints) -> Placed {
        let path = Path::new(OsStr::from_bytes(&seen.path));
        let components: Vec<_> =
            path.components().map(|component| component.as_os_str().to_string_lossy().into_owned()).collect();
        let named = butler_names::read(self.section.kind.names(), &components, seen.stat.size);
        let Seen { root, path, stat, medium } = seen;
        Placed { root, path, stat, medium, prints, named }
    }

    fn flush(&mut self) -> Result<(), ScanError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let counts =
            apply::batch(self.library, self.section.id, std::mem::take(&mut self.batch), (self.world.now)())
                .map_err(|error| self.fail(error))?;
        self.report.added += counts.added;
        self.report.doubled += counts.doubled;
        self.report.changed += counts.changed;
        Ok(())
    }

    /// Moves, what is missing, and all that belongs to a whole scan.
    fn end(&mut self) -> Result<(), ScanError> {
        self.flush()?;
        self.tell(ScanPhase::Ending);
        // A disk that went away while it was walked must not look like a person who deleted files.
        for (root, identity) in self.walked.clone() {
            let path = self.roots.get(&root).cloned().unwrap_or_default();
            if !self.away.contains(&root) && !read::is_still_there(self.world, &path, identity) {
                let sentence =
                    format!("The folder {} went away during the scan; mount its disk again.", path.display());
                self.root_away(root, &Away::Gone(sentence));
            }
        }
        // What fails on a root that is away counts against no file.
        self.vanished.retain(|known| !self.away.contains(&known.root));
        self.report.failures.retain(|failure| !self.away.contains(&failure.root));
        let sources: Vec<_> = self.held.iter().map(|(source, _)| *source).collect();
        self.gone_elsewhere.retain(|_, known| !self.away.contains(&known.root));
        let all_gone: Vec<Known> =
            self.vanished.iter().chain(self.gone_elsewhere.values()).cloned().collect();
        let pairs: HashMap<usize, PartId> =
            moves(&all_gone, &sources).into_iter().map(|(part, file)| (file, part)).collect();
        let found = std::mem::take(&mut self.held);
        let (mut moved, mut added) = (Vec::new(), Vec::new());
        for (index, (_, placed)) in found.into_iter().enumerate() {
            match pairs.get(&index) {
                Some(part) => moved.push((*part, placed)),
                None => added.push(placed),
            }
        }
        let moved_parts: HashSet<PartId> = pairs.into_values().collect();
        let missing: Vec<_> = self
            .vanished
            .iter()
            .filter(|known| !known.missing && !moved_parts.contains(&known.part))
            .map(|known| known.part)
            .collect();
        self.report.moved = moved.len() as u64;
        self.report.missing = missing.len() as u64;
        let ending = Ending {
            moved,
            added,
            missing,
            failures: self.report.failures.clone(),
            walked: self
                .extents
                .drain()
                .filter(|(root, _)| self.walked.contains_key(root) && !self.away.contains(root))
                .collect(),
            all_roots_there: self.report.roots_away.is_empty(),
            is_partial: self.is_partial,
            run: self.world.run,
            now: (self.world.now)(),
        };
        let counts = apply::end(self.library, self.section.id, ending).map_err(|error| self.fail(error))?;
        self.report.added += counts.added;
        self.report.doubled += counts.doubled;
        Ok(())
    }

    /// A section that was removed while it was scanned is told apart from a database that fails.
    fn fail(&self, error: StoreError) -> ScanError {
        match self.library.section(self.section.id) {
            Ok(None) => ScanError::UnknownSection(self.section.id),
            _ => error.into(),
        }
    }
}
