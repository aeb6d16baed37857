//! Runs that could not be stored, on a full disk say: kept in memory and tried again, lest one that has ended
//! stay "running" in the library until the next start, which would take it for crashed. Pure: instants are
//! handed in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use butler_api::{RunId, RunRecord};

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(5);

/// The newest record of each run that could not be stored.
#[derive(Debug, Default)]
pub(crate) struct Unsaved {
    records: BTreeMap<RunId, RunRecord>,
    again_at: Option<Instant>,
}

impl Unsaved {
    /// Notes one that could not be stored; it replaces an older one of the same run.
    pub(crate) fn note(&mut self, record: RunRecord, now: Instant) {
        self.records.insert(record.id, record);
        self.again_at.get_or_insert(now + PAUSE);
    }

    /// A newer record of the run is stored.
    pub(crate) fn forget(&mut self, run: RunId) {
        self.records.remove(&run);
        if self.records.is_empty() {
            self.again_at = None;
        }
    }

    /// How long until the next try; none where there is nothing to try.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.again_at.map(|at| at.saturating_duration_since(now))
    }

    /// Those whose turn it is, oldest first. Each that fails again is to be noted again.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<RunRecord> {
        if self.again_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.again_at = None;
        std::mem::take(&mut self.records).into_values().collect()
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

    #[test]
    fn the_newest_record_of_each_run_is_tried_again_after_a_pause() {
        let (mut unsaved, start) = (Unsaved::default(), Instant::now());
        assert_eq!(unsaved.wait(start), None);
        unsaved.note(record(2, RunState::Running), start);
        unsaved.note(record(1, RunState::Running), start + PAUSE / 2);
        unsaved.note(record(2, RunState::Failed), start + PAUSE / 2);
        assert_eq!(unsaved.due(start), []);
        assert_eq!(unsaved.wait(start), Some(PAUSE));
        assert_eq!(unsaved.due(start + PAUSE), [record(1, RunState::Running), record(2, RunState::Failed)]);
        assert_eq!((unsaved.wait(start + PAUSE), unsaved.due(start + PAUSE)), (None, vec![]));
    }

    #[test]
    fn what_is_stored_meanwhile_is_not_stored_over() {
        let (mut unsaved, start) = (Unsaved::default(), Instant::now());
        unsaved.note(record(1, RunState::Running), start);
        unsaved.forget(RunId(1));
        assert_eq!((unsaved.wait(start), unsaved.due(start + PAUSE)), (None, vec![]));
    }
}
