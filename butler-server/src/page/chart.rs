//! What several pages draw and name alike: a run's state, a task's nights as bars. SVG made here, with
//! classes in place of styles.

use std::collections::BTreeMap;

use butler_api::v1::Run;
use butler_api::{Origin, RunState};
use jiff::civil::Date;
use maud::{Markup, html};

use super::words::{self, Clock, count, length, many};

/// A run's state as a person says it.
pub(super) const fn state_word(state: RunState) -> &'static str {
    match state {
        RunState::Queued => "waits",
        RunState::Scheduled => "planned",
        RunState::Running => "works",
        RunState::Paused => "held",
        RunState::Stopping => "stopping",
        RunState::Completed => "done",
        RunState::Failed => "failed",
        RunState::Stopped => "stopped",
        RunState::Interrupted => "interrupted",
        RunState::Skipped => "skipped",
        RunState::Missed => "missed",
    }
}

/// The class that gives a state its colour.
pub(super) const fn state_class(state: RunState) -> &'static str {
    match state {
        RunState::Completed => "done",
        RunState::Running | RunState::Stopping => "run",
        RunState::Queued | RunState::Scheduled | RunState::Skipped => "plan",
        RunState::Paused => "hold",
        RunState::Failed => "fail",
        RunState::Stopped | RunState::Interrupted | RunState::Missed => "miss",
    }
}

/// A state with its dot.
pub(super) fn state(state: RunState) -> Markup {
    html! { span class={ "state " (state_class(state)) } { i.dot aria-hidden="true" {} (state_word(state)) } }
}

/// How a run went: its state, and what failed in it.
pub(super) fn went(run: &Run) -> Markup {
    html! { (state(run.state)) @if let Some(failed) = run.failed() { " " span.fail { (failed) } } }
}

/// Who asked for a run.
pub(super) const fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Window => "the night",
        Origin::Person => "a person",
        Origin::Watch => "a change in a folder",
        Origin::Asap => "new items",
        Origin::CatchUp => "a night slept through",
    }
}

/// Seconds from a run's start to its end; of one that has not ended, none.
fn lasted(run: &Run) -> Option<f64> {
    Some(run.ended_at?.duration_since(run.started_at?).as_secs_f64().max(0.0))
}

/// The last runs of a task as small bars, oldest first; for the eye only, since the table says the rest.
pub(super) fn spark(runs: &[&Run]) -> Markup {
    const MOST: usize = 14;
    let shown: Vec<(&Run, f64)> =
        runs.iter().filter_map(|run| Some((*run, lasted(run)?))).take(MOST).collect();
    let longest = shown.iter().map(|(_, seconds)| *seconds).fold(1.0, f64::max);
    html! {
        svg.spark viewBox="0 0 110 22" aria-hidden="true" {
            @for (nth, (run, seconds)) in shown.iter().rev().enumerate() {
                @let height = (seconds / longest * 20.0).max(2.0);
                rect class=(state_class(run.state)) x=(nth * 8) y=(format!("{:.1}", 22.0 - height)) width="6" height=(format!("{height:.1}")) rx="1" {}
            }
        }
    }
}

/// What a task did in one night.
struct Night {
    day: Date,
    seconds: f64,
    items: u64,
    failed_files: u64,
    /// How the last of its runs ended.
    state: RunState,
}

/// The nights of a task's runs, both newest first. What a person or a change in a folder began by day is no
/// part of a night's history, as on the first page.
fn nights(runs: &[Run]) -> Vec<Night> {
    let mut nights: BTreeMap<Date, Night> = BTreeMap::new();
    let worked =
        |run: &&Run| run.origin.is_nightly() && run.state.is_terminal() && run.state != RunState::Skipped;
    for run in runs.iter().filter(worked) {
        let Some(day) = run.day else { continue };
        let fresh = Night { day, seconds: 0.0, items: 0, failed_files: 0, state: run.state };
        let night = nights.entry(day).or_insert(fresh);
        night.seconds += lasted(run).unwrap_or(0.0);
        night.items += run.done;
        night.failed_files += run.failed_files;
    }
    nights.into_values().rev().collect()
}

/// A task's history, a bar a night, oldest first: how long it worked, how much it did and what failed. The
/// table says the same, and the script tells a night of it under a hand or the arrow keys.
pub(super) fn history(runs: &[Run], clock: &Clock) -> Markup {
    let nights = nights(runs);
    let today = clock.civil(clock.now).date();
    let longest = nights.iter().map(|night| night.seconds).fold(0.0, f64::max);
    let most = nights.iter().map(|night| night.items).max().unwrap_or(0);
    let worst = nights.iter().map(|night| night.failed_files).max().unwrap_or(0);
    html! {
        @if nights.is_empty() {
            p.empty { "It has not run in a night yet; each night that it does is a bar here." }
        }
        @else {
            @let number = many(nights.len() as u64, "night");
            @let label = format!("{number}, a bar each; the table below says the same");
            @let last = slots(&nights) - 1;
            div.bars data-nights=(last + 1) tabindex="0" role="slider" aria-label=(label) aria-valuemin="0"
                aria-valuemax=(last) aria-valuenow=(last) aria-valuetext="the newest night" {
                (bars("Time", &words::worded("up to", longest as u64), 90, &nights, |night| {
                    (night.seconds / longest.max(1.0), state_class(night.state))
                }))
                @if most > 0 {
                    (bars("Items", &format!("up to {}", count(most)), 36, &nights, |night| {
                        (night.items as f64 / most as f64, "run")
                    }))
                }
                @if worst > 0 {
                    (bars("Failed", &format!("up to {}", count(worst)), 24, &nights, |night| {
                        (night.failed_files as f64 / worst as f64, "fail")
                    }))
                }
            }
            p.quiet.bars-words { (many(nights.len() as u64, "night")) ", the newest on the right." }
            details.more {
                summary { "As a table" }
                table {
                    thead { tr { th { "Night" } th { "Time" } th { "Items" } th { "Failed" } th { "End" } } }
                    tbody { @for night in &nights { tr {
                        td { (words::night(night.day, today)) } td { (length(night.seconds as u64)) }
                        td { (many(night.items, "item")) }
                        td { (many(night.failed_files, "file")) " failed" }
                        td { (state_word(night.state)) }
                    } } }
                }
            }
        }
    }
}

/// Bars are so many, that a task with a short history has none that are broad.
const FEWEST_SLOTS: usize = 30;

fn slots(nights: &[Night]) -> usize {
    nights.len().max(FEWEST_SLOTS)
}

/// One row of bars, all of a class in one path: 300 nights stay a small page.
fn bars(
    label: &str,
    highest: &str,
    height: u32,
    nights: &[Night],
    of: impl Fn(&Night) -> (f64, &'static str),
) -> Markup {
    let slots = slots(nights);
    let mut paths: BTreeMap<&str, String> = BTreeMap::new();
    for (nth, night) in nights.iter().enumerate() {
        let (part, class) = of(night);
        // What lasted no time is seen all the same; what is none is not drawn.
        if part > 0.0 || label == "Time" {
            let tall = (part * f64::from(height)).max(2.0).round();
            let path = paths.entry(class).or_default();
            path.push_str(&format!("M{} {height}v-{tall}h8v{tall}z", (slots - 1 - nth) * 10 + 1));
        }
    }
    html! {
        div.lane {
            span { (label) br; span.quiet { (highest) } }
            svg class=(label.to_lowercase()) viewBox={ "0 0 " (slots * 10) " " (height) } preserveAspectRatio="none" aria-hidden="true" {
                @for (class, path) in &paths { path class=(class) d=(path) {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use butler_api::RunId;

    use super::*;

    fn run(day: Option<&str>, state: RunState, seconds: i64) -> Run {
        let from: jiff::Timestamp = "2026-11-27T02:00:00Z".parse().unwrap();
        Run {
            id: RunId(1),
            task: "A".into(),
            state,
            reason: None,
            reason_code: None,
            origin: Origin::Window,
            forced: false,
            section: None,
            paths: Vec::new(),
            files: None,
            first_files: Vec::new(),
            log: Vec::new(),
            asked_at: from,
            started_at: Some(from),
            ended_at: Some(from + jiff::SignedDuration::from_secs(seconds)),
            day: day.map(|day| day.parse().unwrap()),
            ended_day: None,
            done: 7,
            total: 7,
            failures: 1,
            failed_files: 1,
            bytes_read: 0,
            report: Vec::new(),
            live: None,
        }
    }

    #[test]
    fn a_night_is_the_sum_of_its_runs_and_ends_as_the_last_of_them() {
        let person = Run { origin: Origin::Person, ..run(Some("2026-11-27"), RunState::Completed, 600) };
        let runs = [
            person,
            run(Some("2026-11-28"), RunState::Running, 5),
            run(Some("2026-11-28"), RunState::Skipped, 0),
            run(Some("2026-11-27"), RunState::Completed, 60),
            run(Some("2026-11-27"), RunState::Stopped, 30),
            run(Some("2026-11-26"), RunState::Failed, 10),
        ];
        let nights = nights(&runs);
        let told: Vec<_> =
            nights.iter().map(|night| (night.day.day(), night.seconds, night.items, night.state)).collect();
        assert_eq!(told, [(27, 90.0, 14, RunState::Completed), (26, 10.0, 7, RunState::Failed)]);
    }
}
