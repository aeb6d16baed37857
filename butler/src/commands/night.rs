//! `butler night`: whether the last night was well.

use butler_client::Client;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, json};

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let night = client.last_night().await?;
    if out.json {
        json::print(&night)?;
    } else {
        out.line(&night.sentence)?;
    }
    Ok(Exit::Done)
}
