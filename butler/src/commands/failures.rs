//! `butler failures`: what could not be made of which file, why, and when it is tried again.

use butler_client::{Client, Error, Failure};
use clap::Args;

use crate::cli::number;
use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::table::{Column, Listing};
use crate::print::words::time;
use crate::print::{Out, json};

/// Failures asked for at once.
const PAGE: u32 = 200;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Have this failure tried again by the next run that wants its product
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = number::<i64>("`butler failures` lists the failures"))]
    retry: Vec<i64>,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    if !arguments.retry.is_empty() {
        return retry(client, &arguments.retry, out).await;
    }
    let failures = list(client).await?;
    if out.json {
        json::print(&failures)?;
        return Ok(Exit::Done);
    }
    if failures.is_empty() {
        out.remark("There are no failures.");
        return Ok(Exit::Done);
    }
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
        let next = failure.next_try_at.map_or_else(|| "rests".to_owned(), time);
        let Failure { id, product, class, tries, part, error, .. } = failure;
        listing.row([
            id.to_string().into(),
            product.into(),
            class.into(),
            tries.to_string().into(),
            next.into(),
            part.into(),
            error.into(),
        ]);
    }
    listing.print(out)?;
    Ok(Exit::Done)
}

/// All failures, page by page.
async fn list(client: &Client) -> Result<Vec<Failure>, Error> {
    let mut all: Vec<Failure> = Vec::new();
    loop {
        let page = client.failures(u64::try_from(all.len()).unwrap_or(u64::MAX), PAGE).await?;
        let known = all.len();
        // Failures that came since the last page have moved some of it onto this one.
        all.extend(page.failures.into_iter().filter(|failure| all.iter().all(|known| known.id != failure.id)).collect::<Vec<_>>());
        // A page without news ends it: what came since makes the total larger than can be reached.
        if all.len() == known || u64::try_from(all.len()).is_ok_and(|known| known >= page.total) {
            return Ok(all);
        }
    }
}

async fn retry(client: &Client, ids: &[i64], out: Out) -> Result<Exit, Trouble> {
    let mut answers = Vec::with_capacity(ids.len());
    for id in ids {
        let retried = client.retry_failure(*id).await.map_err(|error| match error {
            Error::NotFound { .. } => {
                Trouble::new(Exit::NotThere, format!("There is no failure {id}.")).hint("`butler failures` lists the failures.")
            }
            other => other.into(),
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
