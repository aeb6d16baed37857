//! Runs as they are shown: the stored rows, and the engine's word where that is newer.

use butler_api::v1::{Fact, LiveWork, Run, Runs};
use butler_api::{Origin, RunId, RunRecord, RunState, TaskName};
use butler_engine::{LiveRun, StopReply};
use butler_library::{ReportFact, RunFilter, RunRow, SourceFile, SourceId, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;

mod log;
mod unsaved;

use crate::app::App;
use crate::error::Problem;
use crate::params::{Page, Params};

/// So many of the files that a run is limited to are named.
const FIRST_FILES: usize = 20;

/// The runs that the words of a query name.
pub(crate) fn filter(params: &Params) -> Result<RunFilter, Problem> {
    let state = params.get("state").map(str::parse::<RunState>).transpose();
    let state = state.map_err(|error| Problem::bad_request(format!("`state`: {error}.")))?;
    let origin = params.get("origin").map(str::parse::<Origin>).transpose();
    let origin = origin.map_err(|error| Problem::bad_request(format!("`origin`: {error}.")))?;
    let instant = "an instant as in `2026-11-23T02:00:00Z`; a plus in a query is written `%2B`";
    Ok(RunFilter {
        task: params.get("task").map(TaskName::from),
        state,
        origin,
        day: params.parsed::<Date>("day", "a day as in `2026-11-23`")?,
        night: params.parsed::<Date>("night", "a day as in `2026-11-23`")?,
        since: params.parsed::<Timestamp>("since", instant)?,
        until: params.parsed::<Timestamp>("until", instant)?,
        before: params.parsed::<RunId>("before", "a run's id")?,
        after: params.parsed::<RunId>("after", "a run's id")?,
    })
}

/// A page of the runs that a filter names, newest first; without a mark in it how many there are in all.
pub(crate) async fn list(app: &App, filter: RunFilter, page: Page) -> Result<Runs, Problem> {
    let unsaved = app.handle.unsaved().await?;
    let (rows, total) = app
        .library(move |library| {
            let rows = library.runs_between(&filter, page.start.into(), page.size.into())?;
            let is_marked = filter.before.is_some() || filter.after.is_some();
            let total = if is_marked { None } else { Some(library.count_runs(&filter)?) };
            if unsaved.is_empty() {
                return Ok((rows, total));
            }
            let known = unsaved.into_iter().map(|run| Ok((library.run(run.record.id)?, run)));
            let unsaved: Vec<_> = known.collect::<Result<_, StoreError>>()?;
            Ok::<_, StoreError>(unsaved::page(rows, total, unsaved, &filter, &page))
        })
        .await?;
    let next = rows.last().filter(|_| rows.len() == page.size as usize).map(|last| last.record.id);
    let live = app.handle.live().await?;
    Ok(Runs { runs: rows.into_iter().map(|row| run(row, &live)).collect(), total, next })
}

/// The runs that have not ended, by the engine's word before the database's. Of an engine that answers no
/// more there is nothing unsaved to be had, and lists of sections go on without it.
pub(crate) async fn unfinished(app: &App) -> Result<Vec<RunRecord>, Problem> {
    let unsaved = app.handle.unsaved().await.unwrap_or_default();
    let stored = app.library(|library| library.unfinished_runs()).await?;
    Ok(unsaved::unfinished(stored, unsaved).into_iter().map(|run| run.record).collect())
}

/// The run of an id in an address.
pub(crate) async fn one(app: &App, id: &str) -> Result<Run, Problem> {
    whole(app, stored(app, id).await?).await
}

/// A run by itself: with its log, and with the first of the files that it is limited to.
async fn whole(app: &App, row: RunRow) -> Result<Run, Problem> {
    let first = row.record.ask.sources.iter().take(FIRST_FILES).copied().map(SourceId).collect::<Vec<_>>();
    let files = match first.is_empty() {
        true => Vec::new(),
        false => app.library(move |library| library.files_of_each(&first)).await?,
    };
    let first_of = |files: Vec<SourceFile>| Some(files.first()?.path.display().to_string());
    let first_files = files.into_iter().filter_map(first_of).collect();
    let log = log::of(app, row.record.id).await?;
    Ok(Run { first_files, log, ..run(row, &app.handle.live().await?) })
}

/// Stops a run and no other of its task; the run then.
pub(crate) async fn stop(app: &App, id: &str) -> Result<Run, Problem> {
    let found = stored(app, id).await?.record.id;
    let reply = app.handle.stop_run(found).await?;
    let row = stored(app, id).await?;
    match reply {
        StopReply::Stopped(_) => whole(app, row).await,
        StopReply::NotRunning | StopReply::Unknown => {
            let RunRecord { state, reason, .. } = row.record;
            let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
            Err(Problem::conflict(format!("Run {found} has ended already, {state}.{reason}")))
        }
    }
}

/// The run of an id in an address: as it is stored, or would be if it could.
async fn stored(app: &App, id: &str) -> Result<RunRow, Problem> {
    let unknown = || Problem::not_found(format!("There is no run {id}."));
    let id: RunId = id.parse().map_err(|_| unknown())?;
    // A number beyond what the database can hold is no run's.
    if i64::try_from(id.0).is_err() {
        return Err(unknown());
    }
    // The engine first: what it says is stored by then is stored.
    let unsaved = app.handle.unsaved().await?.into_iter().find(|run| run.record.id == id);
    let row = app.library(move |library| library.run(id)).await?;
    match unsaved {
        Some(unsaved) => Ok(unsaved::over(unsaved, row)),
        None => row.ok_or_else(unknown),
    }
}

/// The wire's run: the stored row, and the engine's word where that is newer.
fn run(RunRow { record, progress: stored, report, files }: RunRow, live: &[LiveRun]) -> Run {
    let live = live.iter().find(|live| live.run == record.id && !record.state.is_terminal());
    let reason = record.reason.or_else(|| live.and_then(|live| live.waits.clone()));
    Run {
        id: record.id,
        task: record.task,
        state: record.state,
        reason: reason.as_ref().map(ToString::to_string),
        reason_code: reason.as_ref().map(|reason| reason.code().to_owned()),
        origin: record.origin,
        forced: record.ask.force,
        section: record.ask.section,
        paths: record.ask.paths.iter().map(|path| path.display().to_string()).collect(),
        files,
        first_files: Vec::new(),
        log: Vec::new(),
        asked_at: record.asked_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
        day: record.day,
        ended_day: record.ended_day,
        done: live.map_or(stored.done, |live| live.done),
        total: live.map_or(stored.total, |live| live.total),
        failures: live.map_or(stored.failures, |live| live.failures),
        failed_files: live.map_or(stored.failed_files, |live| live.failed_files),
        bytes_read: live.map_or(stored.bytes_read, |live| live.bytes_read),
        report: report.into_iter().map(fact).collect(),
        live: live.map(|live| LiveWork {
            files: live.files.clone(),
            rate: live.rate,
            eta_seconds: live.eta_seconds,
        }),
    }
}

fn fact(fact: ReportFact) -> Fact {
    Fact { label: fact.label, value: fact.value, unit: fact.unit }
}
