//! Puts the runs that could not be stored into what the library knows of runs. Pure.

use butler_library::{RunFilter, RunProgress, RunRow};

use crate::params::Page;

/// A run that could not be stored; what the library knows of it says how far it had come.
pub(super) fn over(unsaved: RunRow, stored: Option<RunRow>) -> RunRow {
    match stored {
        Some(stored) if unsaved.progress == RunProgress::default() && unsaved.report.is_empty() => {
            RunRow { progress: stored.progress, report: stored.report, files: stored.files, ..unsaved }
        }
        _ => unsaved,
    }
}

/// The runs that have not ended, of what is stored and what could not be.
pub(super) fn unfinished(mut stored: Vec<RunRow>, unsaved: Vec<RunRow>) -> Vec<RunRow> {
    stored.retain(|run| unsaved.iter().all(|unsaved| unsaved.record.id != run.record.id));
    stored.extend(unsaved.into_iter().filter(|run| !run.record.state.is_terminal()));
    stored
}

/// A page of stored runs with those put in that could not be stored, each with what the library knows of it.
pub(super) fn page(
    mut rows: Vec<RunRow>,
    total: Option<u64>,
    unsaved: Vec<(Option<RunRow>, RunRow)>,
    filter: &RunFilter,
    page: &Page,
) -> (Vec<RunRow>, Option<u64>) {
    let is_full = rows.len() == page.size as usize;
    let last = rows.last().filter(|_| is_full).map(|row| row.record.id);
    let mut total = total;
    for (stored, unsaved) in unsaved {
        let was_counted = stored.as_ref().is_some_and(|stored| matches(stored, filter));
        rows.retain(|row| row.record.id != unsaved.record.id);
        let (run, is_meant) = (over(unsaved, stored), |run: &RunRow| matches(run, filter));
        total = match (was_counted, is_meant(&run)) {
            (false, true) => total.map(|total| total + 1),
            (true, false) => total.map(|total| total.saturating_sub(1)),
            _ => total,
        };
        // Of a further page only those belong here that lie among its rows.
        let is_here = page.start == 0 || rows.first().is_some_and(|first| run.record.id < first.record.id);
        if is_meant(&run) && is_here && last.is_none_or(|last| run.record.id >= last) {
            rows.push(run);
        }
    }
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.record.id));
    rows.truncate(page.size as usize);
    (rows, total)
}

/// Whether a run is among those that a filter asks for; the library's own words for it are SQL.
fn matches(run: &RunRow, filter: &RunFilter) -> bool {
    let RunFilter { task, state, origin, day, night, since, until, before, after } = filter;
    task.as_ref().is_none_or(|task| *task == run.record.task)
        && state.is_none_or(|state| state == run.record.state)
        && origin.is_none_or(|origin| origin == run.record.origin)
        && day.is_none_or(|day| run.record.day == Some(day) || run.record.ended_day == Some(day))
        && night.is_none_or(|night| run.record.day == Some(night) && run.record.origin.is_nightly())
        && since.is_none_or(|since| run.record.asked_at >= since)
        && until.is_none_or(|until| run.record.asked_at < until)
        && before.is_none_or(|before| run.record.id < before)
        && after.is_none_or(|after| run.record.id > after)
}

#[cfg(test)]
mod tests {
    use butler_api::{Ask, Origin, RunId, RunRecord, RunState, TaskName};
    use jiff::Timestamp;

    use super::*;

    fn run(id: u64, state: RunState) -> RunRow {
        let (task, at) = (TaskName::RefreshLibraries, Timestamp::UNIX_EPOCH);
        let record =
            RunRecord { state, ..RunRecord::new(RunId(id), task, Origin::Person, Ask::default(), at) };
        RunRow::of(record, RunProgress::default(), Vec::new())
    }

    fn shown(rows: &[RunRow]) -> Vec<(u64, RunState)> {
        rows.iter().map(|row| (row.record.id.0, row.record.state)).collect()
    }

    #[test]
    fn a_run_whose_end_could_not_be_stored_has_ended_and_one_whose_start_could_not_works() {
        let stored = vec![run(1, RunState::Running), run(2, RunState::Running)];
        let unsaved = vec![run(2, RunState::Completed), run(3, RunState::Running)];
        let expect = [(1, RunState::Running), (3, RunState::Running)];
        assert_eq!(shown(&unfinished(stored, unsaved)), expect);
    }

    #[test]
    fn a_run_that_could_not_be_stored_stands_in_its_place_and_is_counted() {
        let stored = vec![run(2, RunState::Running), run(1, RunState::Completed)];
        let unsaved = || {
            let progress = RunProgress { done: 7, ..RunProgress::default() };
            let before = RunRow { progress, ..run(2, RunState::Running) };
            vec![(Some(before), run(2, RunState::Failed)), (None, run(3, RunState::Running))]
        };
        let (all, first) = (RunFilter::default(), Page { start: 0, size: 100 });
        let (rows, total) = page(stored.clone(), Some(2), unsaved(), &all, &first);
        let expect = [(3, RunState::Running), (2, RunState::Failed), (1, RunState::Completed)];
        assert_eq!((shown(&rows).as_slice(), total), (&expect[..], Some(3)));
        assert_eq!(rows[1].progress.done, 7, "how far it had come is stored");

        let running = RunFilter { state: Some(RunState::Running), ..RunFilter::default() };
        let (rows, total) = page(stored[..1].to_vec(), Some(1), unsaved(), &running, &first);
        assert_eq!((shown(&rows), total), (vec![(3, RunState::Running)], Some(1)));

        let (rows, _) = page(stored[..1].to_vec(), Some(2), unsaved(), &all, &Page { start: 0, size: 1 });
        assert_eq!(shown(&rows), [(3, RunState::Running)]);
        let behind = RunFilter { before: Some(RunId(3)), ..RunFilter::default() };
        let (rows, _) = page(stored.clone(), None, unsaved(), &behind, &first);
        assert_eq!(shown(&rows), [(2, RunState::Failed), (1, RunState::Completed)]);
    }
}
