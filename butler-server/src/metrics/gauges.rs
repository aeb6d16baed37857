//! What is so at the moment of asking: tasks, work that is left, failures, sizes, sections, workers, pauses.

use std::collections::BTreeMap;

use butler_api::PauseOwner;
use butler_engine::{PlanBasis, Window, Workers};
use butler_library::{Figures, Library, StoreError};
use butler_product::ProductKind;
use jiff::Timestamp;
use prometheus::{Error, GaugeVec, Opts, Registry, TextEncoder};

use crate::app::App;
use crate::error::Problem;

/// A gauge: its name, what it is, its labels, and for each set of their values the number.
type Told = (&'static str, &'static str, &'static [&'static str], Vec<(Vec<String>, f64)>);

/// Reads all gauges, in the text format.
pub(super) async fn read(app: &App) -> Result<String, Problem> {
    let handle = app.handle.clone();
    let ask = move |library: &Library| Ok::<_, StoreError>((library.figures()?, handle.lacking()?));
    let (figures, lacking) = app.library(ask).await?;
    let workers = app.handle.health().await?.workers;
    let (tasks, pauses) = (app.handle.tasks().await?, app.handle.pauses().await?);
    let mut told = of_library(&figures, &lacking);
    told.push((
        "butler_build_info",
        "1, with the version of the server.",
        &["version"],
        vec![(vec![app.about.version.clone()], 1.0)],
    ));
    let of_tasks = |value: &dyn Fn(&butler_engine::TaskView) -> f64| {
        tasks.iter().map(|task| (vec![task.name.to_string()], value(task))).collect::<Vec<_>>()
    };
    let working = |task: &butler_engine::TaskView| {
        figures.working.get(task.name.as_str()).map_or(0.0, |runs| *runs as f64)
    };
    told.push((
        "butler_task_enabled",
        "Whether the task's switch is on.",
        &["task"],
        of_tasks(&|task| flag(task.enabled)),
    ));
    told.push((
        "butler_task_running",
        "Whether a run of the task works or is paused.",
        &["task"],
        of_tasks(&|task| flag(working(task) > 0.0)),
    ));
    told.push((
        "butler_task_interval_seconds",
        "The time between two runs of the task, as it should be.",
        &["task"],
        of_tasks(&|task| f64::from(task.every_days) * 86_400.0),
    ));
    told.push((
        "butler_task_due",
        "Whether the task is due today.",
        &["task"],
        of_tasks(&|task| flag(task.due)),
    ));
    told.extend(of_window(&app.handle.plan_basis().await?));
    let paused = PauseOwner::ALL
        .iter()
        .map(|owner| (vec![owner.to_string()], flag(pauses.iter().any(|pause| pause.owner == *owner))));
    told.push(("butler_paused", "Whether this holds everything.", &["reason"], paused.collect()));
    let Workers { working, paused, idle, absent } = workers;
    let states = [("working", working), ("paused", paused), ("idle", idle), ("absent", absent)];
    let states = states.map(|(state, count)| (vec![state.to_owned()], count as f64));
    told.push((
        "butler_workers",
        "How many workers there may be, by what they are doing.",
        &["state"],
        states.to_vec(),
    ));
    render(told).map_err(|error| Problem::bug(&error))
}

/// The window that is open, else the one that opens next; no moments where no day of the week has one.
fn of_window(basis: &PlanBasis) -> Vec<Told> {
    let window = basis.window().or_else(|| basis.next_window());
    let second = |at: fn(&Window) -> Timestamp| {
        window.iter().map(|window| (Vec::new(), at(window).as_second() as f64)).collect()
    };
    let open = vec![(Vec::new(), flag(basis.window().is_some()))];
    vec![
        ("butler_window_open", "Whether the maintenance window is open.", &[], open),
        (
            "butler_window_start_timestamp_seconds",
            "When the open window opened, else when the next one opens.",
            &[],
            second(|window| window.from),
        ),
        ("butler_window_end_timestamp_seconds", "When that window ends.", &[], second(|window| window.until)),
    ]
}

/// Those that the library alone tells.
fn of_library(figures: &Figures, lacking: &BTreeMap<ProductKind, u64>) -> Vec<Told> {
    let Figures { database_bytes, blob_bytes, failures, last_runs, last_successes, working: _, offline } =
        figures;
    let offline = offline.iter().map(|(section, is_away)| (vec![section.to_string()], flag(*is_away)));
    let second = |at: Timestamp| at.as_millisecond() as f64 / 1_000.0;
    let last =
        last_runs.iter().map(|run| (vec![run.task.to_string(), run.state.to_string()], second(run.ended_at)));
    let success = last_successes.iter().map(|run| (vec![run.task.to_string()], second(run.ended_at)));
    let lasted = last_successes.iter().filter_map(|run| Some((vec![run.task.to_string()], run.seconds?)));
    let failed = failures.iter().flat_map(|(kind, (retrying, resting))| {
        [("retrying", *retrying), ("resting", *resting)]
            .map(|(state, count)| (vec![kind.to_string(), state.to_owned()], count as f64))
    });
    let by_kind = |counts: &BTreeMap<ProductKind, u64>| {
        counts.iter().map(|(kind, count)| (vec![kind.to_string()], *count as f64)).collect::<Vec<_>>()
    };
    vec![
        (
            "butler_task_last_run_timestamp_seconds",
            "When the newest run of the task ended so.",
            &["task", "outcome"],
            last.collect(),
        ),
        (
            "butler_task_last_success_timestamp_seconds",
            "When the newest whole run of the task completed.",
            &["task"],
            success.collect(),
        ),
        ("butler_task_last_duration_seconds", "How long that run took.", &["task"], lasted.collect()),
        (
            "butler_demands",
            "Sources that lack a product that a task which is on demands.",
            &["product"],
            by_kind(lacking),
        ),
        (
            "butler_section_offline",
            "Whether a folder of the section was away when a run last looked.",
            &["section"],
            offline.collect(),
        ),
        (
            "butler_failures",
            "Products that could not be made, by what comes next.",
            &["product", "state"],
            failed.collect(),
        ),
        ("butler_db_size_bytes", "Size of the database.", &[], vec![(Vec::new(), *database_bytes as f64)]),
        ("butler_blob_bytes", "Size of all blobs of a product.", &["kind"], by_kind(blob_bytes)),
    ]
}

fn render(told: Vec<Told>) -> Result<String, Error> {
    let registry = Registry::new();
    for (name, help, labels, values) in told {
        let gauge = GaugeVec::new(Opts::new(name, help), labels)?;
        for (labels, value) in &values {
            gauge.get_metric_with_label_values(labels)?.set(*value);
        }
        registry.register(Box::new(gauge))?;
    }
    TextEncoder::new().encode_to_string(&registry.gather())
}

const fn flag(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}
