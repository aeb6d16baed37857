//! What the library keeps of runs, in the schedule's words and back, and the plan of what becomes of those
//! that a crash left: the schedule decides that; here it is handed in, and told before it is done. What a
//! crash left of files is blob_check.rs. Start with [`remembered`] and [`Plan`].

use std::collections::BTreeMap;

use butler_api::{PauseOwner, RunId, RunState};
use butler_library::{
    AttendanceRow, Library, PauseRow, RunCrashes, RunProgress, RunRow, SectionId, StoreError, TaskPast,
};
use butler_schedule::{Attendance, Crashes, Effect, Past, Pause, PauseEnd, Remembered, RunRecord};

/// Everything the schedule must know of the past at a start.
pub(crate) fn remembered(library: &Library) -> Result<Remembered, StoreError> {
    let unfinished = library.unfinished_runs()?.into_iter().map(record).collect();
    let past = library.task_pasts()?.into_iter().map(|past| {
        let crashes = past.crashes.map(|RunCrashes { day, count }| Crashes { day, count });
        let TaskPast { task, completed, durations, given_up, cut, missed, .. } = past;
        (task, Past { last_completed: completed, durations, given_up, cut, missed, crashes })
    });
    Ok(Remembered {
        unfinished,
        past: past.collect::<BTreeMap<_, _>>(),
        next_run: library.next_run_id()?,
        attendance: library
            .attendance()?
            .map(|AttendanceRow { seen_at, away_on }| Attendance { seen_at, away_on }),
        pauses: library.pauses()?.into_iter().map(pause).collect(),
    })
}

fn pause(row: PauseRow) -> Pause {
    let PauseRow { owner, note, since, until, until_window, drains } = row;
    let until =
        if until_window { PauseEnd::WindowOpens } else { until.map_or(PauseEnd::Lifted, PauseEnd::At) };
    Pause { owner, note, since, until, drains }
}

/// The pauses that outlive a restart, as the library keeps them: a person asked for these, and nobody would
/// again.
pub(crate) fn kept_pauses(pauses: &[Pause]) -> Vec<PauseRow> {
    let kept = pauses.iter().filter(|pause| matches!(pause.owner, PauseOwner::Person | PauseOwner::Window));
    let row = |Pause { owner, note, since, until, drains }: &Pause| PauseRow {
        owner: *owner,
        note: note.clone(),
        since: *since,
        until: if let PauseEnd::At(at) = until { Some(*at) } else { None },
        until_window: *until == PauseEnd::WindowOpens,
        drains: *drains,
    };
    kept.map(row).collect()
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

fn record(row: RunRow) -> RunRecord {
    RunRecord {
        id: row.id,
        task: row.task,
        origin: row.origin,
        forced: row.forced,
        section: row.section.map(|section| section.0),
        paths: row.paths,
        state: row.state,
        reason: row.reason,
        asked_at: row.asked_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        worked: row.worked,
        works_since: row.works_since,
        day: row.day,
        ended_day: row.ended_day,
        scheduled_at: row.scheduled_at,
        bound_until: row.bound_until,
        crashes: row.crashes.map(|RunCrashes { day, count }| Crashes { day, count }),
    }
}

/// A run as the library stores it: the schedule's part; progress and report are kept by other doors.
pub(crate) fn stored(record: &RunRecord) -> RunRow {
    RunRow {
        id: record.id,
        task: record.task.clone(),
        state: record.state,
        reason: record.reason.clone(),
        origin: record.origin,
        forced: record.forced,
        section: record.section.map(SectionId),
        paths: record.paths.clone(),
        asked_at: record.asked_at,
        scheduled_at: record.scheduled_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
        worked: record.worked,
        works_since: record.works_since,
        bound_until: record.bound_until,
        day: record.day,
        ended_day: record.ended_day,
        crashes: record.crashes.map(|Crashes { day, count }| RunCrashes { day, count }),
        progress: RunProgress::default(),
        report: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use butler_api::{Origin, Reason, TaskName};
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn left(id: u64, state: RunState) -> RunRecord {
        RunRecord {
            id: RunId(id),
            task: TaskName::RefreshLibraries,
            origin: Origin::Person,
            forced: false,
            section: None,
            paths: Vec::new(),
            state,
            reason: None,
            asked_at: Timestamp::UNIX_EPOCH,
            started_at: None,
            ended_at: None,
            worked: SignedDuration::ZERO,
            works_since: None,
            day: None,
            ended_day: None,
            scheduled_at: None,
            bound_until: None,
            crashes: None,
        }
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
