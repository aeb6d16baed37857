//! `/api/v1/runs`: what ran and runs, from the stored rows, and what is done right now, from the engine; and
//! one run's stop.

use axum::extract::{Path, State};
use axum::response::Response;
use butler_api::plex::Errors;
use butler_api::v1::{Fact, LiveWork, Run, Runs};
use butler_api::{Origin, RunId, RunRecord, RunState, TaskName};
use butler_engine::{LiveRun, StopReply};
use butler_library::{ReportFact, RunFilter, RunRow, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod unsaved;

use crate::accept;
use crate::app::App;
use crate::error::Problem;
use crate::params::Params;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one, stop))
}

/// Lists runs, newest first.
///
/// From mark to mark (`before`) the whole list is read once, whatever begins meanwhile.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs",
    params(
        ("task" = Option<String>, Query, description = "Only this task's."),
        ("state" = Option<String>, Query, description = "Only those in this state: `running`."),
        ("origin" = Option<String>, Query, description = "Only those of this origin: `window`, `person`, \
                                                          `watch`, `asap` or `catch-up`."),
        ("day" = Option<String>, Query, description = "Only those that count for this maintenance day, or \
                                                       ended on it: `2026-11-23`."),
        ("since" = Option<String>, Query, description = "Only those that were asked for then or later: \
                                                         `2026-11-23T02:00:00Z`."),
        ("until" = Option<String>, Query, description = "Only those that were asked for before then."),
        ("before" = Option<u64>, Query, description = "A run's id, as `next` of a page: only those behind it, \
                                                       the older ones."),
        ("after" = Option<u64>, Query, description = "A run's id: only those before it, the newer ones."),
        ("start" = Option<u32>, Query, description = "The place of the first one, from 0."),
        ("size" = Option<u32>, Query, description = "How many, 100 if nothing is said, 10,000 at most."),
    ),
    responses(
        (status = 200, description = "A page of runs, and without a mark how many there are in \
                                      all.", body = Runs),
        (status = 400, description = "A parameter can't be read; the sentence says which.", body = Errors),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
    ))]
async fn list(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let state = params.get("state").map(str::parse::<RunState>).transpose();
    let state = state.map_err(|error| Problem::bad_request(format!("`state`: {error}.")))?;
    let origin = params.get("origin").map(str::parse::<Origin>).transpose();
    let origin = origin.map_err(|error| Problem::bad_request(format!("`origin`: {error}.")))?;
    let instant = "an instant as in `2026-11-23T02:00:00Z`; a plus in a query is written `%2B`";
    let filter = RunFilter {
        task: params.get("task").map(TaskName::from),
        state,
        origin,
        day: params.parsed::<Date>("day", "a day as in `2026-11-23`")?,
        since: params.parsed::<Timestamp>("since", instant)?,
        until: params.parsed::<Timestamp>("until", instant)?,
        before: params.parsed::<RunId>("before", "a run's id")?,
        after: params.parsed::<RunId>("after", "a run's id")?,
    };
    let page = params.page()?;
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
    accept::json(&Runs { runs: rows.into_iter().map(|row| run(row, &live)).collect(), total, next })
}

/// Shows one run.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs",
    params(("id" = u64, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run; with what it is doing, if it runs.", body = Run),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such run.", body = Errors),
    ))]
async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let row = stored(&app, &id).await?;
    accept::json(&run(row, &app.handle.live().await?))
}

/// Stops one run, or takes it out of the queue; no other of its task is touched.
#[utoipa::path(delete, path = "/api/v1/runs/{id}", tag = "runs",
    params(("id" = u64, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run: it has stopped, or stops after the step in hand.", body = Run),
        (status = 401, description = "The token is missing or wrong.", body = Errors),
        (status = 404, description = "There is no such run.", body = Errors),
        (status = 409, description = "It has ended already; the sentence says how.", body = Errors),
    ))]
async fn stop(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let found = stored(&app, &id).await?.record.id;
    let reply = app.handle.stop_run(found).await?;
    let row = stored(&app, &id).await?;
    match reply {
        StopReply::Stopped(_) => accept::json(&run(row, &app.handle.live().await?)),
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
fn run(RunRow { record, progress: stored, report }: RunRow, live: &[LiveRun]) -> Run {
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
        asked_at: record.asked_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
        day: record.day,
        ended_day: record.ended_day,
        done: live.map_or(stored.done, |live| live.done),
        total: live.map_or(stored.total, |live| live.total),
        failures: live.map_or(stored.failures, |live| live.failures),
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
