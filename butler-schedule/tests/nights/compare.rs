//! Holds what the machine saved and said against what the oracle says.

use butler_api::RunState;
use butler_schedule::{Answer, RunRecord, Schedule, StartAnswer};

use crate::calendar::day_number;
use crate::oracle::{Became, Oracle, Run, Said, path_bits};
use crate::world::records::Records;

/// One run in a line.
pub(crate) fn line(run: &RunRecord) -> String {
    format!("{:?}", seen(run, 0))
}

/// A stored run as the oracle has it.
pub(crate) fn stored(run: &RunRecord, oracle: &Oracle) -> Run {
    seen(run, oracle.rows.iter().position(|row| row.name == run.task).unwrap()).1
}

fn seen(run: &RunRecord, task: usize) -> (String, Run) {
    let seen = Run {
        id: run.id.0,
        task,
        origin: run.origin,
        forced: run.ask.force,
        section: run.ask.section,
        paths: path_bits(&run.ask.paths),
        state: run.state,
        why: run.reason.as_ref().map(butler_api::Reason::code),
        scheduled_at: run.scheduled_at.map(|at| at.as_second()),
        started_at: run.started_at.map(|at| at.as_second()),
        worked: run.worked.as_secs(),
        since: run.works_since.map(|at| at.as_second()),
        ended_at: run.ended_at.map(|at| at.as_second()),
        day: run.day.map(day_number),
        ended_day: run.ended_day.map(day_number),
        bound_until: run.bound_until.map(|at| at.as_second()),
    };
    (run.task.to_string(), seen)
}

/// Gives the oracle's new runs the machine's ids, and says which had which before.
pub(crate) fn names(records: &Records, oracle: &mut Oracle, next_id: u64) -> Result<Vec<(u64, u64)>, String> {
    let mut made: Vec<&RunRecord> = records.saved.iter().filter(|run| run.id.0 >= next_id).collect();
    made.sort_by_key(|run| run.id);
    let mut names = Vec::new();
    let ours: Vec<Run> =
        oracle.over.iter().chain(&oracle.runs).filter(|run| run.id >= next_id).copied().collect();
    for run in &ours {
        let name = &oracle.rows[run.task].name;
        let same = |other: &&RunRecord| other.task == *name;
        let place = made
            .iter()
            .position(|other| same(other) && other.state == run.state)
            .or_else(|| made.iter().position(same));
        let Some(place) = place else {
            return Err(format!("the machine made no run of {name}; the oracle: {run:?}"));
        };
        names.push((run.id, made.remove(place).id.0));
    }
    if let Some(run) = made.first() {
        return Err(format!("the oracle made no run of {}; the machine: {}", run.task, line(run)));
    }
    oracle.rename(&names);
    Ok(names)
}

/// The answer to an event.
pub(crate) fn answers(
    said: &Said,
    answer: &Answer,
    names: &[(u64, u64)],
    oracle: &Oracle,
) -> Result<(), String> {
    let machine = match answer {
        Answer::Nothing => Said::Nothing,
        Answer::Start(start) => Said::Start(became(start)),
        Answer::StartAll(all) => Said::StartAll(
            all.iter()
                .map(|(task, start)| {
                    (oracle.rows.iter().position(|row| row.name == *task).unwrap(), became(start))
                })
                .collect(),
        ),
        Answer::Stopped(ids) => Said::Stopped(ids.iter().map(|id| id.0).collect()),
        Answer::Pauses(pauses) => Said::Pauses(pauses.iter().map(|pause| pause.owner).collect()),
        Answer::UnknownTask => Said::UnknownTask,
        Answer::NotRunning => Said::NotRunning,
        Answer::Refused(_) => Said::Refused,
    };
    let new = |id: u64| names.iter().find(|(old, _)| *old == id).map_or(id, |(_, new)| *new);
    let named = |became: Became| match became {
        Became::Started { run, waits } => Became::Started { run: new(run), waits },
        Became::Scheduled { run, at } => Became::Scheduled { run: new(run), at },
        Became::Running { run } => Became::Running { run: new(run) },
        Became::Skipped { why, due, run } => Became::Skipped { why, due, run: run.map(new) },
    };
    let ours = match said {
        Said::Start(start) => Said::Start(named(*start)),
        Said::StartAll(all) => {
            Said::StartAll(all.iter().map(|(task, start)| (*task, named(*start))).collect())
        }
        other => other.clone(),
    };
    if ours == machine {
        Ok(())
    } else {
        Err(format!("the answers differ\nmachine: {machine:?}\noracle:  {ours:?}"))
    }
}

fn became(start: &StartAnswer) -> Became {
    match start {
        StartAnswer::Started { run, waits } => {
            Became::Started { run: run.0, waits: waits.as_ref().map(butler_api::Reason::code) }
        }
        StartAnswer::Scheduled { run, at } => Became::Scheduled { run: run.0, at: at.as_second() },
        StartAnswer::Running { run } => Became::Running { run: run.0 },
        StartAnswer::Skipped { reason, due, run } => {
            Became::Skipped { why: reason.code(), due: due.map(day_number), run: run.map(|run| run.0) }
        }
    }
}

/// Every run that is not over, and every one that this event ended or changed.
pub(crate) fn runs(records: &Records, machine: &Schedule, oracle: &Oracle) -> Result<(), String> {
    for ours in oracle.runs.iter().chain(&oracle.over) {
        let Some(theirs) = records.find(ours.id) else {
            return Err(format!("the machine lost this run: {ours:?}"));
        };
        let theirs = stored(theirs, oracle);
        if theirs != *ours {
            let name = &oracle.rows[ours.task].name;
            return Err(format!("{name} differs\nmachine: {theirs:?}\noracle:  {ours:?}"));
        }
    }
    for theirs in records.saved.iter().chain(&records.unfinished) {
        if !oracle.runs.iter().chain(&oracle.over).any(|ours| ours.id == theirs.id.0) {
            return Err(format!("the oracle has no such run: {}", line(theirs)));
        }
    }
    let live = oracle.runs.iter().filter(|run| run.state != RunState::Interrupted);
    if !machine.live().iter().map(|run| (run.id.0, run.state)).eq(live.map(|run| (run.id, run.state))) {
        return Err(format!(
            "what the machine says is live: {:?}\nthe oracle: {:?}",
            machine.live(),
            oracle.runs
        ));
    }
    Ok(())
}
