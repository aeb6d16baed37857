//! Whether last night was well, in one line: of the runs that belonged to it. Pure.

use std::collections::BTreeMap;

use butler_api::v1::Run;
use butler_api::{Origin, RunState, TaskName};
use jiff::Timestamp;
use jiff::civil::Date;

use super::words::many;

/// What became of a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastNight {
    /// Its day.
    pub(super) day: Date,
    /// Tasks of it.
    pub(super) tasks: u64,
    /// Those of them that completed.
    pub(super) done: u64,
    /// When the last of these did.
    pub(super) done_by: Option<Timestamp>,
    /// Tasks that could not go on.
    pub(super) failed: u64,
    /// Tasks whose work is left for another night.
    pub(super) unfinished: u64,
    /// Products that could not be made of a file.
    pub(super) failures: u64,
}

impl LastNight {
    /// The newest night whose window is over, and what became of it. `open` is the day of the window that is
    /// open.
    pub(super) fn of(runs: &[Run], open: Option<Date>) -> Option<Self> {
        let nightly = |run: &&Run| matches!(run.origin, Origin::Window | Origin::CatchUp);
        let days = runs.iter().filter(nightly).filter_map(|run| run.day);
        let day = days.filter(|day| open.is_none_or(|open| *day < open)).max()?;
        // Newest first: of each task the last word counts, unless an earlier run was whole.
        let mut tasks: BTreeMap<&TaskName, Vec<&Run>> = BTreeMap::new();
        for run in runs.iter().filter(nightly).filter(|run| run.day == Some(day)) {
            tasks.entry(&run.task).or_default().push(run);
        }
        let mut night = Self { day, tasks: 0, done: 0, done_by: None, failed: 0, unfinished: 0, failures: 0 };
        for runs in tasks.values() {
            night.tasks += 1;
            night.failures += runs.iter().map(|run| run.failures).sum::<u64>();
            let whole = runs.iter().find(|run| run.state == RunState::Completed);
            match (whole, runs[0].state) {
                (Some(run), _) => {
                    night.done += 1;
                    night.done_by = night.done_by.max(run.ended_at);
                }
                (None, RunState::Failed) => night.failed += 1,
                (None, _) => night.unfinished += 1,
            }
        }
        Some(night)
    }

    /// Whether nothing is left to be said.
    pub(super) const fn is_well(&self) -> bool {
        self.failed == 0 && self.unfinished == 0
    }

    /// The first line of the page.
    pub(super) fn headline(&self, day: &str) -> String {
        let night = if day == "today" || day == "yesterday" {
            "Last night".to_owned()
        } else {
            format!("The night of {day}")
        };
        match (self.failed, self.unfinished) {
            (0, 0) => format!("{night} went well."),
            (0, cut) => format!("{night} was too short for {}.", many(cut, "task")),
            (failed, _) => format!("{night}, {} failed.", many(failed, "task")),
        }
    }
}

#[cfg(test)]
mod tests {
    use butler_api::RunId;

    use super::*;

    fn run(id: u64, task: &str, state: RunState, day: &str) -> Run {
        Run {
            id: RunId(id),
            task: task.into(),
            state,
            reason: None,
            reason_code: None,
            origin: Origin::Window,
            forced: false,
            section: None,
            paths: Vec::new(),
            asked_at: "2026-11-27T02:00:00Z".parse().unwrap(),
            started_at: None,
            ended_at: Some("2026-11-27T03:41:00Z".parse().unwrap()),
            day: Some(day.parse().unwrap()),
            ended_day: None,
            done: 1,
            total: 1,
            failures: 1,
            bytes_read: 0,
            report: Vec::new(),
            live: None,
        }
    }

    #[test]
    fn a_night_in_which_all_was_done_went_well() {
        use RunState::Completed;
        let runs = [
            run(9, "A", Completed, "2026-11-27"),
            run(8, "B", Completed, "2026-11-27"),
            run(1, "A", RunState::Failed, "2026-11-26"),
        ];
        let night = LastNight::of(&runs, None).unwrap();
        assert_eq!((night.tasks, night.done, night.failures, night.is_well()), (2, 2, 2, true));
        assert_eq!(night.headline("today"), "Last night went well.");
        assert_eq!(night.headline("Mon 2 Nov"), "The night of Mon 2 Nov went well.");
    }

    #[test]
    fn a_task_that_was_stopped_and_then_completed_counts_as_done() {
        let runs =
            [run(9, "A", RunState::Stopped, "2026-11-27"), run(8, "A", RunState::Completed, "2026-11-27")];
        assert!(LastNight::of(&runs, None).unwrap().is_well());
    }

    #[test]
    fn what_failed_goes_before_what_was_cut() {
        let runs =
            [run(9, "A", RunState::Stopped, "2026-11-27"), run(8, "B", RunState::Failed, "2026-11-27")];
        let night = LastNight::of(&runs, None).unwrap();
        assert_eq!(night.headline("today"), "Last night, 1 task failed.");
        let cut = LastNight::of(&runs[..1], None).unwrap();
        assert_eq!(cut.headline("today"), "Last night was too short for 1 task.");
    }

    #[test]
    fn the_night_that_goes_on_is_not_the_last() {
        let runs =
            [run(9, "A", RunState::Running, "2026-11-28"), run(8, "A", RunState::Completed, "2026-11-27")];
        let night = LastNight::of(&runs, Some("2026-11-28".parse().unwrap())).unwrap();
        assert_eq!(night.day.to_string(), "2026-11-27");
        assert_eq!(LastNight::of(&runs[..1], Some("2026-11-28".parse().unwrap())), None);
        let mine = Run { origin: Origin::Person, ..run(7, "A", RunState::Completed, "2026-11-27") };
        assert_eq!(LastNight::of(&[mine], None), None);
    }
}
