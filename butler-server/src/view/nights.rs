//! What became of each of the last nights, and of the last one in one sentence, which page, API and command
//! line tell alike. Start with [`Night::of`]; it is pure.

use std::collections::BTreeMap;

use butler_api::v1::{LastNight, LocalTime};
use butler_api::{RunId, RunState, TaskName, files_failed};
use butler_library::{NightRun, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::words::many;
use crate::app::App;
use crate::error::Problem;

/// What became of a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Night {
    /// Its day.
    pub(crate) day: Date,
    /// Tasks of it.
    pub(crate) tasks: u64,
    /// Those of them that completed.
    pub(crate) done: u64,
    /// When the last of these did.
    pub(crate) done_by: Option<Timestamp>,
    /// Tasks that could not go on.
    pub(crate) failed: u64,
    /// Tasks that did not complete, for another reason or not yet.
    pub(crate) unfinished: u64,
    /// Those of them that still work or wait: a night that was slept through is made good.
    pub(crate) to_come: u64,
    /// Those of them that did not even begin.
    pub(crate) missed: u64,
    /// Products that could not be made.
    pub(crate) failures: u64,
    /// Files that failed; one that failed in several products or runs counts once.
    pub(crate) failed_files: u64,
}

/// How a night went, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Went {
    /// Every task completed, and every file could be read.
    Well,
    /// Every task completed, and some files failed.
    Failures,
    /// Tasks are left for another night.
    Short,
    /// Nothing of it was begun.
    Missed,
    /// A task could not go on.
    Failed,
}

/// A sentence around a moment, which each place tells in its own zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) before: String,
    pub(crate) at: Option<Timestamp>,
    pub(crate) after: String,
}

/// The last nights, and what they are compared with.
pub(crate) struct Nights {
    /// Newest first, the one that goes on among them.
    pub(crate) nights: Vec<Night>,
    /// The day of the window that is open.
    pub(crate) open: Option<Date>,
    /// The date where the server is.
    pub(crate) today: Date,
    zone: TimeZone,
}

impl Night {
    /// The nights of some runs, both newest first, with how many files failed in each as far as that is
    /// stored. A run that was skipped had nothing to do.
    pub(crate) fn of(runs: &[NightRun], failed_files: &BTreeMap<Date, u64>) -> Vec<Self> {
        let mut nights: BTreeMap<Date, BTreeMap<&TaskName, Vec<&NightRun>>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.state != RunState::Skipped) {
            nights.entry(run.day).or_default().entry(&run.task).or_default().push(run);
        }
        let night = |(day, tasks): (Date, BTreeMap<&TaskName, Vec<&NightRun>>)| {
            let mut night = Self::of_tasks(day, tasks.values());
            // What one run knows and could not store counts as well.
            night.failed_files = night.failed_files.max(failed_files.get(&day).copied().unwrap_or(0));
            night
        };
        nights.into_iter().rev().map(night).collect()
    }

    /// Of each task the last word counts, unless an earlier run was whole.
    fn of_tasks<'a>(day: Date, tasks: impl Iterator<Item = &'a Vec<&'a NightRun>>) -> Self {
        let mut night = Self {
            day,
            tasks: 0,
            done: 0,
            done_by: None,
            failed: 0,
            unfinished: 0,
            to_come: 0,
            missed: 0,
            failures: 0,
            failed_files: 0,
        };
        for runs in tasks {
            night.tasks += 1;
            night.failures += runs.iter().map(|run| run.failures).sum::<u64>();
            let most = runs.iter().map(|run| run.failed_files).max();
            night.failed_files = night.failed_files.max(most.unwrap_or(0));
            let whole = runs.iter().find(|run| run.state == RunState::Completed);
            match (whole, runs[0].state) {
                (Some(run), _) => {
                    night.done += 1;
                    night.done_by = night.done_by.max(run.ended_at);
                }
                (None, RunState::Failed) => night.failed += 1,
                (None, state) => {
                    night.unfinished += 1;
                    night.to_come += u64::from(!state.is_terminal());
                    night.missed += u64::from(state == RunState::Missed);
                }
            }
        }
        night
    }

    /// How it went.
    pub(crate) const fn went(&self) -> Went {
        match self {
            Self { failed: 1.., .. } => Went::Failed,
            Self { missed, tasks, .. } if *missed == *tasks => Went::Missed,
            Self { unfinished: 1.., .. } => Went::Short,
            Self { failures: 1.., .. } => Went::Failures,
            _ => Went::Well,
        }
    }

    /// `9 of 9 tasks done, 2 files failed`.
    pub(crate) fn counts(&self) -> String {
        format!("{}{}", self.done_words(), self.rest_words())
    }

    fn done_words(&self) -> String {
        format!("{} of {} done", self.done, many(self.tasks, "task"))
    }

    fn rest_words(&self) -> String {
        let rest = [
            (self.failed, "task", "failed"),
            (self.unfinished - self.to_come, "task", "not finished"),
            (self.to_come, "task", "still to come"),
        ];
        let told = rest.into_iter().filter(|(number, ..)| *number > 0);
        let tasks = told.map(|(number, what, became)| format!(", {} {became}", many(number, what)));
        // In how many products a file failed is told where the failures are.
        let failures = if self.failed_files > 0 { self.failed_files } else { self.failures };
        let files = (failures > 0).then(|| format!(", {}", files_failed(self.failed_files, failures)));
        tasks.chain(files).collect()
    }
}

impl Sentence {
    fn words(text: &str) -> Self {
        Self { before: text.to_owned(), at: None, after: String::new() }
    }

    /// The sentence with its moment as a clock in this zone shows it.
    pub(crate) fn told(&self, zone: &TimeZone) -> String {
        let clock = self.at.map(|at| zone.to_datetime(at).strftime("%H:%M").to_string());
        format!("{}{}{}", self.before, clock.unwrap_or_default(), self.after)
    }
}

impl Nights {
    /// The newest night whose window is over.
    pub(crate) fn last(&self) -> Option<&Night> {
        self.nights.iter().find(|night| self.open.is_none_or(|open| night.day < open))
    }

    /// What a night that is over is called.
    pub(crate) fn name(&self, night: &Night) -> String {
        let is_near = night.day == self.today || night.day.tomorrow().is_ok_and(|next| next == self.today);
        let date = night.day.strftime("%a %-d %b %Y");
        if is_near { "Last night".to_owned() } else { format!("The night of {date}") }
    }

    /// Whether it was well, in one sentence.
    pub(crate) fn sentence(&self) -> Sentence {
        let Some(night) = self.last() else { return Sentence::words("Tonight is the first night.") };
        let name = self.name(night);
        let by = if night.done_by.is_some() { " by " } else { "" };
        Sentence {
            before: format!("{name}: {}{by}", night.done_words()),
            at: night.done_by,
            after: format!("{}.", night.rest_words()),
        }
    }
}

/// So many of the last nights.
pub(crate) async fn nights(app: &App, most: usize) -> Result<Nights, Problem> {
    let (basis, unsaved) = (app.handle.plan_basis().await?, app.handle.unsaved().await?);
    let stored = app.library(move |library| {
        let runs = library.night_runs(most)?;
        let failed: Vec<RunId> = runs.iter().filter(|run| run.failures > 0).map(|run| run.id).collect();
        Ok::<_, StoreError>((library.failed_files_by_day(&failed)?, runs))
    });
    let (failed_files, mut runs) = stored.await?;
    // What could not be stored is newer than what is.
    for run in unsaved {
        let stored = runs.iter().position(|known| known.id == run.record.id).map(|at| runs.remove(at));
        let mut progress = run.progress;
        if let Some(stored) = stored {
            (progress.failures, progress.failed_files) = (stored.failures, stored.failed_files);
        }
        runs.extend(NightRun::of(&run.record, progress));
    }
    runs.sort_unstable_by_key(|run| std::cmp::Reverse::<RunId>(run.id));
    let zone = basis.zone().clone();
    Ok(Nights {
        nights: Night::of(&runs, &failed_files),
        open: basis.window().map(|window| window.day),
        today: zone.to_datetime(basis.now).date(),
        zone,
    })
}

/// What became of the last night.
pub(crate) async fn last(app: &App) -> Result<LastNight, Problem> {
    // The one that goes on, and the one before.
    let nights = nights(app, 2).await?;
    let night = nights.last();
    Ok(LastNight {
        day: night.map(|night| night.day),
        well: night.is_none_or(|night| matches!(night.went(), Went::Well | Went::Failures)),
        tasks: night.map_or(0, |night| night.tasks),
        done: night.map_or(0, |night| night.done),
        done_by: night.and_then(|night| night.done_by).map(|at| LocalTime::of(at, &nights.zone)),
        failed: night.map_or(0, |night| night.failed),
        unfinished: night.map_or(0, |night| night.unfinished),
        failures: night.map_or(0, |night| night.failures),
        failed_files: night.map_or(0, |night| night.failed_files),
        sentence: nights.sentence().told(&nights.zone),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: u64, task: &str, state: RunState, day: &str) -> NightRun {
        NightRun {
            id: RunId(id),
            task: task.into(),
            state,
            day: day.parse().unwrap(),
            ended_at: Some("2026-11-27T03:41:00Z".parse().unwrap()),
            failures: 2,
            failed_files: 1,
        }
    }

    fn nights(runs: &[NightRun], open: Option<&str>) -> Nights {
        Nights {
            nights: Night::of(runs, &BTreeMap::new()),
            open: open.map(|day| day.parse().unwrap()),
            today: "2026-11-27".parse().unwrap(),
            zone: TimeZone::UTC,
        }
    }

    fn told(runs: &[NightRun]) -> String {
        nights(runs, None).sentence().told(&TimeZone::UTC)
    }

    #[test]
    fn a_night_in_which_all_was_done_is_told_with_its_end_and_what_failed() {
        use RunState::Completed;
        let runs = [
            run(9, "A", Completed, "2026-11-27"),
            run(8, "B", Completed, "2026-11-27"),
            run(1, "A", RunState::Failed, "2026-11-02"),
        ];
        assert_eq!(told(&runs), "Last night: 2 of 2 tasks done by 03:41, 1 file failed.");
        let of_two_files = [(runs[0].day, 2)].into();
        assert_eq!(Night::of(&runs, &of_two_files)[0].counts(), "2 of 2 tasks done, 2 files failed");
        assert_eq!(Night::of(&runs, &BTreeMap::new())[0].went(), Went::Failures);
        let old = told(&runs[2..]);
        assert_eq!(old, "The night of Mon 2 Nov 2026: 0 of 1 task done, 1 task failed, 1 file failed.");
    }

    #[test]
    fn a_task_that_was_stopped_and_then_completed_counts_as_done() {
        let runs =
            [run(9, "A", RunState::Stopped, "2026-11-27"), run(8, "A", RunState::Completed, "2026-11-27")];
        let skipped = run(10, "B", RunState::Skipped, "2026-11-27");
        let night = &Night::of(&[&[skipped][..], &runs].concat(), &BTreeMap::new())[0];
        assert_eq!((night.tasks, night.done, night.unfinished), (1, 1, 0));
    }

    #[test]
    fn what_is_made_good_is_still_to_come() {
        use RunState::{Completed, Missed, Running, Scheduled};
        let runs = [(4, Scheduled), (3, Running), (2, Missed), (1, Completed)].map(|(id, state)| NightRun {
            failures: 0,
            failed_files: 0,
            ..run(id, &format!("Task{id}"), state, "2026-11-27")
        });
        assert_eq!(
            told(&runs),
            "Last night: 1 of 4 tasks done by 03:41, 1 task not finished, 2 tasks still to come."
        );
    }

    #[test]
    fn how_a_night_went_goes_by_the_worst_of_it() {
        use RunState::{Completed, Failed, Missed, Stopped};
        let went = |states: &[RunState]| {
            let runs = states.iter().zip(1..).map(|(state, id)| NightRun {
                failures: 0,
                failed_files: 0,
                ..run(id, &format!("Task{id}"), *state, "2026-11-27")
            });
            Night::of(&runs.collect::<Vec<_>>(), &BTreeMap::new())[0].went()
        };
        assert_eq!(went(&[Completed, Completed]), Went::Well);
        assert_eq!(went(&[Completed, Missed]), Went::Short);
        assert_eq!(went(&[Completed, Stopped]), Went::Short);
        assert_eq!(went(&[Missed, Missed]), Went::Missed);
        assert_eq!(went(&[Missed, Failed, Completed]), Went::Failed);
    }

    #[test]
    fn the_night_that_goes_on_is_not_the_last() {
        let runs =
            [run(9, "A", RunState::Running, "2026-11-28"), run(8, "A", RunState::Completed, "2026-11-27")];
        let day = nights(&runs, Some("2026-11-28")).last().unwrap().day;
        assert_eq!(day.to_string(), "2026-11-27");
        let first = nights(&runs[..1], Some("2026-11-28"));
        assert_eq!(first.sentence().told(&TimeZone::UTC), "Tonight is the first night.");
    }
}
