//! Who may begin and who waits: one run of a task at a time (docs/scheduling.md, rule 11) and the lanes.
//! A pure look at the live runs; it changes none.

use butler_api::{Origin, Reason, RunId, RunState};

use crate::run_rules::RunRules;
use crate::{Lane, Row, RunRecord};

/// The place of a queued run among all that wait; the least begins first. Scans go before all else, then a
/// backup that would starve, what had begun before a restart, what was asked for before what new items
/// brought, rank, the order of asking.
pub(crate) fn turn(row: &Row, run: &RunRecord, would_starve: bool) -> (bool, bool, bool, bool, u8, RunId) {
    (
        row.timing.lane != Lane::Scan,
        !would_starve,
        run.started_at.is_none(),
        run.origin == Origin::Asap,
        row.timing.rank,
        run.id,
    )
}

/// What a queued run of `row` waits for; none if it may begin now. `lane_of` is asked for live runs only.
pub(crate) fn waits_for(
    run: &RunRecord,
    row: &Row,
    live: &[RunRecord],
    lane_of: impl Fn(&RunRecord) -> Option<Lane>,
) -> Option<Reason> {
    let others = || live.iter().filter(|other| other.id != run.id);
    if let Some(before) = others().find(|other| other.is_active() && other.task == run.task) {
        return Some(Reason::BehindItself { run: before.id });
    }
    if row.timing.lane == Lane::Scan {
        return None;
    }
    let of_scan = others().filter(|other| lane_of(other) == Some(Lane::Scan));
    let scan = of_scan
        .filter(|scan| scan.is_active() || scan.state == RunState::Queued)
        .min_by_key(|scan| !scan.is_active());
    if let Some(scan) = scan {
        return Some(Reason::BehindScan { run: scan.id });
    }
    if row.timing.lane == Lane::Media {
        return None;
    }
    let ahead = others().find(|other| other.is_active() && lane_of(other) == Some(Lane::Housekeeping))?;
    Some(Reason::BehindLane { run: ahead.id, task: ahead.task.clone() })
}
