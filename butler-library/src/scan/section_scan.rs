//! One scan of one section, from the walk to the last plan: the part that touches folders, clock and
//! database. What it all means is decided by `compare` and `plan`, and carried out by `apply`; a dry run
//! keeps the plans instead ([`Sink`]).

mod read_pictures;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;

use super::ahead::{self, Ahead};
use super::apply::{Applied, begin_apply};
use super::compare::{Away, Compared, Comparison, Known};
use super::content::says;
use super::extent::Extent;
use super::ignore::Why;
use super::known;
use super::plan::{End, FileRead, Placed, Plan, Planner};
use super::read::{self, Reading};
use super::settle::{PATIENCE, Watch};
use super::walk::{RootState, Seen, SeenPicture, Unsure, Walk, Walked, walk};
use super::{LeftAlone, RootReport, ScanError, ScanObserver, ScanPhase, ScanProgress, ScanReport, ScanWorld};
use crate::db::Pending;
use crate::fingerprint::Prints;
use crate::store::failures::ScanFailure;
use crate::store::path_from_bytes;
use crate::store::sources;
use crate::{CallError, Library, RootId, Section, SourceId, StoreError};

/// So many files that are still being written a report names.
const MOST_UNSETTLED_NAMED: usize = 10;

/// Where the plans of a scan go.
pub(super) enum Sink<'a> {
    /// They are carried out.
    Library,
    /// They are kept to be shown, and nothing is waited for.
    Shown(&'a mut Vec<Plan<Placed>>),
}

pub(super) fn run(
    library: &Library,
    section: &Section,
    paths: Option<&[PathBuf]>,
    world: &ScanWorld<'_>,
    observer: &mut dyn ScanObserver,
    sink: Sink<'_>,
) -> Result<ScanReport, ScanError> {
    let mut scan = Scan::new(library, section, paths, world, observer, sink);
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
    let is_read = scan.read_all(compared)?;
    scan.flush()?;
    scan.await_plan()?;
    if !is_read {
        return Ok(scan.stop());
    }
    let pictures = scan.read_pictures()?;
    if scan.report.stopped {
        return Ok(scan.stop());
    }
    scan.end()?;
    scan.keep_pictures(pictures)?;
    Ok(scan.report)
}

/// A file that is to be read, and the part as which it is already known.
#[derive(Clone)]
struct ToRead {
    part: Option<Known>,
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
    /// Of each root that was read the pictures beside the media, and what could not be looked at.
    pictures: Vec<(RootId, Vec<SeenPicture>, Vec<Unsure>)>,
    planner: Planner,
    /// The plan that is being carried out while the next one is made.
    in_flight: Option<Pending<Applied, StoreError>>,
    sink: Sink<'a>,
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
        sink: Sink<'a>,
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
            pictures: Vec::new(),
            planner: Planner::default(),
            in_flight: None,
            sink,
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
            let mut walked = walked.ok()?;
            self.report.folders += walked.folders;
            self.report.seen += walked.seen.len() as u64;
            self.progress.seen = self.report.seen;
            if let RootState::Read { identity, .. } = walked.state {
                self.walked.insert(root.id, identity);
                self.pictures.push((root.id, std::mem::take(&mut walked.pictures), walked.unsure.clone()));
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
        let there = compared.back.drain(..).chain(compared.renumbered.drain(..));
        let there = there.map(|(known, seen)| (known, seen.stat)).collect();
        self.planner = Planner::new(std::mem::take(&mut compared.vanished), there);
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
        let Compared { added, changed, .. } = compared;
        let changed = changed.into_iter().map(|(known, seen)| ToRead { part: Some(known), seen });
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
                let _moves = watch.look(stat, now);
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

    /// Waits for young files to stand still, for a minute at most, and for those that grow only if the
    /// observer does; false if it was stopped.
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
            let patience = if matches!(self.sink, Sink::Library) { PATIENCE } else { SignedDuration::ZERO };
            if now.duration_since(began) >= patience {
                young.iter().for_each(|(file, _)| self.leave_unsettled(file));
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
                    if watch.look(stat, (self.world.now)()) && !self.observer.waits_for_growing() {
                        self.leave_unsettled(&file);
                    } else {
                        still.push((file, watch));
                    }
                }
                other => self.not_read(&file, other),
            }
        }
        still
    }

    fn leave_unsettled(&mut self, file: &ToRead) {
        self.report.unsettled += 1;
        if self.report.unsettled_files.len() < MOST_UNSETTLED_NAMED {
            self.report.unsettled_files.push(path_from_bytes(&file.seen.path));
        }
    }

    fn found(&mut self, ToRead { part, seen }: ToRead, prints: Prints) -> Result<(), ScanError> {
        let file = FileRead::of(self.section.kind, seen, prints);
        match part {
            Some(known) => self.planner.changed(known, file),
            None if !self.planner.awaits_moves() && !self.is_partial => self.planner.added(file, None),
            None => {
                self.await_plan()?;
                let source = self.library.db().read(|tx| sources::find(tx, &prints))?;
                if let Some(source) = source.filter(|_| self.is_partial) {
                    self.look_elsewhere(source)?;
                }
                self.planner.added(file, source);
            }
        }
        if self.planner.is_full() { self.flush() } else { Ok(()) }
    }

    /// Looks for parts of a content outside of what the scan is about: those that are not there any more may
    /// have moved here.
    fn look_elsewhere(&mut self, source: SourceId) -> Result<(), ScanError> {
        let section = self.section.id;
        for known in self.library.db().read(|tx| known::parts_of(tx, section, source))? {
            let is_inside = self.extents.get(&known.root).is_some_and(|extent| extent.holds(&known.path));
            if !is_inside && (known.missing || self.is_gone(&known)) {
                self.planner.gone_elsewhere(known);
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

    /// Hands on what can be done by now.
    fn flush(&mut self) -> Result<(), ScanError> {
        let plan = self.planner.batch();
        if plan.is_quiet() { Ok(()) } else { self.hand_on(plan) }
    }

    fn hand_on(&mut self, plan: Plan<FileRead>) -> Result<(), ScanError> {
        self.report.added += plan.added.len() as u64;
        self.report.changed += plan.changed.len() as u64;
        self.report.moved += plan.moved.len() as u64;
        self.report.missing += plan.gone.len() as u64;
        match &mut self.sink {
            Sink::Library => {
                self.await_plan()?;
                self.in_flight = Some(begin_apply(self.library, self.section.id, plan, (self.world.now)()));
            }
            Sink::Shown(plans) => {
                plans.push(self.library.db().read(|tx| plan.placed(&mut |file| says(tx, file)))?);
            }
        }
        Ok(())
    }

    /// Waits until the plan that was handed on last is carried out.
    fn await_plan(&mut self) -> Result<(), ScanError> {
        if let Some(plan) = self.in_flight.take() {
            self.report.doubled += plan.wait().map_err(|error| self.fail(error))?.doubled;
        }
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
        self.report.failures.retain(|failure| !self.away.contains(&failure.root));
        let walked = self.extents.drain();
        let walked =
            walked.filter(|(root, _)| self.walked.contains_key(root) && !self.away.contains(root)).collect();
        let end = End {
            failures: self.report.failures.clone(),
            walked,
            all_roots_there: self.report.roots_away.is_empty(),
            is_partial: self.is_partial,
            run: self.world.run,
        };
        let plan = std::mem::take(&mut self.planner).end(&self.away, end);
        self.hand_on(plan)?;
        self.await_plan()
    }

    /// A section that was removed while it was scanned is told apart from a database that fails.
    fn fail(&self, error: StoreError) -> ScanError {
        match self.library.section(self.section.id) {
            Ok(None) => ScanError::UnknownSection(self.section.id),
            _ => error.into(),
        }
    }
}
