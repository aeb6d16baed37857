//! Writes gains into the tags of music files, for sections that ask for it, and takes them back.
//!
//! The way of a file: it is opened on its root's thread; a worker, which can write nothing, answers which
//! bytes would change; the new file is written beside it and compared; the intent is kept; the file is
//! replaced; the journal and the file's part are settled. A dry run ends after the worker's answer. Nothing
//! is ever written of a section that does not ask for it, or asks no more. Start with [`TagWriter::step`].

mod ask;
mod retagger;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use butler_library::{
    Draft, FilePlace, Intent, ItemId, Library, NotReplaced, OpenTrack, PartId, SectionId, SectionKind,
    SourceId, StoreError, Verdict, WrittenTags, verdicts,
};
use butler_product::gain_tags::{Retag, Retagged, tell_the_same};
use butler_tasks::settings::SectionSwitch;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::door::surroundings::EngineSettings;
use crate::run::brake::Brake;
use ask::left;
pub use ask::{Became, FileTags, TagsAsk, TagsError, TagsStep, TagsTally, TagsWay};
pub use retagger::{Asked, Retagger, Seen};

/// Albums, or files that are taken back, that are looked up at a time.
const BATCH: u32 = 32;
/// After so long a step ends with the album or file in hand, so that others have their turn.
const STEP: Duration = Duration::from_secs(8);
/// By how much later than before a file says that it was written: programs that go by times and sizes see
/// that it changed, and lists by date stay as they are.
const LATER_NS: i64 = 1_000_000_000;

/// What is said of a file that is not taken back.
const CHANGED_SINCE: &str = "Its gain tags were changed since Butler wrote them; what it was before is kept.";

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
    place: FilePlace,
    retag: Retag,
    /// How the last scan saw it.
    seen: Option<Seen>,
    /// What it was before Butler wrote it, if that is to be taken back.
    undo: Option<WrittenTags>,
}

impl Job {
    fn undo(place: FilePlace, row: WrittenTags) -> Self {
        Self {
            section: row.section,
            part: row.part,
            source: row.source,
            place,
            retag: Retag::Exactly(row.old.clone()),
            seen: None,
            undo: Some(row),
        }
    }

    fn outcome(&self, found: &Found, became: Became) -> FileTags {
        let (path, bytes) = (self.place.path.clone(), found.track.size());
        FileTags { path, bytes, old: found.change.old.clone(), new: found.change.new.clone(), became }
    }
}

/// A file as it was found, and what is to be changed in it.
struct Found {
    track: Arc<OpenTrack>,
    content: [u8; 32],
    change: Box<Retagged>,
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
        if ask.way == TagsWay::Write {
            self.asks_for_it(ask.section, switch)?;
        }
        if ask.after == 0 {
            self.library.recover_gain_tags(now())?;
        }
        let step = match ask.way {
            TagsWay::Write => self.write(ask, &mut worker, now, &time)?,
            TagsWay::Undo => self.undo(ask, &mut worker, now, &time)?,
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
                        place: FilePlace { root_path: file.root_path.clone(), path: file.path.clone() },
                        retag: Retag::Gains(gains),
                        seen: Some(Seen { size: file.size, mtime_ns: file.mtime_ns }),
                        undo: None,
                    };
                    // Within an album a step ends only where the next one finds something done; what else is
                    // to be told of the album is told then.
                    if time.is_stopped() || (wrote && time.is_over()) {
                        own.files.retain(|file| file.became == Became::Written);
                        step.files.append(&mut own.files);
                        return Ok(TagsStep { next: Some(after), ..step });
                    }
                    let file = match self.look(worker, &job) {
                        Ok(found) => self.retag(worker, &job, found, ask.is_dry, now)?,
                        Err(why) => left(&file.path, why.sentence()),
                    };
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
                step.add(self.take_back(worker, &row, ask.is_dry, now)?);
                after = row.id;
                if time.is_over() {
                    return Ok(TagsStep { next: Some(after), ..step });
                }
            }
        }
    }

    /// Gives a file that was written its old tags, where it lies now. A copy elsewhere is another file: it is left
    /// alone, and so is what the journal knows of one that can't be found.
    fn take_back(
        &self,
        worker: &mut Retagger,
        row: &WrittenTags,
        is_dry: bool,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<FileTags, StoreError> {
        let mut places = vec![row.place.clone()];
        // After a restore the part may be another file's.
        places.extend((row.written_at_place != row.place).then(|| row.written_at_place.clone()));
        let mut why = None;
        for place in places {
            let job = Job::undo(place, row.clone());
            match self.look(worker, &job) {
                Ok(found) if tell_the_same(&found.change.old, &row.old) => {
                    if !is_dry {
                        self.library.forget_gain_tags(row.id)?;
                    }
                    return Ok(job.outcome(&found, Became::Same));
                }
                Ok(found) if tell_the_same(&found.change.old, &row.new) => {
                    return self.retag(worker, &job, found, is_dry, now);
                }
                Ok(_) => return Ok(left(&job.place.path, CHANGED_SINCE.to_owned())),
                Err(left) => why = why.or(Some(left)),
            }
        }
        Ok(left(&row.place.path, why.unwrap_or(NotReplaced::Another).sentence()))
    }

    /// Writes a file that was looked at, or shows that it would be.
    fn retag(
        &self,
        worker: &mut Retagger,
        job: &Job,
        found: Found,
        is_dry: bool,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<FileTags, StoreError> {
        if found.change.edits.is_empty() {
            return Ok(job.outcome(&found, Became::Same));
        }
        if is_dry {
            return Ok(job.outcome(&found, Became::WouldBe));
        }
        let became = match self.carry_out(worker, job, &found, now)? {
            Ok(()) => Became::Written,
            Err(why) => Became::Left(why.sentence()),
        };
        Ok(job.outcome(&found, became))
    }

    /// Opens a file and asks what is to be changed in it.
    fn look(&self, worker: &mut Retagger, job: &Job) -> Result<Found, NotReplaced> {
        let (path, borders) = (job.place.path.clone(), self.library.borders());
        let (track, content) = self.at_root(&job.place.root_path, move |beat| {
            let track = OpenTrack::open(&path, Some(&borders))?;
            track.may_be_replaced()?;
            let content = track.content(beat)?;
            Ok((track, content))
        })?;
        if job.undo.as_ref().is_some_and(|row| row.content != content) {
            return Err(NotReplaced::Another);
        }
        if job.seen.is_some_and(|seen| seen != Seen::of(&track)) {
            return Err(NotReplaced::Changed);
        }
        let change = worker.change(&track, job.retag.clone())?;
        Ok(Found { track: Arc::new(track), content, change })
    }

    /// Replaces a file: the new one is whole first, then the intent is kept, then they are swapped, then the
    /// journal has it.
    fn carry_out(
        &self,
        worker: &mut Retagger,
        job: &Job,
        found: &Found,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<Result<(), NotReplaced>, StoreError> {
        let Found { track, change, content } = found;
        let prepared = self.prepare(job, track, change).and_then(|draft| {
            worker.check(&draft, change)?;
            Ok(draft)
        });
        let draft = match prepared {
            Ok(draft) => draft,
            Err(why) => return Ok(Err(why)),
        };
        let intent = Intent {
            section: job.section,
            part: job.part,
            source: job.source,
            content: *content,
            place: job.place.clone(),
            old: change.old.clone(),
            new: change.new.clone(),
            old_mtime_ns: track.mtime_ns(),
            new_mtime_ns: draft.mtime_ns(),
            taken_back: job.undo.as_ref().map(|row| row.id),
        };
        if !self.library.intend_gain_tags(intent, &draft)? {
            return Ok(Err(NotReplaced::Unsettled));
        }
        let own = Arc::clone(track);
        let replaced = self.at_root(&job.place.root_path, move |beat| own.replace(draft, beat));
        match replaced {
            Ok(replaced) => {
                self.library.settle_gain_tags(&job.place.path, replaced, now())?;
                Ok(Ok(()))
            }
            // What stands there now shows by looking, at once or when the folder answers again.
            Err(why) => {
                worker.learn(track, &why);
                self.library.recover_gain_tags(now())?;
                Ok(Err(why))
            }
        }
    }

    fn prepare(&self, job: &Job, track: &Arc<OpenTrack>, change: &Retagged) -> Result<Draft, NotReplaced> {
        let (own, edits) = (Arc::clone(track), change.edits.clone());
        let later = track.mtime_ns().saturating_add(LATER_NS);
        // The old date is the file's own only as long as it has the one that Butler gave it.
        let dated = job.undo.as_ref().filter(|row| row.new_mtime_ns == track.mtime_ns());
        let mtime_ns = dated.map_or(later, |row| row.old_mtime_ns);
        self.at_root(&job.place.root_path, move |beat| own.prepare(&edits, mtime_ns, beat))
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
