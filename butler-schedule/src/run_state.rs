//! The run state machine: one table of legal changes, and a typed error for all others.
//! It decides nothing: `schedule/` and `recovery.rs` say which change happens, this says whether it may.

use butler_api::RunState;

/// What happens to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its moment came, or a forced start took it: it enters its lane.
    Enter,
    /// It was placed at another moment.
    PlaceAnew,
    /// Its lane let it begin.
    Begin,
    /// A person or the window's end stops it.
    Stop,
    /// The server shuts down.
    ShutDown,
    /// It did all it found to do.
    Complete,
    /// It could not go on.
    Fail,
    /// It does not work, and must not begin or go on: its task is unknown, or crashed too often.
    GiveUp,
    /// It ended its step after a stop.
    ConfirmStop,
    /// It ended its step after a shutdown, or the server went away under it.
    Interrupt,
    /// The server is back, and it goes on.
    Resume,
    /// Its window ended before it began, or left it no room.
    Miss,
    /// It is not to begin after all: not due any more, or switched off.
    Skip,
    /// A pause freezes it.
    Pause,
    /// No pause holds it any more.
    Unpause,
}

/// A change that a run in its state can't undergo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run that is {state} can't undergo `{change:?}`")]
pub struct IllegalChange {
    /// The state it was in.
    pub state: RunState,
    /// What was to happen.
    pub change: Change,
}

/// The state after a change: every legal row of the table.
pub(crate) fn next(state: RunState, change: Change) -> Result<RunState, IllegalChange> {
    use RunState::{
        Completed, Failed, Interrupted, Missed, Paused, Queued, Running, Scheduled, Skipped, Stopped,
        Stopping,
    };
    Ok(match (state, change) {
        (Scheduled, Change::Enter) => Queued,
        (Scheduled, Change::PlaceAnew) => Scheduled,
        (Queued, Change::Begin) => Running,
        (Queued | Scheduled, Change::Stop) => Stopped,
        (Running | Paused | Stopping, Change::Stop | Change::ShutDown) => Stopping,
        (Running | Paused | Stopping, Change::Complete) => Completed,
        (Running | Paused | Stopping, Change::Fail) => Failed,
        (Queued | Scheduled | Interrupted, Change::GiveUp) => Failed,
        (Stopping, Change::ConfirmStop) => Stopped,
        (Running | Paused | Stopping, Change::Interrupt) => Interrupted,
        (Interrupted, Change::Resume) => Queued,
        (Scheduled | Queued, Change::Miss) => Missed,
        (Scheduled | Queued, Change::Skip) => Skipped,
        (Running, Change::Pause) => Paused,
        (Paused, Change::Unpause) => Running,
        (state, change) => return Err(IllegalChange { state, change }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGES: [Change; 15] = [
        Change::Enter,
        Change::PlaceAnew,
        Change::Begin,
        Change::Stop,
        Change::ShutDown,
        Change::Complete,
        Change::Fail,
        Change::GiveUp,
        Change::ConfirmStop,
        Change::Interrupt,
        Change::Resume,
        Change::Miss,
        Change::Skip,
        Change::Pause,
        Change::Unpause,
    ];

    #[test]
    fn nothing_happens_to_a_terminal_run_but_that_an_interrupted_one_goes_on_or_is_given_up() {
        for state in RunState::ALL.iter().copied().filter(|state| state.is_terminal()) {
            let legal: Vec<_> = CHANGES.into_iter().filter(|change| next(state, *change).is_ok()).collect();
            let expected: &[Change] =
                if state == RunState::Interrupted { &[Change::GiveUp, Change::Resume] } else { &[] };
            assert_eq!(legal, expected, "{state}");
        }
    }

    #[test]
    fn every_live_run_can_come_to_an_end_and_only_from_the_queue_to_work() {
        for state in RunState::ALL.iter().copied().filter(|state| !state.is_terminal()) {
            let after: Vec<_> = CHANGES.into_iter().filter_map(|change| next(state, change).ok()).collect();
            assert!(after.iter().any(|state| state.is_terminal()), "{state}");
            assert_eq!(
                after.contains(&RunState::Running),
                matches!(state, RunState::Queued | RunState::Paused),
                "{state}"
            );
        }
    }

    #[test]
    fn a_stop_ends_what_waits_at_once_and_what_works_when_it_is_confirmed() {
        use RunState::{Interrupted, Paused, Queued, Running, Scheduled, Stopped, Stopping};
        for waiting in [Queued, Scheduled] {
            assert_eq!(next(waiting, Change::Stop), Ok(Stopped));
        }
        for working in [Running, Paused] {
            assert_eq!(next(working, Change::Stop), Ok(Stopping));
            assert!(next(working, Change::ConfirmStop).is_err());
            assert_eq!(next(working, Change::Interrupt), Ok(Interrupted));
        }
        assert_eq!(next(Stopping, Change::ConfirmStop), Ok(Stopped));
    }

    #[test]
    fn an_illegal_change_names_state_and_change() {
        let illegal = next(RunState::Completed, Change::Begin).unwrap_err();
        assert_eq!(illegal, IllegalChange { state: RunState::Completed, change: Change::Begin });
        assert_eq!(illegal.to_string(), "a run that is completed can't undergo `Begin`");
    }
}
