//! What the schedule must know of the past, and the plan of what becomes of the runs that a crash left: the
//! schedule decides that; here it is handed in, and told before it is done. What a crash left of files is
//! blob_check.rs. Start with [`remembered`] and [`Plan`].

use butler_api::{Pause, PauseOwner, RunId, RunRecord, RunState};
use butler_library::{Library, StoreError};
use butler_schedule::{Effect, Remembered};

/// Everything the schedule must know of the past at a start.
pub(crate) fn remembered(library: &Library) -> Result<Remembered, StoreError> {
    Ok(Remembered {
        unfinished: library.unfinished_runs()?.into_iter().map(|run| run.record).collect(),
        past: library.task_pasts()?,
        next_run: library.next_run_id()?,
        attendance: library.attendance()?,
        pauses: library.pauses()?,
    })
}

/// The pauses that outlive a restart: a person asked for these, and nobody would again.
pub(crate) fn kept_pauses(pauses: &[Pause]) -> Vec<Pause> {
    let is_kept = |pause: &&Pause| matches!(pause.owner, PauseOwner::Person | PauseOwner::Window);
    pauses.iter().filter(is_kept).cloned().collect()
}

/// What becomes of what an earlier process left: made first, told, and only then done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Runs that work on under their id.
    pub(crate) go_on: Vec<RunId>,
    /// Runs that wait for their moment or turn, as before.
    pub(crate) wait: Vec<RunId>,
    /// Runs that are over: interrupted for good, stopped, failed, skipped.
    pub(crate) ended: Vec<(RunId, RunState)>,
    /// Runs whose window has passed meanwhile.
    pub(crate) missed: Vec<RunId>,
}

impl Plan {
    /// Puts together what the schedule ordered for the runs that were left.
    pub(crate) fn of(unfinished: &[RunRecord], effects: &[Effect]) -> Self {
        let mut plan = Self::default();
        for left in unfinished {
            let begins =
                effects.iter().any(|effect| matches!(effect, Effect::Begin { run } if *run == left.id));
            let state = effects.iter().rev().find_map(|effect| match effect {
                Effect::Save(saved) if saved.id == left.id => Some(saved.state),
                _ => None,
            });
            match state.unwrap_or(left.state) {
                _ if begins => plan.go_on.push(left.id),
                RunState::Missed => plan.missed.push(left.id),
                state if state.is_terminal() => plan.ended.push((left.id, state)),
                _ => plan.wait.push(left.id),
            }
        }
        plan
    }

    /// Tells the log.
    pub(crate) fn tell(&self) {
        let Self { go_on, wait, ended, missed } = self;
        tracing::info!(?go_on, ?wait, ?ended, ?missed, "of the runs that were left");
    }
}

#[cfg(test)]
mod tests {
    use butler_api::{Ask, Origin, Reason, TaskName};
    use jiff::Timestamp;

    use super::*;

    fn left(id: u64, state: RunState) -> RunRecord {
        let (task, at) = (TaskName::RefreshLibraries, Timestamp::UNIX_EPOCH);
        RunRecord { state, ..RunRecord::new(RunId(id), task, Origin::Person, Ask::default(), at) }
    }

    #[test]
    fn the_plan_says_of_every_run_that_was_left_what_becomes_of_it() {
        let unfinished =
            [1, 2, 3, 4, 5].map(|id| left(id, if id == 5 { RunState::Scheduled } else { RunState::Running }));
        let effects = [
            Effect::Save(left(1, RunState::Queued)),
            Effect::Save(left(1, RunState::Running)),
            Effect::Begin { run: RunId(1) },
            Effect::Save(RunRecord { reason: Some(Reason::ServerCrashed), ..left(2, RunState::Interrupted) }),
            Effect::Save(left(3, RunState::Missed)),
            Effect::Save(left(4, RunState::Queued)),
            // A run of the window's own, that nobody left.
            Effect::Save(left(6, RunState::Queued)),
        ];
        let plan = Plan::of(&unfinished, &effects);
        let expected = Plan {
            go_on: vec![RunId(1)],
            wait: vec![RunId(4), RunId(5)],
            ended: vec![(RunId(2), RunState::Interrupted)],
            missed: vec![RunId(3)],
        };
        assert_eq!(plan, expected);
    }
}
