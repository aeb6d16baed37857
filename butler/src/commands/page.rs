//! `butler page`: an address that opens the pages in a browser, signed in.

use butler_client::{Client, SignIn};
use jiff::Timestamp;
use serde::Serialize;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, json};

/// The address, for programs.
#[derive(Serialize)]
struct Address {
    url: String,
    /// Until then it is good.
    until: Timestamp,
}

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let SignIn { path, until } = client.sign_in().await?;
    let url = format!("{}{path}", client.url().trim_end_matches('/'));
    if out.json {
        json::print(&Address { url, until })?;
    } else {
        out.line(url)?;
    }
    Ok(Exit::Done)
}
