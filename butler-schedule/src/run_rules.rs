//! What the rules ask of a run's record and do to it: whether it works, waits, counts, and what it covers.
//! The record itself is shared with the library: `butler-api/src/run.rs`.

use std::path::{Path, PathBuf};

use butler_api::{Ask, Origin, Reason, RunRecord, RunState};
use jiff::{SignedDuration, Timestamp};

use crate::run_state::{self, Change, IllegalChange};

/// What the rules ask of a run.
pub(crate) trait RunRules {
    /// Moves it along the table of `run_state.rs`, with the reason of its new state.
    fn undergo(
        &mut self,
        change: Change,
        reason: Option<Reason>,
        now: Timestamp,
    ) -> Result<(), IllegalChange>;

    /// Takes what it worked up to a moment into `worked`. It works no more, or since another moment.
    fn count_work_until(&mut self, until: Timestamp);

    /// How long it worked up to a moment. A clock that went back takes nothing away.
    fn worked_by(&self, until: Timestamp) -> SignedDuration;

    /// Whether it goes on under its id once the server is back (rule 11): a free run that a person or the
    /// file system asked for, or a bound one whose window is still open.
    fn goes_on(&self, now: Timestamp) -> bool;

    /// Whether it is there because of something that happened outside: nothing else would bring it up again.
    fn was_asked_for(&self) -> bool;

    /// Whether nothing but a stop keeps it from its turn.
    fn is_sure(&self) -> bool;

    /// Whether it waits to begin, or to go on after a restart.
    fn waits(&self) -> bool;

    /// Whether it holds its place in its lane: it works, is held, or ends its step.
    fn is_active(&self) -> bool;

    /// Whether what it does includes what is asked for.
    fn covers(&self, ask: &Ask) -> bool;

    /// Whether it may take in what else of its section is asked for: both are limited to paths, or both to
    /// contents, or what is asked for is the whole section.
    fn may_take_in(&self, ask: &Ask) -> bool;

    /// Takes in what else of its section is asked for; the whole section, or more than [`MOST_PATHS`] paths
    /// in all, make it one of the whole section.
    fn take_in(&mut self, ask: &Ask);
}

impl RunRules for RunRecord {
    fn undergo(
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

    fn count_work_until(&mut self, until: Timestamp) {
        self.worked = self.worked_by(until);
        self.works_since = None;
    }

    fn worked_by(&self, until: Timestamp) -> SignedDuration {
        let since = self.works_since.map_or(SignedDuration::ZERO, |since| since.duration_until(until));
        self.worked.saturating_add(since.max(SignedDuration::ZERO))
    }

    fn goes_on(&self, now: Timestamp) -> bool {
        self.bound_until.map_or(self.was_asked_for(), |end| now < end)
    }

    fn was_asked_for(&self) -> bool {
        matches!(self.origin, Origin::Person | Origin::Watch)
    }

    fn is_sure(&self) -> bool {
        self.bound_until.is_none() && self.was_asked_for()
    }

    fn waits(&self) -> bool {
        matches!(self.state, RunState::Queued | RunState::Scheduled)
    }

    fn is_active(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Paused | RunState::Stopping)
    }

    fn covers(&self, ask: &Ask) -> bool {
        let own = &self.ask;
        let holds = |path: &Path| own.paths.iter().any(|outer| path.starts_with(outer));
        let holds_paths =
            own.paths.is_empty() || (!ask.paths.is_empty() && ask.paths.iter().all(|path| holds(path)));
        let holds_sources = own.sources.is_empty()
            || (!ask.sources.is_empty()
                && ask.sources.iter().all(|source| own.sources.binary_search(source).is_ok()));
        self.origin != Origin::Asap
            && (own.section.is_none() || (own.section == ask.section && holds_paths && holds_sources))
    }

    fn may_take_in(&self, ask: &Ask) -> bool {
        let own = &self.ask;
        let is_whole = |ask: &Ask| ask.paths.is_empty() && ask.sources.is_empty();
        let is_alike = own.sources.is_empty() == ask.sources.is_empty();
        own.section == ask.section && !is_whole(own) && (is_alike || is_whole(ask))
    }

    fn take_in(&mut self, ask: &Ask) {
        let Ask { paths, sources, .. } = &mut self.ask;
        *paths = if ask.paths.is_empty() { Vec::new() } else { outermost([paths, &ask.paths[..]].concat()) };
        *sources = if ask.sources.is_empty() { Vec::new() } else { [sources, &ask.sources[..]].concat() };
        sources.sort_unstable();
        sources.dedup();
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
