//! What happened in the newest runs, a few lines each, for people who look at one. Made of the engine's facts
//! as the log is; kept in memory only, since the log's file has all of it and nothing needs it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use butler_api::{RunId, RunState, TaskName};
use butler_engine::{Fact, Handle, Stage, What};
use jiff::Timestamp;
use tokio::sync::broadcast::error::RecvError;

/// So many of the newest runs have their lines here.
const MOST_RUNS: usize = 128;
/// The last lines of a run.
const MOST_LINES: usize = 100;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) at: Timestamp,
    pub(crate) words: String,
    /// Whether something went wrong.
    pub(crate) is_bad: bool,
}

/// The lines; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct RunLogs(Arc<Mutex<Logs>>);

#[derive(Default)]
struct Logs {
    lines: BTreeMap<RunId, VecDeque<LogLine>>,
    /// The run of each task that works: what its work says names the task only.
    at_work: BTreeMap<TaskName, RunId>,
}

impl RunLogs {
    /// Keeps lines from now on, on a thread of its own.
    pub(crate) fn start(handle: &Handle) -> Self {
        let (logs, mut facts) = (Self::default(), handle.facts());
        let kept = Arc::clone(&logs.0);
        let started = std::thread::Builder::new().name("run logs".to_owned()).spawn(move || {
            loop {
                match facts.blocking_recv() {
                    Ok(fact) => kept.lock().unwrap_or_else(PoisonError::into_inner).note(&fact),
                    Err(RecvError::Lagged(missed)) => {
                        tracing::debug!(missed, "lines of runs were missed; the log has them")
                    }
                    Err(RecvError::Closed) => return,
                }
            }
        });
        if let Err(error) = started {
            tracing::error!(%error, "no thread could be started to keep the lines of runs");
        }
        logs
    }

    /// What happened in a run, oldest first.
    pub(crate) fn lines(&self, run: RunId) -> Vec<LogLine> {
        let logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logs.lines.get(&run).into_iter().flatten().cloned().collect()
    }
}

impl Logs {
    fn note(&mut self, Fact { at, what }: &Fact) {
        let line = |words, is_bad| LogLine { at: *at, words, is_bad };
        match what {
            What::RunChanged { run, task, state, reason, .. } => {
                match state {
                    state if state.is_terminal() => self.at_work.retain(|_, known| known != run),
                    RunState::Running => _ = self.at_work.insert(task.clone(), *run),
                    _ => {}
                }
                let why = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
                self.add(*run, line(format!("{state}{why}"), *state == RunState::Failed));
            }
            What::SectionStep { run, title, stage: Stage::Begun, .. } => {
                self.add(*run, line(format!("{title} is begun"), false));
            }
            What::SectionStep { run, title, stage: Stage::Ended, .. } => {
                self.add(*run, line(format!("{title} is gone through"), false));
            }
            What::WorkFailed { task, path, sentence } => {
                if let Some(run) = self.at_work.get(task) {
                    self.add(*run, line(format!("{path}: {sentence}"), true));
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, run: RunId, line: LogLine) {
        let lines = self.lines.entry(run).or_default();
        // A wait that goes on is told once.
        if lines.back().is_some_and(|last| last.words == line.words) {
            return;
        }
        if lines.len() == MOST_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
        while self.lines.len() > MOST_RUNS {
            self.lines.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use butler_api::{Origin, Reason};

    use super::*;

    fn fact(what: What) -> Fact {
        Fact { at: Timestamp::UNIX_EPOCH, what }
    }

    fn changed(run: u64, state: RunState, reason: Option<Reason>) -> Fact {
        fact(What::RunChanged {
            run: RunId(run),
            task: TaskName::RefreshLibraries,
            title: "Refresh Libraries",
            section: None,
            origin: Origin::Person,
            state,
            reason,
        })
    }

    fn failed(path: String) -> Fact {
        let sentence = "It can't be read.".to_owned();
        fact(What::WorkFailed { task: TaskName::RefreshLibraries, path, sentence })
    }

    fn words(logs: &Logs, run: u64) -> Vec<&str> {
        logs.lines[&RunId(run)].iter().map(|line| line.words.as_str()).collect()
    }

    #[test]
    fn what_a_task_says_stands_with_the_run_that_works() {
        let mut logs = Logs::default();
        for one in [
            changed(7, RunState::Running, None),
            failed("/films/a".into()),
            changed(7, RunState::Stopped, Some(Reason::StoppedByPerson)),
            failed("/films/b".into()),
        ] {
            logs.note(&one);
        }
        let stopped = format!("stopped: {}", Reason::StoppedByPerson);
        assert_eq!(words(&logs, 7), ["running", "/films/a: It can't be read.", &stopped]);
    }

    #[test]
    fn lines_and_runs_are_bounded_and_the_newest_stay() {
        let mut logs = Logs::default();
        logs.note(&changed(1, RunState::Running, None));
        (0..500).for_each(|nth| logs.note(&failed(format!("/films/{nth}"))));
        assert_eq!(words(&logs, 1).len(), MOST_LINES);
        assert_eq!(words(&logs, 1).last(), Some(&"/films/499: It can't be read."));
        (2..400).for_each(|run| logs.note(&changed(run, RunState::Queued, None)));
        assert_eq!(logs.lines.len(), MOST_RUNS);
        assert!(!logs.lines.contains_key(&RunId(1)) && logs.lines.contains_key(&RunId(399)));
    }
}
