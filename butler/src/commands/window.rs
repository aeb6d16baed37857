//! `butler window`: whether the maintenance window is open, for people and, by the exit code, for scripts.

use butler_client::Client;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, json};

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let window = client.window().await?;
    if out.json {
        json::print(&window)?;
    } else {
        out.line(&window.sentence)?;
    }
    Ok(if window.open { Exit::Done } else { Exit::Skipped })
}
