//! `butler failures`: what could not be made of which files, why, and in which night it is tried again: first
//! counted, then the newest one by one.

use std::io;

use butler_api::with_copies;
use butler_client::{Client, Failure, FailureSummary, Failures};
use clap::Args;

use crate::cli::{at_least_one, number};
use crate::exit::Exit;
use crate::print::error::{Trouble, not_there};
use crate::print::table::{Column, Field, Listing};
use crate::print::words::{count, short_time, time};
use crate::print::{Out, json};

/// Failures in the table, unless told otherwise.
const TABLE_ROWS: usize = 20;
/// Failures asked for at once.
const PAGE: u32 = 1_000;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Have this failure tried again by the next run that wants its product
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = number::<i64>("`butler failures` lists the failures"))]
    retry: Vec<i64>,

    /// List at most so many [default: 20; with --json all]
    #[arg(long, value_name = "NUMBER", conflicts_with = "retry", value_parser = at_least_one)]
    limit: Option<usize>,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    if !arguments.retry.is_empty() {
        return retry(client, &arguments.retry, out).await;
    }
    if out.json {
        let mut printed = json::List::default();
        list(client, arguments.limit.unwrap_or(usize::MAX), |page| printed.add(page)).await?;
        printed.end()?;
        return Ok(Exit::Done);
    }
    let summary = client.failure_summary().await?;
    if summary.failures == 0 {
        out.remark("There are no failures.");
        return Ok(Exit::Done);
    }
    let mut newest = Vec::new();
    let limit = arguments.limit.unwrap_or(TABLE_ROWS);
    list(client, limit, |page| {
        newest.extend(page);
        Ok(())
    })
    .await?;
    // One that stands alone says all of itself in the second table.
    if summary.failures > 1 {
        groups(&summary).print(out)?;
        let more = summary.group_count.saturating_sub(summary.groups.len() as u64);
        let more =
            if more == 0 { String::new() } else { format!("; {} more of fewer", count(more, "reason")) };
        out.line(format!("{}{more}", summary.failed().unwrap_or_default()))?;
        out.line("")?;
    }
    let shown = newest.len();
    table(newest).print(out)?;
    if arguments.limit.is_none() && summary.failures > shown as u64 {
        out.remark(format!("The newest {shown} of {}; --limit shows more.", summary.failures));
    }
    Ok(Exit::Done)
}

fn groups(summary: &FailureSummary) -> Listing {
    let mut listing = Listing::new([
        Column::new("FAILURES").number(),
        Column::new("FILES").number().spare(2),
        Column::new("REST").number().spare(3),
        Column::new("PRODUCT"),
        Column::new("TASK").spare(1),
        Column::new("ERROR").flexible(),
    ]);
    for group in &summary.groups {
        let tasks: Vec<&str> = group.tasks.iter().map(butler_client::TaskName::as_str).collect();
        listing.row([
            group.failures.to_string().into(),
            group.files.to_string().into(),
            group.resting.to_string().into(),
            group.product.as_str().into(),
            tasks.join(", ").into(),
            group.error.as_str().into(),
        ]);
    }
    listing
}

fn table(failures: Vec<Failure>) -> Listing {
    let mut listing = Listing::new([
        Column::new("ID").number(),
        Column::new("PRODUCT"),
        Column::new("CLASS").spare(1),
        Column::new("TRIES").number().spare(2),
        Column::new("NEXT TRY").spare(3),
        Column::new("FILE").flexible(),
        Column::new("ERROR").flexible(),
    ]);
    for failure in failures {
        let next = match (failure.next_try, failure.next_try_at) {
            (Some(night), _) => Field::from(time(night.at())).or_short(short_time(night.at())),
            (None, Some(_)) => "when started".into(),
            (None, None) => "rests".into(),
        };
        let Failure { id, product, class, tries, part, error, file_count, .. } = failure;
        let part = with_copies(&part, file_count);
        listing.row([
            id.to_string().into(),
            product.into(),
            class.into(),
            // What only a person's force tried has not been a night's try yet.
            if tries == 0 { "-".into() } else { tries.to_string().into() },
            next,
            part.into(),
            error.into(),
        ]);
    }
    listing
}

/// Hands the newest failures on, page by page, from mark to mark.
async fn list(
    client: &Client,
    limit: usize,
    mut each: impl FnMut(Vec<Failure>) -> io::Result<()>,
) -> Result<(), Trouble> {
    let (mut left, mut mark): (usize, Option<String>) = (limit, None);
    loop {
        let size = u32::try_from(left).unwrap_or(u32::MAX).min(PAGE);
        let Failures { failures, next, .. } = client.failures_behind(mark.as_deref(), size).await?;
        left = left.saturating_sub(failures.len());
        each(failures)?;
        mark = next;
        if left == 0 || mark.is_none() {
            return Ok(());
        }
    }
}

async fn retry(client: &Client, ids: &[i64], out: Out) -> Result<Exit, Trouble> {
    let mut answers = Vec::with_capacity(ids.len());
    for id in ids {
        let retried = client.retry_failure(*id).await.map_err(|error| {
            not_there(error, || {
                Trouble::new(Exit::NotThere, format!("There is no failure {id}."))
                    .hint("`butler failures` lists the failures.")
            })
        })?;
        if !out.json {
            out.line(&retried.message)?;
        }
        answers.push(retried);
    }
    if out.json {
        json::print(&answers)?;
    }
    Ok(Exit::Done)
}
