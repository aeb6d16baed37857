//! `butler start NAME --confirm`: a person's word for what a task would not do without it. The word is for
//! what the plan is at this moment, or for the one whose digest is given: then the server refuses any other.

use butler_client::{Client, Error, Start, TaskName};

use super::unknown_task;
use crate::exit::Exit;
use crate::print::Out;
use crate::print::error::{Trouble, knows_plex_only};

pub(super) async fn confirm_each(
    client: &Client,
    names: &[TaskName],
    digest: &str,
    out: Out,
) -> Result<(Vec<Start>, Exit), Trouble> {
    let (mut starts, mut exit) = (Vec::new(), Exit::Done);
    for name in names {
        let plan = match client.dry_run(name).await {
            Ok(plan) => plan,
            Err(error @ Error::NotFound { .. }) if !knows_plex_only(&error) => {
                return Err(unknown_task(client, name).await);
            }
            Err(error) => return Err(error.into()),
        };
        match plan.waits {
            Some(waits) => {
                out.remark(waits.sentence.as_str());
                let digest = if digest.is_empty() { &waits.digest } else { digest };
                starts.push(client.confirm_plan(name, digest).await?);
            }
            None => {
                out.remark(format!("Nothing of {name} waits for a person's word; it was not started."));
                exit = exit.worse(Exit::Skipped);
            }
        }
    }
    Ok((starts, exit))
}
