//! `butler runs`: what ran, newest first; with an id, one run whole; with `--record` the history of a server
//! that keeps none.

pub(crate) mod record;

use std::io;
use std::path::PathBuf;

use butler_client::{Client, Error, Fact, Origin, Run, RunFilter, RunId, RunState, Runs, TaskName};
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;

use crate::candidates;
use crate::cli::{at_least_one, number, taking, task};
use crate::commands::{pause, start};
use crate::exit::Exit;
use crate::print::error::{self, Trouble};
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{bytes, count, duration_ms, exact_time, progress, short_time, time, took};
use crate::print::{Colour, Out, Text, json, lines, state_colour};

/// Runs in a table, unless told otherwise.
const TABLE_ROWS: usize = 50;
/// What stands for an instant.
const AN_INSTANT: &str = "a moment as in 2026-11-23T02:00:00Z";
/// Runs asked for at once.
const PAGE: u32 = 1_000;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Show this run only, with its report
    #[arg(value_name = "ID", value_parser = number::<RunId>("`butler runs` lists the runs"))]
    id: Option<RunId>,

    /// List only the runs of this task
    #[arg(long, value_name = "NAME", value_parser = task, conflicts_with = "id",
        add = ArgValueCandidates::new(candidates::tasks))]
    task: Option<TaskName>,

    /// List only the runs in this state: queued, scheduled, running, paused, stopping, completed, failed,
    /// stopped, interrupted, skipped or missed
    #[arg(long, value_name = "STATE", conflicts_with = "id")]
    state: Option<RunState>,

    /// List only the runs of this origin: window, person, watch, asap or catch-up
    #[arg(long, value_name = "ORIGIN", conflicts_with = "id")]
    origin: Option<Origin>,

    /// List only the runs that count for this maintenance day, or ended on it
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "id",
        value_parser = taking::<jiff::civil::Date>("a day as in 2026-11-23"))]
    day: Option<jiff::civil::Date>,

    /// List only the runs that were asked for then or later, as 2026-11-23T02:00:00Z
    #[arg(long, value_name = "INSTANT", conflicts_with = "id", value_parser = taking::<jiff::Timestamp>(AN_INSTANT))]
    since: Option<Timestamp>,

    /// List only the runs that were asked for before then
    #[arg(long, value_name = "INSTANT", conflicts_with = "id", value_parser = taking::<jiff::Timestamp>(AN_INSTANT))]
    until: Option<Timestamp>,

    /// List at most so many [default: 50; with --json all]
    #[arg(long, value_name = "NUMBER", conflicts_with = "id", value_parser = at_least_one)]
    limit: Option<usize>,

    /// Show the nights of this history, which `butler watch --record FILE` keeps; no server is asked. --day
    /// shows one night, --limit so many [default: 7]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "task", "state", "origin", "since", "until"])]
    record: Option<PathBuf>,
}

/// Shows a history that is in a file, if that was asked for.
pub(crate) fn of_a_record(arguments: &Arguments, out: Out) -> Option<Result<Exit, Trouble>> {
    let file = arguments.record.as_deref()?;
    Some(record::run(file, arguments.day, arguments.limit, out))
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    if let Some(id) = arguments.id {
        let run = client.run(id).await.map_err(|error| not_there(error, id))?;
        if out.json {
            json::print(&run)?
        } else {
            print_one(&run, out)?
        }
        return Ok(Exit::Done);
    }
    let limit = arguments.limit.unwrap_or(if out.json { usize::MAX } else { TABLE_ROWS });
    let mut filter = RunFilter::default();
    (filter.task, filter.state, filter.origin) = (arguments.task, arguments.state, arguments.origin);
    (filter.day, filter.since, filter.until) = (arguments.day, arguments.since, arguments.until);
    let is_narrowed = filter != RunFilter::default();
    let task = filter.task.clone();
    let (mut runs, mut printed) = (Vec::new(), json::List::default());
    let (shown, total) = list(client, filter, limit, |page| {
        if out.json {
            return printed.add(page);
        }
        runs.extend(page);
        Ok(())
    })
    .await?;
    if let Some(task) = task.filter(|_| shown == 0)
        && let Some(unknown) = start::if_unknown(client, &task).await?
    {
        return Err(unknown);
    }
    if out.json {
        printed.end()?;
        return Ok(Exit::Done);
    }
    pause::tell(client, out).await?;
    if shown == 0 {
        out.remark(if is_narrowed {
            "There are no such runs."
        } else {
            "There are no runs yet. Start one with `butler start NAME`."
        });
        return Ok(Exit::Done);
    }
    table(runs).print(out)?;
    if arguments.limit.is_none() && total > shown {
        out.remark(format!("The newest {shown} of {total}; --limit shows more."));
    }
    Ok(Exit::Done)
}

/// Hands the newest runs on, page by page, from mark to mark. How many these were, and how many there are in
/// all.
async fn list(
    client: &Client,
    mut filter: RunFilter,
    limit: usize,
    mut each: impl FnMut(Vec<Run>) -> io::Result<()>,
) -> Result<(u64, u64), Trouble> {
    let (mut listed, mut left, mut total) = (0, limit, None);
    loop {
        filter.size = Some(u32::try_from(left).unwrap_or(u32::MAX).min(PAGE));
        let Runs { runs, total: counted, next, .. } = client.runs(&filter).await?;
        listed += runs.len() as u64;
        left = left.saturating_sub(runs.len());
        each(runs)?;
        total = total.or(counted);
        filter.before = next;
        if left == 0 || next.is_none() {
            return Ok((listed, total.unwrap_or(listed)));
        }
    }
}

fn table(runs: Vec<Run>) -> Listing {
    let mut listing = Listing::new([
        Column::new("RUN").number(),
        Column::new("TASK"),
        Column::new("STATE"),
        Column::new("STARTED").spare(1),
        Column::new("TOOK").number().spare(4),
        Column::new("STEPS").number().spare(3),
        Column::new("FAILED").number().spare(2),
        Column::new("READ").number().spare(5),
        Column::new("REASON").flexible().spare(6),
    ]);
    for run in runs {
        listing.row([
            run.id.to_string().into(),
            run.task.as_str().into(),
            Field::painted(run.state.as_str(), state_colour(run.state)),
            run.started_at.map(started).unwrap_or_else(|| "".into()),
            took(&run).unwrap_or_default().into(),
            if run.total == 0 { run.done.to_string() } else { format!("{}/{}", run.done, run.total) }.into(),
            // Of runs of earlier versions files were not counted.
            if run.failed_files == 0 { run.failures } else { run.failed_files }.to_string().into(),
            if run.bytes_read == 0 { String::new() } else { bytes(run.bytes_read) }.into(),
            run.reason.unwrap_or_default().into(),
        ]);
    }
    listing
}

fn started(at: Timestamp) -> Field {
    Field::from(time(at)).or_short(short_time(at))
}

fn print_one(run: &Run, out: Out) -> Result<(), Trouble> {
    let state = Text::painted(run.state.as_str(), state_colour(run.state));
    let mut rows: Vec<(&str, Text)> = vec![("Task", run.task.as_str().into()), ("State", state)];
    rows.extend(run.reason.as_deref().map(|reason| ("Reason", reason.into())));
    rows.push((
        "Origin",
        if run.forced { format!("{}, forced", run.origin) } else { run.origin.to_string() }.into(),
    ));
    rows.extend(run.section.map(|section| ("Section", section.to_string().into())));
    rows.extend(run.paths.iter().map(|path| ("Of it only", path.into())));
    rows.extend(run.files.map(|files| ("Of it only", count(files, "file").into())));
    rows.extend(run.first_files.iter().map(|file| ("", file.into())));
    let unnamed = run.files.unwrap_or(0).saturating_sub(run.first_files.len() as u64);
    if unnamed > 0 && !run.first_files.is_empty() {
        rows.push(("", format!("and {unnamed} more").into()));
    }
    rows.push(("Asked", exact_time(run.asked_at).into()));
    rows.extend(run.started_at.map(|at| ("Started", exact_time(at).into())));
    rows.extend(run.ended_at.map(|at| ("Ended", exact_time(at).into())));
    rows.extend(took(run).map(|took| ("Took", took.into())));
    rows.extend(run.day.map(|day| ("Day", day.to_string().into())));
    rows.extend(
        run.ended_day.filter(|day| Some(*day) != run.day).map(|day| ("Ended on", day.to_string().into())),
    );
    rows.push(("Done", progress(run).into()));
    rows.push(("Failed", run.failed().unwrap_or_else(|| "nothing".to_owned()).into()));
    rows.push(("Read", bytes(run.bytes_read).into()));
    if run.live.is_some() {
        rows.push(("Now", lines::side_facts(run).join(", ").into()));
    }
    out.line(format!("Run {}", run.id))?;
    for (label, value) in rows {
        out.line(Text::from(format!("  {label:<9} ")).then(value))?;
    }
    if !run.report.is_empty() {
        out.line("Report")?;
        let width = run.report.iter().map(|fact| fact.label.chars().count()).max().unwrap_or(0);
        for fact in &run.report {
            out.line(format!("  {:<width$}  {}", fact.label, fact_value(fact)))?;
        }
    }
    if !run.log.is_empty() {
        out.line("Log")?;
        for line in &run.log {
            let text =
                if line.is_bad { Text::painted(&line.text, Colour::Red) } else { line.text.as_str().into() };
            out.line(Text::from(format!("  {}  ", exact_time(line.at))).then(text))?;
        }
    }
    if run.failures > 0 {
        out.remark("`butler failures` says of which file what failed, and why.");
    }
    Ok(())
}

fn fact_value(fact: &Fact) -> String {
    match (fact.unit.as_str(), fact.value.as_u64(), fact.value.as_str()) {
        ("bytes", Some(number), _) => bytes(number),
        ("ms", Some(ms), _) => duration_ms(ms),
        (_, _, Some(text)) => text.to_owned(),
        _ => fact.value.to_string(),
    }
}

/// The trouble of a run that was asked for by its id.
pub(crate) fn not_there(error: Error, id: RunId) -> Trouble {
    error::not_there(error, || {
        Trouble::new(Exit::NotThere, format!("There is no run {id}.")).hint("`butler runs` lists the runs.")
    })
}
