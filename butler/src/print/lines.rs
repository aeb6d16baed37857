//! Runs in words, one line each: for the ends of runs, and for their progress where no terminal can show
//! bars.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use butler_client::{Activity, Run, RunId, RunState};

use crate::print::words::{about, bytes, file_name, progress, took};
use crate::print::{Text, state_colour};

/// How long a run's line stands before its progress makes another.
const EVERY: Duration = Duration::from_secs(5);

/// What has been said of each run, so that nothing is said twice.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    said: HashMap<RunId, Said>,
    /// The last line of each activity, and when it was said.
    activities: HashMap<String, (Activity, Instant)>,
}

#[derive(Debug)]
struct Said {
    state: RunState,
    reason: Option<String>,
    done: u64,
    at: Instant,
}

impl Lines {
    /// The lines that are news: a run's new state or reason at once, its progress now and then.
    pub(crate) fn news(&mut self, runs: &[Run]) -> Vec<String> {
        self.said.retain(|id, _| runs.iter().any(|run| run.id == *id));
        runs.iter().filter(|run| self.is_news(run)).map(line).collect()
    }

    /// The same of activities: a new one and one that is on another thing at once, its progress now and then.
    pub(crate) fn news_of_activities(&mut self, activities: &[Activity]) -> Vec<String> {
        self.activities.retain(|uuid, _| activities.iter().any(|activity| activity.uuid == *uuid));
        let mut news = Vec::new();
        for activity in activities {
            let is_news = self.activities.get(&activity.uuid).is_none_or(|(said, at)| {
                said.subtitle != activity.subtitle
                    || (said.progress != activity.progress && at.elapsed() >= EVERY)
            });
            if is_news {
                self.activities.insert(activity.uuid.clone(), (activity.clone(), Instant::now()));
                news.push(activity_line(activity));
            }
        }
        news
    }

    fn is_news(&mut self, run: &Run) -> bool {
        let is_news = self.said.get(&run.id).is_none_or(|said| {
            let changed = said.state != run.state || said.reason != run.reason;
            changed || (said.done != run.done && said.at.elapsed() >= EVERY)
        });
        if is_news {
            let said =
                Said { state: run.state, reason: run.reason.clone(), done: run.done, at: Instant::now() };
            self.said.insert(run.id, said);
        }
        is_news
    }
}

/// An activity in one line: `Scanning Films: 40 %, Heat (1995)`.
pub(crate) fn activity_line(activity: &Activity) -> String {
    let mut parts = Vec::new();
    if activity.progress >= 0 {
        parts.push(format!("{} %", activity.progress));
    }
    parts.extend(Some(activity.subtitle.clone()).filter(|subtitle| !subtitle.is_empty()));
    let end = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{}{end}", activity.title)
}

/// A run that is not at its end, in one line.
pub(crate) fn line(run: &Run) -> String {
    format!("{} (run {}): {}", run.task, run.id, now(run))
}

/// Why a run that doesn't work waits: `queued. It waits for ...`.
pub(crate) fn waiting(run: &Run) -> String {
    let reason = run.reason.as_deref().unwrap_or_default();
    format!("{}. {reason}", run.state).trim_end().to_owned()
}

/// What a run is doing: how far it is, at which rate, on which files; or why it waits.
fn now(run: &Run) -> String {
    if run.state != RunState::Running {
        return waiting(run);
    }
    let mut parts = vec![format!("{} done", progress(run))];
    parts.extend(side_facts(run));
    parts.join(", ")
}

/// What stands behind a bar or a line: failures, time left, rate, files, bytes. What matters most is first,
/// for a narrow terminal cuts the end off.
pub(crate) fn side_facts(run: &Run) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(run.failed());
    // A run that works may say why it does not get on: files that settle, a root that is away.
    // It stands among facts here, and ends with none of its own.
    parts.extend(run.reason.as_deref().map(|reason| reason.trim_end_matches('.').to_owned()));
    if let Some(live) = &run.live {
        parts.extend(live.eta_seconds.map(|seconds| format!("{} left", about(seconds))));
        if let Some(rate) = live.rate.filter(|rate| *rate > 0.0) {
            parts.push(if rate >= 1.0 { format!("{rate:.1}/s") } else { format!("{:.1}/min", rate * 60.0) });
        }
        match live.files.as_slice() {
            [] => {}
            [one] => parts.push(file_name(one).to_owned()),
            [first, rest @ ..] => parts.push(format!("{} and {} more", file_name(first), rest.len())),
        }
    }
    if run.bytes_read > 0 {
        parts.push(format!("{} read", bytes(run.bytes_read)));
    }
    parts
}

/// How a run ended, in one line.
pub(crate) fn ended(run: &Run) -> Text {
    let mut rest = took(run).map(|took| format!(" in {took}")).unwrap_or_default();
    if run.done > 0 || run.total > 0 {
        rest.push_str(&format!(", {} done", progress(run)));
    }
    if let Some(failed) = run.failed() {
        rest.push_str(&format!(", {failed}"));
    }
    rest.push('.');
    if let Some(reason) = &run.reason {
        rest.push_str(&format!(" {reason}"));
    }
    let state = Text::painted(run.state.as_str(), state_colour(run.state));
    Text::from(format!("{} (run {}): ", run.task, run.id)).then(state).then(rest)
}
