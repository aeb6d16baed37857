//! What the library keeps of runs, in the schedule's words and back. What becomes of runs that a crash left, the schedule
//! decides; here it is only handed in.

use std::collections::BTreeMap;

use butler_library::{Library, RunCrashes, RunProgress, RunRow, SectionId, StoreError, TaskPast};
use butler_schedule::{Crashes, Past, Remembered, RunRecord};

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
        attendance: None,
        pauses: Vec::new(),
    })
}

fn record(row: RunRow) -> RunRecord {
    RunRecord {
        id: row.id,
        task: row.task,
        origin: row.origin,
        forced: row.forced,
        section: row.section.map(|section| section.0),
        state: row.state,
        reason: row.reason,
        asked_at: row.asked_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
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
        asked_at: record.asked_at,
        scheduled_at: record.scheduled_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
        bound_until: record.bound_until,
        day: record.day,
        ended_day: record.ended_day,
        crashes: record.crashes.map(|Crashes { day, count }| RunCrashes { day, count }),
        progress: RunProgress::default(),
        report: Vec::new(),
    }
}
