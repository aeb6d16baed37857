//! `butler resume`: lifts what holds everything.

use butler_client::{Client, PauseOwner};
use clap::Args;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::words::count;
use crate::print::{Out, json};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Lift only this owner's pause: person, playback, load or window
    #[arg(value_name = "OWNER")]
    owner: Option<PauseOwner>,
}

pub(crate) async fn run(client: &Client, arguments: &Arguments, out: Out) -> Result<Exit, Trouble> {
    let lifted = client.resume(arguments.owner).await?;
    if out.json {
        json::print(&lifted)?;
    } else if lifted.pauses.is_empty() {
        out.line("Nothing was paused.")?;
    } else {
        out.line(format!("{} lifted.", count(lifted.pauses.len() as u64, "pause")))?;
    }
    Ok(Exit::Done)
}
