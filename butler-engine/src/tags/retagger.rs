//! Has a worker find out how the gain tags of a file come to be what they shall be; on plain files carries it
//! out too, without library and journal.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use butler_library::{NotReplaced, OpenTrack};
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

    pub(super) const fn patient(program: PathBuf, patience: Patience) -> Self {
        Self { program, patience, process: None }
    }

    /// Lets the worker go.
    pub(super) fn rest(&mut self) {
        self.process = None;
    }

    /// What is to be changed in a file.
    pub(super) fn change(&mut self, track: &OpenTrack, retag: Retag) -> Result<Box<Retagged>, NotReplaced> {
        let mut worker = match self.process.take() {
            Some(worker) => worker,
            None => Process::start(&self.program, self.patience).map_err(|error| {
                NotReplaced::Refused(format!("No worker could be started: {}.", with_causes(&error)))
            })?,
        };
        let forms = [Form::ReplayGain, Form::R128].map(|form| retag.tags(form));
        let order = RetagOrder { size_bytes: track.size(), retag };
        let change = worker.retag(track.file().as_fd(), order).map_err(NotReplaced::Refused)?;
        let change = change.map_err(|failure| NotReplaced::Refused(failure.sentence));
        if change.as_ref().is_ok_and(|change| !forms.contains(&change.new)) {
            return Err(NotReplaced::Refused("The worker answered what can't be.".to_owned()));
        }
        // One that fell, or lies, is not asked again.
        self.process = Some(worker);
        change
    }

    /// Writes gains into the tags of a plain file, or only shows what would be written.
    pub fn retag(&mut self, path: &Path, gains: Gains, is_dry: bool) -> FileTags {
        let looked = OpenTrack::open(path, None).and_then(|track| {
            track.may_be_replaced()?;
            let change = self.change(&track, Retag::Gains(gains))?;
            Ok((track, change))
        });
        let (track, change) = match looked {
            Ok(found) => found,
            Err(why) => return left(path, why.sentence()),
        };
        let became = if change.edits.is_empty() {
            Became::Same
        } else if is_dry {
            Became::WouldBe
        } else {
            let later = track.mtime_ns().saturating_add(LATER_NS);
            let replaced =
                track.prepare(&change.edits, later, &mut || true).and_then(|draft| track.replace(draft));
            replaced.map_or_else(|why| Became::Left(why.sentence()), |_| Became::Written)
        };
        FileTags { path: path.to_owned(), old: change.old.clone(), new: change.new.clone(), became }
    }
}
