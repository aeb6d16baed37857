//! What several pages draw and name alike: a run's state, a task's nights as bars. SVG made here, with classes in
//! place of styles.

use butler_api::v1::Run;
use butler_api::{Origin, RunState};
use maud::{Markup, html};

use super::words::{Clock, between, many};

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

/// A task's history: how long each run lasted, how it ended and what failed, a bar a run, oldest first.
pub(super) fn history(runs: &[Run], clock: &Clock) -> Markup {
    let shown: Vec<(&Run, f64)> = runs.iter().filter_map(|run| Some((run, lasted(run)?))).collect();
    let longest = shown.iter().map(|(_, seconds)| *seconds).fold(1.0, f64::max);
    let slot = 100.0 / shown.len().max(14) as f64;
    html! {
        @if shown.is_empty() { p.empty { "It has not run yet." } }
        @else {
            svg.history height="120" role="img" aria-label=(format!("{} runs, a bar each by how long it lasted; the table below says the same.", shown.len())) {
                line.base x1="0" x2="100%" y1="99.5" y2="99.5" {}
                @for (nth, (run, seconds)) in shown.iter().rev().enumerate() {
                    @let height = (seconds / longest * 92.0).max(2.0);
                    @let left = nth as f64 * slot;
                    g {
                        rect.slot x=(format!("{left:.2}%")) y="0" width=(format!("{slot:.2}%")) height="120" {
                            title { (words(run, clock)) }
                        }
                        rect class=(state_class(run.state)) x=(format!("{:.2}%", left + slot * 0.12)) y=(format!("{:.1}", 99.0 - height))
                            width=(format!("{:.2}%", slot * 0.76)) height=(format!("{height:.1}")) rx="2" {}
                        @if run.failures > 0 {
                            circle.fail cx=(format!("{:.2}%", left + slot / 2.0)) cy="110" r="3.5" {}
                        }
                    }
                }
            }
            div.key aria-hidden="true" { span { "The highest bar: " (super::words::length(longest as u64)) } span.fail { i.dot {} "files failed" } }
        }
    }
}

fn words(run: &Run, clock: &Clock) -> String {
    let begun =
        run.started_at.map_or_else(String::new, |at| clock.civil(at).strftime("%a %-d %b %H:%M").to_string());
    let took = match (run.started_at, run.ended_at) {
        (Some(from), Some(until)) => between(from, until),
        _ => String::new(),
    };
    let failed =
        if run.failures > 0 { format!(", {} failed", many(run.failures, "file")) } else { String::new() };
    format!("{begun}: {}, {took}, {}{failed}", state_word(run.state), many(run.done, "step"))
}
