//! `butler window`: whether the maintenance window is open, for people and, by the exit code, for scripts.

mod plex;

use butler_client::Client;

use crate::exit::Exit;
use crate::print::error::{Trouble, knows_plex_only};
use crate::print::{Out, json};

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let window = match client.window().await {
        Err(error) if knows_plex_only(&error) => return plex::run(client, error, out).await,
        window => window?,
    };
    if out.json {
        json::print(&window)?;
    } else {
        out.line(&window.sentence)?;
    }
    Ok(if window.open { Exit::Done } else { Exit::Skipped })
}
