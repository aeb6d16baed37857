//! One run as the schedule knows it and the library keeps it. What a run did, how far it came and what it
//! read is the engine's; here is only what decides when it works.

use std::path::{Path, PathBuf};

use butler_api::{Origin, Reason, RunId, RunState, TaskName};
use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::run_state::{self, Change, IllegalChange};

/// One run, complete: an [`crate::Effect::Save`] replaces what is stored under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// The task.
    pub task: TaskName,
    /// Who asked for it.
    pub origin: Origin,
    /// Whether it was started whatever day, switch and window say.
    pub forced: bool,
    /// The section it is limited to. Such a run never counts as the task's completion.
    pub section: Option<i64>,
    /// The files and folders of that section it is limited to, none inside another; empty for all of it.
    pub paths: Vec<PathBuf>,
    /// Where it is in its life.
    pub state: RunState,
    /// Why it is in that state; none while it simply runs.
    pub reason: Option<Reason>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it first began to work.
    pub started_at: Option<Timestamp>,
    /// How long it worked: without pauses, without absences, and after a crash up to the last note of
    /// attendance.
    pub worked: SignedDuration,
    /// Since when it works; what `worked` does not hold yet begins there. None while it does not work.
    pub works_since: Option<Timestamp>,
    /// When it ended for good. An `interrupted` run without it may go on at the next start.
    pub ended_at: Option<Timestamp>,
    /// The maintenance day it counts for, stored when it starts; of a catch-up run when it is made, of a
    /// missed one its window's.
    pub day: Option<Date>,
    /// The day of the instant at which it ended.
    pub ended_day: Option<Date>,
    /// The moment at which it was placed; kept when it has begun.
    pub scheduled_at: Option<Timestamp>,
    /// The window's end that stops it, for a bound run; none for a free one.
    pub bound_until: Option<Timestamp>,
    /// The crashes that it saw on the last day on which it saw any.
    pub crashes: Option<Crashes>,
}

/// How often the server went away without a word on one maintenance day while a task ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crashes {
    /// The day.
    pub day: Date,
    /// How often, 1 or more.
    pub count: u32,
}

impl RunRecord {
    /// A run that was just asked for. It waits, and settling says whether it begins.
    pub(crate) fn asked(id: RunId, task: TaskName, origin: Origin, at: Timestamp) -> Self {
        Self {
            id,
            task,
            origin,
            forced: false,
            section: None,
            paths: Vec::new(),
            state: RunState::Queued,
            reason: None,
            asked_at: at,
            started_at: None,
            worked: SignedDuration::ZERO,
            works_since: None,
            ended_at: None,
            day: None,
            ended_day: None,
            scheduled_at: None,
            bound_until: None,
            crashes: None,
        }
    }

    /// Moves it along the table of `run_state.rs`, with the reason of its new state.
    pub(crate) fn undergo(
        &mut self,
        change: Change,
        reason: Option<Reason>,
        now: Timestamp,
    ) -> Result<(), IllegalChange> {
        self.state = run_state::next(self.state, change)?;
        self.reason = reason;
        match self.state {
            RunState::Running => self.works_since = Some(now),
            // It works until its step has ended.
            RunState::Stopping => {}
            _ => self.count_work_until(now),
        }
        Ok(())
    }

    /// Takes what it worked up to a moment into `worked`. It works no more, or since another moment.
    pub(crate) fn count_work_until(&mut self, until: Timestamp) {
        self.worked = self.worked_by(until);
        self.works_since = None;
    }

    /// How long it worked up to a moment. A clock that went back takes nothing away.
    pub(crate) fn worked_by(&self, until: Timestamp) -> SignedDuration {
        let since = self.works_since.map_or(SignedDuration::ZERO, |since| since.duration_until(until));
        self.worked.saturating_add(since.max(SignedDuration::ZERO))
    }

    /// Whether it goes on under its id once the server is back (rule 11): a free run that a person or the
    /// file system asked for, or a bound one whose window is still open.
    pub(crate) fn goes_on(&self, now: Timestamp) -> bool {
        self.bound_until.map_or(self.was_asked_for(), |end| now < end)
    }

    /// Whether it is there because of something that happened outside: nothing else would bring it up again.
    pub(crate) const fn was_asked_for(&self) -> bool {
        matches!(self.origin, Origin::Person | Origin::Watch)
    }

    /// Whether nothing but a stop keeps it from its turn.
    pub(crate) const fn is_sure(&self) -> bool {
        self.bound_until.is_none() && self.was_asked_for()
    }

    /// Whether its completion is the task's: not if it was limited to a section or to new items (rule 7).
    pub fn counts(&self) -> bool {
        self.section.is_none() && self.origin != Origin::Asap
    }

    /// Whether it waits to begin, or to go on after a restart.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, RunState::Queued | RunState::Scheduled)
    }

    /// Whether it holds its place in its lane: it works, is held, or ends its step.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Paused | RunState::Stopping)
    }

    /// Whether what it does includes what a request for `section` (none: for everything) and `paths` in it
    /// (none: for all of it) wants.
    pub(crate) fn covers(&self, section: Option<i64>, paths: &[PathBuf]) -> bool {
        let holds = |path: &Path| self.paths.iter().any(|own| path.starts_with(own));
        let holds_paths =
            self.paths.is_empty() || (!paths.is_empty() && paths.iter().all(|path| holds(path)));
        self.origin != Origin::Asap && (self.section.is_none() || (self.section == section && holds_paths))
    }

    /// Takes more paths of its section in; none, or more than [`MOST_PATHS`] in all, make it one of the whole
    /// section.
    pub(crate) fn join(&mut self, paths: &[PathBuf]) {
        let all = if paths.is_empty() { Vec::new() } else { [&self.paths, paths].concat() };
        self.paths = outermost(all);
    }
}

/// A run is limited to so many paths; one that were limited to more is not limited to any.
pub const MOST_PATHS: usize = 32;

/// The paths that lie in no other of them, in order; none if they are too many.
pub(crate) fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    // By components, so that what lies in a folder comes right behind it.
    paths.sort_unstable();
    paths.dedup_by(|inner, outer| inner.starts_with(outer));
    if paths.len() > MOST_PATHS { Vec::new() } else { paths }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_paths_that_lie_in_each_other_the_outer_one_is_kept() {
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        let kept = outermost(paths(&["/tv/Lost/Season 1", "/tv/Lost", "/tv/Lost 2", "/tv/Lost", "/tv/Dark"]));
        assert_eq!(kept, paths(&["/tv/Dark", "/tv/Lost", "/tv/Lost 2"]));
    }

    #[test]
    fn too_many_paths_are_the_whole_section() {
        let paths = |count: usize| {
            (0..count).map(|number| PathBuf::from(format!("/tv/{number}"))).collect::<Vec<_>>()
        };
        assert_eq!(outermost(paths(MOST_PATHS)).len(), MOST_PATHS);
        assert!(outermost(paths(MOST_PATHS + 1)).is_empty());
    }
}
