//! Has a worker find out how the gain tags of a file come to be what they shall be; on plain files carries it
//! out too, without library and journal.

use std::collections::HashSet;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use butler_library::{Draft, NotReplaced, OpenTrack};
use butler_product::gain_tags::{Form, Gains, Retag, Retagged};
use butler_product::message::RetagOrder;

use super::LATER_NS;
use super::ask::{Became, FileTags, left};
use crate::door::surroundings::Patience;
use crate::error_chain::with_causes;
use crate::workers::Process;

/// Asks a worker, which is started with the first file.
pub struct Retagger {
    program: PathBuf,
    patience: Patience,
    process: Option<Process>,
    /// File systems on which no two files can be swapped.
    unswapped: HashSet<u64>,
}

impl std::fmt::Debug for Retagger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retagger").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Retagger {
    /// One with a worker of this executable.
    pub fn new(worker_program: PathBuf) -> Self {
        Self::patient(worker_program, Patience::default())
    }

    pub(super) fn patient(program: PathBuf, patience: Patience) -> Self {
        Self { program, patience, process: None, unswapped: HashSet::new() }
    }

    /// Lets the worker go.
    pub(super) fn rest(&mut self) {
        self.process = None;
    }

    /// What is to be changed in a file.
    pub(super) fn change(&mut self, track: &OpenTrack, retag: Retag) -> Result<Box<Retagged>, NotReplaced> {
        if self.unswapped.contains(&track.file_system()) {
            return Err(NotReplaced::NoSwap);
        }
        self.ask(track.file(), track.size(), retag)
    }

    /// Whether the new file tells what it shall, and from it there is a way back to the old tags, word for
    /// word: asked before it is put in place.
    pub(super) fn check(&mut self, draft: &Draft, change: &Retagged) -> Result<(), NotReplaced> {
        let back = self.ask(draft.reader(), draft.size(), Retag::Exactly(change.old.clone()))?;
        let is_right = back.old == change.new && back.new == change.old;
        if is_right { Ok(()) } else { Err(NotReplaced::NoWayBack) }
    }

    /// Remembers where no two files can be swapped: there no more files are copied for nothing.
    pub(super) fn learn(&mut self, track: &OpenTrack, left: &NotReplaced) {
        if matches!(left, NotReplaced::NoSwap) {
            self.unswapped.insert(track.file_system());
        }
    }

    fn ask(&mut self, file: &File, size_bytes: u64, retag: Retag) -> Result<Box<Retagged>, NotReplaced> {
        let mut worker = match self.process.take() {
            Some(worker) => worker,
            None => Process::start(&self.program, self.patience).map_err(|error| {
                NotReplaced::Refused(format!("No worker could be started: {}.", with_causes(&error)))
            })?,
        };
        let forms = [Form::ReplayGain, Form::R128].map(|form| retag.tags(form));
        let change = worker.retag(file.as_fd(), RetagOrder { size_bytes, retag });
        let change =
            change.map_err(NotReplaced::Refused)?.map_err(|failure| NotReplaced::Refused(failure.sentence));
        if change.as_ref().is_ok_and(|change| !forms.contains(&change.new)) {
            return Err(NotReplaced::Refused("The worker answered what can't be.".to_owned()));
        }
        // One that fell, or lies, is not asked again.
        self.process = Some(worker);
        change
    }

    /// Writes gains into the tags of a plain file, or only shows what would be written. It must stand as it
    /// was seen when it was measured; gains that it tells already are replaced only where that is `asked`.
    pub fn retag(&mut self, path: &Path, gains: Gains, seen: Seen, asked: Asked) -> FileTags {
        let looked = OpenTrack::open(path, None).and_then(|track| {
            track.may_be_replaced()?;
            if seen != Seen::of(&track) {
                return Err(NotReplaced::Changed);
            }
            let change = self.change(&track, Retag::Gains(gains))?;
            Ok((track, change))
        });
        let (track, change) = match looked {
            Ok(found) => found,
            Err(why) => return left(path, why.sentence()),
        };
        let became = if change.edits.is_empty() {
            Became::Same
        } else if !change.old.is_empty() && !asked.overwrite {
            Became::Left("It tells gains already; `--overwrite` replaces them.".to_owned())
        } else if asked.dry_run {
            Became::WouldBe
        } else {
            self.put_in_place(&track, &change)
                .map_or_else(|why| Became::Left(why.sentence()), |()| Became::Written)
        };
        FileTags {
            path: path.to_owned(),
            bytes: track.size(),
            old: change.old.clone(),
            new: change.new.clone(),
            became,
        }
    }

    fn put_in_place(&mut self, track: &OpenTrack, change: &Retagged) -> Result<(), NotReplaced> {
        let later = track.mtime_ns().saturating_add(LATER_NS);
        let draft = track.prepare(&change.edits, later, &mut || true)?;
        self.check(&draft, change)?;
        let replaced = track.replace(draft, &mut || true);
        replaced.inspect_err(|left| self.learn(track, left)).map(drop)
    }
}

/// What is asked of gains in plain files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whether gains that a file tells are replaced.
    pub overwrite: bool,
    /// Whether it is only to be shown.
    pub dry_run: bool,
}

/// How a file stood when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Bytes.
    pub(super) size: u64,
    /// When it had been written last, nanoseconds since 1970.
    pub(super) mtime_ns: i64,
}

impl Seen {
    /// How a file stands now; none if it can't be seen.
    pub fn now(path: &Path) -> Option<Self> {
        let stat = std::fs::metadata(path).ok()?;
        let mtime_ns = stat.mtime().saturating_mul(1_000_000_000).saturating_add(stat.mtime_nsec());
        Some(Self { size: stat.len(), mtime_ns })
    }

    pub(super) const fn of(track: &OpenTrack) -> Self {
        Self { size: track.size(), mtime_ns: track.mtime_ns() }
    }
}
