//! `butler plan`: what the nights ahead will bring, a table a night and a last line.

use butler_client::{Client, Plan, PlannedBacklog, PlannedNight, PlannedRun, TaskName};
use clap::Args;

use crate::cli::within;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{bytes, count, roughly};
use crate::print::{Colour, Out, json};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many nights
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = within(1_u32, 30))]
    nights: u32,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let plan = client.plan(arguments.nights).await?;
    if out.json {
        json::print(&plan)?;
        return Ok(Exit::Done);
    }
    print(&plan, out)?;
    Ok(Exit::Done)
}

fn print(plan: &Plan, out: Out) -> Result<(), Trouble> {
    for night in &plan.nights {
        out.line(heading(night, &plan.zone))?;
        table(&night.runs).print(out)?;
        out.line("")?;
    }
    if !plan.between.is_empty() {
        out.line("Between the windows:")?;
        table(&plan.between).print(out)?;
        out.line("")?;
    }
    let open: Vec<&PlannedBacklog> = plan.backlogs.iter().filter(|backlog| backlog.lacks > 0).collect();
    if !open.is_empty() {
        backlogs(&open, &switched_off(plan)).print(out)?;
        out.line("")?;
    }
    for line in plan.backlogs.iter().filter_map(held_back) {
        out.line(line)?;
    }
    out.line(&plan.sentence)?;
    Ok(())
}

/// What failed of a task and is left alone for now.
fn held_back(backlog: &PlannedBacklog) -> Option<String> {
    let PlannedBacklog { task, held_back_files: files, tried_again_files: tried, next_try, .. } = backlog;
    let failed = backlog.failed()?;
    let again = match next_try {
        Some(night) => format!("tried again from the night of {} on", night.civil().strftime("%A, %-d %B")),
        None => "tried again when it is started".to_owned(),
    };
    let rest = "at rest until the file changes or you ask";
    let becomes = match files.saturating_sub(*tried) {
        0 => again,
        _ if *tried == 0 => rest.to_owned(),
        resting => format!("{tried} {again}, {resting} {rest}"),
    };
    Some(format!("{task}: {failed} before: {becomes} (`butler failures`)."))
}

/// `Tuesday, 24 November, 02:00 to 05:00 (Europe/Berlin)`; a window of the whole day ends where it begins.
fn heading(night: &PlannedNight, zone: &str) -> String {
    let on = night.from.civil().strftime("%A, %-d %B").to_string();
    let (from, until) = (night.from.clock(), night.until.clock());
    let hours = if from == until { format!("all day from {from}") } else { format!("{from} to {until}") };
    format!("{on}, {hours} ({})", zone)
}

fn table(runs: &[PlannedRun]) -> Listing {
    let columns = [
        Column::new("BEGINS"),
        Column::new("ENDS"),
        Column::new("TASK"),
        Column::new("TAKES").number().spare(1),
        Column::new("REMARK").flexible(),
    ];
    let mut listing = Listing::new(columns);
    for run in runs {
        let clock =
            |time: Option<butler_client::LocalTime>| time.map_or_else(|| "-".to_owned(), |time| time.clock());
        let takes = run.start.zip(run.end).map(|(start, end)| end.at().duration_since(start.at()).as_secs());
        let takes = takes.and_then(|seconds| u64::try_from(seconds).ok()).map_or_else(String::new, roughly);
        let takes = if run.is_guess && !takes.is_empty() { format!("{takes}?") } else { takes };
        let remark = match run.how.as_str() {
            "cut" | "missed" => Field::painted(&run.message, Colour::Yellow),
            _ if run.start.is_none() => Field::painted(&run.message, Colour::Grey),
            _ => run.message.as_str().into(),
        };
        listing.row([
            clock(run.start).into(),
            clock(run.end).into(),
            run.task.as_str().into(),
            takes.into(),
            remark,
        ]);
    }
    listing
}

/// The tasks that no night does by itself, for they are switched off.
fn switched_off(plan: &Plan) -> Vec<&TaskName> {
    let runs = plan.nights.iter().flat_map(|night| &night.runs);
    runs.filter(|run| run.how == "switched-off").map(|run| &run.task).collect()
}

fn backlogs(open: &[&PlannedBacklog], off: &[&TaskName]) -> Listing {
    let mut listing = Listing::new([
        Column::new("BACKLOG"),
        Column::new("PRODUCTS").number(),
        Column::new("SIZE").number().spare(1),
        Column::new("WORK").number(),
        Column::new("DONE IN"),
    ]);
    for backlog in open {
        let done_in = match backlog.nights {
            None if off.contains(&&backlog.task) => "switched off".to_owned(),
            Some(0) => "before tonight".to_owned(),
            Some(nights) => count(nights.into(), "night"),
            None => "never, as things are".to_owned(),
        };
        let work = if backlog.is_guess {
            format!("{}?", roughly(backlog.seconds))
        } else {
            roughly(backlog.seconds)
        };
        listing.row([
            backlog.task.as_str().into(),
            backlog.lacks.to_string().into(),
            bytes(backlog.bytes).into(),
            work.into(),
            done_in.into(),
        ]);
    }
    listing
}
