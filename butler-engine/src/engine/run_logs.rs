//! Lines of runs' logs that are not stored yet: they wait for the run's next record, which takes them along,
//! and at most some seconds, so that a flood of them is a commit now and then. Pure: instants are handed in.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use butler_api::RunId;
use butler_library::{MOST_RUN_LINES, RunLine};

/// So long the first line waits for a record that takes it along.
const WAIT: Duration = Duration::from_secs(10);

/// The lines that wait, of all runs that have not ended.
#[derive(Debug, Default)]
pub(crate) struct RunLogs {
    runs: BTreeMap<RunId, Waiting>,
    due_at: Option<Instant>,
}

/// One run's.
#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<RunLine>,
    /// The words of its last line, stored or not.
    last: String,
}

impl RunLogs {
    /// Notes what happened in a run; a wait that goes on, once.
    pub(crate) fn note(&mut self, run: RunId, line: RunLine, now: Instant) {
        let Waiting { lines, last } = self.runs.entry(run).or_default();
        if last == line.words() {
            return;
        }
        line.words().clone_into(last);
        // The library keeps no more of them.
        if lines.len() == MOST_RUN_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
        self.due_at.get_or_insert(now + WAIT);
    }

    /// The lines of a run that wait, oldest first.
    pub(crate) fn waiting(&self, run: RunId) -> Vec<RunLine> {
        self.runs.get(&run).into_iter().flat_map(|waiting| &waiting.lines).cloned().collect()
    }

    /// The lines of a run are stored.
    pub(crate) fn stored(&mut self, run: RunId) {
        if let Some(waiting) = self.runs.get_mut(&run) {
            waiting.lines.clear();
        }
    }

    /// A run has ended, and its lines are stored.
    pub(crate) fn ended(&mut self, run: RunId) {
        self.runs.remove(&run);
    }

    /// All lines that wait.
    pub(crate) fn all(&self) -> Vec<(RunId, Vec<RunLine>)> {
        let with_lines = self.runs.keys().map(|run| (*run, self.waiting(*run)));
        with_lines.filter(|(_, lines)| !lines.is_empty()).collect()
    }

    /// How long until the lines that wait are stored without a record; none where there is none.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.due_at.map(|at| at.saturating_duration_since(now))
    }

    /// Whether lines have waited for long enough.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.due_at.is_some_and(|at| at <= now);
        if is_due {
            self.due_at = None;
        }
        is_due
    }

    /// The lines could not be stored: they wait on.
    pub(crate) fn try_again(&mut self, now: Instant) {
        self.due_at.get_or_insert(now + WAIT);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const RUN: RunId = RunId(7);

    fn line(words: &str) -> RunLine {
        RunLine::new(Timestamp::UNIX_EPOCH, words, false)
    }

    #[test]
    fn lines_wait_for_a_record_or_some_seconds_together() {
        let (mut logs, start) = (RunLogs::default(), Instant::now());
        assert_eq!((logs.wait(start), logs.all()), (None, vec![]));
        logs.note(RUN, line("running"), start);
        logs.note(RUN, line("Films is begun"), start + WAIT / 2);
        logs.note(RunId(8), line("queued"), start + WAIT / 2);
        assert_eq!(logs.wait(start + WAIT / 2), Some(WAIT / 2));
        assert!(!logs.is_due(start + WAIT / 2));
        assert!(logs.is_due(start + WAIT) && !logs.is_due(start + WAIT));
        let expect = [(RUN, vec![line("running"), line("Films is begun")]), (RunId(8), vec![line("queued")])];
        assert_eq!(logs.all(), expect);
        logs.try_again(start + WAIT);
        assert!(logs.is_due(start + WAIT * 2));
        expect.iter().for_each(|(run, _)| logs.stored(*run));
        assert_eq!((logs.all(), logs.waiting(RUN)), (vec![], vec![]));
    }

    #[test]
    fn a_wait_that_goes_on_is_one_line_and_of_a_flood_the_newest_stay() {
        let (mut logs, now) = (RunLogs::default(), Instant::now());
        (0..3).for_each(|_| logs.note(RUN, line("queued: behind another"), now));
        logs.stored(RUN);
        logs.note(RUN, line("queued: behind another"), now);
        assert_eq!(logs.waiting(RUN), []);
        (0..500).for_each(|nth| logs.note(RUN, line(&format!("/films/{nth}")), now));
        let waiting = logs.waiting(RUN);
        assert_eq!((waiting.len(), waiting.last()), (MOST_RUN_LINES, Some(&line("/films/499"))));
        logs.ended(RUN);
        assert!(logs.runs.is_empty());
    }
}
