//! Runs that could not be stored, on a full disk say: kept in memory, shown from there, and tried again, lest
//! one that has ended stay "running" in the library until the next start, which would take it for crashed.
//! Pure: instants are handed in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use butler_api::{RunId, RunRecord};
use butler_library::{FileMark, ReportFact, RunProgress, RunRow};

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(5);

/// What of each run could not be stored, and when that is tried again.
#[derive(Debug, Default)]
pub(crate) struct Unsaved {
    runs: BTreeMap<RunId, Unstored>,
    again_at: Option<Instant>,
}

/// What of a run could not be stored; the newest of each.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Unstored {
    /// The schedule's record.
    pub(crate) record: Option<RunRecord>,
    /// What it came to, once it has ended.
    pub(crate) end: Option<RunEnding>,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunEnding {
    pub(crate) progress: RunProgress,
    pub(crate) failed_files: Vec<FileMark>,
    pub(crate) report: Vec<ReportFact>,
}

impl Unsaved {
    /// Notes a record that could not be stored; it replaces an older one of the same run.
    pub(crate) fn note(&mut self, record: RunRecord, now: Instant) {
        let run = record.id;
        self.runs.entry(run).or_default().record = Some(record);
        self.try_again(now);
    }

    /// Notes what a run came to that could not be stored.
    pub(crate) fn note_end(&mut self, run: RunId, end: RunEnding, now: Instant) {
        self.runs.entry(run).or_default().end = Some(end);
        self.try_again(now);
    }

    /// Something else could not be stored: there is a next try too.
    pub(crate) fn try_again(&mut self, now: Instant) {
        self.again_at.get_or_insert(now + PAUSE);
    }

    /// A newer record of the run is stored; what it came to, if that is still to be.
    pub(crate) fn recorded(&mut self, run: RunId) -> Option<RunEnding> {
        self.runs.remove(&run)?.end
    }

    /// How long until the next try; none where there is nothing to try.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.again_at.map(|at| at.saturating_duration_since(now))
    }

    /// Whether it is time for the next try.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.again_at.is_some_and(|at| at <= now);
        if is_due {
            self.again_at = None;
        }
        is_due
    }

    /// Takes out all that could not be stored, oldest first. What fails again is to be noted again.
    pub(crate) fn take(&mut self) -> Vec<(RunId, Unstored)> {
        std::mem::take(&mut self.runs).into_iter().collect()
    }

    /// How many runs wait.
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The runs whose newest record could not be stored, as they would be.
    pub(crate) fn rows(&self) -> Vec<RunRow> {
        let row = |unstored: &Unstored| {
            let (progress, report) = unstored
                .end
                .clone()
                .map_or_else(Default::default, |RunEnding { progress, report, .. }| (progress, report));
            Some(RunRow::of(unstored.record.clone()?, progress, report))
        };
        self.runs.values().filter_map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use butler_api::{Ask, Origin, RunState, TaskName};
    use jiff::Timestamp;

    use super::*;

    fn record(id: u64, state: RunState) -> RunRecord {
        let (task, at) = (TaskName::RefreshLibraries, Timestamp::UNIX_EPOCH);
        RunRecord { state, ..RunRecord::new(RunId(id), task, Origin::Person, Ask::default(), at) }
    }

    fn taken(unsaved: &mut Unsaved, now: Instant) -> Vec<RunRecord> {
        let taken = if unsaved.is_due(now) { unsaved.take() } else { Vec::new() };
        taken.into_iter().filter_map(|(_, unstored)| unstored.record).collect()
    }

    #[test]
    fn the_newest_record_of_each_run_is_tried_again_after_a_pause() {
        let (mut unsaved, start) = (Unsaved::default(), Instant::now());
        assert_eq!(unsaved.wait(start), None);
        unsaved.note(record(2, RunState::Running), start);
        unsaved.note(record(1, RunState::Running), start + PAUSE / 2);
        unsaved.note(record(2, RunState::Failed), start + PAUSE / 2);
        assert_eq!(taken(&mut unsaved, start), []);
        assert_eq!(unsaved.wait(start), Some(PAUSE));
        let expect = [record(1, RunState::Running), record(2, RunState::Failed)];
        assert_eq!(taken(&mut unsaved, start + PAUSE), expect);
        assert_eq!((unsaved.wait(start + PAUSE), taken(&mut unsaved, start + PAUSE)), (None, vec![]));
    }

    #[test]
    fn what_is_stored_meanwhile_is_not_stored_over() {
        let (mut unsaved, start) = (Unsaved::default(), Instant::now());
        unsaved.note(record(1, RunState::Running), start);
        assert_eq!(unsaved.recorded(RunId(1)), None);
        assert_eq!(taken(&mut unsaved, start + PAUSE), []);
    }

    #[test]
    fn what_a_run_came_to_waits_with_its_record_and_is_shown_with_it() {
        let (mut unsaved, start) = (Unsaved::default(), Instant::now());
        let progress = RunProgress { done: 3, total: 4, failures: 1, failed_files: 1, bytes_read: 9 };
        let report = vec![ReportFact::count("files seen", 3)];
        let end = RunEnding { progress, failed_files: Vec::new(), report };
        unsaved.note_end(RunId(1), end.clone(), start);
        assert_eq!(unsaved.rows(), [], "the library knows it");
        unsaved.note(record(1, RunState::Completed), start);
        let shown = unsaved.rows().remove(0);
        assert_eq!(
            (shown.record.state, shown.progress, &shown.report),
            (RunState::Completed, progress, &end.report)
        );
        assert_eq!(unsaved.recorded(RunId(1)), Some(end));
    }
}
