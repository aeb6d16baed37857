//! `butler start NAME --dry-run`: what the tasks would do, a table a task.

use butler_client::{Client, DryRun, Error, PlannedAction, TaskName};

use super::unknown_task;
use crate::exit::Exit;
use crate::print::error::{Trouble, knows_plex_only};
use crate::print::table::{Column, Listing};
use crate::print::words::bytes;
use crate::print::{Out, json};

pub(super) async fn run(client: &Client, names: &[TaskName], out: Out) -> Result<Exit, Trouble> {
    let (mut plans, mut exit) = (Vec::with_capacity(names.len()), Exit::Done);
    for name in names {
        let trouble = match client.dry_run(name).await {
            Ok(plan) => {
                plans.push(plan);
                continue;
            }
            Err(error @ Error::NotFound { .. }) if !knows_plex_only(&error) => {
                unknown_task(client, name).await
            }
            Err(error) => error.into(),
        };
        // One that makes no plan doesn't keep the others back.
        if names.len() == 1 || trouble.exit == Exit::NoServer {
            return Err(trouble);
        }
        exit = exit.worse(trouble.print());
    }
    if out.json {
        json::print(&plans)?;
        return Ok(exit);
    }
    for plan in &plans {
        print(plan, out)?;
    }
    Ok(exit)
}

fn print(plan: &DryRun, out: Out) -> Result<(), Trouble> {
    let task = &plan.task;
    if let Some(waits) = &plan.waits {
        out.line(waits.sentence.as_str())?;
        list(&waits.actions, out)?;
        out.remark(format!("`butler start {task} --confirm={}` confirms these and no others.", waits.digest));
    }
    if plan.actions.is_empty() {
        out.line(format!("{task} would do nothing."))?;
    } else {
        out.line(match (plan.bytes_written, plan.bytes_removed) {
            (0, 0) => format!("{task} would do this:"),
            (written, removed) => {
                format!("{task} would write {} and remove {}:", bytes(written), bytes(removed))
            }
        })?;
        list(&plan.actions, out)?;
    }
    for remark in &plan.remarks {
        out.line(remark)?;
    }
    Ok(())
}

fn list(actions: &[PlannedAction], out: Out) -> Result<(), Trouble> {
    let mut listing = Listing::new([
        Column::new("WHAT"),
        Column::new("SIZE").number(),
        Column::new("FILE"),
        Column::new("WHY").flexible(),
    ]);
    for action in actions {
        listing.row([
            action.deed.as_str().into(),
            bytes(action.bytes).into(),
            action.path.as_str().into(),
            action.reason.as_str().into(),
        ]);
    }
    Ok(listing.print(out)?)
}
