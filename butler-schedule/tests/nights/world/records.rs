//! What the library keeps: every run as it was saved last, and what of the ended ones is handed in at a
//! start.

use std::collections::BTreeMap;

use butler_api::{Reason, RunState, TaskName};
use butler_schedule::{Crashes, Past, Row, RunRecord};
use jiff::{SignedDuration, civil::Date};

use crate::calendar::day_number;
use crate::oracle::Book;

/// The kept runs.
#[derive(Default)]
pub(crate) struct Records {
    /// Those without an end.
    pub(crate) unfinished: Vec<RunRecord>,
    /// Those that this event saved, by id, as they were saved last.
    pub(crate) saved: Vec<RunRecord>,
    highest: u64,
    /// The same before this event.
    highest_before: u64,
    of_task: BTreeMap<TaskName, Ended>,
}

#[derive(Default)]
struct Ended {
    /// Completed runs that count, in the order of their end: day, how long they worked.
    completed: Vec<(Date, SignedDuration)>,
    given_up: Option<Date>,
    cut: Option<Date>,
    missed: Option<Date>,
    /// By run; only those of the latest day.
    crashes: BTreeMap<u64, Crashes>,
}

impl Records {
    pub(crate) fn find(&self, id: u64) -> Option<&RunRecord> {
        self.saved.iter().chain(&self.unfinished).find(|run| run.id.0 == id)
    }

    pub(crate) fn next_run(&self) -> u64 {
        self.highest + 1
    }

    pub(crate) fn save(&mut self, run: &RunRecord) -> Result<(), String> {
        let id = run.id.0;
        let known = self.find(id).map(|run| run.ended_at.is_some());
        if known == Some(true) || known.is_none() && id <= self.highest_before {
            return Err(format!("a run that was over was saved again: {run:?}"));
        }
        self.highest = self.highest.max(id);
        self.saved.retain(|other| other.id.0 != id);
        self.saved.push(run.clone());
        self.unfinished.retain(|other| other.id.0 != id);
        let ended = self.of_task.entry(run.task.clone()).or_default();
        if let Some(crashes) = run.crashes {
            ended.crashes.insert(id, crashes);
            let latest = ended.crashes.values().map(|crashes| crashes.day).max();
            ended.crashes.retain(|_, crashes| Some(crashes.day) == latest);
        }
        if run.ended_at.is_none() {
            self.unfinished.push(run.clone());
            return Ok(());
        }
        match (run.state, &run.reason) {
            (RunState::Completed, _) if run.counts() => {
                run.started_at.ok_or("completed, and never started")?;
                ended.completed.push((run.day.ok_or("completed, and of no day")?, run.worked));
                let surplus = ended.completed.len().saturating_sub(12);
                ended.completed.drain(..surplus);
            }
            (RunState::Stopped, Some(Reason::WindowEnded)) => ended.cut = run.ended_day,
            (RunState::Stopped | RunState::Failed, _) if run.counts() => ended.given_up = run.ended_day,
            (RunState::Missed, _) => ended.missed = run.day,
            _ => {}
        }
        Ok(())
    }

    /// The next event saves anew.
    pub(crate) fn forget_ended(&mut self) {
        self.saved.clear();
        self.highest_before = self.highest;
    }

    /// What is kept, in the oracle's words.
    pub(crate) fn books(&self, rows: &[Row]) -> Vec<Book> {
        let past = self.past();
        let book = |row: &Row| {
            let past = past.get(&row.name).cloned().unwrap_or_default();
            Book {
                completed: past.last_completed.into_iter().map(day_number).collect(),
                took: past.durations.iter().map(SignedDuration::as_secs).collect(),
                given_up: past.given_up.map(day_number),
                cut: past.cut.map(day_number),
                missed: past.missed.map(day_number),
                crashes: past.crashes.map_or((0, 0), |crashes| (day_number(crashes.day), crashes.count)),
            }
        };
        rows.iter().map(book).collect()
    }

    /// As [`Past`] says; of runs that ended before a clock went back, the one that ended last is the last.
    pub(crate) fn past(&self) -> BTreeMap<TaskName, Past> {
        let past = |ended: &Ended| {
            let completed = &ended.completed;
            Past {
                last_completed: completed.last().map(|(day, _)| *day),
                durations: completed[completed.len().saturating_sub(5)..]
                    .iter()
                    .map(|(_, took)| *took)
                    .collect(),
                given_up: ended.given_up,
                cut: ended.cut,
                missed: ended.missed,
                crashes: ended
                    .crashes
                    .values()
                    .copied()
                    .reduce(|one, other| Crashes { day: one.day, count: one.count + other.count }),
            }
        };
        self.of_task.iter().map(|(task, ended)| (task.clone(), past(ended))).collect()
    }
}
