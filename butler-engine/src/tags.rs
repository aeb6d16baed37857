//! Writes gains into the tags of music files, for sections that ask for it, and takes them back.
//!
//! The way of a file: it is opened on its root's thread; a worker, which can write nothing, answers which
//! bytes would change; the new file is written beside it and compared; the intent is kept; the file is
//! replaced; the journal and the file's part are settled. A dry run ends after the worker's answer. Nothing
//! is ever written of a section that does not ask for it, or asks no more. Start with [`TagWriter::step`].

mod ask;
mod retagger;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use butler_library::{
    Draft, Intent, ItemId, Library, NotReplaced, OpenTrack, PartId, Replaced, SectionId, SectionKind,
    SourceId, StoreError, Verdict, WrittenTags, verdicts,
};
use butler_product::gain_tags::{Retag, Retagged};
use butler_tasks::settings::SectionSwitch;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::door::surroundings::EngineSettings;
use crate::run::brake::Brake;
use ask::left;
pub use ask::{Became, FileTags, TagsAsk, TagsError, TagsStep, TagsTally, TagsWay};
pub use retagger::Retagger;

/// Albums, or files that are taken back, that are looked up at a time.
const BATCH: u32 = 32;
/// After so long a step ends with the album or file in hand, so that others have their turn.
const STEP: Duration = Duration::from_secs(8);
/// By how much later than before a file says that it was written: programs that go by times and sizes see
/// that it changed, and lists by date stay as they are.
const LATER_NS: i64 = 1_000_000_000;

/// Writes tags: one file at a time, whoever asks for it.
#[derive(Debug)]
pub struct TagWriter {
    library: Library,
    worker: Mutex<Retagger>,
}

/// A file that is to be retagged.
struct Job {
    section: SectionId,
    part: PartId,
    source: SourceId,
    root_path: PathBuf,
    path: PathBuf,
    retag: Retag,
    /// How the last scan saw it: bytes, and when it was written last.
    seen: Option<(u64, i64)>,
    /// What it was before Butler wrote it, if that is to be taken back.
    undo: Option<WrittenTags>,
}

/// When a step ends.
struct StepTime<'a> {
    until: Instant,
    go_on: &'a dyn Fn() -> bool,
}

impl StepTime<'_> {
    fn is_stopped(&self) -> bool {
        !(self.go_on)()
    }

    fn is_over(&self) -> bool {
        self.is_stopped() || Instant::now() >= self.until
    }
}

impl TagWriter {
    /// A writer for a library, with workers of the engine's executable.
    pub(crate) fn new(library: &Library, settings: &EngineSettings) -> Self {
        let worker = Retagger::patient(settings.worker_program.clone(), settings.patience);
        Self { library: library.clone(), worker: Mutex::new(worker) }
    }

    /// Has what a crash left settled, on a thread of its own.
    pub(crate) fn begin(self: &Arc<Self>, clock: Clock) -> std::io::Result<()> {
        let own = Arc::clone(self);
        std::thread::Builder::new().name("gain tags".to_owned()).spawn(move || {
            let _turn = own.turn();
            match own.library.recover_gain_tags(clock.now()) {
                Ok(0) => {}
                Ok(settled) => tracing::info!(settled, "replacements of music files were settled"),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "replacements of music files could not be settled");
                }
            }
        })?;
        Ok(())
    }

    fn turn(&self) -> MutexGuard<'_, Retagger> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was measured in all sections that ask for it, or in one of them, until all is written or a
    /// run's brake stops it.
    pub(crate) fn write_where_asked(
        &self,
        section: Option<SectionId>,
        switch: &'static SectionSwitch,
        now: &dyn Fn() -> Timestamp,
        brake: &Brake,
    ) -> Result<TagsTally, StoreError> {
        let mut tally = TagsTally::default();
        let sections = self.library.sections()?.into_iter().map(|section| section.id);
        for section in sections.filter(|id| section.is_none_or(|only| only == *id)) {
            let mut after = Some(0);
            while let Some(from) = after.filter(|_| !brake.step()) {
                let ask = TagsAsk { section, way: TagsWay::Write, is_dry: false, after: from };
                let step = match self.step(ask, switch, now, &|| brake.is_let_go()) {
                    Ok(step) => step,
                    // It may have been switched off, or removed, since the run began.
                    Err(TagsError::Store(error)) => return Err(error),
                    Err(_) => break,
                };
                for file in &step.files {
                    match &file.became {
                        Became::Left(why) => {
                            tracing::info!(file = %file.path.display(), why, "its gain tags were left alone");
                            tally.left += 1;
                        }
                        _ => tally.written += 1,
                    }
                }
                after = step.next;
            }
        }
        Ok(tally)
    }

    /// Does the next step of what is asked: as many files as some seconds allow, and none more once `go_on`
    /// says no. Blocks. `switch` is the section's setting without which nothing is written.
    ///
    /// # Errors
    /// If the section is none of music or does not ask for it, or the database fails.
    pub fn step(
        &self,
        ask: TagsAsk,
        switch: &'static SectionSwitch,
        now: &dyn Fn() -> Timestamp,
        go_on: &dyn Fn() -> bool,
    ) -> Result<TagsStep, TagsError> {
        let mut worker = self.turn();
        let time = StepTime { until: Instant::now() + STEP, go_on };
        let step = match ask.way {
            TagsWay::Write => {
                self.asks_for_it(ask.section, switch)?;
                self.library.recover_gain_tags(now())?;
                self.write(ask, &mut worker, now, &time)?
            }
            TagsWay::Undo => {
                self.library.recover_gain_tags(now())?;
                self.undo(ask, &mut worker, now, &time)?
            }
        };
        worker.rest();
        Ok(step)
    }

    fn asks_for_it(&self, section: SectionId, switch: &'static SectionSwitch) -> Result<(), TagsError> {
        let kind = self.library.section(section)?.ok_or(TagsError::NoSection(section))?.kind;
        if kind != SectionKind::Artist {
            return Err(TagsError::NoMusic(section));
        }
        if switch.is_on(&self.library.section_switches(section)?) {
            return Ok(());
        }
        Err(TagsError::SwitchedOff { section, switch: switch.id })
    }

    fn write(
        &self,
        ask: TagsAsk,
        worker: &mut Retagger,
        now: &dyn Fn() -> Timestamp,
        time: &StepTime<'_>,
    ) -> Result<TagsStep, TagsError> {
        let (mut step, mut after) = (TagsStep::default(), ask.after);
        loop {
            let albums = self.library.albums_with_files(ask.section, Some(ItemId(after)), BATCH)?;
            if albums.is_empty() {
                return Ok(step);
            }
            for album in albums {
                let (mut own, mut wrote) = (TagsStep::default(), false);
                for (file, verdict) in album.files.iter().zip(verdicts(&album)) {
                    let gains = match verdict {
                        Verdict::Write(gains) => gains,
                        Verdict::Same => {
                            own.same += 1;
                            continue;
                        }
                        Verdict::Leave(why) => {
                            own.files.push(left(&file.path, why.sentence()));
                            continue;
                        }
                    };
                    let job = Job {
                        section: ask.section,
                        part: file.part,
                        source: file.source,
                        root_path: file.root_path.clone(),
                        path: file.path.clone(),
                        retag: Retag::Gains(gains),
                        seen: Some((file.size, file.mtime_ns)),
                        undo: None,
                    };
                    // Within an album a step ends only where the next one finds something done; what else is
                    // to be told of the album is told then.
                    if time.is_stopped() || (wrote && time.is_over()) {
                        own.files.retain(|file| file.became == Became::Written);
                        step.files.append(&mut own.files);
                        return Ok(TagsStep { next: Some(after), ..step });
                    }
                    let file = self.retag(worker, &job, ask.is_dry, now)?;
                    wrote |= file.became == Became::Written;
                    own.add(file);
                }
                step.same += own.same;
                step.files.append(&mut own.files);
                after = album.album.0;
                if time.is_over() {
                    return Ok(TagsStep { next: Some(after), ..step });
                }
            }
        }
    }

    fn undo(
        &self,
        ask: TagsAsk,
        worker: &mut Retagger,
        now: &dyn Fn() -> Timestamp,
        time: &StepTime<'_>,
    ) -> Result<TagsStep, TagsError> {
        let (mut step, mut after) = (TagsStep::default(), ask.after);
        loop {
            let written = self.library.written_gain_tags(ask.section, after, BATCH)?.rows;
            if written.is_empty() {
                return Ok(step);
            }
            for row in written {
                let id = row.id;
                let job = Job {
                    section: ask.section,
                    part: row.part,
                    source: row.source,
                    root_path: row.root_path.clone(),
                    path: row.path.clone(),
                    retag: Retag::Exactly(row.old.clone()),
                    seen: None,
                    undo: Some(row),
                };
                step.add(self.retag(worker, &job, ask.is_dry, now)?);
                after = id;
                if time.is_over() {
                    return Ok(TagsStep { next: Some(after), ..step });
                }
            }
        }
    }

    fn retag(
        &self,
        worker: &mut Retagger,
        job: &Job,
        is_dry: bool,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<FileTags, StoreError> {
        let (track, change) = match self.look(worker, job) {
            Ok(found) => found,
            Err(why) => return Ok(left(&job.path, why.sentence())),
        };
        let outcome = |became| FileTags {
            path: job.path.clone(),
            old: change.old.clone(),
            new: change.new.clone(),
            became,
        };
        if let Some(written) = &job.undo {
            if change.old == written.old {
                if !is_dry {
                    self.library.forget_gain_tags(written.id)?;
                }
                return Ok(outcome(Became::Same));
            }
            if change.old != written.new {
                let why = "Its gain tags were changed since Butler wrote them; what it was before is kept.";
                return Ok(outcome(Became::Left(why.to_owned())));
            }
        }
        if change.edits.is_empty() {
            return Ok(outcome(Became::Same));
        }
        if is_dry {
            return Ok(outcome(Became::WouldBe));
        }
        Ok(match self.carry_out(job, &track, &change, now)? {
            Ok(()) => outcome(Became::Written),
            Err(why) => outcome(Became::Left(why.sentence())),
        })
    }

    /// Opens a file and asks what is to be changed in it.
    fn look(&self, worker: &mut Retagger, job: &Job) -> Result<(Arc<OpenTrack>, Box<Retagged>), NotReplaced> {
        let (path, borders) = (job.path.clone(), self.library.borders());
        let track = self.at_root(&job.root_path, move |_| {
            let track = OpenTrack::open(&path, Some(&borders))?;
            track.may_be_replaced()?;
            Ok(track)
        })?;
        if job.seen.is_some_and(|seen| seen != (track.size(), track.mtime_ns())) {
            return Err(NotReplaced::Changed);
        }
        let change = worker.change(&track, job.retag.clone())?;
        Ok((Arc::new(track), change))
    }

    /// Replaces a file: the intent first, the journal after it.
    fn carry_out(
        &self,
        job: &Job,
        track: &Arc<OpenTrack>,
        change: &Retagged,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<Result<(), NotReplaced>, StoreError> {
        let intent = Intent {
            section: job.section,
            part: job.part,
            source: job.source,
            root_path: job.root_path.clone(),
            path: job.path.clone(),
            old: change.old.clone(),
            new: change.new.clone(),
            old_mtime_ns: track.mtime_ns(),
            is_undo: job.undo.is_some(),
        };
        self.library.intend_gain_tags(intent, track)?;
        let replaced = match self.prepare(job, track, change) {
            Ok(draft) => {
                self.library.name_gain_tags_draft(&job.path, &draft)?;
                self.replace(job, track, draft)
            }
            Err(why) => Err(why),
        };
        match replaced {
            Ok(replaced) => {
                self.library.settle_gain_tags(&job.path, Some(replaced), now())?;
                Ok(Ok(()))
            }
            // Whether it was replaced shows once the folder answers again.
            Err(NotReplaced::Away) => Ok(Err(NotReplaced::Away)),
            Err(why) => {
                self.library.settle_gain_tags(&job.path, None, now())?;
                Ok(Err(why))
            }
        }
    }

    fn prepare(&self, job: &Job, track: &Arc<OpenTrack>, change: &Retagged) -> Result<Draft, NotReplaced> {
        let (own, edits) = (Arc::clone(track), change.edits.clone());
        let mtime_ns =
            job.undo.as_ref().map_or(track.mtime_ns().saturating_add(LATER_NS), |row| row.old_mtime_ns);
        self.at_root(&job.root_path, move |beat| own.prepare(&edits, mtime_ns, beat))
    }

    fn replace(&self, job: &Job, track: &Arc<OpenTrack>, draft: Draft) -> Result<Replaced, NotReplaced> {
        let own = Arc::clone(track);
        self.at_root(&job.root_path, move |_| own.replace(draft))
    }

    /// Does something on the thread of a section's folder.
    fn at_root<T: Send + 'static>(
        &self,
        root: &Path,
        work: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T, NotReplaced> + Send + 'static,
    ) -> Result<T, NotReplaced> {
        let done = self.library.root_threads().call(root, move |beat| work(&mut || beat.tap()));
        done.unwrap_or(Err(NotReplaced::Away))
    }
}
